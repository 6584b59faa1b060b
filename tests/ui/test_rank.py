"""Rank without a browser: figures, table, persona progress, file preview; and that no text becomes markup."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from playground.errors import PlaygroundError
from playground.preferences.exchange import read_judgments
from playground.preferences.record import Imported, Judgment, SetCounts
from playground.preferences.statistics import share_of
from playground.table_files import BadRow, FileLimits
from playground.types import Annotator, Prompt
from playground.ui.problem import problem_html
from playground.ui.rank_file import reading_words
from playground.ui.rank_panel import panel_value, table_value
from playground.ui.rank_set import shown_table
from playground.ui.rank_words import export_words, figures_line, file_preview, import_words
from playground.ui.tabs.rank import MOST_LABELS, persona_progress
from playground.workbench.preferences import Adding

HOSTILE = "<img src=x onerror=alert(1)></td><script>alert(2)</script>"
STATIC = Path(__file__).parents[2] / "playground" / "ui" / "static"
YOU = Annotator("a1", "you", "person")


def counts(left=0, right=0, tie=0, both_bad=0, skip=0, left_share=None, longer_share=None, **dropped):
    by_choice = {"left": left, "right": right, "tie": tie, "both_bad": both_bad, "skip": skip}
    return SetCounts(
        total=sum(by_choice.values()),
        by_choice={c: n for c, n in by_choice.items() if n},
        by_kind={"person": sum(by_choice.values())},
        usable=left + right,
        dropped={reason: n for reason, n in {"tie": tie, "both_bad": both_bad, "skip": skip, **dropped}.items() if n},
        left_share=left_share or share_of(left, left + right),
        longer_share=longer_share or share_of(0, 0),
    )


def row(choice="left", **more):
    values = {
        "id": "j1",
        "prompt": Prompt.user("Why?"),
        "left": "L",
        "right": "R",
        "choice": choice,
        "strength": None,
        "annotator": YOU,
        "origin": "pair",
        "created_at": 1.0,
    }
    return Judgment(**{**values, **more})


class _Tags(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.text += data


class Bench:
    """Labels in steps of 32, as the workbench does, and remembers the search."""

    def __init__(self, rows=(), held=None):
        self.preferences = self
        self.stored, self.held, self.asked = list(rows), held or counts(), []

    def persona_labels(self, workspace, persona, n, checkpoint_ids, hand=""):
        self.asked.append((workspace, persona, n, checkpoint_ids))
        yield from range(32, n, 32)
        yield n

    def counts(self, workspace):
        return self.held

    def version(self, workspace):
        return 7

    def rows(self, workspace, search="", limit=200, removed=False):
        self.asked.append((search, removed))
        return self.stored


def test_while_a_file_is_read_no_row_of_it_is_said_to_be_added():
    words = _Tags(reading_words(Adding(Imported(0, 110, 0), 110, ()))).text
    assert words.startswith("110 of 110 rows read.") and "added" not in words


def test_an_empty_set_has_no_figures():
    assert figures_line(counts()) == ""


def test_the_figures_name_what_trains_and_what_does_not():
    line = figures_line(counts(left=6, right=4, tie=3, both_bad=2, skip=1))
    assert "<b>10</b> preferences to train on, out of 16 judgments" in line
    assert "10 with a better one, 3 tied, 2 both bad, 1 skipped" in line


@pytest.mark.parametrize(
    ("left", "n", "leans"),
    [(52, 100, False), (59, 100, False), (60, 100, True), (40, 100, True), (9, 10, True), (10, 10, True)],
)
def test_a_side_counts_as_favoured_only_when_its_interval_excludes_one_half(left, n, leans):
    line = figures_line(counts(left=left, right=n - left))  # Wilson's 95 % interval of 60/100 begins at .502
    assert ("somebody may favour a side" in line) == leans
    assert ("no sign of a favourite side" in line) == (not leans)


def test_four_choices_in_a_row_are_too_few_to_tell():
    line = figures_line(counts(left=4, left_share=share_of(4, 4)))
    assert "<b>100 %</b> of 4" in line and "too few to tell" in line and "may favour" not in line


def test_length_that_goes_with_the_choice_is_said():
    line = figures_line(counts(left=50, right=50, longer_share=share_of(90, 100)))
    assert "<b>90 %</b> of 100 (95 % interval 83 to 94 %)" in line
    assert "may learn length" in line


@pytest.mark.parametrize(
    ("choice", "chosen", "rejected", "decided"),
    [("left", "L", "R", True), ("right", "R", "L", True), ("tie", "L", "R", False), ("both_bad", "L", "R", False)],
)
def test_a_row_puts_the_preferred_text_under_chosen(choice, chosen, rejected, decided):
    (shown,) = table_value([row(choice)], 1, False)["rows"]
    assert (shown["chosen"], shown["rejected"], shown["decided"]) == (chosen, rejected, decided)


def test_a_simulated_annotator_is_marked_as_one():
    (shown,) = table_value([row(annotator=Annotator("a2", "polite", "persona"))], 1, False)["rows"]
    assert (shown["who"], shown["kind"]) == ("polite", "simulated")


def test_a_file_and_an_order_are_named_as_origins():
    from_file = row(origin="hh.jsonl", annotator=Annotator("a3", "polite", "persona"))
    shown = table_value([row(origin="ranking"), from_file], 2, False)["rows"]
    assert [r["origin"] for r in shown] == ["from an order", "from hh.jsonl"]


def test_what_was_judged_elsewhere_is_marked_so():
    here, there, ordered = row(), row(imported=True), row(imported=True, origin="ranking")
    shown = table_value([here, there, ordered], 3, False)["rows"]
    assert [r["origin"] for r in shown] == ["", "in a file", "from an order in a file"]


def test_strength_stands_beside_the_choice():
    (shown,) = table_value([row("right", strength=3)], 1, False)["rows"]
    assert shown["choice"] == "B, much better"


def test_a_search_field_that_was_never_drawn_searches_nothing():
    bench = Bench([row()], counts(left=7))
    assert shown_table(bench, "w", None, False)["total"] == 7
    assert bench.asked == [("", False)]


def test_a_search_counts_what_it_found_and_no_search_the_whole_set():
    bench = Bench([row()], counts(left=700))
    assert shown_table(bench, "w", "", False)["total"] == 700
    assert shown_table(bench, "w", " why ", False) == table_value([row()], 1, True, version=7)
    assert bench.asked == [("", False), ("why", False)]


def test_the_table_shows_the_removed_ones_apart_and_says_how_many_there_are():
    bench = Bench([row()], counts(left=700, removed=3))
    kept, removed = shown_table(bench, "w", "", False), shown_table(bench, "w", "", True)
    assert (kept["removed"], kept["out"], kept["total"]) == (False, 3, 700)
    assert (removed["removed"], removed["out"], removed["total"]) == (True, 3, 3)
    assert bench.asked == [("", False), ("", True)]


def test_the_panel_is_told_whose_completions_and_nothing_else():
    assert panel_value(("pocket-sft",), None) == {"checkpoints": ["pocket-sft"], "prompt": None, "hand": ""}


def test_persona_progress_counts_up_to_all_of_them():
    bench = Bench()
    lines = list(persona_progress(bench, "w", "polite", 70.0, ["pocket-sft"]))
    assert [int(re.search(r'value="(\d+)"', line)[1]) for line in lines] == [0, 32, 64, 70]
    assert bench.asked == [("w", "polite", 70, ["pocket-sft"])]
    assert all("s left" in line for line in lines[1:-1])
    assert "simulated" in lines[-1]


@pytest.mark.parametrize("n", [None, 0, -3, MOST_LABELS + 1])
def test_a_number_of_pairs_that_cannot_be_is_refused_before_anything_is_stored(n):
    bench = Bench()
    with pytest.raises(PlaygroundError) as refused:
        list(persona_progress(bench, "w", "polite", n, ["pocket-sft"]))
    assert str(MOST_LABELS) in refused.value.hint
    assert not bench.asked


def test_a_file_preview_names_every_bad_row_by_number_and_reason(tmp_path):
    path = tmp_path / "p.jsonl"
    path.write_text(
        '{"prompt":"Q","chosen":"yes","rejected":"no"}\n{"prompt":"Q","chosen":"same","rejected":"same"}\nnot json\n'
    )
    html = file_preview(*read_judgments(path, FileLimits()))
    assert "<b>1</b> row can be used, 2 rows refused" in html
    assert "Row 2 has the same text" in html
    assert "Row 3 is not JSON" in html


def test_a_preview_of_undecided_rows_shows_both_sides_and_the_choice():
    seen = _Tags(file_preview([row("tie"), row("left")], []))
    assert seen.text.startswith("2 rows can be used, 0 rows refused.Rows that are in the set already")
    assert "again.PromptABChoice" in seen.text
    assert "Why?LRtie" in seen.text


def test_an_import_says_what_was_added_what_was_here_and_what_was_refused_and_why():
    seen = _Tags(import_words(Imported(5, 12, 2), [BadRow(n, "has no prompt") for n in range(3, 15)])).text
    assert seen.startswith(
        "5 added, 12 were here already (2 of them undone or removed, and still are), 12 rows refused"
    )
    assert "Row 3 has no prompt." in seen and "Row 13" not in seen and "And 2 more." in seen
    gone = _Tags(import_words(Imported(1, 0, 0, withdrawn=2), [])).text
    assert gone == "1 added, 0 were here already, 2 left out because whoever judged them has withdrawn, 0 rows refused."
    assert _Tags(import_words(Imported(1, 1, 0), [])).text == "1 added, 1 was here already, 0 rows refused."


def test_the_export_says_what_each_file_holds_and_leaves_out():
    html = export_words(counts(left=6, right=4, tie=3, both_bad=2, skip=1, removed=9, **{"same text": 1}))
    seen = _Tags(html).text
    assert "one row for each of the 10 preferences" in seen
    assert "It leaves out 3 tied, 2 both bad, 1 skipped, 1 with two equal texts." in seen
    assert "one row for each of the 16 judgments" in seen
    for kind in ("jsonl", "csv", "parquet"):
        assert f'id="export-{kind}" href="api/rank/export/{kind}?form=trl" download' in html
        assert f'id="export-all-{kind}" href="api/rank/export/{kind}?form=everything" download' in html


def test_no_file_is_offered_where_it_would_hold_no_row():
    assert export_words(counts()) == ""
    assert "form=trl" not in export_words(counts(tie=2))
    assert "form=everything" in export_words(counts(tie=2))


def test_a_refused_rows_reason_never_becomes_markup():
    assert not {"img", "script"} & set(_Tags(import_words(Imported(0, 0, 0), [BadRow(1, HOSTILE)])).tags)


def test_a_file_preview_never_turns_a_files_text_into_markup():
    html = file_preview([row(prompt=Prompt.user(HOSTILE), left=HOSTILE, right=HOSTILE + "2")], [])
    seen = _Tags(html)
    assert seen.text.count(HOSTILE) == 3
    assert not {"img", "script"} & set(seen.tags)


def test_an_error_never_turns_a_files_name_into_markup():
    assert not {"img", "script"} & set(_Tags(problem_html(PlaygroundError(HOSTILE, hint=HOSTILE))).tags)


@pytest.mark.parametrize("name", ["rank_panel.js", "preference_table.js", "compare_chips.js", "compare.js"])
def test_no_script_writes_html(name):
    """Model text reaches the page through these scripts; with textContent alone it cannot become markup."""
    code = (STATIC / name).read_text(encoding="utf-8")
    assert "textContent" in code
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", code)


@pytest.mark.parametrize(
    "path", sorted(STATIC.glob("rank_*.[ch][st]*")) + sorted(STATIC.glob("preference_*.[ch][st]*"))
)
def test_templates_hold_nothing_that_gradio_would_fill_in(path):
    """html_template and css_template are evaluated as JavaScript template strings and by Handlebars."""
    assert not re.search(r"[`\\]|\$\{|\{\{", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("usable", "leads"), [(3, False), (4, True)])
def test_a_set_that_is_large_enough_leads_on_to_what_learns_from_it(usable, leads):
    line = figures_line(counts(left=usable, tie=9))
    assert ('href="#reward-model"' in line) is leads
