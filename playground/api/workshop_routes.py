"""Routes of the phones in a workshop. A device shows who it is by a secret that it made itself.

Before the host reveals it, nothing sent to a phone says which checkpoint wrote what. What anybody else chose is never
sent.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Header
from fastapi.responses import FileResponse
from pydantic import BaseModel, BeforeValidator, Field

from playground.api.refusals import RefusalsAsJson
from playground.api.reveal import phone_json
from playground.preferences.insertion import storable
from playground.preferences.record import Session, ShownPair
from playground.types import Choice, Json
from playground.workbench import Workbench
from playground.workbench.proposals import takes_pairs
from playground.workbench.session_runs import phase
from playground.workbench.workshop import Workshop

STATIC = Path(__file__).parent / "static"
_Id = Annotated[str, Field(min_length=1, max_length=64)]
_Code = Annotated[str, Field(max_length=64)]
_Secret = Annotated[str, Header(alias="X-Device-Key", max_length=128)]
_Said = Annotated[str, BeforeValidator(lambda given: storable(given) if isinstance(given, str) else given)]
_File = Literal["workshop.js", "workshop.css", "workshop_words.json", "projector.js", "projector.css"]


class Joining(BaseModel):
    """A person who has read what is stored and agrees to it."""

    code: _Code
    secret: Annotated[str, Field(max_length=128)]
    alias: Annotated[_Said, Field(max_length=20_000)] = ""
    scope: Literal["train", "publish"]  # there is no joining without consent
    language: Annotated[_Said, Field(max_length=16)] = ""  # of the phone page


class Vote(BaseModel):
    """One choice. The id is made on the device, so that sending it twice stores it once."""

    id: _Id
    token: _Id
    choice: Choice
    decision_ms: int | None = None
    input: Literal["key", "mouse", "touch"] = "touch"
    comment: Annotated[_Said, Field(max_length=2000)] = ""
    client_time: Annotated[float | None, Field(allow_inf_nan=False)] = None
    tapped: Annotated[int | None, Field(ge=0, le=1_000_000)] = None  # choices made on the device so far


class Proposing(BaseModel):
    """A prompt that everybody shall judge, if the host approves it."""

    text: Annotated[_Said, Field(max_length=20_000)]


class Undoing(BaseModel):
    """The choice to take back."""

    id: _Id


def workshop_routes(bench: Workbench) -> APIRouter:
    """The page at /join and the routes under /api/workshop."""
    router = APIRouter(route_class=RefusalsAsJson)
    workshop = bench.workshop

    @router.get("/join")
    @router.get("/join/{code}")
    def page(code: str = "") -> FileResponse:
        return FileResponse(STATIC / "workshop.html", media_type="text/html", headers={"Cache-Control": "no-cache"})

    @router.get("/workshop/{name}")
    def file(name: _File) -> FileResponse:
        return FileResponse(STATIC / name, headers={"Cache-Control": "no-cache"})

    @router.get("/api/workshop/session/{code}")
    def session(code: _Code) -> Json:
        return _session_json(workshop.greet(code))

    @router.post("/api/workshop/join")
    def join(made: Joining) -> Json:
        person = workshop.join(made.code, made.secret, made.alias, made.scope, made.language)
        return {"alias": person.annotator.alias, **_session_json(person.session)}

    @router.post("/api/workshop/pairs")
    def pairs(secret: _Secret) -> Json:
        session, waiting = workshop.pairs(secret)
        proposes = session.asks_for_prompts and takes_pairs(session)
        return {**_phase_json(session), "proposes": proposes, "pairs": [_pair_json(pair) for pair in waiting]}

    @router.post("/api/workshop/vote")
    def vote(made: Vote, secret: _Secret) -> Json:
        session = workshop.vote(
            secret,
            made.token,
            made.choice,
            judgment_id=made.id,
            decision_ms=made.decision_ms,
            source=made.input,
            comment=made.comment,
            client_time=made.client_time,
            tapped=made.tapped,
        )
        return {"saved": made.id, **_phase_json(session)}

    @router.get("/api/workshop/curves/{code}")
    async def curves(code: _Code) -> Json:
        fresh = bench.session_runs.shared.find(code)
        return fresh or await asyncio.to_thread(bench.session_runs.curves, code)

    @router.post("/api/workshop/propose")
    def propose(made: Proposing, secret: _Secret) -> Json:
        bench.proposals.propose(secret, made.text)
        return {"proposed": True}

    @router.post("/api/workshop/reveal")
    def reveal(secret: _Secret) -> Json:
        return phone_json(*bench.reveals.mine(secret))

    _take_back_routes(router, workshop)
    return router


def _take_back_routes(router: APIRouter, workshop: Workshop) -> None:
    """Undo a choice, leave, withdraw everything."""

    @router.post("/api/workshop/undo")
    def undo(made: Undoing, secret: _Secret) -> Json:
        return {"undone": workshop.undo(secret, made.id)}

    @router.post("/api/workshop/leave")
    def leave(secret: _Secret) -> Json:
        workshop.leave(secret)
        return {"left": True}

    @router.post("/api/workshop/withdraw")
    def withdraw(secret: _Secret) -> Json:
        workshop.withdraw(secret)
        return {"withdrawn": True}


def _session_json(session: Session) -> Json:
    rules = session.rules
    languages = {one.language: {"rubric": one.rubric, "consent": one.consent} for one in rules.translations}
    texts = {"title": rules.title, "rubric": rules.rubric, "consent": rules.consent, "languages": languages}
    return texts | _phase_json(session)


def _phase_json(session: Session) -> Json:
    return {"state": phase(session), "round": session.revotes}


def _pair_json(pair: ShownPair) -> Json:
    return {"token": pair.token, "prompt": pair.prompt.spoken, "left": pair.left, "right": pair.right}
