"""What a run's buttons send to the tab that they open, and what they say where there is nothing to send."""

from types import SimpleNamespace

import pytest

from playground.errors import PlaygroundError
from playground.ui.next_steps import COMPARE, EVALUATE, POLICY, RANK_AGAINST, RANK_OWN, kept_by
from playground.ui.tab import tabs

SUMMARY = SimpleNamespace(
    spec=SimpleNamespace(start=SimpleNamespace(id="pocket-sft")), checkpoint=SimpleNamespace(id="dpo-1")
)
CONTEXT = SimpleNamespace(compare_ids="compare", rank_ids="rank", reward_id="reward", evaluate_id="evaluate")


@pytest.mark.parametrize(
    ("step", "sends", "into"),
    [
        (COMPARE, ["pocket-sft", "dpo-1"], "compare"),
        (RANK_AGAINST, ["pocket-sft", "dpo-1"], "rank"),
        (RANK_OWN, ["dpo-1"], "rank"),
        (POLICY, "dpo-1", "reward"),
        (EVALUATE, "dpo-1", "evaluate"),
    ],
    ids=lambda value: getattr(value, "label", None),
)
def test_a_step_sends_what_its_tab_starts_from(step, sends, into):
    assert step.sends(SUMMARY) == sends
    assert step.into(CONTEXT) == into


@pytest.mark.parametrize("step", [COMPARE, RANK_OWN, RANK_AGAINST, POLICY, EVALUATE], ids=lambda step: step.label)
def test_a_step_says_in_one_sentence_what_will_happen_on_the_tab_it_opens(step):
    title = next(tab.title for tab in tabs() if tab.id == step.tab)
    assert step.what.startswith(title) and step.what.endswith(".")


def context(summary):
    return SimpleNamespace(bench=SimpleNamespace(runs=SimpleNamespace(find=lambda space, run_id: summary)))


@pytest.mark.parametrize(("run_id", "checkpoint"), [(None, None), ("dpo-1", None)])
def test_without_a_checkpoint_a_step_says_what_to_do(run_id, checkpoint):
    with pytest.raises(PlaygroundError) as refused:
        kept_by(context(SimpleNamespace(checkpoint=checkpoint)), "w", run_id)
    assert refused.value.hint
