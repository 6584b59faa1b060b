"""What the store tells about its rows."""

from __future__ import annotations

from dataclasses import dataclass

from playground.preferences.statistics import Share
from playground.types import Annotator, AnnotatorKind, Choice, Prompt


@dataclass(frozen=True, slots=True)
class ShownPair:
    """A pair as it stood before its annotator."""

    token: str
    prompt: Prompt
    left: str
    right: str


@dataclass(frozen=True, slots=True)
class JudgmentRow:
    """One stored judgment, for a table on the page."""

    id: str
    prompt: str
    left: str
    right: str
    choice: Choice
    strength: int | None
    annotator: Annotator
    origin: str  # pair, ranking, or the name of the file it came from
    created_at: float  # seconds since 1970
    comment: str = ""
    ranking: str | None = None

    @property
    def chosen(self) -> str | None:
        """The preferred text; None where neither was."""
        return {"left": self.left, "right": self.right}.get(self.choice)

    @property
    def rejected(self) -> str | None:
        """The other text; None where neither was preferred."""
        return {"left": self.right, "right": self.left}.get(self.choice)


@dataclass(frozen=True, slots=True)
class SetCounts:
    """What a workspace holds. Judgments undone, removed or withdrawn stand under dropped only."""

    total: int
    by_choice: dict[Choice, int]
    by_kind: dict[AnnotatorKind, int]
    annotators: int
    usable: int  # preferences a training run would get
    dropped: dict[str, int]  # reason -> judgments it would not get
    left_share: Share  # of those judged side by side
    longer_share: Share  # how often the longer completion was chosen
