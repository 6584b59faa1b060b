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


class RefusalsAsJson(APIRoute):
    """Answers what is refused with {"message", "hint"}."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except PlaygroundError as error:
                name = getattr(error, "name", type(error).__name__)
                return refusal(_STATUS.get(name, 422), error.message, error.hint)
            except RequestValidationError as error:
                return refusal(422, _what_was_wrong(error), "Reload the page and try again.")

        return answer


def refusal(status: int, message: str, hint: str) -> JSONResponse:
    """What went wrong and what to do, for the page to show."""
    return JSONResponse({"message": message, "hint": hint}, status_code=status)


def _what_was_wrong(error: RequestValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(str(part) for part in first['loc'][1:])}: {first['msg']}."
