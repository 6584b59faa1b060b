"""The plain routes beside Gradio: status, Plotly's script, runs, ranking. Errors become JSON a page can show."""

from __future__ import annotations

import importlib.resources

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import FileResponse, JSONResponse

from playground.api.rank_routes import rank_routes
from playground.api.run_routes import run_routes
from playground.errors import NotAllowed, NotFound, PlaygroundError
from playground.workbench import Workbench

_A_YEAR = {"Cache-Control": "public, max-age=31536000, immutable"}


def add_routes(app: FastAPI, bench: Workbench) -> None:
    """Attach all routes to the running app."""
    router = APIRouter()

    @router.get("/api/status")
    def status(request: Request) -> dict:
        state = bench.status()
        ready = state.sampler_ready and state.trainer_ready
        return {"ready": ready, "sampler_ready": state.sampler_ready, "text": state.text}

    @router.get("/vendor/plotly.min.js")
    def plotly() -> FileResponse:
        path = importlib.resources.files("plotly") / "package_data" / "plotly.min.js"
        return FileResponse(str(path), media_type="text/javascript", headers=_A_YEAR)

    router.include_router(run_routes(bench))
    router.include_router(rank_routes(bench))
    app.include_router(router)
    app.add_exception_handler(PlaygroundError, _refuse)


def _refuse(request: Request, error: PlaygroundError) -> JSONResponse:
    code = 404 if isinstance(error, NotFound) else 403 if isinstance(error, NotAllowed) else 422
    return JSONResponse({"message": error.message, "hint": error.hint}, status_code=code)
