"""Who is the host: what a wrong password costs, and whom."""

import pytest

from playground.errors import NotAllowed
from playground.workbench.rights import TRIES, UNGUESSABLE, HostRights


def guess(rights, times):
    for n in range(times):
        with pytest.raises(NotAllowed):
            rights.sign_in(f"wrong {n}")


def test_nobody_locks_out_a_host_whose_password_cannot_be_guessed():
    password = "x" * UNGUESSABLE
    rights = HostRights(password)
    guess(rights, 3 * TRIES)
    rights.require({"playground_host": rights.sign_in(password)})


def test_a_password_that_could_be_guessed_is_locked_and_a_longer_one_advised():
    password = "x" * (UNGUESSABLE - 1)
    rights = HostRights(password)
    guess(rights, TRIES)
    with pytest.raises(NotAllowed, match="Too many wrong passwords") as error:
        rights.sign_in(password)
    assert f"{UNGUESSABLE} characters" in error.value.hint
