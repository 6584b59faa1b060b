"""What a run would learn from, in how many steps and how long; or what it lacks and where to get it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from playground.registry import Algorithm
from playground.types import Json
from playground.ui.durations import spoken
from playground.ui.run_length import FEWEST_STEPS, epochs_that_teach, steps_of
from playground.ui.writers import names_of, strangers_words
from playground.workbench import Workbench

PPO_PROMPTS = 512  # prompts the workbench draws for an algorithm that samples
FEWEST_PREFERENCES = 4
_MORE = {"examples": "Take", "preferences": "Judge"}
_AT_CHANCE = "chance_level"  # code of what is named where a reward model ranks held-out pairs like a coin


@dataclass(frozen=True, slots=True)
class Facts:
    """The line above the Train button, in Markdown, and whether that button can do anything."""

    text: str
    ready: bool


def facts(
    bench: Workbench, space: str, entry: Algorithm, values: Json, own_rows: int | None, reward: str | None, start: str
) -> Facts:
    """The facts of a run with these settings. own_rows: how many examples the visitor's file holds."""

    def seconds(rows: int) -> float | None:
        return bench.runs.estimate(space, entry.name, values, rows, start)

    if entry.needs == "prompts":
        chance = bool(reward) and _AT_CHANCE in bench.runs.warned(space, reward)
        return _of_prompts(seconds(PPO_PROMPTS), reward, values, chance)
    if entry.needs == "preferences":
        return _of_preferences(bench, space, entry, values, start, seconds)
    rows = own_rows or int(values.get("examples", 0))
    what = f"{rows} examples" + (" from your file" if own_rows else "")
    return _timed(seconds(rows), entry, values, rows, what)


def _of_prompts(seconds: float | None, reward: str | None, values: Json, chance: bool) -> Facts:
    if not reward:
        text = "**It needs a reward model, and you have none yet.** Train one in [Reward model](#reward-model) first."
        return Facts(text, ready=False)
    often = f", in {_counted(values['iterations'], 'iteration')} (see More settings)" if "iterations" in values else ""
    what = f"it writes its own completions to prompts of the pocket world{often}"
    text = _time_words(seconds, what)
    if chance:
        text += (
            "\n\n**This reward model is no better than a coin** on the pairs it was tested with: a policy that follows "
            "it chases chance. Judge more pairs and train it again, or choose another."
        )
    return Facts(text, ready=True)


def _of_preferences(
    bench: Workbench, space: str, entry: Algorithm, values: Json, start: str, seconds: Callable[[int], float | None]
) -> Facts:
    counts = bench.preferences.counts(space)
    rows = counts.usable
    if rows < FEWEST_PREFERENCES:
        have = "no preferences" if not rows else f"{rows} preference{'s' if rows > 1 else ''}"
        if counts.total > rows:
            level = counts.total - rows
            have += f" and {level} {'choice' if level == 1 else 'choices'} without a winner, which teach nothing here"
        text = (
            f"**Your set holds {have}; at least {FEWEST_PREFERENCES} are needed, a hundred teach something.** Go to "
            "[Rank](#rank): judge some pairs yourself, or let a simulated annotator judge a hundred."
        )
        return Facts(text, ready=False)
    rows = min(rows, int(values.get("labels", rows)))
    found = _timed(seconds(rows), entry, values, rows, f"{rows} of your preferences")
    strangers = strangers_words(bench.preferences.writers(space), names_of(bench.checkpoints.all(space)), start)
    return replace(found, text=f"{found.text}\n\n{strangers}".strip())


def _timed(seconds: float | None, entry: Algorithm, values: Json, rows: int, what: str) -> Facts:
    steps = steps_of(values, rows)
    if steps is None:
        return Facts(_time_words(seconds, what), ready=True)
    text = _time_words(seconds, f"{what}, {_counted(steps, 'step')}")
    return Facts(text + _too_little(entry, values, rows, steps), ready=True)


def _too_little(entry: Algorithm, values: Json, rows: int, steps: int) -> str:
    """A warning before a run that cannot teach much, with what would help."""
    fewest = FEWEST_STEPS[entry.needs]
    if steps >= fewest:
        return ""
    epochs = epochs_that_teach(entry, values, rows)
    then = steps_of(values | {"epochs": epochs}, rows)
    enough = then is not None and then >= fewest
    repeated = f", or set Epochs under More settings to {epochs}: {then} steps" if enough else ""
    return (
        f"\n\n**Little to learn from:** {_counted(steps, 'step')}; it takes about {fewest} to teach something. "
        f"{_MORE[entry.needs]} more than {rows}{repeated}."
    )


def _time_words(seconds: float | None, what: str) -> str:
    if seconds is None:
        return f"The estimate follows once this machine is measured: {what}."
    return f"About **{spoken(seconds)}** on this machine: {what}."


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
