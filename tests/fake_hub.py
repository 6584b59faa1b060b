"""A stand-in for the Hugging Face Hub as a provider of OpenID Connect, served on this machine."""

from __future__ import annotations

import base64
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse
from starlette.routing import Route

SPACE_HOST = "someone-playground.hf.space"
CLIENT_ID, CLIENT_SECRET = "the-app", "the app's own secret"


class FakeHub:
    """Whoever is sent to it is signed in already, as `user`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.user: str | None = "someone"  # None: the person says no
        self.key = self._published = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self.ends_s = 3600.0  # from now until the signed profile is no longer valid
        self.says: dict[str, object] = {}  # what the signed profile says otherwise
        self.down = False
        self._codes: dict[str, tuple[str, str]] = {}  # code -> nonce, address to go back to

    @property
    def space(self) -> dict[str, str]:
        """The variables that the platform sets in the Space `someone/playground` with `hf_oauth: true`."""
        of_the_app = {"OAUTH_CLIENT_ID": CLIENT_ID, "OAUTH_CLIENT_SECRET": CLIENT_SECRET}
        return of_the_app | {
            "OAUTH_SCOPES": "openid profile",
            "OPENID_PROVIDER_URL": self.url,
            "SYSTEM": "spaces",
            "SPACE_ID": "someone/playground",
            "SPACE_HOST": SPACE_HOST,
            "SPACE_AUTHOR_NAME": "someone",
        }

    def app(self) -> Starlette:
        """The four addresses of a provider."""
        routes = [
            Route("/.well-known/openid-configuration", self._about),
            Route("/oauth/authorize", self._authorize),
            Route("/oauth/token", self._token, methods=["POST"]),
            Route("/oauth/jwks", lambda _: JSONResponse({"keys": [self._published.as_dict(private=False)]})),
        ]
        return Starlette(routes=routes)

    def _about(self, request: Request) -> JSONResponse:
        if self.down:
            return JSONResponse({}, status_code=503)
        at = {name: f"{self.url}/oauth/{path}" for name, path in _ADDRESSES.items()}
        return JSONResponse({"issuer": self.url, "id_token_signing_alg_values_supported": ["RS256"]} | at)

    def _authorize(self, request: Request) -> RedirectResponse:
        asked = request.query_params
        assert (asked["client_id"], asked["response_type"], asked["scope"]) == (CLIENT_ID, "code", "openid profile")
        back = {"state": asked["state"]}
        if self.user is None:
            back |= {"error": "access_denied", "error_description": "The resource owner denied the request"}
        else:
            back["code"] = secrets.token_hex(8)
            self._codes[back["code"]] = asked["nonce"], asked["redirect_uri"]
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(back)}", status_code=303)

    async def _token(self, request: Request) -> JSONResponse:
        basic = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
        assert basic == f"{CLIENT_ID}:{CLIENT_SECRET}"
        async with request.form() as form:
            nonce, redirect_uri = self._codes.pop(form["code"], ("", ""))  # a code is good once
            if not nonce or form["redirect_uri"] != redirect_uri:
                return JSONResponse({"error": "invalid_grant"}, status_code=400)
        now = int(time.time())
        profile = {"iss": self.url, "aud": CLIENT_ID, "sub": "1", "nonce": nonce, "preferred_username": self.user}
        profile |= {"iat": now, "exp": now + int(self.ends_s)} | self.says
        signed = jwt.encode({"alg": "RS256", "kid": "one"}, profile, self.key)
        return JSONResponse({"access_token": "hub-token", "token_type": "bearer", "expires_in": 60, "id_token": signed})


_ADDRESSES = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "jwks"}


@contextmanager
def served_hub() -> Iterator[FakeHub]:
    """One that listens on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    hub = FakeHub(f"http://127.0.0.1:{port}")
    server = uvicorn.Server(uvicorn.Config(hub.app(), port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield hub
    server.should_exit = True
    thread.join()
