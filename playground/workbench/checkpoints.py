"""Which models a workspace has: the shipped ones, the fetched ones, and those that its runs have made."""

from __future__ import annotations

from collections.abc import Iterable

from playground.errors import NotFound
from playground.models.catalogue import shipped_checkpoints
from playground.models.shelf import ModelShelf
from playground.runs.tail import RunShelf
from playground.types import Checkpoint


class Checkpoints:
    """Every checkpoint a workspace may use, with its ancestors."""

    def __init__(self, shelf: RunShelf, models: ModelShelf) -> None:
        self._shelf = shelf
        self._models = models
        self.shipped = {c.id: c for c in shipped_checkpoints()}

    def all(self, workspace: str, kind: str = "policy") -> list[Checkpoint]:
        """All checkpoints of that kind: shipped, fetched, then those of the workspace's ended runs, oldest first."""
        given = [c for c in (*self.shipped.values(), *self._models.checkpoints()) if c.kind == kind]
        own = [s.checkpoint for s in reversed(self._shelf.summaries(workspace)) if s.checkpoint and not s.active]
        return given + [c for c in own if c.kind == kind]

    def find(self, workspace: str, checkpoint_id: str) -> Checkpoint:
        """The checkpoint with that id. Raises NotFound when this workspace has none."""
        for kind in ("policy", "reward"):
            for checkpoint in self.all(workspace, kind):
                if checkpoint.id == checkpoint_id:
                    return checkpoint
        fetched = self._models.find_checkpoint(checkpoint_id)
        if fetched is not None:
            return fetched
        raise NotFound(f"There is no checkpoint {checkpoint_id!r} here.", hint="Choose one from the list.")

    def annotator(self, workspace: str, learner: Checkpoint) -> str | None:
        """The persona whose choices the checkpoint has learned; None where most were others', or nobody knows."""
        if not learner.run_id:
            return None
        spec = self._shelf.tail(workspace, learner.run_id).summary.spec
        judged = spec.data_from.get(f"persona {spec.persona}", 0)  # its gold reward may watch labels that it never gave
        by_others = spec.data_from and 2 * judged <= spec.data_count
        return None if by_others else spec.persona

    def carried(self, checkpoints: Iterable[Checkpoint]) -> list[Checkpoint]:
        """Those that a download must bring along: what others cannot fetch for themselves."""
        return [c for c in checkpoints if c.id not in self.shipped and self._models.find_checkpoint(c.id) is None]

    def lineage(self, workspace: str, checkpoint: Checkpoint) -> list[Checkpoint]:
        """The checkpoint and its ancestors, youngest first."""
        chain = [checkpoint]
        while chain[-1].parent:
            chain.append(self.find(workspace, chain[-1].parent))
        return chain

    def family(self, workspace: str, *checkpoints: Checkpoint) -> list[Checkpoint]:
        """The checkpoints with all their ancestors: an adapter cannot be loaded without its parent."""
        return [ancestor for checkpoint in checkpoints for ancestor in self.lineage(workspace, checkpoint)]
