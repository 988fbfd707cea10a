"""A model's folder → what a model repository holds: weights, code, processor, card, licence."""

from __future__ import annotations

import errno
import json
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from ..evaluation.reporting.results import FILE, Results, is_results
from ..evaluation.reporting.split_results import SplitResults
from .file_checks import is_place
from .model_card import CardFacts, model_card
from .upload_plan import PublishError, UploadPlan, gather

if TYPE_CHECKING:
    from ..modeling_agir import AgirForGaitAssessment
    from ..processing_agir import AgirProcessor

SIGN = "modeling_agir.py"
_PACKAGE = Path(__file__).resolve().parents[1]
# beside what `save_pretrained` writes: our file → its name in the repository
_MORE_CODE = {"handler_agir.py": "handler.py"}
_REQUIRED = ("numpy", "safetensors", "torch", "transformers")  # by those files
# What a training leaves beside a model; nobody who uses the model needs it.
_LEFTOVERS = ("checkpoint-*", "training_args.bin", "runs", "conversion.txt", "trackio")
_WEIGHTS = re.compile(r"model(?:-\d+-of-\d+)?\.safetensors(?:\.index\.json)?")  # written anew
_PLACES = ("_name_or_path", "name_or_path")


def model_plan(
    folder: Path,
    repo: str,
    staging: Path,
    *,
    tag: str | None = None,
    results: Path | None = None,
    row: str | None = None,
    datasets: Sequence[str] = (),
    base_model: str | None = None,
) -> UploadPlan:
    """Put a model together as it is published.

    Model and processor are loaded and written anew, so that weights are safetensors, the code lies
    beside them, and what cannot be loaded is not published. Other files of the folder go along.

    Args:
        folder: of a model and its processor.
        repo: "name" or "owner/name".
        staging: an empty folder to write into; the plan's files lie there.
        tag: of the revision, for the card.
        results: folder or file of the evaluation; by default the folder's own, if it has one.
        row: of an evaluation by ``agir evaluate``: the one that is this model.
        datasets: names on the Hub of what it was trained on.
        base_model: name on the Hub of what it was trained from.

    Raises:
        PublishError: the folder holds no whole model, the evaluation is none or has no such row,
            or the disk is full.
    """
    files, left_out = _source(folder)
    evaluation = _evaluation(folder, results)
    _check_row(evaluation, row)
    model, processor = _load(folder)
    facts = CardFacts(
        repo,
        tag,
        model.config.training_data,
        calibrated=model.config.uncertain_below is not None,
        source=_text(files.get("README.md")),
        results=None if evaluation is None else evaluation[1],
        row=row,
        datasets=datasets,
        base_model=base_model,
    )
    with _room_in(staging):
        model.save_pretrained(staging)
        processor.save_pretrained(staging)
        remarks = _strip_places(staging)
        _write_code(staging)
        _write_papers(folder, staging, evaluation, facts)
    staged, _ = gather(staging)
    if evaluation is None:
        remarks.append(f"the card tells no evaluation: there is no {FILE}, give one with --results")
    if not datasets:
        remarks.append("the card names no data set of the Hub: --dataset NAME names it")
    return UploadPlan("model", repo, files | staged, SIGN, left_out, remarks)


def _source(folder: Path) -> tuple[dict[str, Path], list[str]]:
    """The folder's files that go along, and what does not.

    Raises:
        PublishError: it holds no model of ours.
    """
    files, left_out = gather(folder, _LEFTOVERS)
    kind = None
    if "config.json" in files:
        with suppress(ValueError, AttributeError):
            kind = json.loads(_text(files["config.json"])).get("model_type")
    if kind != "agir":
        raise PublishError(
            f"{folder} holds {'a model of type ' + repr(kind) if kind else 'no model'}, expected "
            "one of type 'agir' with its config.json"
        )
    files = {path: file for path, file in files.items() if not _WEIGHTS.fullmatch(path)}
    return files, left_out


def _load(folder: Path) -> tuple[AgirForGaitAssessment, AgirProcessor]:
    """Model and processor.

    Raises:
        PublishError: they cannot be loaded whole.
    """
    from safetensors import SafetensorError

    from .. import AgirForGaitAssessment, AgirProcessor

    try:
        model, told = AgirForGaitAssessment.from_pretrained(
            folder, use_safetensors=True, output_loading_info=True, local_files_only=True
        )
        processor = AgirProcessor.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise PublishError(f"{folder} holds no whole model: {error}") from error
    lacking = [*told["missing_keys"], *(one[0] for one in told["mismatched_keys"])]
    if lacking:
        raise PublishError(
            f"{folder} holds no whole model: its weights lack {', '.join(lacking[:3])} "
            f"({len(lacking)} tensors): save it again"
        )
    return model, processor


@contextmanager
def _room_in(staging: Path) -> Iterator[None]:
    """Turn a full disk, and whatever else keeps us from writing, into a `PublishError`."""
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, SafetensorError) as error:
        full = getattr(error, "errno", None) == errno.ENOSPC or "No space left" in str(error)
        what = "the disk is full" if full else f"it cannot be written ({error})"
        raise PublishError(
            f"{what}: the model is put together in {staging.parent} before it goes up: make room "
            "there, or set TMPDIR to another folder"
        ) from error


def _strip_places(staging: Path) -> list[str]:
    """Empty the entries that tell where on this machine something was loaded from.

    Returns:
        A remark for each.
    """
    remarks = []
    for path in sorted(staging.glob("*config.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        found = list(_without_places(content))
        if found:
            path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        remarks += [f"{path.name}: {name} was {place}, and is left empty" for name, place in found]
    return remarks


def _without_places(content: dict):
    """Empty them in place; yields name and what was there."""
    for name, value in content.items():
        if isinstance(value, dict):
            yield from _without_places(value)
        elif name in _PLACES and (is_place(str(value)) or Path(str(value)).is_absolute()):
            content[name] = ""
            yield name, value


def _write_code(staging: Path) -> None:
    """What `save_pretrained` does not write: the handler, and what an endpoint installs."""
    for name, there in _MORE_CODE.items():
        if (_PACKAGE / name).is_file():
            shutil.copyfile(_PACKAGE / name, staging / there)
    needed = sorted(
        line
        for line in metadata.requires("agir-hf") or []
        if re.split(r"[^\w-]", line)[0] in _REQUIRED and "extra ==" not in line
    )
    (staging / "requirements.txt").write_text("\n".join(needed) + "\n", encoding="utf-8")


def _write_papers(folder: Path, staging: Path, evaluation, facts: CardFacts) -> None:
    """Card, licence and evaluation."""
    try:
        card = model_card(facts)
    except ValueError as error:
        raise PublishError(f"{folder / 'README.md'}: {error}") from error
    (staging / "README.md").write_text(card, encoding="utf-8")
    if evaluation is not None:
        shutil.copyfile(evaluation[0], staging / FILE)
    if not (folder / "LICENSE").is_file():
        (staging / "LICENSE").write_text(_own_licence(), encoding="utf-8")


def _own_licence() -> str:
    """The text of this package's licence.

    Raises:
        PublishError: it was installed without.
    """
    installed = [one for one in metadata.files("agir-hf") or [] if one.name == "LICENSE"]
    for place in (_PACKAGE.parent / "LICENSE", *(Path(str(one.locate())) for one in installed)):
        if place.is_file():
            return place.read_text(encoding="utf-8")
    raise PublishError("this package was installed without its LICENSE: put one beside the model")


def _evaluation(folder: Path, given: Path | None) -> tuple[Path, Results | SplitResults] | None:
    """The file of an evaluation and its content."""
    path = folder / FILE if given is None else given / FILE if given.is_dir() else given
    if not path.is_file():
        if given is None:
            return None
        raise PublishError(f"no {path}, expected what 'agir evaluate' or recipes/evaluate.py wrote")
    try:
        return path, Results.load(path.parent) if is_results(path) else SplitResults.load(path)
    except ValueError as error:
        raise PublishError(str(error)) from error


def _check_row(evaluation, row: str | None) -> None:
    """Raise unless the row that is this model is clear."""
    if evaluation is None or isinstance(evaluation[1], SplitResults):
        if row is not None:
            raise PublishError(f"--row {row!r} is for an evaluation by 'agir evaluate'")
        return
    names = [one.name for one in evaluation[1].rows if one.folds]
    if row not in names:
        came = "no row is named" if row is None else f"there is no row {row!r}"
        raise PublishError(
            f"{came} in {evaluation[0]}: name the one that is this model with --row, one of "
            f"{', '.join(map(repr, names))}"
        )


def _text(path: Path | None) -> str:
    return "" if path is None else path.read_text(encoding="utf-8")
