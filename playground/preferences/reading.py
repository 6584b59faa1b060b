"""Questions to the tables: the rows a page lists, the preferences a training run gets, what was left out and why."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, case, func, or_, select, true

from playground.preferences import tables
from playground.preferences.insertion import in_chunks
from playground.preferences.record import Contested, Judgment, SetCounts, ShownPair, TieRule
from playground.preferences.statistics import share_of
from playground.types import Annotator, Checkpoint, Completion, Message, Preference, Prompt

EJECTED = "ejected"  # the role of who was taken out by the host
PROMPT_GONE = "prompt withdrawn"  # why a judgment does not count whose prompt was typed by somebody who has gone
IMPORTED = "imported"  # the strategy of what was judged elsewhere and came in a file
CHECKS = ("repeat", "gold")  # strategies whose judgments say something of the annotator, and train nothing
REVOTE = "revote"  # the strategy of what compares the models before and after training; it trains nothing
APART = (*CHECKS, REVOTE)
WITHOUT_SIDES = ("ranked", IMPORTED)  # strategies whose left and right say nothing about the page

_proposal, _author = tables.proposal, tables.annotator.alias("author")
_judgment, _assignment, _annotator, _prompt = tables.judgment, tables.assignment, tables.annotator, tables.prompt
_left, _right = tables.completion.alias("left"), tables.completion.alias("right")
_TEXTS = _left.c.text.label("left"), _right.c.text.label("right")

_JUDGED = (
    _judgment.join(_assignment, _judgment.c.assignment == _assignment.c.id)
    .join(_annotator, _judgment.c.annotator == _annotator.c.id)
    .join(_left, _assignment.c.left == _left.c.id)
    .join(_right, _assignment.c.right == _right.c.id)
    .join(_prompt, _left.c.prompt == _prompt.c.id)
)


def _typed_by(authors: ColumnElement[bool]) -> Select:
    """The ids of the prompts that those people typed."""
    joined = _proposal.join(_author, _proposal.c.annotator == _author.c.id)
    return select(_proposal.c.prompt).select_from(joined).where(_proposal.c.prompt.is_not(None), authors)


GONE_PROMPTS = _typed_by(_author.c.withdrawn_at.is_not(None))
_KEPT_PROMPTS = _typed_by(or_(_author.c.withdrawn_at.is_not(None), _author.c.consent_scope != "publish"))

_WHY_GONE = case((_annotator.c.role == EJECTED, EJECTED), else_="withdrawn")

# Why a judgment is no training row; the first that holds. An empty text: it is one.
_DROPPED = case(
    (_judgment.c.valid.is_(False), _judgment.c.reason),
    (_annotator.c.withdrawn_at.is_not(None), _WHY_GONE),
    (_prompt.c.id.in_(GONE_PROMPTS), PROMPT_GONE),
    (_assignment.c.strategy.in_(APART), _assignment.c.strategy),
    (_judgment.c.choice.not_in(("left", "right")), _judgment.c.choice),
    (_left.c.text == _right.c.text, "same text"),
    else_="",
)


_IMPORTED = _assignment.c.strategy == IMPORTED
_GONE = or_(_annotator.c.withdrawn_at.is_not(None), _prompt.c.id.in_(GONE_PROMPTS))
_MAY_LEAVE = and_(
    or_(_annotator.c.session.is_(None), _annotator.c.consent_scope == "publish"), _prompt.c.id.not_in(_KEPT_PROMPTS)
)
_COUNTS = and_(_judgment.c.valid.is_(True), ~_GONE)


_SHOWN = (
    select(_assignment.c.id, _prompt.c.messages, _prompt.c.source, *_TEXTS)
    .select_from(
        _assignment.join(_left, _assignment.c.left == _left.c.id)
        .join(_right, _assignment.c.right == _right.c.id)
        .join(_prompt, _left.c.prompt == _prompt.c.id)
    )
    .where(_assignment.c.workspace == bindparam("of"), _assignment.c.id.in_(bindparam("tokens", expanding=True)))
)


def read_preferences(connection: Connection, workspace: str) -> list[Preference]:
    """The training rows, in the order in which they were judged."""
    question = _judgments(workspace).where(_DROPPED == "").order_by(_judgment.c.seq)
    return [judgment.preference for judgment in _found(connection, question)]


def read_judgments(connection: Connection, workspace: str, leaving: bool = False) -> list[Judgment]:
    """All that count, in the order in which they were judged; or of those, what may leave this machine."""
    question = _judgments(workspace).where(_COUNTS, _MAY_LEAVE if leaving else true())
    return list(_found(connection, question.order_by(_judgment.c.seq)))


def read_kept_here(connection: Connection, host: str, ids: Sequence[str]) -> set[str]:
    """Those of the judgments, of the host's sessions, that must not leave this machine."""
    return _of_sessions(connection, host, ids, or_(~_MAY_LEAVE, _GONE))


def read_withdrawn_of(connection: Connection, host: str, ids: Sequence[str]) -> set[str]:
    """Those of the judgments, of the host's sessions, whose people have withdrawn, or whose prompt's author has."""
    return _of_sessions(connection, host, ids, _GONE)


def _of_sessions(connection: Connection, host: str, ids: Sequence[str], which: ColumnElement[bool]) -> set[str]:
    sessions = select(tables.session.c.id).where(tables.session.c.host == host)
    question = select(_judgment.c.id).select_from(_JUDGED).where(_judgment.c.workspace.in_(sessions), which)
    return {id for chunk in in_chunks(ids) for id in connection.scalars(question.where(_judgment.c.id.in_(chunk)))}


def read_dropped(connection: Connection, workspace: str) -> dict[str, int]:
    """Reason -> judgments that are no training rows."""
    question = select(_DROPPED, func.count()).select_from(_JUDGED).where(_judgment.c.workspace == workspace)
    reasons = connection.execute(question.group_by(_DROPPED).order_by(_DROPPED))
    return {reason: n for reason, n in reasons if reason}


def read_ties(connection: Connection, workspace: str, until: float | None = None) -> list[Preference]:
    """What was judged equally good until then, to train on as neither better; the left text stands first."""
    early = true() if until is None else _judgment.c.created_at <= until
    ties = (_judgment.c.choice == "tie", early, _left.c.text != _right.c.text)
    question = _judgments(workspace).where(_COUNTS, *ties, _assignment.c.strategy.not_in(APART))
    found = _found(connection, question.order_by(_judgment.c.seq))
    return [Preference(tie.prompt, tie.left, tie.right, tie.id, tie.annotator) for tie in found]


def read_decision_ms(connection: Connection, workspace: str) -> dict[str, int]:
    """How long each judgment took, where that is known."""
    known = and_(_judgment.c.workspace == workspace, _judgment.c.decision_ms.is_not(None))
    return {id: ms for id, ms in connection.execute(select(_judgment.c.id, _judgment.c.decision_ms).where(known))}


def read_usable_since(connection: Connection, workspace: str, at: float, tie_rule: TieRule) -> int:
    """How many judgments that can be trained on came after that."""
    usable = ("", "tie") if tie_rule == "both ways" else ("",)
    late = and_(_judgment.c.workspace == workspace, _judgment.c.created_at > at, _DROPPED.in_(usable))
    return connection.scalar(select(func.count()).select_from(_JUDGED).where(late))


def read_rows(
    connection: Connection, workspace: str, search: str, limit: int, offset: int, removed: bool
) -> list[Judgment]:
    """Newest first. removed: those that were taken out by hand, instead of those that count."""
    question = _judgments(workspace).order_by(_judgment.c.seq.desc()).limit(limit).offset(offset)
    if removed:
        question = question.where(_judgment.c.valid.is_(False), _judgment.c.reason == "removed")
    else:
        question = question.where(_COUNTS)
    if search:
        places = (_prompt.c.text, _left.c.text, _right.c.text, _annotator.c.alias, _judgment.c.comment)
        question = question.where(or_(*(place.icontains(search, autoescape=True) for place in places)))
    return list(_found(connection, question))


def read_contest(connection: Connection, workspace: str, reference: Checkpoint, policy: Checkpoint) -> list[Contested]:
    """Each choice of a person here between these two, as they are now, in the order of judging.

    A tie and both bad count half; skipped pairs say nothing.
    """
    wrote = {
        (side, one.id): and_(side.c.checkpoint == one.id, side.c.fingerprint == one.fingerprint)
        for side in (_left, _right)
        for one in (reference, policy)
    }
    policy_left = and_(wrote[_left, policy.id], wrote[_right, reference.id])
    policy_right = and_(wrote[_left, reference.id], wrote[_right, policy.id])
    question = (
        select(
            _prompt.c.messages,
            _prompt.c.source,
            _judgment.c.choice,
            _left.c.text.label("left"),
            _right.c.text.label("right"),
            policy_left.label("on_the_left"),
        )
        .select_from(_JUDGED)
        .where(_judgment.c.workspace == workspace, _COUNTS, _annotator.c.kind == "person", ~_IMPORTED)
        .where(_assignment.c.strategy.not_in(CHECKS))
        .where(_judgment.c.choice != "skip", or_(policy_left, policy_right))
        .order_by(_judgment.c.seq)
    )
    return [_contested(row) for row in connection.execute(question)]


def read_counts(connection: Connection, workspace: str, tie_rule: TieRule = "drop") -> SetCounts:
    """Everything the page says about a set, from one pass over it. tie_rule: whether ties are usable."""
    decided = _judgment.c.choice.in_(("left", "right"))
    chosen_first = _judgment.c.choice == "left"
    left_length, right_length = func.length(_left.c.text), func.length(_right.c.text)
    longer = case(
        (or_(~decided, left_length == right_length), "neither"),
        (
            or_(and_(chosen_first, left_length > right_length), and_(~chosen_first, left_length < right_length)),
            "chosen",
        ),
        else_="rejected",
    )
    sided = _assignment.c.strategy.not_in(WITHOUT_SIDES)
    kind = case((_IMPORTED, "file"), else_=_annotator.c.kind)
    cells = (_DROPPED, _COUNTS, _judgment.c.choice, kind, sided, longer)
    question = select(*cells, func.count()).select_from(_JUDGED).where(_judgment.c.workspace == workspace)

    choices, kinds, sides, lengths, dropped = Counter(), Counter(), Counter(), Counter(), Counter()
    for reason, counts_now, choice, of_kind, has_sides, length, n in connection.execute(question.group_by(*cells)):
        dropped[reason] += n
        if not counts_now:
            continue
        choices[choice] += n
        kinds[of_kind] += n
        lengths[length] += n
        if has_sides:
            sides[choice] += n
    usable = dropped.pop("", 0) + (dropped.pop("tie", 0) if tie_rule == "both ways" else 0)
    return SetCounts(
        total=choices.total(),
        by_choice=dict(choices),
        by_kind=dict(kinds),
        usable=usable,
        dropped=dict(sorted(dropped.items())),
        left_share=share_of(sides["left"], sides["left"] + sides["right"]),
        longer_share=share_of(lengths["chosen"], lengths["chosen"] + lengths["rejected"]),
    )


def read_writers(connection: Connection, workspace: str) -> dict[frozenset[str | None], int]:
    """Who wrote the two completions of a training row -> how many rows."""
    cells = (_left.c.checkpoint, _right.c.checkpoint)
    question = select(*cells, func.count()).select_from(_JUDGED).where(_judgment.c.workspace == workspace)
    found = Counter()
    for left, right, n in connection.execute(question.where(_DROPPED == "").group_by(*cells)):
        found[frozenset({left, right})] += n
    return dict(found)


def read_gone(connection: Connection, workspace: str) -> dict[str, str]:
    """The ids of the choices of who has gone, and on their prompts -> why: withdrawn, ejected, prompt withdrawn."""
    why = case((_annotator.c.withdrawn_at.is_not(None), _WHY_GONE), else_=PROMPT_GONE)
    question = select(_judgment.c.id, why).select_from(_JUDGED).where(_judgment.c.workspace == workspace, _GONE)
    return {id: reason for id, reason in connection.execute(question)}


def read_shown(connection: Connection, workspace: str, tokens: Sequence[str]) -> list[ShownPair]:
    """The pairs under these tokens, in their order and on the sides they had; unknown tokens give none."""
    rows = connection.execute(_SHOWN, {"of": workspace, "tokens": list(tokens)})
    found = {row.id: ShownPair(row.id, prompt_of(row), row.left, row.right) for row in rows}
    return [found[token] for token in tokens if token in found]


def read_texts(connection: Connection, workspace: str, kind: str) -> list[tuple[str, Completion, Completion]]:
    """The id and the two completions, x and y, of each pair of that kind."""
    pair = tables.pair
    question = (
        select(pair.c.id, _prompt.c.messages, _prompt.c.source, *_TEXTS)
        .select_from(
            pair.join(_left, pair.c.x == _left.c.id)
            .join(_right, pair.c.y == _right.c.id)
            .join(_prompt, pair.c.prompt == _prompt.c.id)
        )
        .where(pair.c.workspace == workspace, pair.c.kind == kind)
    )
    found = [(row, prompt_of(row)) for row in connection.execute(question)]
    return [(row.id, Completion(prompt, row.left), Completion(prompt, row.right)) for row, prompt in found]


def read_later_prompts(connection: Connection, workspace: str) -> list[Prompt]:
    """What is kept for the vote after training."""
    table = tables.later_prompt
    question = select(table.c.messages, table.c.source).where(table.c.workspace == workspace).order_by(table.c.id)
    return [prompt_of(row) for row in connection.execute(question)]


def _judgments(workspace: str) -> Select:
    return (
        select(
            _judgment.c.id,
            _judgment.c.choice,
            _judgment.c.strength,
            _judgment.c.ranking,
            _judgment.c.origin,
            _judgment.c.comment,
            _judgment.c.decision_ms,
            _judgment.c.created_at,
            _IMPORTED.label("imported"),
            _annotator.c.id.label("annotator_id"),
            _annotator.c.alias,
            _annotator.c.kind,
            _prompt.c.messages,
            _prompt.c.source,
            _left.c.text.label("left"),
            _right.c.text.label("right"),
            _left.c.checkpoint.label("left_checkpoint"),
            _right.c.checkpoint.label("right_checkpoint"),
        )
        .select_from(_JUDGED)
        .where(_judgment.c.workspace == workspace)
    )


def _found(connection: Connection, question: Select) -> Iterator[Judgment]:
    """The rows as judgments; equal prompts and annotators are one object each."""
    prompts: dict[tuple[str, str], Prompt] = {}
    annotators: dict[str, Annotator] = {}
    for row in connection.execute(question):
        key = (row.messages, row.source)
        if key not in prompts:
            prompts[key] = prompt_of(row)
        yield Judgment(
            prompts[key],
            row.left,
            row.right,
            row.choice,
            annotators.setdefault(row.annotator_id, _annotator_of(row)),
            id=row.id,
            strength=row.strength,
            ranking=row.ranking,
            origin=row.origin,
            created_at=row.created_at,
            decision_ms=row.decision_ms,
            comment=row.comment,
            left_checkpoint=row.left_checkpoint,
            right_checkpoint=row.right_checkpoint,
            imported=bool(row.imported),
        )


def _contested(row) -> Contested:
    left = {"left": 1.0, "right": 0.0}.get(row.choice, 0.5)
    if row.on_the_left:
        return Contested(prompt_of(row), row.left, row.right, left)
    return Contested(prompt_of(row), row.right, row.left, 1.0 - left)


def _annotator_of(row) -> Annotator:
    return Annotator(row.annotator_id, row.alias, row.kind)


def prompt_of(row) -> Prompt:
    """The prompt of a row that holds its messages and its source."""
    return Prompt(tuple(Message(role, content) for role, content in json.loads(row.messages)), row.source)
