"""Rank: judge completions blind, by hand or by a simulated annotator, and see the set they make."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import gradio as gr

from playground.errors import PlaygroundError
from playground.models.catalogue import shipped_checkpoints
from playground.pocket import PERSONAS
from playground.ui.checkpoint_lists import choices_of, follow, newest_tuned
from playground.ui.formula import formula_fold
from playground.ui.hub_push import hub_fold
from playground.ui.listener import QUIET, told
from playground.ui.newer import follow_newer, newer_line
from playground.ui.persona_words import persona_html
from playground.ui.problem import problem_html
from playground.ui.rank_contest import contest_box, shown_contest
from playground.ui.rank_file import add_from_file
from playground.ui.rank_hand import hand_box, hand_events, shown_hand
from playground.ui.rank_panel import panel_value, rank_panel, rank_text
from playground.ui.rank_set import SetView, set_view
from playground.ui.rank_words import progress_bar
from playground.ui.tab import Context, Tab, workspace
from playground.ui.world_edge import world_edge
from playground.workbench import Workbench
from playground.workbench.typed_prompt import HOW

DEFAULT_IDS = ["pocket-sft"]
POCKET_PROMPTS, OWN_PROMPT = "Prompts of the pocket world", "A prompt of my own"
MOST_LABELS = 2000


def build(context: Context, tab: gr.Tab) -> None:
    """Choose whose completions, judge, look at the set."""
    fold, ids, prompts, typed, picked = _sources(context)
    set_to, hand = gr.State(DEFAULT_IDS), gr.State("")
    two = gr.BrowserState([], storage_key="playground.compared", secret="playground")  # ids, no secret
    newer = newer_line("rank")
    box, words, leave = contest_box()
    dealt = hand_box()
    panel = rank_panel(panel_value(DEFAULT_IDS, None))
    view = set_view(context, tab, panel, ids, (box, words))
    _persona(context, view, hand)
    add_from_file(context, view)
    formula_fold([FORMULA])
    hub_fold(context, "the set", lambda space, name, _: context.bench.takeaway.push_set(space, name))
    _follow_checkpoints(context, tab, (ids, set_to, hand), two)
    follow_newer(context, newer, ids, set_to)
    _show_sources(context, picked, [ids, prompts, typed, hand], [panel, box, words, fold, *dealt.shows])
    hand_events(context, dealt, hand, panel)
    _keep_comparison(ids, two)
    leave.click(lambda proposed: (proposed, []), set_to, [ids, two], **QUIET)


FORMULA = (
    "",
    "What the next steps take your choices to say: behind each completion stands a reward r that nobody sees, and the "
    "larger the difference, the surer the choice (Bradley and Terry, 1952). A ranking of K completions counts as "
    "K(K-1)/2 such choices.",
    r"P(y_w \succ y_l \mid x) = \sigma\big(r(x, y_w) - r(x, y_l)\big)",
)

TAB = Tab(
    id="rank",
    order=30,
    title="Rank",
    intro=(
        "Read two completions and say which you prefer; you are not told which model wrote them. Every choice is kept, "
        "and the next steps train a model on exactly these choices."
    ),
    build=build,
)


# --- whose completions ----------------------------------------------------------------------------------------------


def _sources(context: Context) -> tuple[gr.Accordion, gr.Dropdown, gr.Radio, gr.Textbox, gr.events.Dependency]:
    """The fold, its controls, and what happens when a question near to the typed one is clicked."""
    shipped = shipped_checkpoints()
    folded = _folded([c.name for c in shipped if c.id in DEFAULT_IDS], POCKET_PROMPTS)
    with gr.Accordion(folded, open=False, elem_id="rank-sources") as fold, gr.Row():
        with gr.Column(min_width=300):
            ids = gr.Dropdown(
                choices_of(shipped),
                value=DEFAULT_IDS,
                multiselect=True,
                max_choices=2,
                label="Whose completions",
                info="One checkpoint: both completions are its own. Two: one from each, sides at random. "
                "Your newest fine-tuned model, until you choose others.",
                elem_id="rank-checkpoints",
            )
            ids.preprocess = lambda payload: payload  # trained ones are not in the first list
        with gr.Column(min_width=300):
            where = [POCKET_PROMPTS, OWN_PROMPT]
            prompts = gr.Radio(where, value=POCKET_PROMPTS, label="Prompts", elem_id="rank-prompts")
            with gr.Column(visible=False) as own:
                typed = gr.Textbox(
                    label="Your prompt",
                    placeholder="Type it and press Enter; Shift and Enter begin a new line",
                    info=HOW,
                    max_lines=8,
                    elem_id="rank-own-prompt",
                )
                picked = world_edge(context, typed, ids, "rank-edge")
    prompts.change(lambda source: gr.Column(visible=source == OWN_PROMPT), prompts, own, **QUIET)
    return fold, ids, prompts, typed, picked


def _folded(names: list[str], prompts: str) -> str:
    """What the folded part says: whose completions are shown, without telling which is which."""
    return f"Whose completions, and to which prompts: {' and '.join(names)}, {prompts.lower()}"


def _follow_checkpoints(
    context: Context, tab: gr.Tab, parts: tuple[gr.Dropdown, gr.State, gr.State], two: gr.BrowserState
) -> None:
    """When the tab opens: what another tab sent here, else the visitor's newest until the visitor chooses.

    parts: the checkpoints, what they were set to, and the pairs that come first. two: a comparison that goes on.
    """
    sent = [context.rank_ids, context.rank_hand]

    def opened(
        request: gr.Request, now: list[str], before: list[str], hand: str, two: list[str], wanted: list[str], dealt: str
    ) -> tuple[Any, ...]:
        known = context.bench.checkpoints.all(workspace(context, request))
        if not wanted and now == before == DEFAULT_IDS and {one.id for one in known}.issuperset(two):
            wanted = two  # the page was loaded anew in the middle of a comparison
        tuned = [newest_tuned(known)]
        kept = dealt or ("" if wanted else hand)  # who is sent here for two checkpoints wants their pairs now
        return gr.update(**follow(known, now, before, tuned, wanted[:2])), tuned, kept, [], ""

    opening = tab.select(told(opened), [*parts, two, *sent], [*parts, *sent], **QUIET)
    opening.then(None, js="() => document.dispatchEvent(new Event('playground:rank-opened'))")


def _keep_comparison(ids: gr.Dropdown, two: gr.BrowserState) -> None:
    """Two checkpoints stay chosen in this browser until somebody chooses others: choices that follow a reload, or a
    restart of the playground, belong to the same comparison."""

    def kept(chosen: list[str] | None) -> Any:
        if chosen and len(chosen) == 2:
            return chosen
        return gr.skip() if chosen == DEFAULT_IDS else []  # a page that has just been loaded says these first

    ids.change(kept, ids, two, **QUIET)
    ids.input(lambda chosen: chosen if len(chosen or []) == 2 else [], ids, two, **QUIET)


def _show_sources(context: Context, picked: Any, sources: list[Any], outputs: list[Any]) -> None:
    """outputs: the panel, the box on which two are judged against each other and its words, the fold of the sources,
    and the box that says which pairs come first with its words."""
    ids, prompts, typed, hand = sources

    def show(chosen: list[str], source: str, text: str, dealt: str, request: gr.Request) -> tuple[Any, ...]:
        prompt = text if source == OWN_PROMPT and text.strip() else None
        here, chosen = workspace(context, request), chosen or DEFAULT_IDS
        names = [c.name for c in context.bench.checkpoints.all(here) if c.id in chosen]
        fold = gr.Accordion(label=_folded(names, OWN_PROMPT if prompt else POCKET_PROMPTS))
        value = panel_value(chosen, prompt, dealt)
        return value, *shown_contest(context.bench, here, chosen), fold, *shown_hand(context.bench, here, dealt)

    picked.then(told(show), sources, outputs, **QUIET)
    gr.on([ids.change, prompts.change, typed.submit, typed.blur, hand.change], told(show), sources, outputs, **QUIET)


# --- a simulated annotator ------------------------------------------------------------------------------------------


def _persona(context: Context, view: SetView, hand: gr.State) -> None:
    first = next(iter(PERSONAS))
    with gr.Accordion("Let a simulated annotator judge pairs", open=False, elem_id="persona"):
        with gr.Row():
            with gr.Column(min_width=300):
                titles = [(persona.title, name) for name, persona in PERSONAS.items()]
                name = gr.Dropdown(titles, value=first, label="Simulated annotator", elem_id="persona-name")
            with gr.Column(min_width=300):
                n = gr.Number(200, label="Pairs", precision=0, elem_id="persona-n")
        described = rank_text("persona-about", persona_html(first))
        with gr.Row():
            start = gr.Button("Judge pairs", variant="primary", scale=0, min_width=140, elem_id="persona-label")
            stop = gr.Button("Stop", scale=0, min_width=100, elem_id="persona-stop")
        progress = rank_text("persona-progress")
    name.change(persona_html, name, described, **QUIET)

    def label(
        chosen: str,
        count: float | None,
        dealt: str,
        whose: list[str],
        text: str,
        removed: bool,
        request: gr.Request,
    ) -> Iterator[tuple[Any, ...]]:
        try:
            here = workspace(context, request)
            for line in persona_progress(context.bench, here, chosen, count, whose or DEFAULT_IDS, dealt):
                yield line, *view.shown(context.bench, here, whose, text, removed)
        except PlaygroundError as error:
            yield problem_html(error), *[gr.skip()] * len(view.draws)

    def stopped(whose: list[str], text: str, removed: bool, request: gr.Request) -> tuple[Any, ...]:
        words = "<p>Stopped. What was judged is kept.</p>"
        return words, *view.shown(context.bench, workspace(context, request), whose, text, removed)

    reads, outputs = [name, n, hand, *view.reads], [progress, *view.draws]
    running = start.click(label, reads, outputs, api_name="persona_label", show_progress="hidden")
    stop.click(told(stopped), view.reads, outputs, cancels=[running], **QUIET)


def persona_progress(
    bench: Workbench, here: str, persona: str, n: float | None, ids: list[str], hand: str = ""
) -> Iterator[str]:
    """Label n pairs, those of the hand first; yields the progress in words and a bar."""
    if n is None or not 1 <= n <= MOST_LABELS:
        seen = "is missing" if n is None else f"is {n:.0f}"
        raise PlaygroundError(f"The number of pairs {seen}.", hint=f"Ask for 1 to {MOST_LABELS}.")
    n, started = int(n), time.monotonic()
    yield progress_bar(0, n, "pairs judged", "Drawing the first completions.")
    for done in bench.preferences.persona_labels(here, persona, n, ids, hand=hand):
        left_s = (time.monotonic() - started) / done * (n - done)
        words = f"About {left_s:.0f} s left." if done < n else "Done. All are marked as simulated."
        yield progress_bar(done, n, "pairs judged", words)
