"""What Compare shows, as HTML. Everything a model or a visitor wrote is escaped."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from playground.types import Checkpoint, Sampling, TokenScore
from playground.ui.readable import readable

_METHODS = {
    "pretrained": "pretrained only",
    "instruct": "tuned by its makers",
    "sft": "supervised fine-tuning",
    "reward_model": "reward model",
    "dpo": "DPO",
    "ppo": "PPO",
}
_FULL_COLOUR_NATS = 4.0  # a log-ratio of that size gets the strongest colour
_MOST_TIMES = 1_000_000  # larger factors say nothing to a reader
_ALIKE_NATS = 0.01
_MOST_ASKED = 300  # characters of a prompt that are repeated above its completions
_EACH_ITS_OWN = (
    "The question is the same, its template is not: a checkpoint that has learned the chat template is given it, any "
    "other one raw text to continue. Under Sampling you can choose one template for all."
)


@dataclass(frozen=True, slots=True)
class Pane:
    """One checkpoint's completion, or what there is of it."""

    checkpoint: Checkpoint
    text: str = ""
    note: str = ""  # under the text; HTML
    tokens: str = ""  # HTML of the coloured tokens; stands in place of the text


def panes_html(panes: Sequence[Pane], sampling: Sampling | None, prompt: str = "", busy: bool = False) -> str:
    """All panes side by side, under the prompt that they answer. sampling: None before anything was asked."""
    asked = f'<p class="asked">Asked: <b>{escape(_shortened(prompt))}</b></p>' if prompt else ""
    if sampling and len({template_words(pane.checkpoint, sampling) for pane in panes}) > 1:
        asked += f'<p class="asked">{_EACH_ITS_OWN}</p>'
    cells = "".join(_pane(i, pane, sampling) for i, pane in enumerate(panes))
    return f'{asked}<div class="panes" data-n="{len(panes)}" aria-busy="{str(busy).lower()}">{cells}</div>'


def waiting_html(checkpoints: Sequence[Checkpoint]) -> str:
    """Empty panes: what will answer."""
    return panes_html([Pane(c, note="Press Run.") for c in checkpoints], None)


def _shortened(prompt: str) -> str:
    return prompt if len(prompt) <= _MOST_ASKED else f"{prompt[:_MOST_ASKED].rstrip()}…"


def _pane(i: int, pane: Pane, sampling: Sampling | None) -> str:
    c = pane.checkpoint
    given = f" · given {template_words(c, sampling)}" if sampling else ""
    body = pane.tokens or f'<p class="text">{escape(readable(pane.text))}</p>'
    note = f'<p class="note">{pane.note}</p>' if pane.note else ""
    return (
        f'<section class="pane" id="compare-pane-{i}" aria-label="{escape(c.name)}">'
        f"<h3>{escape(c.name)}</h3>"
        f'<p class="about">{escape(method_words(c))}{given}'
        f' · <code title="Fingerprint: the first digits of the hash of its weights">{escape(c.fingerprint)}</code></p>'
        f"{body}{note}</section>"
    )


def method_words(checkpoint: Checkpoint) -> str:
    """How the checkpoint was made."""
    return _METHODS.get(checkpoint.method, checkpoint.method)


def template_words(checkpoint: Checkpoint, sampling: Sampling) -> str:
    """Whether this checkpoint is given the prompt as chat or as raw text."""
    chat = checkpoint.knows_chat if sampling.template == "auto" else sampling.template == "chat"
    return "the chat template" if chat else "raw text"


def tokens_html(scores: Sequence[TokenScore], reference: Checkpoint) -> str:
    """The completion, each token coloured by how much likelier the policy finds it than the reference does."""
    spans = "".join(_token(score) for score in scores)
    total = sum(score.logp - score.ref_logp for score in scores)
    return (
        '<p class="text tokens" tabindex="0" role="group" aria-label="Tokens; walk them with the arrow keys">'
        f"{spans}</p>"
        '<p class="readout" aria-live="polite">Point at a token, or tap it, to see its numbers.</p>'
        f'<p class="note">All tokens together: {times_words(total)} under {escape(reference.name)} '
        f"(log-ratio {total:+.1f} nats).</p>"
    )


def token_look(score: TokenScore) -> tuple[str, float, str]:
    """The class of a token, how strongly it is coloured (0 to 1), and its numbers in words."""
    ratio = score.logp - score.ref_logp
    strength = min(1.0, abs(ratio) / _FULL_COLOUR_NATS) if math.isfinite(ratio) else 1.0
    exact = f"log-ratio {ratio:+.2f} nats: {score.logp:.2f} here, {score.ref_logp:.2f} there"
    return f"token {'up' if ratio > 0 else 'down'}", strength, f"{times_words(ratio)} under the reference ({exact})"


def _token(score: TokenScore) -> str:
    name, strength, words = token_look(score)
    look = f'class="{name}" style="--s:{strength:.2f}"'
    return f'<span {look} data-numbers="{words}" title="{words}">{escape(readable(score.text))}</span>'


def times_words(nats: float) -> str:
    """A log-ratio as a factor that can be read: "7.4 times likelier than"."""
    if abs(nats) < _ALIKE_NATS:
        return "as likely as"
    times = math.exp(min(abs(nats), 700.0))
    shown = "more than a million" if times >= _MOST_TIMES else f"{times:,.0f}" if times >= 10 else f"{times:.1f}"
    return f"{shown} times {'likelier' if nats > 0 else 'less likely'} than"


def legend_html(reference_words: str) -> str:
    """What the colours mean."""
    return (
        '<p class="legend"><span class="token down" style="--s:1">less likely</span>'
        '<span class="token" style="--s:0">the same</span><span class="token up" style="--s:1">likelier</span>'
        f" than {escape(reference_words)} finds the token. Full colour from {_FULL_COLOUR_NATS:.0f} nats, "
        f"that is {math.exp(_FULL_COLOUR_NATS):.0f} times.</p>"
    )


def difference_html(names: Sequence[tuple[str, str]], differences: Sequence[float]) -> str:
    """Whether checkpoints that should differ really give different logits."""
    alike = [pair for pair, d in zip(names, differences, strict=True) if d == 0]
    if alike:
        pairs = "; ".join(f"{escape(a)} and {escape(b)}" for a, b in alike)
        return (
            f'<div class="problem" role="alert"><b>These are the same model: {pairs}.</b> Their logits do not '
            "differ at all, so training changed nothing, or the same weights were loaded twice.</div>"
        )
    if len(differences) == 1:
        words = f"These two really differ: largest logit difference {differences[0]:.2g} on this prompt."
        return f'<p class="note">{words}</p>'
    shown = "; ".join(f"{escape(a)} and {escape(b)} {d:.2g}" for (a, b), d in zip(names, differences, strict=True))
    return f'<p class="note">All of these really differ. Largest logit difference on this prompt: {shown}.</p>'


def set_html(names: Sequence[str], prompts: Sequence[str], columns: Sequence[Sequence[str]], busy: bool = False) -> str:
    """A prompt set as a table; columns not yet sampled are empty."""
    heads = "".join(f"<th>{escape(name)}</th>" for name in ("Prompt", *names))
    rows = []
    for i, prompt in enumerate(prompts):
        texts = [column[i] if i < len(column) else "…" for column in columns]
        cells = "".join(
            f'<td data-name="{escape(name)}">{escape(readable(text))}</td>'
            for name, text in zip(names, texts, strict=True)
        )
        rows.append(f'<tr><th scope="row">{escape(prompt)}</th>{cells}</tr>')
    return (
        f'<div class="set" aria-busy="{str(busy).lower()}" tabindex="0" role="region" aria-label="Completions">'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def status_html(text: str) -> str:
    """One line on how it goes, read out by screen readers."""
    return f'<p class="note" role="status">{escape(text)}</p>'
