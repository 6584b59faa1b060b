"""The list of runs in a real browser: ticking, renaming, deleting once asked, and its shape on a phone."""

import json

import pytest
from playwright.sync_api import expect

from playground.ui.theme import SCRIPTS, STATIC

pytestmark = pytest.mark.browser
HOSTILE = "<img src=x onerror='window.attacked=1'>"
PAGE = """<meta name="viewport" content="width=device-width"><style>* {box-sizing: border-box;} %s</style>
<body class="gradio-container">
<div id="table"><div class="run-table"></div></div><div id="side"><div class="run-table"></div></div>
<script>window.Playground = {labels: {}};</script>%s<script>
window.told = {ticked: 0, changed: 0};
window.props = {value: %s};
const watch = (name, f) => { window.draw = f; };
const tell = (what) => () => { told[what] += 1; };
Playground.runsTable(document.getElementById("table"), props, watch, tell("ticked"), tell("changed"));
Playground.sideBySide(document.getElementById("side"), {value: %s}, () => {});
</script></body>"""
LONG = "Direct preference optimisation with a name that is as long as it may be"
NAMES = ["PPO 1", HOSTILE, LONG]
SIDE = {
    "columns": NAMES,
    "groups": [
        {"title": "", "marked": True, "folded": False, "rows": [{"setting": LONG, "values": ["0.00015", None, LONG]}]}
    ],
    "note": "",
}


def row(number, name, **more):
    plain = {"algorithm": "Direct preference optimisation", "status": "done", "active": False, "result": LONG}
    rest = {"data": LONG, "when": "21 Nov 12:51", "took": "5 s", "recorded": False}
    return {"id": f"dpo-{number}", "name": name} | plain | rest | more


class Table:
    """The component on an otherwise empty page, and what it asked the server for."""

    def __init__(self, page):
        self.page = page
        self.sent = []
        self.answer = (200, {})
        self.events = {}
        rows = [row(i, name) for i, name in enumerate(NAMES)] + [row(9, "Beforehand", recorded=True)]
        scripts = "".join(f"<script>{(STATIC / name).read_text(encoding='utf-8')}</script>" for name in SCRIPTS)
        css = (STATIC / "style.css").read_text(encoding="utf-8")
        shown = {"rows": rows, "chosen": ["dpo-0"], "version": 1}
        values = [json.dumps(value).replace("<", "\\u003c") for value in (shown, SIDE)]
        body = PAGE % (css, scripts, *values)
        page.route("**/*", lambda route: route.fulfill(body=body, content_type="text/html; charset=utf-8"))
        self.version = 1
        page.route("**/api/status*", self.status)
        page.route("**/api/runs/**", self.served)
        page.goto("http://playground.test/")

    def status(self, route):
        route.fulfill(json={"text": "", "runs": self.events, "versions": {"set": 1, "runs": self.version}})

    def beat(self):
        with self.page.expect_response("**/api/status*"):
            self.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    def served(self, route):
        request = route.request
        self.sent.append((request.method, request.url.split("/api/runs/")[1], request.post_data_json))
        route.fulfill(status=self.answer[0], json=self.answer[1])

    def press(self, name):
        self.page.get_by_role("button", name=name, exact=True).click()

    def told(self, what, times):
        self.page.wait_for_function(f"told.{what} === {times}", timeout=15_000)


@pytest.fixture(params=[1280, 390])
def table(browser, request):
    page = browser.new_page(viewport={"width": request.param, "height": 800})
    yield Table(page)
    page.close()


def test_nothing_scrolls_sideways_and_no_name_becomes_markup(table):
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not table.page.evaluate(wide)
    beyond = "(e) => e.getBoundingClientRect().right > document.documentElement.clientWidth"
    assert not table.page.evaluate(f"[...document.querySelectorAll('.run-table *')].some({beyond})")
    assert table.page.evaluate("window.attacked") is None
    expect(table.page.locator("#table")).to_contain_text(HOSTILE)


def test_ticking_is_told_and_remembered(table):
    table.page.get_by_label(f"Compare {LONG}").check()
    table.told("ticked", 1)
    assert table.page.evaluate("props.value.chosen") == ["dpo-0", "dpo-2"]


def test_a_run_is_renamed_and_an_escape_leaves_it_as_it_was(table):
    table.press("Rename PPO 1")
    table.page.keyboard.press("Escape")
    assert table.sent == []
    table.press("Rename PPO 1")
    table.page.keyboard.type("Bold one")
    table.page.keyboard.press("Enter")
    table.told("changed", 1)
    assert table.sent == [("POST", "dpo-0/name", {"name": "Bold one"})]


def test_deleting_asks_once_and_a_refusal_is_told_in_its_own_words(table):
    table.press("Delete PPO 1")
    assert table.sent == []
    table.press("Keep it")
    assert table.sent == []
    table.answer = (403, {"message": "DPO 3 was trained on PPO 1.", "hint": "Delete that one first."})
    table.press("Delete PPO 1")
    table.press("Delete")
    expect(table.page.get_by_role("alert")).to_have_text("DPO 3 was trained on PPO 1. Delete that one first.")
    table.answer = (200, {})
    table.press("Delete PPO 1")
    table.press("Delete")
    table.told("changed", 1)
    assert table.sent == [("DELETE", "dpo-0", None)] * 2


def test_a_recorded_run_offers_nothing_that_would_be_refused(table):
    recorded = table.page.locator("tr[data-run=dpo-9]")
    assert recorded.get_by_role("button").count() == recorded.get_by_role("link").count() == 0


def test_the_list_is_fetched_anew_while_a_run_in_it_goes_on(table):
    table.page.evaluate("Object.assign(props.value.rows[0], {active: true, events: 5})")
    for events in (5, 5, 6):
        table.events = {"dpo-0": events}
        table.beat()
    table.told("changed", 1)


def test_a_run_that_ended_before_the_list_asked_about_it_is_fetched_anew(table):
    table.page.evaluate("Object.assign(props.value.rows[0], {active: true, events: 1})")
    table.events = {"dpo-0": 9}
    table.beat()
    table.told("changed", 1)


def test_the_list_is_fetched_anew_when_another_page_has_changed_the_runs(table):
    table.beat()
    table.page.wait_for_timeout(200)
    assert table.page.evaluate("told.changed") == 0
    table.version = 2
    table.beat()
    table.told("changed", 1)


def test_a_name_that_is_being_typed_outlives_what_another_page_does(table):
    table.press("Rename PPO 1")
    table.page.keyboard.type("Bold")
    table.version = 2
    table.beat()
    table.page.wait_for_timeout(200)
    assert table.page.evaluate("told.changed") == 0
    table.page.keyboard.press("Escape")
    table.beat()
    table.told("changed", 1)
