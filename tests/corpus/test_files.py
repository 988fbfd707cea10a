"""Files of a corpus in a folder or on a Hub that runs on this machine."""

import io
import json

import numpy as np
import pytest

from agir_hf.corpus.assembly import load_statistics
from agir_hf.corpus.files import CorpusNotFoundError, corpus_file, corpus_num_scores
from agir_hf.corpus.loading import fold_subjects, load_corpus
from agir_hf.corpus.splits import load_folds

FOLDS = [{"name": f"fold{i}", "validation": [], "test": [f"S{i}"]} for i in range(3)]
FIXED = [{"name": "fixed", "validation": ["S1"], "test": ["S2"]}]
SPLITS = {
    "num_scores": 4,
    "subjects": ["S0", "S1", "S2"],
    "schemes": {"fixed": FIXED, "stratified": FOLDS},
}


@pytest.fixture
def published(at_hub, monkeypatch, tmp_path):
    """Files of a corpus on the Hub, and an empty cache."""
    address = at_hub.url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", address)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    statistics = io.BytesIO()
    np.savez(statistics, **{"stratified/fold0/mean": np.ones(263), "stratified/fold0/std": [2.0]})
    files = {
        "splits.json": json.dumps(SPLITS).encode(),
        "corpus.json": b'{"num_scores": 4}',
        "statistics.npz": statistics.getvalue(),
    }
    at_hub.repositories["dataset", "me/gait"] = [("1" * 40, files)]
    return at_hub


def test_folds_scores_and_statistics_of_a_corpus_on_the_hub(published):
    folds = load_folds("me/gait")
    assert [fold.test for fold in folds] == [("S0",), ("S1",), ("S2",)]
    assert fold_subjects("me/gait", "stratified/fold0")["validation"] == ("S1",)
    assert corpus_num_scores("me/gait") == 4
    assert load_statistics("me/gait", folds[0], "stratified")[0].sum() == 263


def test_files_are_read_from_the_cache_without_the_hub(published, monkeypatch):
    path = corpus_file("me/gait", "splits.json")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert corpus_file("me/gait", "splits.json") == path and json.loads(path.read_text()) == SPLITS


def test_a_file_that_the_data_set_lacks_is_named(published):
    with pytest.raises(FileNotFoundError, match="me/gait on the Hub has no report.json, expected"):
        corpus_file("me/gait", "report.json")


@pytest.mark.parametrize("name", ["me/nothing", "nowhere", "a b", "nowhere/at/all", "/no/folder"])
def test_an_absent_corpus_is_an_error_of_one_line(published, name):
    for function in (load_folds, corpus_num_scores):
        with pytest.raises(CorpusNotFoundError) as info:
            function(name)
        message = str(info.value)
        assert message.startswith(f"{name} ") and "\n" not in message
        assert "agir corpus build" in message


def test_a_corpus_that_cannot_be_reached_is_an_error_of_one_line(published, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("datasets.config.HF_HUB_OFFLINE", True)
    for function in (load_folds, load_corpus):
        with pytest.raises(CorpusNotFoundError, match="me/other is no folder") as info:
            function("me/other")
        assert "\n" not in str(info.value)


def test_a_folder_without_the_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"has no splits.json, expected a corpus: run"):
        corpus_file(tmp_path, "splits.json")


def test_an_unknown_configuration_is_named(tmp_path):
    with pytest.raises(ValueError, match="configuration is 'walks', expected one of motion, gen"):
        load_corpus(str(tmp_path), "walks")
