"""What must not go to the Hub is refused by name: file, place in it, what it is, what to do."""

import io
import json
import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch

import agir_hf
from agir_hf.hub.publish_checks import RefusedError, check, findings
from agir_hf.hub.upload_plan import PublishError, UploadPlan, gather

FRAMES = np.zeros((30, 22, 3), np.float32)
TOKEN = "hf_" + "a1B2" * 9


def npz(**arrays) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def npy(array) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def safetensors(metadata=None, **tensors) -> bytes:
    from safetensors.torch import save

    return save({name: torch.zeros(2) for name in tensors} or {"a": torch.zeros(2)}, metadata)


def found(tmp_path, path: str, content: bytes) -> list[str]:
    file = tmp_path / "file" / path
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    return [" ".join(one) for one in findings(path, file)]


BODY_ARRAYS = {"v_template": np.zeros((10, 3)), "shapedirs": np.zeros((10, 3, 2))}
REFUSED = [
    # body models, by name and by content
    ("body/SMPL_NEUTRAL.pkl", pickle.dumps({}), "a licensed body model"),
    ("smplh/neutral/model.npz", npz(a=np.zeros(2)), "a licensed body model"),
    ("basicModel_f.pkl", b"", "a licensed body model"),
    ("shape.npz", npz(**BODY_ARRAYS), "a licensed body model"),
    ("body.safetensors", safetensors(v_template=0, shapedirs=0), "a licensed body model"),
    # recordings, by name and by content
    ("walk.c3d", b"\x02\x50 of a laboratory", "a recording of a person"),
    ("a/walk.TRC", b"PathFileType\t4", "a recording of a person"),
    ("walk.bvh", b"HIERARCHY", "a recording of a person"),
    ("amass.npz", npz(poses=np.zeros((9, 156)), trans=np.zeros((9, 3))), "a recording of a person"),
    ("joints.npz", npz(joints=FRAMES), "a recording of a person"),
    ("other.npz", npz(anything=FRAMES), "a recording of a person"),
    ("joints.npy", npy(FRAMES), "a recording of a person"),
    # what runs code, what only a training needs, what is hidden
    ("model.bin", b"", "a pickle"),
    ("rows.pkl", pickle.dumps([1]), "a pickle"),
    ("objects.npy", npy(np.array([{}], dtype=object)), "a pickle"),
    ("objects.npz", npz(a=np.array([{}], dtype=object)), "a pickle"),
    ("optimizer.pt", b"", "a state of training"),
    ("checkpoint-40/model.safetensors", safetensors(), "a state of training"),
    ("training_args.bin", b"", "a state of training"),
    ("state.safetensors", safetensors(**{"a.exp_avg": 0}), "a state of training"),
    (".env", b"A=1", "a hidden file"),
    (".git/config", b"", "a hidden file"),
    # what cannot be looked into, or is not what its name says
    ("data.zip", b"PK\x03\x04\xff\xfe", "cannot be looked into"),
    ("table.npz", pickle.dumps(BODY_ARRAYS), "cannot be looked into"),
    ("weights.safetensors", b"short", "cannot be looked into"),
    ("picture.png", pickle.dumps({}), "cannot be looked into"),
    ("rows.parquet", b"none", "cannot be looked into"),
    ("notes.txt", b"\xff\xfe\x00", "cannot be looked into"),
]


@pytest.mark.parametrize(("path", "content", "what"), REFUSED, ids=[row[0] for row in REFUSED])
def test_a_file_is_refused(tmp_path, path, content, what):
    (told,) = found(tmp_path, path, content)
    assert what in told and told.rpartition(": ")[2]


SECRETS = [
    (f"token = {TOKEN}", "an access token of the Hub (hf_a1B2a…)"),
    ("ghp_" + "a" * 36, "an access token of GitHub (ghp_aaaa…)"),
    ("key: AKIA" + "A1" * 8, "an access key of AWS (AKIAA1A1…)"),
    ("OPENAI=sk-" + "a1" * 20, "a key of a language model's provider (sk-a1a1a…)"),
    ("-----BEGIN RSA PRIVATE KEY-----", "a private key (-----BEG…)"),
    ('api_key = "0123456789abcdef"', "a password (api_key …)"),
]
PLACES = [
    "/home/jo/gait/walk.csv", "/Users/jo/gait", "/root/x", "/work/data", "/tmp/abc/x.json",
    r"C:\Users\jo\gait", r"C:\\Users\\jo", "D:/Users/jo", "/var/folders/zz/x",
]  # fmt: skip


@pytest.mark.parametrize(("line", "what"), SECRETS)
def test_a_secret_is_told_with_its_line_and_not_in_full(tmp_path, line, what):
    (told,) = found(tmp_path, "README.md", f"First line.\n{line}\n".encode())
    assert told.startswith(f" line 2 {what}") and "revoke it" in told
    assert len(line) < 30 or line not in told


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("form", ["see {}", '{{"path": "{}"}}', "path:{}", "(`{}`)"])
def test_a_machine_path_is_told_with_its_line(tmp_path, place, form):
    (told,) = found(tmp_path, "a.json", f"\n\n{form.format(place)}\n".encode())
    assert told.startswith(f" line 3 the machine path {place} "), told


def test_a_machine_path_in_an_address_of_a_file_is_told(tmp_path):
    (told,) = found(tmp_path, "a.md", b"[it](file:///home/jo/walk.csv)")
    assert told.startswith(" line 1 the machine path /home/jo/walk.csv ")


def test_this_machines_own_folders_are_machine_paths(tmp_path, monkeypatch):
    from agir_hf.hub import file_checks

    monkeypatch.setenv("HOME", "/srv/people/jo")
    file_checks._place.cache_clear()
    try:
        assert "/srv/people/jo/x" in found(tmp_path, "a.md", b"at /srv/people/jo/x")[0]
    finally:
        file_checks._place.cache_clear()


FINE = [
    ("README.md", b"https://host.org/home/page, ./tmp/x, a/work/b, $HOME/tmp/x, FOLDER/tmp/y, a/b"),
    ("README.md", b"Set HF_TOKEN to hf_xxx; the key is in AGIR_API_KEY. /home/ is a folder."),
    ("tokenizer_config.json", b'{"pad_token": "<pad>", "extra": "<extra_id_0_long_name>"}'),
    ("statistics.npz", npz(mean=np.zeros(263), std=np.ones(263))),
    ("weights.npy", npy(np.zeros((4, 4)))),
    ("model.safetensors", safetensors({"format": "pt"})),
    ("figure.png", b"\x89PNG\r\n\x1a\n"),
    (".gitattributes", b"*.npz filter=lfs"),
    ("spiece.model", b"\n\x0e\n\x05<unk>\xff"),
]


@pytest.mark.parametrize(("path", "content"), FINE)
def test_what_is_fine_is_not_refused(tmp_path, path, content):
    assert found(tmp_path, path, content) == []


def test_what_the_package_ships_and_simulates_goes_up(tmp_path):
    from agir_hf.motion import read_recording
    from agir_hf.simulation.virtual_mocap import write_c3d

    assets, simulated = agir_hf.ASSETS, tmp_path / "another.c3d"
    recording = read_recording(assets / "sample_walk.c3d")
    write_c3d(replace(recording, positions=recording.positions[:60], events=()), simulated)
    for file in (assets / "sample_walk.c3d", assets / "open_body.npz", simulated):
        assert list(findings(file.name, file)) == []


def test_a_recording_of_a_laboratory_is_refused(shared, tmp_path):
    file = next(shared.rglob("*walk*.c3d"))
    assert [what for _, what, _ in findings("walk.c3d", file)] == ["a recording of a person"]


def test_columns_of_parquet_are_read(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    file = tmp_path / "train.parquet"
    rows = {"id": ["a", "b", None], "text": ["", "fine", f"x {TOKEN}"], "score": [0, 1, 2]}
    parquet.write_table(pyarrow.table(rows), file)
    ((place, what, _),) = findings("data/train.parquet", file)
    assert place == " row 3 of text" and what.startswith("an access token of the Hub")


def test_notes_of_safetensors_are_read(tmp_path):
    (told,) = found(tmp_path, "a.safetensors", safetensors({"from": "/home/jo/run"}))
    assert "notes in its head the machine path /home/jo/run" in told


def test_all_that_is_found_stands_in_one_line(tmp_path):
    for number in range(7):
        (tmp_path / f"{number}.bin").write_bytes(b"")
    (tmp_path / "fine.txt").write_text("fine")
    files, _ = gather(tmp_path)
    with pytest.raises(RefusedError) as excinfo:
        check(UploadPlan("space", "me/x", files, sign="fine.txt"))
    assert len(excinfo.value.found) == 7 and "\n" not in str(excinfo.value)
    assert str(excinfo.value).startswith("nothing is sent to me/x") and "and 2 more" in str(
        excinfo.value
    )
    assert "0.bin: a pickle" in str(excinfo.value) and "6.bin" not in str(excinfo.value)


def test_a_folder_is_gathered_by_path_without_what_tools_leave(tmp_path):
    for path in ("b/c.txt", "a.txt", "__pycache__/x.pyc", ".cache/y", "work/z", ".hidden/w"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(path)
    (tmp_path / "link").symlink_to(tmp_path / "b", target_is_directory=True)
    files, left_out = gather(tmp_path, leave_out=("work",))
    assert sorted(files) == [".hidden/w", "a.txt", "b/c.txt"]
    assert files["b/c.txt"] == tmp_path / "b" / "c.txt"
    assert left_out == ["link/", "work/"]


def test_no_folder_and_an_empty_one_are_told(tmp_path):
    with pytest.raises(PublishError, match="no such folder"):
        gather(tmp_path / "nowhere")
    with pytest.raises(PublishError, match="no files to publish"):
        gather(tmp_path)


def test_the_embedded_checkpoint_holds_nothing_private():
    files, _ = gather(agir_hf.ASSETS / "agir-tiny")
    assert "model.safetensors" in files
    check(UploadPlan("model", "me/agir", files, sign="config.json"))
    assert json.loads(files["config.json"].read_text())["model_type"] == "agir"
