import tempfile
from pathlib import Path

import pytest

from playground.settings import Settings, pick_data_dir


def test_without_variables_the_defaults_stand():
    assert Settings.from_environment({}) == Settings()


def test_a_variable_sets_its_field():
    settings = Settings.from_environment({"PLAYGROUND_PORT": "8000", "PLAYGROUND_MODE": "demo"})
    assert (settings.port, settings.mode) == (8000, "demo")


@pytest.mark.parametrize(
    ("variable", "value"),
    [("PLAYGROUND_PORT", "many"), ("PLAYGROUND_MODE", "open"), ("PLAYGROUND_DTYPE", "int4")],
)
def test_a_value_that_cannot_be_used_is_named(variable, value):
    with pytest.raises(ValueError, match=variable):
        Settings.from_environment({variable: value})


def test_a_space_without_settings_is_in_demo_mode_and_reachable():
    settings = Settings.from_environment({"SPACE_ID": "someone/playground"})
    assert (settings.mode, settings.host) == ("demo", "0.0.0.0")


def test_an_empty_variable_counts_as_unset():
    assert Settings.from_environment({"PLAYGROUND_PORT": ""}).port == 7860


def test_a_space_keeps_its_data_on_its_own_disk_where_it_has_one(tmp_path, monkeypatch):
    beside = tmp_path / "data"
    assert pick_data_dir(True, tmp_path / "none", beside) == (beside, "temporary")
    assert pick_data_dir(False, tmp_path / "none", beside) == (beside, "lasting")
    monkeypatch.setattr("pathlib.Path.is_mount", lambda path: path == tmp_path)
    assert pick_data_dir(True, tmp_path, beside) == (tmp_path / "playground", "lasting")
    assert pick_data_dir(False, tmp_path, beside) == (beside, "lasting")


def test_where_the_apps_folder_cannot_be_written_the_data_lie_among_temporary_files(tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda path, mode: False)
    folder, storage = pick_data_dir(False, tmp_path / "none", tmp_path / "data")
    assert folder.parent == Path(tempfile.gettempdir()) and storage == "temporary"


@pytest.mark.parametrize(("folder", "storage"), [("/data/mine", "lasting"), ("/elsewhere", "temporary")])
def test_a_folder_that_is_named_on_a_space_lasts_only_on_its_disk(folder, storage):
    settings = Settings.from_environment({"SPACE_ID": "a/b", "PLAYGROUND_DATA_DIR": folder})
    assert (str(settings.data_dir), settings.storage) == (folder, storage)
    told = {"SPACE_ID": "a/b", "PLAYGROUND_DATA_DIR": folder, "PLAYGROUND_STORAGE": "lasting"}
    assert Settings.from_environment(told).storage == "lasting"


def test_a_zero_gpu_space_is_recognised():
    assert Settings.from_environment({"SPACE_ID": "a/b", "SPACES_ZERO_GPU": "true"}).zero_gpu == "on"
    assert Settings.from_environment({"SPACE_ID": "a/b"}).zero_gpu == "off"


OF_A_HUB_APP = {"OAUTH_CLIENT_ID": "a", "OAUTH_CLIENT_SECRET": "hush", "OAUTH_SCOPES": "openid profile"}
SPACE = {"SPACE_ID": "ada/playground", "SPACE_AUTHOR_NAME": "ada", "SPACE_HOST": "ada-playground.hf.space,ada.example"}
WITH_APP = {**OF_A_HUB_APP, **SPACE, "OPENID_PROVIDER_URL": "https://huggingface.co"}


def test_on_a_space_that_people_can_sign_in_to_its_author_is_the_owner_and_it_stays_a_demo():
    settings = Settings.from_environment(WITH_APP)
    assert (settings.owners, settings.mode) == (("ada",), "demo")
    assert settings.hub_app.address == "https://ada-playground.hf.space"
    assert "hush" not in repr(settings)


def test_owners_that_are_named_make_a_workshop():
    settings = Settings.from_environment({**WITH_APP, "PLAYGROUND_OWNERS": " grace ,, Ada"})
    assert (settings.owners, settings.mode) == (("grace", "Ada"), "workshop")


@pytest.mark.parametrize("missing", sorted(WITH_APP.keys() - {"SPACE_ID", "SPACE_AUTHOR_NAME"}))
def test_owners_who_could_not_sign_in_are_refused_in_words(missing):
    env = {name: value for name, value in WITH_APP.items() if name != missing}
    assert Settings.from_environment(env).owners == ()
    with pytest.raises(ValueError, match="PLAYGROUND_OWNERS is set, but nobody can sign in"):
        Settings.from_environment({**env, "PLAYGROUND_OWNERS": "grace"})
