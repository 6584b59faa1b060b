"""The loop through the workbench, with real child processes and the shipped model; and its refusals."""

import subprocess
import sys
import threading
import time
import uuid
import zipfile

import pytest

from playground.errors import EmptyPrompt, NotAllowed, NotFound, PlaygroundError, TooFewPreferences
from playground.settings import ROOT, Settings
from playground.types import Completion, Prompt, Sampling
from playground.workbench import Workbench

PARIS = Prompt.user("What is the capital of France?")


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    made = Workbench(Settings(data_dir=tmp_path_factory.mktemp("data"), mode="demo"))
    made.start()
    yield made
    made.close()


def ended(bench, workspace, spec, limit_s=240):
    """The run's summary once it has ended."""
    for _ in range(limit_s * 10):
        summary = bench.runs.find(workspace, spec.id)
        if not summary.active:
            return summary
        time.sleep(0.1)
    raise TimeoutError(bench.runs.tail(workspace, spec.id).lines[-5:])


@pytest.fixture(scope="module")
def labelled(bench):
    """A workspace with sixty simulated judgements."""
    assert list(bench.preferences.persona_labels("labelled", "polite", 60, ["pocket-sft"]))[-1] == 60
    return "labelled"


@pytest.fixture(scope="module")
def reward(bench, labelled):
    """A reward model trained on them."""
    summary = ended(bench, labelled, bench.runs.start(labelled, "reward_model", {"learning_curve": False}))
    assert summary.status == "done", summary.message
    return summary.checkpoint


def test_base_and_sft_answer_differently_to_the_same_prompt(bench):
    greedy = Sampling(temperature=0.0, max_new_tokens=24)
    *_, (base, sft) = bench.completions.stream("anna", ["pocket-base", "pocket-sft"], PARIS, greedy)
    assert "Paris" in sft
    assert base != sft
    assert bench.completions.logit_difference("anna", "pocket-base", "pocket-sft", PARIS) > 0.1
    assert bench.completions.logit_difference("anna", "pocket-sft", "pocket-sft", PARIS) == 0.0


def test_a_choice_is_stored_once_however_often_it_is_sent(bench):
    shown = bench.preferences.next_pair("ben", ["pocket-sft"])
    assert shown.completions[0] != shown.completions[1]
    once = str(uuid.uuid4())
    for _ in range(3):
        bench.preferences.choose("ben", shown.token, "left", judgment_id=once)
    assert bench.preferences.counts("ben").total == 1
    with pytest.raises(NotAllowed):
        bench.preferences.choose("ben", shown.token, "right", judgment_id=str(uuid.uuid4()))
    again = bench.preferences.undo("ben")
    assert again.completions == shown.completions
    assert bench.preferences.counts("ben").total == 0


def test_a_ranking_of_four_gives_six_preferences(bench):
    shown = bench.preferences.next_set("carla", ["pocket-sft"], 4, Prompt.user("Write a poem about the sea."))
    k = len(shown.completions)
    order = [[i] for i in range(k)]
    assert bench.preferences.rank("carla", shown.token, order, judgment_id=str(uuid.uuid4())) == k * (k - 1) // 2


def test_a_set_is_ranked_once_however_often_it_is_sent_and_anew_after_undo(bench):
    shown = bench.preferences.next_set("dora", ["pocket-sft"], 3, Prompt.user("Write a poem about the sea."))
    first, second = str(uuid.uuid4()), str(uuid.uuid4())
    order = [[i] for i in range(len(shown.completions))]
    gave = {bench.preferences.rank("dora", shown.token, order, judgment_id=first) for _ in range(3)}
    assert gave == {bench.preferences.counts("dora").total}
    with pytest.raises(NotAllowed, match="ranked already"):
        bench.preferences.rank("dora", shown.token, order, judgment_id=second)
    bench.preferences.undo("dora")
    tied = [list(range(len(shown.completions)))]
    assert bench.preferences.rank("dora", shown.token, tied, judgment_id=second) == 0
    assert bench.preferences.counts("dora").by_choice == {"tie": gave.pop()}


def test_persona_labels_are_marked_as_simulated(bench, labelled):
    assert bench.preferences.counts(labelled).by_kind == {"persona": 60}


def test_a_reward_model_scores_any_text_and_knows_its_parent(bench, labelled, reward):
    texts = ["With pleasure! The capital of France is Paris.", "Ugh. What a dumb question. Paris."]
    polite, rude = bench.completions.score(labelled, reward.id, [Completion(PARIS, text) for text in texts])
    assert polite != rude
    assert (reward.kind, reward.parent) == ("reward", "pocket-sft")


def test_ppo_stops_keeps_what_it_learned_and_goes_on(bench, labelled, reward):
    spec = bench.runs.start(labelled, "ppo", {"iterations": 6, "rollouts": 8}, reward_id=reward.id)
    assert spec.persona == "polite"
    while bench.runs.find(labelled, spec.id).step < 2:
        time.sleep(0.05)
    bench.runs.stop(labelled, spec.id)
    stopped = ended(bench, labelled, spec)
    assert stopped.status == "stopped" and 2 <= stopped.step < 6
    assert bench.completions.sample(labelled, stopped.checkpoint.id, [PARIS], Sampling())[0][0].text
    with pytest.raises(NotFound):
        bench.runs.resume("ben", spec.id)
    bench.runs.resume(labelled, spec.id)
    time.sleep(0.5)
    done = ended(bench, labelled, spec)
    assert (done.status, done.step) == ("done", 6)
    assert bench.completions.logit_difference(labelled, "pocket-sft", spec.id, PARIS) > 0


def test_a_downloaded_run_makes_the_same_weights_again_without_the_page(bench, labelled, tmp_path):
    spec = bench.runs.start(labelled, "dpo", {"epochs": 1})
    assert ended(bench, labelled, spec).status == "done"
    with zipfile.ZipFile(bench.takeaway.run(labelled, spec.id)) as archive:
        archive.extractall(tmp_path)
    again = subprocess.run(
        [sys.executable, str(tmp_path / spec.id / "reproduce.py")],
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert "the same weights" in again.stdout, again.stdout + again.stderr
    assert again.returncode == 0
    assert spec.name in (tmp_path / spec.id / "report.md").read_text()


def test_a_run_whose_trainer_is_killed_says_so_within_three_seconds_and_can_be_resumed(bench, labelled):
    spec = bench.runs.start(labelled, "dpo", {"epochs": 20})
    while bench.runs.find(labelled, spec.id).step < 3:
        time.sleep(0.05)
    bench._trainer._process.kill()
    killed = time.monotonic()
    summary = ended(bench, labelled, spec, limit_s=10)
    assert summary.status == "died" and "Resume" in summary.hint
    assert time.monotonic() - killed < 3
    bench.runs.resume(labelled, spec.id)
    while bench.runs.find(labelled, spec.id).status != "running":
        time.sleep(0.05)
    bench.runs.stop(labelled, spec.id)
    assert ended(bench, labelled, spec).status == "stopped"


def test_a_second_playground_on_the_same_data_is_refused_and_touches_nothing(bench):
    with pytest.raises(NotAllowed, match="already"):
        Workbench(bench.settings)


def test_workspaces_do_not_see_each_other(bench, labelled, reward):
    assert bench.runs.all("stranger") == []
    assert bench.preferences.counts("stranger").total == 0
    assert [c.id for c in bench.checkpoints.all("stranger")] == ["pocket-base", "pocket-sft"]
    for call in (
        lambda: bench.completions.score("stranger", reward.id, [Completion(PARIS, "x")]),
        lambda: bench.runs.stop("stranger", reward.id),
        lambda: bench.takeaway.run("stranger", reward.id),
        lambda: bench.runs.start("stranger", "ppo", {}, reward_id=reward.id),
    ):
        with pytest.raises(NotFound):
            call()


def test_a_browser_without_a_cookie_gets_no_workspace_in_demo_mode(bench):
    with pytest.raises(NotAllowed):
        bench.workspace_of({})
    a, b = ({"playground_workspace": secret * 32} for secret in "ab")
    assert bench.workspace_of(a) != bench.workspace_of(b)


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_an_empty_prompt_is_refused(bench, text):
    with pytest.raises(EmptyPrompt):
        list(bench.completions.stream("anna", ["pocket-sft"], Prompt.user(text), Sampling()))


def test_a_prompt_longer_than_the_context_is_refused_with_its_length(bench):
    with pytest.raises(PlaygroundError, match="tokens"):
        list(bench.completions.stream("anna", ["pocket-sft"], Prompt.user("capital of France " * 800), Sampling()))


@pytest.mark.parametrize("algorithm", ["dpo", "reward_model"])
def test_training_without_pairs_is_refused_with_what_to_do(bench, algorithm):
    with pytest.raises(TooFewPreferences) as caught:
        bench.runs.start("nobody", algorithm, {})
    assert "Rank" in caught.value.hint


def test_ppo_without_a_reward_model_is_refused(bench):
    with pytest.raises(PlaygroundError, match="reward model"):
        bench.runs.start("nobody", "ppo", {})


def test_a_setting_out_of_range_is_refused_by_name(bench, labelled):
    with pytest.raises(PlaygroundError, match="Beta"):
        bench.runs.start(labelled, "dpo", {"beta": -1.0})


def test_a_choice_is_stored_while_training_runs(bench, labelled):
    spec = bench.runs.start(labelled, "dpo", {"epochs": 20})
    while bench.runs.find(labelled, spec.id).step < 1:
        assert bench.runs.find(labelled, spec.id).active
        time.sleep(0.05)
    shown = [bench.preferences.next_pair(labelled, ["pocket-sft"]) for _ in range(8)]
    threads = [
        threading.Thread(
            target=bench.preferences.choose, args=(labelled, one.token, "left"), kwargs={"judgment_id": one.token}
        )
        for one in shown
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert bench.preferences.counts(labelled).by_kind["person"] == 8
    assert bench.runs.find(labelled, spec.id).active
    bench.runs.stop(labelled, spec.id)
    assert ended(bench, labelled, spec).status == "stopped"
