"""Log-probs of completions against the plain formula, and what must not change them."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
import torch
from torch import nn
from transformers import Gemma2Config, Gemma2ForCausalLM, GPT2Config, GPT2LMHeadModel, Qwen3Config, Qwen3ForCausalLM

from playground.errors import ShapeError
from playground.models.adapters import add_lora
from playground.models.logps import completion_logps, token_logps
from tests.tiny import PAD, give_lora_weights, tiny_llama, tiny_loaded

PROMPTS = [[1, 9, 30], [1, 200, 7, 12, 13, 14, 15], [2]]
COMPLETIONS = [[40, 41, 42, 43, 4], [50, 4], [60, 61, 62]]
SIZES = {
    "vocab_size": 320,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 96,
    "pad_token_id": PAD,
    "initializer_range": 0.3,
}


def with_lora():
    model = add_lora(tiny_loaded(), rank=2, alpha=4).model
    give_lora_weights(model)
    return model


MODELS = {
    "llama": tiny_llama,
    "lora": with_lora,
    "gpt2": lambda: GPT2LMHeadModel(
        GPT2Config(vocab_size=320, n_embd=32, n_layer=2, n_head=2, n_positions=96, initializer_range=0.3)
    ),
    "qwen3": lambda: Qwen3ForCausalLM(Qwen3Config(**SIZES)),
    "gemma2, which caps its logits": lambda: Gemma2ForCausalLM(Gemma2Config(**SIZES, final_logit_softcapping=2.0)),
}


@pytest.fixture(params=MODELS, scope="module")
def model(request):
    torch.manual_seed(0)
    return MODELS[request.param]().eval()


def by_the_formula(model, prompt, completion, temperature=1.0):
    """log softmax of all logits, then the rows and columns that count."""
    logits = model(input_ids=torch.tensor([prompt + completion])).logits[0].float() / temperature
    logps = logits.log_softmax(-1)[len(prompt) - 1 : -1]
    return logps, logps[range(len(completion)), completion]


@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_each_row_is_the_formula_of_that_row_alone(model, temperature):
    scores = completion_logps(model, PROMPTS, COMPLETIONS, pad_id=PAD, temperature=temperature, return_entropy=True)
    assert scores.token_logps.shape == scores.mask.shape == (3, 5)
    for b, (prompt, completion) in enumerate(zip(PROMPTS, COMPLETIONS, strict=True)):
        full, wanted = by_the_formula(model, prompt, completion, temperature)
        n = len(completion)
        torch.testing.assert_close(scores.token_logps[b, :n], wanted, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(scores.entropy[b, :n], -(full.exp() * full).sum(-1), atol=1e-5, rtol=1e-5)
        assert scores.mask[b].tolist() == [True] * n + [False] * (5 - n)
        assert not scores.token_logps[b, n:].any()
        assert not scores.entropy[b, n:].any()


def test_padding_id_batch_size_and_order_change_nothing(model):
    whole = completion_logps(model, PROMPTS, COMPLETIONS, pad_id=PAD)
    other = completion_logps(model, PROMPTS[::-1], COMPLETIONS[::-1], pad_id=77)
    torch.testing.assert_close(other.token_logps.flip(0), whole.token_logps, atol=1e-5, rtol=0)
    alone = completion_logps(model, PROMPTS[1:2], COMPLETIONS[1:2], pad_id=PAD)
    torch.testing.assert_close(alone.token_logps[0], whole.token_logps[1, :2], atol=1e-5, rtol=0)


def test_the_side_of_the_padding_changes_nothing(model):
    rows = [p + c for p, c in zip(PROMPTS, COMPLETIONS, strict=True)]
    width = max(map(len, rows))
    ids = torch.tensor([[PAD] * (width - len(r)) + r for r in rows])
    column = torch.arange(width)
    attention = column >= width - torch.tensor([[len(r)] for r in rows])
    mask = column >= width - torch.tensor([[len(c)] for c in COMPLETIONS])
    left = token_logps(model, ids, mask, attention_mask=attention.long())
    right = completion_logps(model, PROMPTS, COMPLETIONS, pad_id=PAD)
    torch.testing.assert_close(left.token_logps, right.token_logps, atol=1e-5, rtol=0)
    assert torch.equal(left.mask, right.mask)


def test_tokens_after_a_completion_change_nothing(model):
    short = completion_logps(model, PROMPTS[:1], [COMPLETIONS[0][:2]], pad_id=PAD)
    longer = completion_logps(model, PROMPTS[:1], COMPLETIONS[:1], pad_id=PAD)
    torch.testing.assert_close(short.token_logps[0], longer.token_logps[0, :2], atol=1e-5, rtol=0)


def test_gradients_are_the_formulas():
    model = tiny_llama()
    completion_logps(model, PROMPTS, COMPLETIONS, pad_id=PAD).token_logps.sum().backward()
    ours = {name: p.grad.clone() for name, p in model.named_parameters()}
    model.zero_grad()
    for prompt, completion in zip(PROMPTS, COMPLETIONS, strict=True):
        by_the_formula(model, prompt, completion)[1].sum().backward()
    for name, p in model.named_parameters():
        torch.testing.assert_close(ours[name], p.grad, atol=1e-4, rtol=1e-4)


def test_hidden_is_the_state_before_the_action():
    model = tiny_llama()
    scores = completion_logps(model, PROMPTS, COMPLETIONS, pad_id=PAD, return_hidden=True)
    for b, (prompt, completion) in enumerate(zip(PROMPTS, COMPLETIONS, strict=True)):
        states = model.model(input_ids=torch.tensor([prompt + completion])).last_hidden_state[0]
        wanted = states[len(prompt) - 1 : -1]
        torch.testing.assert_close(scores.hidden[b, : len(completion)], wanted, atol=1e-5, rtol=1e-5)
        assert not scores.hidden[b, len(completion) :].any()


def test_hidden_carries_gradients_to_the_backbone():
    model = tiny_llama()
    scores = completion_logps(model, PROMPTS, COMPLETIONS, pad_id=PAD, return_hidden=True)
    scores.hidden.square().sum().backward()
    assert model.model.layers[0].self_attn.q_proj.weight.grad.abs().sum() > 0


def test_a_completion_without_tokens_is_an_empty_row():
    scores = completion_logps(tiny_llama(), PROMPTS[:2], [COMPLETIONS[0], []], pad_id=PAD)
    assert scores.mask[1].sum() == 0
    assert not scores.token_logps[1].any()


def test_only_states_that_predict_a_completion_reach_the_head():
    model, seen = tiny_llama(), []
    model.lm_head.register_forward_hook(lambda module, args, output: seen.append(output.shape))
    completion_logps(model, PROMPTS, COMPLETIONS, pad_id=PAD)
    assert [math.prod(shape[:-1]) for shape in seen] == [sum(map(len, COMPLETIONS))]


def test_the_model_keeps_no_hook_after_scoring_nor_after_an_error():
    model = tiny_llama()
    completion_logps(model, PROMPTS, COMPLETIONS, pad_id=PAD)
    with pytest.raises(IndexError):
        completion_logps(model, [[1, 999]], [[5]], pad_id=PAD)
    assert not model.lm_head._forward_pre_hooks


def test_autocast_computes_in_bfloat16_and_answers_in_float32():
    model = tiny_llama(initializer_range=0.05)
    exact = completion_logps(model, PROMPTS, COMPLETIONS, pad_id=PAD).token_logps
    with torch.autocast("cpu", torch.bfloat16):
        short = completion_logps(model, PROMPTS, COMPLETIONS, pad_id=PAD).token_logps
        short.sum().backward()
    assert short.dtype is torch.float32
    assert not torch.equal(short, exact)
    torch.testing.assert_close(short, exact, atol=0.02, rtol=0)
    assert all(p.grad.isfinite().all() for p in model.parameters())


class Table(nn.Module):
    """A stand-in whose next-token distribution after token i is row i of a table."""

    def __init__(self, table):
        super().__init__()
        self.head = nn.Linear(table.shape[0], table.shape[1], bias=False)
        self.head.weight.data = table.log().T.contiguous()

    def get_output_embeddings(self):
        return self.head

    def forward(self, input_ids, **_):
        states = nn.functional.one_hot(input_ids, self.head.in_features).float()
        return SimpleNamespace(logits=self.head(states))


def test_known_probabilities_come_out():
    table = torch.tensor([[0.5, 0.25, 0.25], [0.1, 0.2, 0.7], [1 / 3, 1 / 3, 1 / 3]])
    scores = completion_logps(Table(table), [[0], [2, 1]], [[1, 2], [0]], pad_id=0, return_entropy=True)
    wanted = torch.tensor([[math.log(0.25), math.log(0.7)], [math.log(0.1), 0.0]])
    torch.testing.assert_close(scores.token_logps, wanted)
    torch.testing.assert_close(scores.entropy[0, 0].item(), 1.5 * math.log(2))


@pytest.mark.parametrize(
    ("prompts", "completions", "temperature", "says"),
    [
        ([[1]], [[2], [3]], 1.0, "1 prompts but 2"),
        ([[]], [[2]], 1.0, "empty"),
        ([], [], 1.0, "no completion"),
        ([[1]], [[2]], 0.0, "above 0"),
    ],
)
def test_what_cannot_be_scored_is_refused(prompts, completions, temperature, says):
    with pytest.raises(ShapeError, match=says):
        completion_logps(tiny_llama(), prompts, completions, pad_id=PAD, temperature=temperature)


def test_a_mask_of_another_shape_is_refused():
    with pytest.raises(ShapeError, match="must agree"):
        token_logps(tiny_llama(), torch.ones(1, 3, dtype=torch.long), torch.ones(1, 4, dtype=torch.bool))
