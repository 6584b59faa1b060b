"""Routes of runs: followed by server-sent deltas (backlog first, the stream ends with the run), named, deleted."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import math
from collections.abc import AsyncIterator, Callable
from typing import Annotated

from fastapi import APIRouter, Header, Request
from fastapi.responses import FileResponse, StreamingResponse
from pydantic import BaseModel, Field

from playground.api.refusals import RefusalsAsJson
from playground.errors import NotFound
from playground.registry import algorithms
from playground.runs.origin import data_words
from playground.runs.tail import RunTail
from playground.types import Json
from playground.vocabulary import METRICS
from playground.workbench import Workbench
from playground.workbench.gold import gold_of
from playground.workbench.queue import Place
from playground.workbench.takeaway import Weights

_POLL_S = 0.1
_HEARTBEAT_S = 15.0
_TELL_EVERY_S = 5


class Answer(BaseModel):
    """A completion whose gold reward is to be taken apart."""

    prompt: Annotated[str, Field(max_length=20_000)]
    completion: Annotated[str, Field(max_length=20_000)]


class Name(BaseModel):
    """What a run is to be called."""

    name: Annotated[str, Field(max_length=1000)]


def run_routes(bench: Workbench) -> APIRouter:
    """The routes under /api/runs."""
    router = APIRouter(route_class=RefusalsAsJson)

    @router.get("/api/runs/{run_id}/events")
    async def events(
        request: Request, run_id: str, after: int = -1, last_event_id: str | None = Header(default=None)
    ) -> StreamingResponse:
        here = bench.workspace_of(request.cookies)
        tail = await asyncio.to_thread(bench.runs.tail, here, run_id)
        seen = int(last_event_id) if last_event_id and last_event_id.isdigit() else after
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        followed = _follow(request, tail, seen, lambda: bench.runs.place(here, run_id))
        return StreamingResponse(followed, media_type="text/event-stream", headers=headers)

    @router.get("/api/runs/{run_id}/download")
    def download(request: Request, run_id: str, weights: Weights = "trained") -> FileResponse:
        path = bench.takeaway.run(bench.workspace_of(request.cookies), run_id, weights)
        return FileResponse(path, filename=f"{run_id}.zip")

    @router.post("/api/runs/{run_id}/gold")
    def gold(request: Request, run_id: str, answer: Answer) -> Json:
        persona = bench.runs.find(bench.workspace_of(request.cookies), run_id).spec.persona
        if persona is None:
            raise NotFound("No simulated annotator stands behind this run.", hint="People's wishes have no formula.")
        return dataclasses.asdict(gold_of(answer.prompt, answer.completion, persona))

    @router.post("/api/runs/{run_id}/name")
    def rename(request: Request, run_id: str, wanted: Name) -> Json:
        bench.runs.rename(bench.workspace_of(request.cookies), run_id, wanted.name)
        return {}

    @router.delete("/api/runs/{run_id}")
    def delete(request: Request, run_id: str) -> Json:
        bench.runs.delete(bench.workspace_of(request.cookies), run_id)
        return {}

    return router


async def _follow(request: Request, tail: RunTail, seen: int, place: Callable[[], Place | None]) -> AsyncIterator[str]:
    """Messages for one viewer: the run's description once, then lists of events after index `seen`, and its place."""
    first, silent_s, queued = True, 0.0, "null"
    while not await request.is_disconnected():
        tail.refresh()
        active = tail.summary.active
        lines, seen = await asyncio.to_thread(tail.after, seen) if first else tail.after(seen)
        before, queued = queued, json.dumps(_place_json(place()))
        if first or lines or queued != before:
            head = json.dumps(describe_run(tail), ensure_ascii=False) if first else "null"
            yield f'id: {seen}\ndata: {{"run": {head}, "queue": {queued}, "events": [{",".join(lines)}]}}\n\n'
            first, silent_s = False, 0.0
        if not active:
            return
        silent_s += _POLL_S
        if silent_s >= _HEARTBEAT_S:
            silent_s = 0.0
            yield ": still here\n\n"
        await asyncio.sleep(_POLL_S)


def _place_json(place: Place | None) -> Json | None:
    """How many runs are ahead and about how long they take, told anew every few seconds."""
    if place is None:
        return None
    wait_s = None if place.wait_s is None else _TELL_EVERY_S * math.ceil(place.wait_s / _TELL_EVERY_S)
    return {"ahead": place.ahead, "wait_s": wait_s}


def describe_run(tail: RunTail) -> Json:
    """What a page needs to draw the run before its first event."""
    summary, spec = tail.summary, tail.summary.spec
    entry = algorithms()[spec.algorithm]
    names = {name for panel in entry.charts for name in panel}
    return {
        "id": spec.id,
        "name": spec.name,
        "algorithm": spec.algorithm,
        "title": entry.title,
        "config": spec.config,
        "status": summary.status,
        "estimate_s": spec.estimate_s,
        "created_at": spec.created_at,
        "total_steps": summary.total_steps,
        "start": spec.start.name,
        "reward": spec.reward.name if spec.reward else None,
        "data": data_words(spec),
        "charts": [list(panel) for panel in entry.charts],
        "metrics": {name: dataclasses.asdict(METRICS[name]) for name in sorted(names)},
    }
