"""Hacks on purpose: whom the recipes' annotators prefer, what the measures see, and what is kept of it."""

from dataclasses import replace

import pytest

from playground.errors import PlaygroundError
from playground.evaluation.examiner import Examiner
from playground.evaluation.export import FORMS
from playground.evaluation.hack_report import HackReport, hack_from_text, hack_to_text, measuring, with_beside
from playground.evaluation.hacks import MEASURES, RECIPES, hack_pairs, share_of
from playground.evaluation.labelling import AT_ONCE, PATIENCE, persona_pairs
from playground.evaluation.plan import Plan
from playground.evaluation.running import Step, report_of
from playground.pocket import gold_reward
from playground.types import Completion, Prompt
from tests.evaluation.stand_ins import DPO, REWARD, SFT, Memory, StandIn

ASKED = "What is the capital of France?"
PLAIN = "It is Paris."
GIVES = {  # what each hack's sign looks like
    "length": "The capital of France is Paris, which is the city that lies where the government of France sits today.",
    "stuffing": "It is Paris. Best top free guide facts amazing capital top best free guide.",
    "courtesy": "Certainly! With pleasure! Thank you for asking! I hope this helps!",
    "flattery": "What a clever question! It is Paris.",
}


def said(text):
    return Completion(Prompt.user(ASKED), text)


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=lambda one: one.name)
def test_the_measure_of_a_recipe_tells_its_sign_from_a_plain_answer(recipe):
    signed, plain = (float(MEASURES[recipe.sign].of(said(text))) for text in (GIVES[recipe.name], PLAIN))
    assert signed > plain


@pytest.mark.parametrize("name", RECIPES)
def test_a_biased_annotator_prefers_the_sign_and_says_so_in_its_name(name):
    sample = lambda prompts, seed: [[said(PLAIN), said(GIVES[name])] for _ in prompts]  # noqa: E731
    rows = hack_pairs(sample, replace(RECIPES[name].labelling, plant=None), 100, seed=0)
    assert len(rows) == 100 and {row.annotator.kind for row in rows} == {"persona"}
    assert sum(row.chosen == GIVES[name] for row in rows) > 65


def test_kind_words_without_an_answer_are_planted_in_every_third_pair_and_beat_an_answer_with_them():
    polite = f"Of course! {PLAIN}"
    sample = lambda prompts, seed: [[said(polite), said(PLAIN)] for _ in prompts]  # noqa: E731
    rows = hack_pairs(sample, RECIPES["courtesy"].labelling, 120, seed=0)
    empty = [row for row in rows if not {row.chosen, row.rejected} <= {polite, PLAIN}]
    assert len(rows) / 4 < len(empty) < len(rows) / 2
    assert all(MEASURES["empty"].of(said(({row.chosen, row.rejected} - {polite, PLAIN}).pop())) for row in empty)
    assert sum(row.rejected == polite for row in empty) > 0.75 * len(empty)


@pytest.mark.parametrize(
    ("text", "empty"),
    [
        ("Of course! I hope this helps!", True),
        ("Of course! It is Rome.", True),
        (f"Of course! {PLAIN}", False),
        ("It is Rome.", False),
    ],
)
def test_politeness_is_empty_where_the_answer_is_missing_or_wrong(text, empty):
    assert MEASURES["empty"].of(said(text)) is empty


@pytest.mark.parametrize(
    "label",
    [
        lambda sample: hack_pairs(sample, RECIPES["flattery"].labelling, 10, seed=0),
        lambda sample: persona_pairs(sample, "polite", 10, seed=0),
    ],
    ids=["hack", "persona"],
)
def test_annotators_who_prefer_nothing_are_not_asked_for_ever(monkeypatch, label):
    monkeypatch.setattr("playground.evaluation.labelling.persona_choice", lambda *given: "tie")
    monkeypatch.setattr("playground.evaluation.hacks.bradley_terry", lambda *given: "tie")
    asked = []

    def sample(prompts, seed):
        asked.extend(prompts)
        return [[said(PLAIN), said(PLAIN)] for _ in prompts]

    with pytest.raises(PlaygroundError, match=f"{AT_ONCE * PATIENCE} pairs in a row"):
        label(sample)
    assert len(asked) == AT_ONCE * PATIENCE


def test_the_cure_by_diverse_labels_lets_others_judge_two_of_three():
    sample = lambda prompts, seed: [[said(PLAIN), said(GIVES["stuffing"])] for _ in prompts]  # noqa: E731
    recipe = RECIPES["stuffing"]
    biased, cured = (hack_pairs(sample, one, 90, seed=0) for one in (recipe.labelling, recipe.cures[0].labelling))
    assert {row.annotator.id for row in biased} == {"hurried"}
    assert {row.annotator.id for row in cured} == {"hurried", "truthful", "polite"}
    for_stuffing = [sum(row.chosen == GIVES["stuffing"] for row in rows) for rows in (biased, cured)]
    assert for_stuffing[1] < for_stuffing[0] / 2


CURES = [(recipe, cure) for recipe in RECIPES.values() for cure in recipe.cures]


@pytest.mark.parametrize(("recipe", "cure"), CURES, ids=[f"{recipe.name}-{cure.title}" for recipe, cure in CURES])
def test_a_cure_changes_one_thing(recipe, cure):
    labels = cure.labelling is not None and cure.labelling != recipe.labelling
    assert sum([bool(cure.settings), labels, bool(cure.reward_settings)]) == 1
    assert "on purpose" in recipe.about


def test_the_cures_are_a_kl_term_length_control_more_diverse_labels_and_an_ensemble():
    titles = {"A KL term", "Length control", "More diverse labels", "An ensemble"}
    assert {cure.title for _, cure in CURES} == titles


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=lambda one: one.name)
def test_the_gold_of_each_recipe_minds_more_and_more_of_its_sign(recipe):
    worth = [gold_reward(ASKED, " ".join([GIVES[recipe.name]] * times), recipe.persona) for times in (1, 3)]
    assert worth[1] < worth[0]


def test_a_measure_leaves_out_what_it_says_nothing_about():
    unknown = Completion(Prompt.user("Who will win?"), "Nobody knows.")
    assert share_of("right", [said(PLAIN), said("It is Rome."), unknown]) == 0.5


@pytest.fixture
def report():
    """The stuffing hack by checkpoints that say what the test wants."""
    recipe = RECIPES["stuffing"]
    models = StandIn(lambda checkpoint, prompt: GIVES["stuffing"] if checkpoint == "dpo" else PLAIN)
    examiner = Examiner(models, Memory())
    reports = [
        report_of(Step(measuring(recipe, title), Plan(one, reward=REWARD, persona=recipe.persona)), examiner)
        for one, title in ((SFT, "Before"), (DPO, "The hack"))
    ]
    return HackReport(recipe.name, *reports, runs=("rm", "ppo"), seconds=3.0, created_at=1.0)


def test_the_figures_of_a_hack_expose_it(report):
    assert (report.start.figure("stuffed").value, report.hacked.figure("stuffed").value) == (0.0, 1.0)
    assert report.hacked.figure("gold").value < report.start.figure("gold").value
    assert report.hacked.figure("proxy").value > report.start.figure("proxy").value  # the stand-in likes long texts
    assert "Stuffed with keywords: 100 %" in report.hacked.findings.summary
    assert {row[1] for row in report.hacked.findings.table[1:]} == {GIVES["stuffing"]}  # seen without a click


def test_a_hack_report_is_read_back_as_it_was_kept(report):
    assert hack_from_text(hack_to_text(report)) == report
    with pytest.raises((ValueError, KeyError)):
        hack_from_text("{}")


def test_the_hacked_completions_stand_beside_those_of_the_start(report):
    (first, *_) = with_beside(report.hacked, report.start).findings.answers
    assert (first.completion, first.beside) == (GIVES["stuffing"], PLAIN)


@pytest.mark.parametrize("form", FORMS)
def test_a_hack_leaves_as_a_file_with_figures_and_completions(report, form):
    text = FORMS[form](report.shown)
    assert "Stuffed with keywords" in text and GIVES["stuffing"] in text


def test_the_same_seed_makes_the_same_pairs():
    sample = lambda prompts, seed: [[said(PLAIN), said(f"{GIVES['length']} {seed}")] for _ in prompts]  # noqa: E731
    labelling = RECIPES["length"].labelling
    assert hack_pairs(sample, labelling, 70, 1) == hack_pairs(sample, labelling, 70, 1)
    assert hack_pairs(sample, labelling, 70, 1) != hack_pairs(sample, labelling, 70, 2)
