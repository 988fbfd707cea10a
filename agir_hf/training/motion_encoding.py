"""Motions of a corpus → motion codes, once for each data set and tokenizer.

A crop of a motion is a run of its codes. So that crops also begin between two codes, a motion is
encoded from each of its first frames: its phases.
"""

import hashlib
from typing import Any

import numpy as np
import torch
from transformers.utils import logging

from ..corpus.loading import require_columns
from ..feature_extraction_agir import AgirFeatureExtractor
from ..modeling_motion_vqvae import MotionVQVAE

_TEXTS = ("rationale", "description", "chosen")  # the column that is to be written, where there
_BATCH = 32
logger = logging.get_logger(__name__)


def with_codes(rows, vqvae: MotionVQVAE, extractor: AgirFeatureExtractor):
    """A corpus' rows with their motions as codes.

    What was encoded once lies in the cache of `datasets`, under a name that follows from the rows
    and from the tokenizer: weights, codebook and statistics. Of a motion longer than
    ``extractor.max_frames`` the first part is taken; how many there are is told.

    Args:
        rows: a `datasets.Dataset` with ``motion``, features (frames, 263), not normalised.
        vqvae: the motion tokenizer.
        extractor: with the statistics that it was trained with.

    Returns:
        The rows without ``motion``, with ``codes``: for each phase (0 … frames per code - 1) the
        codes of the motion from that frame on; and with ``length``, a rough count of what is read
        and written, by which rows may be grouped.

    Raises:
        ValueError: rows without motions, or statistics that are not the tokenizer's.
    """
    extractor.check_model(vqvae)
    require_columns(rows, ("id", "motion"))
    longer = _number_longer(rows, extractor.max_frames)
    if longer:
        logger.warning(
            f"{longer} of {len(rows)} motions are longer than {extractor.max_frames} frames "
            f"({extractor.max_frames / extractor.sampling_rate:g} s): their first part is taken"
        )
    made = rows._fingerprint + tokenizer_fingerprint(vqvae, extractor)
    return (
        rows.with_format("numpy", columns=["motion"], output_all_columns=True)
        .map(
            _encoded,
            batched=True,
            batch_size=_BATCH,
            remove_columns=["motion"],
            fn_kwargs={"vqvae": vqvae, "extractor": extractor},
            new_fingerprint=hashlib.sha256(made.encode()).hexdigest()[:16],
            desc="motion codes",
        )
        .with_format(None)
    )


def _number_longer(rows, frames: int) -> int:
    """How many motions are longer; read from Arrow's offsets, without the motions."""
    found = 0
    for batch in rows.with_format("arrow").select_columns(["motion"]).iter(_BATCH):
        motions = batch["motion"].combine_chunks()
        lengths = getattr(motions, "storage", motions).value_lengths()
        found += int((np.asarray(lengths) > frames).sum())
    return found


def tokenizer_fingerprint(vqvae: MotionVQVAE, extractor: AgirFeatureExtractor) -> str:
    """Sixteen hex digits that tell one way to make codes from another (SHA-256)."""
    digest = hashlib.sha256()
    for name, value in sorted(vqvae.state_dict().items()):
        if name.startswith("encoder.") or name == "quantizer.codebook":
            digest.update(value.detach().cpu().float().contiguous().numpy().tobytes())
    digest.update(f"{extractor.statistics_fingerprint} {extractor.max_frames}".encode())
    return digest.hexdigest()[:16]


@torch.no_grad()
def motion_phases(
    motions: list[np.ndarray], vqvae: MotionVQVAE, extractor: AgirFeatureExtractor
) -> list[list[list[int]]]:
    """For each motion the codes of each phase; none of a phase too short for a code."""
    factor = vqvae.config.downsampling_factor
    training, phases = vqvae.training, [[] for _ in motions]
    vqvae.eval()
    for start in range(factor):
        kept = [i for i, motion in enumerate(motions) if len(motion) - start >= factor]
        if kept:
            read = slice(start, start + extractor.max_frames)
            inputs = extractor([motions[i][read] for i in kept], return_tensors="pt")
            values = (inputs[name].to(vqvae.device) for name in extractor.model_input_names)
            found = dict(zip(kept, vqvae.encode(*values).cpu(), strict=True))
        for i, row in enumerate(phases):
            row.append(found[i][found[i] >= 0].tolist() if i in kept else [])
    vqvae.train(training)
    return phases


def _encoded(batch: dict[str, list], vqvae, extractor) -> dict[str, list[Any]]:
    codes = motion_phases(
        [np.asarray(one, np.float32) for one in batch["motion"]], vqvae, extractor
    )
    texts = next((batch[name] for name in _TEXTS if name in batch), [""] * len(codes))
    lengths = [
        len(row[0]) + len((text or "").split()) for row, text in zip(codes, texts, strict=True)
    ]
    return {"codes": codes, "length": lengths}
