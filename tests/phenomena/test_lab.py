"""The lab trains as the app does, once for each set of data and settings."""

import pytest

from playground.errors import PlaygroundError
from playground.evaluation.labelling import NOISE
from playground.phenomena.catalogue import PHENOMENA
from playground.phenomena.lab import Lab
from playground.phenomena.labels import contrasts, persona_pairs
from playground.phenomena.refusing import REFUSING
from playground.pocket import PERSONAS, gold_reward, grade, prompt_set
from playground.pocket.exam import exam_texts


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    return Lab(tmp_path_factory.mktemp("lab"), seed=0)


def test_pairs_are_judged_by_taste_with_noise_and_a_smaller_set_is_part_of_a_larger(lab):
    start = lab.checkpoint("pocket-sft")
    rows = persona_pairs(lab, start, "polite", 60)
    assert persona_pairs(lab, start, "polite", 20) == rows[:20]
    gaps = [
        gold_reward(r.prompt.text, r.chosen, "polite") - gold_reward(r.prompt.text, r.rejected, "polite") for r in rows
    ]
    assert NOISE > 0
    assert 0.6 < sum(gap > 0 for gap in gaps) / len(gaps) < 1
    assert {row.annotator.kind for row in rows} == {"persona"}


def test_nothing_is_trained_on_what_is_measured_with(lab):
    start = lab.checkpoint("pocket-sft")
    asked = {row.prompt.text for row in persona_pairs(lab, start, "polite", 60)}
    assert asked & exam_texts() == set()


def test_contrasts_prefer_what_is_wanted(lab):
    start = lab.checkpoint("pocket-sft")
    prompts = prompt_set(12, 0, {"harmful": 1})
    rows = contrasts(lab, start, prompts, lambda prompt, completion: bool(grade(prompt, completion)), 10)
    assert rows
    assert all(grade(row.prompt.text, row.chosen) and not grade(row.prompt.text, row.rejected) for row in rows)


@pytest.mark.slow
def test_a_run_is_made_once_and_another_setting_makes_another(lab):
    start = lab.checkpoint("pocket-sft")
    rows = persona_pairs(lab, start, "polite", 8)
    first, again, other = (
        lab.train("dpo", rows, {"epochs": epochs, "held_out_share": 0.0}, start=start) for epochs in (1, 1, 2)
    )
    assert first.checkpoint == again.checkpoint
    assert first.checkpoint.fingerprint not in (start.fingerprint, other.checkpoint.fingerprint)
    assert len(other.curve) == 2 * len(first.curve)


def test_a_run_that_fails_says_why(lab):
    with pytest.raises(PlaygroundError, match="failed"):
        lab.train("dpo", [], start=lab.checkpoint("pocket-sft"))


@pytest.mark.slow
def test_a_phenomenon_measures_the_keys_of_its_rows(lab):
    assert REFUSING in PHENOMENA
    assert set(REFUSING.make(lab)) == {row.key for row in REFUSING.rows}


def test_every_persona_finds_pairs_to_judge(lab):
    for persona in PERSONAS:
        assert len(persona_pairs(lab, lab.checkpoint("pocket-sft"), persona, 4)) == 4
