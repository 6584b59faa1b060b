"""The chat template for models that bring none: plain lines of text that any tokenizer can read."""

from __future__ import annotations

from typing import Any

PLAIN = "plain dialogue"
OWN = "its own"
_PLAIN = (
    "{{ bos_token if bos_token else '' }}"
    "{% for m in messages %}"
    "{{ {'system': 'System', 'user': 'User', 'assistant': 'Assistant'}[m['role']] + ':\n' + m['content'] }}"
    "{% if m['role'] == 'assistant' %}{{ eos_token }}{% endif %}"
    "{{ '\n\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ 'Assistant:\n' }}{% endif %}"
)


def settle_template(tokenizer: Any) -> None:
    """Give a tokenizer without a chat template the plain dialogue, which ends a turn with the end of text."""
    if not tokenizer.chat_template:
        tokenizer.chat_template = _PLAIN


def template_name(tokenizer: Any) -> str:
    """How the tokenizer's chat template is called on the page."""
    return PLAIN if tokenizer.chat_template == _PLAIN else OWN
