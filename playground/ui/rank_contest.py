"""Two checkpoints judged against each other: what is paired, who wins so far, and the way out of it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import gradio as gr

from playground.errors import PlaygroundError
from playground.preferences.statistics import WinRate
from playground.ui.problem import problem_html
from playground.ui.rank_panel import rank_text
from playground.workbench import Workbench
from playground.workbench.preferences import STEP, Contest

_FAR = 500  # choices; nobody makes so many more to tell
_COUNTED = (
    "Counted are choices made by people on this page, on pairs of exactly these two checkpoints with the weights that "
    "they have now. A tie, or both bad, is half a win for each; a skipped pair does not count. Each prompt counts "
    "once. The interval is Wilson's. Decide beforehand how many pairs to judge: who stops when the figure looks good "
    "finds differences that are not there."
)


def contest_box() -> tuple[gr.Row, gr.HTML, gr.Button]:
    """The box above the panel, hidden where one checkpoint writes both completions."""
    with gr.Row(visible=False, elem_id="rank-contest", equal_height=False) as box:
        with gr.Column(scale=5, min_width=280):
            words = rank_text("rank-contest-words")
        with gr.Column(scale=1, min_width=230):
            leave = gr.Button("Leave this comparison", elem_id="rank-contest-leave")
    return box, words, leave


def shown_contest(bench: Workbench, here: str, ids: Sequence[str]) -> tuple[gr.Row, str]:
    """The box and its words for these checkpoints."""
    if not ids or len(ids) != 2:
        return gr.Row(visible=False), ""
    try:
        return gr.Row(visible=True), contest_words(bench.preferences.contest(here, *ids))
    except PlaygroundError as error:
        return gr.Row(visible=True), problem_html(error)


def contest_words(contest: Contest) -> str:
    """What is paired, and the result so far."""
    reference, policy = escape(contest.reference.name), escape(contest.policy.name)
    paired = (
        f"<p>Each pair is one completion by <b>{policy}</b> and one by <b>{reference}</b>, on sides drawn by chance. "
        "Which is which stays hidden.</p>"
    )
    if contest.rate.value is None:
        result = f"<p>The result so far appears after {STEP} choices; there are {contest.choices}.</p>"
    else:
        result = _result(contest.rate, reference, policy)
    return (
        f"{paired}{result}<details><summary>How this is counted</summary><p>{_why_in_steps()} {_COUNTED}</p></details>"
    )


def _why_in_steps() -> str:
    return f"The result moves after every {STEP} choices, so that no single one tells which side was which."


def _result(rate: WinRate, reference: str, policy: str) -> str:
    low, high = 100 * rate.low, 100 * rate.high
    figure = (
        f"<p>After {rate.choices} choices{_on_prompts(rate)}, <b>{policy}</b> is preferred in "
        f"<b>{100 * rate.value:.0f} %</b>, ties counted half (95 % interval {low:.0f} to {high:.0f} %): "
        f"{_verdict(rate, reference, policy)}</p>"
    )
    bar = (
        '<div class="interval" aria-hidden="true">'
        f'<i class="range" style="left:{low:.1f}%;width:{high - low:.1f}%"></i>'
        f'<i class="chance" style="left:50%"></i><i class="point" style="left:{100 * rate.value:.1f}%"></i></div>'
        f'<p class="ends" aria-hidden="true"><span>always {reference}</span><span>always {policy}</span></p>'
    )
    return figure + bar


def _on_prompts(rate: WinRate) -> str:
    if rate.prompts == rate.choices:
        return ""
    return f" on {rate.prompts} {'prompt' if rate.prompts == 1 else 'different prompts'}"


def _verdict(rate: WinRate, reference: str, policy: str) -> str:
    if rate.told:
        return f"you prefer <b>{policy if rate.low > 0.5 else reference}</b>."
    if rate.more is None:
        return "too few to tell, and the two are level so far."
    if rate.more > _FAR:
        return f"too few to tell. If it stays this even, it would take more than {_FAR} further choices."
    more = "choice" if rate.more == 1 else "choices"
    where = "" if rate.prompts == rate.choices else ", each on another prompt,"
    return f"too few to tell. About {rate.more} more {more}{where} would tell, if it goes on like this."
