"""A workspace's set of preferences: pairs to judge, choices, personas, files in and out."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from playground.errors import NotAllowed, NotFound, PlaygroundError
from playground.preferences import exchange
from playground.preferences.pairing import swapped
from playground.preferences.record import Imported, Judgment, SetCounts
from playground.preferences.statistics import WinRate, win_rate
from playground.preferences.store import PreferenceStore
from playground.settings import Settings
from playground.table_files import BadRow
from playground.types import Annotator, Checkpoint, Choice, Prompt
from playground.workbench.downloads import downloads
from playground.workbench.hands import Hand, Pair
from playground.workbench.pairs import FindCheckpoint, PairPool
from playground.workbench.quotas import Quotas

STEP = 5  # choices after which a contest's figure moves
PART = 100  # rows of a file that are stored in one go


@dataclass(frozen=True, slots=True)
class Shown:
    """A pair or a K-way set put before an annotator, blind."""

    token: str
    prompt: str
    completions: tuple[str, ...]  # two: left, right


@dataclass(frozen=True, slots=True)
class Adding:
    """A file on its way into the set."""

    done: Imported
    total: int  # rows that can be used
    refused: tuple[BadRow, ...]

    @property
    def rows(self) -> int:
        """How many rows have been dealt with."""
        return self.done.added + self.done.known + self.done.withdrawn


@dataclass(frozen=True, slots=True)
class Contest:
    """Two checkpoints judged against each other by people here."""

    reference: Checkpoint
    policy: Checkpoint
    rate: WinRate  # of the policy, over as many choices as make whole steps
    choices: int  # so far


class Preferences:
    """Show, choose, undo, rank; let a persona choose; count, search, remove; import and export."""

    def __init__(
        self,
        store: PreferenceStore,
        pairs: PairPool,
        checkpoint: FindCheckpoint,
        settings: Settings,
        quotas: Quotas,
    ) -> None:
        self._store = store
        self._pairs = pairs
        self._checkpoint = checkpoint
        self._data_dir = settings.data_dir
        self._limits = settings.upload_limits
        self._quotas = quotas

    def person(self, workspace: str) -> Annotator:
        """The visitor as an annotator."""
        return self._store.annotator(workspace, "person", "you")

    def deal(self, workspace: str, purpose: str, pairs: Sequence[Pair]) -> str:
        """Put pairs aside to be judged for a purpose; returns the token by which next_pair shows them."""
        return self._pairs.hands.add(workspace, purpose, pairs)

    def hand(self, workspace: str, token: str) -> Hand | None:
        """How far such a hand has been judged."""
        return self._pairs.hands.find(workspace, token)

    def next_pair(
        self, workspace: str, checkpoint_ids: Sequence[str], prompt: Prompt | None = None, hand: str = ""
    ) -> Shown:
        """Two completions to judge, blind, sides by chance; for the given prompt, or for one of the pocket's.

        From one checkpoint both; from two, one each. hand: the token of pairs that come before those.
        """
        self._quotas.require_pairs(workspace, 1)
        dealt = self._pairs.hands.show(workspace, hand)
        left, right = dealt or self._pairs.take(workspace, tuple(checkpoint_ids), prompt)
        person = self.person(workspace)
        if swapped(workspace, person.id, self._store.shown_count(workspace, person)):
            left, right = right, left
        token = self._store.show_pair(workspace, person, left, right, strategy="dealt" if dealt else "uniform")
        return Shown(token, left.prompt.spoken, (left.text, right.text))

    def choose(
        self,
        workspace: str,
        token: str,
        choice: Choice,
        *,
        judgment_id: str,
        strength: int | None = None,
        decision_ms: int | None = None,
        source: str = "button",
    ) -> None:
        """Store a choice; returns after it is on disk. The same judgment_id again changes nothing."""
        self._store.judge(
            workspace, token, choice, id=judgment_id, strength=strength, decision_ms=decision_ms, input=source
        )
        if not self._pairs.hands.holds(workspace):
            return
        shown = self._store.shown(workspace, token)
        self._pairs.hands.judged(workspace, shown.prompt.key, frozenset((shown.left, shown.right)))

    def undo(self, workspace: str, judgment_id: str | None = None) -> Shown | None:
        """Take the visitor's last choice back, or the named one, and show its pair again; None where there is none."""
        token = self._store.undo(workspace, self.person(workspace), judgment_id)
        if token is None:
            return None
        shown = self._store.shown(workspace, token)
        return Shown(token, shown.prompt.spoken, (shown.left, shown.right))

    def next_set(self, workspace: str, checkpoint_ids: Sequence[str], k: int, prompt: Prompt | None = None) -> Shown:
        """K completions of one prompt to put in order."""
        if not 2 <= k <= 6:
            raise PlaygroundError(f"{k} completions asked for; 2 to 6 can be ranked.", hint="Choose K from 2 to 6.")
        self._quotas.require_pairs(workspace, k * (k - 1) // 2)
        completions = self._pairs.take_set(workspace, tuple(checkpoint_ids), k, prompt)
        token = self._pairs.hold(workspace, completions)
        return Shown(token, completions[0].prompt.spoken, tuple(c.text for c in completions))

    def rank(self, workspace: str, token: str, order: list[list[int]], *, judgment_id: str) -> int:
        """Store an order of a K-way set (tiers of positions, best first). Returns how many preferences it gave.

        The same judgment_id again changes nothing. Another one may order the set once the earlier order is undone.
        """
        person = self.person(workspace)
        stored = self._store.ranking(workspace, person, judgment_id)
        if stored is not None:
            return len(stored)
        completions = self._pairs.held(workspace, token)
        if sorted(i for tier in order for i in tier) != list(range(len(completions))):
            raise PlaygroundError("The order does not name every completion once.", hint="Rank all of them.")
        earlier = self._pairs.ranked_by(workspace, token)
        if earlier and self._store.ranking(workspace, person, earlier) is not None:
            raise NotAllowed("These completions have been ranked already.", hint="Rank the next ones, or undo this.")
        self._quotas.require_pairs(workspace, len(completions) * (len(completions) - 1) // 2)
        self._pairs.mark_ranked(workspace, token, judgment_id)
        return len(self._store.rank_many(workspace, person, completions, order, id=judgment_id))

    def persona_labels(
        self,
        workspace: str,
        persona: str,
        n: int,
        checkpoint_ids: Sequence[str],
        temperature: float = 0.7,
        seed: int = 0,
        hand: str = "",
    ) -> Iterator[int]:
        """Let a simulated annotator judge n fresh pairs, by the checkpoints as in next_pair.

        It is asked the prompts on which its taste shows; the pairs of the hand come before them. Yields how many are
        stored so far.
        """
        from playground.pocket import PERSONAS, label_mix, persona_choice, prompt_set

        if persona not in PERSONAS:
            raise NotFound(f"There is no persona {persona!r}.", hint=f"Choose one of {', '.join(PERSONAS)}.")
        self._quotas.require_pairs(workspace, n)
        annotator = self._store.annotator(workspace, "persona", persona)
        rng = random.Random(f"{workspace} {persona} {seed} {self.counts(workspace).total}")
        ask = partial(prompt_set, kinds=label_mix(persona))
        done = 0
        while done < n:
            wanted, drawn = min(32, n - done), rng.randrange(2**31)
            pairs = self._pairs.hands.take(workspace, hand, wanted) or self._pairs.fresh(
                workspace, tuple(checkpoint_ids), wanted, drawn, ask
            )
            rows = []
            for at, (left, right) in enumerate(pairs, start=done):
                if swapped(workspace, annotator.id, at):
                    left, right = right, left
                choice = persona_choice(persona, left.prompt.text, left.text, right.text, temperature, rng)
                rows.append((left, right, choice))
            self._store.judge_many(workspace, annotator, rows)
            done += len(rows)
            yield done

    def rows(self, workspace: str, search: str = "", limit: int = 200, removed: bool = False) -> list[Judgment]:
        """Judgments, newest first; removed: those taken out by hand."""
        return self._store.rows(workspace, search=search, limit=limit, removed=removed)

    def counts(self, workspace: str) -> SetCounts:
        """The set in figures."""
        return self._store.counts(workspace)

    def writers(self, workspace: str) -> dict[frozenset[str | None], int]:
        """Ids of the checkpoints that wrote a pair (None: it came in a file) -> how many preferences they have."""
        return self._store.writers(workspace)

    def version(self, workspace: str) -> int:
        """Another number whenever the set is another."""
        return self._store.last_event(workspace)

    def contest(self, workspace: str, reference_id: str, policy_id: str) -> Contest:
        """Who wins so far. The figure moves with every STEP choices, so that none tells which side was which."""
        reference, policy = self._checkpoint(workspace, reference_id), self._checkpoint(workspace, policy_id)
        scores = self._store.scores(workspace, reference, policy)
        return Contest(reference, policy, win_rate(scores[: len(scores) - len(scores) % STEP]), len(scores))

    def remove(self, workspace: str, judgment_ids: Sequence[str]) -> None:
        """Leave judgments out of everything from now on."""
        self._store.remove(workspace, *judgment_ids)

    def restore(self, workspace: str, judgment_ids: Sequence[str]) -> None:
        """Let removed judgments count again."""
        self._store.restore(workspace, *judgment_ids)

    def read_file(self, path: Path) -> tuple[list[Judgment], list[BadRow]]:
        """What a file holds, before anything is stored: its judgments, and the rows refused with why."""
        return exchange.read_judgments(path, self._limits)

    def add_file(self, workspace: str, path: Path) -> Iterator[Adding]:
        """Add a file's rows to the set; yields how far it is.

        It goes in parts, so that no choice made meanwhile waits long. What broke off may be added again: nothing is
        stored twice.
        """
        judgments, bad = self.read_file(path)
        self._quotas.require_pairs(workspace, len(judgments))
        done = Imported(0, 0, 0)
        yield Adding(done, len(judgments), tuple(bad))
        for start in range(0, len(judgments), PART):
            done += self._store.add_judgments(workspace, judgments[start : start + PART], source=path.name)
            yield Adding(done, len(judgments), tuple(bad))

    def export(self, workspace: str, kind: exchange.Kind, form: exchange.Form = "trl") -> Path:
        """The set as a file. Raises: PlaygroundError where it would hold no row."""
        self._quotas.require_disk(workspace)
        name = f"preferences-{uuid.uuid4().hex[:8]}.{kind}"  # two may download at once
        path = downloads(self._data_dir, workspace) / name
        if not exchange.write_judgments(path, self._store.judgments(workspace, leaving=True), form):
            path.unlink()
            hint = "Judge some pairs first. Of a workshop, only choices that may be published leave in a file."
            raise NotFound("There is nothing to put into a file yet.", hint=hint)
        return path
