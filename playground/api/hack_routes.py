"""What became of a hack that was brought about on purpose, as a file to take along."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse

from playground.api.refusals import RefusalsAsJson
from playground.evaluation.export import Form
from playground.workbench import Workbench


def hack_routes(bench: Workbench) -> APIRouter:
    """The routes under /api/hacks."""
    router = APIRouter(prefix="/api/hacks", route_class=RefusalsAsJson)

    @router.get("/{name}/export/{form}")
    def export(request: Request, name: str, form: Form) -> FileResponse:
        path = bench.hacks.export(bench.workspace_of(request.cookies), name, form)
        return FileResponse(path, filename=f"hack-{name}.{form}", content_disposition_type="attachment")

    return router
