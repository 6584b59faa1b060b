"""Being the attacker costs the models little: what usual completions earn is asked once, and a search has an end."""

import itertools
from types import SimpleNamespace

import pytest

from playground.errors import PlaygroundError
from playground.events import RunEnded, Saved
from playground.settings import Settings
from playground.types import Checkpoint, Completion, RunSpec
from playground.workbench import Workbench
from playground.workbench.attacks import USUAL

ASKED = "What is the capital of France?"


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """A workbench whose processes never start; its reward model likes long texts."""
    made = Workbench(Settings(data_dir=tmp_path))
    made.sampled, made.scored = [], []

    def sample(space, checkpoint_id, prompts, sampling, n):
        made.sampled.append(n)
        return [[Completion(prompt, f"It is Paris{' now' * i}.") for i in range(n)] for prompt in prompts]

    def score(space, reward_id, completions):
        made.scored.append(len(completions))
        return [float(len(c.text.split())) for c in completions]

    monkeypatch.setattr(made.completions, "sample", sample)
    monkeypatch.setattr(made.completions, "score", score)
    yield made
    made.close()


def trained(bench, card="pocket", persona=None):
    start = bench.checkpoints.find("local", "pocket-sft")
    folder = bench.shelf.folder("local", "rm")
    folder.create(RunSpec("rm", "local", "reward_model", {}, start, persona=persona), [])
    folder.append(
        Saved(1, Checkpoint("rm", "rm", "reward", card, "", parent="pocket-sft", run_id="rm", fingerprint="r"))
    )
    folder.append(RunEnded("done"))


def test_what_usual_completions_earn_is_asked_once(bench):
    trained(bench)
    for text in ("One.", "Two, and more."):
        target = bench.attacks.aim("local", "rm", ASKED)
        (found,) = bench.attacks.rate("local", target, [text])
        assert (found.text, found.gold) == (text, None)
    assert bench.sampled == [USUAL] and bench.scored == [USUAL, 1, 1]


def test_the_gold_reward_of_its_own_annotator_watches(bench):
    trained(bench, persona="truthful")
    target = bench.attacks.aim("local", "rm", ASKED)
    right, wrong = bench.attacks.rate("local", target, ["It is Paris.", "It is Rome."])
    assert target.persona == "truthful" and right.gold > wrong.gold


@pytest.mark.parametrize(("card", "most"), [("pocket", 64), ("smollm2-135m", 8)])
def test_a_search_asks_in_parts_so_that_others_have_their_turn(bench, card, most):
    trained(bench, card)
    target = bench.attacks.aim("local", "rm", ASKED)
    found = list(bench.attacks.search("local", target))
    assert len(found) > 2 and max(bench.scored[1:]) <= most


def test_a_search_whose_time_is_up_ends_amid_a_round(bench, monkeypatch):
    trained(bench, "smollm2-135m")
    target = bench.attacks.aim("local", "rm", ASKED)
    ticks = itertools.count(step=3.0)
    monkeypatch.setattr("playground.workbench.attacks.time", SimpleNamespace(monotonic=lambda: next(ticks)))
    before = len(bench.scored)
    (first,) = bench.attacks.search("local", target)
    assert first.by == "the search" and len(bench.scored) - before <= 3


def test_a_search_that_is_stopped_keeps_what_it_found_and_asks_no_more(bench):
    trained(bench)
    target = bench.attacks.aim("local", "rm", ASKED)
    found = bench.attacks.search("local", target)
    first = next(found)
    bench.attacks.stop_search("local")
    before = len(bench.scored)
    assert list(found) == [] and len(bench.scored) == before and first.by == "the search"


def test_a_stop_without_a_search_does_nothing(bench):
    bench.attacks.stop_search("local")


def test_a_model_that_writes_is_no_target(bench):
    with pytest.raises(PlaygroundError, match="writes text"):
        bench.attacks.aim("local", "pocket-sft", ASKED)
