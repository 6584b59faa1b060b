"""An owner in a browser: one button leads to the Hub and back as the host, another one out again."""

import socket
from contextlib import closing

import pytest
from playwright.sync_api import expect

from playground.api.routes import app_options
from playground.hub_app import HubApp
from playground.settings import Settings
from playground.ui.page import build_page, launch_options
from playground.workbench import Workbench
from tests.driven import open_tab
from tests.fake_hub import CLIENT_ID, CLIENT_SECRET, served_hub

pytestmark = pytest.mark.browser


@pytest.fixture
def hub():
    with served_hub() as made:
        yield made


@pytest.fixture
def address(hub, tmp_path):
    """The whole page of a workshop with one owner and no password, without the processes that hold the models."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    here = f"http://127.0.0.1:{port}"
    app = HubApp(CLIENT_ID, CLIENT_SECRET, "openid profile", hub.url, here)
    settings = Settings(data_dir=tmp_path, mode="workshop", owners=("someone",), hub_app=app)
    with closing(Workbench(settings)) as bench:
        blocks = build_page(bench)
        options = launch_options(settings) | {"server_port": port, "prevent_thread_lock": True}
        blocks.launch(app_kwargs=app_options(bench), **options)
        yield here
        blocks.close()


def test_an_owner_signs_in_by_one_button_and_out_by_another(browser, hub, address):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    hub.user = "visitor"
    page.goto(address)
    page.get_by_role("button", name="Sign in with Hugging Face").click()
    expect(page.get_by_role("alert")).to_contain_text("visitor is no owner of this playground")
    hub.user = "someone"
    page.get_by_role("button", name="Sign in with Hugging Face").click()
    expect(page.get_by_role("heading", name="Alignment Playground")).to_be_visible(timeout=30_000)
    open_tab(page, "Workshop")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in as the host")).to_be_visible()
    page.goto(address)
    expect(page.get_by_role("heading", name="Sign in as the host")).to_be_visible()
    context.close()
    assert errors == []
