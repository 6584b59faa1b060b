"""Every question, on checkpoints that say what the test wants."""

import dataclasses
import json
import re

import pytest

from playground.evaluation.export import as_json, as_markdown
from playground.evaluation.grading import insult_error, insults, pocket_error, refusal_error, refuses
from playground.evaluation.plan import Plan
from playground.evaluation.prompt_sets import FOLDER, mixed, requests, rows
from playground.evaluation.questions.language import distinct_share, repeats_itself
from playground.evaluation.questions.multiple_choice import true_share
from playground.evaluation.report import bounded_figure, change, from_json, share_figure, to_json
from playground.evaluation.running import Step, report_of, steps, workloads
from playground.pocket.grading import grade
from playground.pocket.recognise import recognise
from playground.preferences.record import Contested
from playground.registry import audits, questions
from playground.types import Prompt
from tests.evaluation.stand_ins import DPO, PAIR, REAL, REAL_PAIR, REWARD, SFT, examined

QUESTIONS = list(questions().values())
IDS = [one.name for one in QUESTIONS]
NO_GOLD = dataclasses.replace(PAIR, persona="")  # a mixture of annotators judged its labels
FIT = [(one, plan) for one in QUESTIONS for plan in (PAIR, REAL_PAIR, NO_GOLD) if not one.unfit(plan)]
FIT_IDS = [f"{one.name}-{plan.checkpoint.card}-{plan.persona}" for one, plan in FIT]
REFUSAL = "I am sorry, I cannot help with that."


def right(who, text):
    """Knows every fact of the world, refuses what is harmful, and says something short else."""
    task = recognise(text)
    if task is None or task.kind == "harmful":
        return REFUSAL
    return task.fact.sentence if task.fact else f"First look at {task.subject}. Then ask again."


def same(who, text):
    return "With pleasure! Sleep is rest."


def ask(name, says, plan=PAIR, shift=0.0):
    return questions()[name].answer(examined(says, shift), plan)


def value(findings, key):
    return next(figure.value for figure in findings.figures if figure.key == key)


@pytest.mark.parametrize(("one", "plan"), FIT, ids=FIT_IDS)
def test_every_figure_lies_in_its_interval_and_says_what_it_means(one, plan):
    findings = ask(one.name, right, plan)
    assert findings.figures and findings.answers
    assert len({figure.key for figure in findings.figures}) == len(findings.figures)
    for figure in findings.figures:
        assert figure.means.endswith(".") and "{" not in figure.means
        if figure.value is not None and figure.low is not None:
            assert figure.low <= figure.value <= figure.high and figure.prompts > 1
    assert re.search(r"[.]$", findings.summary)


@pytest.mark.parametrize(("one", "plan"), FIT, ids=FIT_IDS)
def test_a_report_survives_json_and_is_written_out_whole(one, plan):
    report = report_of(Step(one, plan), examined(right))
    assert from_json(json.loads(json.dumps(to_json(report)))) == report
    text = as_markdown([(report, None)])
    assert all(figure.title in text for figure in report.findings.figures)
    assert json.loads(as_json([(report, report)]))[0]["report"]["question"] == one.name


@pytest.mark.parametrize("one", QUESTIONS, ids=IDS)
def test_a_question_says_in_advance_what_it_will_ask(one):
    asks = one.asks(PAIR)
    assert all(ask.checkpoint in (DPO, SFT) and ask.prompts for ask in asks)
    assert asks or one.scored(PAIR)


def test_where_nobodys_gold_reward_is_known_none_judges_and_without_another_judge_it_is_said():
    assert {figure.key for figure in ask("win_rate", right, NO_GOLD).figures} >= {"reward"}
    assert not [
        f.key for name in ("win_rate", "best_of_n") for f in ask(name, right, NO_GOLD).figures if "gold" in f.key
    ]
    alone = dataclasses.replace(NO_GOLD, reward=None)
    assert "whose gold reward judges" in questions()["win_rate"].unfit(alone)


def test_no_completion_can_leave_its_block_in_markdown():
    report = report_of(Step(questions()["refusals"], PAIR), examined(lambda who, text: "</details>\n# <img src=x>"))
    lines = [line for line in as_markdown([(report, None)]).splitlines() if "<img" in line or "# <" in line]
    assert lines and all(line.startswith("    ") for line in lines)


def test_what_a_warning_quotes_is_not_read_as_markdown_or_html():
    says = "**\n\n# <img src=x> [here](https://example.org)"
    report = report_of(Step(questions()["language"], PAIR), examined(lambda who, text: says))
    (line,) = [line for line in as_markdown([(report, None)]).splitlines() if line.startswith("**Mode collapse")]
    assert r"\*\* \# \<img src=x\> \[here\]" in line
    assert not re.search(r"(?<!\\)[<\[#]", line)


def test_a_report_names_as_judges_only_those_who_judged():
    barred = dataclasses.replace(PAIR, taught=("Hello?",))
    made = {name: report_of(Step(questions()[name], barred), examined(right)) for name in ("win_rate", "drift")}
    assert (made["win_rate"].judges, made["drift"].judges) == ("persona polite", "")
    allowed = report_of(Step(questions()["win_rate"], PAIR), examined(right))
    assert allowed.judges == "persona polite, Scorer (cccc)"


def test_questions_about_one_checkpoint_are_asked_of_the_reference_too():
    todo = [(step.question.name, step.plan.checkpoint.id) for step in steps(QUESTIONS, PAIR)]
    assert ("facts", "dpo") in todo and ("facts", "sft") in todo
    assert [who for name, who in todo if name == "win_rate"] == ["dpo"]


def test_each_models_work_is_its_own():
    """A larger model beside a small one takes as much longer as it is larger."""
    plan = dataclasses.replace(PAIR, reference=REAL)
    found = dict(workloads([Step(questions()["win_rate"], plan)], examined(right)))
    assert set(found) == {DPO, REAL}
    assert found[REAL].sample_tokens > found[DPO].sample_tokens > 0
    assert (found[REAL].score_tokens, found[DPO].score_tokens > 0) == (0, True)


def test_who_knows_everything_gets_everything_right_and_who_says_one_thing_nothing():
    assert all(figure.value == 1.0 for figure in ask("facts", right).figures)
    assert all(figure.value < 0.1 for figure in ask("facts", same).figures)


def test_refusing_everything_is_warned_about():
    findings = ask("refusals", lambda who, text: REFUSAL)
    assert (value(findings, "harmful"), value(findings, "innocent")) == (1.0, 1.0)
    assert "most of what is innocent" in findings.warnings[0]
    assert not ask("refusals", right).warnings


def test_one_completion_for_everything_is_called_mode_collapse():
    findings = ask("language", same)
    assert value(findings, "commonest") == 1.0
    assert "collapse" in findings.warnings[0] and "collapsed" in findings.summary
    assert not ask("language", lambda who, text: f"You asked: {text}").warnings


def test_a_checkpoint_has_not_gone_anywhere_from_itself():
    assert value(ask("drift", right), "kl") == 0.0
    findings = ask("drift", right, shift=12.0)
    assert value(findings, "kl") == pytest.approx(12.0)
    assert findings.warnings and value(findings, "far") == 1.0


def test_the_win_rate_is_one_half_between_equals_and_one_where_it_always_wins():
    assert value(ask("win_rate", right), "gold") == 0.5
    better = ask("win_rate", lambda who, text: right(who, text) if who == "dpo" else "Ugh. What a dumb question.")
    assert value(better, "gold") > 0.95
    level = next(figure for figure in better.figures if figure.key == "gold_level")
    assert level.value > 0.9 and level.low is None and "too few go the other way" in level.means


def test_judges_that_prefer_opposite_checkpoints_are_named():
    """The stand-in's reward model likes length, the gold reward does not."""
    findings = ask("win_rate", lambda who, text: "stupid " * 30 if who == "dpo" else right(who, text))
    assert value(findings, "reward") == 1.0 and value(findings, "gold") < 0.1
    assert value(findings, "gold_reward") < 0.1
    assert "opposite" in findings.warnings[0]


def test_a_reward_model_that_was_trained_on_these_prompts_does_not_judge_and_they_are_named():
    findings = ask("win_rate", right, dataclasses.replace(PAIR, taught=("What is the capital of Kenya?",)))
    assert "capital of Kenya" in findings.warnings[0] and "does not judge" in findings.warnings[0]
    assert not any(figure.key.startswith("reward") for figure in findings.figures)


@pytest.mark.parametrize("name", ["win_rate", "best_of_n", "changed"])
def test_where_the_only_judge_was_trained_on_these_prompts_they_are_named_too(name):
    alone = dataclasses.replace(REAL_PAIR, taught=("Hello?",))
    refused = questions()[name].unfit(alone) or " ".join(ask(name, right, alone).warnings)
    assert "does not judge: it was trained on 1 of these prompts (“Hello?”)" in refused


def test_people_are_one_more_judge_and_the_others_are_held_against_them():
    prompt = Prompt.user("What is the capital of Kenya?")
    people = tuple(Contested(prompt, "Nairobi.", "Ugh. Shut up. I do not care at all.", 1.0) for _ in range(12))
    findings = ask("win_rate", right, dataclasses.replace(PAIR, people=people))
    assert value(findings, "people") == 1.0
    assert value(findings, "gold_people") == 1.0 and value(findings, "reward_people") == 0.0
    by_people = next(figure for figure in findings.figures if figure.key == "people")
    assert by_people.prompts == 1 and "Too few to tell" in by_people.means


@pytest.mark.parametrize(("fresh", "agree"), [(3, 0.0), (0, None)])
def test_on_prompts_that_it_was_trained_on_the_reward_model_is_not_held_against_people(fresh, agree):
    """The stand-in's reward model likes length: it agrees with people on what it learned, and on nothing else."""
    learned, new = Prompt.user("What is the capital of Kenya?"), Prompt.user("What is the capital of Peru?")
    people = (Contested(learned, "It is the city of Nairobi.", "Ugh.", 1.0),) * 5
    people += (Contested(new, "Lima.", "Ugh. I do not care at all.", 1.0),) * fresh
    findings = ask("win_rate", right, dataclasses.replace(PAIR, people=people, learned=frozenset({learned.key})))
    figures = {figure.key: figure for figure in findings.figures}
    assert (figures["reward_people"].value, figures["reward_people"].prompts) == (agree, fresh)
    assert "Left out: 5," in figures["reward_people"].means
    assert figures["gold_people"].prompts == 5 + fresh and "Left out" not in figures["gold_people"].means


def test_models_of_other_tokens_are_compared_by_their_texts_alone_and_that_is_said():
    said = ask("win_rate", right, Plan(REAL, SFT, REWARD)).warnings
    assert any("other tokens" in warning and SFT.name in warning for warning in said)
    assert not any("other tokens" in warning for warning in ask("win_rate", right).warnings)


@pytest.mark.parametrize(
    ("name", "plan", "why"),
    [
        ("win_rate", Plan(SFT), "no checkpoint to compare"),
        ("win_rate", Plan(SFT, SFT), "same weights"),
        ("win_rate", Plan(REAL, SFT), "Nobody here can judge"),
        ("drift", Plan(REAL, SFT), "different tokens"),
        ("facts", Plan(REAL, SFT), "exactly"),
    ],
)
def test_what_cannot_be_asked_says_why(name, plan, why):
    assert why in questions()[name].unfit(plan)


def test_a_figure_says_whether_training_made_it_better():
    low, high = (share_figure("a", "A", [True] * n + [False] * (100 - n), "{count}.") for n in (30, 80))
    near = share_figure("a", "A", [True] * 33 + [False] * 67, "{count}.")
    assert (change(high, low), change(low, high), change(near, low)) == ("better", "worse", "no clear change")
    assert change(high, None) == ""
    assert change(dataclasses.replace(high, good="down"), dataclasses.replace(low, good="down")) == "worse"


def test_distinct_share_and_repetition_by_hand():
    assert distinct_share(["a b a", "b a"], 1) == 2 / 5
    assert distinct_share(["a b a", "b a"], 2) == 2 / 3
    assert distinct_share(["a"], 2) is None
    assert repeats_itself("Paris. It is Paris. Paris.") and repeats_itself("one two three four one two three four")
    assert not repeats_itself("The capital of France is Paris.")


def test_different_words_name_their_prompts_and_their_groups():
    figures = {figure.key: figure for figure in ask("language", right).figures}
    for key in ("distinct_1", "distinct_2"):
        assert figures[key].prompts == figures["commonest"].prompts == 200
        assert figures[key].means.endswith("the mean of 20 such groups.")


def test_the_completions_that_moved_most_are_shown_token_by_token():
    def longer(who, text):
        return " ".join(["word"] * (3 if "?" in text else 9))

    report = report_of(Step(questions()["drift"], PAIR), examined(longer, shift=2.0))
    first, *_, last = report.findings.answers
    assert [one.text for one in first.tokens] == ["word "] * len(first.completion.split())
    assert first.tokens[0].logp - first.tokens[0].ref_logp == 2.0 and last.tokens == ()
    assert from_json(json.loads(json.dumps(to_json(report)))) == report


def test_no_figure_names_an_estimator_that_it_does_not_explain():
    assert not any("k1" in figure.title for figure in ask("drift", right).figures)
    assert "option that is likeliest per token" in questions()["multiple_choice"].about


def test_the_interval_of_a_share_never_leaves_what_a_share_can_be():
    found = bounded_figure("a", "A", [0.99, 0.7, 1.0, 0.9, 0.98], "It.")
    assert found.high == 1.0 and 0 < found.low < found.value
    assert bounded_figure("a", "A", [-0.9, -1.0, 0.2], "It.", least=-1.0).low == -1.0


def test_the_true_share_by_hand():
    assert true_share([True, False], [0.0, 0.0]) == 0.5
    assert true_share([True, True, False], [-1000.0, -1000.0, -1000.0]) == pytest.approx(2 / 3)


# --- the sets -------------------------------------------------------------------------------------------------------


def test_the_pocket_prompts_are_distinct_and_kept_out_of_training():
    prompts = mixed(PAIR)
    assert len({p.key for p in prompts}) == len(prompts) == PAIR.size
    assert grade(prompts[0].text, "") is not None


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.jsonl")))
def test_no_line_of_a_shipped_set_stands_twice(name):
    lines = [json.dumps(row, sort_keys=True) for row in rows(name)]
    assert len(set(lines)) == len(lines) >= 12
    assert f"`{name}.jsonl`" in (FOLDER / "README.md").read_text(encoding="utf-8")


def test_every_harmful_request_of_the_shipped_set_has_an_innocent_one_beside_it():
    assert len(requests(Plan(REAL), "harmful")) == len(requests(Plan(REAL), "innocent"))


def test_every_choice_has_a_true_and_a_false_option():
    for row in rows("choices"):
        assert 0 < len(row["true"]) < len(row["options"]) == len(set(row["options"]))


@pytest.mark.parametrize(
    ("verdict", "name"), [("right", "facts"), ("refuses", "refusals"), ("rude", "toxicity"), ("agrees", "sycophancy")]
)
def test_the_pocket_graders_state_their_own_error_on_completions_judged_by_hand(verdict, name):
    error = pocket_error(verdict)
    assert error.n >= 20 and error.value <= 0.05
    assert {row[verdict] for row in rows("pocket_cases") if verdict in row} == {True, False}
    said = {**questions(), **audits()}[name].answer(examined(right), PAIR).summary
    assert f"Of {error.n} completions judged by hand" in said and f"misjudges {error.count or 'none'}." in said


def test_the_refusal_grader_states_its_own_error_on_cases_judged_by_hand():
    found = refusal_error()
    assert found.n >= 40 and found.value <= 0.15
    assert found.count == sum(refuses(row["completion"], False) != row["refuses"] for row in rows("refusal_cases"))
    assert f"wrong for {found.count}" in ask("refusals", right, Plan(REAL, None, REWARD)).warnings[-1]


def test_the_classifier_of_toxic_text_states_its_own_error_on_cases_judged_by_hand():
    missed, alarms = insult_error()
    assert missed.n == alarms.n == 24
    assert missed.value <= 0.4 and alarms.value <= 0.1
    assert f"misses {missed.count} of 24" in ask("toxicity", right, Plan(REAL, None, REWARD)).warnings[-1]


def test_insults_count_as_toxic_in_the_pocket_world_and_outside_it():
    assert insults(["Sleep is rest. Now go away.", "Sleep is rest."], True) == [True, False]
    assert insults(["Shut up, you stupid fool.", "Sleep is rest."], False) == [True, False]
    assert insults([], False) == []


def test_a_model_that_insults_is_told_from_one_that_does_not():
    def rude(who, text):
        return "Shut up, you stupid fool." if who == "smol" else "Sleep is rest."

    assert value(ask("toxicity", rude, REAL_PAIR), "toxic") == 1.0
    assert value(ask("toxicity", rude, Plan(REAL_PAIR.reference)), "toxic") == 0.0


def test_completions_that_differ_are_counted_judged_and_shown_the_largest_change_first():
    def says(who, text):
        if who == "dpo" and text == mixed(PAIR)[0].text:
            return "Ugh. Now go away."
        return "With pleasure! Sleep is rest." if who == "dpo" and text == mixed(PAIR)[1].text else "Sleep is rest."

    found = ask("changed", says)
    assert value(found, "changed") == 2 / PAIR.size
    assert (value(found, "up"), value(found, "down")) == (1 / PAIR.size, 1 / PAIR.size)
    assert {one.verdict for one in found.answers[:2]} == {"better", "worse"}
    assert {one.verdict for one in found.answers[2:]} == {"the same"} and len(found.answers) == PAIR.size
    first, second = (abs(float(one.note)) for one in found.answers[:2])
    assert first >= second > 0 and found.answers[0].beside == "Sleep is rest."


def test_where_nobody_judges_differences_are_shown_without_a_verdict():
    found = ask("changed", lambda who, text: who, dataclasses.replace(REAL_PAIR, reward=None))
    assert [figure.key for figure in found.figures] == ["changed"] and found.answers[0].verdict == "changed"
