"""Time the training of the second stage, compared with the plain Trainer of transformers.

    python recipes/benchmark_training.py                          # synthetic walks of 5 to 22 s
    python recipes/benchmark_training.py --corpus runs/tiny/corpus --size small

All variants train with the same walks, losses, optimiser and batch size; motion codes are made in
advance. Each trains in a process of its own, and they take turns:

- ours: `AgirSFTTrainer` as the recipes use it, with walks of similar length in a batch, in bfloat16
  where the processor computes it faster;
- ours, 32 bits;
- plain Trainer: `transformers.Trainer` with a T5 and the three losses, batches in random order,
  padded to the longest, in 32 bits;
- padded: the same, with prompts and answers padded to 256 tokens as in MotionGPT.

The time of a round runs from the end of its second step to the end of its last, and includes the
collation of the batches. The model FLOPs utilisation is the share that the operations without
padding take of the rate of matrix products in the number format of the training, measured in the
same run: ours and the plain Trainer are compared in 32 bits, and ours in bfloat16 has a row of its
own. Before, it is checked that ours and the plain Trainer have the same loss.
"""

import argparse
import copy
import json
import sys
import tempfile
import time
import warnings
from collections.abc import Sequence
from pathlib import Path

from benchmark_tools import (
    Measure,
    Row,
    benchmark_parser,
    count,
    finish,
    rounds_of,
    take_turns,
)
from checkout_processes import CodeProcess
from training_walks import SIZES, build, make_walks

PADDED = 256  # tokens of a prompt and of an answer in MotionGPT
WARM_UP = 2  # steps of a round that are not timed
VARIANTS = ("ours", "ours, 32 bits", "plain Trainer", "padded")
WEIGHTS = {"format_weight": 0.5, "class_weight": 1.0}
MEASURES = (
    Measure("Training", "second stage, tiny T5, batches of 16", "walks/s"),
    Measure("Training", "its model FLOPs utilisation, all in 32 bits", "%"),
)
SOURCE = """
import sys
sys.path.insert(0, {folder!r})
from benchmark_training import Training
action = Training({variant!r}, {settings!r}).seconds
"""


def main(argv: Sequence[str] | None = None) -> None:
    """Time the variants in turns, and print the table.

    Args:
        argv: Arguments of the command line; those of the process by default.
    """
    options = parse(argv)
    settings = {name: getattr(options, name) for name in ("corpus", "size", "walks", "batch_size")}
    settings["steps"] = options.steps
    check_losses(settings)
    processes = {variant: process(variant, settings, options.threads) for variant in VARIANTS}
    try:
        timings = take_turns(processes, rounds_of(options))
    finally:
        for child in processes.values():
            child.close()
    finish(rows_of(timings, processes, settings, options), options)


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line.

    Args:
        argv: Arguments.
    """
    parser = benchmark_parser(__doc__)
    parser.add_argument(
        "--corpus", help="folder or Hub name of a corpus (default: synthetic walks)"
    )
    parser.add_argument("--size", choices=SIZES, default="tiny", help="size of the T5")
    parser.add_argument("--walks", type=count, default=512, help="number of walks (default: 512)")
    parser.add_argument(
        "--batch-size", type=count, default=16, help="walks in a batch (default: 16)"
    )
    parser.add_argument(
        "--steps", type=count, help="timed steps of a round (default: 12; quick: 2)"
    )
    parser.add_argument("--threads", type=count, default=1, help="threads of PyTorch (default: 1)")
    options = parser.parse_args(argv)
    options.steps = options.steps or (2 if options.quick else 12)
    options.walks = min(options.walks, 64) if options.quick else options.walks
    return options


def process(variant: str, settings: dict, threads: int) -> CodeProcess:
    """Start a process that trains a variant.

    Args:
        variant: Name of the variant.
        settings: Settings of `Training`.
        threads: Number of threads.
    """
    folder = str(Path(__file__).resolve().parent)
    source = SOURCE.format(
        folder=folder, variant=variant, settings=json.loads(json.dumps(settings))
    )
    return CodeProcess(source, threads=threads)


def rows_of(timings: dict, processes: dict, settings: dict, options) -> list[Row]:
    """Make the rows of the table.

    Args:
        timings: Seconds of each variant.
        processes: Process of each variant.
        settings: Settings of `Training`.
        options: Options of the command line.
    """
    walks = settings["steps"] * settings["batch_size"]
    rates = {name: timing.rate(walks) for name, timing in timings.items()}
    memory = ", ".join(f"{name} {process.peak_mb:.0f} MB" for name, process in processes.items())
    more = {"threads": options.threads, "rounds": rounds_of(options)}
    speed = MEASURES[0]
    if (settings["size"], settings["batch_size"]) != ("tiny", 16):
        text = f"second stage, {settings['size']} T5, batches of {settings['batch_size']}"
        speed = Measure("Training", text, "walks/s")
    plain = (rates["plain Trainer"], "plain Trainer")
    return [
        speed.row(rates["ours"], *plain, note=f"peak memory: {memory}", **more),
        *utilisation_rows(rates, flops_of_a_walk(settings), more),
        Measure("Training", "the same in 32 bits", "walks/s").row(
            rates["ours, 32 bits"], *plain, **more
        ),
        Measure("Training", "the same, padding of MotionGPT", "walks/s").row(
            rates["ours"], rates["padded"], "256 tokens", **more
        ),
    ]  # fmt: skip


def utilisation_rows(rates: dict, flops: float, more: dict) -> list[Row]:
    """Make the rows of the model FLOPs utilisation, each of the rate of its own number format.

    Args:
        rates: Walks per second of each variant.
        flops: Operations of a walk.
        more: Number of threads and of rounds, for the rows.
    """
    peak = peak_rate(more["threads"], "float32")
    ours, plain = (rates[name].scaled(100 * flops / peak) for name in VARIANTS[1:3])
    note = f"of {peak / 1e9:.0f} GFLOP/s, matrix products of 32 bits"
    rows = [MEASURES[1].row(ours, plain, "plain Trainer", note=note, **more)]
    if fast_bf16():
        peak = peak_rate(more["threads"], "bfloat16")
        note = f"of {peak / 1e9:.0f} GFLOP/s, matrix products of bfloat16"
        measure = Measure("Training", "its model FLOPs utilisation in bfloat16", "%")
        rows.append(measure.row(rates["ours"].scaled(100 * flops / peak), note=note, **more))
    return rows


def peak_rate(threads: int, dtype: str) -> float:
    """Operations per second of matrix products.

    Args:
        threads: Number of threads.
        dtype: Number format of torch, such as "float32".
    """
    import torch

    from agir_hf.training.model_flops import measure_flop_rate

    torch.set_num_threads(threads)
    return measure_flop_rate("cpu", getattr(torch, dtype))


class Training:
    """A training of the second stage with one of the variants.

    Args:
        variant: Name of the variant.
        settings: Mapping with ``corpus``, ``size``, ``walks``, ``batch_size`` and ``steps``.
    """

    def __init__(self, variant: str, settings: dict):
        from transformers import PrinterCallback, TrainerCallback

        self.folder = tempfile.TemporaryDirectory()
        self.steps, self.ends_s = settings["steps"], []
        self.trainer = make_trainer(variant, settings, self.folder.name)
        ends_s = self.ends_s

        class Clock(TrainerCallback):
            def on_step_end(self, *args, **kwargs):
                ends_s.append(time.process_time())

        self.trainer.remove_callback(PrinterCallback)
        self.trainer.add_callback(Clock())

    def seconds(self) -> float:
        """Train the steps, and return their seconds without the first."""
        self.ends_s.clear()
        self.trainer.train()
        return self.ends_s[-1] - self.ends_s[WARM_UP - 1]


def make_trainer(variant: str, settings: dict, folder: str):
    """Make the trainer of a variant.

    Args:
        variant: Name of the variant.
        settings: See `Training`.
        folder: Folder for the output of the trainer; nothing is saved.
    """
    from datasets import Dataset
    from transformers import TrainingArguments
    from trl import SFTConfig

    from agir_hf.training.collators import build_collators
    from agir_hf.training.data import reasoning_example
    from agir_hf.training.trainers import AgirSFTTrainer

    warnings.simplefilter("ignore", FutureWarning)  # of a name in the arguments of TRL
    rows = Dataset.from_list(make_walks(settings))
    model, processor = build(settings, rows)
    collate = build_collators(processor, reasoning_example, 3.0)["data_collator"]
    common = {
        "output_dir": folder, "max_steps": settings["steps"] + WARM_UP, "report_to": "none",
        "per_device_train_batch_size": settings["batch_size"], "learning_rate": 1e-4,
        "save_strategy": "no", "logging_strategy": "no", "disable_tqdm": True, "use_cpu": True,
        "dataloader_drop_last": True, "remove_unused_columns": False,
    }  # fmt: skip
    if variant.startswith("ours"):
        args = SFTConfig(
            train_sampling_strategy="group_by_length", bf16=variant == "ours" and fast_bf16(),
            gradient_checkpointing=False, dataset_kwargs={"skip_prepare_dataset": True}, **common,
        )  # fmt: skip
        return AgirSFTTrainer(
            model=model, args=args, train_dataset=rows, processing_class=processor.tokenizer,
            data_collator=collate, **WEIGHTS,
        )  # fmt: skip
    width = PADDED if variant == "padded" else 0
    return plain_trainer(model, TrainingArguments(**common), rows, collate, width)


def fast_bf16() -> bool:
    """Whether the processor multiplies matrices of bfloat16 faster than those of 32 bits."""
    import torch

    from agir_hf.training.model_flops import measure_flop_rate

    rates = [measure_flop_rate("cpu", dtype) for dtype in (torch.bfloat16, torch.float32)]
    return rates[0] > rates[1]


def plain_trainer(model, args, rows, collate, width: int):
    """Make a `transformers.Trainer` with a T5 of the same weights and the same losses.

    Args:
        model: [`AgirForGaitAssessment`].
        args: Arguments of the trainer.
        rows: Rows of the training.
        collate: Collator.
        width: Tokens to which prompts and answers are padded; 0 for the longest of the batch.
    """
    from transformers import T5Config, T5ForConditionalGeneration, Trainer

    from agir_hf.training.losses import class_loss, format_loss, language_loss

    config = T5Config(**model.config.text_config.to_dict())
    config.tie_word_embeddings = config.scale_decoder_outputs = False
    t5 = T5ForConditionalGeneration(config)
    t5.load_state_dict(t5_weights(model, t5))
    score_ids = model.config.score_token_ids

    class PlainTrainer(Trainer):
        def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
            labels = inputs["labels"]
            logits = model(
                input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"],
                decoder_input_ids=inputs["decoder_input_ids"], use_cache=False,
            ).logits  # fmt: skip
            loss = language_loss(logits, labels)
            loss = loss + WEIGHTS["format_weight"] * format_loss(logits, labels)
            return loss + WEIGHTS["class_weight"] * class_loss(logits, labels, score_ids)

    collator = (lambda batch: padded(collate(batch), width)) if width else collate
    return PlainTrainer(model=t5, args=args, train_dataset=rows, data_collator=collator)


def t5_weights(model, t5) -> dict:
    """Weights of the language model under the names of a T5.

    Args:
        model: [`AgirForGaitAssessment`].
        t5: T5 of the same configuration.
    """
    weights = dict(model.model.state_dict())
    weights["lm_head.weight"] = model.get_output_embeddings().weight
    return {name: weights[name] for name in t5.state_dict()}


def padded(batch: dict, width: int) -> dict:
    """Pad or cut prompts and answers of a batch.

    Args:
        batch: Batch of the collator.
        width: Tokens.
    """
    import torch

    fillers = {"labels": -100}
    tensors = {name: rows for name, rows in batch.items() if isinstance(rows, torch.Tensor)}
    return {
        name: torch.nn.functional.pad(
            rows[:, :width], (0, width - min(rows.shape[1], width)), value=fillers.get(name, 0)
        )
        for name, rows in tensors.items()
    }


def flops_of_a_walk(settings: dict) -> float:
    """Operations of a training step for a walk, without padding: the mean over the walks.

    Args:
        settings: See `Training`.
    """
    from agir_hf.training.collators import build_collators
    from agir_hf.training.data import reasoning_example
    from agir_hf.training.model_flops import forward_flops

    rows = make_walks(settings)
    model, processor = build(settings, rows)
    collate = build_collators(processor, reasoning_example, 3.0)["data_collator"]
    batch = collate(rows)
    prompts, answers = batch["attention_mask"].sum(1), (batch["labels"] >= 0).sum(1)
    flops = [
        3 * forward_flops(model.config, 1, int(prompt), int(answer))
        for prompt, answer in zip(prompts, answers, strict=True)
    ]
    return sum(flops) / len(flops)


def check_losses(settings: dict) -> None:
    """Check that ours and the plain Trainer have the same loss of a batch, without dropout.

    Args:
        settings: See `Training`.

    Raises:
        SystemExit: If the losses differ by more than 1e-4.
    """
    with tempfile.TemporaryDirectory() as folder:
        losses = {}
        for variant in ("ours, 32 bits", "plain Trainer"):
            trainer = make_trainer(variant, settings, folder)
            model = trainer.model.eval()
            rows = [trainer.train_dataset[i] for i in range(settings["batch_size"])]
            batch = trainer.data_collator(copy.deepcopy(rows))
            losses[variant] = trainer.compute_loss(model, batch).item()
    ours, plain = losses.values()
    if abs(ours - plain) > 1e-4:
        sys.exit(f"error: the losses differ: ours {ours:.6f}, plain Trainer {plain:.6f}")


if __name__ == "__main__":
    main()
