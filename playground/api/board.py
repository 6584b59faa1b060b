"""A session as its host's board shows it: figures, and the words under them."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence

from playground.api.reveal import reveal_json
from playground.preferences.record import (
    Arrived,
    Lean,
    LiveCounts,
    PairStates,
    PersonQuality,
    Session,
    SetCounts,
    Spread,
)
from playground.preferences.resampling import binomial_p
from playground.preferences.statistics import ENOUGH, Share
from playground.types import Json
from playground.vocabulary import LEFT_OUT
from playground.workbench import Workbench
from playground.workbench.proposals import takes_pairs
from playground.workbench.revotes import Outcome

FEW, SURELY, ODD = 3, 0.75, 0.001  # known answers; a share that careful people are above; chance of so lopsided a count
_STATES = {
    "open": "Open: people get pairs.",
    "paused": "Paused: people can join, nobody gets new pairs.",
    "frozen": "Frozen: no new pairs; what comes late is stored beside the frozen set.",
    "revealed": "Revealed: phones and projector show who wrote what.",
    "closed": "Closed for good.",
}
_AGAIN = {
    "open": "Voting again: people judge the model before training against the one after it. What comes of it is shown "
    "once you freeze.",
    "paused": "The second vote is paused.",
    "frozen": "The second vote is over.",
    "revealed": "The second vote is over; phones and projector show who wrote what.",
    "closed": "Closed for good.",
}


def board_json(bench: Workbench, workspace: str, session_id: str) -> Json:
    """All that the board asks for every few seconds."""
    session = bench.workshop.find(workspace, session_id)
    live, counts = bench.workshop.live(workspace, session_id)
    outcome = bench.revotes.outcome(workspace, session_id, live)
    revealed = bench.reveals.room(workspace, session_id)
    return {
        "state": (_AGAIN if session.revotes else _STATES)[session.state],
        "pairs": _pairs(live.pairs, session.rules.overlap),
        "tiles": _tiles(live, counts) + _proposed(bench, session),
        "pace": _pace(session, live, counts),
        "copy": _copy(bench),
        "arrived": _arrived(bench.workshop.arrived(workspace, session_id), counts),
        "revote": None if outcome is None else _outcome(outcome),
        "revealed": None if revealed is None else reveal_json(revealed),
    }


def _proposed(bench: Workbench, session: Session) -> list[tuple[str, str]]:
    """Prompts that the host has to read; none once nobody would judge them."""
    waiting = bench.store.proposals.waiting(session.id) if takes_pairs(session) else 0
    return [(str(waiting), "prompts from the room wait for you, in the fold below")] if waiting else []


def _pairs(found: PairStates, overlap: int) -> Json:
    """Parts of one strip, each with its words, and what is decided so far."""
    labels = f"{overlap} label{'s' if overlap > 1 else ''}"
    parts = (("enough", found.enough, f"have {labels}"), ("out", found.given_out, "are on a screen"))
    waiting = ("waiting", found.waiting, "wait for somebody")
    said = f"Decided, as more people prefer one text: {found.decided}. Tied: {found.tied}."
    return {"parts": [*parts, waiting], "said": said if found.decided + found.tied else ""}


def _copy(bench: Workbench) -> str:
    """How old the copy on another machine is. A database elsewhere is no copy of ours."""
    if bench.mirror is not None:
        return bench.mirror.note()
    return "" if bench.settings.database_url else "There is no copy of this outside this machine."


def people_json(people: Sequence[PersonQuality]) -> list[Json]:
    """One row a person, in words; those that one should look at have a note."""
    told = [one.median_s for one in people if one.median_s is not None]
    usual_s = statistics.median(told) if told else 0.0
    return [_person(one, usual_s) for one in people]


def _person(one: PersonQuality, usual_s: float) -> Json:
    shares = {name: _of(getattr(one, name)) for name in ("gold", "same", "agreed", "left")}
    seconds = "" if one.median_s is None else f"{one.median_s:.1f} s"
    known = {"id": one.id, "alias": one.alias, "ejected": one.ejected, "choices": one.choices}
    return known | shares | {"seconds": seconds, "note": ", ".join(_notes(one, usual_s))}


def _notes(one: PersonQuality, usual_s: float) -> Iterator[str]:
    """What speaks against counting this person's choices, where enough is known."""
    if one.gold.n >= FEW and one.gold.high < SURELY:
        yield "misses known answers"
    if one.left.n >= ENOUGH and binomial_p(one.left.count, one.left.n) < ODD:
        yield f"taps {'left' if one.left.count > one.left.n / 2 else 'right'} almost always"
    if one.median_s is not None and one.choices >= ENOUGH and one.median_s < usual_s / 3:
        yield "three times as fast as the room"


def _of(share: Share) -> str:
    return f"{share.count} of {share.n}" if share.n else ""


def _pace(session: Session, live: LiveCounts, counts: SetCounts) -> Json | None:
    """What the board needs to say what some more minutes bring; None while nobody judges."""
    if session.state != "open":
        return None
    overlap, total = session.rules.overlap, counts.usable + sum(counts.dropped.values())
    missing = sum(max(0, overlap - labels) for labels in live.labels)
    labels = live.per_minute * min(1.0, sum(live.labels) / total) if total and not session.revotes else live.per_minute
    left = (live.joined - live.withdrawn) * len(live.labels) - sum(live.labels)  # nobody judges a pair twice for it
    return {"choices": live.per_minute, "labels": labels, "missing": missing, "overlap": overlap, "left": max(0, left)}


def _arrived(found: Arrived, counts: SetCounts) -> str:
    """Tapped, stored and frozen, and where the numbers differ, why."""
    if not found.stored:
        return ""
    away = found.tapped - found.stored
    said = f"Tapped {found.tapped} = stored {found.stored}" + (f" + {away} still on phones, or refused" if away else "")
    apart = [(n, LEFT_OUT.get(reason, reason)) for reason, n in counts.dropped.items()]
    if found.frozen is None:
        return f"{said}. Stored {found.stored} = " + _sum([(counts.usable, "to train on"), *apart]) + "."
    gone = found.frozen - (counts.usable - found.later)
    parts = [(found.frozen, "in the frozen set"), (found.later, "usable but after the freeze"), *apart]
    lost = f", less {gone} in the frozen set that were taken back or withdrawn since" if gone else ""
    return f"{said}. Stored {found.stored} = {_sum(parts)}{lost}."


def _sum(parts: Sequence[tuple[int, str]]) -> str:
    return " + ".join(f"{n} {words}" for n, words in parts if n)


def _outcome(found: Outcome) -> Json:
    """Words, and the bars on one axis from 0 to 100 %."""
    said = f"{found.new} against {found.old}: {found.choices} choices by {found.people} people"
    if found.share is None:
        return {"words": f"{said} so far.", "bars": []}
    bars = [_bar("People preferred the model after training", found.share, found.rate)]
    if found.accuracy is not None:
        bars.append(_bar("The reward model was right on held-out pairs", found.accuracy))
    if found.ceiling.value is not None:
        bars.append(_bar("People chose what most others chose", found.ceiling.value, found.ceiling))
    return {"words": f"{said}. {_verdict(found)}", "bars": bars}


def _verdict(found: Outcome) -> str:
    if found.rate.value is None:
        return f"With {found.people} people there is no interval: ten are needed to speak for others."
    if found.rate.low <= 0.5 <= found.rate.high:
        return "The two cannot be told apart: the interval holds 50 %."
    return "People prefer the model after training." if found.rate.low > 0.5 else "People prefer the one before."


def _bar(name: str, value: float, interval: Spread | None = None) -> Json:
    told = interval is not None and interval.value is not None
    low, high = (interval.low, interval.high) if told else (value, value)
    words = f"{100 * value:.0f} %" + (f" ({100 * low:.0f} to {100 * high:.0f} %)" if told else "")
    return {"name": name, "value": value, "low": low, "high": high, "words": words}


def _tiles(live: LiveCounts, counts: SetCounts) -> list[tuple[str, str]]:
    """Figures and the words under them."""
    tiles = [
        (str(live.joined - live.withdrawn), f"people, {live.active} of them judging"),
        (str(counts.total), f"choices stored, {live.per_minute} in the last minute"),
        (str(counts.usable), "preferences to train on"),
        _agreement(live.agreement),
        _spread(live.ceiling, "of choices are those of most others; a reward model can hardly be right more often"),
        _lean(live.lean),
        _share(live.checks.gold, "of the pairs with a known answer were judged right"),
        _share(live.checks.same, "chose the same when a pair came again with its sides swapped"),
    ]
    if live.withdrawn:
        tiles.append((str(live.withdrawn), "people who withdrew"))
    return tiles


def _agreement(found: Spread) -> tuple[str, str]:
    if found.value is None:
        return "too few", f"pairs with two labels to tell how alike people judge ({found.n} so far)"
    words = f"agreement: 0 is chance, 1 is all alike (alpha, interval {found.low:.2f} to {found.high:.2f})"
    return f"{found.value:.2f}", words


def _spread(found: Spread, words: str) -> tuple[str, str]:
    if found.value is None:
        return "too few", f"people to tell how many {words}"
    return f"{100 * found.value:.0f} %", f"{words} (interval {100 * found.low:.0f} to {100 * found.high:.0f} %)"


def _lean(found: Lean) -> tuple[str, str]:
    figure, words = _spread(found.share, "chose the left one")
    if found.share.value is None:
        return figure, words
    if found.share.low <= 0.5 <= found.share.high:
        most = 100 * max(found.share.high, 1 - found.share.low)
        small = "" if found.detectable is None else f"; {100 * found.detectable:.0f} % would have shown"
        return figure, f"{words}: no lean can be told, up to {most:.0f} % is not ruled out{small}"
    return figure, f"{words}: people lean to one side (p {found.p:.2g})"


def _share(share: Share, words: str) -> tuple[str, str]:
    if share.n < ENOUGH:
        return "too few", f"choices to tell how many {words} ({share.n} so far)"
    low, high = 100 * share.low, 100 * share.high
    return f"{100 * share.value:.0f} %", f"{words} (interval {low:.0f} to {high:.0f} %)"
