"""The board on the projector: code, QR, address, and figures that the browser fetches while it shows them."""

from __future__ import annotations

import gradio as gr
import segno

from playground.preferences.record import Session
from playground.types import Json, Snapshot
from playground.ui.theme import static
from playground.vocabulary import LEFT_OUT

_HERE_ONLY = ("127.0.0.1", "localhost", "0.0.0.0", "[::1]")


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
    address = join_address(request, session.code)
    value = {
        "id": session.id,
        "title": session.rules.title,
        "code": session.code,
        "address": address,
        "picture": segno.make(address, error="m").svg_data_uri(scale=8, border=2, dark="#0f172a", light="#fff"),
        "frozen": "",
        "warning": "",
    }
    if address.split("://")[1].split("/")[0].rsplit(":", 1)[0] in _HERE_ONLY:
        value["warning"] = (
            "Phones cannot reach this address. Start with PLAYGROUND_HOST=0.0.0.0 and a PLAYGROUND_HOST_PASSWORD, and "
            "open this page by the address that this machine has in the room's network."
        )
    if snapshot is not None:
        rows, name = len(snapshot.preferences), snapshot.content_hash[:12]
        value["frozen"] = f"Frozen: {rows} preferences, hash {name}." + _left_out(snapshot.dropped)
    return value


def join_address(request: gr.Request, code: str) -> str:
    """Where phones join, by the address that the host's own browser uses."""
    headers = dict(request.headers)
    scheme = headers.get("x-forwarded-proto", request.request.url.scheme).split(",")[0]
    return f"{scheme}://{headers.get('x-forwarded-host', headers.get('host', '127.0.0.1'))}/join/{code}"


def _left_out(dropped: dict[str, int]) -> str:
    if not dropped:
        return ""
    return " Left out: " + ", ".join(f"{n} {LEFT_OUT.get(reason, reason)}" for reason, n in dropped.items()) + "."
