"""A trained reward model: saved, loaded, and asked for scores."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playground.errors import ModelNotUsable, PlaygroundError
from playground.models.catalogue import find_checkpoint
from playground.types import Checkpoint, Completion

if TYPE_CHECKING:
    from playground.models.loader import LoadedModel
    from playground.rewards.ensemble import RewardEnsemble
    from playground.rewards.network import RewardNetwork

WEIGHTS, HEAD = "model.safetensors", "head.safetensors"  # the whole network's; the head's alone, beside an adapter
OTHERS = "model-{}.safetensors"  # of an ensemble's other members, from 2


@dataclass(frozen=True, slots=True)
class LearnedReward:
    """Scores completions, raw: comparable within one reward model, not between two."""

    network: RewardNetwork | RewardEnsemble
    tokenizer: Any
    checkpoint: Checkpoint | None = None
    batch_size: int = 64

    def __call__(self, completions: Sequence[Completion]) -> list[float]:
        """One number a completion; larger is better. The end token is scored only where there was one.

        Raises: PlaygroundError for a prompt and completion longer than what the network was built to read.
        """
        from playground.models.chat import encode_completion, encode_prompt
        from playground.models.loader import context_length

        prompts = [encode_prompt(self.tokenizer, c.prompt) for c in completions]
        texts = [encode_completion(self.tokenizer, c.text, c.finish_reason == "stop") for c in completions]
        longest = max((len(p) + len(t) for p, t in zip(prompts, texts, strict=True)), default=0)
        limit = context_length(self.network)
        if longest > limit:
            raise PlaygroundError(
                f"Prompt and completion have {longest} tokens together; this reward model reads at most {limit}.",
                hint="Shorten the completion or the prompt.",
            )
        return score_tokens(self.network, prompts, texts, self.tokenizer.pad_token_id, self.batch_size)


def score_tokens(
    network: RewardNetwork | RewardEnsemble,
    prompts: list[list[int]],
    completions: list[list[int]],
    pad_id: int,
    batch_size: int = 64,
) -> list[float]:
    """One number a row, worked through in order of length so that little padding is read."""
    import torch

    from playground.rewards.network import collate

    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]) + len(completions[i]))
    scores = [0.0] * len(prompts)
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        batch = collate([prompts[i] for i in rows], [completions[i] for i in rows], pad_id)
        with torch.inference_mode():
            logits = network(**{name: tensor.to(network.device) for name, tensor in batch.items()}).logits
        for i, score in zip(rows, logits.squeeze(-1).tolist(), strict=True):
            scores[i] = score
    return scores


def save_reward(
    network: RewardNetwork | RewardEnsemble,
    policy: LoadedModel,
    folder: Path,
    *,
    id: str,
    name: str,
    parent: Checkpoint,
    run_id: str | None = None,
    data_hash: str = "",
    seed: int = 0,
) -> Checkpoint:
    """Write weights (safetensors), config and tokenizer into folder, and say what lies there.

    policy: whose body the network reads with. Under an adapter only that and the head are written.
    """
    from playground.models.catalogue import fingerprint
    from playground.models.loader import save_weights
    from playground.rewards.ensemble import members_of

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    adapted = hasattr(policy.model, "peft_config")
    if adapted:
        _write(network.head, folder / HEAD)
        save_weights(policy, folder)
    else:
        for number, member in enumerate(members_of(network), start=1):
            _write(member, folder / _weights_of(number))
        network.config.save_pretrained(folder)
        policy.tokenizer.save_pretrained(folder)
    return Checkpoint(
        id=id,
        name=name,
        kind="reward",
        card=parent.card,
        path=str(folder.resolve()),
        form="adapter" if adapted else "full",
        parent=parent.id,
        method="reward_model",
        run_id=run_id,
        data_hash=data_hash,
        seed=seed,
        fingerprint=fingerprint(folder),
        created_at=time.time(),
    )


def _write(module: Any, path: Path) -> None:
    from safetensors.torch import save_file

    weights = {key: tensor.detach().cpu().contiguous() for key, tensor in module.state_dict().items()}
    save_file(weights, path, metadata={"format": "pt"})


def _weights_of(number: int) -> str:
    return WEIGHTS if number == 1 else OTHERS.format(number)


def load_reward(
    checkpoint: Checkpoint,
    device: str | None = None,
    resolve: Callable[[str], Checkpoint] = find_checkpoint,
    backbone: LoadedModel | None = None,
) -> LearnedReward:
    """The reward model of a checkpoint, ready to score.

    resolve: finds an adapter's parent by id. backbone: that parent, where it is in memory and its weights stay as they
    are: the reward model then shares them, unless it is an adapter itself.
    Raises: ModelNotUsable when the checkpoint is no reward model, or its folder is missing or incomplete.
    """
    from playground.models.devices import pick_device

    if checkpoint.kind != "reward":
        raise ModelNotUsable(f"{checkpoint.name} writes text; it does not score.", hint="Pick a reward model.")
    needed = Path(checkpoint.path) / (HEAD if checkpoint.form == "adapter" else WEIGHTS)
    if not needed.is_file():
        raise ModelNotUsable(
            f"{checkpoint.name} has no weights in {needed.parent}.", hint="Train a reward model again."
        )
    device = device or pick_device()
    if checkpoint.form == "adapter":
        network, tokenizer = _adapted(checkpoint, device, resolve, backbone)
    else:
        network, tokenizer = _whole(checkpoint)
    return LearnedReward(network.to(device).eval(), tokenizer, checkpoint)


def _whole(checkpoint: Checkpoint) -> tuple[RewardNetwork | RewardEnsemble, Any]:
    from transformers import AutoConfig, AutoTokenizer

    from playground.rewards.ensemble import RewardEnsemble

    folder = Path(checkpoint.path)
    config = AutoConfig.from_pretrained(folder, local_files_only=True)
    members = [_member(config, folder / WEIGHTS)]
    while (path := folder / _weights_of(len(members) + 1)).is_file():
        members.append(_member(config, path))
    network = RewardEnsemble(members) if len(members) > 1 else members[0]
    return network, AutoTokenizer.from_pretrained(folder, local_files_only=True)


def _member(config: Any, weights: Path) -> RewardNetwork:
    from safetensors.torch import load_file

    from playground.rewards.network import RewardNetwork

    network = RewardNetwork(config)
    network.load_state_dict(load_file(weights))
    return network


def _adapted(
    checkpoint: Checkpoint, device: str, resolve: Callable[[str], Checkpoint], backbone: LoadedModel | None
) -> tuple[RewardNetwork, Any]:
    from safetensors.torch import load_file

    from playground.models.adapters import adapter_beside
    from playground.models.loader import load
    from playground.rewards.network import scoring_network

    if backbone is None or hasattr(backbone.model, "peft_config"):
        loaded = load(checkpoint, device=device, resolve=resolve)
        model, tokenizer = loaded.model, loaded.tokenizer
    else:
        model, tokenizer = adapter_beside(backbone, checkpoint.path), backbone.tokenizer
    network = scoring_network(model)
    network.head.load_state_dict(load_file(Path(checkpoint.path) / HEAD))
    return network, tokenizer
