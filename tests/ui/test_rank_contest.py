"""What the page says about two checkpoints judged against each other."""

import re

import pytest

from playground.errors import NotFound
from playground.preferences.statistics import win_rate
from playground.types import Checkpoint
from playground.ui.rank_contest import contest_words, shown_contest
from playground.workbench.preferences import STEP, Contest

SFT = Checkpoint("sft", "SFT <b>", "policy", "pocket", "/s")
DPO = Checkpoint("dpo", "DPO 1", "policy", "pocket", "/d")


def said(wins=0, losses=0, ties=0, prompts=None):
    scores = [1.0] * wins + [0.0] * losses + [0.5] * ties
    keys = [n % (prompts or len(scores)) for n in range(len(scores))]
    html = contest_words(Contest(SFT, DPO, win_rate(zip(keys, scores, strict=True)), len(scores)))
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", "", html))


def test_it_says_what_is_paired_and_that_the_sides_stay_hidden():
    text = said()
    assert "one completion by DPO 1 and one by SFT &lt;b&gt;" in text
    assert "Which is which stays hidden" in text
    assert f"appears after {STEP} choices; there are 0" in text


def test_it_gives_the_rate_with_ties_half_and_its_interval():
    assert "After 40 choices, DPO 1 is preferred in 50 %, ties counted half (95 % interval 37 to 63 %)" in said(
        15, 15, 10
    )


@pytest.mark.parametrize(
    ("wins", "losses", "verdict"),
    [
        (18, 2, "you prefer DPO 1."),
        (2, 18, "you prefer SFT &lt;b&gt;."),
        (5, 5, "too few to tell, and the two are level so far."),
        (505, 495, "too few to tell. If it stays this even, it would take more than 500 further choices."),
    ],
)
def test_it_names_the_winner_or_says_that_it_cannot_tell(wins, losses, verdict):
    assert verdict in said(wins, losses)


def test_it_says_about_how_many_more_would_tell():
    found = re.search(r"too few to tell\. About (\d+) more choices would tell", said(6, 4))
    more = int(found[1])
    assert "you prefer" not in said(round(0.6 * (10 + more) * 0.8), round(0.4 * (10 + more) * 0.8))
    assert "you prefer DPO 1" in said(round(0.6 * (10 + more) * 1.15), round(0.4 * (10 + more) * 1.15))


def test_many_choices_on_one_prompt_are_said_to_be_that():
    text = said(20, prompts=1)
    assert "After 20 choices on 1 prompt, DPO 1 is preferred in 100 %" in text
    assert "more choices, each on another prompt, would tell" in text


class Bench:
    def __init__(self):
        self.preferences = self

    def contest(self, workspace, reference, policy):
        if policy == "gone":
            raise NotFound("There is no checkpoint 'gone' here.", hint="Choose one from the list.")
        return Contest(SFT, DPO, win_rate([]), 0)


@pytest.mark.parametrize(("ids", "visible"), [([], False), (["sft"], False), (["sft", "dpo"], True)])
def test_the_box_stands_only_where_two_are_paired(ids, visible):
    box, words = shown_contest(Bench(), "w", ids)
    assert (box.visible, bool(words)) == (visible, visible)


def test_a_checkpoint_that_is_gone_is_told_in_the_box():
    assert "There is no checkpoint" in shown_contest(Bench(), "w", ["sft", "gone"])[1]
