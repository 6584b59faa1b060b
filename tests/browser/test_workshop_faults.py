"""A phone in a workshop when things go wrong: what it says is stored is stored, and what waits is sent in the end."""

import pytest
from playwright.sync_api import expect

from tests.phones import PAIRS, VOTE, choose, consent, join, open_room, phone_in

pytestmark = pytest.mark.browser
JOIN, WITHDRAW, LEAVE = "**/api/workshop/join", "**/api/workshop/withdraw", "**/api/workshop/leave"
WORDS = "**/workshop_words.json"


def arrives_and_its_answer_is_lost(route):
    route.fetch()
    route.abort()


def cut(route):
    route.abort()


def never_answers(route):
    pass


def asked(phone, path):
    """The requests to that path from now on."""
    seen = []
    phone.on("request", lambda request: seen.append(request.url) if request.url.endswith(path) else None)
    return seen


def minutes_pass(phone, seconds):
    """In steps, so that what is asked for is also answered."""
    for _ in range(seconds // 5):
        phone.clock.run_for(5000)
        phone.wait_for_timeout(60)


# --- votes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body"),
    [(404, {"detail": "Not Found"}), (403, {"message": "Forbidden"}), (401, {"error": "sign in"}), (200, {"ok": True})],
)
def test_what_another_program_answers_is_not_taken_for_stored_or_refused(phone, room, status, body):
    join(phone, room)
    phone.route(VOTE, lambda route: route.fulfill(status=status, json=body))
    choose(phone, "A is better")
    expect(phone.locator("#status")).to_have_text("0 saved · 1 waiting to be sent")
    phone.unroute(VOTE)
    expect(phone.locator("#status")).to_have_text("1 saved")
    assert len(room.stored) == 1


def test_a_vote_that_the_store_could_not_take_now_is_sent_again(phone, room):
    join(phone, room)
    take, taken = room.bench.store.judge, []

    def judge(*args, **more):
        taken.append(args)
        if len(taken) == 1:
            room.bench.store._write(
                lambda connection: connection.exec_driver_sql("insert into no_such_table values (1)")
            )
        return take(*args, **more)

    room.bench.store.judge = judge
    choose(phone, "A is better")
    expect(phone.locator("#status")).to_have_text("1 saved")
    assert len(taken) == 2 and len(room.stored) == 1


def test_a_choice_taken_back_does_not_count_though_its_request_had_arrived(phone, room):
    join(phone, room)
    phone.route(VOTE, cut)
    phone.route(VOTE, arrives_and_its_answer_is_lost, times=1)
    choose(phone, "A is better")
    expect(phone.locator("#status")).to_contain_text("1 waiting")
    phone.get_by_role("button", name="Undo").click()
    choose(phone, "B is better")
    phone.unroute(VOTE)
    expect(phone.locator("#status")).to_have_text("1 saved")
    assert [row.choice for row in room.stored] == ["right"]


def test_a_choice_that_was_never_sent_is_taken_back_without_a_word_to_the_playground(phone, room):
    join(phone, room)
    phone.route(VOTE, cut)
    for name in ("A is better", "B is better"):
        choose(phone, name)
    expect(phone.locator("#status")).to_contain_text("2 waiting")
    undone = asked(phone, "/undo")
    phone.get_by_role("button", name="Undo").click()
    phone.unroute(VOTE)
    expect(phone.locator("#status")).to_have_text("1 saved")
    assert undone == [] and [row.choice for row in room.stored] == ["left"]


def test_a_refused_vote_is_counted_as_not_stored_and_the_next_one_is_sent(phone, room):
    join(phone, room)
    refused = {"message": "This pair has been judged already.", "hint": "Go on."}
    phone.route(VOTE, lambda route: route.fulfill(status=403, json=refused), times=1)
    choose(phone, "A is better")
    expect(phone.locator("#status")).to_have_text("0 saved · 1 could not be stored")
    expect(phone.get_by_role("alert")).to_contain_text("judged already")
    choose(phone, "A is better")
    expect(phone.locator("#status")).to_have_text("1 saved · 1 could not be stored")
    assert len(room.stored) == 1


def test_a_late_answer_does_not_bring_back_a_judged_pair(phone, room):
    join(phone, room)
    late = []
    choose(phone, "A is better")
    expect(phone.locator("#status")).to_have_text("1 saved")
    phone.route(
        PAIRS, lambda route: late.append(route), times=1
    )  # asked with the third pair on the screen, answered when that is judged
    choose(phone, "A is better")
    expect(phone.locator("#status")).to_have_text("2 saved")
    phone.wait_for_timeout(200)
    old = late[0].fetch()
    judged = phone.locator("#prompt").inner_text()
    choose(phone, "A is better")
    phone.wait_for_timeout(500)  # time enough for this vote to be stored, where it is sent at once
    late[0].fulfill(response=old)
    expect(phone.locator("#status")).to_have_text("3 saved")
    prompts = []
    for _ in range(4):
        prompts.append(phone.locator("#prompt").inner_text())
        choose(phone, "B is better")
    expect(phone.locator("#status")).to_have_text("7 saved")
    assert judged not in prompts and len(room.stored) == 7


def test_a_vote_stored_by_another_tab_is_not_asked_for_again(phone, room):
    join(phone, room)
    choose(phone, "A is better")
    expect(phone.locator("#status")).to_have_text("1 saved")
    with phone.expect_response(PAIRS):
        choose(phone, "A is better")
    old, judged = [], []

    def answered_before_the_other_tab_votes(route):
        old.append(route.fetch())
        other = phone.context.new_page()
        other.goto(phone.url)
        judged.append(other.locator("#prompt").inner_text())
        choose(other, "A is better")
        expect(other.locator("#status")).to_have_text("3 saved")
        other.close()
        route.fulfill(response=old[0])

    phone.route(PAIRS, answered_before_the_other_tab_votes, times=1)
    phone.evaluate("dispatchEvent(new Event('online'))")
    expect(phone.locator("#status")).to_have_text("3 saved")
    expect(phone.locator("#prompt")).not_to_have_text(judged[0])
    choose(phone, "B is better")
    expect(phone.locator("#status")).to_have_text("4 saved")


# --- joining, leaving, withdrawing ------------------------------------------------------------------------------------


def test_two_taps_on_agree_make_one_person(phone, room):
    phone.goto(f"{room.address}/join/{room.session.code}")
    expect(phone.locator("#consent-text")).to_be_visible()
    phone.evaluate(
        "() => { const form = document.getElementById('consent'); form.requestSubmit(); form.requestSubmit(); }"
    )
    expect(phone.get_by_text("Practice: this one is not counted.")).to_be_visible()
    choose(phone, "A is better")
    expect(phone.locator("#prompt")).to_contain_text("Question")
    assert room.people == 1


def test_a_lost_answer_to_joining_and_a_second_tap_make_one_person(phone, room):
    phone.route(JOIN, arrives_and_its_answer_is_lost, times=1)
    phone.goto(f"{room.address}/join/{room.session.code}")
    phone.get_by_label("A name for today").fill("Ann")
    phone.get_by_role("button", name="I agree").click()
    expect(phone.get_by_role("alert")).to_contain_text("Tap again")
    phone.get_by_role("button", name="I agree").click()
    expect(phone.locator("#me-name")).to_have_text("You are Ann")
    assert room.people == 1


def test_whoever_consents_to_less_at_the_second_tap_is_not_held_to_the_first(phone, room):
    phone.route(JOIN, arrives_and_its_answer_is_lost, times=1)
    phone.goto(f"{room.address}/join/{room.session.code}")
    phone.get_by_label("My choices may also be published").check()
    phone.get_by_role("button", name="I agree").click()
    expect(phone.get_by_role("alert")).to_contain_text("Tap again")
    phone.get_by_label("My choices may also be published").uncheck()
    with phone.expect_request(JOIN) as request:
        phone.get_by_role("button", name="I agree").click()
    assert request.value.post_data_json["scope"] == "train"
    expect(phone.locator("#me-name")).to_be_visible()
    assert room.people == 2  # the one who was to publish has judged nothing and never will


def test_withdrawing_without_a_network_is_done_once_there_is_one_even_after_a_reload(phone, room):
    join(phone, room)
    choose(phone, "A is better")
    expect(phone.locator("#status")).to_have_text("1 saved")
    phone.route(VOTE, cut)
    phone.route(WITHDRAW, cut)
    choose(phone, "A is better")
    expect(phone.locator("#status")).to_contain_text("1 waiting")
    phone.locator("#me-name").click()
    phone.get_by_role("button", name="Withdraw").click()
    phone.get_by_role("button", name="Really take everything out?").click()
    expect(phone.get_by_role("heading", name="Taking you out")).to_be_visible()
    expect(phone.locator("#status")).to_contain_text("1 waiting to be sent")
    phone.reload()
    expect(phone.get_by_role("heading", name="Taking you out")).to_be_visible()
    assert len(room.stored) == 1
    phone.unroute(WITHDRAW)
    expect(phone.get_by_role("heading", name="You have withdrawn")).to_be_visible()
    assert room.bench.workshop.freeze("local", room.session.id).preferences == ()


def test_whoever_took_part_can_withdraw_when_the_session_is_closed(phone, room):
    join(phone, room)
    choose(phone, "A is better")
    expect(phone.locator("#status")).to_have_text("1 saved")
    room.bench.workshop.freeze("local", room.session.id)
    room.bench.workshop.move("local", room.session.id, "closed")
    phone.reload()
    expect(phone.get_by_role("heading", name="The session has ended")).to_be_visible()
    phone.locator("#me-name").click()
    phone.get_by_role("button", name="Withdraw").click()
    phone.get_by_role("button", name="Really take everything out?").click()
    expect(phone.get_by_role("heading", name="You have withdrawn")).to_be_visible()
    assert room.stored == []


def test_leaving_without_a_network_asks_for_another_tap(phone, room):
    join(phone, room)
    phone.route(LEAVE, cut)
    phone.locator("#me-name").click()
    phone.get_by_role("button", name="Leave").click()
    expect(phone.get_by_role("alert")).to_contain_text("Tap again")
    phone.unroute(LEAVE)
    phone.get_by_role("button", name="Leave").click()
    expect(phone.get_by_role("heading", name="You have left")).to_be_visible()


def test_the_question_before_withdrawing_is_asked_anew_after_a_change_of_language(phone, room):
    join(phone, room)
    phone.locator("#me-name").click()
    phone.get_by_role("button", name="Withdraw").click()
    phone.get_by_label("Language").select_option("de")
    phone.get_by_role("button", name="Zurückziehen").click()
    expect(phone.get_by_role("button", name="Wirklich alles herausnehmen?")).to_be_visible()


# --- what the page says -----------------------------------------------------------------------------------------------


def test_the_page_does_not_say_that_all_is_judged_while_votes_wait(phone, room):
    join(phone, room)
    phone.route(VOTE, cut)
    phone.route(PAIRS, cut)
    for _ in range(4):
        choose(phone, "A is better")
    expect(phone.get_by_role("heading", name="No connection")).to_be_visible()
    expect(phone.locator("#status")).to_have_text("0 saved · 4 waiting to be sent")
    phone.unroute_all()
    expect(phone.locator("#status")).to_have_text("4 saved")
    expect(phone.locator("#prompt")).to_contain_text("Question")


def test_the_page_says_that_it_sends_and_looks_while_it_does(phone, room):
    held = []
    phone.route(PAIRS, lambda route: held.append(route), times=1)
    consent(phone, room)
    choose(phone, "A is better")
    expect(phone.get_by_role("heading", name="One moment")).to_be_visible()
    expect(phone.get_by_text("A answers the question").or_(phone.get_by_text("B answers the question"))).to_be_visible()
    held[0].continue_()
    expect(phone.locator("#prompt")).to_contain_text("Question")
    phone.route(VOTE, never_answers)
    for _ in range(4):
        choose(phone, "A is better")
    expect(phone.get_by_role("heading", name="Sending what you chose")).to_be_visible()


def test_the_page_says_that_all_is_judged_when_it_is(phone, tmp_path):
    with open_room(tmp_path, pairs=2) as room:
        join(phone, room)
        for _ in range(2):
            choose(phone, "A is better")
        expect(phone.get_by_role("heading", name="You have judged every pair")).to_be_visible()
        assert len(room.stored) == 2


def test_nothing_is_said_to_wait_while_the_network_is_good(phone, room):
    join(phone, room)
    phone.evaluate(
        "() => { window.said = []; const status = document.getElementById('status');"
        "new MutationObserver(() => said.push(status.textContent)).observe(status, {childList: true}); }"
    )
    for n in range(5):
        choose(phone, "A is better")
        expect(phone.locator("#status")).to_have_text(f"{n + 1} saved")
    assert phone.evaluate("said") == [f"{n + 1} saved" for n in range(5)]


def test_practice_names_the_better_one_and_has_nothing_to_skip(phone, room):
    consent(phone, room)
    expect(phone.get_by_role("button", name="Skip")).to_be_disabled()
    good, bad = ("A", "B") if "Paris" in phone.locator("#left").inner_text() else ("B", "A")
    choose(phone, "Equally good")
    expect(phone.locator("#practice-note")).to_contain_text(f"{good} answers the question, {bad} does not.")
    expect(phone.get_by_role("button", name="Skip")).to_be_enabled()
    choose(phone, "A is better")
    expect(phone.locator("#practice-note")).to_be_hidden()


def test_a_reload_after_a_typed_code_comes_back_to_the_session(phone, room):
    phone.goto(f"{room.address}/join")
    phone.get_by_label("Code of the session").fill(room.session.code.lower())
    phone.get_by_role("button", name="Go on").click()
    expect(phone.locator("#consent-text")).to_be_visible()
    assert phone.url.endswith(f"/join/{room.session.code}")
    phone.reload()
    expect(phone.locator("#consent-text")).to_be_visible()


def test_a_german_page_refuses_in_german(browser, room):
    with phone_in(browser, "de-DE") as phone:
        phone.goto(f"{room.address}/join/WRONG2")
        expect(phone.get_by_role("alert")).to_contain_text("Keine Sitzung hat diesen Code.")


# --- loops ------------------------------------------------------------------------------------------------------------


def test_a_request_that_nobody_answers_holds_up_the_votes_for_seconds_only(phone, room):
    phone.clock.install()
    join(phone, room)
    phone.route(VOTE, never_answers, times=1)
    with phone.expect_request(VOTE):
        choose(phone, "A is better")
    minutes_pass(phone, 30)
    expect(phone.locator("#status")).to_have_text("1 saved")
    assert len(room.stored) == 1


def test_a_phone_that_is_read_on_learns_of_a_freeze_also_after_a_reload(phone, room):
    phone.clock.install()
    join(phone, room)
    phone.reload()
    expect(phone.locator("#prompt")).to_contain_text("Question")
    room.bench.workshop.freeze("local", room.session.id)
    minutes_pass(phone, 40)
    expect(phone.get_by_role("heading", name="Thank you, judging is over for now")).to_be_visible()


def test_many_taps_without_a_network_make_one_chain_of_tries(phone, room):
    phone.clock.install()
    join(phone, room)
    phone.route(VOTE, cut)
    for _ in range(4):
        choose(phone, "A is better")
    minutes_pass(phone, 60)  # the pause between tries has grown to its longest
    tries = asked(phone, "/vote")
    minutes_pass(phone, 60)
    assert 2 <= len(tries) <= 4


def test_the_words_are_asked_for_again_where_they_did_not_come(phone, room):
    phone.route(WORDS, cut, times=1)
    phone.goto(f"{room.address}/join/{room.session.code}")
    expect(phone.get_by_role("button", name="I agree, let me begin")).to_be_visible()


def test_a_page_nobody_looks_at_asks_for_nothing_and_goes_on_when_it_is_seen(phone, room):
    phone.clock.install()
    join(phone, room)
    see = "(how) => { Object.defineProperty(document, 'visibilityState', {value: how, configurable: true});"
    see += "document.dispatchEvent(new Event('visibilitychange')); }"
    phone.evaluate(see, "hidden")
    minutes_pass(phone, 30)
    polls = asked(phone, "/pairs")
    minutes_pass(phone, 60)
    assert polls == []
    with phone.expect_response(PAIRS):
        phone.evaluate(see, "visible")


def test_whoever_has_judged_everything_asks_seldom(phone, tmp_path):
    with open_room(tmp_path, pairs=1) as room:
        phone.clock.install()
        join(phone, room)
        choose(phone, "A is better")
        expect(phone.get_by_role("heading", name="You have judged every pair")).to_be_visible()
        polls = asked(phone, "/pairs")
        minutes_pass(phone, 60)
        assert 2 <= len(polls) <= 3
