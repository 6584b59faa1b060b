"""Who is the host where many people reach one playground: whoever knew the password, or is an owner by the Hub."""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping

from playground.errors import NotAllowed, PlaygroundError
from playground.settings import Settings

HOST_COOKIE = "playground_host"
LASTS_S = 86_400
SHORTEST_PASSWORD = 8
TRIES = 20  # wrong passwords within a minute, from everybody together: a room has one address
UNGUESSABLE = 16  # characters; such a password is never locked, so nobody can keep the host out
_WINDOW_S = 60.0


class HostRights:
    """Hands out a secret to whoever is the host, and knows it again for a day. A restart forgets all of them."""

    def __init__(
        self, password: str, owners: Collection[str] = (), clock: Callable[[], float] = time.monotonic
    ) -> None:
        if len(password) < SHORTEST_PASSWORD and (password or not owners):
            hint = f"Set PLAYGROUND_HOST_PASSWORD to at least {SHORTEST_PASSWORD} characters."
            raise PlaygroundError(f"The host's password has {len(password)} characters.", hint=hint)
        self._password = password.encode()
        self._owners = {name.casefold() for name in owners}
        self._clock = clock
        self._known: dict[str, float] = {}  # secret -> until when
        self._failed: deque[float] = deque(maxlen=TRIES)
        self._lock = threading.Lock()

    @property
    def by_password(self) -> bool:
        """Whether there is a password to sign in with."""
        return bool(self._password)

    @property
    def by_hub(self) -> bool:
        """Whether owners sign in with Hugging Face."""
        return bool(self._owners)

    def sign_in(self, password: str) -> str:
        """A secret that shows from now on that its bearer is the host. Raises: NotAllowed for a wrong password."""
        if not self._password:
            raise NotAllowed("This playground has no host's password.", hint="Sign in with Hugging Face instead.")
        with self._lock:
            if len(self._password) < UNGUESSABLE and self._locked():
                hint = f"Wait a minute, then try again. A password of {UNGUESSABLE} characters is never locked."
                raise NotAllowed("Too many wrong passwords.", hint=hint)
            if not hmac.compare_digest(password.encode(errors="replace"), self._password):
                self._failed.append(self._clock())
                raise NotAllowed("This is not the host's password.", hint="Look at PLAYGROUND_HOST_PASSWORD.")
            return self._new_secret()

    def sign_in_as(self, user: str) -> str:
        """The same for a user whom the Hub has vouched for. Raises: NotAllowed for anybody but an owner."""
        if user.casefold() not in self._owners:
            hint = "Sign in there as an owner and try again. PLAYGROUND_OWNERS says who is one."
            raise NotAllowed(f"On Hugging Face you are {user}, and {user} is no owner of this playground.", hint=hint)
        with self._lock:
            return self._new_secret()

    def sign_out(self, cookies: Mapping[str, str]) -> None:
        """Forget that secret: no copy of it opens anything any more."""
        with self._lock:
            self._known.pop(cookies.get(HOST_COOKIE, ""), None)

    def require(self, cookies: Mapping[str, str]) -> None:
        """Raises: NotAllowed for anybody but the host."""
        if self._clock() >= self._known.get(cookies.get(HOST_COOKIE, ""), 0.0):
            raise NotAllowed(
                "Only the host may do this.", hint="Sign in as the host at /host, or join by a code at /join."
            )

    def _new_secret(self) -> str:
        now = self._clock()
        self._known = {secret: until for secret, until in self._known.items() if until > now}
        secret = secrets.token_urlsafe(32)
        self._known[secret] = now + LASTS_S
        return secret

    def _locked(self) -> bool:
        return len(self._failed) == TRIES and self._clock() - self._failed[0] < _WINDOW_S


def host_rights(settings: Settings) -> HostRights | None:
    """The rights of a workshop's host; None where everybody has a workspace."""
    if settings.mode != "workshop":
        return None
    return HostRights(settings.host_password, settings.owners if settings.hub_app else ())
