"""Text that comes back byte for byte: PostgreSQL refuses the character 0, which a model may write."""

from __future__ import annotations

from sqlalchemy import Dialect, Text
from sqlalchemy.types import TypeDecorator

_ESCAPE = "\ue000"  # for private use, so hardly any text holds it
_WRITTEN = {ord(_ESCAPE): _ESCAPE + "1", 0: _ESCAPE + "0"}


class Verbatim(TypeDecorator[str]):
    """Text; in PostgreSQL the character 0 and the escape itself stand as two characters each."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """As it is stored, or searched for."""
        escaped = value is not None and dialect.name == "postgresql"
        return value.translate(_WRITTEN) if escaped else value

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """As it was given."""
        if value is None or dialect.name != "postgresql" or _ESCAPE not in value:
            return value
        return value.replace(_ESCAPE + "0", "\0").replace(_ESCAPE + "1", _ESCAPE)
