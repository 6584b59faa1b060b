"""The fold for other models: what is said before a download, while it goes on, and after; settings that follow."""

from __future__ import annotations

import inspect
from types import SimpleNamespace

import gradio as gr
import pytest

from playground.errors import ModelNotUsable, NotAllowed
from playground.models.catalogue import CARDS
from playground.models.facts import ModelFacts, ModelFile
from playground.models.fetching import FetchProgress
from playground.models.memory import Shape, in_words
from playground.models.shelf import KeptModel
from playground.registry import FOR_LARGER, algorithms
from playground.ui import listener
from playground.ui.form import defaults, draw_form, draw_rest, preset_values
from playground.ui.model_picker import here_words, model_fold, offer_html, progress, progress_html
from playground.ui.suited_settings import suited_form
from playground.workbench.models import Offer

FACTS = ModelFacts("o/m", "hub", 135_000_000, Shape(30, 576, 49_152, 192), (ModelFile("m", 92_871_040),), "Apache-2.0")


class FakeModels:
    """A workbench's models: one fetch that says these things, then fails if it is to."""

    def __init__(self, steps=(), failure=None):
        self.steps, self.failure, self.begun = steps, failure, []
        self.fetching = bool(steps)

    def here(self):
        return [KeptModel("o/m", "m", "", 135_000_000, True, "its own")]

    def begin(self, name):
        self.begun.append(name)

    def follow(self):
        yield from self.steps
        if self.failure:
            raise self.failure

    def stop(self):
        return


def bench(*steps, failure=None):
    return SimpleNamespace(models=FakeModels(steps, failure))


def test_the_size_stands_before_the_button_that_downloads():
    html = offer_html(Offer(FACTS, 8 * 2**30, here=False))
    assert "93 MB" in html and "135M weights" in html and "Apache-2.0" in html
    assert "not trained" not in html
    assert "not trained" in offer_html(Offer(FACTS, 2**20, here=False))


@pytest.mark.parametrize("evil", ["<script>x</script>", '"><img src=x onerror=y>'])
def test_what_a_model_says_of_itself_cannot_become_html(evil):
    facts = ModelFacts("o/m", "hub", 1, Shape(1, 1, 1, 1), licence=evil, note=evil)
    assert "<script" not in offer_html(Offer(facts, 1, here=False)) and "<img" not in offer_html(Offer(facts, 1, False))
    assert "<img" not in progress_html(FetchProgress(evil, 1, 2)) + progress_html(FetchProgress(evil))


def test_a_fetch_is_begun_once_followed_and_ends_with_the_list():
    one = bench(FetchProgress("Downloading.", 50_000_000, 92_871_040), FetchProgress("It is here."))
    *steps, last = list(progress(one, begin="o/m"))
    assert one.models.begun == ["o/m"]
    assert "50 MB of 93 MB" in steps[0][0] and "It is here." in steps[-1][0]
    assert "`m`" in last[3]


def test_a_refusal_is_said_where_the_progress_stood():
    (shown,) = list(progress(bench(failure=ModelNotUsable("It is gated.", hint="Accept the licence.")), begin="o/m"))
    assert "It is gated." in shown[0] and "Accept the licence." in shown[0]


def test_the_page_looks_at_a_fetch_that_goes_on_without_beginning_another():
    one = bench(FetchProgress("Downloading.", 1, 2))
    assert len(list(progress(one))) == 2
    assert one.models.begun == []


def test_what_ended_long_ago_is_not_told_again():
    (shown,) = progress(bench(failure=ModelNotUsable("It was gated.")))
    assert "gated" not in str(shown)


def test_whoever_has_no_workspace_here_is_refused_whatever_they_ask_of_the_models(monkeypatch):
    def refused(cookies):
        raise NotAllowed("Only the host may do this.")

    said = []
    monkeypatch.setattr(listener.gr, "Warning", lambda text, **look: said.append(text))
    one = bench(FetchProgress("Downloading.", 1, 2))
    one.workspace_of, one.models.look = refused, None
    one.models.stop = one.models.begin = lambda *name: pytest.fail("it was done")
    with gr.Blocks() as page, gr.Tab() as item:
        model_fold(SimpleNamespace(bench=one), item)
    asking = [event.fn for event in page.fns.values() if "request" in inspect.signature(event.fn).parameters]
    assert {fn.__name__ for fn in asking} == {"looked", "fetched", "stopped", "going_on"}
    for fn in asking:
        given = [None] * len(inspect.signature(fn).parameters)
        answer = fn(*given)
        shown = str(list(answer) if inspect.isgenerator(answer) else answer) + " ".join(said)
        assert "Only the host" in shown and "Downloading" not in shown
        said.clear()


def test_every_card_with_its_memory_and_licence_stands_in_the_fold():
    with gr.Blocks() as page, gr.Tab() as item:
        model_fold(SimpleNamespace(bench=bench()), item)
    text = " ".join(str(b.value) for b in page.blocks.values() if isinstance(b, gr.HTML))
    offered = {i for b in page.blocks.values() if isinstance(b, gr.Dropdown) for _, i in b.choices}
    for card in CARDS:
        row = text.split(f'<th scope="row">{card.title}</th>')[1].split("</tr>")[0]
        assert card.licence in row and in_words(card.need.sample) in row and in_words(card.need.train) in row
        assert card.source == "pocket" or {card.base_id, card.instruct_id} <= offered


def test_without_fetched_models_the_list_says_so():
    assert "none" in here_words([])


@pytest.mark.parametrize("name", sorted(algorithms()))
def test_a_real_start_sets_an_untouched_form_to_an_adapter_and_back(name):
    entry = algorithms()[name]
    with gr.Blocks():
        form = draw_rest(draw_form(entry))
    usual, larger = defaults(entry), defaults(entry) | preset_values(entry, FOR_LARGER)
    there = suited_form(form, usual, larger=True)
    assert there[form.controls["adapter"]]["value"] == "lora"
    assert suited_form(form, larger, larger=False)[form.controls["adapter"]]["value"] == usual["adapter"]


@pytest.mark.parametrize("name", sorted(algorithms()))
def test_a_visitors_own_settings_stay_whatever_the_start(name):
    entry = algorithms()[name]
    with gr.Blocks():
        form = draw_rest(draw_form(entry))
    own = defaults(entry) | {"seed": 7}
    assert suited_form(form, own, larger=True) == suited_form(form, own, larger=False) == {}
