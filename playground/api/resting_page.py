"""A page that rests while nobody touches it.

Gradio's loading screen counts its seconds sixty times a second, and goes on for as long as the page is open: an effect
that is never undone (6.31). No such count is in sight on this page, so once a second will do. Gradio keeps the function
it counts by before a page's own scripts run, so these words stand in front of all others.
"""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HEAD = b"<head>"
SCRIPT = b"""<script>
(() => {
  const frame = window.requestAnimationFrame.bind(window), cancel = window.cancelAnimationFrame.bind(window);
  const counts = /performance\\.now\\(\\)[^;]*1e3/, later = (then) => setTimeout(() => then(performance.now()), 1000);
  window.requestAnimationFrame = (then) => (counts.test(String(then)) ? -later(then) : frame(then));
  window.cancelAnimationFrame = (id) => (id < 0 ? clearTimeout(-id) : cancel(id)); // a timer's number may be a frame's
})();
</script>"""


class RestingPage:
    """Puts SCRIPT at the head of the page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; of the page itself with the script."""
        if scope["type"] != "http" or scope["path"] != "/":
            return await self._app(scope, receive, send)
        start: Message | None = None
        body = b""

        async def with_script(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            said = body.replace(_HEAD, _HEAD + SCRIPT, 1)
            headers = MutableHeaders(scope=start)
            if "content-length" in headers and said != body:
                headers["content-length"] = str(len(said))
            await send(start)
            await send({**message, "body": said})

        await self._app(scope, receive, with_script)
