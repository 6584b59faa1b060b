"""Routes of the Rank tab: plain JSON, so that a choice takes milliseconds while a run trains.

Nothing sent to the browser says which checkpoint wrote what.
"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from playground.api.refusals import RefusalsAsJson
from playground.preferences.exchange import Form, Kind
from playground.types import Choice, Json, Prompt
from playground.workbench import Workbench
from playground.workbench.preferences import Shown
from playground.workbench.typed_prompt import typed_prompt

_Id = Annotated[str, Field(min_length=1, max_length=64)]
_Checkpoints = Annotated[list[_Id], Field(min_length=1, max_length=2)]
_PromptText = Annotated[str, Field(max_length=20_000)]


class PairAsked(BaseModel):
    """Whose completions to show, and to which prompt; without one the pocket world's."""

    checkpoints: _Checkpoints
    prompt: _PromptText | None = None
    hand: Annotated[str, Field(max_length=64)] = ""  # pairs that were put aside for a purpose and come first


class SetAsked(BaseModel):
    """The same for k completions to put in order."""

    checkpoints: _Checkpoints
    k: int = Field(ge=2, le=6)
    prompt: _PromptText | None = None


class ChoiceMade(BaseModel):
    """One choice. The id is made in the browser, so that sending it twice stores it once."""

    id: _Id
    token: _Id
    choice: Choice
    strength: Literal[1, 2, 3] | None = None
    decision_ms: int | None = Field(default=None, ge=0, lt=2**31)
    input: Literal["key", "mouse", "touch"] = "mouse"


class Undone(BaseModel):
    """What to take back; without an id the newest choice of this workspace."""

    id: _Id | None = None


class OrderMade(BaseModel):
    """One order of a set: tiers of positions, best first."""

    id: _Id
    token: _Id
    order: Annotated[list[list[int]], Field(min_length=1, max_length=6)]


def rank_routes(bench: Workbench) -> APIRouter:
    """The routes under /api/rank."""
    router = APIRouter(prefix="/api/rank", route_class=RefusalsAsJson)

    def workspace(request: Request) -> str:
        return bench.workspace_of(request.cookies)

    @router.post("/pair")
    def pair(asked: PairAsked, request: Request) -> Json:
        here, prompt = workspace(request), _prompt(asked.prompt)
        return _pair_json(bench.preferences.next_pair(here, asked.checkpoints, prompt, asked.hand))

    @router.post("/choice")
    def choice(made: ChoiceMade, request: Request) -> Json:
        here = workspace(request)
        bench.preferences.choose(
            here,
            made.token,
            made.choice,
            judgment_id=made.id,
            strength=made.strength,
            decision_ms=made.decision_ms,
            source=made.input,
        )
        return {"saved": True, "counts": _counts_json(bench, here)}

    @router.post("/undo")
    def undo(request: Request, last: Undone | None = None) -> Json:
        here = workspace(request)
        shown = bench.preferences.undo(here, last.id if last else None)
        return {**_pair_json(shown), "counts": _counts_json(bench, here)} if shown else {}

    @router.post("/set")
    def next_set(asked: SetAsked, request: Request) -> Json:
        shown = bench.preferences.next_set(workspace(request), asked.checkpoints, asked.k, _prompt(asked.prompt))
        return {"token": shown.token, "prompt": shown.prompt, "completions": list(shown.completions)}

    @router.post("/order")
    def order(made: OrderMade, request: Request) -> Json:
        here = workspace(request)
        preferences = bench.preferences.rank(here, made.token, made.order, judgment_id=made.id)
        return {"saved": True, "preferences": preferences, "counts": _counts_json(bench, here)}

    @router.get("/counts")
    def counts(request: Request) -> Json:
        return _counts_json(bench, workspace(request))

    @router.get("/export/folder")
    def folder(request: Request) -> FileResponse:
        return FileResponse(bench.takeaway.set_folder(workspace(request)), filename="preferences.zip")

    @router.get("/export/{kind}")
    def export(kind: Kind, request: Request, form: Form = "trl") -> FileResponse:
        path = bench.preferences.export(workspace(request), kind, form)
        name = {"trl": "preferences", "everything": "judgments"}[form]
        return FileResponse(path, filename=f"{name}.{kind}", content_disposition_type="attachment")

    return router


def _prompt(text: str | None) -> Prompt | None:
    return None if text is None else typed_prompt(text)


def _pair_json(shown: Shown) -> Json:
    left, right = shown.completions
    return {"token": shown.token, "prompt": shown.prompt, "left": left, "right": right}


def _counts_json(bench: Workbench, workspace: str) -> Json:
    counts = bench.preferences.counts(workspace)
    return {
        "yours": counts.by_kind.get("person", 0),
        "persona": counts.by_kind.get("persona", 0),
        "total": counts.total,
    }
