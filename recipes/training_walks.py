"""Walks and an untrained model of a given size, for `benchmark_training.py`."""

FRAMES_PER_CODE, FPS, VOCABULARY = 4, 20, 1200
SIZES = {  # width, feed-forward, layers, heads
    "tiny": (128, 384, 3, 4),
    "small": (512, 1024, 8, 6),
    "base": (768, 2048, 12, 12),
}


def make_walks(settings: dict) -> list[dict]:
    """Make rows with codes, rationale and score; the codes are random.

    Args:
        settings: See `benchmark_training.Training`.
    """
    import numpy as np

    rng = np.random.default_rng(0)
    rows = corpus_walks(settings) if settings["corpus"] else synthetic_walks(settings, rng)
    for row in rows:
        row["codes"] = [rng.integers(512, size=row.pop("count")).tolist()] * FRAMES_PER_CODE
        row["length"] = len(row["codes"][0]) + len(row["rationale"].split())
    return rows


def corpus_walks(settings: dict) -> list[dict]:
    """Rationales, scores and lengths of the walks of a corpus.

    Args:
        settings: See `benchmark_training.Training`.
    """
    from agir_hf.corpus.loading import load_corpus

    rows = load_corpus(settings["corpus"], "reasoning")["train"]
    rows = rows.select(range(min(settings["walks"], len(rows))))
    return [
        {"id": row["id"], "rationale": row["rationale"], "score": row["score"],
         "count": len(row["motion"]) // FRAMES_PER_CODE}
        for row in rows
    ]  # fmt: skip


def synthetic_walks(settings: dict, rng) -> list[dict]:
    """Rationales, scores and lengths of walks of random severity.

    Args:
        settings: See `benchmark_training.Training`.
        rng: Random generator.
    """
    from agir_hf.annotation.rule_writer import write_rationale
    from agir_hf.gait import PARAMETERS, reference

    rows = []
    for i in range(settings["walks"]):
        severity = rng.uniform(0, 4)
        values = {
            p.name: norm.mean + (-1 if p.impaired == "low" else 1) * severity * norm.sd
            for p in PARAMETERS
            if (norm := reference(p.name)) is not None
        }
        score = int(severity // 1.4)
        count = round(rng.uniform(5, 22) * FPS / FRAMES_PER_CODE)
        rationale = write_rationale(values, score, rng).rationale
        rows.append({"id": f"walk_{i}", "rationale": rationale, "score": score, "count": count})
    return rows


def build(settings: dict, rows):
    """Make a model of the requested size and its processor; the same in every process.

    Args:
        settings: See `benchmark_training.Training`.
        rows: Rows of the training, whose texts make the vocabulary.
    """
    import numpy as np
    import torch
    from transformers import T5Config, T5ForConditionalGeneration

    from agir_hf import AgirForGaitAssessment, AgirProcessor, MotionVQVAE, MotionVQVAEConfig
    from agir_hf.training.tokenizer import train_t5_tokenizer

    torch.manual_seed(0)
    width, inner, layers, heads = SIZES[settings["size"]]
    tokenizer = train_t5_tokenizer([row["rationale"] for row in rows], VOCABULARY)
    t5 = T5ForConditionalGeneration(T5Config(
        vocab_size=len(tokenizer), d_model=width, d_kv=width // heads, d_ff=inner,
        num_layers=layers, num_heads=heads, feed_forward_proj="gated-gelu",
        decoder_start_token_id=tokenizer.pad_token_id,
    ))  # fmt: skip
    vqvae = MotionVQVAE(MotionVQVAEConfig(width=16, code_dim=16))
    model = AgirForGaitAssessment.from_t5(t5, vqvae, tokenizer)
    return model, AgirProcessor.from_t5(tokenizer, np.zeros(263), np.ones(263))
