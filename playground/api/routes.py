"""The plain routes beside Gradio: status, Plotly's script, runs, ranking."""

from __future__ import annotations

import importlib.resources

from fastapi import APIRouter
from fastapi.responses import FileResponse
from starlette.routing import BaseRoute

from playground.api.rank_routes import rank_routes
from playground.api.run_routes import run_routes
from playground.workbench import Workbench

_A_YEAR = {"Cache-Control": "public, max-age=31536000, immutable"}


def api_routes(bench: Workbench) -> list[BaseRoute]:
    """All routes, for launch(app_kwargs={"routes": ...}): they are there from the first request on."""
    router = APIRouter()

    @router.get("/api/status")
    def status() -> dict:
        state = bench.status()
        ready = state.sampler_ready and state.trainer_ready
        return {"ready": ready, "sampler_ready": state.sampler_ready, "text": state.text}

    @router.get("/vendor/plotly.min.js")
    def plotly() -> FileResponse:
        path = importlib.resources.files("plotly") / "package_data" / "plotly.min.js"
        return FileResponse(str(path), media_type="text/javascript", headers=_A_YEAR)

    router.include_router(run_routes(bench))
    router.include_router(rank_routes(bench))
    return router.routes
