"""Signing in with Hugging Face, by OpenID Connect: who comes back as an owner is the host, as with the password.

On the way a browser holds a signed cookie with what the Hub must send back. Nothing else of the Hub is kept. What
speaks to the Hub is loaded only where an owner signs in with it.
"""

from __future__ import annotations

import secrets
from typing import Any

from httpx2 import HTTPError
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from playground.api.sign_in_routes import HUB_SIGN_IN, host_page, signed_in
from playground.errors import NotAllowed
from playground.hub_app import HubApp
from playground.workbench import Workbench

HUB_BACK = f"{HUB_SIGN_IN}/back"
_IN_TIME_S = 600
_AGAIN = "Sign in once more."


def hub_routes(bench: Workbench) -> list[BaseRoute]:
    """The way to the Hub and the way back; empty where no owner signs in with it."""
    app, rights = bench.settings.hub_app, bench.rights
    if app is None or rights is None or not rights.by_hub:
        return []
    from starlette.middleware.sessions import SessionMiddleware

    hub = _client(app)

    async def begin(request: Request) -> Response:
        try:
            return await hub.authorize_redirect(request, app.address + HUB_BACK)
        except (HTTPError, ValueError) as error:
            return host_page(bench, _away(error))

    async def back(request: Request) -> Response:
        try:
            return signed_in(rights.sign_in_as(await _who(hub, request)), secure=True)
        except NotAllowed as refused:
            return host_page(bench, refused)

    held = {"session_cookie": "playground_hub", "max_age": _IN_TIME_S, "path": HUB_SIGN_IN, "https_only": True}
    session = [Middleware(SessionMiddleware, secret_key=secrets.token_hex(32), **held)]
    return [Route(HUB_SIGN_IN, begin, middleware=session), Route(HUB_BACK, back, middleware=session)]


def _client(app: HubApp) -> Any:
    """What speaks to the Hub."""
    from authlib.integrations.starlette_client import OAuth

    return OAuth().register(
        "huggingface",
        client_id=app.client_id,
        client_secret=app.client_secret,
        client_kwargs={"scope": app.scopes},
        server_metadata_url=f"{app.provider}/.well-known/openid-configuration",
    )


async def _who(hub: Any, request: Request) -> str:
    """The user's name, as the Hub has signed it. Raises: NotAllowed where it did not."""
    from authlib.integrations.base_client import MismatchingStateError, OAuthError
    from joserfc.errors import JoseError

    try:
        token = await hub.authorize_access_token(request)
    except MismatchingStateError:
        message = "This sign-in was begun in another browser, or more than ten minutes ago."
        raise NotAllowed(message, hint=_AGAIN) from None
    except OAuthError as error:
        message = f"Hugging Face did not sign you in ({error.description or error.error})."
        raise NotAllowed(message, hint=_AGAIN) from None
    except JoseError as error:
        message = f"What came back is not what Hugging Face signs for this moment ({error.error})."
        raise NotAllowed(message, hint=_AGAIN) from None
    except (HTTPError, ValueError) as error:
        raise _away(error) from None
    name = token.get("userinfo", {}).get("preferred_username")
    if not name:
        raise NotAllowed("Hugging Face did not say who you are.", hint=_AGAIN)
    return name


def _away(error: Exception) -> NotAllowed:
    return NotAllowed(f"Hugging Face does not answer as it should ({type(error).__name__}).", hint="Try again later.")
