"""Training of the motion VQ-VAE: windows, loss terms, and reconstruction error."""

import zlib
from collections.abc import Callable

import numpy as np
import torch
from torch import nn
from torch.utils.data import Dataset
from tqdm import tqdm
from transformers import Trainer

from ..feature_extraction_agir import AgirFeatureExtractor
from ..humanml3d import FEATURE_SLICES, MIRROR_ORDER, MIRROR_SIGNS, features_to_joints
from ..modeling_motion_vqvae import MotionVQVAE
from .parameter_targets import HEAD, ParameterHead, parameter_loss
from .samplers import EpochCallback
from .trainers import FiniteLossMixin, OutputFilesMixin

_TERMS = ("reconstruction_loss", "velocity_loss", "commitment_loss", "perplexity")
# Features of the second smooth-L1 term: the joint velocities, or, as in MotionGPT, the entries
# 4 … 66, which are joint positions.
VELOCITY_SLICES = {
    "velocities": (
        FEATURE_SLICES["joint_velocities"].start,
        FEATURE_SLICES["joint_velocities"].stop,
    ),
    "motiongpt": (4, 67),
}


class MotionWindows(Dataset):
    """One window of each normalised motion, a different one in every epoch.

    A motion shorter than a window is padded. The start of a window depends only on the seed, the
    epoch and the motion.

    Args:
        motions: Features of each motion (L, 263), not normalised.
        normalize: Function that normalises features, such as `AgirFeatureExtractor.normalize`.
        frames: Length of a window in frames, a multiple of the frames per code.
        seed: Seed of the random generator.
        ids: Names of the motions, for error messages; by default their numbers.
        mirror_images: Whether a random half of the windows is mirrored. Mean and standard deviation
            must be those of the motions and their mirror images.
        targets: (N, P) standardised gait parameters of the motions, NaN where not measured, or
            None. Targets of a mirrored window are exchanged with `target_order`.
        target_order: (P,) index of the parameter of the other side, for mirrored windows.
    """

    def __init__(
        self,
        motions,
        normalize: Callable[[np.ndarray], np.ndarray],
        frames: int = 64,
        seed: int = 0,
        ids=None,
        mirror_images: bool = False,
        targets: np.ndarray | None = None,
        target_order: np.ndarray | None = None,
    ):
        self.motions = [torch.from_numpy(normalize(motion)) for motion in motions]
        self.ids = [str(i) for i in range(len(self.motions))] if ids is None else list(ids)
        self.frames = frames
        self.seed = seed
        self.epoch = 0
        self.mirror_images = mirror_images
        self.targets = None if targets is None else torch.from_numpy(targets)
        self.target_order = target_order

    def __len__(self) -> int:
        return len(self.motions)

    def __getitem__(self, index: int) -> dict[str, torch.Tensor | str]:
        motion = self.motions[index]
        name = f"{self.seed}/{self.epoch}/{index}"
        generator = torch.Generator().manual_seed(zlib.crc32(name.encode()))
        last = max(len(motion) - self.frames, 0)
        start = int(torch.randint(last + 1, (), generator=generator))
        window = motion[start : start + self.frames]
        values = torch.zeros(self.frames, motion.shape[1])
        values[: len(window)] = window
        mask = (torch.arange(self.frames) < len(window)).long()
        item = {"motion_values": values, "motion_attention_mask": mask, "ids": self.ids[index]}
        if self.targets is not None:
            item["targets"] = self.targets[index]
        if self.mirror_images and torch.randint(2, (), generator=generator):
            item["motion_values"] = values[:, MIRROR_ORDER] * torch.from_numpy(MIRROR_SIGNS)
            if self.targets is not None and self.target_order is not None:
                item["targets"] = item["targets"][self.target_order]
        return item


def collate_windows(rows: list[dict]) -> dict:
    """Make a batch of windows.

    Args:
        rows: Items of [`MotionWindows`].

    Returns:
        ``motion_values`` (B, frames, 263), ``motion_attention_mask`` (B, frames), ``targets``
        (B, P) if the windows have some, and ``ids``, a list of names.
    """
    names = [n for n in ("motion_values", "motion_attention_mask", "targets") if n in rows[0]]
    batch = {name: torch.stack([row[name] for row in rows]) for name in names}
    return {**batch, "ids": [row["ids"] for row in rows]}


class VQVAETrainer(OutputFilesMixin, FiniteLossMixin, Trainer):
    """Trainer of the motion VQ-VAE.

    All frames of an optimizer step have the same weight, and the codebook is updated once per step,
    regardless of gradient accumulation and of the number of ranks. The trainer logs the terms of
    the loss and the perplexity of the codes, as means of the steps since the last log. Codes are
    reinitialised from the last micro-batch of a step only.

    Args:
        model: [`MotionVQVAE`] to train.
        args: `transformers.TrainingArguments`.
        parameter_weight: Weight of the auxiliary loss on measured gait parameters, which windows
            with ``targets`` have; 0 leaves it out. The head that predicts them is a part of the
            model until `remove_head`.
        **kwargs: Further arguments of `transformers.Trainer`.
    """

    kind = "A motion tokenizer"

    def __init__(self, model, args, parameter_weight: float = 0.0, **kwargs):
        self.parameter_weight = parameter_weight
        targets = getattr(kwargs["train_dataset"], "targets", None)
        if parameter_weight and targets is not None:
            setattr(model, HEAD, ParameterHead(model.config.code_dim, targets.shape[1]))
        args.remove_unused_columns = False  # "ids" is for messages; the model does not accept it
        super().__init__(model, args, data_collator=collate_windows, **kwargs)
        self._sums: dict[str, torch.Tensor] = {}
        self._steps = 0
        self.add_callback(EpochCallback(self.train_dataset))

    def get_batch_samples(self, epoch_iterator, num_batches, device):
        """Get the batches of a step, and the number of their frames over all ranks."""
        batches, _ = super().get_batch_samples(epoch_iterator, num_batches, device)
        frames = sum(batch["motion_attention_mask"].sum() for batch in batches)
        if not batches:
            return batches, None
        return batches, self.accelerator.reduce(frames.to(device), "sum")

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        """Compute the loss of a batch, weighted by its share of the frames of the step."""
        last = self.accelerator.sync_gradients  # the last micro-batch of a step
        self.accelerator.unwrap_model(model).quantizer.accumulating = not last
        targets = inputs.get("targets")
        model_inputs = {name: value for name, value in inputs.items() if name != "targets"}
        outputs, share = model(**model_inputs), 1.0
        if num_items_in_batch is not None:  # gradients are averaged over ranks
            frames = inputs["motion_attention_mask"].sum()
            share = frames / num_items_in_batch * self.accelerator.num_processes
        if model.training:
            for name in _TERMS:
                self._sums[name] = self._sums.get(name, 0) + share * outputs[name].detach()
            self._steps += last
        loss = share * outputs.loss
        head: nn.Module | None = getattr(self.accelerator.unwrap_model(model), HEAD, None)
        if head is not None and targets is not None and model.training:
            error = parameter_loss(head(outputs.code_vectors, outputs.codes >= 0), targets)
            self._sums["parameter_loss"] = self._sums.get("parameter_loss", 0) + (
                share * error.detach()
            )
            loss = loss + share * self.parameter_weight * error
        return (loss, outputs) if return_outputs else loss

    def remove_head(self) -> None:
        """Remove the head that predicts gait parameters, before the model is saved."""
        model = self.accelerator.unwrap_model(self.model)
        if hasattr(model, HEAD):
            delattr(model, HEAD)

    def log(self, logs, *args, **kwargs):
        """Log, with the means of the loss terms since the last log."""
        if "loss" in logs and self._steps:
            sums = self.accelerator.reduce(self._sums, "mean")
            logs = {**logs, **{name: (v / self._steps).item() for name, v in sums.items()}}
            self._sums, self._steps = {}, 0
        super().log(logs, *args, **kwargs)


@torch.no_grad()
def reconstruction_metrics(
    model: MotionVQVAE, extractor: AgirFeatureExtractor, motions, batch_size: int = 16
) -> dict[str, float | int]:
    """Compare whole motions with their reconstruction from codes.

    Args:
        model: Motion tokenizer.
        extractor: Feature extractor of the tokenizer.
        motions: Features of each motion (L, 263), not normalised.
        batch_size: Number of motions in a batch.

    Returns:
        ``motions``, their number; ``mpjpe_mm``, the mean distance between original and
        reconstructed joints (22), with the roots (joint 0) aligned in every frame;
        ``root_path_mm``, the mean distance between the root positions, both paths starting at the
        same point; ``codes_used`` and ``perplexity`` of the codes over all motions;
        ``codebook_size``.
    """
    model.eval()
    factor, counts = model.config.downsampling_factor, np.zeros(model.config.codebook_size)
    joint_errors, root_errors = [], []
    motions = [np.asarray(motion, np.float32) for motion in motions]
    for start in tqdm(range(0, len(motions), batch_size), desc="reconstruction", leave=False):
        batch = [
            motion[: len(motion) // factor * factor]
            for motion in motions[start : start + batch_size]
        ]
        inputs = extractor(batch, return_tensors="pt")
        codes = model.encode(*(inputs[n].to(model.device) for n in extractor.model_input_names))
        decoded = model.decode(codes).cpu().numpy()
        counts += np.bincount(codes[codes >= 0].cpu().numpy(), minlength=len(counts))
        for motion, values in zip(batch, decoded, strict=True):
            original, reconstructed = features_to_joints(
                [motion[: len(values)], extractor.denormalize(values[: len(motion)])]
            )
            difference = (original - original[:, :1]) - (reconstructed - reconstructed[:, :1])
            joint_errors.append(np.linalg.norm(difference, axis=-1).mean(1))
            root_errors.append(np.linalg.norm(original[:, 0] - reconstructed[:, 0], axis=-1))
    share = counts[counts > 0] / counts.sum()
    return {
        "motions": len(motions),
        "mpjpe_mm": 1000 * float(np.concatenate(joint_errors).mean()),
        "root_path_mm": 1000 * float(np.concatenate(root_errors).mean()),
        "codes_used": int((counts > 0).sum()),
        "codebook_size": len(counts),
        "perplexity": float(np.exp(-(share * np.log(share)).sum())),
    }
