"""What a visitor must know about how long what is made here will last."""

from __future__ import annotations

from playground.settings import Settings
from playground.workbench.mirror import Mirror


def keeping_notes(settings: Settings, mirror: Mirror | None) -> tuple[str, ...]:
    """Plain sentences for the top of the page; none where everything stays."""
    notes = []
    if settings.mode == "demo":
        notes.append(
            "A shared demo: what you make is seen by this browser only, and erased "
            f"{settings.demo_hours} hours after the last thing you made."
        )
    if mirror is not None:
        notes.append(mirror.note())
    if settings.storage == "temporary" and (mirror is None or not mirror.good):
        notes.append("A restart of this machine loses everything made here: download what you want to keep.")
    return tuple(notes)
