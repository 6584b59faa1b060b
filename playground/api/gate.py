"""The gate before the page and Gradio's own routes: in a workshop only the host passes.

Gradio answers its configuration, its queue and its files to everybody who asks. What is behind the gate checks rights
too; a route that somebody adds and forgets is closed all the same.
"""

from __future__ import annotations

from starlette.middleware import Middleware
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from playground.api.refusals import refusal
from playground.errors import NotAllowed
from playground.workbench import Workbench
from playground.workbench.rights import HostRights

FOR_ALL = (
    "/join",
    "/host",
    "/host/hub",
    "/host/hub/back",
    "/api/status",
    "/gradio_api/startup-events",  # launch() itself asks it
)
UNDER_FOR_ALL = ("/join/", "/workshop/", "/api/workshop/", "/vendor/")


def gate(bench: Workbench) -> list[Middleware]:
    """For launch(app_kwargs={"middleware": ...}); empty where everybody is their own host."""
    return [] if bench.rights is None else [Middleware(HostOnly, rights=bench.rights)]


class HostOnly:
    """Lets through the host, and everybody to what is for all."""

    def __init__(self, app: ASGIApp, rights: HostRights) -> None:
        self._app = app
        self._rights = rights

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or refuse in words; a person who opens the front page is shown where to sign in."""
        if scope["type"] == "lifespan" or is_for_all(scope["path"]):
            return await self._app(scope, receive, send)
        try:
            self._rights.require(HTTPConnection(scope).cookies)
        except NotAllowed as error:
            answer = WebSocketClose() if scope["type"] == "websocket" else _refused(scope, error)
            return await answer(scope, receive, send)
        return await self._app(scope, receive, send)


def is_for_all(path: str) -> bool:
    """Whether somebody who is not the host may ask for it."""
    return path in FOR_ALL or path.startswith(UNDER_FOR_ALL)


def _refused(scope: Scope, error: NotAllowed) -> Response:
    if scope["path"] == "/" and scope["method"] in ("GET", "HEAD"):
        return RedirectResponse("/host", status_code=303)
    return refusal(403, error.message, error.hint)
