"""Help and version come fast: nothing large is imported before a command runs."""

import os
import subprocess
import sys

import pytest

import agir_hf
from agir_hf.cli import person_options
from agir_hf.gait.norms import SEXES

# The console script is agir_launcher: it has agir_hf leave the Auto classes unregistered.
LAUNCHER = "import sys, types; sys.modules['agir_launcher'] = types.ModuleType('agir_launcher')\n"
HELP = (
    LAUNCHER
    + """
import contextlib, io
from agir_hf.cli import main
commands = (
    [], ["demo"], ["assess"], ["describe"], ["generate"], ["measure"], ["compare"], ["markers"],
    ["norms"],
    ["fit"], ["convert"], ["convert-motiongpt"], ["corpus"], ["corpus", "simulate"],
    ["corpus", "build"], ["corpus", "review"], ["corpus", "publish"], ["evaluate"],
    ["evaluate", "external"], ["evaluate", "embeddings"], ["evaluate", "reasoning"],
    ["evaluate", "linear-probe"],
    ["push"], ["push", "model"], ["push", "dataset"], ["push", "space"], ["push", "metrics"],
)
for command in commands:
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        try:
            main([*command, "--help"])
        except SystemExit as stop:
            assert stop.code == 0
    assert printed.getvalue().startswith("usage: agir"), command
large = ("numpy", "scipy", "torch", "transformers", "huggingface_hub", "agir_hf.gait",
         "agir_hf.motion")
print([name for name in large if name in sys.modules])
"""
)
ONE_COMMAND = LAUNCHER + "from agir_hf.cli import main\nmain([{!r}])"


def run(script: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=True
    ).stdout


def test_no_help_imports_a_large_library():
    assert run(HELP) == "[]\n"


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_help_and_version_answer_within_a_second(argument):
    before = os.times()
    assert "agir" in run(ONE_COMMAND.format(argument))
    after = os.times()  # of the processor, because the machine may be busy
    seconds = after.children_user - before.children_user
    assert seconds + after.children_system - before.children_system < 1


def test_measuring_and_its_report_import_no_torch(tmp_path):
    """Torch alone takes longer to import than a recording to measure."""
    arguments = ["measure", "-q", str(agir_hf.SAMPLE_RECORDING), "--report", f"{tmp_path}/a.html"]
    script = f"{LAUNCHER}from agir_hf.cli import main\nmain({arguments!r})\n"
    script += "print([name for name in ('torch', 'transformers', 'pandas') if name in sys.modules])"
    assert run(script).splitlines()[-1] == "[]"


def test_sexes_are_those_of_the_norms():
    assert person_options.SEXES == SEXES
