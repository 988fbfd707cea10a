"""Time the generation of answers, compared with `generate` of transformers.

    python recipes/benchmark_generation.py
    python recipes/benchmark_generation.py --against ../earlier    # also code of an earlier commit

Two models write answers to a walk: one of the shape of Flan-T5-small, that of the paper's
experiments (77 M parameters, 61 M without its output layer, random weights, answers of 120
tokens), and the embedded model with the sample recording. Ours is `generate_assessment`, which
encodes the motion, keeps to the format of an answer and gives the probabilities of the scores. The
peer is the T5 of transformers with the same weights and `generate`, greedy or sampled, without
constraints and probabilities, for as many tokens as our longest answer. Several answers are also
compared with as many times one answer. Each runs in a process of its own, and they take turns.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmark_tools import Measure, Row, benchmark_parser, count, finish, rounds_of, take_turns
from checkout_processes import CodeProcess

PROMPT_TOKENS, CODES = 90, 50  # of a walk of 10 s and an instruction
ANSWER_TOKENS, QUICK_TOKENS = 120, 20
LARGE, TINY = "T5 of 77 M parameters", "embedded model"
MEASURES = (
    Measure("Generation", "one answer, T5 of 77 M parameters", "s"),
    Measure("Generation", "16 answers to a walk, T5 of 77 M parameters", "s"),
    Measure("Generation", "16 answers, compared with 16 times one", "s"),
    Measure("Generation", "15 answers to the sample recording, embedded model", "s"),
)
SOURCE = """
import sys
sys.path.insert(0, {folder!r})
from benchmark_generation import Generation
action = Generation({model!r}, {variant!r}, {answers!r}, {tokens!r})
"""


def main(argv: Sequence[str] | None = None) -> None:
    """Time all variants in turns, and print the table.

    Args:
        argv: Arguments of the command line; those of the process by default.
    """
    parser = benchmark_parser(__doc__)
    parser.add_argument("--threads", type=count, default=1, help="threads of PyTorch (default: 1)")
    options = parser.parse_args(argv)
    finish([row for model in (LARGE, TINY) for row in rows_of(model, options)], options)


def rows_of(model: str, options: argparse.Namespace) -> list[Row]:
    """Time the answers of a model, and make its rows of the table.

    Args:
        model: `LARGE` or `TINY`.
        options: Options of the command line.
    """
    more = {"threads": options.threads, "rounds": rounds_of(options)}
    rows = []
    numbers = {LARGE: (1, 8, 16), TINY: (1, 15)}[model]
    for number in (numbers[1],) if options.quick else numbers:
        timing = times(model, number, options)
        ours, measure = timing["ours"], measure_of(model, number)
        rows.append(measure.row(ours, timing["plain"], "transformers", **more))
        if "one" in timing:
            text = f"{number} answers, compared with {number} times one"
            share = ours.median / timing["one"].median / number
            note = f"{share:.2f} × {number} times the time of one answer"
            alone = timing["one"].scaled(number)
            several = Measure("Generation", text, "s")
            rows.append(several.row(ours, alone, "one by one", note=note, **more))
        if "before" in timing:
            rows.append(measure.row(ours, timing["before"], "before", **more))
    return rows


def measure_of(model: str, number: int) -> Measure:
    """Row of a number of answers of a model.

    Args:
        model: `LARGE` or `TINY`.
        number: Number of answers.
    """
    what = "one answer" if number == 1 else f"{number} answers to a walk"
    if model == TINY:
        what = what.replace("a walk", "the sample recording")
    return Measure("Generation", f"{what}, {model}", "s")


def times(model: str, number: int, options: argparse.Namespace) -> dict:
    """Time ours, `generate`, one answer and the code of another checkout in turns.

    Args:
        model: `LARGE` or `TINY`.
        number: Number of answers.
        options: Options of the command line.

    Returns:
        "ours", "plain", "one" (ours, one answer of the large model) and "before" →
        `benchmark_tools.Timing`.
    """
    variants = {"ours": ("ours", number, None), "plain": ("plain", number, None)}
    if number > 1 and model == LARGE:
        variants["one"] = ("ours", 1, None)
    if options.against:
        variants["before"] = ("ours", number, options.against)
    tokens, processes = QUICK_TOKENS if options.quick else ANSWER_TOKENS, {}
    try:
        for name, (variant, answers, folder) in variants.items():
            source = SOURCE.format(
                folder=str(Path(__file__).resolve().parent), model=model, variant=variant,
                answers=answers, tokens=tokens,
            )  # fmt: skip
            processes[name] = CodeProcess(source, folder, options.threads)
        return take_turns(processes, rounds_of(options))
    finally:
        for process in processes.values():
            process.close()


class Generation:
    """Generation of answers to one walk.

    Args:
        model: `LARGE` or `TINY`.
        variant: "ours" or "plain", which is `generate` of the T5 of transformers.
        answers: Number of answers. The 15 of the embedded model are 12 to the walk and 3 to its
            mirror image.
        tokens: Number of tokens of an answer of the large model.
    """

    def __init__(self, model: str, variant: str, answers: int, tokens: int):
        make = self._large if model == LARGE else self._tiny
        self._model, self._inputs = make(tokens)
        self._answers = min(answers, 12) if model == TINY else answers
        self._length = tokens
        if model == TINY and answers == 1:
            self._model.config.read_mirror_image = False
        self._plain = None
        if variant == "plain":
            self._make_plain(answers)

    def _large(self, tokens: int) -> tuple:
        import torch

        from agir_hf import AgirConfig
        from agir_hf.training.random_models import T5_SHAPES, random_model

        text = {**T5_SHAPES["google/flan-t5-small"], "feed_forward_proj": "gated-gelu"}
        vocabulary = 32_100
        config = AgirConfig(motion_token_offset=vocabulary)
        size = vocabulary + config.num_added_tokens
        text |= {"vocab_size": size, "decoder_start_token_id": 0}
        config = AgirConfig(text_config=text, motion_token_offset=vocabulary)
        ids = torch.randint(3, vocabulary, (1, PROMPT_TOKENS), generator=torch.manual_seed(0))
        ids[0, :CODES] = vocabulary + torch.arange(CODES)
        inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
        return random_model(config).eval(), {**inputs, "max_new_tokens": tokens}

    def _tiny(self, tokens: int) -> tuple:
        import agir_hf
        from agir_hf.assessment import load_model
        from agir_hf.motion import read_recording, to_joints

        model, processor = load_model(device="cpu")
        return model, processor(motion=to_joints(read_recording(agir_hf.SAMPLE_RECORDING)))

    def _make_plain(self, answers: int) -> None:
        """Copy the weights into a T5 of transformers, and prepare its inputs."""
        from transformers import T5ForConditionalGeneration

        output = self._model.generate_assessment(**self._inputs, num_rationales=self._answers)
        answers_ids = output.sequences if output.candidates is None else output.candidates
        self._length = answers_ids.shape[-1] - 1
        config = self._model.config.text_config
        config.scale_decoder_outputs = False
        self._plain = T5ForConditionalGeneration(config).eval()
        for name in ("shared", "encoder", "decoder"):
            setattr(self._plain, name, getattr(self._model.model, name))
        self._plain.lm_head = self._model.lm_head
        prompts = self._inputs["input_ids"]
        if "motion_values" in self._inputs:
            motion = {name: value for name, value in self._inputs.items() if "motion" in name}
            prompts = self._model.insert_motion(prompts, **motion)
        self._options = {
            "input_ids": prompts, "attention_mask": self._inputs["attention_mask"],
            "min_new_tokens": self._length, "max_new_tokens": self._length,
        }  # fmt: skip
        if answers > 1:
            self._options |= {"do_sample": True, "top_k": 0, "num_return_sequences": answers}

    def __call__(self) -> None:
        """Generate the answers."""
        if self._plain is None:
            self._model.generate_assessment(**self._inputs, num_rationales=self._answers)
        else:
            self._plain.generate(**self._options)


if __name__ == "__main__":
    sys.exit(main())
