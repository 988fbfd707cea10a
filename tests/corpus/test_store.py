"""What a build has finished stays finished: recordings and texts."""

import csv
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from agir_hf.annotation.llm_writer import Answered
from agir_hf.annotation.prompts import Written
from agir_hf.corpus import build
from agir_hf.corpus.assembly import load_statistics
from agir_hf.corpus.build import build_corpus
from agir_hf.corpus.cohorts import Item, read_source
from agir_hf.corpus.review import export_review
from agir_hf.corpus.splits import load_folds
from agir_hf.corpus.store import (
    Annotation,
    BuildError,
    Store,
    load_metadata,
    load_recording,
    save_recording,
)
from agir_hf.corpus.stored_rows import current_recordings
from agir_hf.corpus.texts import is_current
from agir_hf.gait import build_norms, grounding_score, load_norms, save_norms
from agir_hf.simulation.cohort import simulate_cohort

ITEM = Item("S_on/w", "S", "S_on", "on", 1, path=None, age=71.0, sex="male", walk="S_on/w")
TEXT = Annotation("S_on/w", "k1", "Feet.", "Arms.", "All.", "rules")


HAND_WRITTEN = Written("By hand.", "By hand.", "By hand.")


def no_space(*_, **__):
    raise OSError(28, "No space left on device")


class OtherWriter:
    """Writes the same text for every walk, and records the requests."""

    name = state = "some/model"

    def __init__(self):
        self.asked = []

    def write(self, requests):
        for request in requests:
            self.asked.append(request.key)
            yield Answered(request.key, Written("Feet step.", "Arms swing.", "All walks."), ())


@pytest.fixture(autouse=True)
def no_figures(monkeypatch):
    """The figures take most of the time, and are tested elsewhere."""
    monkeypatch.setattr("agir_hf.corpus.card.draw_figures", lambda *_: False)


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    return simulate_cohort(tmp_path_factory.mktemp("cohort") / "c", subjects=3, walks=1, seed=3)


@pytest.fixture(scope="module")
def finished(cohort, tmp_path_factory):
    return build_corpus(cohort, tmp_path_factory.mktemp("corpus") / "out", fit="centres").folder


@pytest.fixture
def laboratory():
    """Norms that differ from the published ones: slow healthy walkers, one of whom is named."""
    walks = [(f"S{i}", None, None, {"speed_m_per_s": 0.5 + i / 50}) for i in range(8)]
    walks.append(("SECRET", None, None, {"speed_m_per_s": 2.4}))
    norms = build_norms(walks, "controls", date="2026-11-28")
    provenance = replace(norms.provenance, excluded={"SECRET/w": "no walking"})
    return replace(norms, provenance=provenance)


@pytest.fixture
def corpus(finished, tmp_path):
    """A finished corpus that a test may change."""
    return shutil.copytree(finished, tmp_path / "corpus")


# recordings


def test_a_recording_is_read_back_unchanged(tmp_path):
    rng = np.random.default_rng(0)
    motion, joints = rng.normal(size=(5, 263)), rng.normal(size=(6, 22, 3))
    path = tmp_path / "deep" / "r.npz"
    item = replace(ITEM, path=tmp_path / "walk.c3d")
    save_recording(path, item, motion, joints, {"speed_m_per_s": 1.25}, {"x": "no turn"}, 150.0)
    loaded = load_recording(path)
    np.testing.assert_array_equal(loaded.motion, motion.astype(np.float32))
    np.testing.assert_array_equal(loaded.joints, joints.astype(np.float32))
    assert (loaded.id, loaded.parameters, loaded.absent) == (ITEM.id, {"speed_m_per_s": 1.25},
                                                       {"x": "no turn"})  # fmt: skip
    assert loaded.rate_hz == 150.0
    item_fields = {
        "subject": "S",
        "session": "S_on",
        "medication": "on",
        "score": 1,
        "file": "walk.c3d",
    }
    assert item_fields.items() <= loaded.item.items() and loaded.item["age"] == 71
    assert load_metadata(path).item == loaded.item and not len(load_metadata(path).motion)
    assert str(tmp_path) not in json.dumps(loaded.item)
    assert [p.name for p in path.parent.iterdir()] == ["r.npz"]


@pytest.mark.parametrize("fails", ["savez", "replace"])
def test_a_recording_that_cannot_be_written_leaves_the_old_one(tmp_path, monkeypatch, fails):
    path, item = tmp_path / "r.npz", replace(ITEM, path=tmp_path / "w.c3d")
    motion, joints = np.zeros((2, 263)), np.zeros((3, 22, 3))
    save_recording(path, item, motion, joints, {}, {}, 1.0)
    before = path.read_bytes()

    def half_written(file, **_):
        file.write(b"PK half")
        no_space()

    monkeypatch.setattr(*(np, "savez", half_written) if fails == "savez" else
                        (os, "replace", no_space))  # fmt: skip
    with pytest.raises(OSError, match="No space left"):
        save_recording(path, item, motion + 1, joints, {}, {}, 1.0)
    with pytest.raises(OSError, match="No space left"):
        save_recording(tmp_path / "new.npz", item, motion, joints, {}, {}, 1.0)
    assert [p.name for p in tmp_path.iterdir()] == ["r.npz"]
    assert path.read_bytes() == before


def test_changed_source_files_give_another_file_name(tmp_path):
    store = Store(tmp_path / "out")
    walk, static = tmp_path / "w.c3d", tmp_path / "static.c3d"
    walk.write_bytes(b"one")
    static.write_bytes(b"one")
    item = replace(ITEM, path=walk, static=static)
    first = store.path_of(item, "centres")
    assert first == store.path_of(item, "centres")
    assert first != store.path_of(item, "body")
    assert first != store.path_of(replace(item, id="S_on/v"), "centres")
    assert first != store.path_of(replace(item, inside="S/w"), "centres")
    walk.write_bytes(b"longer")
    second = store.path_of(item, "centres")
    static.write_bytes(b"longer")
    assert len({first, second, store.path_of(item, "centres")}) == 3
    os.utime(walk, ns=(1, 1))
    assert store.path_of(item, "centres") != second


def test_file_names_are_ascii_and_short(tmp_path):
    store = Store(tmp_path)
    long = store.path_of(replace(ITEM, id="../ä b/" + "x" * 400, path=tmp_path / "no"), "centres")
    assert long.parent == tmp_path / "work" / "recordings"
    assert len(long.name) < 120 and long.name.isascii() and " " not in long.name


def test_failures_are_recorded_by_file(tmp_path):
    store = Store(tmp_path)
    assert store.failures() == {}
    store.fail(tmp_path / "a.npz", "no marker")
    store.fail(tmp_path / "b.npz", "damaged")
    assert Store(tmp_path).failures() == {"a.npz": "no marker", "b.npz": "damaged"}


# texts


def test_the_newest_text_is_returned(tmp_path):
    store = Store(tmp_path)
    assert store.annotations() == {}
    store.annotate(TEXT)
    store.annotate(replace(TEXT, id="other"))
    store.annotate(replace(TEXT, foot="New feet.", flags=("contradicted: x",)))
    annotations = Store(tmp_path).annotations()
    assert set(annotations) == {"S_on/w", "other"} and annotations["other"].foot == "Feet."
    assert annotations["S_on/w"].flags == ("contradicted: x",)
    assert annotations["S_on/w"].rationale == "Foot: New feet. Arm: Arms. Overall: All."


def test_a_revision_keeps_the_writer_the_key_and_the_further_references(tmp_path):
    store = Store(tmp_path)
    text = replace(TEXT, further=(Written("Feet 2.", "Arms 2.", "All 2."),))
    store.annotate(text)
    store.revise(text, Written("Feet.", "Other arms.", "All."), ("contradicted: arms",))
    (annotation,) = store.annotations().values()
    assert annotation == replace(
        text, arm="Other arms.", flags=("contradicted: arms",), revised=True
    )
    assert annotation.references == (annotation.rationale, text.further[0].rationale)
    assert annotation.descriptions("arm") == ("Other arms.", "Arms 2.")


def test_texts_of_an_earlier_version_are_not_read(tmp_path):
    row = {"id": "S_on/w", "key": "k", "foot": "Feet.", "arm": "Arms.", "overall": "All.",
           "writer": "rules", "flags": [], "revised": True}  # fmt: skip
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "annotations.jsonl").write_text(json.dumps(row) + "\n")
    assert Store(tmp_path).annotations() == {}
    Store(tmp_path).annotate(TEXT)
    assert Store(tmp_path).annotations() == {TEXT.id: TEXT}


def test_a_text_is_current_for_its_writer_and_its_parameters():
    text = replace(TEXT, key="walk:rules")
    assert is_current(text, "walk:rules")
    assert not is_current(None, "walk:rules")
    assert not is_current(text, "other:rules")
    assert not is_current(text, "walk:model")


def test_a_revised_text_stays_current_for_another_writer_but_not_for_other_parameters():
    revised = replace(TEXT, key="walk:rules", revised=True)
    assert is_current(revised, "walk:model")
    assert not is_current(revised, "other:rules")


# builds


def test_a_build_with_another_writer_keeps_a_revised_text_and_rewrites_the_rest(cohort, corpus):
    store, writer = Store(corpus), OtherWriter()
    texts = store.annotations()
    kept, *rest = sorted(texts)
    store.revise(texts[kept], HAND_WRITTEN, ())
    build_corpus(cohort, corpus, writer=writer, fit="centres")
    assert sorted(writer.asked) == rest
    annotations = store.annotations()
    assert annotations[kept].rationale == HAND_WRITTEN.rationale
    assert {annotations[name].writer for name in rest} == {"some/model"}


def test_texts_of_an_earlier_version_are_written_again_by_the_next_build(cohort, corpus, tmp_path):
    path = corpus / "work" / "annotations.jsonl"
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    for row in rows:
        del row["version"], row["further"]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    with pytest.raises(BuildError, match="has no text of .*: run 'agir corpus build' again"):
        export_review(corpus, tmp_path / "t.csv")
    build_corpus(cohort, corpus, fit="centres")
    texts = Store(corpus).annotations()
    assert len(texts) == len(rows) and all(len(t.references) == 5 for t in texts.values())


def test_norms_of_a_laboratory_are_used_for_texts_and_checks(cohort, corpus, laboratory, tmp_path):
    published = Store(corpus).annotations()
    path = tmp_path / "lab.json"
    save_norms(laboratory, path)
    build_corpus(cohort, corpus, norms=path, fit="centres")
    texts = Store(corpus).annotations()
    assert all(texts[name].key != published[name].key for name in texts)
    assert any(texts[name].rationale != published[name].rationale for name in texts)
    about = json.loads((corpus / "corpus.json").read_text("utf-8"))
    assert about["norms"] == {"title": laboratory.title, "file": "norms.json"}
    assert laboratory.title in (corpus / "README.md").read_text("utf-8")
    copied = (corpus / "norms.json").read_text("utf-8")
    assert "SECRET" in path.read_text("utf-8") and "SECRET" not in copied
    for recorded in map(load_metadata, current_recordings(corpus)):
        person = (recorded.item["age"], recorded.item["sex"], load_norms(path))
        result = grounding_score(texts[recorded.id].rationale, recorded.parameters, *person)
        assert result.score == 1.0
    build_corpus(cohort, corpus, fit="centres")
    assert Store(corpus).annotations() == published and not (corpus / "norms.json").exists()


def test_a_file_that_is_no_norms_raises_before_anything_is_written(cohort, tmp_path):
    path = tmp_path / "norms.json"
    path.write_text("{}")
    with pytest.raises(ValueError, match="is not a file of norms"):
        build_corpus(cohort, tmp_path / "out", norms=path, fit="centres")
    assert not (tmp_path / "out").exists()


def test_a_text_is_written_again_if_the_parameters_changed(cohort, corpus, monkeypatch):
    store = Store(corpus)
    texts = store.annotations()
    name = sorted(texts)[0]
    store.revise(texts[name], HAND_WRITTEN, ())
    path = next(p for p in current_recordings(corpus) if load_metadata(p).id == name)
    row = load_recording(path)
    item = next(item for item in read_source(cohort).items if item.id == name)
    values = row.parameters | {"speed_m_per_s": row.parameters["speed_m_per_s"] + 0.3}
    save_recording(path, item, row.motion, row.joints, values, row.absent, row.rate_hz)
    build_corpus(cohort, corpus, fit="centres")
    assert not store.annotations()[name].revised
    others = [other for other in texts if other != name]
    assert all(store.annotations()[other] == texts[other] for other in others)


def test_a_corrected_score_in_the_table_is_used_by_the_next_build(finished, cohort, tmp_path):
    source = shutil.copytree(cohort, tmp_path / "c")
    corpus = shutil.copytree(finished, tmp_path / "corpus")
    table = source / "PDGinfo.csv"
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["Age"] = "83"
        for column in ("ON - UPDRS-III - walking", "OFF - UPDRS-III - walking"):
            row[column] = row[column] if row[column] == "-" else (int(row[column]) + 1) % 3
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    wanted = {item.id: (item.score, 83) for item in read_source(source).items}
    build_corpus(source, corpus, fit="centres")
    built = [load_metadata(path) for path in current_recordings(corpus)]
    assert {row.id: (row.item["score"], row.item["age"]) for row in built} == wanted


def test_a_second_build_with_another_seed_equals_a_new_build(cohort, corpus, tmp_path):
    build_corpus(cohort, corpus, seed=7, fit="centres")
    fresh = build_corpus(cohort, tmp_path / "fresh", seed=7, fit="centres").folder
    texts = [{k: a.rationale for k, a in Store(f).annotations().items()} for f in (corpus, fresh)]
    assert texts[0] == texts[1]


def test_statistics_are_those_of_the_training_part_of_every_fold(corpus):
    motions = {}
    for path in current_recordings(corpus):
        row = load_recording(path)
        motions.setdefault(row.item["subject"], []).append(row.motion)
    for scheme in ("fixed", "stratified", "leave_one_subject_out"):
        for fold in load_folds(corpus, scheme):
            mean, std = load_statistics(corpus, fold, scheme)
            frames = np.concatenate([m for subject in fold.train for m in motions[subject]])
            np.testing.assert_allclose(mean, frames.mean(0), atol=1e-5)
            assert mean.shape == std.shape == (263,) and (std > 0).all()
    with pytest.raises(ValueError, match="scheme is 'k', expected one of fixed, stratified"):
        load_folds(corpus, "k")


def test_published_files_contain_no_local_paths(cohort, tmp_path):
    source = shutil.copytree(cohort, tmp_path / "c")
    read_source(source).items[0].path.write_bytes(b"damaged")
    folder = build_corpus(source, tmp_path / "out", fit="centres").folder
    for path in folder.rglob("*"):
        if path.is_file() and "work" not in path.relative_to(folder).parts:
            assert str(tmp_path).encode() not in path.read_bytes(), path.name


def test_a_cohort_without_measurable_recordings_raises(tmp_path):
    folder = tmp_path / "lab"
    folder.mkdir()
    (folder / "a.c3d").write_bytes(b"damaged")
    (folder / "clinical.csv").write_text("subject,session,file,score\nA,s,a.c3d,1\n")
    with pytest.raises(build.BuildError, match="a.c3d"):
        build_corpus(folder, tmp_path / "out", fit="centres")


def test_a_build_continues_in_a_folder_that_was_created_on_a_full_disk(
    cohort, tmp_path, monkeypatch
):
    def touched_only(self, *_, **__):
        self.touch()
        no_space()

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", touched_only)
        with pytest.raises(OSError, match="No space left"):
            build_corpus(cohort, tmp_path / "out", fit="centres")
    assert build_corpus(cohort, tmp_path / "out", fit="centres").recordings
