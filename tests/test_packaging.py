"""Wheel and sdist: what they contain, and that the commands work from the wheel alone."""

import configparser
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import agir_hf
from agir_hf.corpus.loading import ALL_SUBJECTS
from agir_hf.evaluation.reporting.results import Results

ROOT = Path(agir_hf.__file__).resolve().parents[1]
TOP_FOLDERS = {"agir_hf.recipes": "recipes", "agir_hf.spaces_app": "spaces_app"}


def configuration() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def tracked_files(*folders: str) -> list[Path]:
    """Files of the working tree that git would commit, relative to its root."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *folders],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    return [Path(name) for name in listing if (ROOT / name).is_file()]


def test_every_package_is_listed():
    listed = set(configuration()["options"]["packages"].split())
    folders = {path.parent for path in tracked_files("agir_hf") if path.name == "__init__.py"}
    packages = {".".join(folder.parts) for folder in folders}
    recipes = {"agir_hf.recipes.cluster", "agir_hf.recipes.tiny"}
    assert packages | {*TOP_FOLDERS, *recipes, "agir_launcher"} == listed


def test_extras_that_the_messages_name_exist():
    extras = set(configuration()["options.extras_require"])
    assert {"train", "plot", "space", "evaluation", "smpl", "cluster", "test"} <= extras


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    """A copy of the working tree."""
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("needs a git clone, from which the list of files is read")
    source = tmp_path_factory.mktemp("source")
    for path in tracked_files():
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, source / path)
    return source


@pytest.fixture(scope="module")
def wheel(source, tmp_path_factory) -> Path:
    """A wheel built from the copy."""
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", ".", "--no-deps", "--no-build-isolation"]
    result = subprocess.run(
        [*command, "-q", "-w", str(out)], cwd=source, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    (built,) = out.glob("agir_hf-*.whl")
    return built


@pytest.mark.slow
def test_the_wheel_contains_code_data_recipes_and_the_space(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    kinds = {".py", ".json", ".yaml", ".md", ".css", ".js", ".npz", ".c3d", ".safetensors", ".j2"}
    for folder in ("agir_hf", "recipes", "spaces_app"):
        for path in tracked_files(folder):
            name = path.as_posix() if folder == "agir_hf" else f"agir_hf/{path.as_posix()}"
            if path.suffix in kinds:
                assert name in names, f"{name} is not in the wheel"
    assert not [name for name in names if name.startswith(("tests/", "agir_hf/tests/"))]


@pytest.mark.slow
def test_the_source_distribution_has_all_files_of_a_clone(wheel, source):
    # the build of the wheel writes the list of files that a source distribution has
    listed = (source / "agir_hf.egg-info/SOURCES.txt").read_text("utf-8").splitlines()
    files = {path.as_posix() for path in tracked_files()} - {".gitignore"}
    assert {"constraints.txt", "CITATION.cff", "dataset_card/README.md"} < files
    assert not files - set(listed)


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> dict[str, str]:
    """Environment variables under which the package is the unpacked wheel."""
    site = tmp_path_factory.mktemp("site")
    zipfile.ZipFile(wheel).extractall(site)
    return {**os.environ, "PYTHONPATH": str(site), "HF_HUB_OFFLINE": "1"}


# One process for several commands, because the imports of each take seconds.
COMMANDS = """
import json, sys
from agir_launcher import main
for words in map(json.loads, sys.argv[1:]):
    sys.argv = ["agir", *words]
    if code := main():
        sys.exit(code)
"""


def agir(environment, folder: Path, *commands: tuple[str, ...]) -> subprocess.CompletedProcess:
    """Run commands one after the other in a new process, up to the first that fails."""
    return subprocess.run(
        [sys.executable, "-P", "-c", COMMANDS, *map(json.dumps, commands)],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=1800,
    )  # fmt: skip


@pytest.mark.slow
def test_the_commands_use_the_unpacked_wheel(installed, tmp_path):
    code = "import agir_launcher, agir_hf; print(agir_hf.__file__, agir_launcher.__file__)"
    result = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=tmp_path, env=installed, capture_output=True, text=True,
    )  # fmt: skip
    assert all(path.startswith(installed["PYTHONPATH"]) for path in result.stdout.split())


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ("--version",),
        ("demo",),
        ("assess", agir_hf.SAMPLE_RECORDING),
        ("measure", agir_hf.SAMPLE_RECORDING),
        ("fit", agir_hf.SAMPLE_RECORDING, "-o", "fit.npz"),
        ("push", "space", "my-name/my-space", "--dry-run"),
    ],
    ids=" ".join,
)
def test_commands_run_in_an_empty_folder(installed, tmp_path, arguments):
    result = agir(installed, tmp_path, arguments)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() and "Traceback" not in result.stderr


@pytest.mark.slow
def test_a_corpus_and_both_tables_are_made_in_an_empty_folder(installed, tmp_path):
    def run(*commands: tuple[str, ...]) -> None:
        result = agir(installed, tmp_path, *commands)
        assert result.returncode == 0, f"{commands}: {result.stderr[-2000:]}"

    def trained() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in tmp_path.rglob("model.safetensors")}

    options = ("CORPUS", "-o", "OUT", "--smoke", "--workers", "2")
    reasoning = ("evaluate", "reasoning", *options)
    run(
        ("corpus", "simulate", "COHORT", "--subjects", "8", "--walks", "1"),
        ("corpus", "build", "COHORT", "CORPUS", "--fit", "centres"),
    )
    run(reasoning)
    results = Results.load(tmp_path / "OUT/reasoning")
    assert results.simulated and "smoke" in results.title
    names = [row.name for row in results.rows]
    assert len(names) == 10 and any("control" in name for name in names)
    for row in results.rows:
        assert row.fold_names == ["stratified/fold0", "stratified/fold1"]
        tested = [{walk.subject for walk in fold.predictions} for fold in row.folds]
        assert not tested[0] & tested[-1]
    predictions = results.row("EGO + DPO").predictions
    assert all({"cider", "supported", "well_formed"} <= set(walk.figures) for walk in predictions)
    tables = (tmp_path / "OUT/reasoning/tables.md").read_text()
    assert "simulated" in tables.lower() and "majority" in tables

    before = trained()
    run(("evaluate", "linear-probe", *options), reasoning)
    after = trained()
    assert all(after[path] == at for path, at in before.items())  # used again
    added = {path.relative_to(tmp_path / "OUT/trained").parts[0] for path in after.keys() - before}
    assert added == {ALL_SUBJECTS}  # of the naive row; the reasoning table trains nothing again
    names = [row.name for row in Results.load(tmp_path / "OUT/linear_probe").rows]
    assert any(name.startswith("naive") for name in names)
    assert {"ST-GCN, trained from scratch", "tokenizer: code vectors"} < set(names)
    assert names[-1] == "generative + reasoning (two stages), the score it writes"
    assert "printed in the paper" in (tmp_path / "OUT/linear_probe/tables.md").read_text()
    assert (tmp_path / "OUT/reasoning/tables.md").read_text() == tables
    assert sorted(path.name for path in tmp_path.iterdir()) == ["COHORT", "CORPUS", "OUT"]
