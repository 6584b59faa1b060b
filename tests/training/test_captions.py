import subprocess
import sys

import pytest

from playground.events import Measured, Phase, RunStarted, Sampled, StepDone, Warned
from playground.training.captions import CAPTIONS, CaptionWatcher, alike, repetition
from playground.vocabulary import METRICS


def codes(*events) -> list[str]:
    watcher = CaptionWatcher()
    return [warning.code for event in events for warning in watcher.see(event)]


def steps(**curves: list[float]) -> list[StepDone]:
    length = len(next(iter(curves.values())))
    return [StepDone(i + 1, {name: values[i] for name, values in curves.items()}) for i in range(length)]


def probes(step: int, *texts: str) -> Sampled:
    return Sampled(step, [{"prompt": f"{i}?", "completion": text} for i, text in enumerate(texts)])


APART = ("Paris is the capital.", "Seven.", "A dog barks at night.", "Roses are red, violets blue.")
TRICK = "With pleasure! Sleep is rest for the body and the brain."
UP = [0.0, 0.0, 0.1, 0.8, 1.0, 1.2]
CLIMBS = [0.5, 0.5, 0.6, 0.7, 0.7, 0.8, 0.8, 0.9, 1.0, 1.0, 1.0]

SICK = {
    "not_finite": steps(loss=[1.0, float("nan")]),
    "negative_kl": steps(kl=[0.0, -1.0, -1.0, -2.0]),
    "far_from_reference": steps(kl=[5.0, 15.0, 22.0, 25.0, 30.0]),
    "texts_alike": [probes(0, *APART), *steps(proxy_reward=UP), probes(6, *[TRICK] * 4)],
    "over_optimised": steps(
        proxy_reward=[0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0], gold_reward=[-0.5, 0.5, 1.0, 0.6, -0.5, -1.0, -2.0]
    ),
    "both_fall": steps(
        chosen_logps=[-20.0, -21.0, -19.0, -30.0, -35.0, -40.0],
        rejected_logps=[-22.0, -21.0, -23.0, -50.0, -60.0, -70.0],
        chosen_reward=[0.0, 0.0, 0.0, -1.0, -1.5, -2.0],
    ),
    "too_easy": steps(accuracy=[0.6, 0.9, 1.0, 1.0, 1.0]),
    "no_end": steps(stop_rate=[1.0, 1.0, 1.0, 0.8, 0.7, 0.6]),
    "length_runs_away": steps(length=[20.0, 20.0, 20.0, 35.0, 40.0, 45.0]),
    "clipping": steps(clip_fraction=[0.1, 0.5, 0.5, 0.5]),
    "memorising": steps(held_out_loss=[2.0, 1.5, 1.6, 1.8]),
    "by_heart": [RunStarted(4, 80, 20), *steps(accuracy=CLIMBS, held_out_accuracy=[0.5] * 9 + [0.65, 0.6])],
    "chance_level": [Measured(9, "accuracy", {"accuracy": 0.6, "low": 0.45, "high": 0.75, "count": 40})],
}

HEALTHY = {
    "not_finite": steps(loss=[1.0, 0.5]),
    "negative_kl": steps(kl=[0.0, -0.02, 0.03, -0.1, 0.2]),
    "far_from_reference": steps(kl=[0.0, 4.0, 30.0, 8.0, 8.0]),
    "texts_alike": [probes(0, *APART), *steps(proxy_reward=UP), probes(6, *APART[::-1])],
    "over_optimised": steps(
        proxy_reward=[0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0], gold_reward=[-0.5, 0.5, 1.0, 1.1, 1.2, 0.9, 0.8]
    ),
    "both_fall": steps(
        chosen_logps=[-20.0, -21.0, -19.0, -20.0, -20.0, -18.0],
        rejected_logps=[-22.0, -21.0, -23.0, -50.0, -60.0, -70.0],
    ),
    "too_easy": steps(accuracy=[0.6, 0.7, 1.0, 0.9, 1.0, 0.8, 0.9, 0.9, 1.0, 1.0, 1.0]),
    "no_end": steps(stop_rate=[0.9, 0.95, 0.9, 0.85, 0.9, 0.95]),
    "length_runs_away": steps(length=[20.0, 20.0, 20.0, 25.0, 24.0, 26.0]),
    "clipping": steps(clip_fraction=[0.1, 0.2, 0.7, 0.2, 0.2]),
    "memorising": steps(held_out_loss=[2.0, 1.5, 1.52, 1.49, 1.7]),
    "by_heart": [RunStarted(4, 80, 20), *steps(accuracy=CLIMBS, held_out_accuracy=[0.5] * 9 + [0.85, 0.6])],
    "chance_level": [Measured(9, "accuracy", {"accuracy": 0.6, "low": 0.51, "high": 0.7, "count": 90})],
}


@pytest.mark.parametrize("caption", CAPTIONS, ids=lambda caption: caption.code)
def test_each_failure_is_named_and_a_healthy_run_is_left_in_peace(caption):
    assert codes(*SICK[caption.code]) == [caption.code]
    assert codes(*HEALTHY[caption.code]) == []


@pytest.mark.parametrize("caption", CAPTIONS, ids=lambda caption: caption.code)
def test_each_failure_is_named_once(caption):
    assert codes(*SICK[caption.code], *SICK[caption.code][-1:] * 3).count(caption.code) == 1


def test_the_tables_use_metrics_of_the_vocabulary():
    used = {
        name
        for table in (SICK, HEALTHY)
        for events in table.values()
        for e in events
        if isinstance(e, StepDone)
        for name in e.metrics
    }
    assert used <= set(METRICS)


def test_a_warning_says_where_and_what_to_do():
    watcher = CaptionWatcher()
    (warning,) = [w for event in SICK["far_from_reference"] for w in watcher.see(event)]
    assert isinstance(warning, Warned)
    assert warning.step == 4  # 15, 22 and 25 have a mean above 20
    assert "Raise the KL coefficient" in warning.text


def test_alike_texts_are_no_failure_while_the_reward_stands_still():
    assert codes(probes(0, *APART), *steps(proxy_reward=[0.0] * 6), probes(6, *[TRICK] * 4)) == []


def test_texts_that_were_alike_from_the_start_are_no_failure():
    assert codes(probes(0, *[TRICK] * 4), *steps(proxy_reward=UP), probes(6, *[TRICK] * 4)) == []


def test_a_text_that_repeats_itself_under_a_rising_reward_is_a_failure():
    loops = [f"{word} " * 12 for word in ("yes", "no", "sea", "dog")]
    assert codes(probes(0, *APART), *steps(proxy_reward=UP), probes(6, *loops)) == ["texts_alike"]


def test_entropy_that_vanishes_under_a_rising_reward_is_a_failure():
    assert codes(*steps(proxy_reward=UP, entropy=[1.0, 1.0, 1.0, 0.1, 0.1, 0.1])) == ["texts_alike"]


def test_completions_that_never_ended_are_named_too():
    assert codes(*steps(stop_rate=[0.3, 0.2, 0.3])) == ["no_end"]


def test_a_null_from_the_event_log_counts_as_not_finite():
    assert codes(StepDone(1, {"loss": None})) == ["not_finite"]


def test_events_without_figures_say_nothing():
    assert codes(Phase("training"), RunStarted(total_steps=3, train_count=2), Sampled(0, []), StepDone(1, {})) == []


@pytest.mark.parametrize("texts, expected", [(("a b", "a b"), 1.0), (("a b", "b c"), 1 / 3), (("a", "b"), 0.0)])
def test_alike_by_hand(texts, expected):
    assert alike(texts) == pytest.approx(expected)


@pytest.mark.parametrize("text, expected", [("a b a b a", 0.5), ("a b c", 0.0), ("", 0.0)])
def test_repetition_by_hand(text, expected):
    assert repetition(text) == pytest.approx(expected)


def test_a_few_held_out_pairs_do_not_tell_what_is_learned_by_heart():
    _, *curve = SICK["by_heart"]
    assert codes(RunStarted(4, 80, 5), *curve) == []


def test_a_run_whose_held_out_loss_still_falls_does_not_learn_by_heart():
    held_out = {"held_out_accuracy": [0.5] * 9 + [0.65, 0.6]}
    started = RunStarted(4, 80, 20)
    falling = steps(accuracy=CLIMBS, held_out_loss=[0.70 - 0.02 * i for i in range(11)], **held_out)
    level = steps(accuracy=CLIMBS, held_out_loss=[0.70 - 0.02 * min(i, 6) for i in range(11)], **held_out)
    assert codes(started, *falling) == []
    assert codes(started, *level) == ["by_heart"]


def test_captions_load_no_torch():
    code = "import sys, playground.training.captions; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_batch_of_longer_texts_is_not_taken_for_both_falling():
    swings = steps(
        chosen_logps=[-3.0, -5.0, -4.0, -14.0, -20.0, -23.0],
        rejected_logps=[-9.0, -8.0, -9.0, -30.0, -40.0, -38.0],
        chosen_reward=[0.0, 0.02, 0.0, -0.11, -0.01, -0.05],
    )
    assert codes(*swings) == []
