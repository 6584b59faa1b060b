"""Signing in with Hugging Face, on a Space with `hf_oauth: true`, at a stand-in for the Hub on this machine."""

from contextlib import closing

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from joserfc.jwk import RSAKey

from playground.api.hub_sign_in import hub_routes
from playground.api.routes import app_options
from playground.settings import Settings
from playground.workbench import Workbench
from playground.workbench.rights import HOST_COOKIE
from tests.fake_hub import SPACE_HOST, served_hub

SPACE = f"https://{SPACE_HOST}"
OF_THE_HOST = "/api/rank/counts"


@pytest.fixture
def hub():
    with served_hub() as made:
        yield made


@pytest.fixture
def opened(hub, tmp_path):
    """Makes a browser in front of a Space with those variables, of which PLAYGROUND_MODE=workshop is one."""
    benches = []

    def open_space(**variables):
        env = {**hub.space, "PLAYGROUND_DATA_DIR": str(tmp_path), "PLAYGROUND_MODE": "workshop", **variables}
        benches.append(Workbench(Settings.from_environment(env)))
        return another_browser(FastAPI(**app_options(benches[-1])))

    yield open_space
    for bench in benches:
        bench.close()


def another_browser(app):
    return TestClient(app, base_url=SPACE, follow_redirects=False)


def to_the_hub(browser):
    """Press the button; returns the address at the Hub."""
    assert f'action="{SPACE}/host/hub"' in browser.get("/host").text
    return browser.get("/host/hub").headers["location"]


def from_the_hub(address):
    """What the Hub answers; returns the address that it sends the browser back to."""
    back = httpx.get(address).headers["location"]
    assert back.startswith(f"{SPACE}/host/hub/back?")
    return back


def sign_in(browser):
    return browser.get(from_the_hub(to_the_hub(browser)))


def is_host(browser):
    status = browser.get(OF_THE_HOST).status_code
    assert status in (200, 403)
    return status == 200


def test_the_author_of_a_space_signs_in_with_hugging_face_and_is_the_host(hub, opened):
    browser = opened()
    assert not is_host(browser)
    answer = sign_in(browser)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert is_host(browser)
    told = answer.headers["set-cookie"]
    assert "HttpOnly" in told and "Secure" in told and "hub-token" not in told


def test_the_owners_that_the_setting_names_stand_in_place_of_the_author(hub, opened):
    browser = opened(PLAYGROUND_OWNERS="Ada, grace-h")
    for user, host in (("someone", False), ("ada", True), ("grace-h", True), ("grace", False)):
        hub.user = user
        other = another_browser(browser.app)
        sign_in(other)
        assert is_host(other) is host, user


def test_another_user_of_the_hub_is_told_so_and_is_no_host(hub, opened):
    browser = opened()
    hub.user = "<b>visitor</b>"
    answer = sign_in(browser)
    assert answer.status_code == 403
    assert "you are &lt;b&gt;visitor&lt;/b&gt;" in answer.text and "no owner of this playground" in answer.text
    assert 'href="/join"' in answer.text and "Sign in with Hugging Face" in answer.text
    assert HOST_COOKIE not in browser.cookies and not is_host(browser)


def test_who_says_no_at_the_hub_is_told_so_and_may_try_again(hub, opened):
    browser = opened()
    hub.user = None
    answer = sign_in(browser)
    assert answer.status_code == 403 and "denied the request" in answer.text
    assert not is_host(browser)
    hub.user = "someone"
    sign_in(browser)
    assert is_host(browser)


def test_what_was_begun_in_one_browser_cannot_be_ended_in_another(hub, opened):
    browser = opened()
    other = another_browser(browser.app)
    answer = other.get(from_the_hub(to_the_hub(browser)))
    assert answer.status_code == 403 and "begun in another browser" in answer.text
    assert not is_host(other)


def test_a_way_back_leads_in_once(hub, opened):
    browser = opened()
    back = from_the_hub(to_the_hub(browser))
    browser.get(back)
    browser.cookies.clear()
    assert browser.get(back).status_code == 403 and not is_host(browser)


def test_a_cookie_of_the_way_that_was_changed_or_is_too_old_leads_nowhere(hub, opened, monkeypatch):
    browser = opened()
    back = from_the_hub(to_the_hub(browser))
    held = browser.cookies["playground_hub"]
    browser.cookies.clear()
    answer = browser.get(back, headers={"cookie": f"playground_hub=x{held[1:]}"})
    assert answer.status_code == 403 and not is_host(browser)
    monkeypatch.setattr("itsdangerous.timed.TimestampSigner.get_timestamp", lambda self: 2**31)
    answer = browser.get(back, headers={"cookie": f"playground_hub={held}"})
    assert "more than ten minutes ago" in answer.text and not is_host(browser)
    monkeypatch.undo()
    assert browser.get(back, headers={"cookie": f"playground_hub={held}"}).status_code == 303


@pytest.mark.parametrize(
    "says", [{"aud": "another-app"}, {"iss": "https://elsewhere"}, {"nonce": "of another sign-in"}, {"exp": 1}]
)
def test_a_profile_that_the_hub_signed_for_something_else_makes_no_host(hub, opened, says):
    browser = opened()
    hub.says = says
    answer = sign_in(browser)
    assert answer.status_code == 403 and "not what Hugging Face signs for this moment" in answer.text
    assert not is_host(browser)


def test_a_profile_that_somebody_else_signed_makes_no_host(hub, opened):
    browser = opened()
    hub.key = RSAKey.generate_key(2048, {"kid": "one"})
    assert sign_in(browser).status_code == 403 and not is_host(browser)


def test_a_profile_without_a_name_makes_no_host(hub, opened):
    browser = opened()
    hub.says = {"preferred_username": ""}
    assert "did not say who you are" in sign_in(browser).text and not is_host(browser)


def test_where_the_hub_is_away_the_host_is_told_so_and_the_password_works(hub, opened):
    browser = opened(PLAYGROUND_HOST_PASSWORD="a long password")
    hub.down = True
    answer = browser.get("/host/hub")
    assert "does not answer as it should" in answer.text and 'name="password"' in answer.text
    assert browser.post("/host", data={"password": "a long password"}).status_code == 303
    assert is_host(browser)


def test_whoever_signs_out_is_no_host_and_neither_is_a_copy_of_their_cookie(hub, opened):
    browser = opened()
    sign_in(browser)
    copy = {"cookie": f"{HOST_COOKIE}={browser.cookies[HOST_COOKIE]}"}
    assert browser.get(OF_THE_HOST, headers=copy).status_code == 200
    answer = browser.post("/host/sign-out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/host")
    assert HOST_COOKIE not in browser.cookies and not is_host(browser)
    assert browser.get(OF_THE_HOST, headers=copy).status_code == 403


def test_without_a_password_no_password_makes_a_host(hub, opened):
    browser = opened()
    assert 'name="password"' not in browser.get("/host").text
    for guess in ("", "x", "someone"):
        answer = browser.post("/host", data={"password": guess})
        assert answer.status_code in (403, 422) and not is_host(browser)


def test_nothing_of_the_sign_in_reaches_a_phone(hub, opened):
    browser = opened()
    for path in ("/join", "/join/ABCDEF", "/workshop/workshop.js", "/api/workshop/session/ABCDEF"):
        answer = browser.get(path)
        assert "hub" not in answer.text.lower() and "set-cookie" not in answer.headers, path


def test_where_the_space_has_no_app_on_the_hub_no_such_sign_in_is_shown(tmp_path):
    env = {"SPACE_ID": "someone/playground", "PLAYGROUND_HOST_PASSWORD": "a long password"}
    env |= {"SPACE_AUTHOR_NAME": "someone", "SPACE_HOST": SPACE_HOST, "PLAYGROUND_DATA_DIR": str(tmp_path)}
    with closing(Workbench(Settings.from_environment(env))) as bench:
        browser = another_browser(FastAPI(**app_options(bench)))
        page = browser.get("/host").text
        assert "Hugging Face" not in page and 'name="password"' in page
        assert hub_routes(bench) == [] and browser.get("/host/hub").status_code == 404
