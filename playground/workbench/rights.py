"""Who is the host where many people reach one playground: whoever knew the password."""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections import deque
from collections.abc import Mapping

from playground.errors import NotAllowed, PlaygroundError

HOST_COOKIE = "playground_host"
SHORTEST_PASSWORD = 8
TRIES = 20  # wrong passwords within a minute, from everybody together: a room has one address
UNGUESSABLE = 16  # characters; such a password is never locked, so nobody can keep the host out
_WINDOW_S = 60.0


class HostRights:
    """Hands out a secret for the right password, and knows it again. A restart forgets all of them."""

    def __init__(self, password: str) -> None:
        if len(password) < SHORTEST_PASSWORD:
            hint = f"Set PLAYGROUND_HOST_PASSWORD to at least {SHORTEST_PASSWORD} characters."
            raise PlaygroundError(f"The host's password has {len(password)} characters.", hint=hint)
        self._password = password.encode()
        self._known: set[str] = set()
        self._failed: deque[float] = deque(maxlen=TRIES)
        self._lock = threading.Lock()

    def sign_in(self, password: str) -> str:
        """A secret that shows from now on that its bearer is the host. Raises: NotAllowed for a wrong password."""
        with self._lock:
            if len(self._password) < UNGUESSABLE and self._locked():
                hint = f"Wait a minute, then try again. A password of {UNGUESSABLE} characters is never locked."
                raise NotAllowed("Too many wrong passwords.", hint=hint)
            if not hmac.compare_digest(password.encode(errors="replace"), self._password):
                self._failed.append(time.monotonic())
                raise NotAllowed("This is not the host's password.", hint="Look at PLAYGROUND_HOST_PASSWORD.")
            secret = secrets.token_urlsafe(32)
            self._known.add(secret)
            return secret

    def _locked(self) -> bool:
        return len(self._failed) == TRIES and time.monotonic() - self._failed[0] < _WINDOW_S

    def require(self, cookies: Mapping[str, str]) -> None:
        """Raises: NotAllowed for anybody but the host."""
        if cookies.get(HOST_COOKIE, "") not in self._known:
            raise NotAllowed(
                "Only the host may do this.", hint="Sign in as the host at /host, or join by a code at /join."
            )
