"""A finished build is recognised without opening a recording, until anything changes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import agir_hf
from agir_hf.cli import main
from agir_hf.corpus import build

OPTIONS = ("--fit", "centres")


@pytest.fixture(autouse=True)
def no_figures(monkeypatch):
    monkeypatch.setattr("agir_hf.corpus.card.draw_figures", lambda *_: False)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """Two subjects with the same recording."""
    folder = tmp_path_factory.mktemp("source")
    end = Path(agir_hf.SAMPLE_RECORDING).suffix
    for name in ("a", "b"):
        shutil.copy(agir_hf.SAMPLE_RECORDING, folder / f"{name}{end}")
    (folder / "clinical.csv").write_text(
        f"subject,session,file,score\nA,on,a{end},1\nB,on,b{end},0\n"
    )
    return folder


@pytest.fixture
def built(source, tmp_path, capsys):
    """A copy of the source, its corpus, and a function that builds it again.

    The function returns the ids of the recordings that were measured, and the printed lines.
    """
    folder = shutil.copytree(source, tmp_path / "source")
    measured, measure = [], build.measure_item

    def counted(job, **settings):
        measured.append(job[0].subject)
        return measure(job, **settings)

    def again(*options, corpus=tmp_path / "corpus"):
        measured.clear()
        capsys.readouterr()
        assert main(["corpus", "build", str(folder), str(corpus), *OPTIONS, *options]) == 0
        return list(measured), capsys.readouterr().out

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "measure_item", counted)
        yield folder, again


def no_source(*_):
    raise AssertionError("the source is read")


def test_a_finished_build_prints_the_same_and_reads_no_recording(built, monkeypatch):
    _, again = built
    measured, first = again()
    assert measured == ["A", "B"] and "corpus of 2 recordings" in first
    monkeypatch.setattr(build, "read_source", no_source)
    assert again() == ([], first)


def test_links_to_nothing_and_to_a_folder_above_are_no_error(built, monkeypatch):
    folder, again = built
    (folder / ".#a.c3d").symlink_to("user@host.1234")
    (folder / "loop").symlink_to(".")
    measured, first = again()
    assert measured == ["A", "B"]
    monkeypatch.setattr(build, "read_source", no_source)
    assert again() == ([], first)


@pytest.mark.parametrize(
    ("change", "measured"),
    [
        (lambda folder, path: path.write_bytes(path.read_bytes() + b" "), ["A"]),
        (lambda folder, path: path.unlink(), []),
        (lambda folder, path: (folder / "clinical.csv").open("a").write(f"C,on,{path.name},2\n"),
         ["C"]),
    ],
    ids=["changed", "removed", "added"],
)  # fmt: skip
def test_a_changed_a_removed_and_an_added_recording_are_noticed(built, change, measured):
    folder, again = built
    _, first = again()
    change(folder, next(folder.glob("a.*")))
    now, printed = again()
    assert now == measured and (printed != first or measured == ["A"])
    assert again() == ([], printed)


def test_a_copy_of_the_source_is_compared_by_content(built, monkeypatch):
    folder, again = built
    _, first = again()
    for path in folder.iterdir():
        os.utime(path, (1, 1))
    with monkeypatch.context() as patch:
        patch.setattr(build, "read_source", no_source)
        assert again() == ([], first)
    (folder / "clinical.csv").open("a").write("D,on,none.c3d,1\n")
    measured, printed = again()  # A and B have been measured with their first times
    assert measured == [] and "none.c3d" in printed


def test_other_settings_and_a_changed_corpus_are_noticed(built, tmp_path):
    _, again = built
    again()
    card = tmp_path / "corpus" / "README.md"
    again("--seed", "3")
    text = card.read_text("utf-8")
    assert "--seed 3" in text
    card.write_text(f"{text}no part of a card", encoding="utf-8")
    again("--seed", "3")
    assert card.read_text("utf-8") == text


def test_the_check_imports_no_large_library(built, tmp_path):
    folder, again = built
    again()
    code = (
        "import sys; sys.modules['agir_launcher'] = None; from agir_hf.cli import main; "
        "code = main(sys.argv[1:]); "
        "print({'scipy', 'torch', 'datasets', 'agir_hf.gait'} & set(sys.modules)); sys.exit(code)"
    )
    command = [sys.executable, "-c", code, "corpus", "build", folder, tmp_path / "corpus", *OPTIONS]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"
