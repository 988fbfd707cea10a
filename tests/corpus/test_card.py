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


def test_the_card_lists_recordings_that_were_left_out_with_reasons():
    text = card(excluded={f"walk_{i}": f"reason {i}" for i in range(25)})
    assert "25 recordings of the source are left out" in text
    assert "| walk_0 | reason 0 |" in text and "| and 5 more | see `report.json` |" in text
    assert "walk_20" not in text and "left out:" not in card()


def test_the_card_states_body_residuals_and_sessions_without_static_trial():
    fit = {"markers": 9, "others": 0, "body": "smpl", "median_mm": 1.61, "worst_mm": 4.2,
           "worst": "S1_on/w", "percentile_95_mm": 5.0,
           "without_static": {f"S{i}_on": "no static trial" for i in range(14)}}  # fmt: skip
    text = card(joints=fit)
    assert "SMPL body" in text and "1.6 mm" in text and "S1_on/w, 4.2 mm" in text
    assert "14 sessions to each walk itself (no static trial)" in text
    assert "S11_on and 2 more" in text
    assert "anatomical regression" in card() and "SMPL" not in card()


def test_the_committed_card_is_that_of_the_generator():
    """Only numbers, title and command differ; else build the card again (recipes/README.md)."""
    committed = COMMITTED.read_text(encoding="utf-8")
    assert DatasetCard(committed).data.to_dict() == DatasetCard(card()).data.to_dict()
    tables = [line for line in card().splitlines() if line.startswith("| `")]
    assert tables == [line for line in committed.splitlines() if line.startswith("| `")]
    headings = [line for line in card().splitlines() if line.startswith(("#", "**"))]
    assert headings == [line for line in committed.splitlines() if line.startswith(("#", "**"))]
