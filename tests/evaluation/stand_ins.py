"""An examiner whose checkpoints say what the test wants."""

from __future__ import annotations

from collections.abc import Callable

from playground.evaluation.choices import MultipleChoice, OwnChoices
from playground.evaluation.examiner import Examiner
from playground.evaluation.plan import Plan
from playground.types import Checkpoint, Completion, Likelihood, Prompt, TokenScore

SFT = Checkpoint("sft", "Pocket SFT", "policy", "pocket", "", fingerprint="aaaa")
DPO = Checkpoint("dpo", "Pushed", "policy", "pocket", "", parent="sft", fingerprint="bbbb", method="dpo")
REWARD = Checkpoint("rm", "Scorer", "reward", "pocket", "", fingerprint="cccc")
REAL = Checkpoint("smol", "SmolLM2", "policy", "smollm2-135m", "", fingerprint="dddd")
REAL_BEFORE = Checkpoint("smol0", "SmolLM2 before", "policy", "smollm2-135m", "", fingerprint="eeee")
OWN = OwnChoices(
    "own.jsonl",
    tuple(MultipleChoice(Prompt.user(f"Is {n} even?"), ("yes", "no"), (n % 2 == 0, n % 2 == 1)) for n in range(6)),
)
PAIR = Plan(DPO, SFT, REWARD, own=OWN)
REAL_PAIR = Plan(REAL, REAL_BEFORE, REWARD, own=OWN)


class Memory:
    """Keeps answers in a dict."""

    def __init__(self) -> None:
        self.values = {}

    def get(self, fingerprint, name):
        return self.values.get((fingerprint, name))

    def put(self, fingerprint, name, value):
        self.values[fingerprint, name] = value


class StandIn:
    """says(checkpoint id, prompt text) -> completion; one nat a word, and `shift` more from the reference."""

    def __init__(self, says: Callable[[str, str], str], shift: float = 0.0) -> None:
        self.says = says
        self.shift = shift
        self.calls = []

    def sample(self, checkpoint, prompts, sampling, n):
        self.calls.append((checkpoint.id, len(prompts), sampling.seed))
        return [[Completion(p, self.says(checkpoint.id, p.text), checkpoint.id) for _ in range(n)] for p in prompts]

    def score(self, reward, completions):
        self.calls.append((reward.id, len(completions), None))
        return [float(len(c.text.split())) for c in completions]

    def likelihoods(self, checkpoint, completions, knows_chat):
        further = self.shift if checkpoint.id in ("sft", "smol0") else 0.0
        return [_likely(c.text, further) for c in completions]

    def text_likelihoods(self, checkpoint, texts):
        return [_likely(text, 0.0) for text in texts]

    def token_scores(self, checkpoint, reference, completion):
        return [TokenScore(f"{word} ", -1.0, -1.0 - self.shift) for word in completion.text.split()]


def _likely(text: str, further: float) -> Likelihood:
    tokens = max(1, len(text.split()))
    return Likelihood(-float(tokens) - further, tokens, 0.5)


def examined(says: Callable[[str, str], str], shift: float = 0.0) -> Examiner:
    """An examiner of such checkpoints."""
    return Examiner(StandIn(says, shift), Memory())
