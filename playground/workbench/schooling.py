"""What checkpoints learned from: whose labels, which prompts, which texts."""

from __future__ import annotations

from playground.evaluation.plan import ReadText
from playground.runs.rows import from_json
from playground.runs.rows import texts_of as row_texts
from playground.runs.tail import RunShelf
from playground.types import Checkpoint, Preference
from playground.workbench.checkpoints import Checkpoints


class Schooling:
    """Looks it up in the runs that made them."""

    def __init__(self, shelf: RunShelf, checkpoints: Checkpoints) -> None:
        self._shelf = shelf
        self._checkpoints = checkpoints

    def persona_of(self, workspace: str, checkpoint: Checkpoint) -> str:
        """Whose labels the checkpoint, or the youngest ancestor that has one, learned from. Empty: no persona's.

        A reward model has one annotator or none: what its ancestors learned from is no measure of it.
        """
        if checkpoint.kind == "reward":
            return self._checkpoints.annotator(workspace, checkpoint) or ""
        for one in self._checkpoints.lineage(workspace, checkpoint):
            spec = self._shelf.tail(workspace, one.run_id).summary.spec if one.run_id else None
            if spec is not None and spec.persona:
                return self._checkpoints.annotator(workspace, spec.reward or one) or ""
        return "polite"

    def prompts_of(self, workspace: str, reward: Checkpoint | None) -> frozenset[str]:
        """Keys of the prompts that the reward model was trained on."""
        if reward is None or not reward.run_id:
            return frozenset()
        rows = map(from_json, self._shelf.folder(workspace, reward.run_id).rows())
        return frozenset(row.prompt.key for row in rows if isinstance(row, Preference))

    def texts_of(self, workspace: str, checkpoint: Checkpoint) -> list[ReadText]:
        """What it, its ancestors and the reward models that scored them were trained on here."""
        found = []
        for one in self.teachers_of(workspace, checkpoint):
            rows = map(from_json, self._shelf.folder(workspace, one.run_id).rows())
            found += [ReadText(text, one.name) for row in rows for text in row_texts(row)]
        return list(dict.fromkeys(found))

    def teachers_of(self, workspace: str, checkpoint: Checkpoint) -> list[Checkpoint]:
        """Whatever a run here made of which the checkpoint has learned, itself included."""
        line = [one for one in self._checkpoints.lineage(workspace, checkpoint) if one.run_id]
        rewards = [self._shelf.tail(workspace, one.run_id).summary.spec.reward for one in line]
        scored_by = [one for reward in rewards if reward is not None for one in self.teachers_of(workspace, reward)]
        return list({one.id: one for one in (*line, *scored_by)}.values())
