"""The host of a workshop: the figures of a session as they grow, its people, and its choices as a file."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response

from playground.api.board import board_json, people_json
from playground.api.projector import projector_json
from playground.api.refusals import RefusalsAsJson
from playground.api.unchanged import told_anew
from playground.api.workshop_routes import STATIC
from playground.preferences import exchange
from playground.types import Json
from playground.workbench import Workbench
from playground.workbench.joining import join_address
from playground.workbench.shared import Shared

_FRESH_S = 2.0  # figures of a session are worked out once for all who ask within that time


def host_routes(bench: Workbench) -> APIRouter:
    """The page for the projector, and the routes under /api/session."""
    router = APIRouter(route_class=RefusalsAsJson)

    _people_routes(router, bench)
    _watching_routes(router, bench)
    _file_routes(router, bench)
    return router


def _watching_routes(router: APIRouter, bench: Workbench) -> None:
    """The figures of a session: for its host, and for the room."""
    shared: Shared[Json] = Shared(_FRESH_S)

    @router.get("/projector/{session_id}")
    def projector_page(session_id: str, request: Request) -> FileResponse:
        bench.workshop.find(bench.workspace_of(request.cookies), session_id)
        return FileResponse(STATIC / "projector.html", media_type="text/html")

    @router.get("/api/session/{session_id}")
    def live(session_id: str, request: Request) -> Response:
        here = bench.workspace_of(request.cookies)
        return told_anew(request, shared.get((here, session_id), partial(board_json, bench, here, session_id)))

    @router.get("/api/session/{session_id}/projector")
    def projector(session_id: str, request: Request) -> Response:
        here = bench.workspace_of(request.cookies)
        session = bench.workshop.find(here, session_id)
        address = join_address(request.headers, request.url.scheme, session.code)
        look = partial(projector_json, bench, here, session_id, address)
        return told_anew(request, shared.get((here, session_id, address), look))


def _people_routes(router: APIRouter, bench: Workbench) -> None:
    """Each person, for the host alone; take one out, let them in again."""

    @router.get("/api/session/{session_id}/people")
    def people(session_id: str, request: Request) -> list[Json]:
        return people_json(bench.workshop.people(bench.workspace_of(request.cookies), session_id))

    @router.post("/api/session/{session_id}/eject/{person}")
    def eject(session_id: str, person: str, request: Request) -> Json:
        bench.workshop.eject(bench.workspace_of(request.cookies), session_id, person)
        return {}

    @router.post("/api/session/{session_id}/let-in/{person}")
    def let_in(session_id: str, person: str, request: Request) -> Json:
        bench.workshop.let_in(bench.workspace_of(request.cookies), session_id, person)
        return {}


def _file_routes(router: APIRouter, bench: Workbench) -> None:
    """The choices of a session, as files."""

    @router.get("/api/session/{session_id}/export/folder")
    def folder(session_id: str, request: Request) -> FileResponse:
        session = bench.workshop.find(bench.workspace_of(request.cookies), session_id)
        return FileResponse(bench.takeaway.set_folder(session.id), filename="workshop.zip")

    @router.get("/api/session/{session_id}/export/{kind}")
    def export(
        session_id: str, kind: exchange.Kind, request: Request, form: exchange.Form = "everything"
    ) -> FileResponse:
        session = bench.workshop.find(bench.workspace_of(request.cookies), session_id)
        return FileResponse(bench.preferences.export(session.id, kind, form), filename=f"workshop.{kind}")
