"""Which recording of whom was assessed: hash, date, model, and the names of files."""

import hashlib
import json
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

import agir_hf
from agir_hf.assessment import (
    RecordingIdentity,
    Subject,
    assess_recording,
    file_stem,
    identify,
    load_model,
    prepare_recording,
)
from agir_hf.assessment.identity import identity_of, model_revision
from agir_hf.motion import read_recording


def test_the_hash_is_that_of_the_file_and_not_of_its_name(tmp_path):
    content = Path(agir_hf.SAMPLE_RECORDING).read_bytes()
    first, second = tmp_path / "a.c3d", tmp_path / "b.c3d"
    first.write_bytes(content)
    second.write_bytes(content)
    assert identify(first).sha256 == hashlib.sha256(content).hexdigest() == identify(second).sha256
    second.write_bytes(content + b"\0")
    assert identify(first).sha256 != identify(second).sha256


def test_the_name_has_no_folder_and_no_control_characters(tmp_path):
    path = tmp_path / "walk.npz"
    path.write_bytes(b"x")
    assert identify(path).file == "walk.npz"
    assert identify(path, "../../etc/\x1b[31mwalk.c3d").file == "\\x1b[31mwalk.c3d"
    assert identify("-") == RecordingIdentity("-")


@pytest.fixture(scope="module")
def walk():
    model, processor = load_model()
    return assess_recording(
        agir_hf.SAMPLE_RECORDING, model, processor, subject_id=" P 07\n", age=71, sex="female"
    )


def test_an_assessment_states_recording_person_date_model_and_software(walk):
    result = json.loads(json.dumps(walk.as_json()))
    content = Path(agir_hf.SAMPLE_RECORDING).read_bytes()
    identity = result["identity"]
    assert identity == {
        "id": "P 07",
        "file": "sample_walk.c3d",
        "sha256": hashlib.sha256(content).hexdigest(),
        "recorded": None,
        "assessed": date.today().isoformat(),
        "model": "agir-tiny",
        "model_revision": identity["model_revision"],
        "trained_on": "simulated walks only",
        "software": f"agir_hf {agir_hf.__version__}",
        "simulated": True,
    }
    assert len(identity["model_revision"]) == 12
    assert result["person"] == {"age": 71, "sex": "female", "height_m": None}
    assert result["evidence"]["norms"]["age"] == 71  # the norms are those of the same person


def test_the_revision_follows_the_weights(tmp_path):
    model = SimpleNamespace(config=SimpleNamespace(_commit_hash=None), name_or_path=str(tmp_path))
    assert model_revision(model) is None
    (tmp_path / "model.safetensors").write_bytes(b"a")
    first = model_revision(model)
    (tmp_path / "model.safetensors").write_bytes(b"bc")
    assert first != model_revision(model)
    model.config._commit_hash = "0123456789abcdef"
    assert model_revision(model) == "0123456789ab"


def test_names_of_files_are_safe_and_differ_between_people_and_recordings():
    def name(**values):
        file, digest = values.pop("file", "walk.c3d"), values.pop("sha256", "0" * 64)
        recording = RecordingIdentity(file, digest)
        return file_stem(identity_of(recording, Subject(**values)))

    names = {name(id="A"), name(id="B"), name(id="A", sha256="1" * 64), name(id="A", file="x.c3d")}
    assert len(names) == 4
    unsafe = name(id="../A b", file="a/..\\<x>.c3d")
    assert set(unsafe) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")
    assert not unsafe.startswith((".", "-"))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"height_m": 0.4},
            "height is 0.4, expected 1.2 to 2.3 metres, or the same in centimetres",
        ),
        ({"height_m": 400}, "height is 400"),
        ({"age": 150}, "age"),
        ({"sex": "x"}, "sex"),
        ({"id": "x" * 61}, "id has 61 characters"),
    ],
)
def test_values_out_of_range_are_refused(values, message):
    with pytest.raises(ValueError, match=message):
        Subject(**values)


def test_centimetres_are_metres():
    assert Subject(height_m=168).height_m == Subject(height_m=1.68).height_m == 1.68


def test_a_height_that_does_not_fit_the_legs_is_a_caution():
    prepared = prepare_recording(agir_hf.SAMPLE_RECORDING)
    fitting = prepared.with_subject(height_m=1.65)
    assert fitting.cautions == prepared.cautions
    assert fitting.measured is prepared.measured
    (caution,) = set(prepared.with_subject(height_m=2.1).cautions) - set(prepared.cautions)
    assert "the stated height is 2.10 m: check the person" in caution


def test_a_recording_that_was_already_read_keeps_the_identity_of_its_file():
    recording = read_recording(agir_hf.SAMPLE_RECORDING)
    file = identify(agir_hf.SAMPLE_RECORDING, "upload.c3d")
    prepared = prepare_recording(recording, file=file, subject=Subject("P1"))
    assert prepared.identity.file == "upload.c3d"
    assert prepared.identity.sha256 == file.sha256
    assert prepared.identity.id == "P1"
    assert prepared.with_subject(id="P2").identity.id == "P2"
    assert prepared.with_subject(id=None).identity.id == "P1"


def test_a_file_that_states_a_simulated_subject_is_simulated():
    assert identify(agir_hf.SAMPLE_RECORDING).simulated
    assert not identify("-").simulated


def test_the_walk_of_a_person_is_not_simulated(shared):
    assert not identify(shared / "data/shida_pd/SUB05_off_walk_8.c3d").simulated
