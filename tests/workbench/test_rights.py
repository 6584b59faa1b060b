"""Who is the host: what a wrong password costs, and whom."""

import pytest

from playground.errors import NotAllowed
from playground.workbench.rights import LASTS_S, TRIES, UNGUESSABLE, HostRights


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


def test_a_host_is_one_for_a_day():
    now = [1000.0]
    rights = HostRights("a long password", clock=lambda: now[0])
    cookies = {"playground_host": rights.sign_in("a long password")}
    now[0] += LASTS_S - 1
    rights.require(cookies)
    now[0] += 1
    with pytest.raises(NotAllowed, match="Only the host"):
        rights.require(cookies)


def test_signing_out_ends_that_secret_and_no_other():
    rights = HostRights("a long password", ["Ada"])
    here, there = ({"playground_host": rights.sign_in_as(name)} for name in ("ada", "ADA"))
    rights.sign_out(here)
    rights.sign_out({})
    with pytest.raises(NotAllowed):
        rights.require(here)
    rights.require(there)


def test_an_empty_password_is_none():
    rights = HostRights("", ["ada"])
    with pytest.raises(NotAllowed, match="no host's password"):
        rights.sign_in("")
