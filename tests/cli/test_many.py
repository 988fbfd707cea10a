"""Many recordings: worker processes, a file that an interrupted run goes on with, and memory."""

import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import weakref
from argparse import Namespace
from pathlib import Path

import pytest

import agir_hf
from agir_hf.assessment.assessor import Assessor
from agir_hf.assessment.identity import RecordingIdentity, Subject, identity_of
from agir_hf.assessment.session_files import RecordingFile
from agir_hf.assessment.session_walks import SessionWalk
from agir_hf.cli import main, many
from agir_hf.cli.batch import Times, run
from agir_hf.cli.finished import Command, Finish, Finished
from agir_hf.cli.many import LEAST_MEASURED, finished_walks, measured_walks, number_of_workers
from agir_hf.cli.outputs import Target
from agir_hf.inference import load_numpy_model

SAMPLE = Path(agir_hf.SAMPLE_RECORDING)
EXAMPLES = Path(agir_hf.__file__).parents[1] / "spaces_app" / "examples"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Three walks and two damaged files."""
    folder = tmp_path_factory.mktemp("many") / "cohort"
    folder.mkdir()
    for state in ("off", "on"):
        shutil.copy(EXAMPLES / f"simulated_{state}.c3d", folder / f"{state}.c3d")
    shutil.copy(SAMPLE, folder / "sample.c3d")
    (folder / "empty.c3d").write_bytes(b"")
    (folder / "truncated.c3d").write_bytes(SAMPLE.read_bytes()[:40_000])
    return folder


@pytest.fixture(scope="module")
def complete(folder) -> list[dict]:
    """Lines of a run that was not interrupted."""
    out = folder.parent / "complete.jsonl"
    assert main(["assess", str(folder), "--out", str(out), "-q"]) == 2
    return _lines(out)


def _lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def nothing_is_loaded(monkeypatch):
    fail = lambda *args, **kwargs: pytest.fail("a file is loaded")  # noqa: E731
    monkeypatch.setattr("agir_hf.assessment.load_model", fail)
    monkeypatch.setattr("agir_hf.motion.read_recording", fail)


def test_workers_give_the_output_of_one_process(folder, capsys):
    outputs = []
    for workers in ("1", "2"):
        code = main(["assess", str(folder), "--json", "--workers", workers])
        outputs.append((code, capsys.readouterr()))
    assert outputs[0] == outputs[1]
    code, printed = outputs[0]
    assert code == 2 and len(printed.out.splitlines()) == 3 and len(printed.err.splitlines()) == 2


@pytest.mark.parametrize("output", ["--json", "--csv", "-q", "--csv=table.csv"])
def test_workers_measure_as_one_process(folder, capsys, output, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outputs = []
    for workers in ("1", "2"):
        code = main(["measure", str(folder), output, "--workers", workers])
        files = [path.read_bytes() for path in tmp_path.iterdir()]
        outputs.append((code, capsys.readouterr(), files))
    assert outputs[0] == outputs[1]
    code, printed, files = outputs[0]
    errors = 0 if files else 2  # in the table that is printed, each has a row
    assert code == 2 and len(printed.err.splitlines()) == errors + len(files)
    if output == "--json":
        assert len(printed.out.splitlines()) == 3


def _abort_or_read(file):
    """A function that ends its process at some files; worker processes receive its name."""
    if file.shown == "on.c3d":
        os.abort()
    identity = identity_of(RecordingIdentity(file.shown), Subject())
    return SessionWalk(file.shown, "left out", identity, error=f"{file.shown} was read")


def test_a_recording_that_ends_workers_while_it_is_measured_costs_one_line(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    read = importlib.import_module(Path(__file__).stem)._abort_or_read
    options = Namespace(workers=2, verbose=False, report=None, pdf=None)
    files = [RecordingFile(tmp_path / name, name) for name in ("a.c3d", "on.c3d", "off.c3d")]
    finish = Finish(options, Command(False, None, None, None, None), True)
    rows = list(measured_walks(files, read, finish, options, Times()))
    assert [row.walk.shown for row in rows] == ["a.c3d", "on.c3d", "off.c3d"]
    errors = [row.walk.error for row in rows]
    assert errors[0] == "a.c3d was read" and errors[2] == "off.c3d was read"
    assert "the process that measured it died twice (SIGABRT): measure it alone" in errors[1]


def test_pages_are_written_by_workers(folder, tmp_path, capsys):
    pages = tmp_path / "pages"
    arguments = ["assess", str(folder / "on.c3d"), str(folder / "off.c3d"), "--workers", "2"]
    assert main([*arguments, "--report", f"{pages}/", "-v"]) == 0
    names = [path.name for path in pages.iterdir()]
    assert len(names) == 3 and any("session" in name for name in names)
    notes = capsys.readouterr().err
    assert all(name in notes for name in names if "session" not in name)
    assert "for 2 recordings in 2 worker processes: reading and measuring" in notes


def test_on_a_gpu_the_first_process_scores_what_the_workers_read(
    folder, unknown_to_numpy, capsys, monkeypatch
):
    """The machine states a GPU; the model that is loaded for it is the embedded one in numpy."""
    main(["assess", str(folder), "--json"])
    expected = capsys.readouterr()
    loaded = []

    def load(name, device, precision, backend):
        loaded.append((name, device, backend))
        return load_numpy_model(agir_hf.DEFAULT_MODEL)

    monkeypatch.setattr("agir_hf.assessment.load_model", load)
    monkeypatch.setattr("agir_hf.utils.devices.resolve_device", lambda name: "cuda")
    words = ["assess", str(folder), "--json", "--workers", "2", "--model", unknown_to_numpy]
    main(words)
    printed = capsys.readouterr()
    note, *errors = printed.err.splitlines(keepends=True)
    assert (printed.out, "".join(errors)) == expected
    assert note == (
        "model: torch on cuda, in the first process; 2 worker processes read and measure\n"
    )
    assert loaded == [(unknown_to_numpy, "cuda", "torch")]


def test_a_recording_whose_worker_dies_twice_is_left_out(folder, tmp_path, monkeypatch):
    (tmp_path / "dying_load.py").write_text("import os\n\ndef load():\n    os.abort()\n")
    monkeypatch.syspath_prepend(tmp_path)
    load = importlib.import_module("dying_load").load
    options = Namespace(
        workers=2, batch_size=8, device="cpu", threads=None, verbose=False, report=None, pdf=None
    )
    files = [RecordingFile(folder / name, name) for name in ("empty.c3d", "off.c3d", "on.c3d")]
    finish = Finish(options, Command(True, None, None, None, None), True)
    rows = list(finished_walks(files, Assessor(load), finish, options, Times()))
    assert [row.walk.shown for row in rows] == ["empty.c3d", "off.c3d", "on.c3d"]
    errors = [row.walk.error for row in rows]
    assert "is empty" in errors[0]  # read alone, without the model
    for error in errors[1:]:
        assert "the process that assessed it died twice (SIGABRT): assess it alone" in error


@pytest.mark.parametrize(
    ("requested", "recordings", "cores", "memory", "expected"),
    [
        (None, 1000, 8, None, 8),
        (None, 1000, 8, 3 * 10**9, 3),
        (None, 1000, 8, 10**8, 1),
        (None, 30, 8, None, 2),  # each has at least 12
        (None, 3, 8, None, 1),
        (5, 1000, 2, 10**8, 5),  # what the user asks for
        (5, 3, 2, None, 3),
    ],
)
def test_workers_are_as_many_as_cores_memory_and_recordings_allow(
    monkeypatch, requested, recordings, cores, memory, expected
):
    monkeypatch.setattr(many, "usable_cores", lambda: cores)
    monkeypatch.setattr(many, "usable_memory_bytes", lambda: memory)
    assert number_of_workers(requested, recordings) == expected
    if memory == 3 * 10**9:
        assert number_of_workers(requested, recordings, model=250_000_000) == 2
        assert number_of_workers(requested, recordings, model=2 * 10**9) == 1
    if requested is None:  # `agir measure` needs more for each
        assert number_of_workers(requested, recordings, LEAST_MEASURED) == min(
            expected, max(1, recordings // LEAST_MEASURED)
        )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--workers", "0"], "--workers is 0, expected 1 to 512"),
        (["--workers", "9999"], "--workers is 9999, expected 1 to 512"),
        (["--workers", "two"], "--workers is 'two', expected a whole number"),
        (["-", "--workers", "2"], "--workers cannot read standard input"),
        (["--threads", "0"], "--threads is 0, expected 1 to 1024"),
        (["--threads", "-3"], "--threads is -3, expected 1 to 1024"),
        (["--threads", "1.5"], "--threads is '1.5', expected a whole number"),
        (["--out", "results.json"], "results.json ends in '.json', expected .jsonl"),
        (["--out", "no/such/results.jsonl"], "the folder no/such of results.jsonl does not exist"),
        (["-", "--out", "results.jsonl"], "--out cannot record standard input"),
        (["--out", "results.jsonl", "--csv", "t.csv"], "--out and --csv cannot be used together"),
        (["--out", "r.jsonl", "--report", "r.html"], "pass a folder (--report FOLDER/)"),
        (["--retry-failed"], "--retry-failed needs --out FILE.jsonl"),
    ],
)
def test_wrong_options_are_an_error_of_one_line(
    nothing_is_loaded, folder, tmp_path, monkeypatch, capsys, arguments, message
):
    monkeypatch.chdir(tmp_path)
    try:
        code = main(["assess", str(folder / "on.c3d"), *arguments])
    except SystemExit as stop:  # of the parser
        code = stop.code
    assert code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
    assert not list(tmp_path.iterdir())


def test_a_line_has_the_values_of_json_and_which_recording_it_is(folder, complete, capsys):
    main(["assess", str(folder), "--json"])
    values = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    failed = [row for row in complete if row["error"]]
    assert [row["path"] for row in failed] == ["cohort/empty.c3d", "cohort/truncated.c3d"]
    assert "is empty" in failed[0]["error"] and "score" not in failed[0]
    more = {"path", "item", "sha256", "kind", "settings", "error"}
    scored = [row for row in complete if not row["error"]]
    assert [{k: v for k, v in row.items() if k not in more} for row in scored] == values
    assert scored[0]["sha256"] == values[0]["identity"]["sha256"]


def test_an_interrupted_run_goes_on(folder, complete, capsys, monkeypatch):
    out = folder.parent / "interrupted.jsonl"
    lines = (folder.parent / "complete.jsonl").read_bytes().splitlines(keepends=True)
    out.write_bytes(b"".join(lines[:2]) + lines[2][:100])
    monkeypatch.chdir(folder)  # another folder than before: paths are relative to the file
    assert main(["assess", ".", "--out", "../interrupted.jsonl", "-q"]) == 2
    assert _lines(out) == complete
    notes = capsys.readouterr().err
    assert "truncated.c3d" in notes and "empty.c3d" not in notes
    for quiet in ([], ["-q"]):  # nothing is left: the code is that of the run that wrote them
        assert main(["assess", ".", "--out", "../interrupted.jsonl", *quiet]) == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err == (
            "agir: ../interrupted.jsonl: 5 of 5 recordings are skipped, which are in it already (2 "
            "failed: --retry-failed tries them again)\n"
        )
    assert main(["assess", "on.c3d", "off.c3d", "--out", "../interrupted.jsonl"]) == 0
    assert capsys.readouterr().err == (
        "../interrupted.jsonl: 2 of 2 recordings are skipped, which are in it already\n"
    )


def test_the_last_recording_of_a_folder_is_printed_as_the_others(folder, complete, capsys):
    main(["assess", str(folder)])
    table = capsys.readouterr().out.splitlines()
    out = folder.parent / "last.jsonl"
    lines = (folder.parent / "complete.jsonl").read_bytes().splitlines(keepends=True)
    out.write_bytes(b"".join(lines[:2] + lines[3:]))
    assert main(["assess", str(folder), "--out", str(out)]) == 2  # others failed before
    printed = capsys.readouterr().out.splitlines()
    assert printed[:2] == [table[0], table[3]] and printed[2].startswith("1 walk (")


def test_a_half_line_is_reported(folder, complete, capsys):
    out = folder.parent / "half.jsonl"
    out.write_bytes((folder.parent / "complete.jsonl").read_bytes()[:-10])
    main(["assess", str(folder), "--out", str(out)])
    assert f"{out}: the half line of an interrupted run was removed" in capsys.readouterr().err
    assert _lines(out) == complete
    out.write_bytes(b'{"pa')
    main(["assess", str(folder / "empty.c3d"), "--out", str(out), "-q"])
    assert [row["path"] for row in _lines(out)] == ["cohort/empty.c3d"]


def test_failed_recordings_are_tried_again_on_request(folder, complete, tmp_path, capsys):
    cohort = shutil.copytree(folder, tmp_path / "cohort")
    out = tmp_path / "results.jsonl"
    shutil.copy(folder.parent / "complete.jsonl", out)
    assert main(["assess", str(cohort), "--out", str(out), "-q", "--retry-failed"]) == 2
    assert [row["path"] for row in _lines(out)[5:]] == ["cohort/empty.c3d", "cohort/truncated.c3d"]
    shutil.copy(SAMPLE, cohort / "empty.c3d")  # another content is another recording
    assert main(["assess", str(cohort), "--out", str(out), "-q"]) == 2  # the other file failed
    rows = _lines(out)[7:]
    assert [(row["path"], row["score"]) for row in rows] == [("cohort/empty.c3d", 2)]


def test_static_trials_are_counted_separately_and_not_tried_again(standing, tmp_path, capsys):
    (standing / "empty.c3d").write_bytes(b"")
    words = ["assess", str(standing), "--out", str(tmp_path / "r.jsonl")]
    assert main(words) == 2  # because of the empty file
    notes = capsys.readouterr().err
    assert "r.jsonl: 3 recordings appended (1 static trial, 1 failed)" in notes
    kinds = {Path(row["path"]).name: row["kind"] for row in _lines(tmp_path / "r.jsonl")}
    assert kinds == {"empty.c3d": "left out", "on.c3d": "walk", "static.trc": "static trial"}
    (standing / "empty.c3d").unlink()
    assert main([*words, "--retry-failed"]) == 0
    notes = capsys.readouterr().err
    assert "2 of 2 recordings are skipped, which are in it already (1 static trial)\n" in notes
    for _ in range(2):  # passed alone, a static trial is a failure, also where it is skipped
        words = ["assess", str(standing / "static.trc"), "--out", str(tmp_path / "alone.jsonl")]
        assert main(words) == 2
    (standing / "on.c3d").unlink()
    assert main(["assess", str(standing), "--out", str(tmp_path / "new.jsonl")]) == 0
    assert "1 recording appended (1 static trial)" in capsys.readouterr().err


def test_lines_without_a_kind_are_read(folder, complete, tmp_path, capsys):
    """Those of an earlier version."""
    out = tmp_path / "results.jsonl"
    rows = [{name: value for name, value in row.items() if name != "kind"} for row in complete]
    for row in rows:
        row["path"] = os.path.relpath(folder.parent / row["path"], tmp_path)
    out.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert main(["assess", str(folder), "--out", str(out)]) == 2
    assert "5 of 5 recordings are skipped, which are in it already (2 failed:" in (
        capsys.readouterr().err
    )


def test_a_recording_that_is_named_twice_has_one_line(folder, tmp_path, capsys):
    out = tmp_path / "results.jsonl"
    names = [str(folder / name) for name in ("empty.c3d", "truncated.c3d", "empty.c3d")]
    main(["assess", *names, "--out", str(out)])
    assert len(_lines(out)) == 2
    assert "skipped" not in capsys.readouterr().err  # nothing was in the file


def test_a_page_that_could_not_be_written_is_written_by_the_next_run(folder, tmp_path, capsys):
    out, pages = tmp_path / "results.jsonl", tmp_path / "pages"
    words = ["assess", str(folder / "on.c3d"), "--out", str(out), "-q"]
    pages.write_text("in the place of a folder, as by another program")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("agir_hf.cli.outputs._check_folder", lambda option, folder: None)
        assert main([*words, "--report", f"{pages}/"]) == 2
    assert "no report" in capsys.readouterr().err
    pages.unlink()
    assert main([*words[:-1]]) == 0  # without pages, nothing is to be done
    assert "skipped, which are in it already (1 without a page)" in capsys.readouterr().err
    assert main([*words, "--report", f"{pages}/"]) == 0 and len(list(pages.iterdir())) == 1
    before, after = _lines(out)
    assert "no report" in before.pop("page_error") and before == after


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--unaided"], "was made with unaided not set, now it is True"),
        (["--age", "71"], "was made with person"),
        (["--events", "file"], "was made with events detected, now it is file"),
    ],
)
def test_a_file_of_other_options_is_refused(
    folder, complete, nothing_is_loaded, capsys, options, message
):
    out = folder.parent / "complete.jsonl"
    before = out.read_bytes()
    assert main(["assess", str(folder), "--out", str(out), *options]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line and "pass the same options, or name another file" in line
    assert out.read_bytes() == before


def test_a_file_of_another_model_is_refused(folder, complete, tmp_path, capsys):
    model = shutil.copytree(agir_hf.DEFAULT_MODEL, tmp_path / "model")
    out = folder.parent / "complete.jsonl"
    assert main(["assess", str(folder), "--out", str(out), "--model", str(model)]) == 2
    assert "was made with model agir-tiny, now it is" in capsys.readouterr().err


_LINE = '{"path": %s, "item": null, "sha256": "a", "error": null, "settings": %s}\n'


@pytest.mark.parametrize(
    "content",
    [
        b"subject,score\n1,2\n",
        b'{"score": 1}\n',
        b"no line",
        b"[" * 100_000 + b"\n",
        b"[1]\n",
        (_LINE % ('"a.c3d"', "5")).encode(),
        (_LINE % ('["a.c3d"]', "{}")).encode(),
    ],
)
def test_a_file_of_other_content_is_kept(folder, tmp_path, nothing_is_loaded, capsys, content):
    out = tmp_path / "notes.jsonl"
    out.write_bytes(content)
    assert main(["assess", str(folder), "--out", str(out)]) == 2
    assert "line 1 of" in capsys.readouterr().err and out.read_bytes() == content


def test_a_full_disk_is_one_line_and_the_run_goes_on_later(folder, complete, tmp_path):
    """The limit of the size of a file is used in place of a full disk."""
    out = tmp_path / "results.jsonl"
    code = (
        "import resource, sys; sys.modules['agir_launcher'] = None; from agir_hf.cli import main; "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY)); "
        "sys.exit(main(sys.argv[1:]))"
    )
    words = ["assess", str(folder), "--out", str(out), "-q"]
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True)
    (line,) = [line for line in done.stderr.splitlines() if "c3d" not in line]
    assert done.returncode == 2
    assert f"{out} cannot be written (File too large): free space on its disk, then" in line
    assert main(words) == 2
    assert [row["score"] for row in _lines(out) if not row["error"]] == [
        row["score"] for row in complete if not row["error"]
    ]


def test_a_pipe_is_refused_as_a_file_of_results(folder, tmp_path, nothing_is_loaded, capsys):
    os.mkfifo(tmp_path / "results.jsonl")
    assert main(["assess", str(folder), "--out", str(tmp_path / "results.jsonl")]) == 2
    assert "results.jsonl is no regular file: name another" in capsys.readouterr().err


def test_two_runs_do_not_append_to_one_file(folder, tmp_path, capsys):
    from agir_hf.utils.locks import locked

    out = tmp_path / "results.jsonl"
    with locked(tmp_path / ".results.jsonl.lock", out):
        assert main(["assess", str(folder), "--out", str(out)]) == 2
    assert "results.jsonl is in use by process" in capsys.readouterr().err


@pytest.mark.parametrize("session_page", [False, True])
def test_recordings_are_released_after_they_are_printed(tmp_path, capsys, session_page):
    """Whatever the number of recordings: only the rows of a session are kept."""
    number, rows, most = 60, [], 0
    files = [RecordingFile(Path(f"{i}.c3d"), f"{i}.c3d", folder="f") for i in range(number)]

    def finished():
        nonlocal most
        for file in files:
            identity = identity_of(RecordingIdentity(file.shown), Subject())
            walk = SessionWalk(file.shown, "walk", identity)
            rows.append(weakref.ref(walk))
            yield Finished(walk, {"value": 1})
            del walk
            most = max(most, sum(row() is not None for row in rows))

    out = Target(tmp_path / "page.html") if session_page else None
    options = Namespace(
        json=True, csv=None, report=out, pdf=None, quiet=True, verbose=False, files=[]
    )
    session = Namespace(subject=Subject(), title="t", write_report=lambda path: None)
    command = Command(False, None, None, None, None)
    assert run(options, files, finished(), command, lambda kept: session, Times()) == 0
    assert len(capsys.readouterr().out.splitlines()) == number
    assert most == number if session_page else most <= 2


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_killed_run_is_completed_by_a_second_start(folder, complete, tmp_path, number, workers):
    out = folder.parent / f"killed_{number}_{workers}.jsonl"
    code = "import sys; from agir_launcher import main; sys.exit(main())"
    words = [sys.executable, "-c", code, "assess", str(folder), "--out", str(out)]
    words += ["--workers", workers, "--batch-size", "1"]
    process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True, start_new_session=True)
    while process.poll() is None and not (out.exists() and out.read_bytes().count(b"\n") >= 2):
        time.sleep(0.02)
    if number == signal.SIGINT and process.poll() is None:  # Ctrl-C reaches the whole group
        os.killpg(process.pid, number)
    else:
        process.kill()
    errors = process.communicate(timeout=300)[1]
    assert "Traceback" not in errors
    assert subprocess.run(words, timeout=300).returncode in (0, 2)
    assert _lines(out) == complete
