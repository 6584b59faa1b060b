"""Four families' ways with turns and ends, on tokenizers made small: Llama 3, Qwen3 (ChatML), Gemma, GPT-2."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from playground.errors import ModelNotUsable, PlaygroundError
from playground.models.chat import decode, encode_completion, encode_prompt, end_ids, end_of_turn, special_ids
from playground.models.loader import load, save_weights
from playground.models.templates import OWN, PLAIN, settle_template, template_name
from playground.types import Message, Prompt
from tests.tiny import saved_tiny, tiny_llama

LLAMA3 = (
    "{{ bos_token }}{% for m in messages %}<|start_header_id|>{{ m['role'] }}<|end_header_id|>\n\n"
    "{{ m['content'] | trim }}<|eot_id|>{% endfor %}"
    "{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}"
)
QWEN3 = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n"
    "{% if m['role'] == 'assistant' and loop.last %}<think>\n\n</think>\n\n{% endif %}{{ m['content'] }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n"
    "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% endif %}{% endif %}"
)
GEMMA = (
    "{{ bos_token }}"
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    "{% for m in messages %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate') }}{% endif %}"
    "<start_of_turn>{{ 'model' if m['role'] == 'assistant' else m['role'] }}\n{{ m['content'] | trim }}<end_of_turn>\n"
    "{% endfor %}{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)


@dataclass(frozen=True)
class Family:
    """What a family's tokenizer_config.json says, and the ends that must be found in it."""

    special: tuple[str, ...]
    bos: str | None
    eos: str
    template: str | None
    turn_end: str
    ends: tuple[str, ...]

    def tokenizer(self) -> PreTrainedTokenizerFast:
        """A byte-level BPE of a few hundred tokens with this family's special ones; it names no pad."""
        inner = Tokenizer(models.BPE())
        inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        inner.decoder = decoders.ByteLevel()
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        trainer = trainers.BpeTrainer(
            vocab_size=320, special_tokens=list(self.special), initial_alphabet=alphabet, show_progress=False
        )
        inner.train_from_iterator(["the user said that the model said"] * 20, trainer)
        made = PreTrainedTokenizerFast(tokenizer_object=inner, bos_token=self.bos, eos_token=self.eos)
        made.chat_template = self.template
        return made


FAMILIES = {
    "llama3": Family(
        (
            "<|begin_of_text|>",
            "<|end_of_text|>",
            "<|start_header_id|>",
            "<|end_header_id|>",
            "<|eot_id|>",
            "<|finetune_right_pad_id|>",
        ),
        "<|begin_of_text|>",
        "<|eot_id|>",
        LLAMA3,
        "<|eot_id|>",
        ("<|eot_id|>", "<|end_of_text|>"),
    ),
    "qwen3": Family(
        ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|fim_pad|>"),
        None,
        "<|im_end|>",
        QWEN3,
        "<|im_end|>",
        ("<|im_end|>", "<|endoftext|>"),
    ),
    "gemma": Family(
        ("<pad>", "<eos>", "<bos>", "<start_of_turn>", "<end_of_turn>"),
        "<bos>",
        "<eos>",
        GEMMA,
        "<end_of_turn>",
        ("<end_of_turn>", "<eos>"),
    ),
    "gpt2": Family(("<|endoftext|>",), "<|endoftext|>", "<|endoftext|>", None, "<|endoftext|>", ("<|endoftext|>",)),
}


@pytest.fixture(params=FAMILIES)
def family(request):
    return FAMILIES[request.param]


@pytest.fixture
def loaded(family, tmp_path):
    """The tiny Llama with that family's tokenizer, through the loader."""
    tokenizer = family.tokenizer()
    checkpoint = saved_tiny(
        tmp_path, vocab_size=len(tokenizer), pad_token_id=None, bos_token_id=None, eos_token_id=None
    )
    (tmp_path / "chat_template.jinja").unlink()
    tokenizer.save_pretrained(tmp_path)
    return load(checkpoint)


def ids_of(tokenizer, tokens):
    return sorted(tokenizer.convert_tokens_to_ids(token) for token in tokens)


def test_a_turn_ends_as_the_family_ends_it(family, loaded):
    assert end_of_turn(loaded.tokenizer) == loaded.tokenizer.convert_tokens_to_ids(family.turn_end)


def test_every_end_of_the_family_is_found_and_the_pad_is_none_of_them(family, loaded):
    assert sorted(end_ids(loaded.tokenizer, loaded.model)) == ids_of(loaded.tokenizer, family.ends)
    assert loaded.tokenizer.pad_token_id not in ids_of(loaded.tokenizer, {*family.ends, family.bos} - {None})


@pytest.mark.parametrize("text", ["the user said", "ÿ þ é 漢字 <|im_end|><eos>", "\n\n"])
def test_text_survives_each_familys_tokenizer_and_cannot_end_it(loaded, text):
    ids = encode_completion(loaded.tokenizer, text, ended=False)
    assert decode(loaded.tokenizer, ids) == text
    assert not set(ids) & special_ids(loaded.tokenizer)


def test_a_prompt_and_a_completion_are_what_the_template_writes_in_one_piece(family, loaded):
    tokenizer = loaded.tokenizer
    apart = encode_prompt(loaded, Prompt.user("the user"), "chat") + encode_completion(tokenizer, "said that")
    turns = [{"role": "user", "content": "the user"}, {"role": "assistant", "content": "said that"}]
    whole = tokenizer(tokenizer.apply_chat_template(turns, tokenize=False), add_special_tokens=False)["input_ids"]
    assert apart == whole[: len(apart)]
    assert not decode(tokenizer, whole[len(apart) :]).strip()


def test_a_system_prompt_reaches_the_model_in_every_family(loaded):
    prompt = Prompt((Message("system", "be brief"), Message("user", "the user")))
    text = decode(loaded.tokenizer, encode_prompt(loaded, prompt, "chat"))
    assert text.index("be brief") < text.index("the user")


def test_several_turns_keep_their_order_in_every_family(loaded):
    turns = (Message("user", "one"), Message("assistant", "two"), Message("user", "three"))
    text = decode(loaded.tokenizer, encode_prompt(loaded, Prompt(turns), "chat"))
    assert text.index("one") < text.index("two") < text.index("three")


def test_turns_that_a_template_refuses_are_refused_in_words():
    tokenizer = FAMILIES["gemma"].tokenizer()
    with pytest.raises(PlaygroundError, match="must alternate") as refused:
        encode_prompt(tokenizer, Prompt((Message("user", "one"), Message("user", "two"))), "chat")
    assert refused.value.hint


def test_only_a_model_without_a_template_gets_the_named_default(family, loaded):
    assert template_name(loaded.tokenizer) == (OWN if family.template else PLAIN)
    assert loaded.tokenizer.chat_template == (family.template or loaded.tokenizer.chat_template)


def test_what_is_saved_brings_the_template_it_was_trained_with(loaded, tmp_path):
    save_weights(loaded, tmp_path / "left")
    again = AutoTokenizer.from_pretrained(tmp_path / "left")
    turns = [{"role": "user", "content": "the user"}, {"role": "assistant", "content": "said"}]
    written = [t.apply_chat_template(turns, tokenize=False) for t in (loaded.tokenizer, again)]
    assert written[0] == written[1] and "said" in written[1]
    assert end_of_turn(again) == end_of_turn(loaded.tokenizer) and again.pad_token == loaded.tokenizer.pad_token


def test_the_default_template_closes_what_the_assistant_said_and_nothing_else():
    tokenizer = FAMILIES["gpt2"].tokenizer()
    settle_template(tokenizer)
    turns = [{"role": r, "content": r[0]} for r in ("system", "user", "assistant", "user")]
    text = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    end = "<|endoftext|>"
    assert text == f"{end}System:\ns\n\nUser:\nu\n\nAssistant:\na{end}\n\nUser:\nu\n\nAssistant:\n"


def test_a_tokenizer_with_nothing_to_spare_for_padding_is_refused(tmp_path):
    inner = Tokenizer(models.WordLevel({"the": 0, "cat": 1, "<end>": 2}, unk_token="the"))
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    checkpoint = saved_tiny(tmp_path, vocab_size=3, pad_token_id=None, bos_token_id=None, eos_token_id=2)
    (tmp_path / "chat_template.jinja").unlink()
    PreTrainedTokenizerFast(tokenizer_object=inner, eos_token="<end>").save_pretrained(tmp_path)
    with pytest.raises(ModelNotUsable, match="padding") as refused:
        load(checkpoint)
    assert refused.value.hint


def test_a_pad_made_of_a_byte_leaves_the_vocabulary_as_it_was(tmp_path):
    tokenizer = FAMILIES["gpt2"].tokenizer()
    checkpoint = saved_tiny(tmp_path, vocab_size=len(tokenizer), pad_token_id=None, bos_token_id=None, eos_token_id=0)
    (tmp_path / "chat_template.jinja").unlink()
    tokenizer.save_pretrained(tmp_path)
    loaded = load(checkpoint)
    assert len(loaded.tokenizer) == len(tokenizer)
    assert loaded.model.get_input_embeddings().num_embeddings == tiny_llama(vocab_size=len(tokenizer)).vocab_size
