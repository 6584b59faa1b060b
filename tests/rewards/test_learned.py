import pytest

from playground.errors import ModelNotUsable
from playground.rewards.learned import load_reward
from playground.types import Checkpoint


def test_a_policy_is_not_taken_for_a_reward_model(tmp_path):
    with pytest.raises(ModelNotUsable, match="does not score"):
        load_reward(Checkpoint("a", "a policy", "policy", "pocket", str(tmp_path)))


def test_a_reward_model_without_weights_is_named(tmp_path):
    with pytest.raises(ModelNotUsable, match="no weights"):
        load_reward(Checkpoint("a", "empty", "reward", "pocket", str(tmp_path)))


def test_pooling_reads_the_completion_only():
    import torch

    from playground.rewards.network import _pooled

    states = torch.tensor([[[9.0], [1.0], [3.0], [7.0]]])
    mask = torch.tensor([[0, 1, 1, 0]])
    assert _pooled(states, mask).tolist() == [[2.0, 3.0]]
