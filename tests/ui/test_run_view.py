"""The run view in a real browser, fed by a stand-in for the event stream: what is drawn, hidden, kept and never run."""

import json
import re
from pathlib import Path

import plotly
import pytest
from playwright.sync_api import expect

from playground.ui.readable import HALF
from playground.ui.theme import SCRIPTS, STATIC
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
window.send = (last, run, events, queue = null) =>
  streams[streams.length - 1].onmessage({lastEventId: String(last), data: JSON.stringify({run, events, queue})});
</script></body>"""


class View:
    """The component on an otherwise empty page."""

    def __init__(self, page):
        self.page = page
        self.last = -1
        self.errors = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.runs = {}  # what the heartbeat hears: run -> number of events; None: the playground does not answer
        self.beats = []
        scripts = "".join(f"<script>{(STATIC / name).read_text(encoding='utf-8')}</script>" for name in SCRIPTS)
        scripts = f"<style>{(STATIC / 'style.css').read_text(encoding='utf-8')}</style>{scripts}"
        page.route("**/*", lambda route: route.fulfill(body=PAGE % scripts, content_type="text/html; charset=utf-8"))
        page.route("**/api/status*", self.status)
        self.gold, self.asked = {}, []
        page.route("**/api/runs/*/gold", self.take_apart)
        page.goto("http://playground.test/")

    def status(self, route):
        self.beats.append(route.request.url)
        if self.runs is None:
            route.abort()
        else:
            route.fulfill(json={"ready": True, "text": "Ready.", "runs": self.runs})

    def take_apart(self, route):
        self.asked.append((route.request.url.split("/")[-2], route.request.post_data_json))
        route.fulfill(json=self.gold)

    def beat(self):
        """The next heartbeat, now."""
        before = len(self.beats)
        self.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        while len(self.beats) == before:
            self.page.wait_for_timeout(20)
        self.page.wait_for_timeout(50)

    def streams(self):
        """The address of each stream opened so far, and whether it is open."""
        return self.page.evaluate("streams.map((s) => [s.url, s.readyState === 1])")

    def show(self, run_id="ppo-1"):
        self.page.evaluate("id => show(id)", run_id)

    def send(self, *events, run=None, queue=None):
        self.last += len(events)
        given = [self.last, run, list(events), queue]
        self.page.evaluate("([last, run, events, queue]) => send(last, run, events, queue)", given)

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


def test_a_run_that_waits_says_how_many_are_before_it_and_how_long_they_take(view):
    view.show()
    view.send(run={**RUN, "status": "waiting"}, queue={"ahead": 3, "wait_s": 40})
    view.settle()
    assert "3 runs are before this one, about 40 s until it begins; it takes about 25 s" in view.text(".state")
    view.send(queue={"ahead": 1, "wait_s": None})
    view.settle()
    assert view.text(".state") == "Waiting for its turn: 1 run is before this one; it takes about 25 s (estimate)."
    view.send(started())
    view.settle()
    assert "Waiting" not in view.text(".state")


def test_an_empty_view_says_what_to_do(view):
    assert view.text() == "Nothing yet."


def test_a_figure_below_nought_has_the_same_minus_in_tiles_and_samples(view):
    numbers = view.page.evaluate("[-1.2, -0.292, -1234, -0.00001, -3, 1.2].map((n) => Playground.number(n))")
    assert numbers == ["−1.20", "−0.292", "−1,234", "−1.0e-5", "−3", "1.20"]


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
    about, left, _ = view.text(".tile:nth-child(4) b").split()
    assert about == "about" and 18 <= int(left) <= 20  # twenty steps at a second each
    assert re.search(r"Running, step 20 of 40, about (18|19|20) s left", view.text(".state"))


def test_a_step_that_takes_long_does_not_count_the_time_left_down_to_nothing(view):
    """On a busy machine the next step may take many times as long as those before."""
    view.show()
    now = view.page.evaluate("Date.now() / 1000")
    view.send(started(now - 1000), *(step(i, now - 1000 + i) for i in range(1, 21)), run=RUN)
    view.settle()
    assert view.text(".tile:nth-child(4) b") == "about 19 s"


def test_after_the_last_step_a_moment_is_left(view):
    view.show()
    now = view.page.evaluate("Date.now() / 1000")
    view.send(started(now - 60), *(step(i, now - 60 + i) for i in range(1, 41)), run=RUN)
    view.settle()
    assert view.text(".tile:nth-child(4) b") == "a moment"


def test_half_a_character_is_shown_as_one_sign(view):
    probes = [{"prompt": "Hi?", "completion": "caf\ufffd\x04\ufffd au lait\n"}]
    view.show()
    view.send({"kind": "Sampled", "time": 1.0, "step": 1, "probes": probes}, run=RUN)
    view.settle()
    assert f"caf{HALF} au lait" in view.text(".probe") and "\ufffd" not in view.text(".probe")


def test_the_tiles_never_run_ahead_of_the_charts(view):
    view.page.evaluate("""() => {
      window.Plotly.react = async (host, traces) => {
        await new Promise((done) => setTimeout(done, 250)); // a busy machine
        host.traces = traces;
      };
    }""")
    view.show()
    view.send(started(), step(1), step(2), run=RUN)
    view.settle()
    view.page.evaluate("""() => {
      window.seen = [];
      const look = () => {
        const tile = Number(document.querySelector(".tile b").textContent.split(" ")[0]);
        window.seen.push([tile, document.querySelector(".panel .chart").traces[0].x.at(-1)]);
      };
      new MutationObserver(look).observe(document.querySelector(".tile b"), { childList: true, characterData: true });
    }""")
    for number in (3, 4, 5):
        view.send(step(number))
        view.page.wait_for_timeout(1100)  # the clock ticks meanwhile
    view.settle()
    seen = view.page.evaluate("seen")
    assert seen[-1] == [5, 5]
    assert all(tile <= point for tile, point in seen)


def test_no_figure_of_a_chart_is_told_before_the_chart_is_there(view):
    view.page.evaluate("""() => {
      const script = new Promise((come) => { window.come = () => come(window.Plotly); });
      window.Playground.plotly = () => script; // a slow line
    }""")
    view.show()
    view.send(started(), step(1), run=RUN)
    heads = view.page.locator(".panel:visible .series b")
    expect(view.page.locator("[data-metrics='length']")).to_have_attribute("hidden", "")  # drawn up to there
    assert set(heads.all_inner_texts()) == {""}
    view.page.evaluate("come()")
    view.settle()
    assert heads.all_inner_texts() and "" not in heads.all_inner_texts()


def test_curves_of_an_ended_run_fit_a_window_that_changed_while_another_tab_was_open(view):
    view.page.set_viewport_size({"width": 1280, "height": 900})
    view.page.add_script_tag(path=Path(plotly.__file__).parent / "package_data" / "plotly.min.js")
    view.show()
    view.send(started(), step(1), step(2), ended(), run=RUN)
    view.settle()
    drawn = "[...document.querySelectorAll('.panel .chart .main-svg')]"
    widths = drawn + ".map((svg) => [svg.clientWidth, svg.closest('.chart').clientWidth])"
    before = view.page.evaluate(widths)
    assert before and all(drawn == room for drawn, room in before)
    view.page.evaluate("document.getElementById('view').style.display = 'none'")
    view.page.set_viewport_size({"width": 700, "height": 900})
    view.page.wait_for_timeout(500)  # Plotly answers a change of the window a tenth of a second later
    view.page.evaluate("document.getElementById('view').style.display = ''")
    view.page.wait_for_function(f"{widths}.every(([drawn, room]) => drawn === room)", timeout=15_000)
    assert view.page.evaluate(widths)[0][0] < before[0][0]


def test_no_text_of_a_model_or_a_person_becomes_markup(view):
    view.show()
    disagreement = {"pairs": [{"prompt": HOSTILE, "chosen": HOSTILE, "rejected": HOSTILE}]}
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
    for words in ("Gold reward, what", "−7.5", "Gold falls."):
        assert words not in view.text()
    view.page.locator(".gold input").check()
    view.settle()
    for words in ("Gold reward, what", "−7.5", "Gold falls."):
        assert words in view.text()


def test_the_gold_reward_of_a_sample_unfolds_into_its_parts_and_stays_unfolded(view):
    part = {"title": HOSTILE, "about": HOSTILE, "value": -7.5}
    view.gold = {"annotator": "Polite", "total": -7.5, "parts": [part]}
    view.show()
    view.send(started(), step(1), step(2), sampled(2, "Hello."), run=RUN)
    view.settle()
    view.page.locator(".gold input").check()
    view.settle()
    assert not view.asked
    view.page.locator(".probe summary").click()
    expect(view.page.locator(".probe dd").first).to_have_text("−7.50")
    assert view.asked == [("ppo-1", {"prompt": HOSTILE, "completion": "Hello."})]
    assert view.page.evaluate("window.attacked") is None
    view.send(step(3), sampled(3, "Good day."))
    expect(view.page.locator(".probe .completion")).to_contain_text("Good day.")
    expect(view.page.locator(".probe dd").first).to_have_text("−7.50")
    assert view.asked[-1] == ("ppo-1", {"prompt": HOSTILE, "completion": "Good day."})


def test_where_no_gold_reward_is_drawn_it_is_not_offered(view):
    view.show()
    view.send(started(), step(1, gold_reward=None), sampled(1, "Hello."), run=RUN)
    view.settle()
    assert view.page.locator(".gold").is_hidden()


def test_the_accuracy_to_quote_stands_above_the_curves(view):
    view.show()
    told = {"accuracy": 0.8, "low": 0.58, "high": 0.92, "count": 20}
    measured = {"kind": "Measured", "time": 1.0, "step": 1, "name": "accuracy", "data": told}
    view.send(started(), step(1), measured, ended(), run=RUN)
    view.settle()
    text = view.text()
    assert "80 % of 20 held-out pairs, between 58 % and 92 %" in text
    assert text.index("the figure to quote") < text.index(METRICS["kl"].title, text.index("Took"))


def test_the_parts_of_a_resumed_run_are_told_together(view):
    view.show()
    view.send(started(), step(1), ended("stopped", seconds=45.0), run=RUN)
    view.send(started(), step(2), ended("done", seconds=35.0), run=RUN)
    view.settle()
    assert "Done after 80 s" in view.text(".state")


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


def test_an_axis_of_few_steps_names_each_of_them_once(view):
    view.show()
    view.send(started(), step(1), run=RUN)
    view.settle()
    every = "document.querySelector('.panel .chart').drawn.xaxis.dtick ?? null"
    assert view.page.evaluate(every) == 1
    view.send(*(step(n) for n in range(2, 40)))
    view.settle()
    assert view.page.evaluate(every) is None


def test_a_resumed_run_goes_on_from_its_save_in_the_same_curve(view):
    view.show()
    view.send(started(), *(step(i) for i in range(1, 8)), ended("stopped"), run=RUN)
    view.settle()
    assert "Stopped after 12 s, step 7 of 40. What was learned is kept." in view.text(".state")
    view.show()  # Resume was pressed
    assert view.page.evaluate("streams[streams.length - 1].url").endswith("after=8")
    view.send(started(), step(6), step(7), step(8), run=RUN)
    view.settle()
    assert view.steps() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert "Running" in view.text(".state")


def test_the_tab_is_told_once_when_the_run_ends_and_the_stream_is_closed(view):
    view.show()
    view.send(started(), step(1), ended(), run=RUN)
    view.settle()
    assert view.page.evaluate("endings") == 2  # that there is another run, and that it has ended
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


def test_of_a_long_run_a_bounded_part_is_kept_with_both_ends(view):
    view.show()
    view.send(started(total=9000), run=RUN)
    for begin in range(1, 9001, 1000):
        view.send(*(step(i) for i in range(begin, begin + 1000)))
        view.send(*(sampled(i, "words") for i in range(begin, begin + 1000)))
    view.settle()
    steps = view.steps()
    assert 1500 <= len(steps) <= 3000 and steps[0] == 1 and steps[-1] == 9000
    assert 150 <= int(view.page.locator(".part input[type=range]").get_attribute("max")) <= 300


def test_a_lost_stream_is_opened_again_where_it_broke_off(view):
    view.runs = None
    view.show()
    view.send(started(), step(1), run=RUN)
    view.page.evaluate("streams[0].onerror()")
    view.beat()
    assert "does not answer" in view.text(".state")
    view.runs = {"ppo-1": 2}
    view.beat()
    assert view.streams()[1:] == [["/api/runs/ppo-1/events?after=1", True]]
    assert "Running" in view.text(".state")


def test_a_run_that_another_page_resumes_goes_on_here(view):
    view.show()
    view.send(started(), step(1), step(2), ended("stopped"), run=RUN)
    view.runs = {"ppo-1": 4}
    view.beat()
    assert [is_open for _, is_open in view.streams()] == [False]
    view.runs = {"ppo-1": 6}
    view.beat()
    assert view.streams()[1:] == [["/api/runs/ppo-1/events?after=3", True]]
    view.send({"kind": "Phase", "time": 1.0, "name": "waiting for its turn"}, step(3), run=RUN)
    view.settle()
    assert view.steps() == [1, 2, 3]
    assert view.page.evaluate("endings") == 3  # the tab hears of both, and sets its buttons


def test_a_resumed_run_names_no_failure_twice(view):
    def warned(number, text):
        return {"kind": "Warned", "time": 1.0, "step": number, "code": "far_from_reference", "text": text}

    view.show()
    view.send(started(), *(step(i) for i in range(1, 6)), warned(2, "Too far."), warned(5, "Undone."), run=RUN)
    view.send(ended("stopped"), started(), step(4), warned(4, "Too far."))
    view.settle()
    assert view.page.locator(".warnings li").all_inner_texts() == ["Step 2. Too far."]
    view.send(step(5), warned(5, "Undone."))
    view.settle()
    assert view.page.locator(".warnings li").all_inner_texts() == ["Step 2. Too far.", "Step 5. Undone."]


def test_a_resumed_run_is_no_longer_told_that_its_result_is_at_chance(view):
    """It was said of the network that the stop had left, and this run goes on from there."""
    view.show()
    dropped = {"kind": "Warned", "time": 1.0, "step": 0, "code": "rows_dropped", "text": "2 rows are not used."}
    chance = {"kind": "Warned", "time": 1.0, "step": 2, "code": "chance_level", "text": "No better than a coin."}
    view.send(dropped, started(), step(1), step(2), chance, ended("stopped"), run=RUN)
    view.settle()
    assert "No better than a coin." in view.text(".warnings")
    view.send(started(), step(3))
    view.settle()
    assert "No better than a coin." not in view.text()
    assert "2 rows are not used." in view.text(".warnings")
    view.send({**chance, "step": 4}, ended("done"))
    view.settle()
    assert "No better than a coin." in view.text(".warnings")


def test_a_resumed_run_is_noticed_without_anybody_doing_anything(view):
    view.show()
    view.send(started(), step(1), ended("stopped"), run=RUN)
    view.runs = {"ppo-1": 4}
    view.page.wait_for_function("streams.length === 2", timeout=15_000)


def test_a_hidden_page_asks_nothing_and_asks_at_once_when_it_is_seen_again(view):
    view.show()
    view.send(started(), step(1), ended("stopped"), run=RUN)
    view.beat()
    view.page.evaluate("Object.defineProperty(document, 'hidden', {get: () => window.unseen, configurable: true})")
    view.page.evaluate("window.unseen = true")
    view.page.wait_for_timeout(3200)  # one heartbeat may still be on its way
    asked = len(view.beats)
    view.page.wait_for_timeout(3200)
    assert len(view.beats) == asked
    view.page.evaluate("window.unseen = false")
    view.beat()


def test_one_heartbeat_asks_for_all_runs_in_sight_that_are_not_followed(view):
    view.page.evaluate("""() => {
      const other = document.createElement("div");
      other.append(Object.assign(document.createElement("div"), {className: "run-view"}));
      document.body.append(other);
      Playground.runView(other, {value: {run: "dpo-9"}}, () => {}, () => {});
      streams[0].onerror();
    }""")
    view.show()
    view.beat()
    assert view.beats[-1].endswith("/api/status?run=dpo-9")


def test_a_run_that_is_gone_is_not_asked_for_for_ever(view):
    view.show()
    view.page.evaluate("streams[0].onerror()")
    view.runs = {"ppo-1": None}
    view.beat()
    view.page.locator(".empty", has_text="not here any more").wait_for()
    view.beat()
    assert len(view.streams()) == 1 and view.beats[-1].endswith("/api/status?")


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
        assert words[name] in view.text()
    else:
        assert view.page.evaluate("!!document.querySelector('.figures .chart').traces.length")


def test_a_disagreement_shows_both_scores(view):
    pair = {"prompt": "Hi", "chosen": "Good.", "rejected": "Bad.", "chosen_score": -0.25, "rejected_score": 1.5}
    view.show()
    shown = {"kind": "Measured", "time": 1.0, "step": 9, "name": "disagreements", "data": {"pairs": [pair]}}
    view.send(started(), shown, run=RUN)
    view.settle()
    assert "Good. (score −0.250)" in view.text(".disagreements")
    assert "Bad. (score 1.50)" in view.text(".disagreements")


def test_a_figure_is_drawn_anew_in_its_own_place(view):
    view.show()
    first = {"kind": "Measured", "time": 1.0, "step": 1, "name": "scores", "data": {"chosen": [1.0], "rejected": [0.0]}}
    view.send(started(), first, run=RUN)
    view.settle()
    view.page.evaluate("window.node = document.querySelector('.figures .chart')")
    view.send({**first, "step": 2, "data": {"chosen": [3.0, 4.0], "rejected": [0.0]}})
    view.settle()
    assert view.page.evaluate("node === document.querySelector('.figures .chart') && node.traces[0].x.length") == 2


def test_charts_of_a_row_stand_in_line_and_no_value_moves_them(view):
    view.show()
    view.send(started(), step(1), run=RUN)
    view.settle()
    tops = "[...document.querySelectorAll('.panel .chart')].slice(0, 2).map((c) => c.getBoundingClientRect().top)"
    before = view.page.evaluate(tops)
    assert before[0] == before[1] > 0
    view.send(step(2, proxy_reward=-1234.5, kl=0.000012, k3=98765.4))
    view.settle()
    assert view.page.evaluate(tops) == before


def test_how_to_read_a_chart_is_told_above_it_not_on_it(view):
    view.show()
    view.send(started(), step(1), run=RUN)
    view.settle()
    view.page.locator(".panel .hint").first.click()
    advice = view.page.locator(".panel .advice").first.bounding_box()
    chart = view.page.locator(".panel .chart").first.bounding_box()
    assert advice["height"] > 0 and advice["y"] + advice["height"] <= chart["y"]


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
    assert view.page.evaluate("endings") == 2  # that there is another run, and that it has ended


def test_a_recorded_run_plays_at_once_and_only_once(view):
    view.runs = {"recorded-ppo": 43}
    view.show("recorded-ppo")
    events = [started(), *(step(i) for i in range(1, 41)), sampled(40, "last words"), ended()]
    view.send(*events, run=RUN | {"id": "recorded-ppo"})
    view.page.locator(".state", has_text="Replaying").wait_for(timeout=15_000)
    view.page.locator(".state", has_text="Done").wait_for(timeout=15_000)
    view.settle()
    assert view.steps() == list(range(1, 41))
    view.beat()
    assert [is_open for _, is_open in view.streams()] == [False]
    assert "Done" in view.text(".state")
