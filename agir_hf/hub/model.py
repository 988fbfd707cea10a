"""Upload plan of a model: weights, code, processor, card and licence."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from ..evaluation.reporting.results import FILE, Results, is_results
from ..evaluation.reporting.split_results import SplitResults
from .file_checks import is_machine_path
from .folders import PACKAGE
from .model_card import CardFacts, model_card
from .upload_plan import PublishError, UploadPlan, gather

if TYPE_CHECKING:
    from ..modeling_agir import AgirForGaitAssessment
    from ..processing_agir import AgirProcessor

IDENTIFYING_FILE = "modeling_agir.py"
# Code that `save_pretrained` does not write: file of the package → its name in the repository.
_MORE_CODE = {"handler_agir.py": "handler.py"}
_REQUIRED = ("numpy", "safetensors", "torch", "transformers")  # packages that the code imports
# Files that a training leaves next to a model and that its users do not need.
_LEFTOVERS = ("checkpoint-*", "training_args.bin", "runs", "conversion.txt", "trackio")
_WEIGHTS = re.compile(r"model(?:-\d+-of-\d+)?\.safetensors(?:\.index\.json)?")  # are saved again
_PATH_ENTRIES = ("_name_or_path", "name_or_path")


def model_plan(
    folder: str | os.PathLike,
    repo: str,
    staging: str | os.PathLike,
    *,
    tag: str | None = None,
    results: Path | None = None,
    row: str | None = None,
    datasets: Sequence[str] = (),
    base_model: str | None = None,
) -> UploadPlan:
    """Plan the upload of a model, and write the files that it needs.

    Model and processor are loaded and saved again, so that the weights are in safetensors format
    and the code files are next to them; a model that cannot be loaded is not published. The card,
    the licence and the requirements of an endpoint are added. Other files of the folder are
    uploaded as they are.

    Args:
        folder (`str` or `os.PathLike`):
            Folder of the model and its processor.
        repo (`str`):
            Name of the repository, "name" or "owner/name".
        staging (`str` or `os.PathLike`):
            Empty folder for the files of the plan. Keep it until the plan is uploaded.
        tag (`str`, *optional*):
            Name of the revision, which the card shows.
        results (`Path`, *optional*):
            Evaluation, a file or its folder. By default `results.json` of the model's folder, if
            there is one.
        row (`str`, *optional*):
            Name of this model in an evaluation of several models by ``agir evaluate``.
        datasets (`Sequence[str]`, *optional*):
            Names of the training data sets on the Hub.
        base_model (`str`, *optional*):
            Name on the Hub of the model that training started from.

    Returns:
        [`~agir_hf.hub.upload_plan.UploadPlan`]: The plan, for [`~agir_hf.hub.upload.push`].

    Raises:
        PublishError: The folder has no complete model, the evaluation cannot be read or does not
            have the row, or the disk is full.

    Example:
        ```python
        >>> from pathlib import Path
        >>> import agir_hf
        >>> from agir_hf.hub.model import model_plan
        >>> Path("staging").mkdir()
        >>> plan = model_plan(agir_hf.DEFAULT_MODEL, "me/agir", "staging", tag="v1")
        >>> [path for path in sorted(plan.files) if path.endswith((".md", ".safetensors"))]
        ['README.md', 'model.safetensors', 'parameter_forest.safetensors']

        ```
    """
    folder, staging = Path(folder), Path(staging)
    files, left_out = _source_files(folder)
    evaluation = _evaluation(folder, results)
    _check_row(evaluation, row)
    model, processor = _load(folder)
    facts = CardFacts(
        repo,
        tag,
        model.config.training_data,
        calibrated=model.config.uncertain_below is not None,
        source=_read(files.get("README.md")),
        results=None if evaluation is None else evaluation[1],
        row=row,
        datasets=datasets,
        base_model=base_model,
        num_scores=model.config.num_scores,
    )
    with _write_errors(staging):
        model.save_pretrained(staging)
        processor.save_pretrained(staging)
        remarks = _remove_machine_paths(staging)
        _write_code(staging)
        _write_documents(folder, staging, evaluation, facts)
    staged, _ = gather(staging)
    if evaluation is None:
        remarks.append(f"the card has no evaluation: there is no {FILE}, pass one with --results")
    if not datasets:
        remarks.append("the card names no training data set on the Hub: pass one with --dataset")
    return UploadPlan("model", repo, files | staged, IDENTIFYING_FILE, left_out, remarks)


def _source_files(folder: Path) -> tuple[dict[str, Path], list[str]]:
    """Return the files of the folder that are uploaded, and what is left out.

    Raises:
        PublishError: The folder has no model of AGIR.
    """
    files, left_out = gather(folder, _LEFTOVERS)
    model_type = None
    if "config.json" in files:
        with suppress(ValueError, AttributeError):
            model_type = json.loads(_read(files["config.json"])).get("model_type")
    if model_type != "agir":
        content = f"a model of type {model_type!r}" if model_type else "no model"
        raise PublishError(
            f"{folder} holds {content}, expected one of type 'agir' with its config.json"
        )
    files = {path: file for path, file in files.items() if not _WEIGHTS.fullmatch(path)}
    return files, left_out


def _load(folder: Path) -> tuple[AgirForGaitAssessment, AgirProcessor]:
    """Load model and processor.

    Raises:
        PublishError: They cannot be loaded, or weights are missing.
    """
    from safetensors import SafetensorError

    from .. import AgirForGaitAssessment, AgirProcessor  # from the package, which registers them

    try:
        model, report = AgirForGaitAssessment.from_pretrained(
            folder, use_safetensors=True, output_loading_info=True, local_files_only=True
        )
        processor = AgirProcessor.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise PublishError(f"{folder} holds no complete model: {error}") from error
    missing = [*report["missing_keys"], *(key[0] for key in report["mismatched_keys"])]
    if missing:
        raise PublishError(
            f"{folder} holds no complete model: its weights lack {', '.join(missing[:3])} "
            f"({len(missing)} tensors): save it again"
        )
    return model, processor


@contextmanager
def _write_errors(staging: Path) -> Iterator[None]:
    """Raise a `PublishError` for a full disk and other errors of writing."""
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, SafetensorError) as error:
        full = getattr(error, "errno", None) == errno.ENOSPC or "No space left" in str(error)
        what = "the disk is full" if full else f"a file cannot be written ({error})"
        raise PublishError(
            f"{what}: the model is saved in {staging.parent} before the upload: free space there, "
            "or set TMPDIR to another folder"
        ) from error


def _remove_machine_paths(staging: Path) -> list[str]:
    """Empty the entries of configurations that have a path of this machine.

    Returns:
        A remark for each.
    """
    remarks = []
    for path in sorted(staging.glob("*config.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        removed = list(_empty_paths(content))
        if removed:
            path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        remarks += [
            f"{path.name}: {name} was {value}, a path of this machine; it is now empty"
            for name, value in removed
        ]
    return remarks


def _empty_paths(content: dict) -> Iterator[tuple[str, str]]:
    """Empty the entries in place; yield name and old value of each."""
    for name, value in content.items():
        if isinstance(value, dict):
            yield from _empty_paths(value)
        elif name in _PATH_ENTRIES and (
            is_machine_path(str(value)) or Path(str(value)).is_absolute()
        ):
            content[name] = ""
            yield name, value


def _write_code(staging: Path) -> None:
    """Write the code that `save_pretrained` does not, and the requirements of an endpoint."""
    for name, name_in_repository in _MORE_CODE.items():
        if (PACKAGE / name).is_file():
            shutil.copyfile(PACKAGE / name, staging / name_in_repository)
    requirements = sorted(
        line
        for line in metadata.requires("agir-hf") or []
        if re.split(r"[^\w-]", line)[0] in _REQUIRED and "extra ==" not in line
    )
    (staging / "requirements.txt").write_text("\n".join(requirements) + "\n", encoding="utf-8")


def _write_documents(folder: Path, staging: Path, evaluation, facts: CardFacts) -> None:
    """Write card, licence and evaluation."""
    try:
        card = model_card(facts)
    except ValueError as error:
        raise PublishError(f"{folder / 'README.md'}: {error}") from error
    (staging / "README.md").write_text(card, encoding="utf-8")
    if evaluation is not None:
        shutil.copyfile(evaluation[0], staging / FILE)
    if not (folder / "LICENSE").is_file():
        (staging / "LICENSE").write_text(_package_licence(), encoding="utf-8")


def _package_licence() -> str:
    """Return the text of this package's licence.

    Raises:
        PublishError: The package was installed without its licence.
    """
    installed = [file for file in metadata.files("agir-hf") or [] if file.name == "LICENSE"]
    for path in (PACKAGE.parent / "LICENSE", *(Path(str(file.locate())) for file in installed)):
        if path.is_file():
            return path.read_text(encoding="utf-8")
    raise PublishError(
        "this package was installed without its LICENSE: put a LICENSE into the model's folder"
    )


def _evaluation(folder: Path, results: Path | None) -> tuple[Path, Results | SplitResults] | None:
    """Return the file of an evaluation and its content; None if the folder has none."""
    path = folder / FILE if results is None else results / FILE if results.is_dir() else results
    if not path.is_file():
        if results is None:
            return None
        raise PublishError(
            f"no such file: {path}, expected an evaluation by 'agir evaluate' or "
            "recipes/evaluate.py"
        )
    try:
        return path, Results.load(path.parent) if is_results(path) else SplitResults.load(path)
    except ValueError as error:
        raise PublishError(str(error)) from error


def _check_row(evaluation: tuple[Path, Results | SplitResults] | None, row: str | None) -> None:
    """Check that it is clear which row of an evaluation is this model."""
    if evaluation is None or isinstance(evaluation[1], SplitResults):
        if row is not None:
            raise PublishError(f"--row {row!r} needs an evaluation by 'agir evaluate'")
        return
    names = [result.name for result in evaluation[1].rows if result.folds]
    if row not in names:
        problem = "no row was named" if row is None else f"there is no row {row!r}"
        raise PublishError(
            f"{problem} for {evaluation[0]}: name the row of this model with --row, one of "
            f"{', '.join(map(repr, names))}"
        )


def _read(path: Path | None) -> str:
    return "" if path is None else path.read_text(encoding="utf-8")
