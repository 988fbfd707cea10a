# PYTHON_ARGCOMPLETE_OK
"""Entry point of the ``agir`` command.

This package is installed under a second, top-level name too: ``agir_launcher``. Under that name it
is imported before `agir_hf`, which then does not register its classes with transformers (and does
not import torch) until a command loads a model. ``agir --help`` answers in less than a second.
"""


def main() -> int:
    """Run the command line with the arguments of the process.

    Returns:
        `int`: Exit code of the command.
    """
    from agir_hf.utils.threads import wait_passively

    wait_passively()  # before numpy and torch are imported, which read the variables
    from agir_hf.cli import main as run

    return run()
