import pytest

from agir_hf.training.data import load_corpus


def write(folder, rows):
    for config in ("reasoning", "motion"):
        (folder / "data" / config).mkdir(parents=True, exist_ok=True)
        rows.to_parquet(str(folder / "data" / config / "train.parquet"))


def test_a_corpus_made_again_is_read_again(tmp_path, monkeypatch, rows):
    """The loader's cache does not answer for what a folder held before."""
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    for count in (4, 9):
        write(tmp_path / "corpus", rows.select(range(count)))
        corpus = load_corpus(str(tmp_path / "corpus"))
        assert corpus["train"].num_rows == count
    motion = corpus["train"][0]["motion"]
    assert motion.ndim == 2 and motion.shape[1] == 263


def test_shards_of_a_split_are_one_split(tmp_path, rows):
    write(tmp_path, rows.select(range(4)))
    folder = tmp_path / "data/reasoning"
    (folder / "train.parquet").rename(folder / "train-00000-of-00002.parquet")
    rows.select(range(4, 9)).to_parquet(str(folder / "train-00001-of-00002.parquet"))
    assert load_corpus(str(tmp_path))["train"].num_rows == 9


def test_a_folder_without_the_part_is_told(tmp_path, rows):
    write(tmp_path, rows)
    with pytest.raises(FileNotFoundError, match="preference holds no Parquet files"):
        load_corpus(str(tmp_path), "preference")
