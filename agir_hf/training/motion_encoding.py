"""Encoding of the motions of a corpus as motion codes, once for each data set and tokenizer.

A crop of a motion is a sequence of its codes. A code covers several frames; so that a crop can
start at any frame, a motion is encoded once from each of the first frames 0 … frames per code - 1.
These encodings are the phases of the motion.
"""

import hashlib
from typing import Any

import numpy as np
import torch
from transformers.utils import logging

from ..corpus.loading import require_columns
from ..feature_extraction_agir import AgirFeatureExtractor
from ..modeling_motion_vqvae import MotionVQVAE

_TEXT_COLUMNS = ("rationale", "description", "chosen")  # the first that exists is the target
_BATCH = 32
logger = logging.get_logger(__name__)


def encode_motions(rows, vqvae: MotionVQVAE, extractor: AgirFeatureExtractor):
    """Replace the motions of corpus rows by motion codes.

    The result is kept in the cache of `datasets`, under a fingerprint of the rows and of the
    tokenizer (weights, codebook and statistics). A motion longer than ``extractor.max_frames`` is
    cut at its end; a warning states the number of such motions.

    Args:
        rows: `datasets.Dataset` with ``motion``, features (L, 263), not normalised.
        vqvae: Motion tokenizer.
        extractor: Feature extractor with the statistics of the tokenizer's training.

    Returns:
        The rows without ``motion``, with ``codes``: for each phase (0 … frames per code - 1) the
        codes of the motion from that frame on; and with ``length``, the approximate number of
        tokens of prompt and target, for grouping by length.

    Raises:
        ValueError: Rows have no motions, or the statistics differ from those of the tokenizer.
    """
    extractor.check_model(vqvae)
    require_columns(rows, ("id", "motion"))
    num_longer = _count_longer(rows, extractor.max_frames)
    if num_longer:
        logger.warning(
            f"{num_longer} of {len(rows)} motions are longer than {extractor.max_frames} frames "
            f"({extractor.max_frames / extractor.sampling_rate:g} s): only their first "
            f"{extractor.max_frames} frames are used"
        )
    fingerprint = rows._fingerprint + tokenizer_fingerprint(vqvae, extractor)
    return (
        rows.with_format("numpy", columns=["motion"], output_all_columns=True)
        .map(
            _encode_batch,
            batched=True,
            batch_size=_BATCH,
            remove_columns=["motion"],
            fn_kwargs={"vqvae": vqvae, "extractor": extractor},
            new_fingerprint=hashlib.sha256(fingerprint.encode()).hexdigest()[:16],
            desc="motion codes",
        )
        .with_format(None)
    )


def _count_longer(rows, max_frames: int) -> int:
    """Number of motions longer than this, from Arrow's offsets, without loading the motions."""
    count = 0
    for batch in rows.with_format("arrow").select_columns(["motion"]).iter(_BATCH):
        motions = batch["motion"].combine_chunks()
        lengths = getattr(motions, "storage", motions).value_lengths()
        count += int((np.asarray(lengths) > max_frames).sum())
    return count


def tokenizer_fingerprint(vqvae: MotionVQVAE, extractor: AgirFeatureExtractor) -> str:
    """Compute a fingerprint (SHA-256) of how a tokenizer turns motions into codes.

    Args:
        vqvae: Motion tokenizer; only its encoder and codebook are used.
        extractor: Feature extractor with its statistics and maximum length.

    Returns:
        The first 16 hex digits.
    """
    digest = hashlib.sha256()
    for name, value in sorted(vqvae.state_dict().items()):
        if name.startswith("encoder.") or name == "quantizer.codebook":
            digest.update(value.detach().cpu().float().contiguous().numpy().tobytes())
    digest.update(f"{extractor.statistics_fingerprint} {extractor.max_frames}".encode())
    return digest.hexdigest()[:16]


@torch.no_grad()
def encode_phases(
    motions: list[np.ndarray], vqvae: MotionVQVAE, extractor: AgirFeatureExtractor
) -> list[list[list[int]]]:
    """Encode each phase of motions.

    Args:
        motions: Features of each motion (L, 263), not normalised.
        vqvae: Motion tokenizer.
        extractor: Feature extractor of the tokenizer.

    Returns:
        For each motion the codes of each phase; an empty list for a phase shorter than a code.
    """
    factor = vqvae.config.downsampling_factor
    training, phases = vqvae.training, [[] for _ in motions]
    vqvae.eval()
    for start in range(factor):
        kept = [i for i, motion in enumerate(motions) if len(motion) - start >= factor]
        if kept:
            window = slice(start, start + extractor.max_frames)
            inputs = extractor([motions[i][window] for i in kept], return_tensors="pt")
            values = (inputs[name].to(vqvae.device) for name in extractor.model_input_names)
            codes = dict(zip(kept, vqvae.encode(*values).cpu(), strict=True))
        for i, motion_phases in enumerate(phases):
            motion_phases.append(codes[i][codes[i] >= 0].tolist() if i in kept else [])
    vqvae.train(training)
    return phases


def _encode_batch(batch: dict[str, list], vqvae, extractor) -> dict[str, list[Any]]:
    codes = encode_phases(
        [np.asarray(motion, np.float32) for motion in batch["motion"]], vqvae, extractor
    )
    texts = next((batch[name] for name in _TEXT_COLUMNS if name in batch), [""] * len(codes))
    lengths = [
        len(phases[0]) + len((text or "").split())
        for phases, text in zip(codes, texts, strict=True)
    ]
    return {"codes": codes, "length": lengths}
