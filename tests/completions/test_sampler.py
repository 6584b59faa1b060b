"""Completions: as many as asked, the same for a seed, streamed as sampled, scored token by token."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
import torch

from playground.completions import sampler
from playground.completions.sampler import logit_difference, sample, stream, token_scores
from playground.errors import EmptyPrompt, ModelNotUsable, PromptTooLong
from playground.models.catalogue import shipped_checkpoints
from playground.models.chat import end_ids
from playground.models.loader import load
from playground.types import Prompt, Sampling
from tests.tiny import END, tiny_loaded

PROMPTS = [Prompt.user("the cat"), Prompt.user("sat on the other mat 7"), Prompt.user("é 漢")]
SHORT = Sampling(max_new_tokens=12, seed=3)
TEXTS = ["the cat sat", " two  spaces\n", "é 漢字 👩‍👩‍👧", "a<|end|>b"]


@pytest.fixture(scope="module")
def loaded():
    return tiny_loaded()


@pytest.mark.parametrize("n", [1, 3])
def test_each_prompt_gets_its_n_completions(loaded, n):
    made = sample(loaded, PROMPTS, SHORT, n=n)
    assert [[c.prompt for c in group] for group in made] == [[p] * n for p in PROMPTS]
    assert {c.checkpoint for group in made for c in group} == {"tiny"}
    assert {c.sampling for group in made for c in group} == {SHORT}


def test_the_same_seed_gives_the_same_completions_and_another_seed_others(loaded):
    first = sample(loaded, PROMPTS, SHORT, n=2)
    torch.rand(3)
    assert sample(loaded, PROMPTS, SHORT, n=2) == first
    other = sample(loaded, PROMPTS, Sampling(max_new_tokens=12, seed=4), n=2)
    assert [c.text for g in other for c in g] != [c.text for g in first for c in g]


def test_completions_of_one_prompt_differ_unless_greedy(loaded):
    (drawn,) = sample(loaded, PROMPTS[:1], SHORT, n=8)
    (greedy,) = sample(loaded, PROMPTS[:1], Sampling(temperature=0, max_new_tokens=12), n=8)
    assert len({c.text for c in drawn}) > 1
    assert len({c.text for c in greedy}) == 1


def test_two_threads_share_many_rows_and_write_what_one_writes(loaded, monkeypatch):
    alone = sample(loaded, PROMPTS, SHORT, n=30)
    counts = []
    opened = sampler.lanes_for
    monkeypatch.setattr(sampler, "lanes_for", lambda model, count: counts.append(count) or opened(model, count))
    assert sample(loaded, PROMPTS, SHORT, n=30, threads=2) == alone
    sample(loaded, PROMPTS, SHORT, threads=2)
    assert counts == [2, 0]


def test_more_rows_than_a_batch_all_come_back(loaded, monkeypatch):
    monkeypatch.setattr(sampler, "SMALL_BATCH", 4)
    greedy = Sampling(temperature=0, max_new_tokens=6)
    small = sample(loaded, PROMPTS, greedy, n=3)
    monkeypatch.undo()
    assert small == sample(loaded, PROMPTS, greedy, n=3)


def test_the_finish_reason_tells_whether_the_end_was_written(loaded, monkeypatch):
    ends = tuple(range(4, 320, 6))
    monkeypatch.setattr(sampler, "end_ids", lambda tokenizer, model: ends)
    seen = []
    inner = sampler.generate_ids
    monkeypatch.setattr(sampler, "generate_ids", lambda *a, **k: seen.extend(inner(*a, **k)) or seen[:])
    (made,) = sample(loaded, PROMPTS[:1], SHORT, n=32)
    assert [c.finish_reason for c in made] == ["stop" if ids[-1] in ends else "length" for ids in seen]
    assert {c.finish_reason for c in made} == {"stop", "length"}


def test_the_end_is_no_part_of_the_text(loaded, monkeypatch):
    word = loaded.tokenizer("the", add_special_tokens=False)["input_ids"]
    monkeypatch.setattr(sampler, "generate_ids", lambda *a, **k: [[*word, END]])
    assert sample(loaded, PROMPTS[:1], SHORT)[0][0].text == "the"


@pytest.mark.parametrize("seed", range(6))
def test_the_stream_grows_by_whole_characters_to_what_sample_gives(loaded, seed):
    sampling = Sampling(max_new_tokens=24, seed=seed)
    shown = list(stream(loaded, PROMPTS[2], sampling))
    assert all(later.startswith(earlier) and later != earlier for earlier, later in pairwise(shown))
    assert not any(text.endswith("\ufffd") for text in shown)
    assert shown[-1] == sample(loaded, [PROMPTS[2]], sampling)[0][0].text


def test_a_character_of_several_tokens_is_streamed_at_once(loaded, monkeypatch):
    ids = loaded.tokenizer("a漢b", add_special_tokens=False)["input_ids"]
    assert len(ids) == 5  # 漢 is three bytes, each a token
    steps = [[ids[: i + 1]] for i in range(len(ids))]
    monkeypatch.setattr(sampler, "generate_steps", lambda *a, **k: iter(steps))
    assert list(stream(loaded, PROMPTS[0], SHORT)) == ["a", "a漢", "a漢b"]


def test_a_stop_request_ends_stream_and_sample(loaded):
    asked = []

    def stop():
        asked.append(1)
        return len(asked) >= 3

    assert 1 <= len(list(stream(loaded, PROMPTS[0], Sampling(max_new_tokens=80), should_stop=stop))) <= 3
    made = sample(loaded, PROMPTS, SHORT, n=2, should_stop=lambda: True)
    assert [[c.text for c in group] for group in made] == [["", ""]] * 3


def test_a_bad_prompt_is_refused_before_anything_is_sampled(loaded, monkeypatch):
    monkeypatch.setattr(sampler, "generate_ids", lambda *a, **k: pytest.fail("sampled"))
    with pytest.raises(EmptyPrompt):
        sample(loaded, [*PROMPTS, Prompt.user(" ")], SHORT)
    with pytest.raises(PromptTooLong):
        sample(loaded, [*PROMPTS, Prompt.user("0" * 500)], SHORT)


@pytest.mark.parametrize("text", TEXTS)
def test_token_texts_join_to_the_completion(loaded, text):
    scores = token_scores(loaded, loaded, PROMPTS[0], text)
    assert "".join(s.text for s in scores) == text
    assert all(s.logp == s.ref_logp <= 0 for s in scores)


def test_the_end_can_be_scored_as_a_last_token(loaded):
    plain = token_scores(loaded, loaded, PROMPTS[0], "the cat")
    ended = token_scores(loaded, loaded, PROMPTS[0], "the cat", ended=True)
    assert [s.text for s in ended] == [*(s.text for s in plain), "<|end|>"]


def test_token_scores_are_each_models_own(loaded):
    other = tiny_loaded(seed=5)
    scores = token_scores(loaded, other, PROMPTS[0], "the cat")
    swapped = token_scores(other, loaded, PROMPTS[0], "the cat")
    assert [(s.logp, s.ref_logp) for s in scores] == [(s.ref_logp, s.logp) for s in swapped]
    assert any(s.logp != s.ref_logp for s in scores)


def test_an_empty_completion_has_no_tokens(loaded):
    assert token_scores(loaded, loaded, PROMPTS[0], "") == []


def test_logits_differ_between_models_and_not_within_one(loaded):
    assert logit_difference(loaded, loaded, PROMPTS[0]) == 0
    assert logit_difference(loaded, tiny_loaded(seed=5), PROMPTS[0]) > 0.1


def test_both_models_are_measured_on_the_very_tokens_that_each_was_given(loaded, monkeypatch):
    other = tiny_loaded(seed=5)
    base = replace(other, checkpoint=replace(other.checkpoint, knows_chat=False))
    apart = {t: logit_difference(loaded, other, PROMPTS[0], t) for t in ("chat", "raw")}
    assert apart["chat"] != apart["raw"]
    assert {t: logit_difference(loaded, base, PROMPTS[0], t) for t in ("chat", "raw")} == apart
    assert logit_difference(loaded, other, PROMPTS[0], "auto") == apart["chat"]
    assert logit_difference(loaded, base, PROMPTS[0], "auto") == max(apart.values())  # one reads chat, one raw text


def test_one_model_under_two_names_is_the_same_whatever_template_each_gets(loaded):
    base = replace(loaded, checkpoint=replace(loaded.checkpoint, knows_chat=False))
    assert logit_difference(loaded, base, PROMPTS[0], "auto") == 0


def test_the_logit_difference_is_the_largest(loaded):
    other = tiny_loaded(tie_word_embeddings=False)
    other.model.load_state_dict(loaded.model.state_dict() | {"lm_head.weight": loaded.model.lm_head.weight.clone()})
    assert logit_difference(loaded, other, PROMPTS[0]) == 0
    ids = sampler.encode_prompt(loaded, PROMPTS[0])
    with torch.no_grad():
        state = loaded.model.model(input_ids=torch.tensor([ids])).last_hidden_state[0, -1]
        other.model.lm_head.weight[7] += 3 * state / state.norm() ** 2
    assert logit_difference(loaded, other, PROMPTS[0]) == pytest.approx(3, abs=1e-3)


def test_models_of_different_tokenizers_cannot_be_compared(loaded):
    other = tiny_loaded()
    other.tokenizer.add_tokens(["new"])
    with pytest.raises(ModelNotUsable, match="different tokenizers"):
        logit_difference(loaded, other, PROMPTS[0])
    with pytest.raises(ModelNotUsable, match="different tokenizers"):
        token_scores(loaded, other, PROMPTS[0], "the")


def test_the_shipped_sft_answers_and_stops():
    _, sft = shipped_checkpoints()
    loaded = load(sft)
    (made,) = sample(loaded, [Prompt.user("What is the capital of France?")], Sampling(max_new_tokens=96), n=16)
    assert sum(c.finish_reason == "stop" for c in made) >= 8
    assert not any(special in c.text for c in made for special in loaded.tokenizer.all_special_tokens)
    assert set(end_ids(loaded.tokenizer, loaded.model)) >= {loaded.tokenizer.eos_token_id}
