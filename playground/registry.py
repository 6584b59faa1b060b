"""What a new file has to say to join in: decorators that register it, and a form's dials as field metadata.

An algorithm is one file in playground/training that applies @algorithm; the Train tabs draw its form from its config.
A question is one file in playground/evaluation/questions that applies @question; the Evaluate tab offers it.
Registering files load no torch: they import their numerics inside the train function.
"""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from playground.types import Checkpoint, Workload

if TYPE_CHECKING:
    from playground.evaluation.plan import Question

FOR_LARGER = "Larger model"  # the preset for models beside the pocket one


@dataclass(frozen=True, slots=True)
class Dial:
    """How one config field looks in a form."""

    label: str
    help: str  # the tooltip: what it does, and what more or less of it changes
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    choices: tuple[str, ...] = ()
    place: Literal["main", "folded"] = "folded"  # main: the one dial in sight


def dial(default: Any, label: str, help: str, **look: Any) -> Any:
    """A dataclass field with its dial: `beta: float = dial(0.1, "Beta", "…", minimum=0.01, maximum=1)`."""
    return field(default=default, metadata={"dial": Dial(label, help, **look)})


@dataclass(frozen=True, slots=True)
class Algorithm:
    """One way to train. `train(run, inputs, config) -> Checkpoint` runs in the training process."""

    name: str
    title: str
    needs: Literal["examples", "preferences", "prompts"]
    makes: Literal["policy", "reward"]
    config: type
    train: Callable[..., Any]
    formula: str  # LaTeX, without dollar signs
    about: str  # two sentences: what happens and why
    charts: tuple[tuple[str, ...], ...]  # each inner tuple: metric names drawn in one panel
    workload: Callable[[Any, int, int], Workload]  # (config, rows, mean tokens a row) -> tokens to work through
    presets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # name -> config fields it sets


ALGORITHMS: dict[str, Algorithm] = {}


def algorithm(name: str, **entry: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the decorated train function. Raises ValueError when the name is taken by another file."""

    def register(train: Callable[..., Any]) -> Callable[..., Any]:
        known = ALGORITHMS.get(name)
        if known and known.train.__module__ != train.__module__:
            raise ValueError(f"algorithm {name!r} is registered by {known.train.__module__} already")
        ALGORITHMS[name] = Algorithm(name=name, train=train, **entry)
        return train

    return register


def algorithms() -> dict[str, Algorithm]:
    """All algorithms, by importing every module of playground.training that registers one (no torch is loaded)."""
    import playground.training.algorithms as package

    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    return ALGORITHMS


QUESTIONS: dict[str, Question] = {}


def question(name: str, **entry: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the decorated function as what answers a question of the Evaluate tab.

    Raises: ValueError when the name is taken by another file.
    """
    from playground.evaluation.plan import Question

    def register(answer: Callable[..., Any]) -> Callable[..., Any]:
        known = QUESTIONS.get(name)
        if known and known.answer.__module__ != answer.__module__:
            raise ValueError(f"question {name!r} is registered by {known.answer.__module__} already")
        QUESTIONS[name] = Question(name=name, answer=answer, **entry)
        return answer

    return register


def questions() -> dict[str, Question]:
    """All questions in their order, by importing every module of playground.evaluation.questions (no torch)."""
    import playground.evaluation.questions as package

    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    return dict(sorted(QUESTIONS.items(), key=lambda item: item[1].order))


def dials(config: type) -> dict[str, Dial]:
    """Field name -> dial, in the order of the form."""
    return {f.name: f.metadata["dial"] for f in dataclasses.fields(config) if "dial" in f.metadata}


def build_config(entry: Algorithm, values: Mapping[str, Any]) -> Any:
    """The algorithm's config from a form's or a file's values.

    Raises: ValueError that names the field when a value is unknown or out of its dial's range.
    """
    known = {f.name: f for f in dataclasses.fields(entry.config)}
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise ValueError(f"{entry.name} has no setting {unknown[0]!r}; it has {', '.join(sorted(known))}.")
    for name, value in values.items():
        look = known[name].metadata.get("dial")
        if look is not None:
            _check(name, value, look)
    return entry.config(**values)


def suited(entry: Algorithm, start: Checkpoint, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values, and for what they leave open on a model larger than the pocket one: an adapter, and gentle steps."""
    usual = {} if start.card == "pocket" else entry.presets.get(FOR_LARGER, {})
    return {**usual, **values}


def _check(name: str, value: Any, look: Dial) -> None:
    if look.choices and value not in look.choices:
        raise ValueError(f"{look.label} is {value!r}; one of {', '.join(look.choices)} is needed.")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    if value != value:
        raise ValueError(f"{look.label} is not a number.")
    if (look.minimum is not None and value < look.minimum) or (look.maximum is not None and value > look.maximum):
        raise ValueError(f"{look.label} is {value}; between {look.minimum} and {look.maximum} is needed.")
