"""The models that were fetched: one folder each in the data folder, whole or not there at all. Loads no torch."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from playground.errors import ModelNotUsable, NotFound
from playground.models.catalogue import card_of
from playground.types import Checkpoint, content_hash

RAW = ":raw"  # ends the id under which a model is given raw text although it knows a chat template
METHOD = "instruct"  # how such a model was made: by its makers, out of sight
_ENTRY = "playground.json"
_PART = ".part-"


@dataclass(frozen=True, slots=True)
class KeptModel:
    """A fetched model."""

    id: str
    name: str
    path: str  # the folder that is loaded; a model of one's own stays where it lies
    parameters: int
    knows_chat: bool
    template: str
    licence: str = ""
    note: str = ""
    fingerprint: str = ""
    fetched_at: float = 0.0  # seconds since 1970

    def checkpoint(self) -> Checkpoint:
        """The checkpoint that Compare, Rank and the trainers know it by."""
        card = card_of(self.id)
        return Checkpoint(
            id=self.id,
            name=self.name,
            kind="policy",
            card=card.name if card else self.id,
            path=self.path,
            method=METHOD if self.knows_chat else "pretrained",
            knows_chat=self.knows_chat,
            fingerprint=self.fingerprint,
            created_at=self.fetched_at,
        )


class ModelShelf:
    """Every fetched model of this data folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def all(self) -> list[KeptModel]:
        """The models that are whole, oldest first."""
        entries = self.folder.glob(f"[!.]*/{_ENTRY}")
        models = [KeptModel(**json.loads(path.read_text(encoding="utf-8"))) for path in entries]
        return sorted(models, key=lambda model: (model.fetched_at, model.id))

    def find(self, model_id: str) -> KeptModel | None:
        """The model with that id, if it is here."""
        return next((model for model in self.all() if model.id == model_id), None)

    def checkpoints(self) -> list[Checkpoint]:
        """What can be chosen. An instruct model whose base is not here is offered once more, as raw completion."""
        found = []
        models = self.all()
        for model in models:
            base = _base_of(model, models)
            found.append(replace(model.checkpoint(), parent=base.id if base else None))
            if model.knows_chat and base is None:
                found.append(_raw(model.checkpoint()))
        return found

    def find_checkpoint(self, checkpoint_id: str) -> Checkpoint | None:
        """The checkpoint with that id, also one that is no longer offered."""
        model = self.find(checkpoint_id.removesuffix(RAW))
        if model is None:
            return None
        if checkpoint_id.endswith(RAW):
            return _raw(model.checkpoint())
        return next(c for c in self.checkpoints() if c.id == checkpoint_id)

    @contextmanager
    def adding(self, model_id: str) -> Iterator[Path]:
        """Within: a folder of its own to fetch into. It is gone again unless `keep` was called."""
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.folder / f"{_PART}{_folder_name(model_id)}"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        try:
            yield part
        finally:
            shutil.rmtree(part, ignore_errors=True)

    def keep(self, part: Path, model: KeptModel) -> KeptModel:
        """Put a fetched model on the shelf in one step."""
        folder = self.folder / _folder_name(model.id)
        if not model.path:
            model = replace(model, path=str(folder.resolve()))
        (part / _ENTRY).write_text(json.dumps(asdict(model), indent=2), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        part.rename(folder)
        return model

    def remove(self, model_id: str) -> None:
        """Delete a fetched model; one of one's own is only forgotten. Raises: NotFound."""
        folder = self.folder / _folder_name(model_id)
        if not (folder / _ENTRY).is_file():
            raise NotFound(f"{model_id} is not here.", hint="Choose one from the list.")
        shutil.rmtree(folder)

    def clear_parts(self) -> None:
        """Delete what an earlier process left half fetched."""
        for part in self.folder.glob(f"{_PART}*"):
            shutil.rmtree(part, ignore_errors=True)

    def size(self, model_id: str) -> int:
        """Bytes on disk."""
        folder = self.folder / _folder_name(model_id)
        return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def require_disk(folder: Path, wanted: int) -> None:
    """Raises: ModelNotUsable when the disk has no room for so many bytes."""
    from playground.models.memory import in_words

    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if wanted > free:
        raise ModelNotUsable(
            f"The model takes {in_words(wanted)} on disk and {folder} has {in_words(free)} free.",
            hint="Nothing was downloaded. Make room, or set PLAYGROUND_DATA_DIR to another disk.",
        )


def _base_of(model: KeptModel, models: list[KeptModel]) -> KeptModel | None:
    """The base that this instruct model was made from, if it is here too."""
    card = card_of(model.id)
    if card is None or model.id != card.instruct_id:
        return None
    return next((other for other in models if other.id == card.base_id), None)


def _raw(checkpoint: Checkpoint) -> Checkpoint:
    name = f"{checkpoint.name}, raw text without its template"
    return replace(checkpoint, id=checkpoint.id + RAW, name=name, knows_chat=False)


def _folder_name(model_id: str) -> str:
    """A name that is short, readable and no path: letters of the id, and a hash that keeps like ones apart."""
    letters = "".join(c if c.isalnum() or c in "-_." else "-" for c in model_id).strip(".-")
    return f"{letters[-60:].lstrip('.-')}-{content_hash(model_id)[:8]}"
