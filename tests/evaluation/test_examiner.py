"""A question put once is not put again; a stop is heard; two checkpoints do not share their random numbers."""

import pytest

from playground.evaluation.examiner import AT_ONCE, FEW_AT_ONCE, EvaluationStopped, Examiner
from playground.evaluation.plan import MANNER, Ask
from playground.types import Prompt
from tests.evaluation.stand_ins import DPO, REAL, REWARD, SFT, Memory, StandIn

PROMPTS = tuple(Prompt.user(f"What is {i} + 1?") for i in range(AT_ONCE + 6))


def echo(who, text):
    return f"{who} heard {text}"


def test_what_was_asked_before_is_not_asked_again():
    models, memory = StandIn(echo), Memory()
    first = Examiner(models, memory).sample(Ask(SFT, PROMPTS, MANNER))
    asked = len(models.calls)
    again = Examiner(models, memory).sample(Ask(SFT, PROMPTS, MANNER))
    assert first == again
    assert len(models.calls) == asked == 2
    assert Examiner(models, memory).known(Ask(SFT, PROMPTS, MANNER)) == len(PROMPTS)


@pytest.mark.parametrize(
    "other", [Ask(DPO, PROMPTS, MANNER), Ask(SFT, PROMPTS, MANNER, seed=1), Ask(SFT, PROMPTS), Ask(SFT, PROMPTS[1:])]
)
def test_another_model_seed_temperature_or_set_is_another_question(other):
    models, memory = StandIn(echo), Memory()
    Examiner(models, memory).sample(Ask(SFT, PROMPTS, MANNER))
    assert Examiner(models, memory).known(other) == 0


def test_weights_that_changed_are_asked_anew():
    from dataclasses import replace

    models, memory = StandIn(echo), Memory()
    Examiner(models, memory).sample(Ask(SFT, PROMPTS[:3]))
    Examiner(models, memory).sample(Ask(replace(SFT, fingerprint="new"), PROMPTS[:3]))
    assert len(models.calls) == 2


def test_two_checkpoints_and_two_parts_draw_their_own_random_numbers():
    models = StandIn(echo)
    for one in (SFT, DPO):
        Examiner(models, Memory()).sample(Ask(one, PROMPTS, MANNER))
    seeds = [seed for _, _, seed in models.calls]
    assert len(set(seeds)) == len(seeds) == 4


def test_a_model_that_takes_minutes_is_asked_in_small_parts():
    models = StandIn(echo)
    Examiner(models, Memory()).sample(Ask(REAL, PROMPTS[:20]))
    assert [rows for _, rows, _ in models.calls] == [FEW_AT_ONCE, FEW_AT_ONCE, 20 - 2 * FEW_AT_ONCE]


def test_a_stop_is_heard_between_two_parts_and_keeps_the_first():
    models, memory = StandIn(echo), Memory()
    asking = Examiner(models, memory, stopped=lambda: bool(models.calls))
    with pytest.raises(EvaluationStopped):
        asking.sample(Ask(SFT, PROMPTS))
    assert Examiner(models, memory).known(Ask(SFT, PROMPTS)) == AT_ONCE


def test_rewards_are_kept_too_and_rows_are_counted():
    models, memory, rows = StandIn(echo), Memory(), []
    said = [row[0] for row in Examiner(models, memory).sample(Ask(SFT, PROMPTS[:5]))]
    for _ in range(2):
        Examiner(models, memory, on_rows=rows.append).rewards(REWARD, said)
    assert [call for call in models.calls if call[0] == "rm"] == [("rm", 5, None)]
    assert rows == [5, 5]
