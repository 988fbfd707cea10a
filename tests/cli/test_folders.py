"""Several recordings and folders: a row for each, tables, reports, and what is checked before."""

import csv
import io
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

import agir_hf
from agir_hf.cli import main
from agir_hf.cli.console import short_reason
from agir_hf.gait.applied_norms import z_text

SAMPLE = Path(agir_hf.SAMPLE_RECORDING)
EXAMPLES = Path(agir_hf.__file__).parents[1] / "spaces_app" / "examples"
PAGE_NAME = re.compile(r"P-07_off_\d{4}-\d\d-\d\d_[0-9a-f]{8}\.html")


@pytest.fixture(scope="module")
def untrained(tmp_path_factory, model, processor):
    """Folder of an untrained model, which is quick."""
    folder = tmp_path_factory.mktemp("untrained")
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="module")
def session(tmp_path_factory) -> Path:
    """Folder of two walks in a subfolder, a static trial, damaged files and other files."""
    folder = tmp_path_factory.mktemp("data") / "visit"
    (folder / "trials").mkdir(parents=True)
    for state in ("off", "on"):
        source = EXAMPLES / f"simulated_{state}.c3d"
        shutil.copy(source, folder / "trials" / f"{state}.c3d")
    whole = SAMPLE.read_bytes()
    (folder / "empty.c3d").write_bytes(b"")
    (folder / "text.c3d").write_text("no recording\n" * 50)
    (folder / "truncated.c3d").write_bytes(whole[: len(whole) // 2])
    (folder / "notes.txt").write_text("not read")
    return folder


def test_a_folder_is_a_table_with_a_row_for_each_recording(session, capsys):
    assert main(["measure", str(session)]) == 2
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    assert lines[0].split()[:2] == ["recording", "m/s"] and printed.err == ""
    rows = {line.split()[0]: line for line in lines[1:-1]}
    assert list(rows) == [
        "empty.c3d", "text.c3d", "trials/off.c3d", "trials/on.c3d", "truncated.c3d",
    ]  # fmt: skip
    for name, reason in (("empty", "is empty"), ("text", "is text"), ("truncated", "is truncated")):
        row = rows[f"{name}.c3d"]
        assert f"refused: {reason}" in row and str(session) not in row
    assert rows["trials/on.c3d"].split()[1:] == ["1.18", "107", "0.67", "27", "9"]
    assert lines[-1] == "2 walks, 3 refused"


def test_scores_are_in_the_table_and_the_whole_text_follows_on_request(session, untrained, capsys):
    folder = str(session / "trials")
    assert main(["assess", "--model", untrained, folder]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:4] == ["recording", "score", "certain", "claims"]
    assert re.fullmatch(r"off\.c3d +[012] +yes +\d+/\d+ .*", lines[1]), lines[1]
    assert lines[-1].startswith("2 walks (0 withheld, 0 uncertain)")
    assert main(["assess", "--model", untrained, folder, "-v"]) == 0
    printed = capsys.readouterr()
    assert printed.out.count("  Score ") == 2 and "recording  " not in printed.out
    assert re.search(r"time: .* for 2 recordings: reading and measuring .* loading", printed.err)
    assert main(["assess", "--model", untrained, folder, "-q"]) == 0
    printed = capsys.readouterr()
    assert len(printed.out.splitlines()) == 2 and printed.err == ""
    assert printed.out.startswith("off.c3d: Score ")


def test_a_static_trial_in_a_folder_is_no_failure(standing, capsys):
    assert main(["measure", str(standing)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(re.match(r"static\.trc +static trial, not a walk", line) for line in lines)
    assert lines[-1] == "1 walk, 1 static trial"
    assert main(["measure", str(standing / "static.trc")]) == 2
    assert "static" in capsys.readouterr().err


def test_the_progress_bar_is_on_a_terminal_only(session, on_terminal, capsys):
    _, text = on_terminal("measure", str(session))
    assert "recording/s]" in text or "s/recording]" in text
    _, text = on_terminal("measure", str(session), "-q")
    assert "recording/s" not in text and "s/recording" not in text
    main(["measure", str(session)])
    assert "recording/s" not in capsys.readouterr().err


def test_the_table_of_a_session_has_its_columns(session, tmp_path, capsys):
    out = tmp_path / "visit.csv"
    options = ["--id", "P 07", "--age", "71", "--sex", "female", "--height", "165"]
    assert main(["measure", str(session), *options, "--csv", str(out)]) == 2
    assert "2 walks, 3 refused" in capsys.readouterr().out
    rows = list(csv.DictReader(out.open(encoding="utf-8")))
    assert [row["recording"] for row in rows] == [
        "empty.c3d", "text.c3d", "trials/off.c3d", "trials/on.c3d", "truncated.c3d",
    ]  # fmt: skip
    columns = ["id", "age", "sex", "height_m", "file", "sha256", "assessed", "software", "strides"]
    assert set(columns) <= set(rows[0]) and "score" in rows[0]
    on = rows[3]
    assert (on["id"], on["age"], on["sex"], on["height_m"]) == ("P 07", "71.0", "female", "1.65")
    assert float(on["speed_m_per_s"]) == pytest.approx(1.176, abs=1e-3) and on["reason"] == ""
    assert abs(float(on["step_time_s_left"]) - float(on["step_time_s_right"])) < 0.1
    assert len(on["sha256"]) == 64 and on["score"] == "" and on["medication"] == "on"
    assert "is empty" in rows[0]["reason"] and rows[0]["speed_m_per_s"] == ""


def test_the_table_is_printed_without_a_file(session, untrained, capsys):
    assert main(["assess", "--model", untrained, str(session / "trials"), "--csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["recording"] for row in rows] == ["off.c3d", "on.c3d"]
    assert all(row["score"] in "012" and row["trained_on"] for row in rows)
    assert main(["measure", "--csv", str(session / "trials")]) == 0  # one row for each parameter
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {row["file"] for row in rows} == {"off.c3d", "on.c3d"} and len(rows) > 60


@pytest.mark.slow
def test_a_folder_of_reports_has_names_from_the_identity(session, tmp_path, capsys):
    out = tmp_path / "reports"
    arguments = [str(session), "--id", "P 07", "--report", f"{out}/"]
    assert main(["measure", *arguments]) == 2
    names = sorted(path.name for path in out.iterdir())
    assert len(names) == 3
    assert any(PAGE_NAME.fullmatch(name) for name in names), names
    assert any(name.startswith("P-07_session_") for name in names), names
    assert capsys.readouterr().err.count("report: ") == 3
    for name in names:
        assert "P 07" in (out / name).read_text("utf-8")


def test_one_page_is_the_report_of_one_recording_and_the_session_of_several(
    session, tmp_path, capsys
):
    single, several = tmp_path / "single.html", tmp_path / "several.html"
    walk = str(session / "trials" / "on.c3d")
    assert main(["measure", walk, "--report", str(single)]) == 0
    assert main(["measure", str(session / "trials"), "--report", str(several)]) == 0
    assert capsys.readouterr().err == f"report: {single}\nreport: {several}\n"
    pages = [path.read_text("utf-8") for path in (single, several)]
    assert "off.c3d" not in pages[0] and "off.c3d" in pages[1] and "on.c3d" in pages[1]


@pytest.mark.parametrize("command", ["assess", "measure", "compare"])
@pytest.mark.parametrize(
    ("option", "name", "message"),
    [
        ("--report", "none/page.html", "the folder {}/none of page.html does not exist"),
        ("--report", "page.txt", "page.txt ends in '.txt', expected a name that ends in .html"),
        ("--report", "walk.html", "is a file that is read: name another"),
        ("--pdf", "none/page.pdf", "the folder {}/none of page.pdf does not exist"),
        ("--pdf", "page.html", "page.html ends in '.html', expected a name that ends in .pdf"),
        ("--pdf", "a/b/", "the folder {}/a of b does not exist"),
        ("--csv", "none/t.csv", "the folder {}/none of t.csv does not exist"),
        ("--csv", "t.txt", "t.txt ends in '.txt', expected .csv"),
        ("--csv", "folder.csv", "folder.csv is a folder, expected a file that ends in .csv"),
    ],
)
def test_outputs_are_checked_before_the_work(
    command, option, name, message, capsys, tmp_path, monkeypatch
):
    if command == "compare" and option == "--csv":
        pytest.skip("compare writes no table")
    fail = lambda *args, **kwargs: pytest.fail("a file is read")  # noqa: E731
    for target in ("motion.read_recording", "assessment.load_model"):
        monkeypatch.setattr(f"agir_hf.{target}", fail)
    (tmp_path / "folder.csv").mkdir()
    walk = tmp_path / "walk.html"  # a recording is recognised by --format, not by its name
    shutil.copy(SAMPLE, walk)
    before = sorted(tmp_path.rglob("*"))
    files = [str(walk)] * (2 if command == "compare" else 1)
    out = f"{tmp_path}/{name}"
    assert main([command, *files, "--format", "c3d", option, out]) == 2
    printed = capsys.readouterr()
    assert printed.out == "" and printed.err.count("\n") == 1
    assert option in printed.err and message.format(tmp_path) in printed.err
    assert sorted(tmp_path.rglob("*")) == before and walk.read_bytes() == SAMPLE.read_bytes()


def test_a_folder_that_cannot_be_written_to_is_refused_before_the_work(
    capsys, tmp_path, monkeypatch
):
    monkeypatch.setattr("os.access", lambda path, mode: False)
    monkeypatch.setattr("agir_hf.motion.read_recording", lambda *a, **k: pytest.fail("read"))
    assert main(["measure", str(SAMPLE), "--report", f"{tmp_path}/a.html"]) == 2
    assert "cannot be written to" in capsys.readouterr().err


def test_a_missing_browser_is_reported_before_the_work(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setattr("agir_hf.motion.read_recording", lambda *a, **k: pytest.fail("read"))
    assert main(["measure", str(SAMPLE), "--pdf", f"{tmp_path}/a.pdf"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("agir: --pdf: ") and "Chrom" in error and error.count("\n") == 1


def test_two_printed_outputs_exclude_each_other(capsys):
    assert main(["measure", str(SAMPLE), "--json", "--csv"]) == 2
    assert "--csv OUT.csv" in capsys.readouterr().err


def test_a_report_that_fails_does_not_throw_the_result_away(
    untrained, capsys, tmp_path, monkeypatch
):
    def write_report(self, path):
        raise ValueError("the gait could not be measured")

    monkeypatch.setattr("agir_hf.assessment.AssessedWalk.write_report", write_report)
    page = tmp_path / "page.html"
    command = ["assess", "--json", "--model", untrained, str(SAMPLE), "--report", str(page)]
    assert main(command) == 2
    printed = capsys.readouterr()
    assert json.loads(printed.out)["reasoning"]
    assert printed.err == "agir: no report: the gait could not be measured\n"
    assert not page.exists()


def z_of_page(text):
    """Name of a parameter → its z-score on a page, without those that are split by side."""
    rows = re.findall(r'<tr id="gait-(\w+)">(.*?)</tr>', text, flags=re.DOTALL)
    cells = {name: re.findall(r'class="z(?: out)?">([^<]*)<', row) for name, row in rows}
    return {name: z[0].replace("−", "-") for name, z in cells.items() if len(z) == 1 and z[0]}


def test_z_is_the_same_number_in_all_outputs(untrained, capsys, tmp_path):
    arguments = ["--age", "63", "--sex", "male", str(SAMPLE)]
    assert main(["measure", "--json", *arguments]) == 0
    rows = json.loads(capsys.readouterr().out)["parameters"]
    shown = {name: z_text(row["z"]) for name, row in rows.items() if row["z"] is not None}
    assert len(shown) > 20
    assert main(["measure", *arguments]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines() if line[2:3]}
    assert all(f" {z} " in f"{lines[name]} " for name, z in shown.items())
    assert main(["measure", "--csv", *arguments]) == 0
    table = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert {r["parameter"]: z_text(float(r["z"])) for r in table if r["z"]} == shown
    page = tmp_path / "page.html"
    assert main(["measure", "-q", *arguments, "--report", str(page)]) == 0
    of_page = z_of_page(page.read_text("utf-8"))
    assert len(of_page) > 8 and of_page.items() <= shown.items()
    capsys.readouterr()
    assert main(["compare", "--json", *arguments, str(SAMPLE)]) == 0
    compared = json.loads(capsys.readouterr().out)["parameters"]
    assert {r["name"]: z_text(r["z_b"]) for r in compared if r["z_b"] is not None} == shown
    assert main(["assess", "--json", *arguments]) == 0
    result = json.loads(capsys.readouterr().out)
    claims = result["evidence"]["claims"] + result["evidence_unaided"]["claims"]
    checked = [row for row in claims if row["z"] is not None and row["parameter"] in shown]
    assert len(checked) >= 5
    assert all(z_text(row["z"]) == shown[row["parameter"]] for row in checked)


def test_the_trust_block_is_first_and_a_withheld_score_is_not_shown(untrained, capsys, tmp_path):
    assert main(["assess", "--model", untrained, str(SAMPLE), "--id", "P7", "--height", "165"]) == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    labels = [line.split()[0] for line in lines if line[2] != " "]
    block = ["Score", "Confidence", "Certain", "Claims", "Knowledge", "Reasons"]
    assert [label for label in labels if label in block] == block and labels[0] == "Score"
    short = tmp_path / "short.npz"
    assert main(["convert", str(SAMPLE), str(short)]) == 0
    with np.load(short) as saved:
        values = dict(saved)
    values["joints"] = values["joints"][:24]
    np.savez(short, **values)
    capsys.readouterr()
    assert main(["assess", "--model", untrained, "--json", str(short)]) == 0
    result = json.loads(capsys.readouterr().out)
    if result["score"] is None:  # less than a stride was measured
        assert main(["assess", "--model", untrained, str(short)]) == 0
        text = capsys.readouterr().out
        assert "Reasons    not shown, because the score is withheld" in text
        assert "Score      withheld: too little was measured" in text and "Confidence" not in text
        assert main(["assess", "--model", untrained, str(short), str(short)]) == 0
        assert " withheld " in capsys.readouterr().out
    else:
        pytest.fail("1.2 s of a walk have a score")


def test_person_and_identity_are_in_every_result(untrained, capsys):
    stated = ["--id", "P 07", "--age", "71", "--sex", "female", "--height", "1.65"]
    person = {"age": 71, "sex": "female", "height_m": 1.65}
    for command in (["measure"], ["assess", "--model", untrained]):
        assert main([*command, "--json", str(SAMPLE), *stated]) == 0
        result = json.loads(capsys.readouterr().out)
        identity = result["identity"]
        assert result["person"] == person and identity["id"] == "P 07"
        assert identity["file"] == SAMPLE.name and len(identity["sha256"]) == 64
        assert main([*command, str(SAMPLE), *stated]) == 0
        text = " ".join(capsys.readouterr().out.split())
        assert "Person P 07, 71 years, female, 1.65 m" in text
        assert f"SHA-256 {identity['sha256'][:12]}" in text and identity["software"] in text


def test_an_error_of_markers_is_cut_to_one_readable_line():
    labels = ", ".join(f"L{i}" for i in range(20))
    sets = "Shida-44, Plug-in Gait, " * 10
    text = (
        f"a walk.c3d has 3 markers (A, B, C), expected one of the marker sets {sets}CMU-41: the "
        f"nearest is IOR (2007), with {labels} missing: label these markers"
    )
    assert short_reason(text) == (
        "a walk.c3d has 3 markers that match no marker set: the nearest is IOR (2007), without "
        "L0, L1, L2, L3 and 16 more: see agir markers a walk.c3d"
    )
    assert short_reason("a.c3d is empty:\n copy it") == "a.c3d is empty: copy it"
