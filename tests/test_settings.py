import pytest

from playground.settings import Settings


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
