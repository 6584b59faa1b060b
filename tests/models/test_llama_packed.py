"""Rows read without padding: the states and gradients of transformers' own forward, at the tokens asked for."""

from __future__ import annotations

import pytest
import torch

from playground.models import llama_packed, logps
from playground.models.llama_packed import _RMSNorm, packs, states_at
from playground.models.logps import completion_logps
from tests.models.llamas import DROPPING, LLAMAS, ODD, with_lora
from tests.tiny import PAD, tiny_llama

ROWS = [[1, 9, 30, 40, 41, 42], [1, 200, 7], [2, 12, 13, 14, 15]]
PROMPTS = [[1, 9, 30], [1, 200, 7, 12, 13, 14, 15], [2]]
COMPLETIONS = [[40, 41, 42, 43, 4], [50, 4], [60, 61, 62]]


@pytest.fixture(params=LLAMAS, scope="module")
def llama(request):
    return LLAMAS[request.param]()


def grid(rows=ROWS, left: bool = False):
    """input_ids and reads (B, L), padded on one side with an id that would be seen."""
    width = max(map(len, rows)) + 1
    ids, reads = torch.full((len(rows), width), 77), torch.zeros(len(rows), width, dtype=torch.bool)
    for i, row in enumerate(rows):
        at = slice(width - len(row), width) if left else slice(0, len(row))
        ids[i, at], reads[i, at] = torch.tensor(row), True
    return ids, reads


def own_states(model, row) -> torch.Tensor:
    body = model.get_base_model().model if hasattr(model, "peft_config") else model.model
    return body(input_ids=torch.tensor([row])).last_hidden_state[0]


def own_logps(model, prompt, completion) -> torch.Tensor:
    logits = model(input_ids=torch.tensor([prompt + completion])).logits[0, len(prompt) - 1 : -1]
    return logits.float().log_softmax(-1)[range(len(completion)), completion]


@pytest.mark.parametrize("depth", [1, 2])
def test_states_of_some_depth_are_the_hidden_states_of_that_depth(llama, depth):
    ids, reads = grid()
    body = llama.get_base_model().model if hasattr(llama, "peft_config") else llama.model
    own = [body(input_ids=torch.tensor([row]), output_hidden_states=True).hidden_states[depth][0] for row in ROWS]
    torch.testing.assert_close(states_at(llama, ids, reads, reads, depth), torch.cat(own), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("left", [False, True])
def test_states_are_those_of_each_row_alone(llama, left):
    ids, reads = grid(left=left)
    got = states_at(llama, ids, reads, reads)
    torch.testing.assert_close(got, torch.cat([own_states(llama, row) for row in ROWS]), atol=1e-4, rtol=1e-4)


def test_only_what_is_wanted_comes_back(llama):
    ids, reads = grid()
    wanted = reads & (torch.arange(ids.shape[1]) % 2 == 1)
    every = states_at(llama, ids, reads, reads)
    torch.testing.assert_close(states_at(llama, ids, reads, wanted), every[wanted[reads]], atol=1e-5, rtol=0)


def test_gradients_are_those_of_the_models_own_forward(llama):
    gradients = []
    for packed in (True, False):
        llama.zero_grad()
        if packed:
            completion_logps(llama, PROMPTS, COMPLETIONS, pad_id=PAD).token_logps.sum().backward()
        else:
            for prompt, completion in zip(PROMPTS, COMPLETIONS, strict=True):
                own_logps(llama, prompt, completion).sum().backward()
        gradients.append({name: p.grad.clone() for name, p in llama.named_parameters() if p.requires_grad})
    ours, theirs = gradients
    assert len(ours) > 4
    for name, gradient in theirs.items():
        assert gradient.any()
        torch.testing.assert_close(ours[name], gradient, atol=1e-4, rtol=1e-4)


def test_long_rows_give_the_same_by_the_other_attention(llama, monkeypatch):
    ids, reads = grid()
    short = states_at(llama, ids, reads, reads)
    monkeypatch.setattr(llama_packed, "SHORT", 2)
    torch.testing.assert_close(states_at(llama, ids, reads, reads), short, atol=1e-4, rtol=1e-4)


def test_with_gradients_and_without_the_numbers_are_the_same_bit_for_bit(llama):
    ids, reads = grid()
    with torch.no_grad():
        silent = states_at(llama, ids, reads, reads)
    assert torch.equal(states_at(llama, ids, reads, reads), silent)


def test_under_autocast_the_numbers_are_those_of_the_models_own_forward_under_autocast():
    model = tiny_llama(initializer_range=0.05)
    ids, reads = grid()
    exact = states_at(model, ids, reads, reads)
    with torch.autocast("cpu", torch.bfloat16):
        short = states_at(model, ids, reads, reads).float()
        own = torch.cat([own_states(model, row) for row in ROWS]).float()
    assert not torch.equal(short, exact)
    torch.testing.assert_close(short, own, atol=0.02, rtol=0.02)


def test_rows_without_a_token_to_score_are_left_out():
    model = tiny_llama()
    scores = completion_logps(model, PROMPTS, [[], [50, 4], []], pad_id=PAD)
    torch.testing.assert_close(scores.token_logps[1], own_logps(model, PROMPTS[1], [50, 4]), atol=1e-5, rtol=0)
    assert scores.mask.sum() == 2
    assert completion_logps(model, PROMPTS[:1], [[]], pad_id=PAD).token_logps.shape == (1, 0)


def test_the_norms_gradient_is_the_derivative():
    generator = torch.Generator().manual_seed(0)
    h, gain = (torch.randn(*shape, dtype=torch.float64, generator=generator) for shape in ((5, 8), (8,)))
    assert torch.autograd.gradcheck(
        lambda *x: _RMSNorm.apply(*x, 1e-6), (h.requires_grad_(), gain.requires_grad_()), raise_exception=True
    )
    torch.testing.assert_close(_RMSNorm.apply(h, gain, 1e-6), torch.nn.functional.rms_norm(h, (8,), gain, 1e-6))


@pytest.mark.parametrize("name", ODD)
def test_a_llama_with_something_extra_is_read_by_its_own_forward(name):
    odd = ODD[name]()
    assert not packs(odd)
    scores = completion_logps(odd, PROMPTS[:1], COMPLETIONS[:1], pad_id=PAD)
    torch.testing.assert_close(scores.token_logps[0], own_logps(odd, PROMPTS[0], COMPLETIONS[0]), atol=1e-4, rtol=1e-4)


def test_a_large_model_is_packed_without_lora_only(monkeypatch):
    lora = with_lora()
    assert packs(lora)
    near = completion_logps(lora, PROMPTS, COMPLETIONS, pad_id=PAD).token_logps
    monkeypatch.setattr(llama_packed, "LARGEST_MERGED", 1000)
    assert packs(tiny_llama())
    assert not packs(lora)
    monkeypatch.setattr(logps, "states_at", None)
    torch.testing.assert_close(
        completion_logps(lora, PROMPTS, COMPLETIONS, pad_id=PAD).token_logps, near, atol=1e-4, rtol=0
    )


@pytest.mark.parametrize("name", DROPPING)
def test_a_llama_that_drops_is_packed_only_where_it_does_not_train(name):
    model = DROPPING[name]()
    assert not packs(model)
    assert packs(model.eval())
