"""What a visitor leaves with: a run with its weights, a set with its card; as a zip, or on the Hub."""

from __future__ import annotations

import tempfile
import uuid
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from playground.errors import NotAllowed, NotFound
from playground.preferences.set_folder import write_set_folder
from playground.preferences.store import PreferenceStore
from playground.runs.model_card import model_card
from playground.runs.package import MERGED, Files, package_run, run_files, without
from playground.runs.tail import RunShelf
from playground.settings import Settings
from playground.types import Checkpoint
from playground.workbench.checkpoints import Checkpoints
from playground.workbench.completions import Completions
from playground.workbench.downloads import downloads
from playground.workbench.hub_repository import HubRepository, has_token
from playground.workbench.quotas import Quotas
from playground.workbench.runs import Runs

Weights = Literal["trained", "merged"]


class Takeaway:
    """Packs what belongs to a workspace; pushes it where this machine has a token and one visitor."""

    def __init__(
        self,
        settings: Settings,
        shelf: RunShelf,
        store: PreferenceStore,
        runs: Runs,
        checkpoints: Checkpoints,
        completions: Completions,
        quotas: Quotas,
    ) -> None:
        self._settings = settings
        self._shelf = shelf
        self._store = store
        self._runs = runs
        self._checkpoints = checkpoints
        self._completions = completions
        self._quotas = quotas

    def run(self, workspace: str, run_id: str, weights: Weights = "trained") -> Path:
        """The run as one zip: weights with their card, events, data, report, reproduce.py."""
        with tempfile.TemporaryDirectory() as scratch:
            files = self._run_files(workspace, run_id, weights, Path(scratch))
            return package_run(run_id, files, self._target(workspace, run_id))

    def set_folder(self, workspace: str) -> Path:
        """The set as one zip of a folder for `datasets`."""
        self._quotas.require_disk(workspace)
        target = self._target(workspace, "preferences")
        with tempfile.TemporaryDirectory() as scratch:
            files = write_set_folder(Path(scratch) / "preferences", self._store.judgments(workspace, leaving=True))
            with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
                for name, path in files.items():
                    archive.write(path, f"preferences/{name}")
        return target

    @property
    def can_push(self) -> bool:
        """Whether there is a token, and nobody here who could use it for somebody else."""
        return self._settings.mode == "local" and has_token()

    def push_run(self, workspace: str, run_id: str, name: str, weights: Weights = "trained") -> str:
        """Put the run into a private model repository, its weights at the top; returns the address."""
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            files = self._run_files(workspace, run_id, weights, folder / "weights")
            top = f"{MERGED if weights == 'merged' else 'checkpoint'}/"
            named = {n.removeprefix(top) if n.startswith(top) else f"run/{n}": c for n, c in files.items()}
            return self._push("model", name, _on_disk(named, folder / "texts"), f"Run {run_id}")

    def push_set(self, workspace: str, name: str) -> str:
        """Put the set into a private data set repository; returns the address."""
        with tempfile.TemporaryDirectory() as scratch:
            files = write_set_folder(Path(scratch) / "preferences", self._store.judgments(workspace, leaving=True))
            return self._push("dataset", name, files, "Preferences")

    def _push(self, kind: Literal["model", "dataset"], name: str, files: Mapping[str, Path], message: str) -> str:
        if not self.can_push:
            raise NotAllowed(
                "There is no token to push with, or several visitors share this playground.",
                hint="Run the playground yourself, and set HF_TOKEN to a token that may write.",
            )
        repository = HubRepository(name.strip(), kind)
        repository.settle()
        repository.write(files, [], message)
        return f"https://huggingface.co/{'datasets/' if kind == 'dataset' else ''}{repository.name}"

    def _run_files(self, workspace: str, run_id: str, weights: Weights, scratch: Path) -> Files:
        summary = self._runs.own(workspace, run_id)
        self._quotas.require_disk(workspace)
        lineage = self._runs.lineage(workspace, summary.spec)
        merged = self._merged(workspace, summary.checkpoint, scratch) if weights == "merged" else None
        folder = self._shelf.folder(workspace, run_id)
        ancestry = [self._runs.find(workspace, c.run_id).spec for c in lineage if c.run_id]
        form = "full" if merged or not summary.checkpoint else summary.checkpoint.form
        card = model_card(folder, summary, ancestry, self._backbone(workspace, summary.spec.start), form)
        files = run_files(folder, summary, self._checkpoints.carried(lineage), card, merged)
        return without(files, self._store.kept_here(workspace, folder.preference_ids()))

    def _backbone(self, workspace: str, start: Checkpoint) -> Checkpoint:
        """The model that no run here has made and all of them stand on."""
        return next(c for c in self._checkpoints.lineage(workspace, start) if c.run_id is None)

    def _merged(self, workspace: str, checkpoint: Checkpoint | None, folder: Path) -> Path:
        if checkpoint is None:
            raise NotFound("This run has saved no weights.", hint="Resume it, or choose another one.")
        if checkpoint.kind != "policy":
            raise NotAllowed("A reward model writes no text: it is not merged.", hint="Download it as it was trained.")
        self._completions.merge(workspace, checkpoint.id, folder)
        return folder

    def _target(self, workspace: str, name: str) -> Path:
        """Two may download at once."""
        return downloads(self._settings.data_dir, workspace) / f"{name}-{uuid.uuid4().hex[:8]}.zip"


def _on_disk(files: Files, folder: Path) -> dict[str, Path]:
    """The files, those that are texts written into the folder."""
    folder.mkdir()
    found = {}
    for number, (name, content) in enumerate(files.items()):
        if isinstance(content, Path):
            found[name] = content
        else:
            found[name] = folder / str(number)
            found[name].write_text(content, encoding="utf-8")
    return found
