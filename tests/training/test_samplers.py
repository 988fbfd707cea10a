from types import SimpleNamespace

import pytest
import torch

from agir_hf.training.samplers import EpochCallback, GroupedByLength


def lengths(count=203):
    generator = torch.Generator().manual_seed(0)
    return torch.randint(10, 200, (count,), generator=generator).tolist()


@pytest.mark.parametrize("count", [203, 200, 7, 1])
def test_an_epoch_has_every_row_once(count):
    sampler = GroupedByLength(lengths(count), batch_size=8)
    assert sorted(sampler) == list(range(count)) and len(sampler) == count


def padding(order, row_lengths, size):
    """Number of padding positions if a batch is as long as its longest row."""
    batches = [[row_lengths[i] for i in order[k : k + size]] for k in range(0, len(order), size)]
    return sum(max(batch) * len(batch) - sum(batch) for batch in batches)


def test_rows_of_similar_length_are_in_the_same_batch():
    row_lengths = lengths()
    grouped = padding(list(GroupedByLength(row_lengths, 8)), row_lengths, 8)
    random = padding(torch.randperm(len(row_lengths)).tolist(), row_lengths, 8)
    assert grouped < random / 4


def test_batches_are_not_ordered_by_length():
    row_lengths = lengths(128)  # one group of batches, sorted by length within
    order = list(GroupedByLength(row_lengths, 8))
    longest = [max(row_lengths[i] for i in order[k : k + 8]) for k in range(0, 128, 8)]
    assert longest not in (sorted(longest), sorted(longest, reverse=True))


def test_the_incomplete_batch_comes_last():
    sampler = GroupedByLength(range(21), batch_size=8)
    for sampler.epoch in range(5):
        order = list(sampler)
        assert {frozenset(order[:8]), frozenset(order[8:16])} == {
            frozenset(range(13, 21)),
            frozenset(range(5, 13)),
        }
        assert set(order[16:]) == set(range(5))


def test_the_order_depends_only_on_seed_and_epoch():
    def order(seed, epoch, disturbed=0):
        sampler = GroupedByLength(lengths(), 8, seed)
        torch.manual_seed(disturbed)
        sampler.epoch = epoch
        return list(sampler)

    assert order(1, 2) == order(1, 2, disturbed=5)
    assert len({tuple(order(seed, epoch)) for seed in range(3) for epoch in range(3)}) == 9


@pytest.mark.parametrize("state_epoch, epoch", [(None, 0), (0, 0), (1.0, 1), (2.75, 2)])
def test_the_epoch_is_set_on_all_targets(state_epoch, epoch):
    first, second = SimpleNamespace(epoch=9), SimpleNamespace(epoch=9)
    EpochCallback(first, second).on_epoch_begin(None, SimpleNamespace(epoch=state_epoch), None)
    assert first.epoch == second.epoch == epoch
