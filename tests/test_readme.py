"""What the README shows works."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_the_two_commands_begin_with_an_installation():
    commands = [line for block in blocks("bash") for line in block.splitlines()]
    installs = [line for line in commands if line.startswith("pip install -c constraints.txt")]
    assert [line.split("&& ")[1] for line in installs] == ["agir demo", "pytest"]


@pytest.mark.slow
def test_the_python_example_runs():
    (example,) = blocks("python")
    run = subprocess.run(
        [sys.executable, "-c", example], capture_output=True, text=True, timeout=300, cwd=ROOT
    )
    assert run.returncode == 0, run.stderr
    assert "GaitAssessment(score=" in run.stdout


def test_links_lead_somewhere():
    for target in re.findall(r"\]\((?!http)([^)]+)\)", README):
        assert (ROOT / target).exists(), target


def test_named_modules_exist():
    import agir_hf

    for name in re.findall(r"`agir_hf\.([A-Z]\w+)`", README):
        assert getattr(agir_hf, name)


def test_recipes_named_in_their_readme_exist():
    text = (ROOT / "recipes" / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"recipes/[\w/]+\.(?:py|yaml)", text))
    assert len(named) >= 7
    assert all((ROOT / name).exists() for name in named)


def test_every_command_shown_is_one_that_is_there():
    """With the flags it is shown with, parsed but not run."""
    from agir_hf.cli import _parser

    lines = [line for block in blocks("bash") for line in block.splitlines()]
    shown = [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("agir ")]
    assert {words[0] for words in shown} == {
        "assess", "measure", "fit", "convert", "describe", "generate", "convert-motiongpt",
        "corpus", "evaluate",
    }  # fmt: skip
    for words in shown:
        assert _parser().parse_args(words).run


def test_every_format_of_the_table_has_a_reader():
    from agir_hf.motion.readers import ENDINGS

    table = README[README.index("| recording | read as |") : README.index("Units and axes")]
    assert set(re.findall(r"`(\.\w+)`", table)) == set(ENDINGS)
