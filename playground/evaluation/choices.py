"""Multiple-choice questions that a visitor brings: the published forms, read into one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from playground.errors import BadFile, NotFound, PlaygroundError
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
    """Up to MOST rows of a data set on the Hub, as a JSONL file in the folder.

    words: the set's name, its configuration and its split, as far as it has them, with blanks between.
    Raises PlaygroundError where that is no name, or the Hub has no such set or cannot be reached.
    """
    name, *more = words.split() or [""]
    if not _HUB_NAME.fullmatch(name) or Path(name).exists() or len(more) > 2:
        raise PlaygroundError(
            f"“{words}” names no data set on the Hub.",
            hint="Type its owner and name, then its configuration and split: cais/mmlu anatomy test.",
        )
    _ask_the_hub(name)
    file = folder / f"{name.replace('/', '-')}.jsonl"
    file.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in hub_rows(name, more)), "utf-8")
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
    options, true = _options(row.values)
    if len(options) < 2:
        return BadRow(row.number, f"has {len(options) or 'no'} option{'s' * (not options)}; two or more are needed")
    if len(set(options)) < len(options):
        return BadRow(row.number, "has the same option twice")
    if not all(0 <= place < len(options) for place in true):
        return BadRow(row.number, "has an answer that is none of its options")
    if not 0 < len(set(true)) < len(options):
        return BadRow(row.number, f"has {'no' if not true else 'nothing but'} true options")
    prompt = Prompt.user(question, "uploaded")
    return MultipleChoice(prompt, tuple(options), tuple(i in true for i in range(len(options))))


def _options(values: Mapping[str, Any]) -> tuple[list[str], list[int]]:
    """A row's options, and the places of the true ones; -1 is the place of an answer that is none of them."""
    targets = values.get("mc1_targets")
    if isinstance(targets, Mapping):
        pairs = _truthful(targets)
        return [text for text, _ in pairs], [i for i, (_, true) in enumerate(pairs) if true]
    if isinstance(values.get("options"), list):
        return _texts(values["options"]), [_place(one) for one in values.get("true") or []]
    if isinstance(values.get("choices"), list):
        return _texts(values["choices"]), _given(values.get("answer"))
    return _texts(_columns(values)), _given(values.get("answer"))


def _truthful(targets: Mapping[str, Any]) -> list[tuple[str, bool]]:
    """TruthfulQA's two ways to write them: choices beside labels, or a label by option."""
    if isinstance(targets.get("choices"), list) and isinstance(targets.get("labels"), list):
        return [(str(text), bool(label)) for text, label in zip(targets["choices"], targets["labels"], strict=False)]
    return [(text, bool(label)) for text, label in targets.items()]


def _columns(values: Mapping[str, Any]) -> Iterator[Any]:
    return (values[letter] for letter in ascii_uppercase if values.get(letter))


def _texts(options: Iterable[Any]) -> list[str]:
    return [str(one) for one in options if one is not None and str(one).strip()]


def _given(answer: Any) -> list[int]:
    return [] if answer in (None, "") else [_place(answer)]


def _place(answer: Any) -> int:
    """0 for 0, "0", "A" and "a"."""
    if isinstance(answer, bool):
        return -1
    if isinstance(answer, int):
        return answer
    text = str(answer).strip().upper()
    if text.isdecimal():
        return int(text)
    return ascii_uppercase.index(text) if len(text) == 1 and text in ascii_uppercase else -1
