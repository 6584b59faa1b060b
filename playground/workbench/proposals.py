"""Prompts from the room: typed on a phone, read by the host, and judged by everybody only once they are approved."""

from __future__ import annotations

from playground.errors import NotAllowed, PlaygroundError
from playground.preferences.insertion import storable
from playground.preferences.record import Proposal, Session
from playground.preferences.store import PreferenceStore
from playground.types import Prompt
from playground.workbench.pace import Pace
from playground.workbench.pairs import FindCheckpoint, PairPool
from playground.workbench.session_pairs import sample_pair
from playground.workbench.workshop import Workshop

LONGEST = 300  # characters of one


class Proposals:
    """What the host does, and the one thing that a participant does."""

    def __init__(self, workshop: Workshop, store: PreferenceStore, pool: PairPool, find: FindCheckpoint) -> None:
        self._workshop = workshop
        self._store = store
        self._pool = pool
        self._find = find
        self._typing = Pace(burst=100, per_s=2)  # of a whole session: nobody's list can be flooded

    def ask(self, workspace: str, id: str, on: bool) -> None:
        """Whether the people of one of the host's sessions may propose prompts from now on."""
        self._store.proposals.ask(self._workshop.find(workspace, id).id, on)

    def all(self, workspace: str, id: str) -> list[Proposal]:
        """Those of one of the host's sessions, oldest first."""
        return self._store.proposals.all(self._workshop.find(workspace, id).id)

    def approve(self, workspace: str, id: str, proposal: str) -> None:
        """Have the compared models answer it, and give out the pair. Raises where they cannot: it waits on then."""
        session = self._workshop.find(workspace, id)
        if not takes_pairs(session):
            raise NotAllowed("The first vote is over; nobody would judge it.", hint="Decline it, or open the session.")
        text = self._store.proposals.find(id, proposal).text
        compared = [self._find(workspace, one) for one in self._store.sessions.checkpoints(workspace, id)]
        if not compared:
            hint = "Decline it: no model can answer a new prompt here."
            raise NotAllowed("The texts of this session came in a file.", hint=hint)
        self._store.proposals.approve(id, proposal, sample_pair(self._pool, workspace, compared, Prompt.user(text)))

    def decline(self, workspace: str, id: str, proposal: str) -> None:
        """Show it to nobody."""
        self._store.proposals.decline(self._workshop.find(workspace, id).id, proposal)

    def propose(self, secret: str, text: str) -> None:
        """Keep what a participant typed for the host to read. Raises: NotAllowed where the host asks for none."""
        person = self._workshop.person(secret)
        if not (person.session.asks_for_prompts and takes_pairs(person.session)):
            raise NotAllowed("The host takes no prompts now.", hint="Go on judging pairs.")
        typed = storable(text).strip()
        if not 1 <= len(typed) <= LONGEST:
            raise PlaygroundError(f"The prompt has {len(typed)} characters.", hint=f"Write 1 to {LONGEST}.")
        self._typing.take(person.session.id)
        self._store.proposals.add(person, typed)


def takes_pairs(session: Session) -> bool:
    """Whether a new pair of the first vote would be judged."""
    return session.state in ("open", "paused") and not session.revotes
