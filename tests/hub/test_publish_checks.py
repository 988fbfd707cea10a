"""Files that must not be published are refused: file, position, what it is, what to do."""

import gzip
import io
import json
import pickle
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import agir_hf
from agir_hf.hub.publish_checks import RefusedError, check, file_findings
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


def zipped(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, b"\x02\x50 of a laboratory")
    return file.getvalue()


def safetensors(metadata=None, **tensors) -> bytes:
    from safetensors.torch import save

    return save({name: torch.zeros(2) for name in tensors} or {"a": torch.zeros(2)}, metadata)


def findings(tmp_path, path: str, content: bytes) -> list[str]:
    file = tmp_path / "file" / path
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    return [" ".join(finding) for finding in file_findings(path, file)]


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
    ("walk.trc.gz", gzip.compress(b"PathFileType\t4"), "a recording of a person"),
    ("joints.npz.gz", gzip.compress(npz(joints=FRAMES)), "a recording of a person"),
    ("walk.zip", zipped("walk.c3d"), "a recording of a person"),
    ("cohort.zip", zipped("a/walk.c3d", "notes.txt"), "a recording of a person"),
    ("notes.zip", zipped("a.txt", "b.txt"), "cannot be checked"),
    ("notes.txt.gz", gzip.compress(b"notes"), "cannot be checked"),
    ("rows.pkl.gz", gzip.compress(pickle.dumps([1])), "a pickle"),
    # pickles, training states, hidden files
    ("model.bin", b"", "a pickle"),
    ("rows.pkl", pickle.dumps([1]), "a pickle"),
    ("objects.npy", npy(np.array([{}], dtype=object)), "a pickle"),
    ("objects.npz", npz(a=np.array([{}], dtype=object)), "a pickle"),
    ("optimizer.pt", b"", "a training state"),
    ("checkpoint-40/model.safetensors", safetensors(), "a training state"),
    ("training_args.bin", b"", "a training state"),
    ("state.safetensors", safetensors(**{"a.exp_avg": 0}), "a training state"),
    (".env", b"A=1", "a hidden file"),
    (".git/config", b"", "a hidden file"),
    # files that cannot be checked, or are not what their suffix says
    ("data.zip", b"PK\x03\x04\xff\xfe", "cannot be checked"),
    ("table.npz", pickle.dumps(BODY_ARRAYS), "cannot be checked"),
    ("weights.safetensors", b"short", "cannot be checked"),
    ("picture.png", pickle.dumps({}), "cannot be checked"),
    ("rows.parquet", b"none", "cannot be checked"),
    ("notes.txt", b"\xff\xfe\x00", "cannot be checked"),
]


@pytest.mark.parametrize(("path", "content", "what"), REFUSED, ids=[row[0] for row in REFUSED])
def test_a_file_is_refused(tmp_path, path, content, what):
    (finding,) = findings(tmp_path, path, content)
    assert what in finding and finding.rpartition(": ")[2]


SECRETS = [
    (f"token = {TOKEN}", "an access token of the Hub (hf_a1B2a…)"),
    ("ghp_" + "a" * 36, "an access token of GitHub (ghp_aaaa…)"),
    ("key: AKIA" + "A1" * 8, "an access key of AWS (AKIAA1A1…)"),
    ("OPENAI=sk-" + "a1" * 20, "a key of a language model's provider (sk-a1a1a…)"),
    ("-----BEGIN RSA PRIVATE KEY-----", "a private key (-----BEG…)"),
    ('api_key = "0123456789abcdef"', "a password (api_key …)"),
]
MACHINE_PATHS = [
    "/home/jo/gait/walk.csv", "/Users/jo/gait", "/root/x", "/work/data", "/tmp/abc/x.json",
    r"C:\Users\jo\gait", r"C:\\Users\\jo", "D:/Users/jo", "/var/folders/zz/x",
]  # fmt: skip


@pytest.mark.parametrize(("line", "what"), SECRETS)
def test_a_secret_is_reported_with_its_line_and_shortened(tmp_path, line, what):
    (finding,) = findings(tmp_path, "README.md", f"First line.\n{line}\n".encode())
    assert finding.startswith(f" line 2 {what}") and "revoke it" in finding
    assert len(line) < 30 or line not in finding


@pytest.mark.parametrize("path", MACHINE_PATHS)
@pytest.mark.parametrize("form", ["see {}", '{{"path": "{}"}}', "path:{}", "(`{}`)"])
def test_a_machine_path_is_reported_with_its_line(tmp_path, path, form):
    (finding,) = findings(tmp_path, "a.json", f"\n\n{form.format(path)}\n".encode())
    assert finding.startswith(f" line 3 the machine path {path} "), finding


def test_a_machine_path_in_a_file_address_is_reported(tmp_path):
    (finding,) = findings(tmp_path, "a.md", b"[it](file:///home/jo/walk.csv)")
    assert finding.startswith(" line 1 the machine path /home/jo/walk.csv ")


def test_the_users_own_home_is_a_machine_path(tmp_path, monkeypatch):
    from agir_hf.hub import file_checks

    monkeypatch.setenv("HOME", "/srv/people/jo")
    file_checks._machine_path_pattern.cache_clear()
    try:
        assert "/srv/people/jo/x" in findings(tmp_path, "a.md", b"at /srv/people/jo/x")[0]
    finally:
        file_checks._machine_path_pattern.cache_clear()


ALLOWED = [
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


@pytest.mark.parametrize(("path", "content"), ALLOWED)
def test_other_files_are_not_refused(tmp_path, path, content):
    assert findings(tmp_path, path, content) == []


def test_shipped_and_simulated_recordings_are_allowed(tmp_path):
    from agir_hf.motion import read_recording
    from agir_hf.simulation.c3d_writer import write_c3d

    assets, simulated = agir_hf.ASSETS, tmp_path / "another.c3d"
    recording = read_recording(assets / "sample_walk.c3d")
    write_c3d(replace(recording, positions=recording.positions[:60], events=()), simulated)
    for file in (assets / "sample_walk.c3d", assets / "open_body.npz", simulated):
        assert list(file_findings(file.name, file)) == []


def test_a_recording_of_a_person_is_refused(shared, tmp_path):
    file = next(shared.rglob("*walk*.c3d"))
    assert [what for _, what, _ in file_findings("walk.c3d", file)] == ["a recording of a person"]


def test_text_columns_of_parquet_are_checked(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    file = tmp_path / "train.parquet"
    rows = {"id": ["a", "b", None], "text": ["", "fine", f"x {TOKEN}"], "score": [0, 1, 2]}
    parquet.write_table(pyarrow.table(rows), file)
    ((position, what, _),) = file_findings("data/train.parquet", file)
    assert position == " row 3 of text" and what.startswith("an access token of the Hub")


def test_metadata_of_safetensors_are_checked(tmp_path):
    (finding,) = findings(tmp_path, "a.safetensors", safetensors({"from": "/home/jo/run"}))
    assert "metadata the machine path /home/jo/run" in finding


def test_the_error_lists_the_findings_on_one_line(tmp_path):
    for number in range(7):
        (tmp_path / f"{number}.bin").write_bytes(b"")
    (tmp_path / "fine.txt").write_text("fine")
    files, _ = gather(tmp_path)
    with pytest.raises(RefusedError) as excinfo:
        check(UploadPlan("space", "me/x", files, identifying_file="fine.txt"))
    message = str(excinfo.value)
    assert len(excinfo.value.findings) == 7 and "\n" not in message
    assert message.startswith("nothing is sent to me/x") and "and 2 more" in message
    assert "0.bin: a pickle" in message and "6.bin" not in message


def test_gather_leaves_out_files_of_tools_and_links(tmp_path):
    for path in ("b/c.txt", "a.txt", "__pycache__/x.pyc", ".cache/y", "work/z", ".hidden/w"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(path)
    (tmp_path / "link").symlink_to(tmp_path / "b", target_is_directory=True)
    files, left_out = gather(tmp_path, leave_out=("work",))
    assert sorted(files) == [".hidden/w", "a.txt", "b/c.txt"]
    assert files["b/c.txt"] == tmp_path / "b" / "c.txt"
    assert left_out == ["link/", "work/"]


def test_a_missing_and_an_empty_folder_raise(tmp_path):
    with pytest.raises(PublishError, match="no such folder"):
        gather(tmp_path / "nowhere")
    with pytest.raises(PublishError, match="no files to publish"):
        gather(tmp_path)


def test_the_embedded_checkpoint_passes_the_checks():
    files, _ = gather(agir_hf.ASSETS / "agir-tiny")
    assert "model.safetensors" in files
    check(UploadPlan("model", "me/agir", files, identifying_file="config.json"))
    assert json.loads(files["config.json"].read_text())["model_type"] == "agir"


def test_a_packed_simulated_recording_may_be_published(tmp_path):
    content = gzip.compress(Path(agir_hf.SAMPLE_RECORDING).read_bytes())
    assert findings(tmp_path, "walk.c3d.gz", content) == []
