"""The Rank panel in a real browser, its server played by the test: what is kept, sent, ignored and shown."""

import json
import os

import pytest
from playwright.sync_api import expect

from playground.preferences.exchange import write_judgments
from playground.preferences.record import Judgment
from playground.settings import Settings
from playground.types import Completion, Prompt
from playground.workbench import Workbench
from tests.driven import fold_out, open_tab

pytestmark = pytest.mark.browser
HOSTILE = "<img src=x onerror=\"document.title='broken'\"> <b>& text</b>"
BOXES = "nodes => nodes.map((node) => node.getBoundingClientRect()).map(({ top, bottom }) => [top, bottom])"
UNREAD = 300  # milliseconds; the panel ignores a choice on a pair that has just appeared


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    """No model is loaded, no child process started."""
    made = Workbench(Settings(data_dir=tmp_path_factory.mktemp("data"), upload_mb=1))
    yield made
    made.close()


@pytest.fixture(scope="module")
def address(bench):
    """The page alone."""
    os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = (
        "1000000"  # as app.py does: else every event ends with a pandas pass
    )
    from playground.ui.page import build_page, launch_options

    page = build_page(bench)
    _, url, _ = page.launch(server_name="127.0.0.1", prevent_thread_lock=True, **launch_options(bench.settings))
    yield url
    page.close()


class Server:
    """Answers /api/rank as the routes do, and can be unreachable or refuse."""

    def __init__(self):
        self.shown, self.choices, self.orders, self.undone = 0, [], [], 0
        self.reachable, self.refusal, self.long = True, None, ""

    def answer(self, route):
        path = route.request.url.rsplit("/api/rank/", 1)[1]
        if not self.reachable:
            return route.abort()
        if path == "choice" and self.refusal:
            return route.fulfill(status=403, json=self.refusal)
        body = json.loads(route.request.post_data or "{}")
        return route.fulfill(json=getattr(self, path)(body))

    def pair(self, _):
        self.shown += 1
        texts = {"left": self.long or HOSTILE, "right": self.long or "plain"}
        return {"token": f"t{self.shown}", "prompt": f"Prompt {self.shown}", **texts}

    def set(self, body):
        self.shown += 1
        texts = [f"text {i}" for i in range(body["k"])]
        return {"token": f"t{self.shown}", "prompt": f"Prompt {self.shown}", "completions": texts}

    def choice(self, body):
        self.choices = [*[c for c in self.choices if c["id"] != body["id"]], body]
        return {"saved": True, "counts": self.counts(None)}

    def order(self, body):
        self.orders.append(body)
        return {"saved": True, "preferences": 5, "counts": self.counts(None)}

    def undo(self, _):
        self.undone += 1
        token = self.choices.pop()["token"]
        pair = {"token": token, "prompt": f"Prompt {token[1:]}", "left": HOSTILE, "right": "plain"}
        return {**pair, "counts": self.counts(None)}

    def counts(self, _):
        return {"yours": len(self.choices), "persona": 0, "total": len(self.choices)}


@pytest.fixture
def server():
    return Server()


@pytest.fixture(scope="module")
def visitor(browser):
    """One browser for all of them: it has the page's scripts after the first test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context
    context.close()


@pytest.fixture
def panel(visitor, address, server):
    """A visitor of whom nothing is known, with the Rank tab open and the first pair before them."""
    visitor.route("**/api/rank/**", server.answer)
    page = visitor.new_page()
    open_rank(page, address)
    yield page
    page.evaluate("localStorage.clear(); sessionStorage.clear()")
    page.close()
    visitor.clear_cookies()
    visitor.unroute_all()


def open_rank(page, address):
    page.goto(address)
    open_tab(page, "Rank")
    expect(page.locator("#rank-prompt")).to_have_text("Prompt 1", timeout=30_000)
    page.wait_for_timeout(UNREAD)


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)
        page.wait_for_timeout(UNREAD)


def test_what_a_model_wrote_is_shown_as_text(panel):
    expect(panel.locator("#rank-a p")).to_have_text(HOSTILE)
    assert panel.locator("#rank-a img, #rank-a b").count() == 0
    assert panel.title() == "Alignment Playground"


def test_each_key_is_its_choice_and_the_next_pair_follows_at_once(panel, server):
    press(panel, "ArrowLeft", "1", "a", "ArrowRight", "2", "b", "ArrowDown", "0", "t", "x", "s")
    expect(panel.locator("#rank-prompt")).to_have_text("Prompt 12")
    wanted = ["left"] * 3 + ["right"] * 3 + ["tie"] * 3 + ["both_bad", "skip"]
    assert [c["choice"] for c in server.choices] == wanted
    assert [c["token"] for c in server.choices] == [f"t{i}" for i in range(1, 12)]
    assert {c["input"] for c in server.choices} == {"key"}


def test_while_other_pairs_are_awaited_the_old_one_cannot_be_judged(panel, server):
    panel.evaluate("Playground.awaitOthers()")
    expect(panel.locator("#rank-prompt")).to_have_text("Getting the pairs that you asked for")
    expect(panel.locator("#rank-a p")).to_have_text("")
    press(panel, "1")
    panel.locator("#rank-left").click(force=True)
    assert server.choices == []
    fold_out(panel, "Whose completions")
    panel.locator("#rank-checkpoints input").click()
    panel.get_by_role("option", name="Pocket base").click()
    expect(panel.locator("#rank-prompt")).to_have_text("Prompt 3")  # the second was fetched ahead, for the old pair
    panel.wait_for_timeout(UNREAD)
    press(panel, "1")
    assert [choice["token"] for choice in server.choices] == ["t3"]


def test_a_comparison_of_two_goes_on_after_a_reload_until_it_is_left(panel, server):
    def reopened():
        panel.reload()
        open_tab(panel, "Rank")

    fold_out(panel, "Whose completions")
    panel.locator("#rank-checkpoints input").click()
    panel.get_by_role("option", name="Pocket base").click()
    expect(panel.locator("#rank-contest")).to_be_visible()
    reopened()
    expect(panel.locator("#rank-contest")).to_be_visible()
    expect(panel.locator("#rank-contest-words")).to_contain_text("Pocket base")
    panel.locator("#rank-contest-leave").click()
    expect(panel.locator("#rank-contest")).to_be_hidden()
    reopened()
    expect(panel.locator("#rank-prompt")).to_contain_text("Prompt")
    panel.wait_for_timeout(1000)
    expect(panel.locator("#rank-contest")).to_be_hidden()


def test_pairs_that_are_awaited_and_are_those_already_here_come_back(panel, server):
    panel.evaluate("Playground.awaitOthers()")
    panel.evaluate("document.dispatchEvent(new Event('playground:rank-opened'))")
    expect(panel.locator("#rank-a p")).to_have_text(HOSTILE, timeout=10_000)


def test_a_second_press_meant_for_the_last_pair_does_not_judge_the_next(panel, server):
    panel.locator("#rank-left").dblclick()
    panel.wait_for_timeout(UNREAD)
    expect(panel.locator("#rank-prompt")).to_have_text("Prompt 2")
    assert len(server.choices) == 1
    expect(panel.locator("#rank-state")).to_contain_text("was not counted")
    press(panel, "ArrowLeft")
    expect(panel.locator("#rank-state")).to_have_text("Saved.")
    assert len(server.choices) == 2


def test_typing_in_a_field_judges_nothing(panel, server):
    panel.locator("#set-search").get_by_role("textbox").press_sequentially("axb s1")
    panel.wait_for_timeout(UNREAD)
    assert server.choices == []


def test_saved_is_said_only_after_the_server_has_it(panel, server):
    server.reachable = False
    press(panel, "ArrowLeft")
    expect(panel.locator("#rank-state")).to_contain_text("1 waiting")
    expect(panel.locator("#rank-state")).not_to_contain_text("Saved")
    server.reachable = True
    expect(panel.locator("#rank-state")).to_have_text("Saved.", timeout=10_000)


def test_choices_made_without_a_connection_outlive_a_reload_and_arrive_once(panel, server, address):
    server.reachable = False
    press(panel, "ArrowLeft")
    expect(panel.locator("#rank-state")).to_contain_text("1 waiting")
    made = panel.evaluate("Object.entries(localStorage).filter(([k]) => k.startsWith('playground.rank.'))[0][1]")
    server.reachable, server.shown = True, 0
    open_rank(panel, address)
    expect(panel.locator("#rank-count")).to_have_text("1 by people")
    assert server.choices == [json.loads(made)["body"]]
    assert panel.evaluate("Object.keys(localStorage).filter((k) => k.startsWith('playground.rank.'))") == []


def test_a_refused_choice_is_named_and_not_sent_again(panel, server):
    server.refusal = {"message": "This pair has been judged already.", "hint": "Go on with the next pair."}
    press(panel, "ArrowLeft")
    expect(panel.locator("#rank-problem")).to_contain_text("was not saved. This pair has been judged already.")
    assert panel.evaluate("Object.keys(localStorage).filter((k) => k.startsWith('playground.rank.'))") == []


def test_undo_shows_the_last_pair_and_then_the_one_that_was_left(panel, server):
    press(panel, "ArrowLeft", "u")
    expect(panel.locator("#rank-prompt")).to_have_text("Prompt 1")
    press(panel, "ArrowRight")
    expect(panel.locator("#rank-prompt")).to_have_text("Prompt 2")
    assert [(c["token"], c["choice"]) for c in server.choices] == [("t1", "right")]


def test_undo_of_what_was_never_sent_asks_the_server_nothing(panel, server):
    server.reachable = False
    press(panel, "ArrowLeft")
    expect(panel.locator("#rank-state")).to_contain_text("1 waiting")
    press(panel, "u")
    server.reachable = True
    panel.wait_for_timeout(4000)  # longer than the panel waits before it sends again
    assert (server.choices, server.undone) == ([], 0)
    expect(panel.locator("#rank-prompt")).to_have_text("Prompt 1")


def test_strength_is_asked_when_wanted_and_shift_says_much_better(panel, server):
    press(panel, "Shift+ArrowLeft")
    panel.locator("#rank-strength").click()
    press(panel, "ArrowRight", "2", "t")
    assert [(c["choice"], c["strength"]) for c in server.choices] == [("left", 3), ("right", 2), ("tie", None)]


def test_an_order_with_a_tie_is_sent_as_tiers(panel, server):
    panel.locator("#rank-mode-ranking").click()
    expect(panel.locator("#rank-panel li")).to_have_count(4)
    press(panel, "3", "1", "t", "4")
    expect(panel.locator("#rank-submit")).to_be_disabled()
    press(panel, "2", "Enter")
    expect(panel.locator("#rank-state")).to_have_text("Saved. This order gave 5 preferences.")
    assert [o["order"] for o in server.orders] == [[[2], [0, 3], [1]]]


def test_a_click_on_a_placed_completion_takes_its_number_back(panel):
    panel.locator("#rank-mode-ranking").click()
    expect(panel.locator("#rank-panel li")).to_have_count(4)
    cards = panel.locator("#rank-panel li button")
    cards.nth(0).click(), cards.nth(1).click(), cards.nth(0).click()
    assert [cards.nth(i).locator("b").inner_text() for i in range(4)] == ["", "1", "", ""]


def test_on_a_phone_the_buttons_stay_in_reach_of_the_thumb(browser, address, server):
    context = browser.new_context(viewport={"width": 390, "height": 640}, has_touch=True)
    context.route("**/api/rank/**", server.answer)
    page = context.new_page()
    page.goto(address + "#rank")
    expect(page.locator("#rank-prompt")).to_have_text("Prompt 1", timeout=30_000)
    page.locator("#rank-prompt").scroll_into_view_if_needed()
    for name in ("left", "tie", "right"):
        box = page.locator(f"#rank-{name}").bounding_box()
        assert box["y"] > 640 / 2 and box["y"] + box["height"] <= 640
        assert box["height"] >= 48 and box["width"] >= 48
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


@pytest.mark.parametrize("height", [844, 664], ids=["whole screen", "beside the browser's bars"])
def test_on_a_phone_a_long_pair_stands_above_the_buttons_and_each_is_read_to_its_end(browser, address, server, height):
    server.long = "The moon goes around the earth. " * 20 + "The end."
    size = {"viewport": {"width": 390, "height": height}, "is_mobile": True, "has_touch": True}
    context = browser.new_context(**size)
    context.route("**/api/rank/**", server.answer)
    page = context.new_page()
    open_rank(page, address)
    page.locator("#rank-left").tap()
    expect(page.locator("#rank-prompt")).to_have_text("Prompt 2")
    tops = page.locator("#rank-panel .prompt, #rank-a, #rank-b").evaluate_all(BOXES)
    (buttons,) = page.locator("#rank-panel .actions:visible").evaluate_all(BOXES)
    assert min(top for top, _ in tops) >= 0 and max(bottom for _, bottom in tops) <= buttons[0]
    for side in ("a", "b"):
        card = page.locator(f"#rank-{side}")
        assert card.evaluate("(node) => { node.scrollTop = 1e6; return node.scrollTop; }") > 0
    page.wait_for_timeout(UNREAD)
    page.locator("#rank-right").tap()
    expect(page.locator("#rank-prompt")).to_have_text("Prompt 3")
    assert page.locator("#rank-a, #rank-b").evaluate_all("nodes => nodes.map((node) => node.scrollTop)") == [0, 0]
    context.close()


# The set below the panel, with a store of its own


@pytest.fixture
def judged(bench, panel):
    """Three judgments in the set, and the panel opened on them."""
    bench.store.erase("local")
    rows = [Judgment(Prompt.user(f"Q{n}"), f"yes {n}", "no", "tie" if n == 2 else "left") for n in range(3)]
    bench.store.add_judgments("local", rows, "seed.csv")
    panel.reload()
    open_tab(panel, "Rank")
    expect(panel.locator("#set-table tbody tr")).to_have_count(3)
    return panel


def test_what_was_removed_is_put_back_by_undo_and_by_the_list_of_removed(judged):
    lines, undo, turn = (judged.locator(f"#set-table {part}") for part in ("tbody tr", "#set-undo", "#set-turn"))
    for n in (0, 2):
        lines.nth(n).locator("input").check()
    judged.locator("#set-remove").click()
    expect(lines).to_have_count(1)
    undo.click()
    expect(lines).to_have_count(3)
    expect(undo).to_be_hidden()

    lines.nth(1).locator("input").check()
    judged.locator("#set-remove").click()
    expect(turn).to_have_text("Show 1 removed")
    judged.reload()  # the removed ones are there for later, too
    turn.click()
    expect(lines).to_have_count(1)
    lines.nth(0).locator("input").check()
    judged.locator("#set-remove").click()
    expect(judged.locator("#set-table .empty")).to_have_text("Nothing is removed.")
    turn.click()
    expect(lines).to_have_count(3)


def test_the_set_exported_and_added_again_is_said_to_be_here_already(judged, bench, tmp_path):
    write_judgments(tmp_path / "mine.csv", bench.store.judgments("local"), "everything")
    expect(judged.locator("#set-export")).to_contain_text("It leaves out 1 tied.")
    fold_out(judged, "Add preferences from a file")
    judged.locator("#import-file input[type=file]").set_input_files(tmp_path / "mine.csv")
    judged.get_by_role("button", name="Add to the set").click()
    expect(judged.locator("#import-preview")).to_have_text("0 added, 3 were here already, 0 rows refused.")
    assert bench.store.counts("local").total == 3


def test_a_file_that_is_not_what_it_says_or_too_large_is_refused_in_words(judged, bench, tmp_path):
    fold_out(judged, "Add preferences from a file")
    (tmp_path / "no.parquet").write_text("prompt,chosen,rejected\n")
    judged.locator("#import-file input[type=file]").set_input_files(tmp_path / "no.parquet")
    expect(judged.locator("#import-preview")).to_contain_text("no.parquet is no Parquet file.")
    assert str(tmp_path) not in judged.locator("#import").inner_text()
    judged.reload()
    fold_out(judged, "Add preferences from a file")
    (tmp_path / "large.csv").write_text("prompt,chosen,rejected\n" + "Hi,a,b\n" * 200_000)
    judged.locator("#import-file input[type=file]").set_input_files(tmp_path / "large.csv")
    expect(judged.get_by_text('exceed the maximum allowed size of 1.0 Mb: "large.csv"').first).to_be_visible()
    assert bench.store.counts("local").total == 3


def test_two_checkpoints_are_said_to_be_paired_with_the_result_so_far_and_left_by_one_click(judged, bench):
    base, sft = (bench.checkpoints.find("local", id) for id in ("pocket-base", "pocket-sft"))
    you = bench.preferences.person("local")
    for n in range(10):
        left, right = (
            Completion(Prompt.user(f"Q{n}"), one.name, one.id, fingerprint=one.fingerprint) for one in (base, sft)
        )
        token = bench.store.show_pair("local", you, left, right)
        bench.store.judge("local", token, "right", id=token)
    box = judged.locator("#rank-contest")
    expect(box).to_be_hidden()
    fold_out(judged, "Whose completions")
    judged.locator("#rank-checkpoints input").click()
    judged.get_by_role("option", name=base.name).first.click()
    expect(box).to_contain_text(f"one completion by {base.name} and one by {sft.name}")
    expect(box).to_contain_text("Which is which stays hidden.")
    expect(box).to_contain_text(f"After 10 choices, {base.name} is preferred in 0 %")
    expect(box).to_contain_text(f"you prefer {sft.name}.")
    judged.get_by_role("button", name="Leave this comparison").click()
    expect(box).to_be_hidden()
    expect(judged.locator("#rank-checkpoints")).not_to_contain_text(base.name)
