"""A plain Llama's weights in the shape that few large operations want: what decoding and scoring compute with.

Queries, keys and values are one matrix, gate and up another; features are ordered so that rotary positions are one
complex multiplication. LoRA is merged in. Gradients reach the model's own parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

LARGEST = 200_000_000  # parameters; above, copying the weights costs more than the fewer operations save
ROPE_TYPES = ("default", "linear", "llama3")  # those whose angles do not depend on the text's length
PROJECTIONS = ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj")
GATES = ("mlp.gate_proj", "mlp.up_proj", "mlp.down_proj")


def supports(model: Any) -> bool:
    """Whether these weights are all that the model computes with: a Llama, untouched or under plain LoRA.

    model: a causal language model, or a body without a head.
    """
    from transformers import LlamaForCausalLM, LlamaModel

    body = body_of(model)
    base = model.get_base_model() if hasattr(model, "peft_config") else model
    if type(base) not in (LlamaForCausalLM, LlamaModel) or base.num_parameters() > LARGEST:
        return False
    config = base.config
    plain = config.hidden_act == "silu" and config.rope_parameters["rope_type"] in ROPE_TYPES
    if not plain or not all(str(c.peft_type).endswith("LORA") for c in getattr(model, "peft_config", {}).values()):
        return False
    if any(_is_patched(m) for m in base.modules() if m is not base):
        return False
    if base.training and (config.attention_dropout or any(type(m) is nn.Dropout for m in base.modules())):
        return False
    if base is not body and (type(base.lm_head) is not nn.Linear or base.lm_head.bias is not None):
        return False
    return type(body.embed_tokens) is nn.Embedding and all(_is_plain(linear) for linear in _linears(body))


def body_of(model: Any) -> Any:
    """The part without the head, under whatever adapter."""
    base = model.get_base_model() if hasattr(model, "peft_config") else model
    return getattr(base, "model", base)


def is_adapted(model: Any) -> bool:
    """Whether LoRA stands beside the weights of a model that is supported."""
    return any(type(linear) is not nn.Linear for linear in _linears(body_of(model)))


@dataclass(frozen=True, slots=True)
class LayerWeights:
    """One block's matrices, fused, and its two norms' gains."""

    qkv: Tensor  # ((heads + 2 kv_heads) * D, H)
    out: Tensor
    gate_up: Tensor  # (2 * intermediate, H)
    down: Tensor
    before_attention: Tensor  # (H,)
    before_mlp: Tensor


class LlamaWeights:
    """A Llama's body. `layer` copies a block's weights as they are at that moment."""

    def __init__(self, model: Any, autocast_dtype: torch.dtype | None = None) -> None:
        self.body = body_of(model)
        config = self.body.config
        self.embed = self.body.embed_tokens.weight
        self.before_head = self.body.norm.weight
        self.dtype = autocast_dtype or self.embed.dtype
        self.depth = len(self.body.layers)
        self.heads = config.num_attention_heads
        self.kv_heads = config.num_key_value_heads
        self.head_dim = self.body.layers[0].self_attn.head_dim
        self.eps = config.rms_norm_eps

    def layer(self, i: int) -> LayerWeights:
        """Block i's weights, in the dtype to compute in."""
        block = self.body.layers[i]
        query, key, value, out = (_weight(block.get_submodule(name)).to(self.dtype) for name in PROJECTIONS)
        gate, up, down = (_weight(block.get_submodule(name)).to(self.dtype) for name in GATES)
        return LayerWeights(
            qkv=torch.cat([self._neighbours(query), self._neighbours(key), value]),
            out=out,
            gate_up=torch.cat([gate, up]),
            down=down,
            before_attention=block.input_layernorm.weight,
            before_mlp=block.post_attention_layernorm.weight,
        )

    def _neighbours(self, weight: Tensor) -> Tensor:
        """transformers rotates feature i with i + D/2; here the two are neighbours: one complex number."""
        halves = weight.view(-1, 2, self.head_dim // 2, weight.shape[-1])
        return halves.transpose(1, 2).reshape(weight.shape)

    def turns(self, length: int) -> Tensor:
        """The rotary angles of positions 0 to length-1 as complex numbers (length, D/2)."""
        positions = torch.arange(length, device=self.embed.device)[None]
        cos, sin = self.body.rotary_emb(self.before_head.detach().float(), positions)
        half = self.head_dim // 2
        return torch.complex(cos[0, :, :half].float(), sin[0, :, :half].float())


def turn(heads: Tensor, turns: Tensor) -> Tensor:
    """Rotate each pair of neighbouring features by its position's angle: (N, heads, D) by (N, 1, D/2) complex.

    The result is float32.
    """
    pairs = torch.view_as_complex(heads.float().unflatten(-1, (-1, 2)))
    return torch.view_as_real(pairs * turns).flatten(-2)


def _linears(body: Any) -> list[nn.Module]:
    return [layer.get_submodule(name) for layer in body.layers for name in PROJECTIONS + GATES]


def _is_patched(module: nn.Module) -> bool:
    """Something else takes part in this module's forward: a hook, or a replaced method."""
    return bool(module._forward_hooks or module._forward_pre_hooks or "forward" in module.__dict__)


def _is_plain(linear: nn.Module) -> bool:
    """A linear layer without bias, or LoRA on one that is neither merged nor of a variant such as DoRA."""
    if type(linear) is nn.Linear:
        return linear.bias is None
    from peft.tuners.lora.layer import Linear as LoraLinear

    if type(linear) is not LoraLinear:
        return False
    plain_base = type(linear.base_layer) is nn.Linear and linear.base_layer.bias is None
    return plain_base and not linear.merged and not linear.lora_variant and not any(linear.lora_bias.values())


def _weight(linear: nn.Module) -> Tensor:
    """The matrix that this layer multiplies with at the moment."""
    if type(linear) is nn.Linear:
        return linear.weight
    weight = linear.base_layer.weight
    if linear.disable_adapters:
        return weight
    for name in linear.active_adapters:
        if name in linear.lora_A:
            weight = weight + linear.get_delta_weight(name)
    return weight
