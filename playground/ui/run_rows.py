"""Runs as rows of text: one line each for the list, and their settings side by side."""

from __future__ import annotations

import dataclasses
import math
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from playground.registry import algorithms, dials, suited
from playground.runs.origin import data_words
from playground.runs.tail import RunSummary
from playground.types import Checkpoint, Json, RunSpec
from playground.ui.durations import spoken
from playground.vocabulary import METRICS

_NONE = "–"


def run_row(summary: RunSummary, recorded: bool) -> Json:
    """One line of the list."""
    spec = summary.spec
    return {
        "id": spec.id,
        "name": spec.name,
        "algorithm": algorithms()[spec.algorithm].title,
        "status": summary.status,
        "active": summary.active,
        "events": summary.events,
        "result": _result(summary),
        "data": data_words(spec),
        "took": spoken(summary.seconds) if summary.seconds else "",
        "when": time.strftime("%d %b %H:%M", time.localtime(spec.created_at)),
        "recorded": recorded,
        "adapter": bool(summary.checkpoint and summary.checkpoint.merges),
    }


def names_of(summaries: Sequence[RunSummary]) -> dict[str, str]:
    """Run id -> its name, with the end of its id where two are called the same."""
    often = Counter(s.spec.name for s in summaries)
    return {
        s.spec.id: s.spec.name if often[s.spec.name] == 1 else f"{s.spec.name} ({s.spec.id[-4:]})" for s in summaries
    }


def side_by_side(summaries: Sequence[RunSummary], rewards: Mapping[str, RunSummary]) -> Json:
    """The runs' settings in groups; for one run what it was made from and what was changed from the usual.

    rewards: the runs that trained the reward models, by checkpoint id.
    Returns: {"columns": names, "groups": [{"title", "folded", "marked", "rows": [{"setting", "values"}]}], "note"}.
    """
    if not summaries:
        return {}
    facts = [_facts(s, rewards) for s in summaries]
    if len(summaries) == 1:
        return _alone(summaries[0], facts[0])
    rows = _rows([fact | _settings(s.spec.config, s) for fact, s in zip(facts, summaries, strict=True)])
    differ = [row for row in rows if len(set(row["values"]) - {None}) > 1]
    shared = [row for row in rows if len(set(row["values"])) == 1]
    only_some = [row for row in rows if row not in differ and row not in shared]
    return {
        "columns": list(names_of(summaries).values()),
        "groups": [
            *_group("", differ, marked=True),
            *_group(f"{len(shared)} settings they share", shared, folded=True),
            *_group(f"{len(only_some)} settings that only some of them have", only_some, folded=True),
        ],
        "note": "" if differ else "They differ in no setting that they have in common.",
    }


def _alone(summary: RunSummary, facts: Mapping[str, str]) -> Json:
    mine, usual = _settings(summary.spec.config, summary), _settings(_usual(summary), summary)
    rows = _rows([mine, usual])
    changed = [row for row in rows if row["values"][0] != row["values"][1]]
    kept = [row for row in rows if row not in changed]
    return {
        "columns": [summary.spec.name, "usually"],
        "groups": [
            *_group("", [{"setting": name, "values": [value, ""]} for name, value in facts.items()]),
            *_group("Changed from the usual", changed, marked=True),
            *_group(f"{len(kept)} settings as usual", kept, folded=True),
        ],
        "note": "" if changed else "All its settings are the usual ones. Tick a second run to see where they differ.",
    }


def _group(title: str, rows: list[Json], folded: bool = False, marked: bool = False) -> list[Json]:
    return [{"title": title, "rows": rows, "folded": folded, "marked": marked}] if rows else []


def _rows(columns: Sequence[Mapping[str, str]]) -> list[Json]:
    """One row a setting; None where a run's algorithm has no such setting."""
    names = dict.fromkeys(name for column in columns for name in column)
    return [{"setting": name, "values": [column.get(name) for column in columns]} for name in names]


def _facts(summary: RunSummary, rewards: Mapping[str, RunSummary]) -> dict[str, str]:
    spec = summary.spec
    facts = {"Algorithm": algorithms()[spec.algorithm].title, "Started from": _made(spec.start, spec)}
    if spec.reward:
        judge = rewards.get(spec.reward.id)
        facts["Reward model"] = _made(spec.reward, spec) + (f", trained on {data_words(judge.spec)}" if judge else "")
    facts["Data"] = data_words(spec)
    facts["Frozen set" if spec.snapshot else "Hash of the data"] = spec.data_hash[:12]
    return facts


def _made(source: Checkpoint, spec: RunSpec) -> str:
    """The checkpoint's name; marked where it was made for a recorded run: one's own may be its namesake."""
    return f"{source.name} (recorded)" if source.run_id and not spec.workspace else source.name


def _settings(config: Json, summary: RunSummary) -> dict[str, str]:
    labels = {field: look.label for field, look in dials(algorithms()[summary.spec.algorithm].config).items()}
    return {labels.get(field, field): _written(value) for field, value in config.items()}


def _usual(summary: RunSummary) -> Json:
    entry = algorithms()[summary.spec.algorithm]
    return dataclasses.asdict(entry.config(**suited(entry, summary.spec.start, {})))


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return _NONE if value in (None, "") else str(value)


def _result(summary: RunSummary) -> str:
    """The main metric's last value, and how far a run in progress has come."""
    metrics = summary.metrics or {}
    shown = (name for panel in algorithms()[summary.spec.algorithm].charts for name in panel if name != "gold_reward")
    main = next((name for name in shown if metrics.get(name) is not None), None)
    result = f"{METRICS[main].title} {_value(main, metrics[main])}" if main else ""
    progress = f"step {summary.step} of {summary.total_steps}" if summary.active and summary.total_steps else ""
    return ", ".join(filter(None, (result, progress)))


def _value(metric: str, value: float) -> str:
    """As the run's own page shows it: halves of a per cent go up there, and to the even number in Python."""
    return f"{math.floor(100 * value + 0.5)} %" if METRICS[metric].unit == "share" else f"{value:.3g}"
