"""Who wrote the texts that people chose between. Nobody but the host is told before the host reveals it."""

from __future__ import annotations

from sqlalchemy import Engine, and_, select

from playground.preferences import tables
from playground.preferences.database import reading
from playground.preferences.reading import CHECKS, GONE_PROMPTS, prompt_of
from playground.preferences.record import OwnChoice, Written

_judgment, _assignment, _annotator = tables.judgment, tables.assignment, tables.annotator
_left, _right = tables.completion.alias("left"), tables.completion.alias("right")
_prompt = tables.prompt
_SCORES = {"left": 1.0, "right": 0.0}  # a tie and both bad count half

_CHOSEN = (
    _judgment.join(_assignment, _judgment.c.assignment == _assignment.c.id)
    .join(_annotator, _judgment.c.annotator == _annotator.c.id)
    .join(_left, _assignment.c.left == _left.c.id)
    .join(_right, _assignment.c.right == _right.c.id)
    .join(_prompt, _left.c.prompt == _prompt.c.id)
)
_COUNTS = and_(
    _judgment.c.valid.is_(True),
    _judgment.c.choice != "skip",
    _annotator.c.withdrawn_at.is_(None),
    _assignment.c.strategy.not_in(CHECKS),
    _prompt.c.id.not_in(GONE_PROMPTS),
)


class WrittenStore:
    """Reads who wrote what, of a session or of one person in it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def choices(self, session: str) -> list[Written]:
        """Every choice that counts, of all rounds; pairs made to check people are left out."""
        columns = (_judgment.c.annotator, _left.c.checkpoint, _right.c.checkpoint, _judgment.c.choice)
        question = select(*columns).select_from(_CHOSEN).where(_judgment.c.workspace == session, _COUNTS)
        with reading(self._engine) as connection:
            found = connection.execute(question.order_by(_judgment.c.seq)).all()
        return [Written(who, left, right, _SCORES.get(choice, 0.5)) for who, left, right, choice in found]

    def own(self, annotator: str, most: int) -> list[OwnChoice]:
        """That person's last choices, newest first."""
        columns = (_prompt.c.messages, _prompt.c.source, _judgment.c.choice)
        texts = (_left.c.text.label("left"), _right.c.text.label("right"))
        writers = (_left.c.checkpoint.label("left_by"), _right.c.checkpoint.label("right_by"))
        mine = and_(_judgment.c.annotator == annotator, _COUNTS)
        question = select(*columns, *texts, *writers).select_from(_CHOSEN).where(mine)
        with reading(self._engine) as connection:
            found = connection.execute(question.order_by(_judgment.c.seq.desc()).limit(most)).all()
        return [OwnChoice(prompt_of(row), row.left, row.right, row.left_by, row.right_by, row.choice) for row in found]
