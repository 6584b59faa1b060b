"""The host of a workshop: signing in, the figures of a session as they grow, and its choices as a file."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import FileResponse, RedirectResponse, Response

from playground.api.refusals import RefusalsAsJson
from playground.api.workshop_routes import STATIC
from playground.errors import NotAllowed
from playground.preferences import exchange
from playground.preferences.record import Lean, LiveCounts, Session, SetCounts, Spread
from playground.preferences.statistics import ENOUGH, Share
from playground.types import Json
from playground.workbench import Workbench
from playground.workbench.rights import HOST_COOKIE

_A_DAY_S = 86_400
_STATES = {
    "open": "Open: people get pairs.",
    "paused": "Paused: people can join, nobody gets new pairs.",
    "frozen": "Frozen: no new pairs; what comes late is stored beside the frozen set.",
    "closed": "Closed for good.",
}


def host_routes(bench: Workbench) -> APIRouter:
    """The page at /host, and the routes under /api/session."""
    router = APIRouter(route_class=RefusalsAsJson)

    @router.get("/host")
    def page() -> FileResponse:
        return FileResponse(STATIC / "host.html", media_type="text/html")

    @router.post("/host")
    def sign_in(password: Annotated[str, Form(max_length=1000)], request: Request) -> Response:
        if bench.rights is None:
            raise NotAllowed("This playground has no host's password.", hint="Set PLAYGROUND_HOST_PASSWORD.")
        answer = RedirectResponse("/", status_code=303)
        secure = request.url.scheme == "https"
        secret = bench.rights.sign_in(password)
        answer.set_cookie(HOST_COOKIE, secret, max_age=_A_DAY_S, httponly=True, samesite="lax", secure=secure)
        return answer

    @router.get("/api/session/{session_id}")
    def live(session_id: str, request: Request) -> Json:
        here = bench.workspace_of(request.cookies)
        session = bench.workshop.find(here, session_id)
        return {"state": _STATES[session.state], "tiles": _tiles(session, *bench.workshop.live(here, session_id))}

    @router.get("/api/session/{session_id}/export/folder")
    def folder(session_id: str, request: Request) -> FileResponse:
        session = bench.workshop.find(bench.workspace_of(request.cookies), session_id)
        return FileResponse(bench.takeaway.set_folder(session.id), filename="workshop.zip")

    @router.get("/api/session/{session_id}/export/{kind}")
    def export(
        session_id: str, kind: exchange.Kind, request: Request, form: exchange.Form = "everything"
    ) -> FileResponse:
        session = bench.workshop.find(bench.workspace_of(request.cookies), session_id)
        return FileResponse(bench.preferences.export(session.id, kind, form), filename=f"workshop.{kind}")

    return router


def _tiles(session: Session, live: LiveCounts, counts: SetCounts) -> list[tuple[str, str]]:
    """Figures and the words under them."""
    overlap = session.rules.overlap
    full = sum(labels >= overlap for labels in live.labels)
    tiles = [
        (str(live.joined - live.withdrawn), f"people, {live.active} of them judging"),
        (str(counts.total), f"choices stored, {live.per_minute} in the last minute"),
        (f"{full} of {len(live.labels)}", f"pairs with {overlap} labels or more"),
        (str(sum(labels == 0 for labels in live.labels)), "pairs without a label"),
        (str(counts.usable), "preferences to train on"),
        _agreement(live.agreement),
        _spread(live.ceiling, "of choices are those of most others; a reward model can hardly be right more often"),
        _lean(live.lean),
        _share(live.checks.gold, "of the pairs with a known answer were judged right"),
        _share(live.checks.same, "chose the same when a pair came again with its sides swapped"),
    ]
    if live.withdrawn:
        tiles.append((str(live.withdrawn), "people who withdrew"))
    return tiles


def _agreement(found: Spread) -> tuple[str, str]:
    if found.value is None:
        return "too few", f"pairs with two labels to tell how alike people judge ({found.n} so far)"
    words = f"agreement: 0 is chance, 1 is all alike (alpha, interval {found.low:.2f} to {found.high:.2f})"
    return f"{found.value:.2f}", words


def _spread(found: Spread, words: str) -> tuple[str, str]:
    if found.value is None:
        return "too few", f"people to tell how many {words}"
    return f"{100 * found.value:.0f} %", f"{words} (interval {100 * found.low:.0f} to {100 * found.high:.0f} %)"


def _lean(found: Lean) -> tuple[str, str]:
    figure, words = _spread(found.share, "chose the left one")
    if found.share.value is None:
        return figure, words
    if found.share.low <= 0.5 <= found.share.high:
        most = 100 * max(found.share.high, 1 - found.share.low)
        small = "" if found.detectable is None else f"; {100 * found.detectable:.0f} % would have shown"
        return figure, f"{words}: no lean can be told, up to {most:.0f} % is not ruled out{small}"
    return figure, f"{words}: people lean to one side (p {found.p:.2g})"


def _share(share: Share, words: str) -> tuple[str, str]:
    if share.n < ENOUGH:
        return "too few", f"choices to tell how many {words} ({share.n} so far)"
    low, high = 100 * share.low, 100 * share.high
    return f"{100 * share.value:.0f} %", f"{words} (interval {low:.0f} to {high:.0f} %)"
