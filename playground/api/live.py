"""A value that changes, as server-sent messages: the whole of it whenever it is another, until it is over."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable

from fastapi import Request
from fastapi.responses import StreamingResponse

from playground.types import Json

_HEARTBEAT_S = 15.0
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def live(request: Request, look: Callable[[], Json], every_s: float = 0.4) -> StreamingResponse:
    """look: the value now. What it says under "over" ends the stream; it is told first."""
    return StreamingResponse(_told(request, look, every_s), media_type="text/event-stream", headers=_HEADERS)


async def _told(request: Request, look: Callable[[], Json], every_s: float) -> AsyncIterator[str]:
    told, silent_s = "", 0.0
    while not await request.is_disconnected():
        value = await asyncio.to_thread(look)
        text = json.dumps(value, ensure_ascii=False)
        if text != told:
            yield f"data: {text}\n\n"
            told, silent_s = text, 0.0
        if value["over"]:
            return
        silent_s += every_s
        if silent_s >= _HEARTBEAT_S:
            silent_s = 0.0
            yield ": still here\n\n"
        await asyncio.sleep(every_s)
