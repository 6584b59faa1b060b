"""Before people judge: a disk that loses what a killed process had stored is found out."""

import pytest

from playground.errors import PlaygroundError
from playground.preferences import disk_test
from playground.preferences.disk_test import check_disk


@pytest.mark.parametrize("journal", ["WAL", "DELETE"])
def test_a_disk_that_keeps_what_is_stored_passes_and_is_left_as_it_was(tmp_path, journal):
    check_disk(tmp_path, journal)
    assert list(tmp_path.iterdir()) == []


LOSES = {
    "a change that was never stored": (
        'CREATE TABLE kept (word)")',
        'CREATE TABLE kept (word)"); connection.execute("BEGIN")',
    ),
    "another word": ("(word,)", '("other",)'),
    "a write that fails": ("INSERT INTO kept", "INSERT INTO nowhere"),
    "a process that is not killed": ("signal.SIGKILL)", "signal.SIGCHLD)"),
}


@pytest.mark.parametrize("how", LOSES)
def test_a_disk_that_loses_it_is_refused_with_what_to_do(tmp_path, monkeypatch, how):
    monkeypatch.setattr(disk_test, "_WRITE_AND_DIE", disk_test._WRITE_AND_DIE.replace(*LOSES[how]))
    with pytest.raises(PlaygroundError, match="does not keep what is stored") as error:
        check_disk(tmp_path, "WAL")
    assert "PLAYGROUND_DATA_DIR" in error.value.hint


def test_a_folder_that_cannot_be_written_is_refused_in_the_same_words(tmp_path):
    with pytest.raises(PlaygroundError, match="does not keep what is stored"):
        check_disk(tmp_path / "missing", "WAL")
