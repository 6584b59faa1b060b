"""The run view in a real browser, fed by a stand-in for the event stream: what is drawn, hidden, kept and never run."""

import json

import pytest

from playground.ui.theme import STATIC
from playground.vocabulary import METRICS

pytestmark = pytest.mark.browser
HOSTILE = "<img src=x onerror='window.attacked=1'><script>window.attacked=1</script>"
CHARTS = [["proxy_reward", "gold_reward"], ["kl", "k3"], ["entropy"], ["length"], ["stop_rate"], ["ptx_loss"]]
RUN = {
    "id": "ppo-1",
    "name": HOSTILE,
    "algorithm": "ppo",
    "title": "PPO",
    "config": {"kl_coef": 0.05},
    "status": "running",
    "estimate_s": 25.0,
    "created_at": 0.0,
    "total_steps": 40,
    "start": "Pocket SFT",
    "data_count": 512,
    "charts": CHARTS,
    "metrics": {
        name: {k: getattr(METRICS[name], k) for k in ("name", "title", "unit", "good", "healthy", "sick")}
        for panel in CHARTS
        for name in panel
    },
}
PAGE = """<body><div id="view"><div class="run-view"></div></div><script>
window.Playground = {labels: {ppo: {kl_coef: "KL coefficient"}}};
window.streams = [];
window.EventSource = class {
  constructor(url) { this.url = url; this.readyState = 1; streams.push(this); }
  close() { this.readyState = 2; }
};
window.EventSource.CLOSED = 2;
window.Plotly = {react: async (host, traces, layout) => { host.traces = traces; host.drawn = layout; }};
</script>%s<script>
Playground.plotly = () => Promise.resolve(window.Plotly);
window.props = {value: null, empty: "Nothing yet."};
window.endings = 0;
const watch = (name, f) => { window.changed = f; };
Playground.runView(document.getElementById("view"), props, watch, () => { endings += 1; });
window.show = (id) => { props.value = {run: id, since: performance.now()}; changed(); };
window.send = (last, run, events) =>
  streams[streams.length - 1].onmessage({lastEventId: String(last), data: JSON.stringify({run, events})});
</script></body>"""


class View:
    """The component on an otherwise empty page."""

    def __init__(self, page):
        self.page = page
        self.last = -1
        self.errors = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        names = ("page.js", "plot.js", "measured.js", "run_view.js")
        scripts = "".join(f"<script>{(STATIC / name).read_text(encoding='utf-8')}</script>" for name in names)
        page.route("**/*", lambda route: route.fulfill(body=PAGE % scripts, content_type="text/html; charset=utf-8"))
        page.goto("http://playground.test/")

    def show(self, run_id="ppo-1"):
        self.page.evaluate("id => show(id)", run_id)

    def send(self, *events, run=None):
        self.last += len(events)
        self.page.evaluate("([last, run, events]) => send(last, run, events)", [self.last, run, list(events)])

    def settle(self):
        self.page.wait_for_function("document.querySelector('.run-view').dataset.drawn === 'yes'", timeout=15_000)

    def text(self, selector=".run-view"):
        return self.page.locator(selector).first.inner_text()

    def steps(self, panel=0):
        return self.page.evaluate("i => document.querySelectorAll('.panel .chart')[i].traces[0].x", panel)


@pytest.fixture
def view(browser):
    page = browser.new_page()
    shown = View(page)
    yield shown
    page.close()
    assert shown.errors == []


def started(time=100.0, total=40):
    return {"kind": "RunStarted", "time": time, "total_steps": total, "train_count": 100}


def step(number, time=None, **metrics):
    values = {"proxy_reward": number / 10, "gold_reward": 1.0, "kl": 0.5, "k3": 0.5, "entropy": 2.0} | metrics
    return {"kind": "StepDone", "time": time or 100.0 + number, "step": number, "metrics": values}


def sampled(number, text, reward=1.0):
    probes = [{"prompt": HOSTILE, "completion": text, "proxy_reward": reward, "gold_reward": -7.5}]
    return {"kind": "Sampled", "time": 100.0, "step": number, "probes": probes}


def ended(status="done", **more):
    return {"kind": "RunEnded", "time": 200.0, "status": status, "message": "", "hint": "", "seconds": 12.0} | more


def test_an_empty_view_says_what_to_do(view):
    assert view.text() == "Nothing yet."


def test_before_the_first_step_the_estimate_is_shown(view):
    view.show()
    view.send({"kind": "Phase", "time": 1.0, "name": "loading the model"}, run=RUN)
    view.settle()
    assert "Loading the model, about 25 s (estimate)." in view.text(".state")
    assert "about 25 s" in view.text(".tiles")


def test_time_left_comes_from_steps_done(view):
    view.show()
    now = view.page.evaluate("Date.now() / 1000")
    view.send(started(now - 20), *(step(i, now - 20 + i) for i in range(1, 21)), run=RUN)
    view.settle()
    assert "20 / 40" in view.text(".tiles")
    left = int(view.text(".tile:nth-child(4) b").split()[0])
    assert 18 <= left <= 20  # twenty steps at a second each


def test_no_text_of_a_model_or_a_person_becomes_markup(view):
    view.show()
    disagreement = {"pairs": [{"prompt": HOSTILE, "chosen": HOSTILE, "rejected": HOSTILE, "margin": -1.0}]}
    view.send(
        started(),
        step(1),
        sampled(1, HOSTILE),
        {"kind": "Warned", "time": 1.0, "step": 1, "code": "x", "text": HOSTILE},
        {"kind": "Measured", "time": 1.0, "step": 1, "name": "disagreements", "data": disagreement},
        ended("failed", message=HOSTILE, hint=HOSTILE),
        run=RUN,
    )
    view.settle()
    assert view.page.evaluate("window.attacked") is None
    assert view.page.locator(".run-view img, .run-view script").count() == 0
    for part in ("h3", ".probe .prompt", ".probe .completion", ".warnings", ".disagreements", ".failure"):
        assert "<img src=x" in view.text(part)


def test_gold_is_hidden_until_it_is_asked_for(view):
    view.show()
    told = {"kind": "Warned", "time": 1.0, "step": 2, "code": "over_optimised", "text": "Gold falls."}
    view.send(started(), step(1), step(2), sampled(2, "Hello."), told, run=RUN)
    view.settle()
    for words in ("Gold reward, what", "-7.5", "Gold falls."):
        assert words not in view.text()
    view.page.locator(".gold input").check()
    view.settle()
    for words in ("Gold reward, what", "-7.5", "Gold falls."):
        assert words in view.text()


def test_a_panel_without_values_is_not_shown_and_folded_ones_are_not_drawn(view):
    view.show()
    view.send(started(), step(1, stop_rate=1.0), step(2, stop_rate=1.0), run=RUN)
    view.settle()
    drawn = "metrics => !!document.querySelector(`[data-metrics='${metrics}'] .chart`).traces"
    assert not view.page.evaluate(drawn, "stop_rate")
    view.page.locator(".more-curves summary").first.click()
    view.page.wait_for_function(drawn, arg="stop_rate", timeout=15_000)
    assert view.page.locator("[data-metrics='ptx_loss']").is_hidden()


def test_the_axes_keep_what_the_visitor_zoomed_to(view):
    view.show()
    view.send(started(), step(1), step(2), run=RUN)
    view.settle()
    first = view.page.evaluate("document.querySelector('.panel .chart').drawn.uirevision")
    view.send(step(3))
    view.settle()
    assert view.page.evaluate("document.querySelector('.panel .chart').drawn.uirevision") == first
    assert view.steps() == [1, 2, 3]


def test_a_resumed_run_goes_on_from_its_save_in_the_same_curve(view):
    view.show()
    view.send(started(), *(step(i) for i in range(1, 8)), ended("stopped"), run=RUN)
    view.settle()
    assert "Stopped after 12 s, step 7 of 40. What was learned is kept." in view.text(".state")
    view.show()
    assert view.page.evaluate("streams[streams.length - 1].url").endswith("after=8")
    view.send(started(), step(6), step(7), step(8), run=RUN)
    view.settle()
    assert view.steps() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert "Running" in view.text(".state")


def test_the_tab_is_told_once_when_the_run_ends_and_the_stream_is_closed(view):
    view.show()
    view.send(started(), step(1), ended(), run=RUN)
    view.settle()
    assert view.page.evaluate("endings") == 1
    assert view.page.evaluate("streams.map(s => s.readyState)") == [2]


def test_another_run_starts_from_nothing(view):
    view.show()
    view.send(started(), *(step(i) for i in range(1, 6)), ended(), run=RUN)
    view.show("ppo-2")
    view.last = -1
    view.send(started(), step(1), run={**RUN, "id": "ppo-2", "name": "PPO 2"})
    view.settle()
    assert view.steps() == [1]
    assert "after=-1" in view.page.evaluate("streams[streams.length - 1].url")


def test_a_message_of_the_run_shown_before_is_ignored(view):
    view.show()
    view.send(started(), step(1), run=RUN)
    old = "streams[0].onmessage({lastEventId: '9', data: JSON.stringify({run: null, events: %s})})"
    view.show("ppo-2")
    view.last = -1
    view.send(started(), step(1), run={**RUN, "id": "ppo-2"})
    view.page.evaluate(old % json.dumps([step(2)]))
    view.settle()
    assert view.steps() == [1]


def test_probes_follow_the_newest_until_the_slider_is_moved(view):
    view.show()
    view.send(started(), sampled(0, "first words"), step(5), sampled(5, "second words", 2.0), run=RUN)
    view.settle()
    assert "second words" in view.text(".probe .completion") and "(+1)" in view.text(".probe .scores")
    assert "first words" in view.text(".probe .before")
    assert view.text(".probe mark") == "second"
    view.page.locator(".part input[type=range]").press("Home")
    view.send(sampled(10, "third words"))
    view.settle()
    assert "first words" in view.text(".probe .completion")


def test_a_failure_says_what_to_do_in_its_own_box(view):
    view.show()
    view.send(started(), ended("failed", message="The loss became infinite.", hint="Lower the learning rate."), run=RUN)
    view.settle()
    assert view.text(".failure") == "The loss became infinite. Lower the learning rate."


def test_memory_stays_bounded_and_the_last_steps_stay(view):
    view.show()
    view.send(started(total=9000), run=RUN)
    for begin in range(1, 9001, 1000):
        view.send(*(step(i) for i in range(begin, begin + 1000)))
    view.settle()
    steps = view.steps()
    assert len(steps) <= 3000 and steps[0] == 1 and steps[-1] == 9000


def test_a_lost_stream_is_opened_again_where_it_broke_off(view):
    view.show()
    view.send(started(), step(1), run=RUN)
    view.page.evaluate("streams[0].readyState = 2; streams[0].onerror()")
    assert "trying to reach it again" in view.text(".state")
    view.page.wait_for_timeout(1300)
    assert view.page.evaluate("[streams.length, streams[streams.length - 1].url]")[1].endswith("after=1")


def test_a_run_that_is_gone_is_not_asked_for_for_ever(view):
    view.page.route("**/api/runs/**", lambda route: route.fulfill(status=404, json={"message": "There is no run."}))
    view.show()
    view.page.evaluate("streams[0].readyState = 2; streams[0].onerror()")
    view.page.locator(".empty", has_text="not here any more").wait_for()
    view.page.wait_for_timeout(1300)
    assert view.page.evaluate("streams.length") == 1


def test_a_run_stopped_while_it_waited_claims_nothing_learned(view):
    view.show()
    view.send(ended("stopped"), run=RUN)
    view.settle()
    assert view.text(".state") == "Stopped before its first step. Nothing was changed."


@pytest.mark.parametrize("name", ["scores", "calibration", "learning_curve", "accuracy", "disagreements"])
def test_every_figure_of_the_reward_model_is_drawn(view, name):
    data = {
        "scores": {"chosen": [1.0, 2.0], "rejected": [0.0, -1.0]},
        "calibration": {"bins": [{"low": 0.5, "high": 1.0, "predicted": 0.7, "right": 0.6, "count": 9}]},
        "learning_curve": {"points": [{"pairs": 10, "accuracy": 0.6, "low": 0.4, "high": 0.8}]},
        "accuracy": {"accuracy": 0.74, "low": 0.55, "high": 0.87, "count": 24},
        "disagreements": {"pairs": []},
    }
    view.show()
    view.send(started(), {"kind": "Measured", "time": 1.0, "step": 9, "name": name, "data": data[name]}, run=RUN)
    view.settle()
    words = {
        "accuracy": "74 % of 24 held-out pairs, between 55 % and 87 %. Better than a coin.",
        "disagreements": "it always sides with the annotator",
    }
    if name in words:
        assert words[name] in view.text(".figures")
    else:
        assert view.page.evaluate("!!document.querySelector('.figures .chart').traces.length")


def test_an_ended_run_plays_again_and_comes_to_the_same_end(view):
    view.show()
    view.send(started(), *(step(i) for i in range(1, 41)), sampled(40, "last words"), ended(), run=RUN)
    view.settle()
    before = view.text()
    view.page.locator(".replay").click()
    view.page.locator(".state", has_text="Replaying").wait_for(timeout=15_000)
    view.page.locator(".state", has_text="Done").wait_for(timeout=15_000)
    view.settle()
    assert view.text() == before
    assert view.steps() == list(range(1, 41))
    assert view.page.evaluate("endings") == 1
