"""Compare's work: the same prompt and sampling to all chosen checkpoints, and whether these are different models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import combinations

from playground.errors import PlaygroundError
from playground.types import Checkpoint, Prompt, Sampling
from playground.ui.compare_panes import Pane, difference_html, panes_html, status_html
from playground.workbench import Workbench
from playground.workbench.typed_prompt import typed_prompt


@dataclass(frozen=True, slots=True)
class Compared:
    """The last comparison, so that its tokens can be coloured."""

    checkpoints: tuple[Checkpoint, ...]
    prompt: Prompt
    texts: tuple[str, ...]
    sampling: Sampling

    def panes(self) -> list[Pane]:
        """One pane a checkpoint, uncoloured."""
        return [Pane(c, text) for c, text in zip(self.checkpoints, self.texts, strict=True)]

    def html(self, busy: bool = False) -> str:
        """All of them as they stand."""
        return panes_html(self.panes(), self.sampling, self.prompt.text, busy)


def compare(
    bench: Workbench, here: str, ids: Sequence[str], text: str, sampling: Sampling
) -> Iterator[tuple[Compared, str, str]]:
    """The comparison so far, its panes and the line under them; at the end the line says whether the logits differ."""
    if not 2 <= len(ids) <= 4:
        raise PlaygroundError(f"{len(ids)} checkpoints are chosen.", hint="Choose two to four.")
    prompt = typed_prompt(text)
    checkpoints = tuple(bench.checkpoints.find(here, i) for i in ids)
    now = Compared(checkpoints, prompt, ("",) * len(ids), sampling)
    yield now, now.html(busy=True), status_html("Waiting for the first token.")
    with closing(bench.completions.stream(here, ids, now.prompt, sampling)) as stream:
        for texts in stream:
            now = replace(now, texts=tuple(texts))
            yield now, now.html(busy=True), status_html("Writing.")
    shown = now.html()
    yield now, shown, status_html("Done. Checking that these are different models.")
    yield now, shown, _difference(bench, here, now)


def _difference(bench: Workbench, here: str, done: Compared) -> str:
    """Measured on what the panes were given."""
    pairs, asked = list(combinations(done.checkpoints, 2)), (done.prompt, done.sampling.template)
    try:
        differences = [bench.completions.logit_difference(here, a.id, b.id, *asked) for a, b in pairs]
    except PlaygroundError as error:  # models of two families share no tokens; their completions stand nevertheless
        return status_html(f"Done. Whether they differ was not measured: {error.message}")
    return difference_html([(a.name, b.name) for a, b in pairs], differences)
