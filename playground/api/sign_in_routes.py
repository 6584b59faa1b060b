"""How somebody becomes the host of a workshop, and ceases to be: the page at /host, the password, signing out."""

from __future__ import annotations

from html import escape
from string import Template
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from playground.api.refusals import RefusalsAsJson
from playground.api.workshop_routes import STATIC
from playground.errors import NotAllowed, PlaygroundError
from playground.workbench import Workbench
from playground.workbench.rights import HOST_COOKIE, LASTS_S

HUB_SIGN_IN = "/host/hub"
_HUB = """<form method="get" action="$address">
  <button class="primary">Sign in with Hugging Face</button>
</form>"""
_PASSWORD = """<form method="post" action="/host" class="view">
  <label for="password">Password of the host</label>
  <input id="password" name="password" type="password" autocomplete="current-password" required autofocus>
  <button class="primary">Sign in</button>
</form>"""


def sign_in_routes(bench: Workbench) -> APIRouter:
    """The routes at /host but for those of the Hub."""
    router = APIRouter(route_class=RefusalsAsJson)

    @router.get("/host")
    def page() -> Response:
        return host_page(bench)

    @router.post("/host")
    def sign_in(password: Annotated[str, Form(max_length=1000)], request: Request) -> Response:
        if bench.rights is None:
            raise NotAllowed("This playground has no host's password.", hint="Set PLAYGROUND_HOST_PASSWORD.")
        try:
            return signed_in(bench.rights.sign_in(password), secure=request.url.scheme == "https")
        except NotAllowed as refused:
            return host_page(bench, refused)

    @router.post("/host/sign-out")
    def sign_out(request: Request) -> Response:
        if bench.rights is not None:
            bench.rights.sign_out(request.cookies)
        answer = RedirectResponse("/host", status_code=303)
        answer.delete_cookie(HOST_COOKIE)
        return answer

    return router


def host_page(bench: Workbench, refused: PlaygroundError | None = None) -> HTMLResponse:
    """The page with the ways to sign in that there are, and why it did not work."""
    ways, rights, app = [], bench.rights, bench.settings.hub_app
    if rights is not None and rights.by_hub and app is not None:
        ways.append(Template(_HUB).substitute(address=escape(f"{app.address}{HUB_SIGN_IN}")))
    if rights is None or rights.by_password:
        ways.append(_PASSWORD)
    told = f'<p id="problem" role="alert">{escape(f"{refused.message} {refused.hint}")}</p>' if refused else ""
    page = Template((STATIC / "host.html").read_text(encoding="utf-8"))
    said = page.substitute(told=told, ways="\n".join(ways))
    return HTMLResponse(said, status_code=403 if refused else 200)


def signed_in(secret: str, secure: bool) -> Response:
    """To the front page, as the host."""
    answer = RedirectResponse("/", status_code=303)
    answer.set_cookie(HOST_COOKIE, secret, max_age=LASTS_S, httponly=True, samesite="lax", secure=secure)
    return answer
