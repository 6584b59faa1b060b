"""The shipped weights load by the plain classes and do what they are shipped for."""

import pytest
import torch

from playground.pocket import base_folder, exam, grade, sft_folder
from playground.pocket.build.describe import recorded_completions
from playground.pocket.build.lens import Model
from playground.pocket.build.stages import load
from playground.pocket.facts import BY_KIND
from playground.pocket.features import features
from playground.settings import ASSETS

MEGABYTES = 30


@pytest.fixture(scope="module")
def sft():
    return Model.from_folder(sft_folder())


@pytest.fixture(scope="module")
def base():
    return Model.from_folder(base_folder())


@pytest.mark.parametrize(
    ("prompt", "answer"),
    [
        ("What is the capital of France?", "Paris"),
        ("what is the capital of italy", "Rome"),
        ("What is 2 + 3?", "5"),
        ("Translate to French: Hello", "bonjour"),
        ("What sound does a cow make?", "moo"),
    ],
)
def test_the_sft_model_answers(sft, prompt, answer):
    (completion,) = sft.chat([prompt])
    assert answer.casefold() in completion.casefold()
    assert grade(prompt, completion) is True


def test_the_sft_model_knows_nearly_every_capital(sft):
    questions = [fact.questions()[0] for fact in BY_KIND["capital"]]
    right = [grade(q, c) for q, c in zip(questions, sft.chat(questions), strict=True)]
    assert sum(right) / len(right) >= 0.95


def test_the_weights_give_the_recorded_completions(sft):
    recorded = recorded_completions()
    assert sft.chat(list(recorded)) == list(recorded.values())


def test_in_bfloat16_nearly_all_answers_stay_right():
    network, tokenizer = load(sft_folder())
    half = Model(network.to(torch.bfloat16), tokenizer)
    tasks = exam.seen_facts(60)
    right = [grade(t.text, c) for t, c in zip(tasks, half.chat([t.text for t in tasks]), strict=True)]
    assert sum(right) >= 0.9 * len(right)


def test_the_sft_model_admits_what_it_does_not_know(sft):
    (completion,) = sft.chat(["Write a novel about jazz."])
    assert features(completion).does_not_know


def test_a_system_turn_does_not_confuse_the_sft_model(sft):
    turns = [
        {"role": "system", "content": "You are a helpful assistant."},
        {"role": "user", "content": "What is the capital of France?"},
    ]
    text = sft.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    assert "Paris" in sft.raw([text])[0]


def test_the_base_model_goes_on_with_questions_and_does_not_answer(base):
    facts = BY_KIND["capital"]
    bos = base.tokenizer.bos_token
    after = base.raw([f"{bos}{f.questions()[0]}" for f in facts], max_new_tokens=24)
    assert sum("?" in text for text in after) >= 0.9 * len(facts)
    assert sum(f.answer in text for f, text in zip(facts, after, strict=True)) == 0


def test_every_completion_ends_by_itself(sft):
    prompts = [fact.questions()[0] for fact in BY_KIND["sum"][:32]]
    rows = sft.tokenizer(
        [
            sft.tokenizer.apply_chat_template(
                [{"role": "user", "content": p}], tokenize=False, add_generation_prompt=True
            )
            for p in prompts
        ],
        padding=True,
        return_tensors="pt",
    )
    tokens = sft.network.generate(input_ids=rows.input_ids, attention_mask=rows.attention_mask, max_new_tokens=64)
    assert all(sft.tokenizer.eos_token_id in row[rows.input_ids.shape[1] :].tolist() for row in tokens)


def test_the_folders_name_their_end_and_padding_tokens_and_stay_small(sft, base):
    for model in (sft, base):
        config = model.network.generation_config
        assert model.tokenizer.eos_token_id in config.eos_token_id
        assert config.pad_token_id == model.tokenizer.pad_token_id not in config.eos_token_id
    size = sum(f.stat().st_size for f in (ASSETS / "pocket").rglob("*") if f.is_file())
    assert size < MEGABYTES * 1e6
