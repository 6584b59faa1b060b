"""The workbench's preferences without models: files in and out, removal, and a contest of two checkpoints."""

from dataclasses import replace

import pytest

from playground.errors import BadFile, NotFound
from playground.pocket import PERSONAS, recognise
from playground.preferences.record import Imported
from playground.preferences.store import PreferenceStore
from playground.runs.tail import RunShelf
from playground.settings import Settings
from playground.types import Checkpoint, Completion, Prompt
from playground.workbench.hands import Hand
from playground.workbench.pairs import PairPool
from playground.workbench.preferences import STEP, Adding, Preferences
from playground.workbench.quotas import Quotas
from playground.workbench.typed_prompt import typed_prompt

MODELS = {
    id: Checkpoint(id, id.upper(), "policy", "pocket", "/x", fingerprint=f"f-{id}") for id in ("sft", "dpo", "ppo")
}


def find(workspace, id):
    if id not in MODELS:
        raise NotFound(f"There is no checkpoint {id!r} here.")
    return MODELS[id]


def sample(workspace, id, prompts, sampling, n=1):
    drawn = [f"{id} {sampling.seed} {i}" for i in range(n)]
    return [[Completion(p, text, id, fingerprint=MODELS[id].fingerprint) for text in drawn] for p in prompts]


@pytest.fixture
def settings(tmp_path):
    return Settings(data_dir=tmp_path)


@pytest.fixture
def preferences(settings):
    store = PreferenceStore(settings.sqlalchemy_url)
    quotas = Quotas(settings, RunShelf(settings.data_dir), store)
    yield Preferences(store, PairPool(sample, find), find, settings, quotas)
    store.close()


def judge(preferences, n, prefers="dpo", ids=("sft", "dpo"), workspace="anna"):
    """n choices, blind to the chooser; the test looks at who wrote what."""
    for _ in range(n):
        shown = preferences.next_pair(workspace, ids)
        choice = "left" if shown.completions[0].startswith(prefers) else "right"
        preferences.choose(workspace, shown.token, choice, judgment_id=shown.token)


def added(preferences, path, workspace="anna"):
    return list(preferences.add_file(workspace, path))[-1]


def test_whoever_judges_sees_every_turn_of_the_prompt(preferences):
    prompt = typed_prompt("System: Be brief.\nUser: Hi\nAssistant: Hello.\nUser: And now?")
    told = "System: Be brief.\nUser: Hi\nAssistant: Hello.\nUser: And now?"
    shown = preferences.next_pair("anna", ["sft"], prompt)
    preferences.choose("anna", shown.token, "left", judgment_id=shown.token)
    assert [shown.prompt, preferences.undo("anna").prompt] == [told, told]
    assert preferences.next_set("anna", ["sft"], 3, prompt).prompt == told
    assert preferences.next_pair("anna", ["sft"], typed_prompt("Hi")).prompt == "Hi"


@pytest.mark.parametrize("form", ["trl", "everything"])
@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_an_export_added_again_adds_nothing(preferences, form, kind):
    judge(preferences, 4)
    path = preferences.export("anna", kind, form)
    assert added(preferences, path) == Adding(Imported(0, 4, 0), 4, ())
    assert preferences.counts("anna").total == 4
    assert added(preferences, path, "ben") == Adding(Imported(4, 0, 0), 4, ())


def test_a_long_file_is_added_part_by_part_whole_and_once(preferences, monkeypatch, tmp_path):
    monkeypatch.setattr("playground.workbench.preferences.PART", 4)
    path = tmp_path / "f.csv"
    rows = [f"Q{n},yes,no\n" for n in range(10)]
    path.write_text("prompt,chosen,rejected\n" + "".join(rows + rows) + "Q,same,same\n")
    steps = list(preferences.add_file("anna", path))
    assert [(step.rows, step.total) for step in steps] == [(n, 20) for n in (0, 4, 8, 12, 16, 20)]
    assert steps[-1].done == Imported(10, 10, 0)
    assert [row.number for row in steps[-1].refused] == [21]
    assert [row.prompt.text for row in preferences.rows("anna")] == [f"Q{n}" for n in reversed(range(10))]


@pytest.mark.parametrize("form", ["trl", "everything"])
def test_a_file_without_a_row_is_not_made(preferences, form, settings):
    with pytest.raises(NotFound, match="nothing to put into a file") as refused:
        preferences.export("anna", "jsonl", form)
    assert refused.value.hint
    assert list(settings.data_dir.rglob("preferences-*")) == []


def test_a_file_over_the_settings_limits_is_refused(preferences, settings):
    judge(preferences, 3)
    path = preferences.export("anna", "csv")
    parts = preferences._store, preferences._pairs, find, replace(settings, upload_rows=2), preferences._quotas
    strict = Preferences(*parts)
    with pytest.raises(BadFile, match="more than 2 rows"):
        added(strict, path)


def test_removed_judgments_are_listed_apart_and_put_back(preferences):
    judge(preferences, 3)
    ids = [row.id for row in preferences.rows("anna")]
    preferences.remove("anna", ids[:2])
    assert [row.id for row in preferences.rows("anna")] == ids[2:]
    assert [row.id for row in preferences.rows("anna", removed=True)] == ids[:2]
    preferences.restore("anna", ids[:2])
    assert [row.id for row in preferences.rows("anna")] == ids


def test_the_result_of_a_contest_moves_in_steps_so_that_no_choice_tells_its_sides(preferences):
    judge(preferences, STEP - 1)
    before = preferences.contest("anna", "sft", "dpo")
    assert (before.choices, before.rate.choices, before.rate.value) == (STEP - 1, 0, None)
    judge(preferences, 1)
    assert preferences.contest("anna", "sft", "dpo").rate.value == 1.0
    judge(preferences, STEP - 1, prefers="sft")
    assert preferences.contest("anna", "sft", "dpo").rate.value == 1.0
    judge(preferences, 1, prefers="sft")
    after = preferences.contest("anna", "sft", "dpo")
    assert (after.choices, after.rate.choices, after.rate.value) == (2 * STEP, 2 * STEP, 0.5)
    assert (after.reference, after.policy) == (MODELS["sft"], MODELS["dpo"])


def test_choices_on_other_pairs_do_not_count_in_a_contest(preferences):
    judge(preferences, STEP, prefers="ppo", ids=("sft", "ppo"))
    judge(preferences, STEP, ids=("dpo",))
    judge(preferences, STEP, workspace="ben")
    assert preferences.contest("anna", "sft", "dpo").choices == 0


def test_a_contest_with_a_checkpoint_that_is_not_here_is_refused(preferences):
    with pytest.raises(NotFound):
        preferences.contest("anna", "sft", "invented")


@pytest.mark.parametrize("persona", [name for name, who in PERSONAS.items() if who.extra_prompts])
def test_a_persona_is_asked_what_its_taste_shows_on_and_another_is_not(preferences, persona):
    wanted = set(PERSONAS[persona].extra_prompts)
    assert wanted <= kinds_judged(preferences, persona)
    assert not wanted & kinds_judged(preferences, "polite")


def kinds_judged(preferences, persona, n=64):
    """The kinds of prompt on which that persona has judged n pairs."""
    list(preferences.persona_labels(persona, persona, n, ["sft"]))
    tasks = [recognise(row.prompt.text) for row in preferences.rows(persona)]
    return {task.kind for task in tasks if task is not None}


def hand_of(preferences, n, workspace="anna"):
    prompt = Prompt.user("What is the capital of France?")
    pairs = [(Completion(prompt, f"right {i}"), Completion(prompt, f"wrong {i}")) for i in range(n)]
    return preferences.deal(workspace, "Pairs for a purpose.", pairs)


def dealt(preferences, token, judged=True):
    """The next pair of the hand; as a page does it, one is asked for ahead of the one that is judged."""
    shown = preferences.next_pair("anna", ["sft"], hand=token)
    if judged:
        preferences.choose("anna", shown.token, "left", judgment_id=shown.token)
    return set(shown.completions)


def test_pairs_put_aside_come_before_the_usual_ones_and_each_once(preferences):
    token = hand_of(preferences, 3)
    texts = [dealt(preferences, token) for _ in range(6)]
    assert texts[:3] == [{f"right {i}", f"wrong {i}"} for i in range(3)]
    assert all(text.startswith("sft") for one in texts[3:] for text in one)
    assert preferences.hand("anna", token) == Hand("Pairs for a purpose.", 0, 3)
    assert {row.annotator.kind for row in preferences.rows("anna")} == {"person"}


def test_pairs_that_were_dealt_and_not_judged_come_again(preferences):
    token = hand_of(preferences, 4)
    lost = [dealt(preferences, token, judged=False) for _ in range(2)]  # in sight and asked for ahead: a reload
    assert preferences.hand("anna", token).left == 4
    texts = [dealt(preferences, token) for _ in range(6)]
    assert [one for one in texts if one in lost] == lost
    assert preferences.hand("anna", token).left == 0


def test_the_pair_in_sight_is_not_dealt_ahead_of_itself(preferences):
    token = hand_of(preferences, 1)
    first = dealt(preferences, token, judged=False)
    assert dealt(preferences, token, judged=False) != first


def test_pairs_put_aside_are_shown_to_nobody_who_does_not_ask_for_them(preferences):
    token = hand_of(preferences, 2)
    assert preferences.hand("ben", token) is None
    elsewhere = preferences.next_pair("ben", ["sft"], hand=token), preferences.next_pair("anna", ["sft"])
    assert all(text.startswith("sft") for one in elsewhere for text in one.completions)
    assert preferences.hand("anna", token).left == 2


def test_a_simulated_annotator_judges_the_pairs_put_aside_first(preferences):
    token = hand_of(preferences, 3)
    assert list(preferences.persona_labels("anna", "truthful", 5, ["sft"], hand=token))[-1] == 5
    texts = [row.left.split()[0] for row in preferences.rows("anna")]  # the newest first
    assert {*texts[2:]} <= {"right", "wrong"} and {*texts[:2]} == {"sft"}
