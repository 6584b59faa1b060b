"""Where further models come from: the table of cards, any other by name, what it would take, and the fetch itself."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

import gradio as gr

from playground.errors import PlaygroundError
from playground.models.catalogue import CARDS, ModelCard
from playground.models.facts import spoken_count
from playground.models.fetching import FetchProgress
from playground.models.memory import in_words
from playground.models.shelf import KeptModel
from playground.ui.listener import QUIET, told
from playground.ui.problem import problem_html
from playground.ui.tab import Context, workspace
from playground.workbench import Workbench
from playground.workbench.models import Offer

_COLUMNS = ("Weights", "Memory to write", "Memory to train", "Licence", "Template", "Good for")
_WORDS = (
    "The pocket model learns in seconds. A real model knows real English and takes minutes on a CPU. Everything works "
    "with it alike; training it changes a small adapter (LoRA) unless you choose otherwise. You are told the size "
    "before anything is downloaded. Only safetensors and GGUF files are read, and no code of a model runs."
)


def model_fold(context: Context, item: gr.Tab) -> None:
    """A fold in which further models are looked up and fetched."""
    bench = context.bench
    with gr.Accordion("Other models", open=False, elem_id="models"):
        gr.Markdown(_WORDS)
        gr.HTML(cards_html(), elem_id="models-cards", apply_default_css=False, js_on_load=None)
        name = gr.Dropdown(
            _choices(),
            value=None,
            allow_custom_value=True,
            label="A model",
            info="Choose one, or type a name of the Hub (owner/model), or the path of a folder or GGUF file.",
            elem_id="models-name",
        )
        with gr.Row():
            look = gr.Button("Look it up", variant="primary", min_width=120, elem_id="models-look")
            fetch = gr.Button("Fetch", interactive=False, min_width=120, elem_id="models-fetch")
            stop = gr.Button("Stop", visible=False, min_width=80, elem_id="models-stop")
        said = gr.HTML(elem_id="models-said")
        here = gr.Markdown(here_words(bench.models.here()), elem_id="models-here")

    def looked(wanted: str | None, request: gr.Request) -> tuple[str, Any]:
        try:
            workspace(context, request)  # refuses whoever has none
            offer = bench.models.look(wanted or "")
        except PlaygroundError as error:
            return problem_html(error), gr.update(value="Fetch", interactive=False)
        return offer_html(offer), gr.update(value=_fetch_label(offer), interactive=not offer.here)

    def fetched(wanted: str | None, request: gr.Request) -> Iterator[tuple]:
        workspace(context, request)
        yield from progress(bench, begin=wanted or "")

    def stopped(request: gr.Request) -> None:
        workspace(context, request)
        bench.models.stop()

    def going_on(request: gr.Request) -> Iterator[tuple]:
        workspace(context, request)
        yield from progress(bench)

    outputs = [said, fetch, stop, here]
    name.change(lambda: ("", gr.update(value="Fetch", interactive=False)), None, [said, fetch], queue=False, **QUIET)
    look.click(looked, name, [said, fetch], api_name="models_look", show_progress="hidden")
    fetch.click(told(fetched), name, outputs, api_name="models_fetch", show_progress="hidden")
    item.select(told(going_on), None, outputs, **QUIET)
    stop.click(told(stopped), None, None, **QUIET)


def progress(bench: Workbench, begin: str | None = None) -> Iterator[tuple]:
    """What is said, the two buttons, and the list of models, while a fetch goes on. begin: start that one first."""
    try:
        if begin is not None:
            bench.models.begin(begin)
        if begin is not None or bench.models.fetching:  # what ended long ago is not told again
            for step in bench.models.follow():
                yield progress_html(step), gr.update(interactive=False), gr.update(visible=True), gr.skip()
    except PlaygroundError as error:
        yield problem_html(error), gr.skip(), gr.update(visible=False), gr.skip()
        return
    yield gr.skip(), gr.skip(), gr.update(visible=False), here_words(bench.models.here())


def offer_html(offer: Offer) -> str:
    """What a model is, what it takes, and whether it fits."""
    facts = offer.facts
    rows = [
        ("Size", f"{spoken_count(facts.parameters)} weights"),
        ("Download", in_words(facts.download) if facts.download else "none: it is on this disk"),
        ("Memory to write", f"about {in_words(facts.need.sample)} of {in_words(offer.free)} free"),
        ("Memory to train", f"about {in_words(facts.need.train)} with LoRA" + _tight(offer)),
        ("Licence", facts.licence),
        ("Kind", "instruct: it knows a chat template" if facts.knows_chat else "base: it continues text"),
        ("Note", facts.note),
    ]
    cells = "".join(f"<tr><th scope='row'>{escape(what)}</th><td>{escape(is_)}</td></tr>" for what, is_ in rows if is_)
    ending = "<p>It is here already.</p>" if offer.here else ""
    return f'<div class="run-table"><table class="facts">{cells}</table></div>{ending}'


def progress_html(step: FetchProgress) -> str:
    """A sentence, and a bar where bytes are counted."""
    if not step.total:
        return f'<p role="status">{escape(step.text)}</p>'
    done = f"{in_words(step.done)} of {in_words(step.total)}"
    bar = f'<progress max="{step.total}" value="{step.done}" aria-label="Download"></progress>'
    return f'<p role="status">{escape(step.text)} {done}</p>{bar}'


def here_words(models: list[KeptModel]) -> str:
    """The models that were fetched, as a list."""
    if not models:
        return "Fetched so far: none. The pocket model is always here."
    lines = [f"- `{m.name}`: {spoken_count(m.parameters)} weights, chat template: {m.template}" for m in models]
    return "Fetched, and in every list of checkpoints:\n" + "\n".join(lines)


def cards_html() -> str:
    """The table of models that go well with the playground; on a phone a list."""
    heads = "".join(f'<th scope="col">{title}</th>' for title in ("Model", *_COLUMNS))
    rows = "".join(_row(card) for card in CARDS)
    table = f'<table class="side models"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'
    return f'<div class="run-table">{table}</div>'


def _row(card: ModelCard) -> str:
    values = (
        spoken_count(card.parameters),
        in_words(card.need.sample),
        in_words(card.need.train),
        card.licence + (" (to be accepted on the Hub)" if card.gated else ""),
        card.template,
        card.good_for,
    )
    cells = zip(_COLUMNS, values, strict=True)
    told = "".join(f'<td data-title="{title}">{escape(value)}</td>' for title, value in cells)
    return f'<tr><th scope="row">{escape(card.title)}</th>{told}</tr>'


def _choices() -> list[tuple[str, str]]:
    real = [card for card in CARDS if card.source == "hub"]
    return [
        (f"{card.title}, {kind}", model_id)
        for card in real
        for kind, model_id in (("instruct", card.instruct_id), ("base", card.base_id))
    ]


def _fetch_label(offer: Offer) -> str:
    return f"Fetch ({in_words(offer.facts.download)})" if offer.facts.download else "Use it"


def _tight(offer: Offer) -> str:
    return "" if offer.facts.need.train <= offer.free else ": more than is free, so it can be asked but not trained"
