"""The card of a corpus, and the committed card of the simulated corpus."""

from pathlib import Path

import pytest
from huggingface_hub import DatasetCard

from agir_hf.corpus.card import card_data, corpus_card
from agir_hf.corpus.schema import CONFIGS, SPLITS
from agir_hf.corpus.splits import Fold
from agir_hf.corpus.text_statistics import text_statistics

COMMITTED = Path(__file__).resolve().parents[2] / "dataset_card" / "README.md"
METADATA = {
    "kind": "shida",
    "title": "a cohort",
    "simulated": True,
    "licence": "Apache-2.0 (simulated)",
    "publishable": True,
    "num_scores": 3,
    "seed": 0,
    "fit": "centres",
    "joints": {"markers": 138, "others": 0},
    "excluded": {},
    "command": "",
    "version": "0",
    "norms": {"title": "norms of a laboratory", "file": "norms.json"},
}
FILES = {config: list(SPLITS) for config in CONFIGS}


def card(files=FILES, **changes):
    fold = Fold("fixed", (), (), ())
    statistics = text_statistics([], {})
    return corpus_card([], {}, fold, METADATA | changes, statistics, figure=True, files=files)


def test_the_head_names_configurations_splits_and_the_default():
    head = DatasetCard(card()).data.to_dict()
    assert [config["config_name"] for config in head["configs"]] == list(CONFIGS)
    assert [c["config_name"] for c in head["configs"] if c.get("default")] == ["reasoning"]
    for config in head["configs"]:
        assert [file["split"] for file in config["data_files"]] == list(SPLITS)
        assert config["data_files"][0]["path"] == "data/train*.parquet"  # of all configurations
        assert config["columns"] == list(CONFIGS[config["config_name"]])
        assert config["filters"] == [[f"in_{config['config_name']}", "==", True]]


def test_the_table_of_splits_has_a_column_for_each_score():
    assert "| score 0 | score 1 | score 2 |" in card()
    assert "| score 0 | score 1 | score 2 | score 3 |\n|---|---|---|---|---|---|---|" in card(
        num_scores=4
    )


def test_the_head_names_no_missing_configuration_or_split():
    files = {"motion": ["train"], "preference": []}
    (config,) = card_data(METADATA, files).to_dict()["configs"]
    assert config["config_name"] == "motion" and len(config["data_files"]) == 1


@pytest.mark.parametrize(
    ("changes", "licence", "simulated"),
    [
        ({}, "apache-2.0", True),
        ({"simulated": False, "licence": "CC BY 4.0, as reported"}, "cc-by-4.0", False),
        ({"simulated": False, "licence": "not stated"}, "other", False),
    ],
)
def test_the_head_states_licence_and_simulation(changes, licence, simulated):
    text = card(**changes)
    head = DatasetCard(text).data.to_dict()
    assert head["license"] == licence
    assert ("simulated" in head["tags"]) == simulated == ("SIMULATED" in text)
    assert head["pretty_name"].endswith("(simulated)") == simulated


def test_a_card_of_an_unpublishable_corpus_warns():
    assert "Do not publish" in card(publishable=False) and "Do not publish" not in card()


def test_the_committed_card_is_that_of_the_generator():
    """Only numbers, title and command differ; else build the card again (recipes/README.md)."""
    committed = COMMITTED.read_text(encoding="utf-8")
    assert DatasetCard(committed).data.to_dict() == DatasetCard(card()).data.to_dict()
    tables = [line for line in card().splitlines() if line.startswith("| `")]
    assert tables == [line for line in committed.splitlines() if line.startswith("| `")]
    headings = [line for line in card().splitlines() if line.startswith(("#", "**"))]
    assert headings == [line for line in committed.splitlines() if line.startswith(("#", "**"))]
