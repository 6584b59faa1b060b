"""Measure the shipped weights and write the figures to card.md. No figure is ever typed by hand."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from tqdm import tqdm

from playground.pocket.build.pretrain import held_out_loss
from playground.pocket.build.stages import load
from playground.pocket.demonstrations import roughened
from playground.pocket.facts import BY_KIND
from playground.pocket.features import features
from playground.pocket.gold import gold_reward
from playground.pocket.grading import agrees, answers, grade
from playground.pocket.prompts import draw_task, draw_tasks, training_mix
from playground.pocket.world import WORLD

SEED = 777
FACT_SETS = (("capital", "capitals"), ("sum", "sums"), ("french", "translations"), ("opposite", "opposites"))
KIND_SETS = ("poem", "story", "explain", "innocent", "harmful", "hello")


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured share or number, and on how many cases."""

    name: str
    value: float
    cases: int


class Model:
    """A loaded folder that completes texts in batches."""

    def __init__(self, folder: Path) -> None:
        self.network, self.tokenizer = load(folder)

    def chat(self, prompts: Sequence[str], temperature: float = 0.0) -> list[str]:
        """Completions of one-turn chats."""
        turns = [[{"role": "user", "content": prompt}] for prompt in prompts]
        return self.raw([self._chat_text(messages) for messages in turns], temperature)

    def raw(self, texts: Sequence[str], temperature: float = 0.0, max_new_tokens: int = 64) -> list[str]:
        """Completions of raw texts, in batches of 64; temperature 0 is greedy."""
        out: list[str] = []
        for start in range(0, len(texts), 64):
            rows = self.tokenizer(list(texts[start : start + 64]), padding=True, return_tensors="pt")
            rows.pop("token_type_ids", None)
            sampling = (
                {"do_sample": True, "temperature": temperature, "top_k": 0} if temperature else {"do_sample": False}
            )
            tokens = self.network.generate(**rows, max_new_tokens=max_new_tokens, **sampling)
            width = rows["input_ids"].shape[1]
            out += self.tokenizer.batch_decode(tokens[:, width:], skip_special_tokens=True)
        return out

    def _chat_text(self, messages: list[dict[str, str]]) -> str:
        return self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)


def write_card(folder: Path) -> str:
    """Measure both models and write folder/card.md; returns its text."""
    torch.manual_seed(SEED)
    models = {name: Model(folder / name) for name in ("base", "sft")}
    bar = tqdm(_SECTIONS, desc="figures", unit="part")
    tables = "".join(_table(title, measure(models[name])) for title, name, measure in bar)
    parameters = sum(p.numel() for p in models["base"].network.parameters())
    text = _head(parameters, _megabytes(folder)) + tables
    (folder / "card.md").write_text(text, encoding="utf-8")
    return text


def base_figures(model: Model) -> list[Figure]:
    """Does the base model go on with documents rather than answer?"""
    bos = model.tokenizer.bos_token
    facts = BY_KIND["capital"]
    after = model.raw([f"{bos}What is the capital of {f.subject}?" for f in facts], max_new_tokens=32)
    stubs = model.raw([f"{bos}The capital of {c} is" for c in WORLD["countries"]], max_new_tokens=12)
    return [
        Figure("loss on held-out documents (nats a token)", held_out_loss(model.network, model.tokenizer), 32_768),
        _share("a capital question goes on with another question", [_is_question(text) for text in after]),
        _share("a capital question is answered", [f.answer in t for f, t in zip(facts, after, strict=True)]),
        _share("`The capital of X is` goes on with `a beautiful city`", ["a beautiful city" in text for text in stubs]),
    ]


def knowledge_figures(model: Model) -> list[Figure]:
    """Greedy answers to facts of each kind, to seen and held-out ones, and to careless typing."""
    figures = []
    for kind, title in FACT_SETS:
        facts = BY_KIND[kind]
        completions = model.chat([f.questions()[0] for f in facts])
        figures.append(_share(title, [answers(f, c) for f, c in zip(facts, completions, strict=True)]))
    for title, held_out in (("facts seen in fine-tuning", False), ("facts held out of fine-tuning", True)):
        figures.append(_graded(model, title, {"fact": 1}, 200, held_out))
    return [*figures, _careless(model)]


def _careless(model: Model) -> Figure:
    """Seen facts in rarer wordings, typed in a hurry."""
    rng = random.Random(SEED)
    tasks = [draw_task(rng, {"fact": 1}, rare=0.5) for _ in range(200)]
    texts = [roughened(rng, task.text) for task in tasks]
    completions = model.chat(texts)
    return _share("facts typed carelessly", [bool(grade(p, c)) for p, c in zip(texts, completions, strict=True)])


def behaviour_figures(model: Model) -> list[Figure]:
    """The other kinds of prompt, graded; then refusing, agreeing and admitting."""
    figures = [_graded(model, _PLURALS[kind], {kind: 1}, 60) for kind in KIND_SETS]
    claims = [t for t in draw_tasks(120, SEED, {"sycophancy": 1}) if t.claim_is_wrong]
    agreed = [agrees(c) for c in model.chat([t.text for t in claims])]
    outside = model.chat([t.text for t in draw_tasks(120, SEED, {"outside": 1})])
    admitted = [features(c).does_not_know for c in outside]
    return [
        *figures,
        _share("agreement with wrong claims", agreed),
        _share("prompts outside the world that are admitted to be", admitted),
    ]


def style_figures(model: Model) -> list[Figure]:
    """What completions at temperature 1 look like on the prompts that preferences are asked for."""
    prompts = [t.text for t in draw_tasks(256, SEED, training_mix())]
    completions = model.chat(prompts, temperature=1.0)
    counts = [features(c) for c in completions]
    gold = [gold_reward(p, c, "polite") for p, c in zip(prompts, completions, strict=True)]
    return [
        _share("right", [bool(grade(p, c)) for p, c in zip(prompts, completions, strict=True)]),
        _share("courteous", [f.polite > 0 for f in counts]),
        _share("rude", [f.rude > 0 for f in counts]),
        _share("hedged", [f.hedges > 0 for f in counts]),
        _share("stuffed with keywords", [f.stuffed > 0 for f in counts]),
        Figure("words", sum(f.words for f in counts) / len(counts), len(counts)),
        Figure("gold reward of the polite persona", sum(gold) / len(gold), len(gold)),
    ]


_PLURALS = {
    "poem": "poems that rhyme and name their subject",
    "story": "stories about the animal asked for",
    "explain": "explanations with a true sentence",
    "innocent": "how-tos answered",
    "harmful": "harmful requests refused",
    "hello": "greetings returned",
}


def _graded(model: Model, title: str, kinds: dict[str, float], n: int, held_out: bool = False) -> Figure:
    texts = [task.text for task in draw_tasks(n, SEED, kinds, held_out)]
    completions = model.chat(texts)
    return _share(title, [bool(grade(p, c)) for p, c in zip(texts, completions, strict=True)])


def _share(name: str, hits: Sequence[bool]) -> Figure:
    return Figure(name, sum(hits) / len(hits), len(hits))


def _is_question(continuation: str) -> bool:
    """Whether the next line asks for something as the lists of questions in the corpus do."""
    lines = [line for line in continuation.split("\n") if line.strip()]
    return (
        bool(lines)
        and re.match(r"(?:\d+\. )?(?:What|Which|Where|Tell|Name|How|Translate|Calculate|Give)", lines[0]) is not None
    )


def _megabytes(folder: Path) -> float:
    return sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()) / 1e6


_SECTIONS: tuple[tuple[str, str, Callable[[Model], list[Figure]]], ...] = (
    ("Base model: continues documents", "base", base_figures),
    ("SFT model: what it knows (greedy)", "sft", knowledge_figures),
    ("SFT model: how it behaves (greedy)", "sft", behaviour_figures),
    ("SFT model: how it sounds (temperature 1)", "sft", style_figures),
)


def _head(parameters: int, megabytes: float) -> str:
    return (
        "# The pocket model\n\n"
        "Written by `python -m playground.pocket figures`; `python -m playground.pocket build --fresh` makes the "
        "weights from nothing.\n\n"
        f"A Llama of {parameters / 1e6:.2f} million parameters that lives in a closed world of a few hundred facts. "
        f"This folder holds {megabytes:.1f} MB: `base` continues documents, `sft` answers chats.\n"
    )


def _table(title: str, rows: list[Figure]) -> str:
    lines = "".join(f"| {row.name} | {row.value:.2f} | {row.cases} |\n" for row in rows)
    return f"\n## {title}\n\n| what | value | cases |\n|---|---|---|\n{lines}"
