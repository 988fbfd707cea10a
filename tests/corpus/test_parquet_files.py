"""Parquet files that all configurations share."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from datasets import Features, load_dataset
from pyarrow import parquet

from agir_hf.corpus import parquet_files
from agir_hf.corpus.builder import CorpusRows, Others
from agir_hf.corpus.files import corpus_num_scores
from agir_hf.corpus.loading import load_corpus, num_scores_of
from agir_hf.corpus.parquet_files import find_split_files, write_split
from agir_hf.corpus.schema import (
    CONFIGS,
    config_features,
    parquet_options,
    shared_features,
    shared_schema,
)
from agir_hf.corpus.store import Annotation, Recorded

FRAMES = 60


def walk(number, score=None, frames=FRAMES):
    rng = np.random.default_rng(number)
    names = {"id": f"walk_{number}", "subject": f"S{number}", "session": f"S{number}"}
    rest = {"medication": "off", "walk": names["id"], "variant": "", "file": "f", "age": None}
    score = number % 3 if score is None else score
    return Recorded(
        names | rest | {"sex": None, "score": score},
        rng.normal(size=(frames, 263)).astype(np.float32),
        rng.normal(size=(frames + 1, 22, 3)).astype(np.float32),
        {"speed_m_per_s": 0.3}, {}, 100.0,
    )  # fmt: skip


def rows_of(walks, num_scores=3):
    texts = {w.id: Annotation(w.id, "", f"Feet {w.id}.", "Arms.", "All.", "rules") for w in walks}
    builder = CorpusRows(texts, "random", True, num_scores=num_scores)
    return [builder.of_walk(recorded, Others(walks)) for recorded in walks]


def write(folder, walks, split="train", num_scores=3):
    (folder / "data").mkdir(parents=True, exist_ok=True)
    return write_split(folder / "data", split, rows_of(walks, num_scores), num_scores)


def load(folder, config, **options):
    files, selection = find_split_files(folder, config)
    return load_dataset("parquet", data_files=files, cache_dir=str(folder / "cache"),
                        **selection, **options)  # fmt: skip


@pytest.fixture(scope="module")
def walks():
    return [walk(number, frames=FRAMES + number) for number in range(6)]


@pytest.fixture(scope="module")
def folder(walks, tmp_path_factory):
    folder = tmp_path_factory.mktemp("shared")
    write(folder, walks)
    return folder


@pytest.mark.parametrize("config", CONFIGS)
def test_every_configuration_has_the_motion_of_its_walk(folder, walks, config):
    rows = load(folder, config)["train"]
    assert rows.features == config_features(config)
    motions = {recorded.id: recorded.motion for recorded in walks}
    for row in rows.with_format("numpy", columns=["motion"], output_all_columns=True):
        np.testing.assert_array_equal(row["motion"], motions[row["id"]])
    assert set(rows["id"]) == set(motions)


def test_joints_are_those_of_the_recordings(folder, walks):
    rows = load(folder, "motion")["train"].with_format("numpy")
    for row, recorded in zip(rows, walks, strict=True):
        np.testing.assert_array_equal(row["joints"], recorded.joints)


def test_references_of_descriptions_and_rationales_are_not_mixed(folder):
    descriptions = load(folder, "generative")["train"].remove_columns("motion")
    assert all(row["references"] == [row["description"]] for row in descriptions)
    rationales = load(folder, "reasoning")["train"].remove_columns("motion")
    assert all(row["references"] == [row["rationale"]] for row in rationales)


def test_a_streamed_configuration_has_the_same_rows(folder):
    for config in CONFIGS:
        whole = load(folder, config)["train"]
        streamed = load(folder, config, streaming=True)["train"]
        assert [row["id"] for row in streamed] == whole["id"]
        assert set(next(iter(streamed))) == set(CONFIGS[config])


def test_a_motion_takes_the_space_of_one_copy(tmp_path):
    """Random numbers, which cannot be compressed: only repetitions of a motion can be saved."""
    walks = [walk(number, frames=200) for number in range(30)]
    counts = write(tmp_path, walks)
    assert counts["generative"] == 60 and counts["preference"] >= 30
    (file,) = (tmp_path / "data").iterdir()
    once = sum(recorded.motion.nbytes + recorded.joints.nbytes for recorded in walks)
    assert 0.8 * once < file.stat().st_size < once
    # 883 walks of this length
    assert file.stat().st_size / len(walks) * 883 < 0.25e9


def test_a_long_split_is_several_files_in_order(tmp_path, walks, monkeypatch):
    monkeypatch.setattr(parquet_files, "_GROUP_WALKS", 2)
    monkeypatch.setattr(parquet_files, "_FILE_BYTES", 1)
    write(tmp_path, walks)
    names = sorted(path.name for path in (tmp_path / "data").iterdir())
    assert names == [f"train-{i:05d}-of-00003.parquet" for i in range(3)]
    assert load(tmp_path, "motion")["train"]["id"] == [recorded.id for recorded in walks]


def test_walks_without_a_score_have_motions_and_descriptions_only(tmp_path):
    scored = [walk(number) for number in range(3)]
    unscored = replace(walk(3), item=walk(3).item | {"score": None})
    write(tmp_path, [*scored, unscored])
    write(tmp_path, [unscored], "validation")
    assert load(tmp_path, "motion")["validation"]["score"] == [None]
    assert set(load(tmp_path, "generative")["validation"]["id"]) == {"walk_3"}
    for config in ("reasoning", "preference"):
        data = load(tmp_path, config)
        assert set(data) == {"train"}  # a split without rows of the configuration is left out
        assert "walk_3" not in data["train"]["id"]
    pairs = load(tmp_path, "preference")["train"]
    assert None not in pairs["rejected_score"]


def test_four_scores_are_in_the_types_and_instructions(tmp_path):
    write(tmp_path, [walk(number, score=number) for number in range(4)], num_scores=4)
    rows = load(tmp_path, "reasoning")["train"]
    assert num_scores_of(rows) == 4 and rows["score"] == [0, 1, 2, 3]
    assert rows.features["score"].names == ["0", "1", "2", "3"]
    assert not any("0 to 2" in text for text in rows["instruction"])
    assert num_scores_of(rows.select_columns(["id"]).add_column("score", [0] * 4)) == 3


def test_the_number_of_scores_of_a_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="has no corpus.json, expected a corpus: run"):
        corpus_num_scores(tmp_path)
    (tmp_path / "corpus.json").write_text("{}")  # of an earlier version
    assert corpus_num_scores(tmp_path) == 3
    (tmp_path / "corpus.json").write_text('{"num_scores": 4}')
    assert corpus_num_scores(tmp_path) == 4


def test_the_loader_returns_the_columns_in_documented_order(folder, monkeypatch, tmp_path):
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    for config, columns in CONFIGS.items():
        rows = load_corpus(str(folder), config)["train"]
        assert rows.column_names == list(columns)
        assert rows[0]["motion"].dtype == np.float32 and len(rows[1]["motion"]) in (FRAMES, 61)


def test_a_corpus_with_a_folder_for_each_configuration_is_read(folder, tmp_path):
    """Corpora of earlier versions."""
    for config in CONFIGS:
        rows = load(folder, config)["train"]
        (tmp_path / "data" / config).mkdir(parents=True)
        rows.to_parquet(str(tmp_path / "data" / config / "train.parquet"))
    for config in CONFIGS:
        assert find_split_files(tmp_path, config)[1] == {}
        assert load(tmp_path, config)["train"][:] == load(folder, config)["train"][:]


def test_an_incomplete_file_is_named(folder, tmp_path):
    (tmp_path / "data").mkdir()
    content = next((folder / "data").glob("*.parquet")).read_bytes()
    (tmp_path / "data" / "train.parquet").write_bytes(content[:5000])
    with pytest.raises(ValueError, match="train.parquet is no complete file of a corpus") as info:
        find_split_files(tmp_path, "motion")
    assert "\n" not in str(info.value) and "agir corpus build" in str(info.value)


def test_a_folder_without_rows_of_a_configuration_raises(tmp_path):
    with pytest.raises(FileNotFoundError, match="no Parquet files with rows of reasoning"):
        find_split_files(Path(tmp_path), "reasoning")


@pytest.mark.parametrize("num_scores", [3, 5])
def test_the_schema_of_the_files_is_that_of_datasets(num_scores, tmp_path):
    expected = shared_features(num_scores).arrow_schema
    schemas = {"datasets": expected, "ours": shared_schema(num_scores)}
    for name, schema in schemas.items():
        parquet.write_table(schema.empty_table(), tmp_path / name)
    ours, theirs = (parquet.read_schema(tmp_path / name) for name in ("ours", "datasets"))
    assert ours.equals(theirs, check_metadata=True)
    assert Features.from_arrow_schema(ours) == shared_features(num_scores)


def test_the_options_select_columns_of_the_shared_files():
    shared = shared_features()
    for config in CONFIGS:
        options = parquet_options(config)
        assert options["columns"] == list(CONFIGS[config])
        assert {*options["columns"], *(name for name, *_ in options["filters"])} <= set(shared)
