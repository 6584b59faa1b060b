"""A tab that asks in the background: whose page acts on the end of the work, and whose only shows it."""

from types import SimpleNamespace

import gradio as gr
import pytest

from playground.errors import NotAllowed
from playground.ui.asking import Asking, Start, asking_events
from playground.ui.progress_view import progress_view


@pytest.fixture
def bench():
    return SimpleNamespace(
        evaluations=SimpleNamespace(running=lambda space: False, stop=lambda space: None),
        workspace_of=lambda cookies: "local",
        settings=SimpleNamespace(),
    )


@pytest.fixture
def page(bench, monkeypatch):
    """A tab whose list is set to what was made once it has ended: its listeners by name, its list, its refusals."""
    monkeypatch.setattr("playground.ui.asking.workspace", lambda context, request: "local")
    refusals = []

    def begin(space, given):
        if refusals:
            raise refusals[0]

    with gr.Blocks() as blocks, gr.Tab() as item:
        stop, button, progress, chosen = gr.Button(), gr.Button(), progress_view("progress"), gr.Dropdown(["a", "b"])
        asking = Asking(
            stop, progress, {"chosen": chosen}, [], lambda *given: {}, lambda *given: {chosen: "b"}, (chosen,)
        )
        asking_events(SimpleNamespace(bench=bench), item, asking, [Start(button, begin, "ask")])
    listeners = {listener.fn.__name__: listener for listener in blocks.fns.values() if listener.fn}
    return SimpleNamespace(listeners=listeners, chosen=chosen, refusals=refusals)


def press(page, **state):
    """What the page remembers after its button was pressed."""
    return remembered(page.listeners["begun"].fn(request=None, chosen="a"), state)


def end(page, state):
    """What changes on the page at the end of the work, and what it remembers then."""
    updates = page.listeners["over"].fn(request=None, chosen="a", **state)
    return updates.get(page.chosen), remembered(updates, state)


def remembered(updates, state):
    found = [value for part, value in updates.items() if isinstance(part, gr.State)]
    return {"begun_here": found[0]} if found else state


def test_the_page_that_pressed_the_button_moves_its_list_once_and_no_other_page_does(page):
    (kept,) = [part for part in page.listeners["over"].inputs if isinstance(part, gr.State)]
    assert kept in page.listeners["begun"].outputs and kept in page.listeners["over"].outputs
    elsewhere = {"begun_here": kept.value}
    assert end(page, elsewhere)[0] is None
    moved, after = end(page, press(page, **elsewhere))
    assert moved == "b"
    assert end(page, after)[0] is None


def test_a_button_that_was_refused_began_nothing(page):
    page.refusals.append(NotAllowed("Not now.", hint="Wait."))
    assert end(page, press(page, begun_here=False))[0] is None
