import copy
from collections import Counter

import numpy as np
import pytest
import torch
from torch.nn import functional as F
from transformers import TrainerCallback, TrainingArguments

from agir_hf import MotionVQVAE, MotionVQVAEConfig
from agir_hf.humanml3d import MIRROR_ORDER, MIRROR_SIGNS, features_to_joints
from agir_hf.training.script_utils import find_checkpoint
from agir_hf.training.trainers import LossNotFiniteError
from agir_hf.training.vqvae import (
    VELOCITY_SLICES,
    MotionWindows,
    VQVAETrainer,
    collate_windows,
    reconstruction_metrics,
)


def random_motions(*frames, seed=0):
    generator = np.random.default_rng(seed)
    return [generator.normal(size=(n, 263)).astype(np.float32) for n in frames]


def twice(motion):
    return 2 * motion


def test_windows_have_full_length_and_a_mask():
    motions = random_motions(30, 200)
    windows = MotionWindows(motions, twice, frames=64)
    short, long = windows[0], windows[1]
    assert short["motion_attention_mask"].sum() == 30
    assert (short["motion_values"][30:] == 0).all()
    assert torch.equal(short["motion_values"][:30], 2 * torch.tensor(motions[0]))
    assert long["motion_attention_mask"].sum() == 64
    assert len(windows) == 2 and short["ids"] == "0"


def test_half_of_the_windows_are_mirror_images_with_the_targets_of_the_other_side():
    motions = random_motions(64)
    targets = np.array([[1.0, 2.0, 3.0]], np.float32)
    windows = MotionWindows(
        motions, twice, mirror_images=True, targets=targets, target_order=np.array([0, 2, 1])
    )
    plain = 2 * torch.tensor(motions[0])
    mirrored = plain[:, MIRROR_ORDER] * torch.tensor(MIRROR_SIGNS)
    counts = Counter()
    for windows.epoch in range(60):
        item = windows[0]
        is_mirrored = torch.equal(item["motion_values"], mirrored)
        assert is_mirrored or torch.equal(item["motion_values"], plain)
        assert item["targets"].tolist() == ([1.0, 3.0, 2.0] if is_mirrored else [1.0, 2.0, 3.0])
        counts[is_mirrored] += 1
    assert min(counts.values()) > 15
    assert collate_windows([windows[0], windows[0]])["targets"].shape == (2, 3)


def test_the_auxiliary_loss_trains_the_codes_and_its_head_is_removed(tmp_path):
    motions = random_motions(*[64] * 8)
    targets = np.random.default_rng(0).normal(size=(8, 2)).astype(np.float32)
    targets[0, 1] = np.nan
    windows = MotionWindows(motions, twice, targets=targets)
    config = MotionVQVAEConfig(width=16, code_dim=8, codebook_size=16)
    args = TrainingArguments(
        tmp_path, max_steps=2, per_device_train_batch_size=8, use_cpu=True, report_to="none"
    )
    torch.manual_seed(0)
    model = MotionVQVAE(config)
    made = VQVAETrainer(model, args, parameter_weight=3.0, train_dataset=windows)
    batch = collate_windows([windows[i] for i in range(8)])
    inputs = {name: value for name, value in batch.items() if name != "ids"}
    model.train()
    loss = made.compute_loss(model, dict(inputs))
    (gradient,) = torch.autograd.grad(
        loss - model.parameter_head.output.bias.sum() * 0, [model.encoder.input_conv.weight]
    )
    made.parameter_weight = 0.0
    plain = made.compute_loss(model, dict(inputs))
    (other,) = torch.autograd.grad(plain, [model.encoder.input_conv.weight])
    assert not torch.allclose(gradient, other)
    made.parameter_weight = 3.0
    made.train()
    made.remove_head()
    made.save_model()
    again = MotionVQVAE.from_pretrained(tmp_path)
    assert not any("head" in name for name in again.state_dict())


def test_a_window_is_a_part_of_its_motion_from_any_frame():
    (motion,) = random_motions(70)
    windows = MotionWindows([motion], twice, frames=64)
    starts = Counter()
    for windows.epoch in range(200):
        values = windows[0]["motion_values"]
        start = int((2 * motion[:, 0] == values[0, 0].item()).argmax())
        assert torch.equal(values, 2 * torch.tensor(motion[start : start + 64]))
        starts[start] += 1
    assert set(starts) == set(range(7)) and min(starts.values()) > 10


def test_the_start_of_a_window_depends_only_on_seed_epoch_and_motion():
    motions = random_motions(300, 300, 300)

    def first_values(seed, epoch, order):
        windows = MotionWindows(motions, twice, seed=seed)
        windows.epoch = epoch
        return {i: windows[i]["motion_values"][0, 0].item() for i in order}

    assert first_values(1, 2, (0, 1, 2)) == first_values(1, 2, (2, 0, 1))
    starts = {str(first_values(seed, epoch, (0,))) for seed in range(3) for epoch in range(3)}
    assert len(starts) == 9


def test_a_batch_of_windows_keeps_its_ids():
    windows = MotionWindows(random_motions(64, 90, 20), twice, ids=["a", "b", "c"])
    batch = collate_windows([windows[2], windows[0]])
    assert batch["ids"] == ["c", "a"]
    assert batch["motion_values"].shape == (2, 64, 263)
    assert batch["motion_attention_mask"].sum(1).tolist() == [20, 64]


@pytest.mark.parametrize("term, entries", [("velocities", (193, 259)), ("motiongpt", (4, 67))])
def test_the_second_term_uses_velocities_or_the_entries_of_motiongpt(term, entries):
    assert VELOCITY_SLICES[term] == entries
    torch.manual_seed(0)
    config = {"codebook_size": 16, "width": 24, "code_dim": 8, "velocity_weight": 0.7}
    model = MotionVQVAE(MotionVQVAEConfig(velocity_slice=VELOCITY_SLICES[term], **config)).eval()
    values = torch.tensor(np.stack(random_motions(64, 64)))
    with torch.no_grad():
        outputs = model(values)
    selected = slice(*entries)
    second = F.smooth_l1_loss(outputs.reconstructed[..., selected], values[..., selected])
    torch.testing.assert_close(outputs.velocity_loss, second)
    total = outputs.reconstruction_loss + 0.7 * second + 0.02 * outputs.commitment_loss
    torch.testing.assert_close(outputs.loss, total)


@pytest.fixture(scope="module")
def start():
    torch.manual_seed(0)
    return MotionVQVAE(MotionVQVAEConfig(codebook_size=16, width=24, code_dim=8))


@pytest.fixture
def make(tmp_path, start):
    """Function that makes a trainer on ten motions, three steps per epoch."""

    def make(callbacks=None, **config):
        args = TrainingArguments(
            use_cpu=True, report_to="none", remove_unused_columns=False, prediction_loss_only=True,
            per_device_train_batch_size=4, learning_rate=1e-3,
            **{
                "output_dir": str(tmp_path), "logging_steps": 1, "max_steps": 6,
                "save_strategy": "no", **config,
            },
        )  # fmt: skip
        motions = random_motions(*range(60, 110, 5))
        windows = [
            MotionWindows(motions, twice, seed=seed, ids=[f"walk_{i}" for i in range(10)])
            for seed in (3, 4)
        ]
        return VQVAETrainer(
            model=copy.deepcopy(start), args=args, train_dataset=windows[0],
            eval_dataset=windows[1], callbacks=callbacks,
        )  # fmt: skip

    return make


TERMS = ("loss", "reconstruction_loss", "velocity_loss", "commitment_loss", "perplexity")


def curve(trainer):
    """Logged terms, (steps, 5)."""
    logged = [entry for entry in trainer.state.log_history if "loss" in entry]
    return torch.tensor([[entry[name] for name in TERMS] for entry in logged])


def test_the_logged_terms_add_up_to_the_loss(make):
    made = make()
    made.train()
    loss, reconstruction, velocity, commitment, perplexity = curve(made).T
    assert len(loss) == 6
    total = reconstruction + 0.5 * velocity + 0.02 * commitment
    torch.testing.assert_close(loss, total, rtol=1e-3, atol=0)
    assert ((perplexity >= 1) & (perplexity <= 16)).all()


def test_logged_values_are_means_since_the_last_log(make):
    each = make()
    each.train()
    pairs = make(logging_steps=2)
    pairs.train()
    torch.testing.assert_close(curve(pairs), curve(each).view(3, 2, 5).mean(1))


def test_training_windows_change_with_the_epoch_and_evaluation_windows_do_not(make):
    made = make()
    before = made.eval_dataset[5]["motion_values"]
    assert made.evaluate()["eval_loss"] == made.evaluate()["eval_loss"]
    made.train()
    assert made.train_dataset.epoch == 1 and made.eval_dataset.epoch == 0
    assert torch.equal(made.eval_dataset[5]["motion_values"], before)


class Interrupt(TrainerCallback):
    """Interrupts the training after a step."""

    def __init__(self, step):
        self.step = step

    def on_step_end(self, args, state, control, **kwargs):
        if state.global_step == self.step:
            raise KeyboardInterrupt


def test_an_interrupted_training_resumes_with_the_same_result(make, tmp_path):
    """Interrupted in the second epoch, after step 5; resumed from step 4, to the fourth epoch."""
    config = {"max_steps": 11, "lr_scheduler_type": "cosine"}
    whole = make(**config)
    whole.train()
    saving = {"save_strategy": "steps", "save_steps": 4, **config}
    with pytest.raises(KeyboardInterrupt):
        make(callbacks=[Interrupt(5)], **saving).train()
    torch.manual_seed(99)
    resumed = make(**saving)
    checkpoint = find_checkpoint(str(tmp_path), "auto")
    assert checkpoint.endswith("checkpoint-4")
    resumed.train(resume_from_checkpoint=checkpoint)
    assert len(curve(whole)) == 11 and len(set(curve(whole)[:, 1].tolist())) == 11
    torch.testing.assert_close(curve(resumed), curve(whole), atol=1e-6, rtol=0)
    for name, value in whole.model.state_dict().items():
        torch.testing.assert_close(
            resumed.model.state_dict()[name], value, atol=1e-6, rtol=0, msg=name
        )


class NanWeight(TrainerCallback):
    """Sets a weight to NaN before a step."""

    def __init__(self, step):
        self.step = step

    def on_step_begin(self, args, state, control, model=None, **kwargs):
        if state.global_step + 1 == self.step:
            with torch.no_grad():
                model.decoder.output_conv.bias[7] = float("nan")


def test_a_loss_that_is_not_finite_stops_training_with_step_and_rows(make):
    made, seen = make(callbacks=[NanWeight(2)]), []
    collate = made.data_collator

    def recording(rows):
        seen.append([row["ids"] for row in rows])
        return collate(rows)

    made.data_collator = recording
    with pytest.raises(LossNotFiniteError) as stopped:
        made.train()
    assert f"the loss is nan at step 2, rows {', '.join(seen[1])}: lower" in str(stopped.value)


def test_reconstruction_metrics_equal_those_of_motions_one_by_one(spread, processor):
    extractor, motions = processor.feature_extractor, random_motions(41, 66, 64, 90, 23, seed=1)
    errors, paths, used = [], [], Counter()
    for motion in motions:
        whole = motion[: len(motion) // 4 * 4]
        codes = spread.encode(torch.tensor(extractor.normalize(whole))[None])
        with torch.no_grad():
            decoded = extractor.denormalize(spread.decode(codes)[0].numpy())
        joints, reconstructed = features_to_joints(whole), features_to_joints(decoded)
        difference = (joints - joints[:, :1]) - (reconstructed - reconstructed[:, :1])
        errors += np.sqrt((difference**2).sum(-1)).mean(1).tolist()
        paths += np.sqrt(((joints[:, 0] - reconstructed[:, 0]) ** 2).sum(-1)).tolist()
        used.update(codes[0].tolist())
    shares = np.array(list(used.values())) / used.total()
    assert len(used) > 6
    for batch_size in (2, 16):
        metrics = reconstruction_metrics(spread, extractor, motions, batch_size)
        assert metrics == pytest.approx(
            {
                "motions": 5, "mpjpe_mm": 1000 * np.mean(errors),
                "root_path_mm": 1000 * np.mean(paths), "codes_used": len(used),
                "codebook_size": 16, "perplexity": np.prod(shares**-shares),
            },
            rel=1e-4,
        )  # fmt: skip


@pytest.mark.parametrize(
    "entry, shift, joints, path",
    [
        (1, 0.0, 0.0, 0.0),
        (1, 0.01, 0.0, 10 * np.mean(range(40))),  # 10 mm more to the side in every frame
        (3, 0.05, 50 * 21 / 22, 50.0),  # only the root, 50 mm higher
        (4, 0.022, 1.0, 0.0),  # one joint of 22, 22 mm to the side
    ],
    ids=["same", "path", "height", "joint"],
)
def test_reconstruction_metrics_by_hand(vqvae, processor, entry, shift, joints, path):
    (motion,) = random_motions(40)
    motion[:, 0] = 0  # no turning
    other = motion.copy()
    other[:, entry] += shift
    model, extractor = copy.deepcopy(vqvae), processor.feature_extractor
    model.decode = lambda codes: torch.tensor(extractor.normalize(other))[None]
    metrics = reconstruction_metrics(model, extractor, [motion])
    assert metrics["mpjpe_mm"] == pytest.approx(joints, abs=1e-2)
    assert metrics["root_path_mm"] == pytest.approx(path, abs=1e-2)
