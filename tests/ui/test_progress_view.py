"""How far work is, in a real browser fed by a stand-in for the server: told, ended, refused, never run as HTML."""

import pytest

pytestmark = pytest.mark.browser
HOSTILE = "<img src=x onerror='window.attacked=1'>"
NOW = {"text": f"{HOSTILE}: Is it better?", "done": 3, "total": 12, "seconds_left": 95.0, "work": "", "over": False}
PAGE = """<body><div id="view"><div class="progress-view"></div></div><script>
window.Playground = {labels: {}};
window.streams = [];
window.EventSource = class {
  constructor(url) { this.url = url; streams.push(this); }
  close() {}
};
</script>%s<script>
window.props = {value: null, work: ""};
window.fired = [];
const watch = (name, f) => { window.changed = f; };
const fire = (name) => () => fired.push(name);
Playground.progressView(document.getElementById("view"), props, watch, fire("moved"), fire("ended"));
window.set = (value) => { props.value = value; changed(); };
window.send = (value) => streams[streams.length - 1].onmessage({data: JSON.stringify(value)});
</script></body>"""


@pytest.fixture
def view(scripted):
    return scripted(PAGE)


def follow(view):
    view.evaluate("document.getElementById('view').style.minHeight = '1px'")
    view.evaluate("set({since: 1})")
    view.wait_for_function("streams.length === 1")


def text(view):
    return view.locator(".progress-view").inner_text()


def test_progress_is_a_sentence_with_the_time_left_and_a_bar(view):
    follow(view)
    view.evaluate("v => send(v)", NOW)
    assert text(view) == f"{HOSTILE}: Is it better? About 2 min left."
    assert view.evaluate("window.attacked") is None
    assert view.locator("progress").get_attribute("value") == "3"
    view.evaluate("v => send(v)", {**NOW, "text": "Done in 3 s.", "done": 12, "seconds_left": 0, "over": True})
    assert view.locator("progress").count() == 0 and "Done in 3 s." in text(view)


def test_the_page_is_told_of_every_part_once_and_of_the_end_once(view):
    follow(view)
    for done in (3, 4, 5):
        view.evaluate("v => send(v)", {**NOW, "done": done})
    view.evaluate("v => send(v)", {**NOW, "text": "The next question."})
    view.evaluate("v => send(v)", {**NOW, "text": "Done.", "over": True})
    assert view.evaluate("fired") == ["moved", "moved", "ended"]


def test_what_went_wrong_and_what_to_do_stand_where_the_progress_stood(view):
    follow(view)
    view.evaluate("v => send(v)", {"problem": "The disk is full.", "hint": HOSTILE, "work": "", "over": True})
    assert text(view) == f"The disk is full. {HOSTILE}"
    view.evaluate("v => set(v)", {"problem": "Nothing is ticked.", "hint": "Tick one."})
    assert text(view) == "Nothing is ticked. Tick one."


def test_other_work_is_not_told_here(view):
    follow(view)
    view.evaluate("v => send(v)", {**NOW, "work": "hack", "over": True})
    assert text(view) == "" and view.evaluate("fired") == []
