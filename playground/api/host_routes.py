"""Signing in as the host of a workshop, and the code to join by as a picture."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import FileResponse, RedirectResponse, Response

from playground.api.refusals import RefusalsAsJson
from playground.api.workshop_routes import STATIC
from playground.errors import NotAllowed
from playground.workbench import Workbench
from playground.workbench.rights import HOST_COOKIE

_A_DAY_S = 86_400


def host_routes(bench: Workbench) -> APIRouter:
    """The page at /host and what it sends."""
    router = APIRouter(route_class=RefusalsAsJson)

    @router.get("/host")
    def page() -> FileResponse:
        return FileResponse(STATIC / "host.html", media_type="text/html")

    @router.post("/host")
    def sign_in(password: Annotated[str, Form(max_length=1000)], request: Request) -> Response:
        if bench.rights is None:
            raise NotAllowed("This playground has no host's password.", hint="Set PLAYGROUND_HOST_PASSWORD.")
        answer = RedirectResponse("/", status_code=303)
        secure = request.url.scheme == "https"
        secret = bench.rights.sign_in(password)
        answer.set_cookie(HOST_COOKIE, secret, max_age=_A_DAY_S, httponly=True, samesite="lax", secure=secure)
        return answer

    return router
