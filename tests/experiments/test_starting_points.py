"""Models that the trainings of a table start from: errors before any training."""

import json
import shutil

import pytest
import torch
from transformers import AutoFeatureExtractor

from agir_hf import MotionVQVAE
from agir_hf.experiments.cross_validation import StartingPoint
from agir_hf.experiments.errors import ExperimentError
from agir_hf.experiments.starting_points import (
    CONVERTED,
    check_start,
    prepare_start,
    start_title,
    tokenizer_folder,
)
from agir_hf.training.motiongpt import TRAINING_DATA


@pytest.fixture
def copied(saved_model, tmp_path):
    """A copy of a model that a test may change."""
    return shutil.copytree(saved_model, tmp_path / "copied")


@pytest.fixture
def vqvae_folder(vqvae, processor, tmp_path):
    """Folder as train_vqvae.py writes it."""
    vqvae.save_pretrained(tmp_path / "codes")
    processor.feature_extractor.save_pretrained(tmp_path / "codes")
    return tmp_path / "codes"


def test_folders_become_absolute_and_names_on_the_hub_stay(saved_model, monkeypatch):
    monkeypatch.chdir(saved_model.parent)
    assert check_start(saved_model.name, None, None, 3) == StartingPoint(model=str(saved_model))
    assert check_start(None, None, None, 3) == StartingPoint()


def test_a_model_with_another_vocabulary_is_an_error(copied, t5_tokenizer):
    t5_tokenizer.save_pretrained(copied)  # without motion tokens
    with pytest.raises(ExperimentError, match="--model: .*copied has another vocabulary: the "
                       "tokenizer has no <motion_id_0>.*convert-motiongpt"):  # fmt: skip
        check_start(str(copied), None, None, 3)


def test_a_model_with_fewer_rows_than_its_tokenizer_has_entries_is_an_error(copied):
    config = json.loads((copied / "config.json").read_text())
    config["text_config"]["vocab_size"] = 10
    (copied / "config.json").write_text(json.dumps(config))
    with pytest.raises(ExperimentError, match="copied has 10 rows of embeddings, but its tokeni"):
        check_start(str(copied), None, None, 3)


def test_a_model_with_other_scores_than_the_corpus_is_an_error(saved_model):
    with pytest.raises(ExperimentError, match="has the scores 0 to 2, the corpus 0 to 3: pass a"):
        check_start(str(saved_model), None, None, 4)


def test_models_of_another_type_are_errors(saved_model, vqvae_folder, t5, t5_tokenizer, tmp_path):
    t5.save_pretrained(tmp_path / "t5")
    t5_tokenizer.save_pretrained(tmp_path / "t5")
    assert check_start(None, str(tmp_path / "t5"), str(vqvae_folder), 3).t5
    with pytest.raises(ExperimentError, match="--model: .* type 'agir_motion_vqvae', expected 'a"):
        check_start(str(vqvae_folder), None, None, 3)
    with pytest.raises(ExperimentError, match="--t5: .* type 'agir', expected 't5'"):
        check_start(None, str(saved_model), None, 3)
    with pytest.raises(ExperimentError, match="--vqvae: .* type 't5', expected 'agir_motion_vqv"):
        check_start(None, None, str(tmp_path / "t5"), 3)
    with pytest.raises(OSError):
        check_start(str(tmp_path / "nowhere"), None, None, 3)


def test_a_model_excludes_a_tokenizer_and_a_t5(saved_model, vqvae_folder):
    with pytest.raises(ExperimentError, match="leave --t5 and --vqvae out"):
        check_start(str(saved_model), None, str(vqvae_folder), 3)


def test_the_tokenizer_of_a_complete_model_is_written_once(saved_model, model, tmp_path):
    start = check_start(None, None, str(saved_model), 3)
    assert start.vqvae_model == str(saved_model)
    prepare_start(start, tmp_path)
    vqvae = MotionVQVAE.from_pretrained(tokenizer_folder(tmp_path))
    codebook = vqvae.quantizer.codebook
    assert torch.equal(codebook, model.vqvae.quantizer.codebook)
    assert AutoFeatureExtractor.from_pretrained(tokenizer_folder(tmp_path)).mean is not None
    before = (tokenizer_folder(tmp_path) / "model.safetensors").stat().st_mtime_ns
    prepare_start(start, tmp_path)
    assert (tokenizer_folder(tmp_path) / "model.safetensors").stat().st_mtime_ns == before


def test_the_row_of_a_converted_motiongpt_is_named_so(copied):
    assert start_title(str(copied)) == "copied, as it is"
    config = json.loads((copied / "config.json").read_text())
    config["training_data"] = TRAINING_DATA
    (copied / "config.json").write_text(json.dumps(config))
    assert start_title(str(copied)) == CONVERTED
