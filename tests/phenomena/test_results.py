"""Figures over seeds: means, intervals, the least convincing seed, and what counts as measured."""

import pytest

from playground.phenomena.catalogue import PHENOMENA
from playground.phenomena.phenomenon import Phenomenon, Row
from playground.phenomena.results import Results, figure


def test_a_figure_is_the_mean_over_its_seeds():
    made = figure(Row("rise", "rises by", at_least=2.0), [2.5, 1.0, 2.8])
    assert (made.name, made.value, made.cases, made.reached) == ("rises by", pytest.approx(2.1), 3, True)


@pytest.mark.parametrize(
    ("row", "value", "reached"),
    [
        (Row("rise", "rises", at_least=2.0, every_seed=True), 1.0, False),
        (Row("rise", "rises", at_most=3.0, every_seed=True), 2.8, True),
    ],
)
def test_what_every_seed_must_show_is_judged_by_the_seed_that_shows_it_least(row, value, reached):
    made = figure(row, [2.5, 1.0, 2.8])
    assert (made.value, made.low, made.high, made.reached) == (value, 1.0, 2.8, reached)


def test_a_table_holds_the_seeds_measured_with_these_weights(tmp_path):
    one = Phenomenon("dpo", "DPO", "How.", lambda lab: {}, (Row("rise", "rises by"),))
    here, other = Results(tmp_path, "abc"), Results(tmp_path, "other weights")
    assert here.table(one, range(3)) is None
    here.write("dpo", 0, {"rise": 1.0})
    here.write("dpo", 2, {"rise": 3.0})
    other.write("dpo", 1, {"rise": 100.0})
    table = here.table(one, range(3))
    assert [(f.value, f.cases) for f in table.figures] == [(2.0, 2)]
    assert here.read("dpo", 1) is None


def test_names_of_phenomena_and_their_rows_are_unique():
    assert len({one.name for one in PHENOMENA}) == len(PHENOMENA)
    for one in PHENOMENA:
        assert len({row.key for row in one.rows}) == len({row.name for row in one.rows}) == len(one.rows)
