"""Training of the motion VQ-VAE: windows, the terms of its loss, and how well it gives back."""

import zlib
from collections.abc import Callable

import numpy as np
import torch
from torch.utils.data import Dataset
from tqdm import tqdm
from transformers import Trainer

from ..feature_extraction_agir import AgirFeatureExtractor
from ..humanml3d import FEATURE_SLICES, features_to_joints
from ..modeling_motion_vqvae import MotionVQVAE
from .samplers import EpochCallback
from .trainers import FiniteLossMixin, PlainFilesMixin

_TERMS = ("reconstruction_loss", "velocity_loss", "commitment_loss", "perplexity")
# What the second smooth-L1 term is taken on: the joint velocities, or, as MotionGPT has it, the
# entries 4 … 66, which are joint positions.
VELOCITY_SLICES = {
    "velocities": (
        FEATURE_SLICES["joint_velocities"].start,
        FEATURE_SLICES["joint_velocities"].stop,
    ),
    "motiongpt": (4, 67),
}


class MotionWindows(Dataset):
    """Windows of normalised motions, another one in every epoch; whole motions where shorter.

    Where a window begins follows from the seed, the epoch and the motion alone.

    Args:
        motions: features (frames, 263), not normalised.
        normalize: features → features, as `AgirFeatureExtractor.normalize`.
        frames: length of a window, whole codes.
        seed: of the draws.
        ids: names of the motions, for messages.
    """

    def __init__(
        self,
        motions,
        normalize: Callable[[np.ndarray], np.ndarray],
        frames: int = 64,
        seed: int = 0,
        ids=None,
    ):
        self.motions = [torch.from_numpy(normalize(motion)) for motion in motions]
        self.ids = [str(i) for i in range(len(self.motions))] if ids is None else list(ids)
        self.frames = frames
        self.seed = seed
        self.epoch = 0

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
        return {"motion_values": values, "motion_attention_mask": mask, "ids": self.ids[index]}


def collate_windows(rows: list[dict]) -> dict:
    """A batch of windows; ``ids`` stay names."""
    names = ("motion_values", "motion_attention_mask")
    batch = {name: torch.stack([row[name] for row in rows]) for name in names}
    return {**batch, "ids": [row["ids"] for row in rows]}


class VQVAETrainer(PlainFilesMixin, FiniteLossMixin, Trainer):
    """Every frame of a step counts alike and the codebook moves once, in however many parts and on
    however many ranks the step is taken.

    It logs the terms of the loss and the perplexity of the codes: means of the steps since the last
    log. Codes that start anew are drawn from the last part of a step alone.
    """

    kind = "A motion tokenizer"

    def __init__(self, model, args, **kwargs):
        args.remove_unused_columns = False  # ids are for messages, the model does not take them
        super().__init__(model, args, data_collator=collate_windows, **kwargs)
        self._sums: dict[str, torch.Tensor] = {}
        self._steps = 0
        self.add_callback(EpochCallback(self.train_dataset))

    def get_batch_samples(self, epoch_iterator, num_batches, device):
        """Also how many frames a step has, over its parts and ranks."""
        batches, _ = super().get_batch_samples(epoch_iterator, num_batches, device)
        frames = sum(batch["motion_attention_mask"].sum() for batch in batches)
        if not batches:
            return batches, None
        return batches, self.accelerator.reduce(frames.to(device), "sum")

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        last = self.accelerator.sync_gradients  # of the parts of a step
        self.accelerator.unwrap_model(model).quantizer.held = not last
        outputs, share = model(**inputs), 1.0
        if num_items_in_batch is not None:  # gradients are averaged over ranks
            frames = inputs["motion_attention_mask"].sum()
            share = frames / num_items_in_batch * self.accelerator.num_processes
        if model.training:
            for name in _TERMS:
                self._sums[name] = self._sums.get(name, 0) + share * outputs[name].detach()
            self._steps += last
        loss = share * outputs.loss
        return (loss, outputs) if return_outputs else loss

    def log(self, logs, *args, **kwargs):
        if "loss" in logs and self._steps:
            sums = self.accelerator.reduce(self._sums, "mean")
            logs = {**logs, **{name: (v / self._steps).item() for name, v in sums.items()}}
            self._sums, self._steps = {}, 0
        super().log(logs, *args, **kwargs)


@torch.no_grad()
def reconstruction_figures(
    model: MotionVQVAE, extractor: AgirFeatureExtractor, motions, batch_size: int = 16
) -> dict[str, float | int]:
    """How whole motions come back out of their codes.

    Args:
        motions: features (frames, 263), not normalised.

    Returns:
        ``motions``; ``mpjpe_mm``, the mean distance of the 22 joints, root (joint 0) on root in
        every frame; ``root_path_mm``, the mean distance of the root to its path, the first frames
        being one; ``codes_used`` and ``perplexity`` of the codes over all motions;
        ``codebook_size``.
    """
    model.eval()
    factor, counts = model.config.downsampling_factor, np.zeros(model.config.codebook_size)
    errors, paths = [], []
    motions = [np.asarray(motion, np.float32) for motion in motions]
    for start in tqdm(range(0, len(motions), batch_size), desc="reconstruction", leave=False):
        some = [one[: len(one) // factor * factor] for one in motions[start : start + batch_size]]
        inputs = extractor(some, return_tensors="pt")
        codes = model.encode(*(inputs[n].to(model.device) for n in extractor.model_input_names))
        found = model.decode(codes).cpu().numpy()
        counts += np.bincount(codes[codes >= 0].cpu().numpy(), minlength=len(counts))
        for motion, values in zip(some, found, strict=True):
            given, back = features_to_joints(
                [motion[: len(values)], extractor.denormalize(values[: len(motion)])]
            )
            relative = (given - given[:, :1]) - (back - back[:, :1])
            errors.append(np.linalg.norm(relative, axis=-1).mean(1))
            paths.append(np.linalg.norm(given[:, 0] - back[:, 0], axis=-1))
    share = counts[counts > 0] / counts.sum()
    return {
        "motions": len(motions),
        "mpjpe_mm": 1000 * float(np.concatenate(errors).mean()),
        "root_path_mm": 1000 * float(np.concatenate(paths).mean()),
        "codes_used": int((counts > 0).sum()),
        "codebook_size": len(counts),
        "perplexity": float(np.exp(-(share * np.log(share)).sum())),
    }
