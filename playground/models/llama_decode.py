"""A fast decoder for plain Llamas: the numbers of transformers' forward from fewer and larger operations.

Queries, keys and values are one product, gate and up another; rotary positions are one complex multiplication;
the cache is allocated once. LoRA is merged into copies of the weights that live as long as one call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LARGEST = 200_000_000  # parameters; above, copying the weights costs more than the fewer operations save
ROPE_TYPES = ("default", "linear", "llama3")  # those whose angles do not depend on the text's length
PROJECTIONS = ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj")
GATES = ("mlp.gate_proj", "mlp.up_proj", "mlp.down_proj")


def supports(model: Any) -> bool:
    """Whether this decoder computes what the model's own forward does: a Llama, untouched or under plain LoRA."""
    from transformers import LlamaForCausalLM

    base = _backbone(model)
    if type(base) is not LlamaForCausalLM or base.num_parameters() > LARGEST:
        return False
    config = base.config
    plain = config.hidden_act == "silu" and config.rope_parameters["rope_type"] in ROPE_TYPES
    if not plain or not all(str(c.peft_type).endswith("LORA") for c in getattr(model, "peft_config", {}).values()):
        return False
    if any(_is_patched(m) for m in base.modules() if m is not base):
        return False
    linears = [layer.get_submodule(name) for layer in base.model.layers for name in PROJECTIONS + GATES]
    head = type(base.lm_head) is nn.Linear and type(base.model.embed_tokens) is nn.Embedding
    return head and all(_is_plain(linear) for linear in linears)


class LlamaDecoder:
    """Prompts are padded on the left; padding is masked and counts no position."""

    def __init__(self, model: Any, max_new_tokens: int, autocast_dtype: torch.dtype | None) -> None:
        self.weights = copy_weights(_backbone(model), autocast_dtype)
        self.max_new_tokens = max_new_tokens

    @torch.inference_mode()
    def start(self, prompts: Sequence[Sequence[int]]) -> Tensor:
        """Read the prompts; next-token logits (B, V)."""
        w, batch, width = self.weights, len(prompts), max(map(len, prompts))
        device = w.embed.device
        rows = torch.tensor([[0] * (width - len(p)) + list(p) for p in prompts], device=device)
        padding = torch.tensor([width - len(p) for p in prompts], device=device)
        total = width + self.max_new_tokens
        self.turns = w.turns(total)
        shape = (len(w.layers), batch, w.kv_heads, total, w.head_dim)
        self.keys = torch.empty(shape, dtype=w.dtype, device=device)
        self.values = torch.empty(shape, dtype=w.dtype, device=device)
        self.read, self.position = 0, width - padding
        column = torch.arange(total, device=device)
        self.hidden_columns = None
        if min(map(len, prompts)) < width:
            self.hidden_columns = (column < padding[:, None])[:, None, None]
        positions = (column[:width] - padding[:, None]).clamp(min=0)
        return self._forward(rows, positions, self._prefill_mask(width))

    @torch.inference_mode()
    def select(self, rows: Tensor) -> None:
        """Go on with these rows."""
        keys, values = (
            torch.empty_like(old[:, :1]).expand(-1, len(rows), -1, -1, -1).contiguous()
            for old in (self.keys, self.values)
        )
        keys[..., : self.read, :] = self.keys[:, rows, :, : self.read]
        values[..., : self.read, :] = self.values[:, rows, :, : self.read]
        self.keys, self.values = keys, values
        self.position = self.position[rows]
        if self.hidden_columns is not None:
            self.hidden_columns = self.hidden_columns[rows]
            self.mask = self.mask[rows]

    @torch.inference_mode()
    def step(self, tokens: Tensor) -> Tensor:
        """Read one token a row; next-token logits (B, V)."""
        mask = None if self.hidden_columns is None else self.mask[..., : self.read + 1]
        logits = self._forward(tokens[:, None], self.position[:, None], mask)
        self.position = self.position + 1
        return logits

    def _prefill_mask(self, width: int) -> Tensor | None:
        """(B, 1, P, P) additive; None where no row is padded. Keeps the mask of later steps, (B, 1, 1, total)."""
        if self.hidden_columns is None:
            return None
        w = self.weights
        lowest = torch.finfo(w.dtype).min  # not -inf: a padding row that sees nothing would become NaN
        self.mask = torch.zeros(self.hidden_columns.shape, dtype=w.dtype, device=w.embed.device)
        self.mask.masked_fill_(self.hidden_columns, lowest)
        later = torch.ones(width, width, dtype=torch.bool, device=w.embed.device).triu(1)
        return self.mask[..., :width].masked_fill(later, lowest)

    def _forward(self, ids: Tensor, positions: Tensor, mask: Tensor | None) -> Tensor:
        w, (batch, length) = self.weights, ids.shape
        begin, end = self.read, self.read + length
        self.read = end
        turns = self.turns[positions].view(batch * length, 1, -1)
        h = F.embedding(ids.reshape(-1), w.embed)  # (B*T, H): the residual stream, float32 under autocast too
        for i, layer in enumerate(w.layers):
            qkv = F.linear(w.norm(h, layer.before_attention), layer.qkv).view(batch * length, -1, w.head_dim)
            turned = turn(qkv[:, : w.heads + w.kv_heads], turns)
            query, key = turned.view(batch, length, -1, w.head_dim).split([w.heads, w.kv_heads], 2)
            self.keys[i, :, :, begin:end] = key.transpose(1, 2)
            value = qkv[:, w.heads + w.kv_heads :].view(batch, length, -1, w.head_dim)
            self.values[i, :, :, begin:end] = value.transpose(1, 2)
            mixed = w.attend(query, self.keys[i, :, :, :end], self.values[i, :, :, :end], mask)
            h = h + F.linear(mixed.reshape(batch * length, -1), layer.out)
            gate, up = F.linear(w.norm(h, layer.before_mlp), layer.gate_up).chunk(2, -1)
            h = h + F.linear(F.silu(gate) * up, layer.down)
        last = h.view(batch, length, -1)[:, -1]
        return F.linear(w.norm(last, w.before_head), w.head)


def turn(heads: Tensor, turns: Tensor) -> Tensor:
    """Rotate each pair of neighbouring features by its position's angle: (N, heads, D) by (N, 1, D/2) complex."""
    pairs = torch.view_as_complex(heads.float().unflatten(-1, (-1, 2)))
    return torch.view_as_real(pairs * turns).flatten(-2).to(heads.dtype)


@dataclass(slots=True)
class LayerWeights:
    """One block's matrices, fused, and its two norms' gains."""

    qkv: Tensor  # ((heads + 2 kv_heads) * D, H)
    out: Tensor
    gate_up: Tensor  # (2 * intermediate, H)
    down: Tensor
    before_attention: Tensor  # (H,) float32
    before_mlp: Tensor


@dataclass(slots=True)
class LlamaWeights:
    """Copies of a Llama's weights in the shape the decoder wants."""

    layers: list[LayerWeights]
    embed: Tensor
    head: Tensor
    before_head: Tensor
    heads: int
    kv_heads: int
    head_dim: int
    eps: float
    dtype: torch.dtype
    rotary: Any

    def norm(self, h: Tensor, gain: Tensor) -> Tensor:
        """RMSNorm (arXiv:1910.07467), in the residual stream's precision."""
        return F.rms_norm(h, gain.shape, gain, self.eps).to(self.dtype)

    def turns(self, length: int) -> Tensor:
        """The rotary angles of positions 0 to length-1 as complex numbers (length, D/2)."""
        positions = torch.arange(length, device=self.embed.device)[None]
        cos, sin = self.rotary(self.before_head.float(), positions)
        half = self.head_dim // 2
        return torch.complex(cos[0, :, :half].float(), sin[0, :, :half].float())

    def attend(self, query: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None) -> Tensor:
        """Attention of (B, T, heads, D) over a cache (B, kv_heads, L, D); gives (B, T, heads, D)."""
        batch, length = query.shape[:2]
        if length == 1:  # heads that share a key stand as several queries of it
            query = query.view(batch, self.kv_heads, -1, self.head_dim)
            mixed = F.scaled_dot_product_attention(query, keys, values, attn_mask=mask)
            return mixed.view(batch, 1, self.heads, self.head_dim)
        mixed = F.scaled_dot_product_attention(
            query.transpose(1, 2),
            keys,
            values,
            attn_mask=mask,
            is_causal=mask is None,
            enable_gqa=self.heads != self.kv_heads,
        )
        return mixed.transpose(1, 2)


@torch.inference_mode()
def copy_weights(base: Any, autocast_dtype: torch.dtype | None) -> LlamaWeights:
    """Fused copies of a LlamaForCausalLM's weights, its active LoRA merged in; the model stays as it is."""
    config = base.config
    dtype = autocast_dtype or base.lm_head.weight.dtype
    head_dim = base.model.layers[0].self_attn.head_dim
    # transformers rotates feature i with i + D/2; here the two are neighbours, so that they form a complex number
    order = torch.arange(head_dim, device=base.device).view(2, -1).T.reshape(-1)

    def neighbours(weight: Tensor) -> Tensor:
        return weight.view(-1, head_dim, weight.shape[-1])[:, order].flatten(0, 1)

    def block(layer: nn.Module) -> LayerWeights:
        query, key, value, out = (_weight(layer.get_submodule(name)) for name in PROJECTIONS)
        gate, up, down = (_weight(layer.get_submodule(name)) for name in GATES)
        return LayerWeights(
            qkv=torch.cat([neighbours(query), neighbours(key), value]).to(dtype),
            out=out.to(dtype),
            gate_up=torch.cat([gate, up]).to(dtype),
            down=down.to(dtype),
            before_attention=layer.input_layernorm.weight,
            before_mlp=layer.post_attention_layernorm.weight,
        )

    return LlamaWeights(
        layers=[block(layer) for layer in base.model.layers],
        embed=base.model.embed_tokens.weight,
        head=base.lm_head.weight.to(dtype),
        before_head=base.model.norm.weight,
        heads=config.num_attention_heads,
        kv_heads=config.num_key_value_heads,
        head_dim=head_dim,
        eps=config.rms_norm_eps,
        dtype=dtype,
        rotary=base.model.rotary_emb,
    )


def _backbone(model: Any) -> Any:
    return model.get_base_model() if hasattr(model, "peft_config") else model


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
