"""Tasks of lm-eval, the larger harness, where it is installed: their questions and options, scored as all others."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from itertools import islice
from typing import Any

from playground.errors import NotFound, PlaygroundError
from playground.types import Json

PACKAGE = "lm_eval"
INSTALL = "pip install lm-eval"


def harness_words() -> str:
    """Whether its tasks can be named here, or how they could."""
    if importlib.util.find_spec(PACKAGE) is None:
        return f"After `{INSTALL}` and a restart, the name of a multiple-choice task of lm-eval will do as well."
    return "The name of a multiple-choice task of lm-eval, such as arc_easy, will do as well."


def task_rows(name: str, most: int, ask_the_hub: Callable[[str], None]) -> list[Json]:
    """The first `most` questions of a multiple-choice task, in this project's form.

    ask_the_hub: told the data set that the task reads, before it is fetched. Raises NotFound, PlaygroundError.
    """
    if importlib.util.find_spec(PACKAGE) is None:
        raise NotFound(
            f"“{name}” is no data set on the Hub (owner/name), and lm-eval, whose tasks have such names, is not here.",
            hint=f"Type a set's owner and name, or {INSTALL} and start the playground again.",
        )
    from lm_eval.tasks import TaskManager

    manager = TaskManager()
    if name not in manager.all_subtasks:
        near = ", ".join(get_close_matches(name, manager.all_subtasks))
        hint = f"Names like it: {near}." if near else "One of its tasks is arc_easy."
        raise NotFound(f"lm-eval has no task “{name}”.", hint=hint)
    data_set = (manager.task_index[name].cfg or {}).get("dataset_path")
    if data_set and "/" in data_set:
        ask_the_hub(data_set)
    task = _loaded(manager, name)
    if task.OUTPUT_TYPE != "multiple_choice" or task.multiple_input:
        raise PlaygroundError(
            f"lm-eval's task “{name}” does not ask which of several options is likeliest after one question.",
            hint="Name another of its tasks, such as arc_easy.",
        )
    return [_row(task, doc) for doc in islice(task.eval_docs, most)]


def _loaded(manager: Any, name: str) -> Any:
    try:
        return manager.load([name])["tasks"][name]
    except Exception as error:  # the task's own code, its data set's files and the network: no common base
        raise NotFound(
            f"lm-eval could not load its task “{name}” ({type(error).__name__}).",
            hint="Its questions come from the Hub. Name another task, or upload questions as a file.",
        ) from error


def _row(task: Any, doc: Json) -> Json:
    options = task.doc_to_choice(doc)
    target = task.doc_to_target(doc)
    right = target if isinstance(target, list) else [target]
    return {"question": task.doc_to_text(doc), "options": options, "true": [_place(options, one) for one in right]}


def _place(options: Sequence[str], target: int | str) -> int:
    """Where the right option stands; -1 where it is none of them."""
    if isinstance(target, int):
        return target
    return options.index(target) if target in options else -1
