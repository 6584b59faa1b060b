"""What a Space is given where its README says `hf_oauth: true`: an app on the Hub, by which people sign in there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

_OF_THE_APP = ("OAUTH_CLIENT_ID", "OAUTH_CLIENT_SECRET", "OAUTH_SCOPES", "OPENID_PROVIDER_URL")


@dataclass(frozen=True, slots=True)
class HubApp:
    """The app's name and secret at the Hub, and both addresses."""

    client_id: str
    client_secret: str = field(repr=False)
    scopes: str
    provider: str  # under which .well-known/openid-configuration lies
    address: str  # the Space's own one, where the Hub sends people back to; other names may lead here too


def read_hub_app(environ: Mapping[str, str]) -> HubApp | None:
    """The app as the platform's variables tell it; None where there is none."""
    given = [environ.get(name, "") for name in _OF_THE_APP]
    host = environ.get("SPACE_HOST", "").split(",")[0].strip()  # a domain of one's own stands behind a comma
    return HubApp(*given, address=f"https://{host}") if host and all(given) else None
