"""Measure the training speed of the second stage, compared with the padding of MotionGPT.

    python recipes/benchmark_training.py                          # synthetic walks of 5 to 22 s
    python recipes/benchmark_training.py --corpus runs/tiny/corpus

All variants have the same weights, loss, optimiser and batch size; motion codes are made in
advance. The variant "padded" pads prompts and answers to 256 tokens, as MotionGPT does. The variant
"ours" groups walks of similar length and pads to the longest of the batch, in 32 bits and, as the
recipes do on processors that support it, in bfloat16. Each run is a separate process, the variants
are run alternately, and the peak memory of each is printed. On a GPU the floating-point operations
of the model (6 for each weight and token, without embeddings) are compared with ``--peak-tflops``
of the device.
"""

import argparse
import multiprocessing
import resource
import time

import numpy as np
import torch
from transformers import T5Config, T5ForConditionalGeneration

from agir_hf import AgirForGaitAssessment, AgirProcessor, MotionVQVAE, MotionVQVAEConfig
from agir_hf.annotation.rule_writer import write_rationale
from agir_hf.corpus.loading import load_corpus
from agir_hf.gait import PARAMETERS, reference
from agir_hf.training.collators import build_collators
from agir_hf.training.data import reasoning_example
from agir_hf.training.losses import class_loss, format_loss, language_loss
from agir_hf.training.samplers import GroupedByLength
from agir_hf.training.tokenizer import train_t5_tokenizer

PADDED = 256  # tokens of a prompt and of an answer in MotionGPT
FRAMES_PER_CODE, FPS = 4, 20
WARM_UP = 4  # steps that are not timed, because they allocate memory and compile
SIZES = {  # width, feed-forward, layers, heads
    "tiny": (128, 384, 3, 4),
    "small": (512, 1024, 8, 6),
    "base": (768, 2048, 12, 12),
}


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--corpus", help="folder or Hub name of a corpus (default: synthetic walks)"
    )
    parser.add_argument("--size", choices=SIZES, default="tiny", help="size of the T5")
    parser.add_argument("--walks", type=int, default=512, help="number of walks (default: 512)")
    parser.add_argument("--batch-size", type=int, default=16, help="walks in a batch (default: 16)")
    parser.add_argument("--steps", type=int, default=16, help="timed steps of a run (default: 16)")
    parser.add_argument("--turns", type=int, default=3, help="runs of each variant (default: 3)")
    parser.add_argument("--compile", action="store_true", help="add a variant with torch.compile")
    parser.add_argument(
        "--peak-tflops", type=float, help="peak TFLOPS of the device, to print its utilisation"
    )
    return parser.parse_args()


def walks(options: argparse.Namespace) -> list[dict]:
    """Make rows with codes, rationale and score; the codes are random."""
    rng = np.random.default_rng(0)
    rows = []
    if options.corpus:
        corpus_rows = load_corpus(options.corpus, "reasoning")["train"]
        for i in range(min(options.walks, len(corpus_rows))):
            row = corpus_rows[i]
            codes = rng.integers(512, size=len(row["motion"]) // FRAMES_PER_CODE).tolist()
            rows.append({**{k: row[k] for k in ("id", "rationale", "score")}, "codes": codes})
    else:
        for i in range(options.walks):
            severity = rng.uniform(0, 4)
            values = {
                p.name: norm.mean + (-1 if p.impaired == "low" else 1) * severity * norm.sd
                for p in PARAMETERS
                if (norm := reference(p.name)) is not None
            }
            score = int(severity // 1.4)
            count = round(rng.uniform(5, 22) * FPS / FRAMES_PER_CODE)
            rows.append({
                "id": f"walk_{i}",
                "rationale": write_rationale(values, score, rng).rationale,
                "score": score,
                "codes": rng.integers(512, size=count).tolist(),
            })  # fmt: skip
    for row in rows:
        row["length"] = len(row["codes"]) + len(row["rationale"].split())
        row["codes"] = [row["codes"]] * FRAMES_PER_CODE
    return rows


def build(options: argparse.Namespace, rows: list[dict]):
    """Make a model of the requested size and its processor; the same in every process."""
    torch.manual_seed(0)
    width, inner, layers, heads = SIZES[options.size]
    tokenizer = train_t5_tokenizer([row["rationale"] for row in rows], 1200)
    t5 = T5ForConditionalGeneration(T5Config(
        vocab_size=len(tokenizer), d_model=width, d_kv=width // heads, d_ff=inner,
        num_layers=layers, num_heads=heads, feed_forward_proj="gated-gelu",
        decoder_start_token_id=tokenizer.pad_token_id,
    ))  # fmt: skip
    vqvae = MotionVQVAE(MotionVQVAEConfig(width=16, code_dim=16))
    model = AgirForGaitAssessment.from_t5(t5, vqvae, tokenizer)
    model.vqvae.requires_grad_(False)
    processor = AgirProcessor.from_t5(tokenizer, np.zeros(263), np.ones(263))
    return model.to("cuda" if torch.cuda.is_available() else "cpu"), processor


def padded(batch: dict) -> dict:
    """Pad prompts and answers of a batch to MotionGPT's width."""
    fillers = {"labels": -100}
    return {
        name: torch.nn.functional.pad(
            rows[:, :PADDED], (0, PADDED - min(rows.shape[1], PADDED)), value=fillers.get(name, 0)
        )
        for name, rows in batch.items()
    }


def measure(variant: str, options: argparse.Namespace, queue) -> None:
    """Train some steps of a variant, and put walks per second, FLOPS and memory into a queue."""
    rows = walks(options)
    model, processor = build(options, rows)
    collate = build_collators(processor, reasoning_example, 3.0)["data_collator"]
    order = list(GroupedByLength([row["length"] for row in rows], options.batch_size))
    if variant == "padded":
        order = torch.randperm(len(rows)).tolist()
    batches = [order[i : i + options.batch_size] for i in range(0, len(order), options.batch_size)]
    batches = [batch for batch in batches if len(batch) == options.batch_size]
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-4)
    device, started, tokens = model.device, 0.0, 0
    model.train()
    run = torch.compile(model, dynamic=True) if "compiled" in variant else model
    for step in range(options.steps + WARM_UP):
        if step == WARM_UP:
            started, tokens = synchronized_time(device), 0
        batch = collate([rows[i] for i in batches[step % len(batches)]])
        names = ("input_ids", "attention_mask", "labels", "decoder_input_ids")
        batch = {name: batch[name] for name in names}
        batch = {
            k: v.to(device) for k, v in (padded(batch) if variant == "padded" else batch).items()
        }
        labels = batch.pop("labels")
        use_bf16 = device.type == "cuda" or "bf16" in variant
        with torch.autocast(device.type, torch.bfloat16, enabled=use_bf16):
            logits = run(**batch, use_cache=False).logits
        loss = language_loss(logits, labels) + 0.5 * format_loss(logits, labels)
        loss = loss + class_loss(logits, labels, model.config.score_token_ids)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        tokens += batch["input_ids"].numel() + labels.numel()
    seconds = synchronized_time(device) - started
    weights = sum(p.numel() for p in model.model.parameters()) - model.model.shared.weight.numel()
    flops = 3 * weights * tokens  # 6 operations for each weight; a token passes about half of them
    queue.put((options.batch_size * options.steps / seconds, flops / seconds, peak_gb(device)))


def synchronized_time(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


def peak_gb(device: torch.device) -> float:
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated() / 1e9
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def main() -> None:
    options = parse()
    context = multiprocessing.get_context("spawn")
    results = {"padded": [], "ours": [], "ours, bf16": []}
    if torch.cuda.is_available():  # all variants are in bfloat16 there
        del results["ours, bf16"]
    if options.compile:
        results["ours, bf16, compiled"] = []
    for _ in range(options.turns):
        for variant, runs in results.items():
            queue = context.Queue()
            process = context.Process(target=measure, args=(variant, options, queue))
            process.start()
            runs.append(queue.get())
            process.join()
            print(f"  {variant}: {runs[-1][0]:.1f} walks/s", flush=True)
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    print(f"T5 {options.size}, batch {options.batch_size}, {device}; medians of {options.turns}")
    for variant, runs in results.items():
        speed, flops, memory = np.median(runs, axis=0)
        ratios = [
            run[0] / padded_run[0] for run, padded_run in zip(runs, results["padded"], strict=True)
        ]
        line = f"{variant:20} {speed:8.1f} walks/s, peak {memory:.2f} GB, "
        line += f"{np.median(ratios):.2f} times padded ({min(ratios):.2f} to {max(ratios):.2f})"
        if options.peak_tflops:
            line += f", {flops / 1e12 / options.peak_tflops:.1%} of {options.peak_tflops:g} TFLOPS"
        print(line)


if __name__ == "__main__":
    main()
