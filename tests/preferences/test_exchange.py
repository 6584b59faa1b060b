from __future__ import annotations

import csv
import json
import random

import pytest

from playground.errors import BadFile
from playground.preferences import exchange
from playground.preferences.record import Judgment
from playground.table_files import BadRow, FileLimits
from playground.types import CHOICES, Annotator, Message, Prompt

FORMATS = (".jsonl", ".csv", ".parquet")
LIMITS = FileLimits()

NASTY = (
    "=1+1",
    "+49 30",
    "- a\n- b",
    "@user",
    "\t=cmd",
    '"quoted", and "more"',
    "'",
    "a\r\nb\rc\n",
    "\n",
    " ends in blanks  ",
    "1",
    "007",
    "1e5",
    "NaN",
    "null",
    "None",
    "true",
    "[]",
    '{"role": "user"}',
    "\\n \\\\ \\u0041",
    "🦜👩‍👩‍👧‍👦 e\u0301 \u00e9",
    "line\u2028separator\u2029\u0085\x0b\x0c\x1c",
    "\ufeffmark",
    "\u202eright to left",
    "\x01\x7f\ufffe\U0010ffff",
    ";a;b\tc",
    "x" * 200_000,
)


def nasty_text(rng: random.Random) -> str:
    parts = [rng.choice(NASTY[:-1]), *(chr(_scalar(rng)) for _ in range(rng.randrange(6)))]
    rng.shuffle(parts)
    return "".join(parts)


def _scalar(rng: random.Random) -> int:
    code = rng.randrange(1, 0x110000 - 0x800)
    return code if code < 0xD800 else code + 0x800  # no lone surrogates: they are no characters


def preferred(prompt, chosen, rejected, **more) -> Judgment:
    return Judgment(prompt, chosen, rejected, "left", **more)


def nasty_judgment(rng: random.Random) -> Judgment:
    turns = [Message(role, nasty_text(rng)) for role in ("system", "user", "assistant")[: rng.choice((0, 0, 1, 3))]]
    return Judgment(
        Prompt((*turns, Message("user", nasty_text(rng) + "?")), nasty_text(rng)),
        rng.choice((nasty_text(rng), "")),
        nasty_text(rng) + "other",
        rng.choice(CHOICES),
        rng.choice((None, Annotator("", nasty_text(rng), rng.choice(("persona", "model", "file"))))),
        id=f"{rng.getrandbits(64):x}",
        strength=rng.choice((None, 1, 2, 3)),
        ranking=rng.choice((None, "r1")),
        origin=rng.choice(("pair", "ranking", nasty_text(rng))),
        created_at=rng.choice((None, 0.0, 1_764_000_000.123456)),
        decision_ms=rng.choice((None, 0, 900)),
        comment=rng.choice(("", nasty_text(rng))),
        left_checkpoint=rng.choice((None, "pocket-sft")),
        right_checkpoint=rng.choice((None, nasty_text(rng))),
    )


def write(path, rows, form="trl"):
    return exchange.write_judgments(path, rows, form)


def read(path, limits=LIMITS):
    return exchange.read_judgments(path, limits)


def content(judgments):
    """What a file for training must keep; the prompt's source is the file's name afterwards."""
    return [(j.prompt.messages, j.chosen, j.rejected, j.id, j.annotator, j.strength, j.ranking) for j in judgments]


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_text_comes_back_as_it_was(tmp_path, suffix):
    rows = [preferred(Prompt.user(text + "?"), text, text + "x") for text in NASTY]
    path = tmp_path / f"set{suffix}"
    assert write(path, rows) == len(rows)
    good, bad = read(path)
    assert bad == []
    assert content(good) == content(rows)
    assert {p.prompt.source for p in good} == {path.name}


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("seed", range(20))
def test_any_set_comes_back_as_it_was(tmp_path, suffix, seed):
    rng = random.Random(seed)
    rows = [nasty_judgment(rng) for _ in range(25)]
    path = tmp_path / f"set{suffix}"
    assert write(path, rows, "everything") == 25
    assert read(path) == (rows, [])
    trained = [row for row in rows if row.trains]
    assert write(path, rows, "trl") == len(trained) < 25
    good, bad = read(path)
    assert bad == []
    assert content(good) == content(trained)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("form", ["trl", "everything"])
def test_a_set_goes_through_store_and_file_unchanged(store, vote, tmp_path, suffix, form):
    for text in NASTY:
        vote(prompt=text + "?", left=text, right=text + "x", strength=2)
    stored = store.preferences("room")
    path = tmp_path / f"set{suffix}"
    write(path, store.judgments("room"), form)
    good, _ = read(path)
    assert store.add_judgments("other", good, path.name).added == len(NASTY)
    again = store.preferences("other")
    assert [p.prompt.messages for p in again] == [p.prompt.messages for p in stored]
    assert [(p.id, p.chosen, p.rejected, p.strength) for p in again] == [
        (p.id, p.chosen, p.rejected, p.strength) for p in stored
    ]


def test_the_training_file_is_these_bytes(tmp_path):
    turns = (Message("system", "Be."), Message("user", "Hi \u2028é"))
    rows = [
        preferred(
            Prompt(turns), "- a\r\nb", "", annotator=Annotator("x", "Ann", "person"), id="j1", strength=2, ranking="r"
        ),
        preferred(Prompt.user("=1"), '"c"', "d", annotator=Annotator("y", "terse", "persona"), id="j2"),
    ]
    write(tmp_path / "a.jsonl", rows)
    write(tmp_path / "a.csv", rows)
    assert (tmp_path / "a.jsonl").read_bytes().decode() == (
        '{"prompt": [{"role": "system", "content": "Be."}, {"role": "user", "content": "Hi \u2028é"}], '
        '"chosen": [{"role": "assistant", "content": "- a\\r\\nb"}], '
        '"rejected": [{"role": "assistant", "content": ""}], "id": "j1", "annotator": "person 1", '
        '"annotator_kind": "person", "strength": 2, "ranking": "r"}\n'
        '{"prompt": [{"role": "user", "content": "=1"}], "chosen": [{"role": "assistant", "content": "\\"c\\""}], '
        '"rejected": [{"role": "assistant", "content": "d"}], "id": "j2", "annotator": "terse", '
        '"annotator_kind": "persona", "strength": null, "ranking": null}\n'
    )
    assert (tmp_path / "a.csv").read_bytes().decode() == (
        '"prompt","chosen","rejected","messages","id","annotator","annotator_kind","strength","ranking"\n'
        '"Hi \u2028é","- a\r\nb","","[{""role"": ""system"", ""content"": ""Be.""}, '
        '{""role"": ""user"", ""content"": ""Hi \u2028é""}]","j1","person 1","person","2","r"\n'
        '"=1","""c""","d","","j2","terse","persona","",""\n'
    )


def test_the_file_of_everything_says_who_chose_what_and_when(tmp_path):
    path = tmp_path / "a.jsonl"
    made = Judgment(
        Prompt.user("Hi", "pocket"), "a", "b", "both_bad", Annotator("x", "Ann", "person"), id="j1", origin="pair",
        created_at=0.5, decision_ms=900, left_checkpoint="pocket-sft",
    )  # fmt: skip
    write(path, [made], "everything")
    assert json.loads(path.read_text()) == {
        "prompt": [{"role": "user", "content": "Hi"}],
        "left": [{"role": "assistant", "content": "a"}],
        "right": [{"role": "assistant", "content": "b"}],
        "choice": "both_bad",
        "id": "j1",
        "annotator": "person 1",
        "annotator_kind": "person",
        "strength": None,
        "ranking": None,
        "origin": "pair",
        "time": "1970-01-01T00:00:00.500000+00:00",
        "decision_ms": 900,
        "comment": None,
        "source": "pocket",
        "left_checkpoint": "pocket-sft",
        "right_checkpoint": None,
    }


@pytest.mark.parametrize(
    ("column", "value", "why"),
    [
        ("choice", "middle", "choice 'middle'; one of left"),
        ("choice", None, "choice None"),
        ("left", None, "no text under left"),
        ("left", "", "no text under left"),
        ("time", "yesterday", "time 'yesterday'; one like 2026-01-31"),
        ("strength", 9, "strength '9'"),
    ],
)
def test_a_row_of_everything_that_cannot_be_used_is_named(tmp_path, column, value, why):
    fine = {"prompt": "Hi", "left": "a", "right": "b", "choice": "tie"}
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(fine) + "\n" + json.dumps(fine | {column: value}))
    good, bad = read(path)
    assert [j.choice for j in good] == ["tie"]
    assert [row.number for row in bad] == [2]
    assert why in bad[0].why


def test_columns_of_another_meaning_do_not_cost_a_row(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"prompt": "Hi", "chosen": "a", "rejected": "b", "time": "noon", "source": "x"}))
    good, bad = read(path)
    assert ([(j.created_at, j.prompt.source) for j in good], bad) == ([(None, "a.jsonl")], [])


@pytest.mark.parametrize("suffix", FORMATS)
def test_people_are_numbered_and_others_keep_their_names(tmp_path, suffix):
    judges = [("a1", "Ann", "person"), ("b2", "Bo", "person"), ("p3", "terse", "persona"), ("a1", "Ann", "person")]
    rows = [preferred(Prompt.user("Hi"), "a", "b", annotator=Annotator(*judge)) for judge in judges]
    path = tmp_path / f"set{suffix}"
    write(path, rows)
    good, _ = read(path)
    expected = [("person 1", "person"), ("person 2", "person"), ("terse", "persona"), ("person 1", "person")]
    assert [(j.annotator.alias, j.annotator.kind) for j in good] == expected
    assert b"Ann" not in path.read_bytes()


def test_jsonl_is_trls_conversational_preference_format(tmp_path):
    path = tmp_path / "set.jsonl"
    write(path, [preferred(Prompt((Message("system", "Be."), Message("user", "Hi"))), "a", "b")])
    row = json.loads(path.read_text())
    assert {name: row[name] for name in ("prompt", "chosen", "rejected")} == {
        "prompt": [{"role": "system", "content": "Be."}, {"role": "user", "content": "Hi"}],
        "chosen": [{"role": "assistant", "content": "a"}],
        "rejected": [{"role": "assistant", "content": "b"}],
    }


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_the_datasets_library_reads_what_we_write(tmp_path, suffix):
    datasets = pytest.importorskip("datasets")
    path = tmp_path / f"set{suffix}"
    write(path, [preferred(Prompt.user("Hi"), "a", "b", strength=2), preferred(Prompt.user("Yo"), "c", "d")])
    kind = {".jsonl": "json", ".parquet": "parquet"}[suffix]
    rows = datasets.load_dataset(kind, data_files=str(path), cache_dir=str(tmp_path / "cache"), split="train")
    assert [row["chosen"] for row in rows] == [[{"role": "assistant", "content": text}] for text in "ac"]
    assert [row["prompt"][0]["content"] for row in rows] == ["Hi", "Yo"]
    assert rows["strength"][:] == [2, None]


def test_csv_is_plain_columns_that_any_csv_reader_opens(tmp_path):
    path = tmp_path / "set.csv"
    turns = (Message("user", "Hi"), Message("assistant", "Hello"), Message("user", "Bye"))
    write(path, [preferred(Prompt.user("-1"), "=2", "@3"), preferred(Prompt(turns), "a", "b")])
    with path.open(newline="", encoding="utf-8") as file:
        one, several = csv.DictReader(file)
    assert [one[name] for name in ("prompt", "chosen", "rejected", "messages")] == ["-1", "=2", "@3", ""]
    assert several["prompt"] == "Bye"
    assert [turn["content"] for turn in json.loads(several["messages"])] == ["Hi", "Hello", "Bye"]


# Files of others


def turn(role, content):
    return {"role": role, "content": content}


ASKED = [turn("system", "Be."), turn("user", "Hi")]
GOOD = {
    "plain text": ({"prompt": "Hi", "chosen": "a", "rejected": "b"}, [("user", "Hi")]),
    "prompt as text, completions as messages": (
        {"prompt": "Hi", "chosen": [turn("assistant", "a")], "rejected": [turn("assistant", "b")]},
        [("user", "Hi")],
    ),
    "prompt inside the completions": (
        {"chosen": [*ASKED, turn("assistant", "a")], "rejected": [*ASKED, turn("assistant", "b")]},
        [("system", "Be."), ("user", "Hi")],
    ),
    "prompt as text and inside the completions": (
        {"prompt": "Hi", "chosen": [*ASKED, turn("assistant", "a")], "rejected": [*ASKED, turn("assistant", "b")]},
        [("system", "Be."), ("user", "Hi")],
    ),
    "prompt as messages and inside the completions": (
        {"prompt": ASKED, "chosen": [*ASKED, turn("assistant", "a")], "rejected": [*ASKED, turn("assistant", "b")]},
        [("system", "Be."), ("user", "Hi")],
    ),
    "dialogue of HH": (
        {
            "chosen": "\n\nHuman: Hi\n\nAssistant: Yo\n\nHuman: And?\n\nAssistant: a",
            "rejected": "\n\nHuman: Hi\n\nAssistant: Yo\n\nHuman: And?\n\nAssistant: b",
        },
        [("user", "Hi"), ("assistant", "Yo"), ("user", "And?")],
    ),
    "more columns than we know": (
        {"prompt": "Hi", "chosen": "a", "rejected": "b", "id": 17, "other": [1]},
        [("user", "Hi")],
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_the_shapes_of_other_peoples_files_are_read(tmp_path, name):
    row, prompt = GOOD[name]
    path = tmp_path / "set.jsonl"
    path.write_text(json.dumps(row) + "\n")
    (p,), bad = read(path)
    assert ([(m.role, m.content) for m in p.prompt.messages], p.chosen, p.rejected, bad) == (prompt, "a", "b", [])


def test_a_completion_that_quotes_a_dialogue_stays_whole_beside_a_prompt(tmp_path):
    text = "He wrote:\n\nHuman: no\n\nAssistant: yes"
    path = tmp_path / "set.jsonl"
    path.write_text(json.dumps({"prompt": "Hi", "chosen": text, "rejected": "b"}))
    assert read(path)[0][0].chosen == text


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_as_spreadsheets_save_it_is_read(tmp_path, delimiter):
    path = tmp_path / "set.csv"
    lines = [["prompt", "chosen", "rejected"], ["Hi, you", "a", "b\r\nc"]]
    text = "\r\n".join(delimiter.join(f'"{cell}"' if cell != "a" else cell for cell in line) for line in lines)
    path.write_bytes(b"\xef\xbb\xbf" + text.encode() + b"\r\n")
    (p,), bad = read(path)
    assert (p.prompt.text, p.chosen, p.rejected, bad) == ("Hi, you", "a", "b\r\nc", [])


BAD = [
    ({"chosen": "a", "rejected": "b"}, "has no prompt"),
    ({"prompt": "  ", "chosen": "a", "rejected": "b"}, "has no prompt"),
    ({"prompt": [], "chosen": "a", "rejected": "b"}, "has no prompt"),
    ({"prompt": 3, "chosen": "a", "rejected": "b"}, "int as prompt"),
    ({"prompt": "Hi", "chosen": "a"}, "has no text under rejected"),
    ({"prompt": "Hi", "chosen": "", "rejected": "b"}, "has no text under chosen"),
    ({"prompt": "Hi", "chosen": None, "rejected": "b"}, "has no text under chosen"),
    ({"prompt": "Hi", "chosen": ["a"], "rejected": "b"}, "without role and content"),
    ({"prompt": "Hi", "chosen": 5, "rejected": "b"}, "int as chosen"),
    ({"prompt": "Hi", "chosen": "a", "rejected": "a"}, "same text"),
    ({"prompt": "Hi", "chosen": [turn("user", "a")], "rejected": [turn("user", "b")]}, "ends with the user's turn"),
    ({"prompt": [turn("tool", "Hi")], "chosen": "a", "rejected": "b"}, "'tool'"),
    ({"prompt": [turn("user", ["x"])], "chosen": "a", "rejected": "b"}, "list as a message's content"),
    ({"prompt": [turn("assistant", "Hi")], "chosen": "a", "rejected": "b"}, "prompt that ends with the assistant's"),
    (
        {"chosen": [*ASKED, turn("assistant", "a")], "rejected": [turn("user", "Yo"), turn("assistant", "b")]},
        "differ before their last turn",
    ),
    ({"prompt": "Hi", "chosen": "a", "rejected": "\ud83d"}, "half a character"),
    ({"prompt": "Hi", "chosen": "a", "rejected": "b", "strength": 7}, "strength '7'"),
    ({"prompt": "Hi", "chosen": "a", "rejected": "b", "annotator": "x", "annotator_kind": "ghost"}, "'ghost'"),
]


@pytest.mark.parametrize(("row", "why"), BAD, ids=[why for _, why in BAD])
def test_a_row_that_cannot_be_used_is_named_with_its_reason(tmp_path, row, why):
    fine = {"prompt": "Hi", "chosen": "a", "rejected": "b"}
    path = tmp_path / "set.jsonl"
    path.write_text("\n".join(json.dumps(r) for r in (fine, row, fine)))
    good, bad = read(path)
    assert [(p.chosen, p.rejected) for p in good] == [("a", "b")] * 2
    assert [b.number for b in bad] == [2]
    assert why in bad[0].why


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.jsonl", b"", "empty"),
        ("a.json", b'{"prompt": "Hi"}', "'prompt'; prompt, chosen and rejected are needed"),
        (
            "a.jsonl",
            b'{"question": "Hi", "answer": "a"}',
            "'question', 'answer'; prompt, chosen and rejected are needed",
        ),
        ("a.jsonl", b'{"chosen": "a", "rejected": "b"}', "'chosen', 'rejected'; prompt"),
        ("a.csv", b"chosen,rejected\na,b\n", "'chosen', 'rejected'; prompt"),
        ("a.csv", b"left,right\na,b\n", "'left', 'right'; prompt"),
        ("a.xlsx", b"PK", ".xlsx"),
    ],
)
def test_a_file_without_the_columns_is_refused_in_words(tmp_path, name, data, said):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(BadFile) as error:
        read(path)
    assert said in error.value.message


def test_a_file_over_the_limits_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("prompt,chosen,rejected\nHi,a,b\nHi,a,c\n")
    with pytest.raises(BadFile, match="more than 1 rows"):
        read(path, FileLimits(rows=1))


@pytest.mark.parametrize("columns", [{"question": ["a"]}, {"prompt": [], "chosen": [], "rejected": []}])
def test_parquet_with_wrong_columns_or_no_row_is_refused(tmp_path, columns):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path = tmp_path / "a.parquet"
    parquet.write_table(pyarrow.table(columns), path)
    with pytest.raises(BadFile, match="'question'" if "question" in columns else "empty"):
        read(path)


def test_parquet_of_plain_text_is_read(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path = tmp_path / "a.parquet"
    parquet.write_table(pyarrow.table({"prompt": ["Hi", None], "chosen": ["a", "a"], "rejected": ["b", "b"]}), path)
    good, bad = read(path)
    assert ([(p.prompt.text, p.chosen) for p in good], bad) == ([("Hi", "a")], [BadRow(2, "has no prompt")])


def test_another_suffix_is_not_written(tmp_path):
    with pytest.raises(BadFile, match=r"\.xlsx"):
        write(tmp_path / "a.xlsx", [])
