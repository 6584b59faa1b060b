"""What was found out about a checkpoint, as a file to take along."""

from __future__ import annotations

import dataclasses
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, StreamingResponse

from playground.api.live import live
from playground.api.refusals import RefusalsAsJson
from playground.errors import PlaygroundError
from playground.evaluation.export import Form
from playground.types import Json
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

    @router.get("/events")
    def events(request: Request) -> StreamingResponse:
        space = bench.workspace_of(request.cookies)
        return live(request, lambda: _told(bench, space))

    return router


def _told(bench: Workbench, space: str) -> Json:
    going = bench.evaluations.running(space)  # looked at first: what ended since is told with the next look
    now = bench.evaluations.progress(space)
    if isinstance(now, PlaygroundError):
        return {"work": bench.evaluations.work_of(space), "problem": now.message, "hint": now.hint, "over": not going}
    return {**dataclasses.asdict(now), "over": not going}
