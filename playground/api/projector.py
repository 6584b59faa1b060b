"""A session as the whole room sees it: how to join, and how far it is. Nothing of one person, and of a
model only once the host reveals who wrote what."""

from __future__ import annotations

from playground.api.reveal import reveal_json
from playground.preferences.record import LiveCounts, Session, SetCounts
from playground.types import Json
from playground.workbench import Workbench
from playground.workbench.joining import qr_picture
from playground.workbench.revotes import Outcome

_STATES = {
    "open": "Scan this with your phone, or open the address and type the code.",
    "paused": "Scan this with your phone, or open the address and type the code. Pairs come when the host goes on.",
    "frozen": "Judging is over for now: a model learns from what this room chose.",
    "revealed": "Who wrote what. Your phone shows your own choices.",
    "closed": "The session has ended. Thank you.",
}
_AGAIN = _STATES | {
    "open": "Second vote: the model before training against the one after it. Keep your phone open.",
    "frozen": "The second vote is over.",
}


def projector_json(bench: Workbench, workspace: str, session_id: str, address: str) -> Json:
    """All that the projector's page shows."""
    session = bench.workshop.find(workspace, session_id)
    live, counts = bench.workshop.live(workspace, session_id)
    outcome = bench.revotes.outcome(workspace, session_id, live)
    told = outcome is not None and outcome.share is not None
    revealed = bench.reveals.room(workspace, session_id) if session.state == "revealed" else None
    return {
        "title": session.rules.title,
        "state": (_AGAIN if session.revotes else _STATES)[session.state],
        "join": None if session.state in ("revealed", "closed") else _join(session, address),
        "figures": _figures(session, live, counts),
        "outcome": _words(outcome) if told else "",
        "revealed": None if revealed is None else reveal_json(revealed),
    }


def _join(session: Session, address: str) -> Json:
    place = address.split("://")[1].removesuffix(f"/{session.code}")
    return {"place": place, "code": session.code, "picture": qr_picture(address)}


def _figures(session: Session, live: LiveCounts, counts: SetCounts) -> list[tuple[str, str]]:
    overlap = session.rules.overlap
    full = sum(labels >= overlap for labels in live.labels)
    return [
        (str(live.joined - live.withdrawn), "people"),
        (str(counts.total), "choices"),
        (f"{full} of {len(live.labels)}", f"pairs have {overlap} label{'s' if overlap > 1 else ''}"),
    ]


def _words(found: Outcome) -> str:
    said = f"{100 * found.share:.0f} % prefer the model after training ({found.choices} choices, {found.people} people)"
    if found.rate.value is None:
        return f"{said}. They are too few to speak for others."
    interval = f"between {100 * found.rate.low:.0f} and {100 * found.rate.high:.0f} %"
    return f"{said}; among people like these it is {interval}."
