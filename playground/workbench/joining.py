"""How people come into a session: the address they open, as text and as a picture for their cameras."""

from __future__ import annotations

from collections.abc import Mapping

import segno

_HERE_ONLY = ("127.0.0.1", "localhost", "0.0.0.0", "[::1]")


def join_address(headers: Mapping[str, str], scheme: str, code: str) -> str:
    """Where phones join, by the address that the host's own browser uses; scheme: of its request."""
    scheme = headers.get("x-forwarded-proto", scheme).split(",")[0]
    return f"{scheme}://{headers.get('x-forwarded-host', headers.get('host', '127.0.0.1'))}/join/{code}"


def qr_picture(address: str) -> str:
    """The address as a QR code, dark on white in either theme, for an image's src."""
    return segno.make(address, error="m").svg_data_uri(scale=8, border=2, dark="#0f172a", light="#fff")


def reaches_phones(address: str) -> bool:
    """Whether another device can open the address at all."""
    return address.split("://")[1].split("/")[0].rsplit(":", 1)[0] not in _HERE_ONLY
