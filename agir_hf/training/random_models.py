"""Models of the size of a configuration with random weights, and random walks for them.

They show what a training needs in memory and time where the real weights and walks are absent.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from transformers import T5Config

from ..configuration_agir import T5_VOCABULARY_SIZE, AgirConfig, MotionVQVAEConfig
from ..constants_agir import SCORES
from ..corpus.schema import instructions
from ..humanml3d import NUM_FEATURES
from ..modeling_agir import AgirForGaitAssessment
from ..processing_agir import AgirProcessor
from .initialization import StartArguments
from .parameter_targets import TARGETS
from .preference_rows import kind_names
from .script_arguments import read_config
from .tokenizer import train_t5_tokenizer

# Published shapes of Flan-T5 (gated GELU, 32,128 rows).
T5_SHAPES = {
    "google/flan-t5-small": {"d_model": 512, "d_kv": 64, "d_ff": 1024, "num_layers": 8,
                             "num_heads": 6},
    "google/flan-t5-base": {"d_model": 768, "d_kv": 64, "d_ff": 2048, "num_layers": 12,
                            "num_heads": 12},
}  # fmt: skip
_ANSWER_MARKS = 6  # tokens of an answer around its rationale: five of its format and the end
_SPACE = "▁"  # SentencePiece's mark for the space before a word
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class WalkSize:
    """Length of a walk and of its texts.

    Attributes:
        frames: Frames at 20 frames per second; 200, that is 10 s, for the walks of the paper.
        answer_tokens: Tokens of an answer, with its format. Rule-written rationales have 107 with
            T5's tokenizer on average, and answers 5 more.
        description_tokens: Tokens of a description of feet or arms, with its end.
    """

    frames: int = 200
    answer_tokens: int = 120
    description_tokens: int = 30


def model_config(file: Path) -> AgirConfig:
    """Derive the model that a language stage trains from its YAML file, without weights.

    A stage that starts from the output of another stage has the model of that stage: the YAML file
    with this ``output_dir`` is searched in the folder of the file, then in all recipes.

    Args:
        file: YAML file of a language stage.

    Returns:
        Configuration of the model.

    Raises:
        ValueError: A T5 is unknown, or no file has the ``output_dir`` that the stage starts from.
    """
    settings = read_config([file])
    model, vqvae = settings.get("model"), settings.get("vqvae")
    if model:
        if (Path(model) / "config.json").is_file():
            return AgirConfig.from_pretrained(model)
        return model_config(_file_of_output(model, file))
    if vqvae and (Path(vqvae) / "config.json").is_file():
        tokenizer = MotionVQVAEConfig.from_pretrained(vqvae)
    else:
        tokenizer = tokenizer_config(read_config([_file_of_output(vqvae, file)]))
    text, vocabulary = _text_config(settings)
    added = AgirConfig(vqvae_config=tokenizer).num_added_tokens
    return AgirConfig(
        text_config={**text, "vocab_size": vocabulary + added},
        vqvae_config=tokenizer,
        motion_token_offset=vocabulary,
    )


def tokenizer_config(settings: Mapping[str, Any]) -> MotionVQVAEConfig:
    """Derive the motion VQ-VAE from the settings of its stage.

    Args:
        settings: Content of the YAML file.

    Returns:
        Configuration of the motion VQ-VAE.
    """
    names = {field.name for field in fields(MotionVQVAEConfig)}
    return MotionVQVAEConfig(**{name: settings[name] for name in names & set(settings)})


def _text_config(settings: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    """Shape of the T5 of a stage, and the entries of its vocabulary."""
    shared = {"feed_forward_proj": "gated-gelu", "decoder_start_token_id": 0}
    name = settings.get("t5")
    if not name:
        options = {field.name: field.default for field in fields(StartArguments)} | dict(settings)
        sizes = {key: options[key] for key in ("d_model", "d_ff", "num_layers", "num_heads")}
        sizes["d_kv"] = options["d_model"] // options["num_heads"]
        return {**shared, **sizes, "dropout_rate": options["dropout"]}, options["vocabulary_size"]
    if (Path(name) / "config.json").is_file():
        return T5Config.from_pretrained(name).to_dict(), T5_VOCABULARY_SIZE
    if name not in T5_SHAPES:
        raise ValueError(
            f"t5 is {name!r}, which is no folder, expected one of {', '.join(T5_SHAPES)} or a "
            "folder with a config.json"
        )
    return {**shared, **T5_SHAPES[name]}, T5_VOCABULARY_SIZE


def _file_of_output(output: str | None, file: Path) -> Path:
    """Return the YAML file whose ``output_dir`` this is, first in the folder of another file."""
    root = next((p for p in file.resolve().parents if (p / "sft_reasoning.py").is_file()), None)
    candidates = sorted(file.parent.glob("*.yaml"))
    candidates += sorted(root.rglob("*.yaml")) if root else []
    for candidate in candidates:
        if output and _output_of(candidate) == output:
            return candidate
    raise ValueError(
        f"{file} starts from {output}, which is no folder of a model and the output_dir of no "
        "configuration: train that stage first, or add its configuration to the folder"
    )


@cache
def _output_of(file: Path) -> str | None:
    return read_config([file]).get("output_dir")


def random_model(config: AgirConfig, seed: int = 0) -> AgirForGaitAssessment:
    """Make a model with random weights and a random codebook.

    Args:
        config: Configuration of the model.
        seed: Seed of the random generator.

    Returns:
        The model, in fp32 on the CPU.
    """
    torch.manual_seed(seed)
    model = AgirForGaitAssessment(config)
    tokenizer = config.vqvae_config
    vectors = torch.randn(tokenizer.codebook_size, tokenizer.code_dim)
    model.vqvae.quantizer.initialise(vectors)
    return model


def random_processor(config: AgirConfig) -> AgirProcessor:
    """Make a processor whose vocabulary has the size that a configuration states.

    Its words are those of the instructions, so that prompts have their usual lengths, and random
    ones.

    Args:
        config: Configuration of the model.

    Returns:
        The processor; its statistics are those of normalised features.
    """
    size = config.motion_token_offset
    texts = [text for group in instructions().values() for text in group]
    tokenizer = train_t5_tokenizer([*texts, *texts, " ".join(map(_word, range(size)))], size)
    return AgirProcessor.from_t5(
        tokenizer,
        np.zeros(NUM_FEATURES),
        np.ones(NUM_FEATURES),
        config.vqvae_config.codebook_size,
        config.num_scores,
        downsampling_factor=config.vqvae_config.downsampling_factor,
    )


def _word(number: int) -> str:
    """Word of letters that no instruction has."""
    word = "zq"
    while number:
        number, letter = divmod(number, len(_LETTERS))
        word += _LETTERS[letter]
    return word


def random_rows(
    stage: str, number: int, config: AgirConfig, processor: AgirProcessor, **options
) -> Dataset:
    """Make rows of a language stage, as `agir_hf.training.motion_encoding` returns them.

    Args:
        stage: "generative", "reasoning" or "preference".
        number: Number of rows.
        config: Configuration of the model.
        processor: Processor of the model.
        **options: ``size`` ([`WalkSize`]), ``kinds`` of rejected answers, ``targets`` (bool) for
            random gait parameters.

    Returns:
        The rows.
    """
    size = options.get("size", WalkSize())
    generator = np.random.default_rng(0)
    vocabulary = processor.tokenizer.get_vocab()
    words = [piece[1:] for piece in vocabulary if piece[:1] == _SPACE and piece[1:].isalpha()]

    def text(tokens: int) -> str:
        return " ".join(generator.choice(words, max(tokens, 1)))

    kinds = kind_names(options.get("kinds", "both"))
    factor = config.vqvae_config.downsampling_factor
    rows = []
    for i in range(number):
        phases = [(size.frames - phase) // factor for phase in range(factor)]
        score = SCORES[i % len(SCORES)]
        row = {
            "id": f"walk_{i}",
            "codes": [
                generator.integers(config.vqvae_config.codebook_size, size=n).tolist()
                for n in phases
            ],
            "length": phases[0] + size.answer_tokens,
        }
        if stage == "generative":
            part = ("foot", "arm")[i % 2]
            row |= {"part": part, "description": text(size.description_tokens - 1)}
        elif stage == "reasoning":
            row |= {"score": score, "rationale": text(size.answer_tokens - _ANSWER_MARKS)}
            row |= {part: text(size.description_tokens - 1) for part in ("foot", "arm")}
            if options.get("targets"):
                row["targets"] = generator.normal(size=len(TARGETS)).tolist()
        else:
            answers = [text(size.answer_tokens - _ANSWER_MARKS) for _ in range(2)]
            prompt = instructions()["assess"][i % len(instructions()["assess"])]
            row |= {"kind": kinds[i % len(kinds)], "prompt": prompt}
            row |= {"chosen": answers[0], "chosen_score": score}
            row |= {"rejected": answers[1], "rejected_score": SCORES[(score + 1) % len(SCORES)]}
        rows.append(row)
    return Dataset.from_list(rows)
