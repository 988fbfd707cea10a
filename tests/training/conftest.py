"""Corpus rows, their codes and a trainer of a small model for the training tests."""

import copy

import numpy as np
import pytest
import torch
from datasets import Dataset
from trl import SFTConfig

from agir_hf.corpus.schema import config_features
from agir_hf.training.collators import MotionTextCollator
from agir_hf.training.data import reasoning_example, with_descriptions
from agir_hf.training.motion_encoding import encode_motions
from agir_hf.training.trainers import AgirSFTTrainer

RATIONALES = (
    "Speed is normal.",
    "The walker takes short steps.",
    "Arm swing is reduced on the left side, posture is stooped, steps are short.",
)
DESCRIPTIONS = {
    "foot": ("short steps", "The feet are lifted little and the steps are short."),
    "arm": ("Arm swing is reduced on the left side.", "little arm swing"),
}


def motion(i):
    return np.random.default_rng(i).normal(size=(64 + 4 * i, 263)).astype(np.float32)


def as_rows(config, data):
    """Data set of a corpus configuration; missing columns are filled with "x" or None."""
    features = config_features(config)
    unused = {"age": None}
    data = [{name: row.get(name, unused.get(name, "x")) for name in features} for row in data]
    dataset = Dataset.from_list(data, features=features)
    return dataset.with_format("numpy", columns=["motion"], output_all_columns=True)


@pytest.fixture(scope="session")
def rows():
    """Sixteen walks with rationales of three lengths."""
    return as_rows(
        "reasoning",
        [
            {
                "id": f"walk_{i}",
                "subject": f"SUB{i // 2:02d}",
                "simulated": True,
                "revised": False,
                "score": i % 3,
                "motion": motion(i),
                "rationale": RATIONALES[(i + i // 3) % 3],
                "references": [RATIONALES[(i + i // 3) % 3]],
            }
            for i in range(16)
        ],
    )


@pytest.fixture(scope="session")
def described():
    """The same walks, each with a description of the feet and one of the arms."""
    return as_rows(
        "generative",
        [
            {
                "id": f"walk_{i}",
                "simulated": True,
                "revised": False,
                "part": part,
                "motion": motion(i),
                "description": texts[i % 2],
            }
            for i in range(16)
            for part, texts in DESCRIPTIONS.items()
        ],
    )


@pytest.fixture(scope="session")
def spread(vqvae, processor, rows):
    """Tokenizer with a codebook initialised from the walks, so that many codes occur."""
    spread = copy.deepcopy(vqvae)
    values = processor.feature_extractor.normalize(np.concatenate(rows["motion"][:]))[None]
    torch.manual_seed(0)
    with torch.no_grad():
        latent = spread.encoder(torch.tensor(values).transpose(1, 2), None)
    spread.quantizer.initialise(latent[0].T)
    return spread


@pytest.fixture(scope="session")
def coded(rows, vqvae, processor):
    """The walks with codes instead of motions, as a collator reads them."""
    return encode_motions(rows, vqvae, processor.feature_extractor)


@pytest.fixture(scope="session")
def rows_with_descriptions(coded, described):
    """The same with descriptions of feet and arms, for the embedded generative objective."""
    return with_descriptions(coded, described)


@pytest.fixture(scope="session")
def model_with_dropout(model):
    """The model with dropout, as from a checkpoint whose configuration has a dropout rate."""
    model_with_dropout = copy.deepcopy(model)
    for module in model_with_dropout.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.1
        elif isinstance(getattr(module, "dropout", None), float):
            module.dropout = 0.1
    return model_with_dropout


@pytest.fixture
def make_trainer(tmp_path, model, processor, coded):
    """Function that makes a trainer of the second stage: whole motions, SGD, one step."""

    def make(start=model, rows=coded, collators=None, callbacks=None, config=None, **options):
        args = SFTConfig(
            use_cpu=True, bf16=False, gradient_checkpointing=False, report_to="none",
            logging_steps=1, max_grad_norm=0.0, prediction_loss_only=True,
            dataset_kwargs={"skip_prepare_dataset": True},
            **{
                "output_dir": str(tmp_path), "max_steps": 1, "per_device_train_batch_size": 8,
                "learning_rate": 1e-3, "lr_scheduler_type": "constant", "optim": "sgd",
                "save_strategy": "no", **(config or {}),
            },
        )  # fmt: skip
        whole_motions = {
            name: MotionTextCollator(processor, reasoning_example, shortest_crop_s=None)
            for name in ("data_collator", "eval_collator")
        }
        return AgirSFTTrainer(
            model=copy.deepcopy(start), args=args, train_dataset=rows, eval_dataset=rows,
            processing_class=processor.tokenizer, callbacks=callbacks,
            **(collators or whole_motions), **options,
        )  # fmt: skip

    return make
