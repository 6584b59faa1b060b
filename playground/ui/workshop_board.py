"""The host's board: code, QR, address, and figures that the browser fetches while it shows them."""

from __future__ import annotations

import gradio as gr

from playground.preferences.record import Session
from playground.types import Json, Snapshot
from playground.ui.theme import static
from playground.vocabulary import LEFT_OUT
from playground.workbench.joining import join_address, qr_picture, reaches_phones


def board() -> gr.HTML:
    """The component; its value comes from board_value."""
    return gr.HTML(
        value={},
        html_template='<div class="board"></div>',
        css_template=static("workshop_board.css"),
        js_on_load="Playground.workshopBoard(element, props, watch)",
        apply_default_css=False,
        elem_id="workshop-board",
    )


def board_value(session: Session | None, request: gr.Request, snapshot: Snapshot | None = None) -> Json:
    """What the board shows of a session."""
    if session is None:
        return {}
    address = join_address(request.request.headers, request.request.url.scheme, session.code)
    value = {
        "id": session.id,
        "title": session.rules.title,
        "code": session.code,
        "address": address,
        "picture": qr_picture(address),
        "frozen": "",
        "warning": "",
    }
    if not reaches_phones(address):
        value["warning"] = (
            "Phones cannot reach this address. Start with PLAYGROUND_HOST=0.0.0.0 and a PLAYGROUND_HOST_PASSWORD, and "
            "open this page by the address that this machine has in the room's network."
        )
    if snapshot is not None:
        rows, name = len(snapshot.preferences), snapshot.content_hash[:12]
        value["frozen"] = f"Frozen: {rows} preferences, hash {name}." + _left_out(snapshot.dropped)
    return value


def _left_out(dropped: dict[str, int]) -> str:
    if not dropped:
        return ""
    return " Left out: " + ", ".join(f"{n} {LEFT_OUT.get(reason, reason)}" for reason, n in dropped.items()) + "."
