"""The network that scores: a language model's body with one linear head over what it made of a completion."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoModel, PreTrainedModel
from transformers.modeling_outputs import SequenceClassifierOutput

from playground.models.llama_packed import packs, states_at
from playground.models.llama_weights import supports

USUAL_TOKENS = 16  # the sum over so many tokens is as large as their mean


class RewardNetwork(PreTrainedModel):
    """Mean and sum of the completion's states half-way up the body -> one number.

    Half-way up a state tells what the text is like; at the top it only tells what comes next. A linear head on the
    pocket model's frozen states ranks held-out pairs right in .73, .80 and .84 of cases from 30, 100 and 600 labels
    when it reads the middle so, .70, .78 and .82 when it reads the mean and the last state at the top. The mean knows
    the manner, the sum the length besides. The head starts at zero, so every reward does.
    """

    config_class = None  # any causal language model's
    base_model_prefix = "body"
    supports_gradient_checkpointing = True
    _supports_sdpa = True
    _supports_flash_attn = True

    def __init__(self, config: Any, body: PreTrainedModel | None = None) -> None:
        config = copy.deepcopy(config)  # the policy's own stays as it is
        config.num_labels = 1
        super().__init__(config)
        self.head = nn.Linear(2 * config.get_text_config().hidden_size, 1)
        self.post_init()  # before the body is there, whose weights it must not touch
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        self.body = AutoModel.from_config(config) if body is None else body

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, completion_mask: Tensor, **_: Any
    ) -> SequenceClassifierOutput:
        """Rewards as logits (B, 1). All three arguments are (B, T), padded on the right."""
        states = self._middle(input_ids, attention_mask.bool(), completion_mask.bool())
        with torch.autocast(states.device.type, enabled=False):
            return SequenceClassifierOutput(logits=self.head(_pooled(states.float(), completion_mask)))

    def _middle(self, input_ids: Tensor, reads: Tensor, wanted: Tensor) -> Tensor:
        """The states half-way up (B, T, H), where wanted."""
        half = (self.config.get_text_config().num_hidden_layers + 1) // 2
        if packs(self.body) or (supports(self.body) and not torch.is_grad_enabled()):
            states = states_at(self.body, input_ids, reads, wanted, half)
            return states.new_zeros(*wanted.shape, states.shape[-1]).masked_scatter(wanted.unsqueeze(-1), states)
        made = self.body(input_ids=input_ids, attention_mask=reads, use_cache=False, output_hidden_states=True)
        return made.hidden_states[half]


def scoring_network(model: Any) -> RewardNetwork:
    """A causal model's body under a head of zeros. The two share the body's weights, an adapter's too."""
    base = model.get_base_model() if hasattr(model, "peft_config") else model
    return RewardNetwork(base.config, body=base.base_model)


def _pooled(states: Tensor, mask: Tensor) -> Tensor:
    """(B, T, H) -> (B, 2H): over the mask, the mean of the states brought to one size, beside their sum."""
    alike = nn.functional.rms_norm(states, states.shape[-1:])
    count = mask.sum(1, keepdim=True).to(states.dtype)
    total = (alike * mask.unsqueeze(-1)).sum(1)
    return torch.cat([total / count.clamp(min=1), total / USUAL_TOKENS], -1)


def collate(prompts: list[list[int]], completions: list[list[int]], pad_id: int) -> dict[str, Tensor]:
    """Token lists as one right-padded batch: input_ids, attention_mask, completion_mask, each (B, T)."""
    length = max(len(p) + len(c) for p, c in zip(prompts, completions, strict=True))
    input_ids = torch.full((len(prompts), length), pad_id)
    attention_mask, completion_mask = torch.zeros_like(input_ids), torch.zeros_like(input_ids)
    for i, (prompt, completion) in enumerate(zip(prompts, completions, strict=True)):
        end = len(prompt) + len(completion)
        input_ids[i, :end] = torch.tensor(prompt + completion)
        attention_mask[i, :end] = 1
        completion_mask[i, len(prompt) : end] = 1
    return {"input_ids": input_ids, "attention_mask": attention_mask, "completion_mask": completion_mask}
