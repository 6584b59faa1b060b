"""The lab's view in a real browser, fed by a stand-in for the server: what is drawn, followed and never run."""

import json

import pytest

pytestmark = pytest.mark.browser
HOSTILE = "<img src=x onerror='window.attacked=1'>"
LINE = {"d": [0.1, 0.5, 1.2], "value": [0.0, 0.6, 0.2]}
NONE = {"d": [], "value": []}
PICTURE = {
    "id": "abc",
    "words": "PPO, KL coefficient 0. Step 3 of 30.",
    "problem": "",
    "going": True,
    "over": False,
    "finished": False,
    "done": 3,
    "total": 60,
    "seconds_left": 80.0,
    "annotator": "polite",
    "reward": "Scorer",
    "legs": [
        {
            "title": "KL coefficient 0",
            "name": HOSTILE,
            "run": "ppo-1",
            "status": "running",
            "step": 3,
            "total": 30,
            "kl": 1.44,
            "proxy": LINE,
            "gold": LINE,
            "golds": LINE,
            "peak": {"step": 2, "d": 0.5, "gold": 0.6, "fallen": 0.4},
        },
        {
            "title": "KL coefficient 0.1",
            "name": "",
            "run": "",
            "status": "not begun",
            "step": 0,
            "total": 0,
            "kl": None,
            "proxy": NONE,
            "gold": NONE,
            "golds": NONE,
            "peak": None,
        },
    ],
    "best": None,
    "fits": [{"title": "KL coefficient 0", "words": HOSTILE, "line": None, "peak": None, "leg": 0}],
}
PAGE = """<body><div id="view"><div class="sweep"></div></div><script>
window.Playground = {labels: {}};
window.streams = [];
window.EventSource = class {
  constructor(url) { this.url = url; this.open = true; streams.push(this); }
  close() { this.open = false; }
};
window.Plotly = {react: async (host, traces, layout) => { host.traces = traces; host.drawn = layout; }};
</script>%s<script>
Playground.plotly = () => Promise.resolve(window.Plotly);
window.props = {value: null, empty: "Nothing yet."};
window.endings = 0;
const watch = (name, f) => { window.changed = f; };
Playground.sweepView(document.getElementById("view"), props, watch, () => { endings += 1; });
window.show = (id) => { props.value = {sweep: id, since: performance.now()}; changed(); };
window.send = (picture) => streams[streams.length - 1].onmessage({data: JSON.stringify(picture)});
</script></body>"""


@pytest.fixture
def view(scripted):
    page = scripted(PAGE)
    page.evaluate("show('abc')")
    page.wait_for_function("streams.length === 1")
    return page


def test_a_sweep_is_drawn_as_it_grows_and_its_texts_are_never_run(view):
    view.evaluate("p => send(p)", PICTURE)
    text = view.locator(".sweep").inner_text()
    assert "About 80 s left" in text and HOSTILE in text and "1.44 nats" in text and "0.600 at step 2" in text
    assert view.evaluate("window.attacked") is None
    names = view.evaluate("document.querySelector('.chart').traces.map((t) => t.name).filter(Boolean)")
    assert names == ["KL coefficient 0: gold", "KL coefficient 0: proxy"]
    more = json.loads(json.dumps(PICTURE))
    more["fits"][0]["line"] = LINE
    view.evaluate("p => send(p)", more)
    assert "fit, KL coefficient 0" in view.evaluate("document.querySelector('.chart').traces.map((t) => t.name)")


def test_a_sweep_that_is_over_closes_its_stream_and_tells_the_page_once(view):
    view.evaluate("p => send(p)", PICTURE)
    over = {**PICTURE, "going": False, "over": True, "words": "Done: 2 runs."}
    view.evaluate("p => send(p)", over)
    assert view.evaluate("[streams[0].open, endings]") == [False, 1]
    view.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    view.wait_for_timeout(200)
    assert view.evaluate("streams.length") == 1


def test_a_stream_that_is_lost_is_opened_again(view):
    view.evaluate("p => send(p)", PICTURE)
    view.evaluate("streams[0].onerror()")
    view.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    view.wait_for_function("streams.length === 2", timeout=10_000)
    assert view.evaluate("streams[1].url") == "/api/sweeps/abc/events"


def test_what_nobody_looks_at_is_not_followed(view):
    view.evaluate("document.getElementById('view').style.display = 'none'")
    view.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    view.wait_for_function("!streams[0].open", timeout=10_000)
