import pytest

from playground.errors import ModelNotUsable, PlaygroundError
from playground.rewards.learned import LearnedReward, load_reward
from playground.types import Checkpoint, Completion, Prompt
from tests.tiny import tiny_llama, tiny_tokenizer


def test_a_policy_is_not_taken_for_a_reward_model(tmp_path):
    with pytest.raises(ModelNotUsable, match="does not score"):
        load_reward(Checkpoint("a", "a policy", "policy", "pocket", str(tmp_path)))


def test_a_reward_model_without_weights_is_named(tmp_path):
    with pytest.raises(ModelNotUsable, match="no weights"):
        load_reward(Checkpoint("a", "empty", "reward", "pocket", str(tmp_path)))


def test_what_is_longer_than_the_reward_model_reads_is_refused_with_its_length():
    from playground.rewards.network import RewardNetwork

    body = tiny_llama(max_position_embeddings=96).model
    reward = LearnedReward(RewardNetwork(body.config, body).eval(), tiny_tokenizer())
    prompt = Prompt.user("x")
    used = 96 - _tokens(reward, Completion(prompt, ""))
    fits, too_long = (Completion(prompt, " ?" * (n // 2) + "?" * (n % 2)) for n in (used, used + 1))
    assert [_tokens(reward, c) for c in (fits, too_long)] == [96, 97]
    assert len(reward([fits])) == 1
    with pytest.raises(PlaygroundError, match=r"97 tokens .* at most 96") as caught:
        reward([fits, too_long])
    assert caught.value.hint


def _tokens(reward, completion) -> int:
    from playground.models.chat import encode_completion, encode_prompt

    prompt = encode_prompt(reward.tokenizer, completion.prompt)
    return len(prompt) + len(encode_completion(reward.tokenizer, completion.text, completion.finish_reason == "stop"))


def test_pooling_reads_the_completion_only():
    import torch

    from playground.rewards.network import _pooled

    # of size one each: (1, 1), (1, -1) and (1, 1); the sum counts in units of 16 tokens
    states = torch.tensor([[[9.0, 1.0], [2.0, 2.0], [3.0, -3.0], [0.5, 0.5], [7.0, 8.0]]])
    mask = torch.tensor([[0, 1, 1, 1, 0]])
    assert _pooled(states, mask)[0].tolist() == pytest.approx([1, 1 / 3, 3 / 16, 1 / 16], abs=1e-5)


@pytest.mark.parametrize("lora", [False, True])
def test_a_score_is_that_of_the_bodys_own_forward(lora, monkeypatch):
    import torch

    from playground.models.adapters import add_lora
    from playground.rewards import network
    from playground.rewards.learned import score_tokens
    from tests.tiny import PAD, give_lora_weights, tiny_loaded

    loaded = tiny_loaded()
    if lora:
        loaded = add_lora(loaded, rank=2, alpha=4)
        give_lora_weights(loaded.model)
    model = loaded.model.get_base_model() if lora else loaded.model
    reward = network.RewardNetwork(model.config, model.base_model).eval()
    torch.nn.init.normal_(reward.head.weight, generator=torch.Generator().manual_seed(0))
    prompts, completions = [[1, 9, 30], [1, 200, 7, 12], [2], [5, 6]], [[40, 41, 42, 4], [50, 4], [60, 61, 62, 63], []]
    packed = score_tokens(reward, prompts, completions, PAD)
    monkeypatch.setattr(network, "packs", lambda body: False)
    assert score_tokens(reward, prompts, completions, PAD) == pytest.approx(packed, abs=1e-4)
    assert max(packed) - min(packed) > 0.1
