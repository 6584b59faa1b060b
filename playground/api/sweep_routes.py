"""A sweep of the over-optimisation lab, followed by whoever looks at it."""

from __future__ import annotations

import dataclasses

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from playground.api.live import live
from playground.api.refusals import RefusalsAsJson
from playground.types import Json
from playground.workbench import Workbench


def sweep_routes(bench: Workbench) -> APIRouter:
    """The routes under /api/sweeps."""
    router = APIRouter(prefix="/api/sweeps", route_class=RefusalsAsJson)

    @router.get("/{sweep_id}/events")
    def events(request: Request, sweep_id: str) -> StreamingResponse:
        space = bench.workspace_of(request.cookies)
        bench.sweeps.find(space, sweep_id)

        def look() -> Json:
            picture = bench.pictures.draw(space, sweep_id)
            return {**dataclasses.asdict(picture), "over": not picture.going}

        return live(request, look, every_s=1.0)  # each look fits the curves anew

    return router
