"""Tasks of lm-eval: a stand-in for the package gives its questions, and what cannot be used is refused in words."""

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace

import pytest

from playground.errors import NotFound, PlaygroundError
from playground.evaluation import choices
from playground.evaluation.choices import MOST, fetch_choices, read_choices
from playground.evaluation.harness import harness_words
from playground.table_files import FileLimits

DOC = {"ask": "Which is a colour?", "choices": ["red", "seven"], "gold": 0}


class Task:
    """As lm-eval's ConfigurableTask, as far as it is read."""

    OUTPUT_TYPE = "multiple_choice"
    multiple_input = 0

    def __init__(self, *docs):
        self.eval_docs = docs

    def doc_to_text(self, doc):
        return doc["ask"]

    def doc_to_choice(self, doc):
        return doc["choices"]

    def doc_to_target(self, doc):
        return doc["gold"]


@pytest.fixture
def tasks(monkeypatch):
    """What the package that is installed here knows: a task by its name."""
    known: dict[str, Task] = {}

    class TaskManager:
        def __init__(self):
            self.all_subtasks = sorted(known)
            self.task_index = {name: SimpleNamespace(cfg={"dataset_path": "someone/questions"}) for name in known}

        def load(self, names):
            return {"tasks": {name: known[name] for name in names if known[name].eval_docs}}

    for name in ("lm_eval", "lm_eval.tasks"):
        module = ModuleType(name)
        module.__spec__ = ModuleSpec(name, None)
        monkeypatch.setitem(sys.modules, name, module)
    sys.modules["lm_eval.tasks"].TaskManager = TaskManager
    monkeypatch.setattr(choices, "_ask_the_hub", lambda name: None)
    return known


def read(folder, name="colours"):
    return read_choices(fetch_choices(name, folder), FileLimits())


@pytest.mark.parametrize("gold", [0, "red", [0], ["red"]], ids=repr)
def test_a_task_of_the_harness_becomes_questions_however_it_marks_the_right_option(tasks, tmp_path, gold):
    tasks["colours"] = Task({**DOC, "gold": gold})
    own = read(tmp_path)
    (one,) = own.asked
    assert own.name == "lm-eval-colours.jsonl"
    assert (one.prompt.text, one.options, one.true) == (DOC["ask"], ("red", "seven"), (True, False))


def test_of_a_task_the_first_so_many_questions_are_asked_and_a_row_that_cannot_be_used_is_named(tasks, tmp_path):
    many = [{**DOC, "ask": f"Number {i}?"} for i in range(MOST + 5)]
    tasks["colours"] = Task({**DOC, "gold": "green"}, *many)
    own = read(tmp_path)
    assert len(own.asked) == MOST - 1
    assert own.left_out == ("Row 1 is left out: it has an answer that is none of its options.",)


def test_the_data_set_of_a_task_is_asked_for_before_it_is_fetched(tasks, tmp_path, monkeypatch):
    def unreachable(name):
        raise NotFound(f"The Hub cannot be reached from here, so {name} was not found.")

    tasks["colours"] = Task(DOC)
    monkeypatch.setattr(choices, "_ask_the_hub", unreachable)
    with pytest.raises(NotFound, match="someone/questions"):
        read(tmp_path)


def test_a_name_that_is_no_task_is_refused_with_those_like_it(tasks, tmp_path):
    tasks["colours"] = Task(DOC)
    with pytest.raises(NotFound, match="no task “colour”") as refused:
        read(tmp_path, "colour")
    assert "colours" in refused.value.hint


@pytest.mark.parametrize("change", [{"OUTPUT_TYPE": "generate_until"}, {"multiple_input": 2}], ids=repr)
def test_a_task_that_is_no_multiple_choice_after_one_question_is_refused(tasks, tmp_path, change):
    tasks["colours"] = Task(DOC)
    for name, value in change.items():
        setattr(tasks["colours"], name, value)
    with pytest.raises(PlaygroundError, match="several options"):
        read(tmp_path)


def test_a_task_that_cannot_be_loaded_is_refused_in_words(tasks, tmp_path):
    tasks["colours"] = Task()
    with pytest.raises(NotFound, match=r"could not load its task “colours” \(KeyError\)"):
        read(tmp_path)


def test_the_page_says_that_tasks_can_be_named_or_how_they_could(tasks, tmp_path, monkeypatch):
    assert "such as arc_easy" in harness_words() and "pip" not in harness_words()
    monkeypatch.setattr("playground.evaluation.harness.PACKAGE", "lm_eval_that_nobody_has")
    assert "pip install lm-eval" in harness_words()
    with pytest.raises(NotFound, match="lm-eval") as refused:
        read(tmp_path)
    assert "pip install lm-eval" in refused.value.hint
