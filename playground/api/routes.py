"""The plain routes beside Gradio: status, Plotly's script, runs, sweeps, ranking, reports."""

from __future__ import annotations

import importlib.resources
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from playground.api.body_limit import SmallBodies
from playground.api.evaluation_routes import evaluation_routes
from playground.api.gate import gate
from playground.api.hack_routes import hack_routes
from playground.api.host_routes import host_routes
from playground.api.hub_sign_in import hub_routes
from playground.api.rank_routes import rank_routes
from playground.api.resting_page import RestingPage
from playground.api.run_routes import run_routes
from playground.api.sign_in_routes import sign_in_routes
from playground.api.sweep_routes import sweep_routes
from playground.api.workshop_routes import workshop_routes
from playground.errors import PlaygroundError
from playground.types import Json
from playground.workbench import Workbench

_A_YEAR = {"Cache-Control": "public, max-age=31536000, immutable"}


def app_options(bench: Workbench) -> dict[str, Any]:
    """For launch(app_kwargs=...): routes and gate are there from the first request on."""
    return {"routes": api_routes(bench), "middleware": [Middleware(SmallBodies), *gate(bench), Middleware(RestingPage)]}


def api_routes(bench: Workbench) -> list[BaseRoute]:
    """All routes."""
    router = APIRouter()

    @router.get("/api/status")
    def status(request: Request, run: Annotated[list[str], Query(max_length=20)] = ()) -> Json:
        """How the models are, whether the browser's set and runs are others than before, and each run's events.

        runs: of each run asked about how many events it has, null where it is not here.
        """
        state = bench.status()
        ready = state.sampler_ready and state.trainer_ready
        events = {run_id: _events(bench, request, run_id) for run_id in run}
        known = {"ready": ready, "sampler_ready": state.sampler_ready, "text": state.text, "notes": state.notes}
        return known | {"runs": events, "versions": _versions(bench, request)}

    @router.get("/vendor/plotly.min.js")
    def plotly() -> FileResponse:
        path = importlib.resources.files("plotly") / "package_data" / "plotly.min.js"
        return FileResponse(str(path), media_type="text/javascript", headers=_A_YEAR)

    router.include_router(run_routes(bench))
    router.include_router(rank_routes(bench))
    router.include_router(evaluation_routes(bench))
    router.include_router(sweep_routes(bench))
    router.include_router(hack_routes(bench))
    router.include_router(workshop_routes(bench))
    router.include_router(sign_in_routes(bench))
    router.include_router(host_routes(bench))
    return [*router.routes, *hub_routes(bench)]


def _versions(bench: Workbench, request: Request) -> Json:
    """A number each for the set and the runs; empty for a browser that has no workspace yet."""
    try:
        here = bench.workspace_of(request.cookies)
    except PlaygroundError:
        return {}
    return {"set": bench.preferences.version(here), "runs": bench.runs.version(here)}


def _events(bench: Workbench, request: Request, run_id: str) -> int | None:
    try:
        return bench.runs.tail(bench.workspace_of(request.cookies), run_id).count
    except PlaygroundError:
        return None
