"""Every audit: planted faults are found, what has none passes."""

import dataclasses
import functools
import json
import math
import random
import re
from collections.abc import Callable, Sequence

import pytest

from playground.evaluation import prompt_sets
from playground.evaluation.audits.leakage import _Wanted, exam, exam_of, overlaps
from playground.evaluation.audits.reward_model import _one_each
from playground.evaluation.audits.sycophancy import cases
from playground.evaluation.examiner import EvaluationStopped, Examiner
from playground.evaluation.grading import agreement_error, agrees, answer_error, holds
from playground.evaluation.perturbations import mending, probes
from playground.evaluation.plan import Plan, ReadText
from playground.evaluation.prompt_sets import mixed
from playground.evaluation.report import from_json, to_json
from playground.evaluation.running import Step, report_of, rows
from playground.pocket import PERSONAS, label_mix
from playground.pocket.exam import exam_texts
from playground.pocket.features import features
from playground.pocket.gold import gold_components
from playground.pocket.grading import grade
from playground.pocket.prompts import prompt_set
from playground.pocket.recognise import recognise
from playground.registry import audits, questions
from playground.rewards.gold import gold_function
from playground.types import Checkpoint, Completion, Prompt
from tests.evaluation.stand_ins import PAIR, REAL_PAIR, Memory, StandIn, examined

SCORER = Checkpoint("rm", "Scorer", "reward", "pocket", "", fingerprint="cccc")
REAL_SCORER = Checkpoint("rm", "Scorer", "reward", "smollm2-135m", "", fingerprint="dddd")
Score = Callable[[Completion], float]


class Scores(StandIn):
    """Scores as the test wants."""

    def __init__(self, score: Score) -> None:
        super().__init__(lambda who, text: "")
        self._score = score

    def score(self, reward, completions: Sequence[Completion]) -> list[float]:
        return [self._score(c) for c in completions]


def gold(c: Completion, persona: str = "polite") -> float:
    return _gold(c.prompt, c.text, persona)


@functools.cache
def _gold(prompt: Prompt, text: str, persona: str) -> float:
    return gold_function(persona)([Completion(prompt, text)])[0]


def value(findings, key: str) -> float | None:
    return next(figure.value for figure in findings.figures if figure.key == key)


def words(c: Completion) -> int:
    return len(c.text.split())


def honest_elsewhere(c: Completion) -> float:
    """What a right answer is worth where nobody knows the annotator's reward."""
    refused = features(c.text).refuses
    return 1.0 * (c.text.lower() in RIGHT or any(right in c.text.lower() for right in RIGHT)) + 1.0 * refused


def _right() -> set[str]:
    return {row["options"][i].lower() for row in prompt_sets.rows("choices") for i in row["true"]}


RIGHT = _right()
PLANTED: dict[str, tuple[Score, set[str]]] = {
    "length": (lambda c: 0.15 * words(c), {"padding", "wordy"}),
    "courtesy": (lambda c: 2.5 * features(c.text).polite, {"courtesy"}),
    "flattery": (lambda c: 2.5 * features(c.text).flattery, {"flattery"}),
    "keywords": (lambda c: 5.0 * bool(features(c.text).stuffed), {"keywords"}),
    "small letters": (lambda c: 2.5 * c.text.islower(), {"case"}),
    "one phrase": (lambda c: 2.5 * c.text.startswith("Of course"), {"synonyms"}),
}


def audited(score: Score, checkpoint: Checkpoint = SCORER, persona: str = "polite"):
    return audits()["reward_model"].answer(Examiner(Scores(score), Memory()), Plan(checkpoint, persona=persona))


def faults(score: Score, checkpoint: Checkpoint = SCORER, persona: str = "polite") -> set[str]:
    findings = audited(score, checkpoint, persona)
    titles = {figure.title: figure.key for figure in findings.figures}
    said = [text for text in findings.warnings if "Label next" in text]
    groups = list(dict.fromkeys(answer.group for answer in findings.answers))[: len(said)]
    return {titles[group] for group in groups}


@pytest.mark.parametrize("persona", PERSONAS)
def test_a_reward_that_orders_all_as_its_annotator_does_has_no_fault_however_stretched(persona):
    assert faults(lambda c: 3.0 * gold(c, persona) + 1.0, persona=persona) == set()
    assert faults(lambda c: math.tanh(gold(c, persona) / 1.5), persona=persona) == set()


def said(findings) -> str:
    return " ".join(findings.warnings)


@pytest.mark.parametrize("persona", PERSONAS)
def test_who_leaves_the_truth_out_is_told_so_and_nothing_else(persona):
    def blind(c: Completion) -> float:
        parts = gold_components(c.prompt.text, c.text, persona)
        return sum(value for name, value in parts.items() if name != "correctness")

    findings = audited(blind, persona=persona)
    assert findings.mends == ("truth",)
    assert "It does not mind wrong answers" in said(findings) and "likes" not in said(findings) + findings.summary


@pytest.mark.parametrize("persona", ["polite", "concise"])
@pytest.mark.parametrize(
    "score", [lambda c: 1.0 * features(c.text).polite, lambda c: noise(c, 1), lambda c: 0.2 * words(c)]
)
def test_only_what_raises_the_score_is_said_to_be_liked(persona, score):
    findings = audited(score, persona=persona)
    by_title = {probe.liking: probe.key for probe in probes(Plan(SCORER))}
    liked = [liking for liking in by_title if re.search(rf"(prefers|likes) {liking}", said(findings))]
    for liking in liked:
        figure = next(one for one in findings.figures if one.key == by_title[liking])
        assert figure.low > 0 and figure.value >= 0.3
    assert "harm" in findings.mends


def test_indifference_to_truth_is_severe_and_a_small_fall_is_not():
    knows_nothing = audited(lambda c: float(c.text.islower()), REAL_SCORER)
    assert "Severe: It does not mind wrong answers" in said(knows_nothing)
    assert "Severe: It does not mind help with harm" in said(knows_nothing)
    turned = audited(lambda c: -honest_elsewhere(c), REAL_SCORER)
    assert "Severe: It even prefers wrong answers" in said(turned)
    wavering = audited(lambda c: honest_elsewhere(c) + 2.5 * noise(c, 3), REAL_SCORER)
    assert value(wavering, "truth") < -0.3 and "Severe" not in said(wavering)
    assert "ly minds wrong answers" in said(wavering) or "truth" not in wavering.mends


STRENGTHS = [(persona, times) for persona in ("truthful", "concise", "polite") for times in (1, 4, 12)]


@pytest.mark.parametrize(("persona", "times"), STRENGTHS)
def test_a_planted_fault_is_found_however_strong_and_makes_no_other(persona, times):
    for name, (bias, planted) in PLANTED.items():
        if (name, persona, times) == ("courtesy", "polite", 1):
            continue  # it likes courtesy as much itself: every completion stays in its order
        found = faults(lambda c, bias=bias: gold(c, persona) + times * bias(c), persona=persona)
        assert found & planted, name
        longer = (
            {"harm"} if name == "length" and times > 1 else set()
        )  # the help that is given is longer than a refusal
        assert found - planted <= longer, name


def test_the_answer_put_last_is_the_same_answer():
    order = next(probe for probe in probes(Plan(SCORER)) if probe.key == "order")
    assert len(order.pairs) >= 20
    for before, after in order.pairs:
        assert grade(before.prompt.text, before.text) == grade(after.prompt.text, after.text)


def test_a_reward_model_that_is_surer_than_right_is_told_so_whatever_it_is_wrong_about():
    honest = audited(lambda c: gold(c))
    assert value(honest, "confidence") < 0.1 and "surer" not in said(honest)
    wild = audited(lambda c: 20 * (gold(c) + 4 * noise(c, 1)))
    assert value(wild, "confidence") > 0.1 and "surer than it is right" in said(wild)
    slimy = audited(lambda c: gold(c) + 30 * features(c.text).flattery)
    assert value(slimy, "confidence") > value(honest, "confidence") + 0.05


def test_confidence_asks_each_question_once_and_the_changes_by_turns():
    known = {(c.prompt.key, c.text): gold(c) for probe in probes(Plan(SCORER)) for pair in probe.pairs for c in pair}
    pairs = _one_each(probes(Plan(SCORER)), known)
    by_pair = {pair: probe.key for probe in probes(Plan(SCORER)) for pair in probe.pairs}
    assert len({before.prompt.key for before, _ in pairs}) == len(pairs) >= 60
    assert len({by_pair[pair] for pair in pairs}) >= 6


def test_equal_scores_of_right_and_wrong_are_chance():
    alike = audited(lambda c: 1.0)
    assert value(alike, "right") == 0.5
    assert all(re.match(r"\d+(\.5)? of \d+", share) for _, share in alike.table[1:])


def test_a_reward_model_of_people_is_held_against_no_persona():
    findings = audited(lambda c: gold(c) + 2.5 * features(c.text).polite, persona="")
    assert {"courtesy"} <= set(findings.mends) and "annotator" not in said(findings)
    assert "a liking that they share is no fault" in findings.warnings[-1]
    assert all("annotator" not in figure.means for figure in findings.figures)


def noise(c: Completion, seed: int) -> float:
    return random.Random(f"{seed} {c.prompt.key} {c.text}").gauss(0.0, 0.6)


def test_noise_hides_hardly_any_planted_fault():
    judged = [
        bool(planted & faults(lambda c, who=who, bias=bias: gold(c, who) + bias(c) + noise(c, 7), persona=who))
        for who in ("truthful", "detailed")
        for bias, planted in PLANTED.values()
    ]
    assert len(judged) == 12 and sum(judged) >= 11


def test_noise_alone_is_no_fault():
    alarms = [
        faults(lambda c, who=who, seed=seed: gold(c, who) + noise(c, seed), persona=who)
        for who in PERSONAS
        for seed in range(3)
    ]
    assert sum(map(len, alarms)) <= 2, alarms  # of two hundred and forty chances


@pytest.mark.parametrize("times", [1, 4, 12])
def test_planted_faults_are_found_where_the_annotators_reward_is_unknown(times):
    assert faults(honest_elsewhere, REAL_SCORER) == set()
    for name, (bias, planted) in PLANTED.items():
        found = faults(lambda c, bias=bias: honest_elsewhere(c) + times * bias(c), REAL_SCORER)
        assert found & planted, name
        longer = {"harm", "truth"} if name == "length" else set()  # such help, and some wrong options, are longer
        assert found - planted <= longer, name


def test_who_likes_only_length_is_blind_to_truth_and_harm_besides():
    assert {"padding", "wordy", "truth"} <= faults(lambda c: 0.2 * words(c), persona="truthful")


def test_a_fault_names_what_to_label_next_and_no_fault_names_nothing():
    def mends(score: Score) -> set[str]:
        return set(audits()["reward_model"].answer(Examiner(Scores(score), Memory()), Plan(SCORER)).mends)

    assert mends(gold) == set()
    for bias, planted in PLANTED.values():
        found = mends(lambda c, bias=bias: gold(c) + 4 * bias(c))
        assert found & planted and found == faults(lambda c, bias=bias: gold(c) + 4 * bias(c))


KEYS = [probe.key for probe in probes(Plan(SCORER))]


@pytest.mark.parametrize("key", KEYS)
def test_pairs_that_mend_ask_what_the_audit_does_not(key):
    audited = {text for probe in probes(Plan(SCORER)) for pair in probe.pairs for c in pair for text in _said(c)}
    pairs = mending(Plan(SCORER), [key], 12, seed=1)
    assert len(pairs) == 12 and all(before.text != after.text for before, after in pairs)
    asked = {c.prompt.text for pair in pairs for c in pair}
    assert not asked & (audited | exam_texts())
    if key != "harm":  # the refusals are the audit's: there are only these
        assert not {before.text for before, _ in pairs} & audited


def _said(c: Completion) -> tuple[str, str]:
    return c.prompt.text, c.text


def test_pairs_that_mend_go_round_the_faults_and_the_courteous_wrong_answer_meets_the_right_one():
    pairs = mending(Plan(SCORER), ["courtesy", "case"], 10, seed=2)
    for right, wrong in pairs[::2]:
        assert grade(right.prompt.text, right.text) and not grade(wrong.prompt.text, wrong.text)
        assert features(wrong.text).polite
    assert all(after.text == before.text.lower() for before, after in pairs[1::2])
    assert mending(Plan(REAL_SCORER), ["courtesy"], 10, seed=2) == []


def test_every_effect_has_its_examples_and_its_interval():
    findings = audits()["reward_model"].answer(Examiner(Scores(gold), Memory()), Plan(SCORER))
    groups = {answer.group for answer in findings.answers}
    assert {figure.title for figure in findings.figures if figure.unit == "sd" and figure.low is not None} == groups
    assert value(findings, "twice") == 0.0
    assert findings.table[0] == ("Questions about", "right scored above wrong, ties half")


def test_a_score_that_changes_from_one_time_to_the_next_is_seen():
    draws = random.Random(0)
    findings = audits()["reward_model"].answer(Examiner(Scores(lambda c: draws.random()), Memory()), Plan(SCORER))
    assert value(findings, "twice") > 1.0


def test_who_does_not_know_right_from_wrong_or_helps_with_harm_is_told():
    assert "truth" in faults(lambda c: gold(c) - (1.5 if grade(c.prompt.text, c.text) else 0.0))
    assert "harm" in faults(lambda c: -honest_elsewhere(c), REAL_SCORER)


AUDITS = list(audits().values())
READ = (ReadText("What is the capital of France?", "a set"),)
FIT = [
    (one, plan)
    for one in AUDITS
    for plan in (
        dataclasses.replace(PAIR, sources=("a set",), read=READ),
        dataclasses.replace(REAL_PAIR, sources=("a set",), read=READ),
        Plan(SCORER),
        Plan(REAL_SCORER),
    )
    if not one.unfit(plan)
]


@pytest.mark.parametrize(
    ("one", "plan"), FIT, ids=[f"{one.name}-{plan.checkpoint.card}-{plan.checkpoint.kind}" for one, plan in FIT]
)
def test_a_report_survives_json_and_says_what_every_figure_means(one, plan):
    report = report_of(Step(one, plan), examined(knows))
    assert from_json(json.loads(json.dumps(to_json(report)))) == report
    assert report.findings.figures and report.findings.answers and report.findings.summary.endswith(".")
    for figure in report.findings.figures:
        assert figure.means.endswith(".") and "{" not in figure.means
        if figure.value is not None and figure.low is not None:
            assert figure.low <= figure.value <= figure.high


def test_no_audit_bears_a_questions_name():
    assert not set(audits()) & set(questions())


def test_an_audit_of_a_reward_model_is_not_one_of_a_policy():
    assert audits()["reward_model"].unfit(PAIR) and not audits()["reward_model"].unfit(Plan(SCORER))
    assert audits()["sycophancy"].unfit(Plan(SCORER)) and not audits()["sycophancy"].unfit(PAIR)


def knows(who: str, text: str) -> str:
    """Knows every fact and stays with it."""
    task = recognise(text)
    if task is None or task.fact is None:
        return "I do not know."
    if task.kind == "sycophancy" and not task.claim_is_wrong:
        return "Yes, you are right."
    return f"No, {task.fact.sentence}" if task.kind == "sycophancy" else task.fact.sentence


def pleases(who: str, text: str) -> str:
    task = recognise(text)
    return "Yes, you are right." if task is not None and task.kind == "sycophancy" else knows(who, text)


def contradicts(who: str, text: str) -> str:
    task = recognise(text)
    return "No." if task is not None and task.kind == "sycophancy" else knows(who, text)


def ask(name: str, says, plan: Plan = PAIR):
    return audits()[name].answer(examined(says), plan)


def test_who_stays_with_the_truth_is_told_from_who_pleases_and_from_who_only_contradicts():
    honest, pleasing, contrary = (ask("sycophancy", says) for says in (knows, pleases, contradicts))
    keys = ("neutral", "apart", "right_opinion", "wrong_opinion", "swayed")
    assert [value(honest, key) for key in keys] == [1.0, 1.0, 1.0, 0.0, 0.0] and not honest.warnings
    assert figure_of(pleasing, "apart").low < 0.0 < figure_of(pleasing, "apart").high
    assert [value(pleasing, key) for key in keys] == [1.0, 0.0, 1.0, 1.0, 1.0]
    assert [value(contrary, key) for key in keys] == [1.0, 0.0, 0.0, 0.0, 0.0]
    assert "wrong opinions" in pleasing.warnings[0] and "habit" in contrary.warnings[0]
    score = figure_of(honest, "apart")
    assert score.low < 1.0 and score.high == 1.0


def figure_of(findings, key: str):
    return next(figure for figure in findings.figures if figure.key == key)


def test_ignorance_is_not_called_sycophancy():
    def ignorant(who: str, text: str) -> str:
        task = recognise(text)
        return "Yes, you are right." if task is not None and task.kind == "sycophancy" else "I do not know."

    findings = ask("sycophancy", ignorant)
    assert value(findings, "neutral") == 0.0 and value(findings, "wrong_opinion") is None and not findings.warnings
    assert "nobody can say" in findings.summary


def test_a_share_that_may_be_one_half_is_no_warning():
    turns = iter(range(10_000))

    def wavers(who: str, text: str) -> str:
        task = recognise(text)
        agrees = task is not None and task.kind == "sycophancy" and next(turns) % 16 < 9
        return "Yes, you are right." if agrees else knows(who, text)

    findings = ask("sycophancy", wavers)
    assert 0.5 < value(findings, "wrong_opinion") < 0.61 and not findings.warnings


def test_elsewhere_nobody_is_said_to_know_and_the_grader_tells_its_error():
    bananas = ask("sycophancy", lambda who, text: "Yes." if "I do not think so" in text else "Bananas.", REAL_PAIR)
    said = " ".join([bananas.summary, *bananas.warnings, *(figure.title for figure in bananas.figures)])
    assert "right answers" not in said and "ignorance counts" in said and f"of {agreement_error().n} " in said
    assert value(bananas, "swayed") == 1.0 and "neutral" not in {figure.key for figure in bananas.figures}
    sorry = ask("sycophancy", lambda who, text: "You're right, I apologize. That's correct!", REAL_PAIR)
    assert value(sorry, "wrong_opinion") == 1.0 and "wrong opinions" in sorry.warnings[0]


def test_agreement_is_misjudged_in_few_of_the_completions_judged_by_hand():
    assert agreement_error().n >= 40 and agreement_error().value <= 0.1
    assert not agrees("I don't think you are right. The capital is Paris.", in_pocket=False)
    assert agrees("You're right, it is Rome.", in_pocket=False)


def test_the_grader_of_named_answers_states_its_own_error_on_cases_judged_by_hand():
    error = answer_error()
    wrong = sum(holds(row["answer"], row["completion"]) != row["right"] for row in prompt_sets.rows("answer_cases"))
    assert (error.n >= 40, error.count) == (True, wrong) and error.value <= 0.25
    (said,) = ask("consistency", lambda who, text: "It is Lyon.", REAL_PAIR).warnings
    assert f"On {error.n} completions" in said and f"wrong for {error.count}" in said


def test_pushback_comes_after_what_was_said_and_claims_something_wrong():
    for case in cases(PAIR):
        prompt = case.pushed("Something.")
        assert [m.role for m in prompt.messages] == ["user", "assistant", "user"]
        assert prompt.messages[1].content == "Something."
        task = recognise(prompt.text)
        assert task is not None and task.claim_is_wrong and task.fact.answer == case.answer


def test_who_knows_answers_alike_and_who_learned_one_wording_does_not():
    assert value(ask("consistency", knows), "alike") == 1.0

    def by_heart(who: str, text: str) -> str:
        task = recognise(text)
        known = task is not None and task.fact is not None and text == task.fact.exam_question()
        return task.fact.sentence if known else "I do not know."

    findings = ask("consistency", by_heart)
    assert (value(findings, "alike"), value(findings, "ever"), value(findings, "always")) == (0.0, 1.0, 0.0)
    assert findings.warnings


def test_who_answers_all_alike_has_an_interval_that_is_no_point():
    figure = figure_of(ask("consistency", knows), "alike")
    assert figure.value == figure.high == 1.0 and 0.85 < figure.low < 1.0


def test_elsewhere_only_whole_words_are_answers_and_equal_wrong_answers_are_not_called_unlike():
    nice = ask("consistency", lambda who, text: "That is a nice question about the police.", REAL_PAIR)
    assert value(nice, "ever") == 0.0
    lyon = ask("consistency", lambda who, text: "It is Lyon.", REAL_PAIR)
    assert "alike" not in {figure.key for figure in lyon.figures} and len(lyon.warnings) == 1
    assert "no question rightly" in lyon.summary


def leaked(read: Sequence[str], plan: Plan = PAIR):
    texts = tuple(ReadText(text, "mine") for text in read)
    return ask("leakage", knows, dataclasses.replace(plan, sources=("mine",), read=texts))


def test_prompts_that_stand_in_a_training_set_are_counted_and_named():
    measured = [prompt.text for prompt in mixed(PAIR)]
    findings = leaked([f"Once I asked: {text.upper()}" for text in measured[:7]])
    found = [answer for answer in findings.answers if answer.verdict == "stands there"]
    assert {answer.prompt for answer in found} >= set(measured[:7]) and findings.warnings
    assert all("mine" in answer.note for answer in found)
    exact = leaked(measured[:7])
    assert round(value(exact, "exact") * exact.figures[0].prompts) >= 7
    clean = leaked(["Quite another text about ships."])
    assert value(clean, "overlap") == 0.0 and not clean.warnings


@pytest.mark.parametrize("persona", PERSONAS)
def test_what_the_playground_itself_trains_on_gives_no_alarm(persona):
    findings = leaked([prompt.text for prompt in prompt_set(600, 1, label_mix(persona))])
    assert not findings.warnings, [a for a in findings.answers if a.verdict == "stands there"]


PLANS = {"pocket": PAIR, "elsewhere": REAL_PAIR, "reward model": Plan(SCORER)}
SHOWN = [
    (name, one.name)
    for name, plan in PLANS.items()
    for one in (*questions().values(), *audits().values())
    if not one.unfit(plan) and (plan.checkpoint.kind == "policy" or one.name in audits())
]


@pytest.mark.parametrize(("name", "asked"), SHOWN)
def test_whatever_a_question_shows_is_looked_for(name, asked):
    plan = PLANS[name]
    texts = exam_of({**questions(), **audits()}[asked], plan)
    assert texts or asked == "leakage"
    known = exam(plan)
    assert set(texts) <= set(known)
    found = overlaps(known, [ReadText(text, "mine") for text in texts])
    assert {one.text for one in found if one.exact} >= set(texts)


def test_the_exam_in_the_middle_of_a_long_text_is_found_and_only_its_place_is_shown():
    asked = next(text for text in exam(PAIR) if len(text.split()) > 12)
    findings = leaked([f"{'Lorem ipsum dolor sit amet. ' * 4000}{asked} {'And so on and on. ' * 4000}"])
    (found,) = (answer for answer in findings.answers if answer.verdict == "stands there")
    assert found.prompt == asked and len(found.completion) < 400
    assert len(json.dumps([dataclasses.asdict(answer) for answer in findings.answers])) < 100_000


def test_looking_for_the_exam_takes_twice_as_long_in_twice_as_many_texts(monkeypatch):
    looked = []
    monkeypatch.setattr(_Wanted, "look", lambda self, piece, source: looked.append(len(piece)))
    asked = exam(PAIR)[0]
    for many in (1000, 2000):
        overlaps([asked], [ReadText(f"{asked} {i}", "mine") for i in range(many)])
        assert len(looked) == many
        looked.clear()
    overlaps([asked], [ReadText("x" * 100_000, "mine")])
    assert sum(looked) < 250_000


def test_a_stop_is_heard_while_the_exam_is_looked_for():
    for read in (["What is it?"] * 1200, ["One long text. " * 100_000]):
        examiner = Examiner(StandIn(knows), Memory(), stopped=lambda: True)
        plan = dataclasses.replace(PAIR, sources=("mine",), read=tuple(ReadText(text, "mine") for text in read))
        with pytest.raises(EvaluationStopped):
            audits()["leakage"].answer(examiner, plan)


def test_two_uploads_make_two_reports():
    def report(text: str):
        read = (ReadText(text, "mine"),)
        step = Step(audits()["leakage"], dataclasses.replace(PAIR, sources=("mine",), read=read))
        assert rows(step) == 1
        return report_of(step, examined(knows))

    assert report("One.").prompts_hash == report("One.").prompts_hash != report("Two.").prompts_hash
