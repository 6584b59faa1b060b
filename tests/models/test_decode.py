"""Sampling: both decoders compute the model's own numbers, and draws follow the distribution that is scored."""

from __future__ import annotations

import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel, Qwen3Config, Qwen3ForCausalLM

from playground.models.adapters import reference_off
from playground.models.decode import draw, draws, generate_ids, generate_steps, nucleus, pick_decoder
from playground.models.hf_decode import HFDecoder
from playground.models.llama_decode import LlamaDecoder
from playground.models.llama_weights import supports
from playground.models.logps import completion_logps
from tests.models.llamas import LLAMAS, ODD, with_lora
from tests.tiny import END, PAD, tiny_llama

PROMPTS = [[1, 9, 30], [1, 200, 7, 12, 13, 14, 15], [2], [1, 9, 30]]
NEW = 12


def qwen3():
    torch.manual_seed(0)
    sizes = {"vocab_size": 320, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "head_dim": 8}
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 96}
    return Qwen3ForCausalLM(Qwen3Config(**sizes, **heads, initializer_range=0.3)).eval()


def gpt2():
    torch.manual_seed(0)
    config = GPT2Config(vocab_size=320, n_embd=32, n_layer=2, n_head=2, n_positions=96, initializer_range=0.3)
    return GPT2LMHeadModel(config).eval()


OTHERS = {"qwen3": qwen3, "gpt2": gpt2}


@pytest.fixture(params=LLAMAS, scope="module")
def llama(request):
    return LLAMAS[request.param]()


@pytest.fixture(params=LLAMAS | OTHERS, scope="module")
def model(request):
    return (LLAMAS | OTHERS)[request.param]()


def options(**changes):
    plain = {"max_new_tokens": NEW, "temperature": 1.0, "end_ids": (END,), "pad_id": PAD}
    return {**plain, "generator": torch.Generator().manual_seed(0), **changes}


def run(model, prompts, decoder, **changes):
    how = options(**changes)
    uniform = draws(model, prompts, how["max_new_tokens"], how.pop("generator"))
    return list(generate_steps(model, prompts, **how, uniform=uniform, decoder=decoder))[-1]


def decoders(model):
    made = [HFDecoder(model, NEW, PAD, None)]
    return [*made, LlamaDecoder(model, NEW, None)] if supports(model) else made


def uncached(model, ids):
    with torch.no_grad():
        return model(input_ids=torch.tensor([ids])).logits[0, -1]


def test_every_llama_takes_the_fast_decoder(llama):
    assert isinstance(pick_decoder(llama, NEW, PAD, None), LlamaDecoder)


@pytest.mark.parametrize("name", OTHERS)
def test_other_models_take_the_general_one(name):
    assert isinstance(pick_decoder(OTHERS[name](), NEW, PAD, None), HFDecoder)


def test_cached_logits_are_the_uncached_ones(model):
    for decoder in decoders(model):
        rows = [list(p) for p in PROMPTS]
        logits = decoder.start(PROMPTS)
        for t in range(5):
            for b, row in enumerate(rows):
                torch.testing.assert_close(logits[b], uncached(model, row), atol=1e-4, rtol=1e-4)
            if t == 2:  # rows leave, change places, and one goes on twice
                order = [3, 0, 1, 1]
                decoder.select(torch.tensor(order))
                rows = [list(rows[i]) for i in order]
            tokens = [10 + t + b for b in range(len(rows))]
            logits = decoder.step(torch.tensor(tokens))
            rows = [[*row, token] for row, token in zip(rows, tokens, strict=True)]


@pytest.mark.parametrize("temperature", [0, 1.0])
def test_the_two_decoders_write_the_same(llama, temperature):
    ends = tuple(range(0, 320, 8))
    general, fast = (run(llama, PROMPTS * 4, d, temperature=temperature, end_ids=ends) for d in decoders(llama))
    assert fast == general
    if temperature:
        assert len({len(row) for row in fast}) > 1  # rows ended at different times


def test_greedy_is_what_transformers_generates(model):
    for prompt in PROMPTS:
        theirs = model.generate(
            input_ids=torch.tensor([prompt]),
            attention_mask=torch.ones(1, len(prompt), dtype=torch.long),
            max_new_tokens=NEW,
            do_sample=False,
            eos_token_id=END,
            pad_token_id=PAD,
        )[0, len(prompt) :].tolist()
        assert generate_ids(model, [prompt], **options(temperature=0)) == [theirs]


def test_a_row_writes_the_same_alone_and_in_a_batch(model):
    together = generate_ids(model, PROMPTS, **options(temperature=0))
    assert together == [generate_ids(model, [p], **options(temperature=0))[0] for p in PROMPTS]


def test_a_row_draws_the_same_whatever_the_other_rows_do():
    model, ends = tiny_llama(), tuple(range(0, 320, 8))
    prompts = [PROMPTS[0], [5, 6, 7], [8], PROMPTS[3]] * 4
    free = generate_ids(model, prompts, **options(end_ids=()))
    ended = generate_ids(model, prompts, **options(end_ids=ends))  # rows leave the batch at different times
    assert len({len(row) for row in ended}) > 2
    assert ended == [row[: len(short)] for row, short in zip(free, ended, strict=True)]
    other = generate_ids(model, [PROMPTS[0], *[[9]] * 14, PROMPTS[3]], **options(end_ids=()))
    assert (free[0], free[15]) == (other[0], other[15])


def test_the_fast_decoder_samples_from_the_distribution_that_is_scored(llama):
    drawn = generate_ids(llama, PROMPTS, **options(end_ids=()))
    decoder = LlamaDecoder(llama, NEW, None)
    logits, logps = decoder.start(PROMPTS), []
    for t in range(NEW):
        tokens = torch.tensor([row[t] for row in drawn])
        logps.append(logits.log_softmax(-1).gather(1, tokens[:, None]))
        logits = decoder.step(tokens)
    with torch.no_grad():
        scored = completion_logps(llama, PROMPTS, drawn, pad_id=PAD).token_logps
    torch.testing.assert_close(torch.cat(logps, 1), scored, atol=1e-4, rtol=0)


def test_the_same_seed_gives_the_same_and_another_seed_another():
    model = tiny_llama()
    first, again = (generate_ids(model, PROMPTS, **options()) for _ in range(2))
    other = generate_ids(model, PROMPTS, **options(generator=torch.Generator().manual_seed(1)))
    assert first == again
    assert first != other


def test_the_process_wide_generator_is_left_alone():
    before = torch.get_rng_state()
    generate_ids(tiny_llama(), PROMPTS, **options())
    assert torch.equal(torch.get_rng_state(), before)


def test_draws_follow_the_softmax():
    logits = torch.tensor([[1.0, 0.0, -1.0, float("-inf"), 0.5]])
    probs = (logits / 0.7).softmax(-1)[0]
    n = 40_000
    uniform = torch.rand(n, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    counts = draw(logits.expand(n, -1), uniform, 0.7, 1.0).bincount(minlength=5) / n
    # five standard errors of a share
    assert ((counts - probs).abs() <= 5 * (probs * (1 - probs) / n).sqrt()).all()
    assert counts[3] == 0


@pytest.mark.parametrize(("uniform", "token"), [(0.0, 1), (0.2499, 1), (0.25, 2), (0.9999999999, 2)])
def test_a_token_owns_its_stretch_of_the_unit_interval(uniform, token):
    logits = torch.tensor([[0.0, 0.25, 0.75, 0.0]]).log()
    assert draw(logits, torch.tensor([uniform], dtype=torch.float64), 1.0, 1.0).item() == token


@pytest.mark.parametrize(
    ("top_p", "kept"), [(0.4, [0]), (0.5, [0]), (0.51, [0, 2]), (0.8, [0, 2]), (0.95, [0, 2, 3]), (0.999, [0, 1, 2, 3])]
)
def test_the_nucleus_is_the_fewest_likeliest_tokens_that_reach_p(top_p, kept):
    probs = torch.tensor([[0.5, 0.05, 0.3, 0.15]])
    assert nucleus(probs, top_p)[0].nonzero().flatten().tolist() == kept


def test_top_p_near_zero_is_greedy():
    model = tiny_llama()
    greedy = generate_ids(model, PROMPTS, **options(temperature=0))
    assert generate_ids(model, PROMPTS, **options(top_p=1e-6)) == greedy


def test_a_row_ends_with_its_first_end_and_holds_no_other():
    ends = tuple(range(0, 320, 8))
    rows = generate_ids(tiny_llama(), PROMPTS * 8, **options(end_ids=ends))
    stopped = [row for row in rows if row[-1] in ends]
    assert len(stopped) > 16
    assert all(not set(row[:-1]) & set(ends) for row in rows)
    assert all(len(row) == NEW for row in rows if row[-1] not in ends)


def test_a_row_stops_where_the_context_is_full():
    model = tiny_llama(max_position_embeddings=10)
    rows = generate_ids(model, PROMPTS, **options(end_ids=()))
    assert [len(row) for row in rows] == [10 - len(p) for p in PROMPTS]


@pytest.mark.parametrize(("prompts", "most"), [([], 5), (PROMPTS, 0)])
def test_nothing_to_write_gives_nothing(prompts, most):
    assert generate_ids(tiny_llama(), prompts, **options(max_new_tokens=most)) == [[] for _ in prompts]


def test_a_stop_request_ends_after_the_token_and_keeps_what_was_written():
    seen = []
    rows = generate_ids(
        tiny_llama(),
        PROMPTS,
        **options(end_ids=()),
        on_tokens=lambda so_far: seen.append([len(row) for row in so_far]),
        should_stop=lambda: len(seen) == 3,
    )
    assert seen == [[1] * 4, [2] * 4, [3] * 4]
    assert [len(row) for row in rows] == [3] * 4


def test_the_fast_decoder_sees_changed_weights_at_the_next_call():
    model = tiny_llama()
    before = generate_ids(model, PROMPTS, **options())
    with torch.no_grad():
        for layer in model.model.layers:
            layer.mlp.down_proj.weight.mul_(-1)
    after = generate_ids(model, PROMPTS, **options())
    assert before != after
    assert after == run(model, PROMPTS, HFDecoder(model, NEW, PAD, None))


def test_merging_lora_for_a_call_leaves_the_backbone_bitwise_alone():
    model = with_lora()
    before = {name: p.clone() for name, p in model.named_parameters()}
    wanted = {name: p.requires_grad for name, p in model.named_parameters()}
    generate_ids(model, PROMPTS, **options())
    assert all(torch.equal(p, before[name]) for name, p in model.named_parameters())
    assert {name: p.requires_grad for name, p in model.named_parameters()} == wanted


def test_with_the_adapter_off_the_reference_writes():
    model = with_lora()
    with reference_off(model):
        reference = generate_ids(model, PROMPTS, **options())
    assert reference == generate_ids(tiny_llama(), PROMPTS, **options())
    assert reference != generate_ids(model, PROMPTS, **options())


@pytest.mark.parametrize("name", ODD)
def test_a_llama_with_something_extra_is_left_to_its_own_forward(name):
    odd = ODD[name]()
    assert not supports(odd)
    torch.testing.assert_close(
        pick_decoder(odd, NEW, PAD, None).start(PROMPTS[:1])[0], uncached(odd, PROMPTS[0]), atol=1e-4, rtol=1e-4
    )


def test_bfloat16_stays_near_float32():
    model = tiny_llama(initializer_range=0.05)
    exact = HFDecoder(model, NEW, PAD, None).start(PROMPTS)
    short = LlamaDecoder(model, NEW, torch.bfloat16).start(PROMPTS).float()
    assert not torch.equal(short, exact)
    torch.testing.assert_close(short, exact, atol=0.03, rtol=0)


def test_any_other_model_writes_in_float32_on_a_cpu_whatever_is_asked():
    model = tiny_llama(initializer_range=0.05)
    exact, asked = (HFDecoder(model, NEW, PAD, dtype).start(PROMPTS) for dtype in (None, torch.bfloat16))
    assert torch.equal(asked, exact)
