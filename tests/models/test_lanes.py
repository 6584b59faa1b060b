import threading

import pytest
import torch
from torch import nn

from playground.models import lanes as module
from playground.models.decode import generate_ids
from playground.models.lanes import Lanes, lanes_for
from tests.tiny import END, PAD, tiny_llama


@pytest.fixture(autouse=True)
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_a_small_model_has_as_many_lanes_as_torch_had_threads_and_each_computes_with_one():
    with lanes_for(tiny_llama()) as lanes:
        assert lanes.count == 2
        assert lanes.each(lambda _: torch.get_num_threads(), range(5)) == [1] * 5
    assert torch.get_num_threads() == 2


def test_threads_are_given_back_after_a_fault():
    with pytest.raises(ValueError, match="second"), lanes_for(tiny_llama()) as lanes:
        lanes.each(lambda part: (_ for _ in ()).throw(ValueError(part)), ["second"])
    assert torch.get_num_threads() == 2


def test_one_thread_a_large_model_and_one_elsewhere_have_one_lane(monkeypatch):
    with lanes_for(nn.Linear(4, 4, device="meta")) as elsewhere:
        assert elsewhere.count == 1
    with monkeypatch.context() as patched, lanes_for(tiny_llama()) as before:
        patched.setattr(module, "LARGEST", 100)
        with lanes_for(tiny_llama()) as large:
            assert (before.count, large.count) == (2, 1)
    torch.set_num_threads(1)
    with lanes_for(tiny_llama()) as alone:
        assert alone.count == 1
        assert torch.get_num_threads() == 1


def test_results_are_in_the_order_of_the_parts_whoever_is_done_first():
    with lanes_for(tiny_llama()) as lanes:
        second = threading.Event()

        def work(part: int) -> int:
            second.wait(10) if part == 0 else second.set()
            return part

        assert lanes.each(work, [0, 1]) == [0, 1]  # the first waits for the second: they do run side by side


def test_what_the_first_part_to_fail_raises_is_raised():
    def work(part: int) -> int:
        raise ValueError(part)

    with lanes_for(tiny_llama()) as lanes, pytest.raises(ValueError, match="7"):
        lanes.each(work, [7, 8])


@pytest.mark.parametrize("records", [True, False])
def test_gradients_are_recorded_where_the_caller_records_them(records):
    weight = nn.Parameter(torch.ones(1))
    with lanes_for(tiny_llama()) as lanes, torch.set_grad_enabled(records):
        assert [made.requires_grad for made in lanes.each(lambda part: weight * part, [1, 2])] == [records] * 2


def test_rows_are_dealt_evenly_and_no_part_is_empty():
    assert Lanes(2).deal(range(5)) == [[0, 2, 4], [1, 3]]
    assert Lanes(2).deal([9]) == [[9]]
    assert Lanes(2).deal([]) == []
    assert Lanes().deal(range(3)) == [[0, 1, 2]]


def test_two_lanes_write_what_one_writes():
    model = tiny_llama()
    prompts = [[1, 9, 30], [1, 200, 7, 12, 13], [2], [1, 9, 30], [7] * 90]

    def written(prompts: list[list[int]], lanes: Lanes) -> list[list[int]]:
        generator = torch.Generator().manual_seed(3)
        how = {"max_new_tokens": 12, "temperature": 1.0, "end_ids": (END,), "pad_id": PAD}
        return generate_ids(model, prompts, **how, generator=generator, lanes=lanes)

    with lanes_for(model) as lanes:
        assert written(prompts, lanes) == written(prompts, Lanes())
        assert written([], lanes) == []
