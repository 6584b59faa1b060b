"""Multiple-choice questions that a visitor brings: the published forms, read into one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from playground.errors import BadFile, NotFound, PlaygroundError
from playground.evaluation.harness import task_rows
from playground.table_files import BadRow, FileLimits, Row, read_rows
from playground.types import Json, Prompt, content_hash

FORMS = (
    "question, options (a list), true (places of the true ones; the first is 0)",
    "TruthfulQA's question, mc1_targets",
    "MMLU's question, choices, answer",
    "a CSV with the columns question, A, B, …, answer (a letter)",
)
MOST = 120  # questions: of a larger file the first so many are asked
_NAMED = 3  # bad rows that are named one by one
_PATIENCE_S = 10.0  # for the Hub's answer
_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")
_TASK_NAME = re.compile(r"\w[\w.-]*")  # of lm-eval


@dataclass(frozen=True, slots=True)
class MultipleChoice:
    """One question with its options; some are true."""

    prompt: Prompt
    options: tuple[str, ...]
    true: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class OwnChoices:
    """A visitor's questions."""

    name: str  # of the file
    asked: tuple[MultipleChoice, ...]
    left_out: tuple[str, ...] = ()  # sentences

    @property
    def key(self) -> str:
        """Names the questions: figures of two files are never compared."""
        return content_hash([[one.prompt.key, one.options, one.true] for one in self.asked])[:8]


def read_choices(path: Path, limits: FileLimits) -> OwnChoices:
    """The questions of a file. Raises BadFile where none can be used, naming the rows."""
    rows, bad = read_rows(path, limits, is_row=lambda values: "question" in values)
    good: list[MultipleChoice] = []
    for row in rows:
        found = _read(row)
        if isinstance(found, BadRow):
            bad.append(found)
        else:
            good.append(found)
    left_out = _left_out(sorted(bad, key=lambda one: one.number))
    if not good:
        raise BadFile(
            f"{path.name} holds no multiple-choice question. {' '.join(left_out)}",
            hint=f"Use one of these forms: {'; '.join(FORMS)}.",
        )
    if len(good) > MOST:
        left_out.append(f"The file has {len(good)} questions; the first {MOST} are asked.")
    return OwnChoices(path.name, tuple(good[:MOST]), tuple(left_out))


def fetch_choices(words: str, folder: Path) -> Path:
    """Up to MOST rows of a data set on the Hub, or of a task of lm-eval, as a JSONL file in the folder.

    words: the set's name, its configuration and its split, as far as it has them, with blanks between; or the task's
    name, which has no owner. Raises PlaygroundError where that is no name, or nobody has what it names.
    """
    name, *more = words.split() or [""]
    if _TASK_NAME.fullmatch(name) and not more:
        return _written(folder / f"lm-eval-{name}.jsonl", task_rows(name, MOST, _ask_the_hub))
    if not _HUB_NAME.fullmatch(name) or Path(name).exists() or len(more) > 2:
        raise PlaygroundError(
            f"“{words}” names no data set on the Hub.",
            hint="Type its owner and name, then its configuration and split: cais/mmlu anatomy test.",
        )
    _ask_the_hub(name)
    return _written(folder / f"{name.replace('/', '-')}.jsonl", hub_rows(name, more))


def _written(file: Path, rows: Sequence[Json]) -> Path:
    file.write_text("".join(f"{json.dumps(row, ensure_ascii=False, default=str)}\n" for row in rows), "utf-8")
    return file


def _ask_the_hub(name: str) -> None:
    """Whether the Hub knows the set, by one question with a time limit; `datasets` would try again for minutes."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    try:
        HfApi().dataset_info(name, timeout=_PATIENCE_S)
    except HfHubHTTPError as error:
        raise NotFound(
            f"The Hub refuses the data set {name} (error {error.response.status_code}).",
            hint="Check the spelling. One that is gated or private needs your token in HF_TOKEN.",
        ) from error
    except Exception as error:  # no network, no name, no answer in time, offline by a setting: many libraries' errors
        raise NotFound(
            f"The Hub cannot be reached from here, so {name} was not found.", hint="Upload the questions as a file."
        ) from error


def hub_rows(name: str, more: Sequence[str]) -> list[Json]:
    """The first MOST rows; more: configuration and split. Only these are downloaded. Raises NotFound."""
    from datasets import get_dataset_config_names, get_dataset_split_names, load_dataset

    try:
        config = more[0] if more else get_dataset_config_names(name)[0]
        split = more[1] if len(more) > 1 else get_dataset_split_names(name, config)[-1]
        return [dict(row) for row in islice(load_dataset(name, config, split=split, streaming=True), MOST)]
    except Exception as error:  # datasets has no common base for what may be wrong with a name, a network or a file
        raise NotFound(
            f"{' '.join([name, *more])} could not be read from the Hub ({type(error).__name__}).",
            hint="Check its configuration and split, or upload the questions as a file.",
        ) from error


def _left_out(bad: Sequence[BadRow]) -> list[str]:
    named = [f"Row {one.number} is left out: it {one.why}." for one in bad[:_NAMED]]
    return named + ([f"So are {len(bad) - _NAMED} more rows."] if len(bad) > _NAMED else [])


def _read(row: Row) -> MultipleChoice | BadRow:
    question = row.values.get("question")
    if not isinstance(question, str) or not question.strip():
        return BadRow(row.number, "has no question")
    try:
        marked = _marked(row.values)
    except ValueError as error:
        return BadRow(row.number, str(error))
    return MultipleChoice(Prompt.user(question, "uploaded"), *zip(*marked, strict=True))


def _marked(values: Mapping[str, Any]) -> list[tuple[str, bool]]:
    """A row's options, each with whether it is true. Raises ValueError with why they cannot be used."""
    targets = values.get("mc1_targets")
    texts, true = _truthful(targets) if isinstance(targets, Mapping) else _listed(values)
    marked = [(str(text), place in true) for place, text in enumerate(texts) if not _blank(text)]
    if len(marked) < 2:
        raise ValueError(f"has {len(marked) or 'no'} option{'s' * (not marked)}; two or more are needed")
    if not all(0 <= place < len(texts) and not _blank(texts[place]) for place in true):
        raise ValueError("has an answer that is none of its options")
    if len({text for text, _ in marked}) < len(marked):
        raise ValueError("has the same option twice")
    if len({is_true for _, is_true in marked}) < 2:
        raise ValueError(f"has {'nothing but' if true else 'no'} true options")
    return marked


def _listed(values: Mapping[str, Any]) -> tuple[list[Any], list[int]]:
    """This project's form, MMLU's, and the columns of a CSV: the options, and the places of the true ones."""
    if isinstance(values.get("options"), list):
        return values["options"], _places(values.get("true"))
    if isinstance(values.get("choices"), list):
        return values["choices"], _places(values.get("answer"))
    return [values.get(letter) for letter in ascii_uppercase], _places(values.get("answer"))


def _truthful(targets: Mapping[str, Any]) -> tuple[list[Any], list[int]]:
    """TruthfulQA's two ways to write them: choices beside labels, or a label by option."""
    texts, labels = targets.get("choices"), targets.get("labels")
    if not isinstance(texts, list) or not isinstance(labels, list):
        texts, labels = list(targets), list(targets.values())
    if len(texts) != len(labels):
        raise ValueError(f"has {len(texts)} choices and {len(labels)} labels")
    return texts, [place for place, label in enumerate(labels) if str(label).strip() in ("1", "True", "true")]


def _places(answer: Any) -> list[int]:
    if answer is None or answer == "":
        return []
    return [_place(one) for one in answer] if isinstance(answer, list) else [_place(answer)]


def _place(answer: Any) -> int:
    """0 for 0, "0", "A" and "a"; -1 for what names no place."""
    if isinstance(answer, int) and not isinstance(answer, bool):
        return answer
    text = str(answer).strip().upper()
    if text.isdecimal():
        return int(text)
    return ascii_uppercase.index(text) if len(text) == 1 and text in ascii_uppercase else -1


def _blank(option: Any) -> bool:
    return option is None or not str(option).strip()
