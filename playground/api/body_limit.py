"""How much anybody may send. A body is parsed on the thread that serves the whole room, before any right is checked."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playground.api.gate import is_for_all
from playground.api.refusals import refusal

MOST_BYTES = 64 * 1024  # a vote has less than 3 KB


class SmallBodies:
    """Reads the body of what is for all before anything else does, and refuses one that is too large."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or answer 413."""
        if scope["type"] != "http" or not is_for_all(scope["path"]):
            return await self._app(scope, receive, send)
        body = await _read(scope, receive)
        if body is None:
            words = f"More than {MOST_BYTES // 1024} KB were sent.", "Send less; nothing was stored."
            return await refusal(413, *words)(scope, receive, send)
        return await self._app(scope, _again(body, receive), send)


async def _read(scope: Scope, receive: Receive) -> list[Message] | None:
    """The messages of the whole body; None where it is too large, which is known at the latest when it is."""
    said = Headers(scope=scope).get("content-length", "0")
    if not said.isdigit() or int(said) > MOST_BYTES:
        return None
    messages, size, more = [], 0, True
    while more:
        message = await receive()
        messages.append(message)
        size += len(message.get("body", b""))
        if size > MOST_BYTES:
            return None
        more = message.get("more_body", False)
    return messages


def _again(messages: list[Message], receive: Receive) -> Receive:
    """Gives what was read, then what comes."""
    held: Iterator[Message] = iter(messages)

    async def next_message() -> Message:
        message = next(held, None)
        return await receive() if message is None else message

    return next_message
