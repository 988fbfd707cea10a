"""Options of the recipes: YAML file and command line, with one-line errors, and the device."""

import argparse
import difflib
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import yaml
from transformers.hf_argparser import string_to_bool
from trl import TrlParser

from ..utils.command_line import OneLineErrors
from ..utils.devices import resolve_device

VISIBLE_DEVICES = "CUDA_VISIBLE_DEVICES"
_NOT_OPTIONS = ("config", "env")  # read by the parser itself


@dataclass
class DeviceArguments:
    """Option of every recipe for the device of the training.

    Attributes:
        device: "cpu", "cuda", "cuda:1" or "mps"; `None` takes the GPUs of this machine, and the
            CPU if there is none.
    """

    device: str | None = field(
        default=None,
        metadata={"help": "Device: cpu, cuda, cuda:1 or mps; None: the GPUs, else the CPU."},
    )


class _ScriptParser(OneLineErrors, TrlParser):
    """`trl.TrlParser` whose errors are one line."""

    def parse_known_args(self, args=None, namespace=None):
        """Parse arguments, and refuse those that the parser does not have.

        Args:
            args: Arguments, by default those of the process.
            namespace: Object that the values are stored in.

        Returns:
            The values, and no arguments that are left.
        """
        namespace, rest = super().parse_known_args(args, namespace)
        if rest:
            self.refuse(rest)
        return namespace, rest


def parse_arguments(*classes: type, args: Sequence[str] | None = None) -> tuple:
    """Read the options of a recipe from its YAML file (``--config``) and the command line.

    The command line overrides the file. Without ``--device`` and ``--use_cpu``, the GPUs of this
    machine are used, and the CPU if it has none and none was asked for.

    Args:
        *classes: Dataclasses of options, one of them with `transformers.TrainingArguments` as its
            base class or equal to it.
        args: Words of the command line. By default those of this process.

    Returns:
        One object of each class.

    Raises:
        ValueError: The file is not a YAML mapping, a key or an option is unknown, a GPU was asked
            for and is absent, or the GPU has no bfloat16 and ``bf16`` is true.

    Example:
        ```python
        >>> from transformers import TrainingArguments
        >>> from agir_hf.training.script_arguments import parse_arguments
        >>> (training,) = parse_arguments(
        ...     TrainingArguments, args=["--device", "cpu", "--learning_rate", "2e-4"]
        ... )
        >>> training.use_cpu, training.learning_rate
        (True, 0.0002)

        ```
    """
    parser = _ScriptParser((*classes, DeviceArguments))
    words = [part for word in (sys.argv[1:] if args is None else args) for part in _split(word)]
    config = read_config(words[words.index("--config") + 1 :][:1] if "--config" in words else [])
    check_names(parser, config, words)
    words += _device_words(config, words)
    try:
        *options, _ = parser.parse_args_and_config(words)
    except ValueError as error:
        if "bf16" not in str(error):
            raise
        raise ValueError(
            "bf16 is true, and the GPU of this machine has no bfloat16: pass --bf16 false (fp16 "
            "overflows in T5), or --device cpu"
        ) from error
    return tuple(options)


def _split(word: str) -> list[str]:
    """Split ``--config=FILE``, which the parser reads as two words only."""
    return word.split("=", 1) if word.startswith("--config=") else [word]


def read_config(files: Iterable[str | Path]) -> dict[str, Any]:
    """Read a YAML file of options.

    Args:
        files: No file or one.

    Returns:
        Name of each option → value; empty without a file.

    Raises:
        ValueError: The file is not a YAML mapping.
    """
    for file in files:
        try:
            content = yaml.safe_load(Path(file).read_text(encoding="utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise ValueError(f"{file} is not a YAML file: {error}") from error
        if not isinstance(content, dict):
            raise ValueError(f"{file} has no options, expected lines such as 'seed: 0'")
        return content
    return {}


def check_names(parser: argparse.ArgumentParser, config: dict[str, Any], words: Sequence[str] = ()):
    """Check that a parser has all options of a YAML file and of a command line.

    Args:
        parser: Parser of the recipe.
        config: Content of the YAML file.
        words: Words of the command line.

    Raises:
        ValueError: An option is unknown; the message names the most similar one.
    """
    names = {action.dest for action in parser._actions} | set(_NOT_OPTIONS)
    for name in config:
        if name not in names:
            raise ValueError(
                f"the configuration has the unknown key {name!r}{nearest(name, names)}"
            )
    flags = {flag for action in parser._actions for flag in action.option_strings} | {"--config"}
    for word in words:
        flag = word.partition("=")[0]
        if word.startswith("--") and not any(option.startswith(flag) for option in flags):
            raise ValueError(f"the option {flag} is unknown{nearest(flag, flags)}")


def nearest(name: object, names: Iterable[str]) -> str:
    """Name the most similar option, as the end of an error message.

    Args:
        name: Unknown name.
        names: Names of all options.
    """
    similar = difflib.get_close_matches(str(name), sorted(names), 1)
    advice = f"did you mean {similar[0]}?" if similar else "remove it"
    return f": {advice} (--help lists all options)"


def _device_words(config: dict[str, Any], words: Sequence[str]) -> list[str]:
    """Words that put the training on the device of the options."""
    peek = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    peek.add_argument("--device", default=config.get("device"))
    default = str(config.get("use_cpu", False))
    peek.add_argument("--use_cpu", nargs="?", const="true", default=default)
    options = peek.parse_known_args(list(words))[0]
    if options.device is None and string_to_bool(options.use_cpu):
        return []
    return ["--use_cpu", str(select_device(options.device).type == "cpu")]


def select_device(name: str | None) -> torch.device:
    """Select the device of a training, and hide the other GPUs from this process.

    A trainer uses all GPUs that a process sees. Therefore "cuda:1" is selected through the
    environment variable CUDA_VISIBLE_DEVICES, which has to be set before CUDA is initialised.

    Args:
        name: Device, such as "cuda:1"; `None` takes the GPUs of this machine, and the CPU if there
            is none and none was asked for.

    Returns:
        The device. After a GPU with a number, it is the only one.

    Raises:
        ValueError: The device is unknown or absent, or a launcher asked for GPUs that are absent.
    """
    if name is None:
        device = resolve_device()
        if device.type == "cpu":
            _check_launcher()
        return device
    kind, _, number = name.partition(":")
    if kind != "cuda" or not number.isdigit():
        return resolve_device(name)
    before = os.environ.get(VISIBLE_DEVICES)
    visible = before.split(",") if before else None
    if visible is None or int(number) < len(visible):
        os.environ[VISIBLE_DEVICES] = visible[int(number)] if visible else number
        if torch.accelerator.is_available():
            return torch.device("cuda")
        if before is None:
            del os.environ[VISIBLE_DEVICES]
        else:
            os.environ[VISIBLE_DEVICES] = before
    raise ValueError(
        f"device is {name!r}, but torch does not find this GPU"
        f"{f' among {VISIBLE_DEVICES}={before}' if before else ''}: pass --device cpu or another "
        "number, or install a driver and a build of torch for it"
    )


def _check_launcher() -> None:
    """Raise a ValueError if the environment asks for GPUs, which this machine does not have."""
    visible, processes = os.environ.get(VISIBLE_DEVICES), os.environ.get("WORLD_SIZE", "1")
    asked = None
    if visible and not visible.startswith("-"):
        asked = f"{VISIBLE_DEVICES} is {visible}"
    elif processes.isdigit() and int(processes) > 1:
        asked = f"the launcher started {processes} processes for as many GPUs"
    if asked:
        raise ValueError(
            f"{asked}, but torch finds only a CPU on this machine: pass --device cpu, or install a "
            "driver and a build of torch for the GPU"
        )
