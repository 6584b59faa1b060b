"""The data that passes between rooms: frozen dataclasses, no behaviour beyond what they say about themselves."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, Literal

Role = Literal["system", "user", "assistant"]
Choice = Literal["left", "right", "tie", "both_bad", "skip"]
AnnotatorKind = Literal["person", "persona", "model", "file"]
FinishReason = Literal["stop", "length"]
Template = Literal["auto", "chat", "raw"]
Json = dict[str, Any]

CHOICES: tuple[Choice, ...] = ("left", "right", "tie", "both_bad", "skip")


@dataclass(frozen=True, slots=True)
class Message:
    """One chat turn."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is asked: chat turns that end with the user's."""

    messages: tuple[Message, ...]
    source: str = "typed"  # typed, pocket, or the name of an uploaded file

    @classmethod
    def user(cls, text: str, source: str = "typed") -> Prompt:
        """A prompt of one user turn."""
        return cls((Message("user", text),), source)

    @property
    def text(self) -> str:
        """The last turn's content: what a page shows as the prompt."""
        return self.messages[-1].content

    @property
    def spoken(self) -> str:
        """All turns as whoever judges must see them: of one turn its content, of several who says what."""
        if len(self.messages) == 1:
            return self.text
        return "\n".join(f"{m.role.capitalize()}: {m.content}" for m in self.messages)

    @property
    def key(self) -> str:
        """Sixteen hex digits that name the messages; equal prompts share it whatever their source."""
        return content_hash([[m.role, m.content] for m in self.messages])[:16]


@dataclass(frozen=True, slots=True)
class Sampling:
    """How completions are drawn. temperature 0 is greedy."""

    temperature: float = 1.0
    top_p: float = 1.0
    max_new_tokens: int = 64
    seed: int = 0
    template: Template = "auto"  # auto: the chat template for a checkpoint that was trained on it, else raw text


@dataclass(frozen=True, slots=True)
class Completion:
    """Text a model (or a person) gave back."""

    prompt: Prompt
    text: str
    checkpoint: str | None = None  # id; None where a person or a file wrote it
    finish_reason: FinishReason = "stop"
    sampling: Sampling | None = None
    fingerprint: str = ""  # of the checkpoint's weights then: a run that is resumed changes them under the same id


@dataclass(frozen=True, slots=True)
class Annotator:
    """Who judged. A persona or a model is always marked as what it is."""

    id: str
    alias: str
    kind: AnnotatorKind


@dataclass(frozen=True, slots=True)
class Example:
    """One demonstration for supervised fine-tuning."""

    prompt: Prompt
    completion: str


@dataclass(frozen=True, slots=True)
class Preference:
    """A judgement as a training row: of two completions to one prompt, which was preferred."""

    prompt: Prompt
    chosen: str
    rejected: str
    id: str = ""  # the judgement it came from
    annotator: Annotator | None = None
    strength: int | None = None  # 1 slightly, 2 clearly, 3 much better; None: not asked
    ranking: str | None = None  # id shared by the rows of one K-way ranking


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A set of weights with its history. Shipped ones have no run."""

    id: str
    name: str
    kind: Literal["policy", "reward"]
    card: str  # the catalogue entry whose architecture and tokenizer it uses
    path: str  # folder with safetensors; absolute
    form: Literal["full", "adapter"] = "full"
    parent: str | None = None  # id of the checkpoint it was trained from
    method: str = "pretrained"  # pretrained, sft, reward_model, dpo, ppo
    knows_chat: bool = True  # False: has never seen the chat template, so it is given raw text
    run_id: str | None = None
    data_hash: str = ""
    seed: int = 0
    fingerprint: str = ""  # first 12 hex digits of the hash of its weights
    created_at: float = 0.0  # seconds since 1970

    @property
    def merges(self) -> bool:
        """Whether it is an adapter that may be had merged into its backbone: a reward model's has a head beside it."""
        return self.kind == "policy" and self.form == "adapter"


@dataclass(frozen=True, slots=True)
class RunSpec:
    """Everything that decides a run's result; config.json is this, so a run can be made again."""

    id: str
    workspace: str
    algorithm: str
    config: Json  # the algorithm's config dataclass as a dict
    start: Checkpoint
    reward: Checkpoint | None = None  # PPO's reward model
    persona: str | None = None  # whose gold reward is charted; who judged stands in data_from
    data_hash: str = ""
    data_count: int = 0
    data_from: dict[str, int] = field(default_factory=dict)  # who judged, or what it was taken from -> rows
    snapshot: str | None = None  # id of the frozen preference set
    name: str = ""
    number: int = 0  # among the runs of its algorithm in its workspace, whatever they are called now; 0: not known
    seed: int = 0
    threads: int = 1
    dtype: str = "auto"  # auto, float32 or bfloat16
    estimate_s: float | None = None
    created_at: float = 0.0


@dataclass(frozen=True, slots=True)
class TokenScore:
    """One token of a completion, seen by policy and reference."""

    text: str
    logp: float  # nats
    ref_logp: float  # nats


@dataclass(frozen=True, slots=True)
class Likelihood:
    """How likely a model finds a text."""

    logps: float  # nats, summed over its tokens
    tokens: int
    entropy: float  # nats a token: how undecided the model was on its way


@dataclass(frozen=True, slots=True)
class Speed:
    """What this machine does with the pocket model, measured at start; the base of every estimate."""

    sample_tokens_per_s: float
    score_tokens_per_s: float
    train_tokens_per_s: float
    device: str
    dtype: str
    threads: int
    free_bytes: int | None = None  # of a GPU's own memory; None: the machine's counts


@dataclass(frozen=True, slots=True)
class Workload:
    """How many tokens a run will sample, score (forward only) and train on (forward and backward)."""

    sample_tokens: float = 0.0
    score_tokens: float = 0.0
    train_tokens: float = 0.0
    fixed_s: float = 1.0

    def seconds(self, speed: Speed) -> float:
        """The estimate in seconds on a machine of that speed."""
        return (
            self.fixed_s
            + self.sample_tokens / speed.sample_tokens_per_s
            + self.score_tokens / speed.score_tokens_per_s
            + self.train_tokens / speed.train_tokens_per_s
        )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A frozen preference set: what a training run cites."""

    id: str
    content_hash: str
    preferences: tuple[Preference, ...]
    dropped: dict[str, int] = field(default_factory=dict)  # reason -> judgements left out
    created_at: float = 0.0
    tie_rule: str = "drop"  # or both ways


def content_hash(value: object) -> str:
    """SHA-256 of a JSON-able value in canonical form (64 hex digits)."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
