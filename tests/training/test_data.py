from agir_hf.corpus.cohort import simulate_cohort
from agir_hf.training.data import load_corpus


def test_a_corpus_made_again_is_read_again(tmp_path, monkeypatch):
    """The loader's cache does not answer for what a folder held before."""
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    folder = tmp_path / "corpus"
    for subjects in (9, 18):
        simulate_cohort(folder, subjects=subjects, walks_per_subject=1, seed=subjects)
        corpus = load_corpus(str(folder))
        assert sum(split.num_rows for split in corpus.values()) == subjects
    motion = corpus["train"][0]["motion"]
    assert motion.ndim == 2 and motion.shape[1] == 263
