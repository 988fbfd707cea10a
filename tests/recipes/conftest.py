"""A simulated corpus, initial models of a training, and a runner of recipes in this process."""

import runpy
import sys
from pathlib import Path

import pytest
import torch

from agir_hf import (
    AgirFeatureExtractor,
    AgirForGaitAssessment,
    AgirProcessor,
    MotionVQVAE,
    MotionVQVAEConfig,
)
from agir_hf.corpus.loading import load_corpus
from agir_hf.corpus.normalization import feature_statistics

RECIPES = Path(__file__).resolve().parents[2] / "recipes"


@pytest.fixture(scope="session")
def corpus(tmp_path_factory, simulated):
    """Folder of a corpus of eight subjects: 8 walks in train, 3 in validation, 4 in test."""
    return simulated.corpus(tmp_path_factory.mktemp("corpus") / "corpus", subjects=8)


@pytest.fixture(scope="session")
def vqvae_folder(tmp_path_factory, corpus):
    """Folder as train_vqvae.py writes it: an untrained VQ-VAE and statistics of the corpus."""
    folder = tmp_path_factory.mktemp("vqvae")
    mean, std = feature_statistics(load_corpus(str(corpus), "motion")["train"]["motion"])
    extractor = AgirFeatureExtractor(mean=mean, std=std)
    torch.manual_seed(0)
    config = MotionVQVAEConfig(codebook_size=16, width=24, code_dim=8)
    config.statistics_fingerprint = extractor.statistics_fingerprint
    MotionVQVAE(config).save_pretrained(folder)
    extractor.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory, vqvae_folder, t5, t5_tokenizer):
    """Folder as sft_generative.py writes it: an untrained model with that VQ-VAE."""
    folder = tmp_path_factory.mktemp("model")
    extractor = AgirFeatureExtractor.from_pretrained(vqvae_folder)
    torch.manual_seed(0)
    AgirForGaitAssessment.from_t5(t5, str(vqvae_folder), t5_tokenizer).save_pretrained(folder)
    processor = AgirProcessor.from_t5(t5_tokenizer, extractor.mean, extractor.std, 16)
    processor.save_pretrained(folder)
    return folder


@pytest.fixture
def run_recipe(monkeypatch):
    """Function that runs a recipe in this process, as ``python recipes/NAME.py`` does."""

    def run(name, **options):
        words = []
        for option, value in options.items():
            words += [f"--{option}", *(value if isinstance(value, list) else [value])]
        monkeypatch.setattr(sys, "argv", [name, *map(str, words)])
        runpy.run_path(str(RECIPES / name), run_name="__main__")

    return run
