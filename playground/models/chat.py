"""Between text and token ids: prompts, completions, the ends of both. Every room encodes through here."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from playground.errors import EmptyPrompt, ModelNotUsable, PlaygroundError, PromptTooLong
from playground.models.loader import END_NAMES, LoadedModel
from playground.types import Prompt, Template

ROOM_FOR_COMPLETION = 8  # tokens
PROBE = "xyz"
SYSTEM_MARK = "<|system|>"  # what the pocket model's template writes for a role it was never shown


def encode_prompt(
    loaded_or_tokenizer: LoadedModel | Any, prompt: Prompt, template: Template = "auto", knows_chat: bool = True
) -> list[int]:
    """A prompt's ids. auto is the chat template for a checkpoint that knows it, else raw text.

    The length is checked against the model's context where a LoadedModel is given.
    Raises: EmptyPrompt; PromptTooLong; ModelNotUsable when "chat" is asked of a tokenizer without a template.
    """
    tokenizer, limit = loaded_or_tokenizer, None
    if isinstance(loaded_or_tokenizer, LoadedModel):
        tokenizer, limit = loaded_or_tokenizer.tokenizer, loaded_or_tokenizer.context - ROOM_FOR_COMPLETION
    if not prompt.messages or not prompt.text.strip():
        raise EmptyPrompt
    if template == "chat" or (template == "auto" and knows_chat and tokenizer.chat_template):
        ids = _encode_chat(tokenizer, prompt)
    else:
        ids = _encode_raw(tokenizer, prompt)
    if limit is not None and len(ids) > limit:
        raise PromptTooLong(len(ids), limit)
    return ids


def encode_completion(tokenizer: Any, text: str, ended: bool = True) -> list[int]:
    """A completion's ids, with the end of turn where it ended. Text that looks like a special token stays text."""
    ids = _encode_text(tokenizer, text)
    return [*ids, end_of_turn(tokenizer)] if ended else ids


def decode(tokenizer: Any, ids: Sequence[int]) -> str:
    """The text of ids: special tokens are dropped, every other byte stays (bytes that are no UTF-8 become U+FFFD)."""
    return tokenizer.decode(list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False)


def end_of_turn(tokenizer: Any) -> int:
    """The id that closes the assistant's turn in the chat template; the end-of-text id where there is none."""
    if tokenizer.chat_template:
        turns = [{"role": "user", "content": "?"}, {"role": "assistant", "content": PROBE}]
        tail = tokenizer.apply_chat_template(turns, tokenize=False).rpartition(PROBE)[2].lstrip()
        ids = tokenizer(tail, add_special_tokens=False)["input_ids"]
        if ids and ids[0] in special_ids(tokenizer):
            return ids[0]
    if tokenizer.eos_token_id is None:
        raise ModelNotUsable("The tokenizer has no end-of-text token.", hint="Choose another model.")
    return tokenizer.eos_token_id


def special_ids(tokenizer: Any) -> set[int]:
    """Ids of the tokens that are no text, also those that play no named part (all_special_ids leaves these out)."""
    added = getattr(tokenizer, "added_tokens_decoder", {})
    return set(tokenizer.all_special_ids) | {i for i, token in added.items() if token.special}


def end_ids(tokenizer: Any, model: Any = None) -> tuple[int, ...]:
    """Every id that ends a completion: end of text and end of turn, as tokenizer, model and template name them."""
    found = {end_of_turn(tokenizer), tokenizer.eos_token_id}
    for config in (getattr(model, "generation_config", None), getattr(model, "config", None)):
        ids = getattr(config, "eos_token_id", None)
        found.update(ids if isinstance(ids, list | tuple) else [ids])
    found.update({tokenizer.convert_tokens_to_ids(t) for t in END_NAMES} & special_ids(tokenizer))
    return tuple(sorted(found - {None, tokenizer.pad_token_id}))


def _encode_chat(tokenizer: Any, prompt: Prompt) -> list[int]:
    if not tokenizer.chat_template:
        raise ModelNotUsable("This model has no chat template.", hint="Use raw text, or an instruct model.")
    contents = [m.content for m in prompt.messages]
    special = set(tokenizer.convert_ids_to_tokens(sorted(special_ids(tokenizer))))
    if any(token in content for token in special for content in contents):
        return _encode_apart(tokenizer, prompt, contents)
    return tokenizer(_render(tokenizer, prompt, contents), add_special_tokens=False, verbose=False)["input_ids"]


def _encode_apart(tokenizer: Any, prompt: Prompt, contents: list[str]) -> list[int]:
    """Contents and template encoded apart, so that a visitor's "<|end|>" ends no turn."""
    marks = [f"\ue000{i}\ue001" for i in range(len(contents))]  # private characters that stand for the contents
    ids, rest = [], _render(tokenizer, prompt, marks)
    for mark, content in zip(marks, contents, strict=True):
        before, _, rest = rest.partition(mark)
        ids += tokenizer(before, add_special_tokens=False)["input_ids"]
        ids += _encode_text(tokenizer, content)
    return ids + tokenizer(rest, add_special_tokens=False)["input_ids"]


def _render(tokenizer: Any, prompt: Prompt, contents: list[str]) -> str:
    """The turns as the template writes them. Where it knows no system prompt, that stands before the first turn.

    Raises: PlaygroundError when the template refuses the order of the turns.
    """
    from jinja2 import TemplateError

    messages = [{"role": m.role, "content": c} for m, c in zip(prompt.messages, contents, strict=True)]
    # enable_thinking is Qwen3's: without it the few tokens of a completion all go to the thinking part
    written = partial(tokenizer.apply_chat_template, tokenize=False, add_generation_prompt=True, enable_thinking=False)
    try:
        text = written(messages)
    except TemplateError as error:
        refusal: Exception = error
    else:
        if messages[0]["role"] != "system" or SYSTEM_MARK not in text or SYSTEM_MARK in tokenizer.get_vocab():
            return text
        refusal = PlaygroundError("it has no mark for the system.")
    if messages[0]["role"] == "system" and len(messages) > 1:
        first = messages[1] | {"content": f"{messages[0]['content']}\n\n{messages[1]['content']}"}
        try:
            return written([first, *messages[2:]])
        except TemplateError as error:
            refusal = error
    raise PlaygroundError(
        f"This model's chat template refuses these turns: {refusal}",
        hint="Begin with the user's turn and let user and assistant alternate, or use raw text.",
    ) from refusal


def _encode_raw(tokenizer: Any, prompt: Prompt) -> list[int]:
    """Plain text after the token that pretraining put before each document."""
    ids = _encode_text(tokenizer, "\n".join(m.content for m in prompt.messages))
    bos = tokenizer.bos_token
    if bos is None or bos in str(tokenizer.chat_template or ""):  # there it opens a turn, not a document
        return ids
    return [tokenizer.bos_token_id, *ids]


def _encode_text(tokenizer: Any, text: str) -> list[int]:
    """Nothing but text: what looks like a special token is encoded letter by letter."""
    return tokenizer(text, add_special_tokens=False, split_special_tokens=True, verbose=False)["input_ids"]
