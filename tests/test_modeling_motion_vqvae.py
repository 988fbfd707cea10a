"""Motion VQ-VAE: golden values, padding, codebook updates, MotionGPT checkpoints."""

import copy

import numpy as np
import pytest
import torch

from agir_hf import MotionVQVAE, MotionVQVAEConfig, modeling_motion_vqvae


def ragged(vqvae, lengths=(80, 36, 52)):
    """Batch with arbitrary values in the padding, its mask, and the motions one by one."""
    generator = torch.Generator().manual_seed(0)
    motions = [torch.randn(n, 263, generator=generator) for n in lengths]
    batch = torch.full((len(lengths), max(lengths) + 3, 263), 7.0)
    mask = torch.zeros(batch.shape[:2], dtype=torch.long)
    for i, motion in enumerate(motions):
        batch[i, : len(motion)] = motion
        mask[i, : len(motion)] = 1
    return batch, mask, motions


def test_motiongpt_checkpoint_gives_the_reference_codes_and_motion(shared):
    golden = np.load(shared / "golden/motiongpt_vqvae_small_io.npz")
    vqvae = MotionVQVAE.from_motiongpt(shared / "golden/motiongpt_vqvae_small.tar")
    codes = vqvae.encode(torch.tensor(golden["features"]))
    np.testing.assert_array_equal(codes.numpy(), golden["codes"])
    with torch.no_grad():
        reconstructed = vqvae.decode(codes)
    np.testing.assert_allclose(reconstructed.numpy(), golden["reconstructed"], atol=1e-4)
    assert (vqvae.config.width, vqvae.config.code_dim, vqvae.config.codebook_size) == (48, 48, 128)


def motiongpt_state(vqvae):
    """Weights of ``vqvae`` with the names of MotionGPT's checkpoints."""
    state, last = {}, 2 + vqvae.config.num_downsamplings
    names = {
        "encoder.input_conv": "encoder.model.0",
        "encoder.output_conv": f"encoder.model.{last}",
        "decoder.input_conv": "decoder.model.0",
        "decoder.hidden_conv": f"decoder.model.{last}",
        "decoder.output_conv": f"decoder.model.{last + 2}",
        "quantizer": "quantizer",
    }
    for stage in range(vqvae.config.num_downsamplings):
        for side, resample, residual in (("encoder", 0, 1), ("decoder", 2, 0)):
            ours, theirs = f"{side}.stages.{stage}", f"{side}.model.{stage + 2}"
            names[f"{ours}.resample"] = f"{theirs}.{resample}"
            for block in range(vqvae.config.num_residual_blocks):
                owner = f"{theirs}.{residual}.model.{block}"
                names[f"{ours}.blocks.{block}.dilated"] = f"{owner}.conv1"
                names[f"{ours}.blocks.{block}.pointwise"] = f"{owner}.conv2"
    for key, value in vqvae.state_dict().items():
        owner, _, kind = key.rpartition(".")
        if owner != "quantizer" or kind == "codebook":
            state[f"motion_vae.{names[owner]}.{kind}"] = value
    return state


def test_motiongpt_layout_round_trip_of_another_size(tmp_path):
    torch.manual_seed(0)
    config = MotionVQVAEConfig(
        codebook_size=16, width=24, code_dim=8, num_downsamplings=3, num_residual_blocks=2
    )
    vqvae = MotionVQVAE(config).eval()
    path = tmp_path / "motiongpt.ckpt"
    torch.save({"state_dict": motiongpt_state(vqvae) | {"lm.shared.weight": torch.ones(2)}}, path)
    loaded = MotionVQVAE.from_motiongpt(path)
    motion = torch.randn(1, 64, 263)
    assert loaded.config.downsampling_factor == 8
    torch.testing.assert_close(loaded(motion).reconstructed, vqvae(motion).reconstructed)


def test_missing_weights_of_a_checkpoint_are_named(tmp_path, vqvae):
    state = motiongpt_state(vqvae)
    del state["motion_vae.decoder.model.6.bias"]
    torch.save({"state_dict": state}, tmp_path / "broken.ckpt")
    with pytest.raises(ValueError, match="lacks weights.*decoder.output_conv.bias"):
        MotionVQVAE.from_motiongpt(tmp_path / "broken.ckpt")


def test_unexpected_weights_of_a_checkpoint_are_reported(tmp_path, vqvae, caplog):
    state = motiongpt_state(vqvae) | {"motion_vae.quantizer.extra": torch.ones(1)}
    torch.save({"state_dict": state}, tmp_path / "more.ckpt")
    from transformers.utils import logging

    logging.enable_propagation()
    try:
        MotionVQVAE.from_motiongpt(tmp_path / "more.ckpt")
    finally:
        logging.disable_propagation()
    assert "MotionVQVAE does not use quantizer.extra" in caplog.text


class Payload:
    """Unpickling it would write a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_a_checkpoint_that_runs_code_is_refused(tmp_path):
    torch.save({"state_dict": Payload(tmp_path / "owned")}, tmp_path / "evil.ckpt")
    with pytest.raises(ValueError, match="cannot be read as plain weights"):
        MotionVQVAE.from_motiongpt(tmp_path / "evil.ckpt")
    assert not (tmp_path / "owned").exists()


def test_other_files_are_refused(tmp_path):
    torch.save({"state_dict": {"a": torch.ones(1)}}, tmp_path / "other.ckpt")
    with pytest.raises(ValueError, match="use a MotionGPT checkpoint"):
        MotionVQVAE.from_motiongpt(tmp_path / "other.ckpt")
    with pytest.raises(FileNotFoundError):
        MotionVQVAE.from_motiongpt(tmp_path / "absent.ckpt")


def test_default_size_is_the_published_one():
    with torch.device("meta"):
        vqvae = MotionVQVAE(MotionVQVAEConfig())
    weights = sum(p.numel() for p in vqvae.parameters())
    assert weights / 1e6 == pytest.approx(19.4, abs=0.05)


@pytest.fixture(params=[False, True], ids=["direct", "tiled"])
def tiled(request, monkeypatch):
    """Whether motions are packed with the tiles of large batches."""
    if request.param:
        monkeypatch.setattr(modeling_motion_vqvae, "_TILED_VALUES", 0)
    return request.param


@pytest.fixture
def plain(monkeypatch):
    """Call a function without packing: convolutions of torch with masks."""

    def call(function, *arguments):
        with monkeypatch.context() as patch, torch.no_grad():
            patch.setattr(MotionVQVAE, "_packed_frames", lambda *_: None)
            return function(*arguments)

    return call


LENGTHS = (80, 36, 4, 52)


def test_padding_never_changes_a_code(vqvae, tiled, plain):
    batch, mask, motions = ragged(vqvae, LENGTHS)
    codes = vqvae.encode(batch, mask)
    assert torch.equal(codes, plain(vqvae.encode, batch, mask))
    assert torch.equal(codes.flip(0), vqvae.encode(batch.flip(0), mask.flip(0)))
    for row, motion in zip(codes, motions, strict=True):
        alone = plain(vqvae.encode, motion[None])[0]
        assert torch.equal(row[: len(alone)], alone)
        assert (row[len(alone) :] == -1).all()


def test_padding_never_changes_a_reconstruction(vqvae, tiled, plain):
    batch, mask, motions = ragged(vqvae, LENGTHS)
    codes = vqvae.encode(batch, mask)
    with torch.no_grad():
        together = vqvae.decode(codes)
    torch.testing.assert_close(together, plain(vqvae.decode, codes), atol=1e-5, rtol=0)
    for row, motion, row_codes in zip(together, motions, codes, strict=True):
        alone = plain(vqvae.decode, row_codes[None, : len(motion) // 4])[0]
        torch.testing.assert_close(row[: len(motion)], alone, atol=1e-5, rtol=0)
        assert (row[len(motion) :] == 0).all()


def test_large_batches_of_one_length_are_tiled(vqvae, monkeypatch, plain):
    motion = torch.randn(3, 40, 263, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert vqvae._packed_frames(motion, None, 1) is None
        monkeypatch.setattr(modeling_motion_vqvae, "_TILED_VALUES", 120 * vqvae.config.width)
        assert vqvae._packed_frames(motion, None, 1).tiled
        codes = vqvae.encode(motion)
        assert torch.equal(codes, plain(vqvae.encode, motion))
        decoded = vqvae.decode(codes)
    torch.testing.assert_close(decoded, plain(vqvae.decode, codes), atol=1e-5, rtol=0)


def test_decoding_with_gradients_is_not_packed(vqvae, tiled):
    vqvae.zero_grad()
    vqvae.decode(torch.tensor([[1, 2, 3], [4, -1, -1]])).sum().backward()
    assert vqvae.decoder.input_conv.weight.grad.abs().max() > 0
    vqvae.zero_grad()


def test_padding_never_changes_the_loss(vqvae):
    batch, mask, motions = ragged(vqvae)
    other = batch.clone()
    other[mask == 0] = -100.0
    with torch.no_grad():
        torch.testing.assert_close(vqvae(batch, mask).loss, vqvae(other, mask).loss)


def test_the_whole_quantizer_state_is_saved(tmp_path):
    torch.manual_seed(0)
    vqvae = MotionVQVAE(MotionVQVAEConfig(codebook_size=16, width=24, code_dim=8)).train()
    motion = torch.randn(4, 64, 263)
    vqvae(motion)
    vqvae.save_pretrained(tmp_path)
    loaded = MotionVQVAE.from_pretrained(tmp_path).train()
    assert loaded.quantizer.initialised
    for name, value in vqvae.state_dict().items():
        assert torch.equal(value, loaded.state_dict()[name]), name
    torch.manual_seed(1)
    expected = vqvae(motion).loss
    torch.manual_seed(1)
    assert loaded(motion).loss == expected
    assert torch.equal(vqvae.quantizer.codebook, loaded.quantizer.codebook)


def test_codebook_is_drawn_from_the_first_batch_and_updated_only_in_training():
    torch.manual_seed(0)
    vqvae = MotionVQVAE(MotionVQVAEConfig(codebook_size=16, width=24, code_dim=8))
    motion = torch.randn(4, 64, 263)
    before = vqvae.quantizer.codebook.clone()
    vqvae.eval()(motion)
    assert torch.equal(vqvae.quantizer.codebook, before)
    vqvae.train()(motion)
    assert vqvae.quantizer.initialised
    assert not torch.equal(vqvae.quantizer.codebook, before)


def test_moving_average_of_one_code():
    """After one step the code is the average of itself and its vectors, weighted by 0.99."""
    config = MotionVQVAEConfig(codebook_size=2, code_dim=1, width=4, dead_code_threshold=0.0)
    quantizer = MotionVQVAE(config).quantizer
    quantizer.codebook.copy_(torch.tensor([[0.0], [10.0]]))
    quantizer.code_sum.copy_(quantizer.codebook)
    quantizer.code_count.fill_(1.0)
    quantizer.update(torch.tensor([[1.0], [3.0], [10.0]]), torch.tensor([0, 0, 1]))
    assert quantizer.code_count[0].item() == pytest.approx(0.99 + 0.01 * 2)
    assert quantizer.codebook[0].item() == pytest.approx(0.01 * 4 / (0.99 + 0.01 * 2))
    assert quantizer.codebook[1].item() == pytest.approx(10.0)


def test_dead_codes_are_replaced_by_vectors_of_the_batch():
    config = MotionVQVAEConfig(codebook_size=3, code_dim=1, width=4)
    quantizer = MotionVQVAE(config).quantizer
    quantizer.codebook.copy_(torch.tensor([[0.0], [1000.0], [2000.0]]))
    quantizer.code_sum.copy_(quantizer.codebook)
    quantizer.code_count.fill_(1.0)
    quantizer.update(torch.full((8, 1), 0.5), torch.zeros(8, dtype=torch.long))
    assert (quantizer.codebook.squeeze() < 1).all()


def test_gradients_reach_the_encoder_through_the_codes(vqvae):
    motion = torch.randn(2, 32, 263, generator=torch.Generator().manual_seed(0))
    vqvae.zero_grad()
    torch.nn.functional.mse_loss(vqvae(motion).reconstructed, motion).backward()
    assert vqvae.encoder.input_conv.weight.grad.abs().max() > 0
    vqvae.zero_grad()


@pytest.mark.parametrize(
    ("motion", "mask", "message"),
    [
        (torch.zeros(2, 32, 251), None, "expected .batch, frames, 263"),
        (torch.zeros(32, 263), None, "expected .batch, frames, 263"),
        (torch.zeros(2, 3, 263), None, "shorter than one code"),
        (
            torch.zeros(1, 8, 263),
            torch.tensor([[1, 1, 1, 0, 1, 1, 1, 1]]),
            "padding between frames",
        ),
        (torch.zeros(1, 8, 263), torch.tensor([[1, 1, 1, 0, 0, 0, 0, 0]]), "shorter than one code"),
        (torch.zeros(2, 8, 263), torch.ones(1, 8), "expected .2, 8."),
    ],
)
def test_wrong_motions_raise(vqvae, motion, mask, message):
    with pytest.raises(ValueError, match=message):
        vqvae.encode(motion, mask)


def test_codes_outside_the_codebook_raise(vqvae):
    with pytest.raises(ValueError, match="expected 0 … 15"):
        vqvae.decode(torch.tensor([[0, 16]]))


def test_mixed_precision_trains_and_finds_the_codes_of_float32(vqvae):
    torch.manual_seed(0)
    trained, values = copy.deepcopy(vqvae).train(), torch.randn(2, 32, 263)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        trained(values).loss.backward()
        codes = vqvae.encode(values)
    assert trained.encoder.input_conv.weight.grad.abs().sum() > 0
    assert torch.equal(codes, vqvae.encode(values))
