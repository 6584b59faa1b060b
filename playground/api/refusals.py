"""Refusals as JSON: every route answers {"message", "hint"} where a PlaygroundError or a malformed request stops it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from playground.errors import PlaygroundError

_STATUS = {"NotAllowed": 403, "NotFound": 404, "TooFast": 429, "WorkerDied": 503}  # every other refusal is a 422
_TRY_LATER = 503
_CLOSED = "The preference store is closed."
_PASSING = ("OperationalError", "InterfaceError", "InternalError", "DatabaseError")  # full, locked, away; not a bad row


class RefusalsAsJson(APIRoute):
    """Answers what is refused with {"message", "hint"}."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except PlaygroundError as error:
                return refusal(_status(error), error.message, error.hint)
            except RequestValidationError as error:
                return refusal(422, _what_was_wrong(error), "Reload the page and try again.")

        return answer


def refusal(status: int, message: str, hint: str) -> JSONResponse:
    """What went wrong and what to do, for the page to show."""
    return JSONResponse({"message": message, "hint": hint}, status_code=status)


def _status(error: PlaygroundError) -> int:
    """A device keeps what it sent and sends it again where the status is 503; any other refusal is final."""
    if type(error.__cause__).__name__ in _PASSING or error.message == _CLOSED:
        return _TRY_LATER
    return _STATUS.get(getattr(error, "name", type(error).__name__), 422)


def _what_was_wrong(error: RequestValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(str(part) for part in first['loc'][1:])}: {first['msg']}."
