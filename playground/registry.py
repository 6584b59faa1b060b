"""What a new file has to say to join in: decorators that register it, and a form's dials as field metadata.

An algorithm is one file in playground/training that applies @algorithm; the Train tabs draw its form from its config.
A question is one file in playground/evaluation/questions that applies @question; the Evaluate tab offers it.
An audit is one file in playground/evaluation/audits that applies @audit; the Attack tab offers it.
Registering files load no torch: they import their numerics inside the train function.
"""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

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
    group: str = ""  # the heading it stands under where it is folded


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


Entry = TypeVar("Entry")
Code = TypeVar("Code", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Shelf(Generic[Entry]):
    """Entries of one kind by name, each registered by one file of a package."""

    kind: str  # as an error calls an entry
    package: str  # every module of it is imported before the entries are read
    _entries: dict[str, Entry] = field(default_factory=dict)
    _modules: dict[str, str] = field(default_factory=dict)

    def put(self, name: str, entry: Entry, module: str) -> None:
        """Keep the entry. Raises: ValueError when the name is taken by another file."""
        taken = self._modules.setdefault(name, module)
        if taken != module:
            raise ValueError(f"{self.kind} {name!r} is registered by {taken} already")
        self._entries[name] = entry

    def all(self) -> dict[str, Entry]:
        """Every entry; no torch is loaded."""
        package = importlib.import_module(self.package)
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{self.package}.{module.name}")
        return self._entries


_ALGORITHMS: Shelf[Algorithm] = Shelf("algorithm", "playground.training.algorithms")
_QUESTIONS: Shelf[Question] = Shelf("question", "playground.evaluation.questions")
_AUDITS: Shelf[Question] = Shelf("audit", "playground.evaluation.audits")


def algorithm(name: str, **entry: Any) -> Callable[[Code], Code]:
    """Register the decorated train function. Raises: ValueError when the name is taken by another file."""

    def register(train: Code) -> Code:
        _ALGORITHMS.put(name, Algorithm(name=name, train=train, **entry), train.__module__)
        return train

    return register


def algorithms() -> dict[str, Algorithm]:
    """All algorithms by name."""
    return _ALGORITHMS.all()


def question(name: str, **entry: Any) -> Callable[[Code], Code]:
    """Register what answers a question of the Evaluate tab. Raises: ValueError when the name is taken elsewhere."""
    return _asked_from(_QUESTIONS, name, entry)


def questions() -> dict[str, Question]:
    """All questions by name, in the order of the page."""
    return _in_order(_QUESTIONS)


def audit(name: str, **entry: Any) -> Callable[[Code], Code]:
    """Register an audit of the Attack tab: a question too, about a fault. Raises: ValueError as `question` does."""
    return _asked_from(_AUDITS, name, entry)


def audits() -> dict[str, Question]:
    """All audits by name, in the order of the page."""
    return _in_order(_AUDITS)


def _asked_from(shelf: Shelf[Question], name: str, entry: Mapping[str, Any]) -> Callable[[Code], Code]:
    from playground.evaluation.plan import Question

    def register(answer: Code) -> Code:
        shelf.put(name, Question(name=name, answer=answer, **entry), answer.__module__)
        return answer

    return register


def _in_order(shelf: Shelf[Question]) -> dict[str, Question]:
    return dict(sorted(shelf.all().items(), key=lambda item: item[1].order))


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
        raise ValueError(f"{look.label} is {_figure(value)}; {_range(look)} is needed.")


def _range(look: Dial) -> str:
    if look.maximum is None:
        return f"at least {_figure(look.minimum)}"
    if look.minimum is None:
        return f"at most {_figure(look.maximum)}"
    return f"between {_figure(look.minimum)} and {_figure(look.maximum)}"


def _figure(number: float) -> str:
    """As one would write it: 3 for 3.0."""
    return str(int(number) if number == number // 1 and abs(number) < 1e15 else number)
