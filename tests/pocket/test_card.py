"""The card says what was measured, from data, and whether it is enough."""

import pytest

from playground.pocket.card import Figure, Table, read_tables, write_card, write_tables

HEAD = "# A model\n"


@pytest.mark.parametrize(
    ("value", "at_least", "at_most", "reached"),
    [
        (0.9, 0.9, None, True),
        (0.89, 0.9, None, False),
        (0.5, 0.03, 0.4, False),
        (5.0, None, 5.0, True),
        (1, None, None, None),
    ],
)
def test_a_figure_knows_whether_it_is_where_it_should_be(value, at_least, at_most, reached):
    assert Figure("facts", value, 10, at_least=at_least, at_most=at_most).reached is reached


def test_tables_come_back_as_they_were_written(tmp_path):
    tables = [
        Table("Facts", "Greedy.", (Figure("seen", 0.97, 200, 0.94, 0.99, at_least=0.97), Figure("odd", -12.5, 3)))
    ]
    write_tables(tmp_path, "knowledge", tables)
    assert read_tables(tmp_path, "knowledge") == tables
    assert read_tables(tmp_path, "phenomena") == []


def test_each_part_of_the_card_is_written_whichever_was_measured_last(tmp_path):
    parts = ("knowledge", "phenomena")
    write_tables(tmp_path, "phenomena", [Table("PPO", "", (Figure("gold rises by", 2.14, 3, at_least=2.0),))])
    assert "PPO" in write_card(tmp_path, HEAD, parts)
    write_tables(tmp_path, "knowledge", [Table("Facts", "", (Figure("seen", 0.951, 200, 0.93, 0.98, at_least=0.97),))])
    card = write_card(tmp_path, HEAD, parts)
    assert card == (tmp_path / "card.md").read_text(encoding="utf-8")
    assert card.startswith(HEAD)
    assert card.index("## Facts") < card.index("## PPO")
    assert "| gold rises by | at least 2.00 | 2.14 |  | 3 | yes |" in card
    assert write_card(tmp_path) == card
    assert "| seen | at least 0.97 | 0.95 | 0.93 to 0.98 | 200 | no |" in card
