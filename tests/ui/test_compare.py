"""Compare without a browser: what is asked of the bench, and that nobody's text becomes markup."""

import math
from html.parser import HTMLParser

import pytest

from playground.errors import EmptyPrompt, NotFound, PlaygroundError
from playground.types import Checkpoint, Completion, Prompt, Sampling, TokenScore
from playground.ui.compare_panes import (
    Pane,
    difference_html,
    panes_html,
    set_html,
    times_words,
    tokens_html,
    waiting_html,
)
from playground.ui.compare_set import MOST_PROMPTS, sample_set
from playground.ui.compare_tokens import PARENT, coloured
from playground.ui.comparing import compare
from playground.ui.problem import problem_html
from playground.ui.readable import HALF
from playground.ui.sampling_dials import read_sampling
from playground.ui.theme import STATIC
from playground.vocabulary import GLOSSARY

HOSTILE = "<img src=x onerror=alert(1)> & </p><script>alert(2)</script> \" '"
BASE = Checkpoint("base", "Base", "policy", "pocket", "/b", knows_chat=False, fingerprint="aaaaaaaaaaaa")
SFT = Checkpoint("sft", "SFT", "policy", "pocket", "/s", parent="base", method="sft", fingerprint="bbbbbbbbbbbb")
TWIN = Checkpoint("twin", "Twin", "policy", "pocket", "/t", parent="sft", method="dpo", fingerprint="bbbbbbbbbbbb")


class Bench:
    """Three checkpoints, of which two are the same weights."""

    def __init__(self):
        self.known = {c.id: c for c in (BASE, SFT, TWIN)}
        self.checkpoints = self.completions = self  # one stand-in for both parts
        self.streamed, self.scored, self.sampled, self.compared, self.closed = [], [], [], [], False

    def find(self, workspace, checkpoint_id):
        if checkpoint_id not in self.known:
            raise NotFound(f"There is no checkpoint {checkpoint_id!r} here.")
        return self.known[checkpoint_id]

    def stream(self, workspace, ids, prompt, sampling):
        self.streamed.append((workspace, list(ids), prompt, sampling))
        try:
            for text in ("One", "One two", "One two three"):
                yield [f"{text} by {i}" for i in ids]
        finally:
            self.closed = True

    def logit_difference(self, workspace, a, b, prompt, template):
        self.compared.append((a, b, prompt, template))
        return 0.0 if {a, b} == {"sft", "twin"} else 3.24

    def token_scores(self, workspace, policy, reference, prompt, completion, sampling):
        self.scored.append((policy, reference, prompt, completion, sampling))
        return [TokenScore(word, -0.5, -1.5) for word in completion.split()]

    def sample(self, workspace, checkpoint_id, prompts, sampling, n=1):
        self.sampled.append((checkpoint_id, sampling))
        return [[Completion(p, f"{checkpoint_id} on {p.text}")] for p in prompts]


class _Text(HTMLParser):
    """The text and the elements a browser would see."""

    def __init__(self, html):
        super().__init__()
        self.text, self.tags, self.attributes = "", [], []
        self.feed(html)

    def handle_data(self, data):
        self.text += data

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]


@pytest.mark.parametrize(
    "html",
    [
        panes_html([Pane(SFT, HOSTILE)], Sampling()),
        panes_html([Pane(SFT, "x", tokens=tokens_html([TokenScore(HOSTILE, -1.0, -2.0)], BASE))], Sampling()),
        set_html(["SFT"], [HOSTILE], [["fine"]]),
        set_html(["SFT"], ["fine"], [[HOSTILE]]),
        problem_html(PlaygroundError(HOSTILE, hint="")),
    ],
    ids=["pane", "token", "prompt in a set", "completion in a set", "error"],
)
def test_text_of_models_and_visitors_is_shown_as_it_is_and_never_becomes_markup(html):
    seen = _Text(html)
    assert HOSTILE in seen.text
    assert not {"img", "script"} & set(seen.tags)
    assert "onerror" not in seen.attributes


@pytest.mark.parametrize("field", ["name", "method", "fingerprint"])
def test_what_a_checkpoint_says_of_itself_never_becomes_markup(field):
    from dataclasses import replace

    html = panes_html([Pane(replace(SFT, **{field: HOSTILE}), "fine")], Sampling())
    assert HOSTILE in _Text(html).text
    assert not {"img", "script"} & set(_Text(html).tags)
    assert "onerror" not in _Text(html).attributes


HALVES = "caf\ufffd\x04\x1e\ufffd au lait"


@pytest.mark.parametrize(
    "html",
    [
        panes_html([Pane(SFT, HALVES)], Sampling()),
        panes_html([Pane(SFT, "x", tokens=tokens_html([TokenScore(HALVES, -1.0, -2.0)], BASE))], Sampling()),
        set_html(["SFT"], ["fine"], [[HALVES]]),
    ],
)
def test_bytes_that_make_no_whole_character_are_shown_as_one_sign(html):
    assert f"caf{HALF} au lait" in html and not set("\ufffd\x04\x1e") & set(html)


def test_the_sign_for_half_a_character_is_explained_where_completions_are():
    (word,) = [one for one in GLOSSARY if one.name == "completion"]
    assert HALF in word.means


def test_the_browser_shows_the_same_sign_as_the_server():
    script = (STATIC / "page.js").read_text(encoding="utf-8")
    assert f'replace(/[\\ufffd\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f]+/g, "{HALF}")' in script


def test_a_very_long_prompt_is_cut_above_its_completions():
    assert "why is this so long? Because" in panes_html([Pane(SFT)], Sampling(), "why is this so long? Because")
    html = panes_html([Pane(SFT)], Sampling(), "why " * 2000)
    assert html.count("why") < 100 and "…" in html


def test_all_checkpoints_get_the_same_prompt_and_sampling_in_one_stream():
    bench, sampling = Bench(), Sampling(temperature=0.3, seed=7)
    shown = list(compare(bench, "w", ["base", "sft"], "Hello", sampling))
    assert bench.streamed == [("w", ["base", "sft"], Prompt.user("Hello"), sampling)]
    last, panes, line = shown[-1]
    assert last.texts == ("One two three by base", "One two three by sft")
    assert "One two three by base" in panes and "One two three by sft" in panes
    assert "really differ" in line and "3.2" in line


def test_a_comparison_that_is_stopped_closes_its_stream():
    bench = Bench()
    going = compare(bench, "w", ["base", "sft"], "Hello", Sampling())
    next(going), next(going)
    assert not bench.closed
    going.close()
    assert bench.closed


def test_equal_checkpoints_are_named_as_the_same_model():
    *_, (_, _, line) = compare(Bench(), "w", ["base", "sft", "twin"], "Hello", Sampling())
    assert 'role="alert"' in line
    assert "SFT and Twin" in line
    assert "Base" not in line


def test_three_checkpoints_that_differ_say_so_pair_by_pair():
    line = difference_html([("A", "B"), ("A", "C"), ("B", "C")], [12.4, 2.04, 0.031])
    assert "A and B 12; A and C 2; B and C 0.031" in line
    assert "alert" not in line


def _other_tokenizer(*_):
    raise PlaygroundError("SFT and <b>Other</b> have different tokenizers.", hint="Compare two of one model.")


def test_models_without_common_tokens_are_still_compared_by_their_texts():
    bench = Bench()
    bench.logit_difference = _other_tokenizer
    *_, (_, panes, line) = compare(bench, "w", ["base", "sft"], "Hello", Sampling())
    assert "One two three by sft" in panes
    assert "different tokenizers" in line and "<b>Other</b>" not in line and "alert" not in line


def test_a_pane_that_cannot_be_coloured_keeps_its_text_and_says_why():
    bench = Bench()
    *_, (last, _, _) = compare(bench, "w", ["base", "sft"], "Hello", Sampling())
    bench.token_scores = _other_tokenizer
    panes, _ = coloured(bench, "w", last, PARENT)
    assert "One two three by sft" in panes
    assert "Not coloured: SFT and &lt;b&gt;Other" in panes


@pytest.mark.parametrize(
    ("template", "base", "sft"),
    [("auto", "raw text", "the chat template"), ("chat",) + ("the chat template",) * 2, ("raw",) + ("raw text",) * 2],
)
def test_each_pane_says_which_template_its_checkpoint_got(template, base, sft):
    first, second = panes_html([Pane(BASE), Pane(SFT)], Sampling(template=template)).split("</section>")[:2]
    assert f"given {base}" in first
    assert f"given {sft}" in second


@pytest.mark.parametrize(
    ("panes", "template", "told"),
    [
        ([BASE, SFT], "auto", True),
        ([BASE, SFT], "chat", False),
        ([BASE, SFT], "raw", False),
        ([SFT, TWIN], "auto", False),
    ],
)
def test_where_the_templates_differ_the_page_says_so_and_where_they_do_not_it_does_not(panes, template, told):
    html = panes_html([Pane(c) for c in panes], Sampling(template=template), "Hello")
    assert ("its template is not" in html) == told


def test_panes_that_were_not_asked_yet_do_not_say_what_they_were_given():
    html = waiting_html([BASE, SFT])
    assert "given" not in html and "template" not in html


@pytest.mark.parametrize("template", ["auto", "chat", "raw"])
def test_whether_they_differ_is_measured_on_what_the_panes_were_given(template):
    bench = Bench()
    list(compare(bench, "w", ["base", "sft"], "Hello", Sampling(template=template)))
    assert bench.compared == [("base", "sft", Prompt.user("Hello"), template)]


@pytest.mark.parametrize(("ids", "n"), [([], 0), (["sft"], 1), (["base", "sft", "twin", "base", "sft"], 5)])
def test_fewer_than_two_or_more_than_four_checkpoints_are_refused(ids, n):
    with pytest.raises(PlaygroundError, match=f"{n} checkpoints") as refused:
        list(compare(Bench(), "w", ids, "Hello", Sampling()))
    assert refused.value.hint


@pytest.mark.parametrize("text", ["", "  \n"])
def test_an_empty_prompt_is_refused_before_anything_runs(text):
    bench = Bench()
    with pytest.raises(EmptyPrompt):
        list(compare(bench, "w", ["base", "sft"], text, Sampling()))
    assert not bench.streamed


@pytest.mark.parametrize("seed", [None, -1, 2**31])
def test_a_seed_that_cannot_be_used_is_refused_and_not_replaced(seed):
    with pytest.raises(PlaygroundError, match="seed"):
        read_sampling(0.7, 1.0, 64, seed, "auto")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ((0.7, 1.0, 64, 1.5), "seed is 1.5"),
        (("warm", 1.0, 64, 0), "temperature is 'warm'"),
        ((0.7, "0.9", 64, 0), "top-p is '0.9'"),
        ((0.7, 1.0, [64], 0), "longest completion is \\[64\\]"),
        ((0.7, 1.0, 64, True), "seed is True"),
        ((float("nan"), 1.0, 64, 0), "temperature is nan"),
        ((None, 1.0, 64, 0), "temperature is missing"),
        ((0.7, 7.0, 64, 0), "top-p is 7"),
        ((0.7, 1.0, 3.7, 0), "longest completion is 3.7"),
        ((0.7, 1.0, 99999999, 0), "longest completion is 99999999"),
    ],
)
def test_a_dial_that_cannot_be_used_is_refused_by_its_name(values, words):
    with pytest.raises(PlaygroundError, match=words):
        read_sampling(*values, "auto")


@pytest.mark.parametrize("template", ["automatic", None, 3])
def test_a_template_that_is_not_there_is_refused(template):
    with pytest.raises(PlaygroundError, match="template"):
        read_sampling(0.7, 1.0, 64, 0, template)


def test_the_dials_become_the_sampling():
    assert read_sampling(0.7, 0.9, 32.0, 5.0, "raw") == Sampling(0.7, 0.9, 32, 5, "raw")


def test_tokens_are_coloured_against_the_parent_and_the_parentless_says_why_not():
    bench = Bench()
    *_, (last, _, _) = compare(bench, "w", ["base", "sft"], "Hello", Sampling(seed=3))
    panes, legend = coloured(bench, "w", last, PARENT)
    assert bench.scored == [("sft", "base", Prompt.user("Hello"), "One two three by sft", Sampling(seed=3))]
    assert "trained from nothing" in panes.split("</section>")[0]
    assert "trained from" in legend


def test_the_reference_itself_is_not_coloured():
    bench = Bench()
    *_, (last, _, _) = compare(bench, "w", ["base", "sft"], "Hello", Sampling())
    panes, legend = coloured(bench, "w", last, "sft")
    assert [(policy, reference) for policy, reference, *_ in bench.scored] == [("base", "sft")]
    assert "the reference itself" in panes.split("</section>")[1]
    assert "SFT" in legend


def test_colouring_before_any_run_says_what_to_do():
    with pytest.raises(PlaygroundError) as refused:
        coloured(Bench(), "w", None, PARENT)
    assert "Run" in refused.value.hint


def test_a_tokens_colour_and_numbers_are_its_log_ratio():
    html = tokens_html([TokenScore("a", -0.5, -2.5), TokenScore("b", -9.0, -1.0), TokenScore("c", -1.0, -1.0)], BASE)
    up, down, same = html.split("<span ")[1:]
    assert 'class="token up"' in up and "--s:0.50" in up
    assert "7.4 times likelier than under the reference (log-ratio +2.00 nats: -0.50 here, -2.50 there)" in up
    assert 'class="token down"' in down and "--s:1.00" in down and "log-ratio -8.00 nats" in down
    assert "--s:0.00" in same
    assert f"{math.exp(6.0):,.0f} times less likely than under Base (log-ratio -6.0 nats)" in html


def test_a_token_that_the_reference_finds_impossible_still_has_a_colour():
    html = tokens_html([TokenScore("a", -0.5, -math.inf)], BASE)
    assert "--s:1.00" in html and "+inf" in html


@pytest.mark.parametrize(
    ("nats", "words"),
    [
        (34.0, "more than a million times likelier than"),
        (-34.0, "more than a million times less likely than"),
        (math.inf, "more than a million times likelier than"),
        (math.log(999_999), "999,999 times likelier than"),
        (0.004, "as likely as"),
    ],
)
def test_odds_are_said_so_that_they_can_be_read(nats, words):
    assert times_words(nats) == words


def test_a_huge_ratio_is_capped_in_words_and_exact_beside_them():
    html = tokens_html([TokenScore("a", -0.5, -34.5)], BASE)
    assert html.count("more than a million times likelier") >= 2
    assert "e+" not in html and "log-ratio +34.00 nats" in html


def test_a_set_runs_every_distinct_line_once_on_each_checkpoint():
    bench = Bench()
    *_, html = sample_set(bench, "w", ["base", "sft"], "One?\n\n  Two?  \nOne?\n", Sampling(seed=4))
    assert bench.sampled == [("base", Sampling(seed=4)), ("sft", Sampling(seed=4))]
    assert html.count("<tr>") == 1 + 2
    assert 'data-name="Base, given raw text"' in html and 'data-name="SFT, given the chat template"' in html
    for text in ("base on One?", "base on Two?", "sft on One?", "sft on Two?"):
        assert f">{text}</td>" in html


def test_a_set_shows_the_first_checkpoints_column_while_the_second_is_still_writing():
    _, half, _ = sample_set(Bench(), "w", ["base", "sft"], "One?", Sampling())
    assert "base on One?" in half and "…" in half and "sft on One?" not in half


@pytest.mark.parametrize("lines", ["", "\n \n"])
def test_a_set_without_prompts_is_refused(lines):
    with pytest.raises(EmptyPrompt):
        list(sample_set(Bench(), "w", ["sft"], lines, Sampling()))


def test_a_set_with_too_many_prompts_says_how_many():
    lines = "\n".join(f"Question {i}?" for i in range(MOST_PROMPTS + 1))
    with pytest.raises(PlaygroundError, match=f"{MOST_PROMPTS + 1} prompts"):
        list(sample_set(Bench(), "w", ["sft"], lines, Sampling()))
