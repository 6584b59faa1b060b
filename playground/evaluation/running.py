"""One evaluation from beginning to end: the questions one after another, and how far it is."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from playground.evaluation.examiner import Examiner
from playground.evaluation.plan import Plan, Question
from playground.evaluation.report import Report
from playground.types import Checkpoint, Workload, content_hash

_WRITTEN, _READ = 14.0, 40.0  # tokens of a usual completion; of a text with its prompt
_LARGER_WRITTEN = 48.0  # other models write until they are cut off


@dataclass(frozen=True, slots=True)
class Step:
    """One question about one checkpoint."""

    question: Question
    plan: Plan


def steps(questions: Sequence[Question], plan: Plan) -> list[Step]:
    """What has to be done: questions about one checkpoint are asked of the reference too, for before and after."""
    found = []
    for one in questions:
        if one.unfit(plan):
            continue
        found.append(Step(one, plan))
        if not one.compares and plan.reference is not None and not one.unfit(plan.of_reference()):
            found.append(Step(one, plan.of_reference()))
    return found


def rows(step: Step) -> int:
    """How many completions and texts the step works through."""
    one, plan = step.question, step.plan
    return sum(ask.rows for ask in one.asks(plan)) + one.scored(plan) + one.reads(plan)


def workloads(todo: Sequence[Step], examiner: Examiner) -> list[tuple[Checkpoint, Workload]]:
    """Each checkpoint's tokens of what is not known yet; completions that two questions share are written once."""
    asks = {(ask.checkpoint.fingerprint, ask.key): ask for step in todo for ask in step.question.asks(step.plan)}
    workers = {ask.checkpoint.fingerprint: ask.checkpoint for ask in asks.values()}
    workers |= {step.plan.checkpoint.fingerprint: step.plan.checkpoint for step in todo}
    written, read = Counter(), Counter()
    for ask in asks.values():
        each = _WRITTEN if ask.in_pocket else _LARGER_WRITTEN
        written[ask.checkpoint.fingerprint] += (ask.rows - examiner.known(ask)) * each
    for step in todo:
        read[step.plan.checkpoint.fingerprint] += step.question.scored(step.plan) * _READ
    return [(one, Workload(sample_tokens=written[key], score_tokens=read[key])) for key, one in workers.items()]


def report_of(step: Step, examiner: Examiner) -> Report:
    """Ask the question. Raises EvaluationStopped, and whatever the models' process raises."""
    started, plan = time.monotonic(), step.plan
    findings = step.question.answer(examiner, plan)
    beside = plan.reference if step.question.compares else None
    return Report(
        question=step.question.name,
        title=step.question.title,
        checkpoint=plan.checkpoint.name,
        fingerprint=plan.checkpoint.fingerprint,
        findings=findings,
        prompts_hash=_asked(step),
        seed=plan.seed,
        reference=beside.name if beside else "",
        reference_fingerprint=beside.fingerprint if beside else "",
        judges=plan.judges if step.question.judged else "",
        judges_key=plan.judges_key if step.question.judged else "",
        seconds=time.monotonic() - started,
        created_at=time.time(),
    )


def _asked(step: Step) -> str:
    keys = [ask.key for ask in step.question.asks(step.plan)]
    if step.question.reads(step.plan):
        return content_hash([one.text for one in step.plan.read])[:16]
    return keys[0] if len(keys) == 1 else "-".join(key[:4] for key in keys)
