import dataclasses
import math

import pytest

from playground.registry import Shelf, algorithms, build_config, dials
from playground.types import Speed
from playground.vocabulary import METRICS

ENTRIES = list(algorithms().values())
IDS = [entry.name for entry in ENTRIES]


@pytest.mark.parametrize("entry", ENTRIES, ids=IDS)
def test_every_charted_metric_is_in_the_vocabulary(entry):
    names = {name for panel in entry.charts for name in panel}
    assert names and names <= set(METRICS)


@pytest.mark.parametrize("entry", ENTRIES, ids=IDS)
def test_every_setting_has_a_dial_with_a_tooltip_and_one_is_the_main_one(entry):
    looks = dials(entry.config)
    assert all(len(look.help) > 20 for look in looks.values())
    assert sum(look.place == "main" for look in looks.values()) == 1


@pytest.mark.parametrize("entry", ENTRIES, ids=IDS)
def test_every_preset_gives_a_valid_config(entry):
    for values in entry.presets.values():
        build_config(entry, values)


@pytest.mark.parametrize("entry", ENTRIES, ids=IDS)
def test_the_default_lies_within_every_dials_range(entry):
    config = entry.config()
    build_config(entry, {name: getattr(config, name) for name in dials(entry.config)})


@pytest.mark.parametrize("entry", ENTRIES, ids=IDS)
def test_the_estimate_grows_with_the_rows_or_the_work(entry):
    def seconds(config, rows):
        return entry.workload(config, rows, 40).seconds(Speed(1000.0, 1000.0, 1000.0, "cpu", "float32", 1))

    config = entry.config()
    small = seconds(config, 50)
    assert math.isfinite(small) and small > 0
    if entry.needs != "prompts":  # those are drawn from, however many there are
        assert seconds(config, 100) > small
    work = {name for name in ("epochs", "iterations", "rollouts", "ppo_epochs") if hasattr(config, name)}
    assert work
    for name in work:
        assert seconds(dataclasses.replace(config, **{name: 2 * getattr(config, name)}), 50) > small


@pytest.mark.parametrize("entry", ENTRIES, ids=IDS)
def test_an_unknown_setting_is_refused_by_name(entry):
    with pytest.raises(ValueError, match="betta"):
        build_config(entry, {"betta": 1})


def test_a_value_out_of_range_or_not_a_number_is_refused():
    entry = algorithms()["dpo"]
    for bad in (-1.0, 1e9, math.nan):
        with pytest.raises(ValueError):
            build_config(entry, {"beta": bad})


@pytest.mark.parametrize(
    ("name", "field", "value", "words"),
    [
        ("dpo", "seed", -1, "Seed is -1; between 0 and 2147483647 is needed."),
        ("dpo", "beta", -1.0, "Beta is -1; between 0.01 and 2 is needed."),
        ("sft", "held_out_share", 1e9, "Held-out share is 1000000000; between 0 and 0.5 is needed."),
    ],
)
def test_a_range_is_told_as_one_would_write_it(name, field, value, words):
    with pytest.raises(ValueError) as refused:
        build_config(algorithms()[name], {field: value})
    assert str(refused.value) == words


def test_a_name_taken_by_another_file_is_refused_and_the_same_file_may_be_imported_again():
    shelf = Shelf("audit", "playground.audits")
    shelf.put("length", 1, "one.file")
    shelf.put("length", 2, "one.file")
    with pytest.raises(ValueError, match="audit 'length' is registered by one"):
        shelf.put("length", 3, "another.file")
