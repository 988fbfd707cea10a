"""Embeddings of motion tokens that a network computes from the codebook."""

import copy

import pytest
import torch

from agir_hf import AgirForGaitAssessment
from agir_hf.training.codebook_rows import (
    add_codebook_rows,
    store_codebook_rows,
    write_codebook_rows,
)


@pytest.fixture
def computed(model):
    """Copy of the model whose motion rows are computed."""
    changed = copy.deepcopy(model)
    add_codebook_rows(changed)
    return changed


def motion_rows(model):
    first, start = model.config.motion_token_offset, model.config.motion_start_token_id
    return model.get_input_embeddings()(torch.arange(first, start))


def test_the_network_starts_near_the_present_rows_and_other_rows_stay(model, computed):
    before, after = motion_rows(model), motion_rows(computed)
    assert (after - before).square().mean() < 0.1 * before.var()
    ids = torch.arange(model.config.motion_token_offset)
    torch.testing.assert_close(computed.get_input_embeddings()(ids), model.model.shared(ids))


def test_one_code_changes_the_rows_of_its_neighbours(computed):
    """A step on one token moves the rows of other codes too, which free rows would not do."""
    before = motion_rows(computed).detach().clone()
    optimizer = torch.optim.SGD(computed.motion_rows.parameters(), lr=0.1)
    motion_rows(computed)[0].sum().backward()
    optimizer.step()
    moved = (motion_rows(computed) - before).abs().sum(1)
    assert (moved > 0).all()


def test_written_rows_give_the_same_outputs_and_a_plain_checkpoint(computed, tmp_path):
    first = computed.config.motion_token_offset
    ids = torch.tensor([[first, first + 3, 5, 1]])
    with torch.no_grad():
        torch.nn.init.normal_(computed.motion_rows.output.weight)
        expected = computed(input_ids=ids, decoder_input_ids=ids).logits
        write_codebook_rows(computed)
        torch.testing.assert_close(computed(input_ids=ids, decoder_input_ids=ids).logits, expected)
    assert not hasattr(computed, "motion_rows")
    computed.save_pretrained(tmp_path)
    again = AgirForGaitAssessment.from_pretrained(tmp_path)
    with torch.no_grad():
        torch.testing.assert_close(again(input_ids=ids, decoder_input_ids=ids).logits, expected)


def test_stored_rows_are_in_the_weight_that_a_checkpoint_saves(computed):
    with torch.no_grad():
        torch.nn.init.normal_(computed.motion_rows.output.weight)
    store_codebook_rows(computed)
    first, start = computed.config.motion_token_offset, computed.config.motion_start_token_id
    torch.testing.assert_close(computed.model.shared.weight[first:start], motion_rows(computed))


def test_a_model_with_free_rows_is_not_changed(model):
    same = copy.deepcopy(model)
    store_codebook_rows(same)
    write_codebook_rows(same)
    for name, value in model.state_dict().items():
        assert torch.equal(same.state_dict()[name], value), name
