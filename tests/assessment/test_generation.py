"""Generated walks depend on their seed alone: not on the batch or torch's random generator."""

import copy

import numpy as np
import pytest
import torch

from agir_hf.assessment.generation import generate

TEXT = "The walker takes short steps."


def test_a_seed_gives_the_same_walk_whatever_the_state_of_torch(model, processor):
    walks = []
    for state, seed in ((0, 3), (1, 3), (1, 4)):
        torch.manual_seed(state)
        before = torch.get_rng_state()
        walks.append(generate(model, processor, TEXT, seconds=2, seed=seed).joints)
        assert torch.equal(torch.get_rng_state(), before)
    assert np.array_equal(walks[0], walks[1]) and not np.array_equal(walks[0], walks[2])


def test_motions_of_seeds_are_the_same_alone_and_in_a_batch(model, processor):
    prompts = [processor.motion_prompt(text) for text in (TEXT, "Arm swing is normal.", TEXT)]
    together = model.generate_motion(**processor(text=prompts), num_codes=6, seeds=[5, 6, 7])
    for prompt, seed, codes in zip(prompts, (5, 6, 7), together.codes, strict=True):
        alone = model.generate_motion(**processor(text=prompt), num_codes=6, seeds=[seed])
        assert torch.equal(alone.codes[0], codes)
    assert not torch.equal(together.codes[0], together.codes[2])


def test_motions_are_sampled_from_the_most_probable_codes(model, processor, monkeypatch):
    """With a single code to choose from, every seed gives the greedy motion."""
    monkeypatch.setattr("agir_hf.modeling_agir.MOTION_TOP_K", 1)
    inputs = processor(text=[processor.motion_prompt(TEXT)] * 2)
    sampled = model.generate_motion(**inputs, num_codes=6, seeds=[1, 2])
    greedy = copy.deepcopy(model).generate_motion(**inputs, num_codes=6)
    assert torch.equal(sampled.sequences, greedy.sequences)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seeds": [1]}, "1 seeds for 2 prompts"),
        ({"seeds": [1, 2], "do_sample": True}, r"decoding options \['do_sample'\]"),
    ],
)
def test_seeds_need_a_prompt_each_and_no_decoding_options(model, processor, options, message):
    inputs = processor(text=[processor.motion_prompt(TEXT)] * 2)
    with pytest.raises(ValueError, match=message):
        model.generate_motion(**inputs, num_codes=6, **options)
