"""What a reveal tells: figures for the phones, which put them into words of their language; words for the rest."""

from __future__ import annotations

from collections.abc import Sequence

from playground.preferences.record import OwnChoice, Spread, Standing
from playground.types import Json
from playground.workbench.reveals import Revealed

_FROM_A_FILE = "Texts from a file"


def phone_json(found: Revealed, own: Sequence[OwnChoice]) -> Json:
    """For one person's phone. A text that came in a file has no name: the phone has a word for that."""
    return {
        "writers": [_writer(found, one) for one in found.standings],
        "one": None if found.standings or not found.names else next(iter(found.names.values())),
        "people": found.people,
        "choices": found.choices,
        "apart": found.apart,
        "own": [_own(found, one) for one in own],
    }


def reveal_json(found: Revealed) -> Json:
    """For the board and the projector: words, and a bar for each writer on one axis from 0 to 100 %."""
    return {"words": _words(found), "bars": [_bar(found, one) for one in found.standings]}


def _writer(found: Revealed, one: Standing) -> Json:
    told = one.rate.value is not None
    interval = {"low": one.rate.low, "high": one.rate.high} if told else {"low": None, "high": None}
    return {"name": found.names[one.checkpoint], "won": one.won, "choices": one.rate.n} | interval


def _own(found: Revealed, one: OwnChoice) -> Json:
    texts = {"prompt": one.prompt.spoken, "left": one.left, "right": one.right, "choice": one.choice}
    by = {"left_by": one.left_by, "right_by": one.right_by}
    return texts | {side: found.names.get(writer, writer or "") for side, writer in by.items()}


def _bar(found: Revealed, one: Standing) -> Json:
    told = one.rate.value is not None
    low, high = (one.rate.low, one.rate.high) if told else (one.won, one.won)
    share = f"won {100 * one.won:.0f} % of {one.rate.n}" + (f" ({100 * low:.0f} to {100 * high:.0f} %)" if told else "")
    words = share if one.strength.value is None else f"{share}; strength {_strength(one.strength)}"
    return {"name": _name(found, one.checkpoint), "value": one.won, "low": low, "high": high, "words": words}


def _strength(found: Spread) -> str:
    return f"{found.value:+.2f} ({found.low:+.2f} to {found.high:+.2f})"


def _words(found: Revealed) -> str:
    if not found.choices:
        return "Nobody has chosen anything yet."
    if not found.standings:
        name = next(iter(found.names.values()))
        if not name:
            return "All texts came in a file; who wrote them is not known here."
        return f"Both texts of every pair were written by the same: {name}. There is nothing to compare."
    choices, people = _counted(found.choices, "choice", "choices"), _counted(found.people, "person", "people")
    said = f"{choices} by {people}; a tie and both bad count half for each."
    return f"{said} {_verdict(found)}"


def _verdict(found: Revealed) -> str:
    if found.apart is None:
        return "Too few to tell: ten people are needed for an interval."
    how = "Strength (Bradley-Terry): a model that is 1 stronger wins 73 of 100 choices; all strengths add up to 0."
    return how if found.apart else f"Not distinguishable: the intervals overlap. {how}"


def _name(found: Revealed, checkpoint: str | None) -> str:
    return found.names[checkpoint] or _FROM_A_FILE


def _counted(n: int, one: str, many: str) -> str:
    return f"{n} {one if n == 1 else many}"
