"""What was found out about a checkpoint, as a file to take along."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse

from playground.api.refusals import RefusalsAsJson
from playground.evaluation.export import Form
from playground.workbench import Workbench

_Id = Annotated[str, Query(max_length=200)]


def evaluation_routes(bench: Workbench) -> APIRouter:
    """Downloads of the Evaluate and the Attack tab."""
    router = APIRouter(prefix="/api/evaluations", route_class=RefusalsAsJson)

    @router.get("/export/{form}")
    def export(form: Form, request: Request, checkpoint: _Id, beside: _Id = "", about: _Id = "") -> FileResponse:
        space = bench.workspace_of(request.cookies)
        plan = bench.evaluations.plan(space, checkpoint, beside or None)
        path = bench.evaluations.export(space, plan, form, about.split(",") if about else None)
        return FileResponse(path, filename=f"evaluation.{form}", content_disposition_type="attachment")

    return router
