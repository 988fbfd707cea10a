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


def padded(order, given, size):
    """What is padded where a batch is as long as its longest row."""
    batches = [[given[i] for i in order[k : k + size]] for k in range(0, len(order), size)]
    return sum(max(batch) * len(batch) - sum(batch) for batch in batches)


def test_rows_of_like_length_are_together():
    given = lengths()
    grouped = padded(list(GroupedByLength(given, 8)), given, 8)
    random = padded(torch.randperm(len(given)).tolist(), given, 8)
    assert grouped < random / 4


def test_batches_do_not_come_in_order_of_length():
    given = lengths(128)  # one group of batches, sorted by length within
    order = list(GroupedByLength(given, 8))
    longest = [max(given[i] for i in order[k : k + 8]) for k in range(0, 128, 8)]
    assert longest not in (sorted(longest), sorted(longest, reverse=True))


def test_the_batch_that_is_not_whole_comes_last():
    sampler = GroupedByLength(range(21), batch_size=8)
    for sampler.epoch in range(5):
        order = list(sampler)
        assert {frozenset(order[:8]), frozenset(order[8:16])} == {
            frozenset(range(13, 21)),
            frozenset(range(5, 13)),
        }
        assert set(order[16:]) == set(range(5))


def test_the_order_follows_from_seed_and_epoch_alone():
    def order(seed, epoch, disturbed=0):
        sampler = GroupedByLength(lengths(), 8, seed)
        torch.manual_seed(disturbed)
        sampler.epoch = epoch
        return list(sampler)

    assert order(1, 2) == order(1, 2, disturbed=5)
    assert len({tuple(order(seed, epoch)) for seed in range(3) for epoch in range(3)}) == 9


@pytest.mark.parametrize("passed, epoch", [(None, 0), (0, 0), (1.0, 1), (2.75, 2)])
def test_an_epoch_is_told_to_all_that_draws_by_it(passed, epoch):
    one, other = SimpleNamespace(epoch=9), SimpleNamespace(epoch=9)
    EpochCallback(one, other).on_epoch_begin(None, SimpleNamespace(epoch=passed), None)
    assert one.epoch == other.epoch == epoch
