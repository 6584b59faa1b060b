"""What the store tells about its rows, and takes from files."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Literal, NamedTuple

from playground.preferences.statistics import Share
from playground.types import Annotator, AnnotatorKind, Choice, Preference, Prompt, content_hash


@dataclass(frozen=True, slots=True)
class ShownPair:
    """A pair as it stood before its annotator."""

    token: str
    prompt: Prompt
    left: str
    right: str


@dataclass(frozen=True, slots=True)
class Judgment:
    """One choice between two completions: stored, or read from a file."""

    prompt: Prompt
    left: str
    right: str
    choice: Choice
    annotator: Annotator | None = None  # None: a file that names nobody
    id: str = ""
    strength: int | None = None  # 1 slightly, 2 clearly, 3 much better; None: not asked
    ranking: str | None = None  # shared by the judgments of one K-way ranking
    origin: str = ""  # pair, ranking, or the name of the file it came from
    created_at: float | None = None  # seconds since 1970; None: a file that does not say
    decision_ms: int | None = None
    comment: str = ""
    left_checkpoint: str | None = None  # id of the model that wrote it, where one did
    right_checkpoint: str | None = None
    imported: bool = False  # judged elsewhere, and come here in a file

    @property
    def chosen(self) -> str | None:
        """The preferred text; None where neither was."""
        return {"left": self.left, "right": self.right}.get(self.choice)

    @property
    def rejected(self) -> str | None:
        """The other text; None where neither was preferred."""
        return {"left": self.right, "right": self.left}.get(self.choice)

    @property
    def preference(self) -> Preference:
        """The training row it is. Only where it trains."""
        chosen, rejected = (self.left, self.right) if self.choice == "left" else (self.right, self.left)
        return Preference(self.prompt, chosen, rejected, self.id, self.annotator, self.strength, self.ranking)

    @property
    def trains(self) -> bool:
        """Whether a training run can use it: one of two different texts was preferred."""
        return self.chosen is not None and self.left != self.right


@dataclass(frozen=True, slots=True)
class Contested:
    """Two checkpoints' completions of one prompt, and which a person preferred."""

    prompt: Prompt
    policy: str
    reference: str
    score: float  # 1: the policy's, 0: the reference's, 0.5: neither


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of adding a file."""

    added: int
    known: int  # were here already
    out: int  # of those, undone, removed or withdrawn; they stay so
    withdrawn: int = 0  # not stored: whoever judged them has withdrawn here

    def __add__(self, other: Imported) -> Imported:
        pairs = zip(astuple(self), astuple(other), strict=True)
        return Imported(*(mine + others for mine, others in pairs))


@dataclass(frozen=True, slots=True)
class SetCounts:
    """What a workspace holds. Judgments undone, removed or withdrawn stand under dropped only."""

    total: int
    by_choice: dict[Choice, int]
    by_kind: dict[AnnotatorKind, int]  # file: whoever judged elsewhere
    usable: int  # preferences a training run would get
    dropped: dict[str, int]  # reason -> judgments it would not get
    left_share: Share  # of those judged side by side
    longer_share: Share  # how often the longer completion was chosen


@dataclass(frozen=True, slots=True)
class Translation:
    """What people read, in another language than the host's own. What is empty is shown in the host's."""

    language: str  # as the phone page calls it: de
    rubric: str = ""
    consent: str = ""


TieRule = Literal["drop", "both ways"]  # both ways: trained on once with either text as the chosen one


@dataclass(frozen=True, slots=True)
class Rules:
    """What a host decides about a session."""

    title: str
    rubric: str  # what to look for, in words for whoever judges
    consent: str  # what is stored and what for; nobody sees a pair before agreeing to it
    overlap: int = 3  # labels that each pair should get
    keep_days: int = 0  # until all that was chosen is deleted; 0: until the host deletes it
    translations: tuple[Translation, ...] = ()
    tie_rule: TieRule = "drop"  # what becomes of "equally good" in the set that is trained on

    @property
    def consent_version(self) -> str:
        """A name for what people agree to, in every language that they may read it in."""
        translated = [[one.language, one.consent] for one in self.translations if one.consent]
        return content_hash([self.consent, *translated] if translated else self.consent)[:12]


@dataclass(frozen=True, slots=True)
class Session:
    """A gathering of people. Its id is the workspace of all that they judge."""

    id: str
    code: str
    state: str  # open, paused, frozen, revealed, closed
    rules: Rules
    consent_version: str
    snapshot: str | None = None
    created_at: float = 0.0
    host: str = ""  # the workspace that it was made in
    revotes: int = 0  # begun so far
    delete_after: float | None = None  # seconds since 1970; None: kept until the host deletes it
    start: str = ""  # id of the checkpoint that is trained on it; empty in old ones: the older of those compared
    asks_for_prompts: bool = False  # whether people may propose some

    @property
    def round(self) -> str:
        """The kind of the pairs that are given out now."""
        return f"revote {self.revotes}" if self.revotes else "main"


@dataclass(frozen=True, slots=True)
class Revote:
    """A round in which the same people judge the model before training against the one after it."""

    number: int  # 1 is the first
    old: str  # ids of the checkpoints
    new: str
    snapshot: str  # what the new one has learned from
    created_at: float


class Revoted(NamedTuple):
    """One choice of a re-vote."""

    annotator: str
    score: float  # 1: the new model's completion was chosen, 0: the old one's, 0.5: neither


class Written(NamedTuple):
    """One choice, and who wrote the two texts."""

    annotator: str
    left: str | None  # ids of the checkpoints; None: the text came in a file
    right: str | None
    score: float  # 1: the left one was chosen, 0: the right one, 0.5: neither


class OwnChoice(NamedTuple):
    """One choice as whoever made it is shown it again, with who wrote the two texts."""

    prompt: Prompt
    left: str
    right: str
    left_by: str | None
    right_by: str | None
    choice: Choice


@dataclass(frozen=True, slots=True)
class Participant:
    """A person in a session."""

    annotator: Annotator
    session: Session
    withdrawn: bool  # nothing that they chose counts
    ejected: bool = False  # by the host


@dataclass(frozen=True, slots=True)
class Proposal:
    """A prompt that a person in a session typed. Who it was is not told."""

    id: str
    text: str
    state: str  # waiting, approved, declined


@dataclass(frozen=True, slots=True)
class PersonQuality:
    """How one person judges, for the host alone."""

    id: str
    alias: str
    ejected: bool  # taken out by the host
    choices: int
    gold: Share  # of the pairs with a known answer: how often that one was chosen
    same: Share  # of the pairs that came again: how often the choice was the same
    agreed: Share  # how often they chose what most of the others did
    left: Share
    median_s: float | None  # for a choice


@dataclass(frozen=True, slots=True)
class Arrived:
    """What became of the taps on the phones."""

    tapped: int
    stored: int  # those taken back too
    frozen: int | None  # of those, in the frozen set; None: nothing is frozen
    later: int  # usable ones that came after the freeze


class Given(NamedTuple):
    """One choice, as statistics look at it."""

    annotator: str
    pair: str
    outcome: str  # x, y, tie, both_bad
    choice: str  # left, right, tie, both_bad
    strategy: str
    better: str = ""  # x or y where it is known


@dataclass(frozen=True, slots=True)
class Checks:
    """Of one person, or of a session. A skip is no answer."""

    gold: Share  # of the pairs with a known answer: how often that one was chosen
    same: Share  # of the pairs that came again: how often the same completion, or neither, was chosen both times


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure of a room with its 95 % interval, by drawing anew. Its value is None where too few are there to tell."""

    value: float | None
    low: float
    high: float
    n: int  # what it was told from: choices, or of the agreement pairs


@dataclass(frozen=True, slots=True)
class Standing:
    """How one checkpoint did against the others that people judged it against."""

    checkpoint: str | None
    won: float  # share of its choices, neither counting half
    rate: Spread  # the same with its interval by people drawn anew
    strength: Spread  # Bradley-Terry's, in log-odds; those of all add up to 0


@dataclass(frozen=True, slots=True)
class Lean:
    """How often left was chosen."""

    share: Spread
    p: float  # of the exact test that it is one half
    detectable: float | None  # the smallest share above one half that so many choices would have shown


@dataclass(frozen=True, slots=True)
class PairStates:
    """The pairs that are given out now. Each is in one of the first three; a labelled one is decided or tied, too."""

    waiting: int  # with too few labels, on nobody's screen
    given_out: int  # with too few labels, on somebody's screen
    enough: int  # with as many labels as were asked for
    decided: int  # more people preferred one of its texts than the other
    tied: int  # as many, or nobody preferred any


@dataclass(frozen=True, slots=True)
class LiveCounts:
    """A session as its host watches it."""

    joined: int
    withdrawn: int
    active: int  # judged something within the last minute
    per_minute: int  # choices within the last minute
    labels: tuple[int, ...]  # of each pair
    pairs: PairStates
    checks: Checks
    agreement: Spread
    ceiling: Spread  # how often a person chooses what most of the others do
    lean: Lean
