"""What every trainer of TRL's is guarded against: its own data preparation, the network, a loss that is not finite."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from trl.trainer import utils

from playground.errors import NonFiniteLoss
from playground.training.batches import GroupedSampler
from playground.training.tokens import row_length


class Guard:
    """Goes before a trainer class: no re-tokenising, no network, no step on a loss or gradient that is not finite."""

    last_good: dict[str, torch.Tensor] | None = None

    def restore_last_good(self) -> None:
        """Weights that gave a finite loss and gradient the last time they were tried."""
        parameters = dict(self.model.named_parameters())
        for name, value in (self.last_good or {}).items():
            parameters[name].data.copy_(value)

    def compute_loss(self, *args: Any, **kwargs: Any) -> Any:
        with logits_where_needed():
            return super().compute_loss(*args, **kwargs)

    def training_step(self, *args: Any, **kwargs: Any) -> torch.Tensor:
        loss = super().training_step(*args, **kwargs)
        self._require_finite(loss)
        return loss

    def create_model_card(self, *_: Any, **__: Any) -> None:
        return

    def _prepare_dataset(self, dataset: Any, *_: Any, **__: Any) -> Any:
        return dataset  # the rows are tokenised and short enough; TRL's preparation would drop some in silence

    def _get_train_sampler(self, train_dataset: Any = None) -> GroupedSampler:
        lengths = [row_length(row) for row in self.train_dataset]
        batch_size = self.args.per_device_train_batch_size * self.args.gradient_accumulation_steps
        return GroupedSampler(lengths, batch_size, self.args.seed, lambda: int((self.state.epoch or 0) + 1e-6))

    def _send_telemetry(self) -> None:
        return

    def _clip_grad_norm(self, model: torch.nn.Module) -> Any:
        norm = super()._clip_grad_norm(model)
        self._require_finite(norm)
        self.last_good = {name: p.detach().clone() for name, p in self.model.named_parameters() if p.requires_grad}
        return norm

    def _require_finite(self, number: Any) -> None:
        if not math.isfinite(float(number)):
            step = self.state.global_step
            raise NonFiniteLoss(step + 1, kept=f"the weights of step {max(step - 1, 0)} are kept")


@contextmanager
def logits_where_needed() -> Iterator[None]:
    """Within: TRL's head sees the learned positions alone, as it does on a GPU; elsewhere also prompts and padding."""
    plain = utils._use_triton
    utils._use_triton = lambda device: True
    try:
        yield
    finally:
        utils._use_triton = plain


def guarded(trainer_class: type) -> type:
    """The trainer class under the guard."""
    return type(f"Guarded{trainer_class.__name__}", (Guard, trainer_class), {})
