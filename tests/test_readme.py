"""The commands, examples, links and names of the README work."""

import glob
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = {  # file → text: the README and the guide that it refers to
    name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "recipes/guide.md")
}
README = PAGES["README.md"]
SCREEN = 130  # lines: the README is read on one screen or two


def blocks(language, text=None):
    text = "\n".join(PAGES.values()) if text is None else text
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


# Commands that take long or need a server or other weights, and the test file that runs them.
ELSEWHERE = {
    "demo --ui": "spaces_app/test_app.py",
    "convert-motiongpt": "cli/test_convert_motiongpt.py",
    "reproduce": "experiments/test_reproduce.py",
    "evaluate reasoning": "test_packaging.py",
    "evaluate linear-probe": "test_packaging.py",
    "evaluate external": "cli/test_evaluate.py",
    "evaluate embeddings": "cli/test_evaluate.py",
    "norms": "cli/test_norms.py",
    "assess my_walk.c3d --age 72": "cli/test_assess.py",
    "measure wham.pkl": "motion/test_body_layouts.py",
}
SMALL = {"corpus simulate": ["--subjects", "6", "--walks", "1"]}  # options that shorten a command


def commands():
    return [line for block in blocks("bash") for line in block.splitlines() if line.strip()]


def words_of(line):
    """Arguments of ``agir``, with file patterns expanded."""
    words = shlex.split(line, comments=True)[1:]
    return [name for word in words for name in (sorted(glob.glob(word)) or [word])]


def test_the_install_commands_are_followed_by_the_demo_and_the_tests():
    installs = [line for line in commands() if line.startswith("pip install")]
    expected = ["agir demo", "pytest -n 2 --dist loadfile"]
    assert [line.split("&& ")[1] for line in installs] == expected


@pytest.mark.slow
def test_the_commands_run_one_after_the_other(tmp_path, monkeypatch, saved_model, capsys):
    """All but those of ELSEWHERE, on simulated walks; later commands use files of earlier ones."""
    from agir_hf.cli import main

    monkeypatch.chdir(tmp_path)
    walks = {"my_walk": "score_1", "before": "off", "after": "on"}
    for name, example in walks.items():
        shutil.copy(ROOT / f"spaces_app/examples/simulated_{example}.c3d", f"{name}.c3d")
    shutil.copytree(saved_model, "MODEL")
    Path("SESSION").mkdir()
    for name in ("before", "after"):
        shutil.copy(f"{name}.c3d", "SESSION")
    run = 0
    for line in commands():
        words = words_of(line)
        if "--pdf" in words and not (shutil.which("chromium") or shutil.which("google-chrome")):
            words = [word for word in words if word not in ("--pdf", "walk.pdf")]
        if not line.startswith("agir ") or any(
            line.startswith(f"agir {command}") for command in ELSEWHERE
        ):
            continue
        more = next(
            (options for command, options in SMALL.items() if line.startswith(f"agir {command}")),
            [],
        )
        assert main([*words, *more]) == 0, f"{line}: {capsys.readouterr().err}"
        run += 1
    assert run >= 15
    made = (
        "walk.html", "gait.html", "session.csv", "session.html", "change.html", "generated.html",
        "joints.npz", "texts.csv", "CORPUS", "FITS",
    )  # fmt: skip
    assert [name for name in made if not Path(name).exists()] == []
    (load,) = [line for line in commands() if line.startswith("python -c")]
    ran = subprocess.run(
        [sys.executable, *shlex.split(load)[1:]], capture_output=True, text=True, timeout=300
    )
    assert "rationale" in ran.stdout, ran.stderr


def test_commands_of_other_tests_exist():
    for command, test in ELSEWHERE.items():
        assert any(line.startswith(f"agir {command}") for line in commands()), command
        assert (ROOT / "tests" / test).is_file()


@pytest.mark.slow
def test_the_python_examples_run():
    (example,) = blocks("python")
    run = subprocess.run(
        [sys.executable, "-c", example], capture_output=True, text=True, timeout=300, cwd=ROOT
    )
    assert run.returncode == 0, run.stderr
    by_hand, by_pipeline = run.stdout.splitlines()[-2:]
    assert by_hand.startswith(f"GaitAssessment(score={by_pipeline}")


@pytest.mark.parametrize("page", PAGES)
def test_link_targets_exist(page):
    folder = (ROOT / page).parent
    for target in re.findall(r"\]\((?!http)([^)]+)\)", PAGES[page]):
        path, _, heading = target.partition("#")
        assert (folder / path).exists(), target
        if heading:
            headings = re.findall(r"^#+ (.+)$", (folder / path).read_text(encoding="utf-8"), re.M)
            assert heading in [text.lower().replace(" ", "-") for text in headings], target


def test_named_modules_exist():
    import agir_hf

    names = re.findall(r"`agir_hf\.([A-Z]\w+)`", "".join(PAGES.values()))
    assert names and all(getattr(agir_hf, name) for name in names)


def test_the_readme_is_short():
    assert len(README.splitlines()) <= SCREEN


def test_the_readme_shows_what_the_demo_prints(capsys):
    """Line by line and in order; a line with only … is for lines that are left out."""
    from agir_hf.cli import main

    assert main(["demo"]) == 0
    printed = iter(capsys.readouterr().out.splitlines())
    (shown,) = blocks("text", README)
    assert shown.count("…\n") == 2
    for line in shown.rstrip().splitlines():
        assert line.strip() == "…" or line in printed, line


def test_recipes_named_in_their_readme_exist():
    text = (ROOT / "recipes" / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"recipes/[\w/]+\.(?:py|yaml)", text))
    assert len(named) >= 7
    assert all((ROOT / name).exists() for name in named)


def test_every_command_parses():
    """Parse every command with its options, without running it."""
    from agir_hf.cli import _parser

    shown = [words_of(line) for line in commands() if line.startswith("agir ")]
    assert {words[0] for words in shown} == {
        "assess", "measure", "compare", "fit", "convert", "describe", "generate", "demo",
        "convert-motiongpt", "corpus", "evaluate", "markers", "norms", "push", "reproduce",
    }  # fmt: skip
    for words in shown:
        assert _parser().parse_args(words).run


def test_every_format_of_the_table_has_a_reader():
    from agir_hf.motion.readers import ENDINGS

    guide = PAGES["recipes/guide.md"]
    table = guide[guide.index("| recording | read as |") : guide.index("Each may be packed")]
    assert set(re.findall(r"`(\.\w+)`", table)) == set(ENDINGS)
