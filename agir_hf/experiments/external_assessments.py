"""Assess the recordings of a table, and keep the results so that a run can continue."""

import hashlib
import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ..assessment import PreparedRecording, prepare_recording
from ..assessment.assessment import check_prediction
from ..assessment.messages import one_line
from ..assessment.parameter_forest import ParameterForest, forest_of
from ..assessment.prediction import BATCH_SIZE, Prediction, predict
from ..evaluation.probing.baselines import mean_and_spread
from ..gait.graded_walk import number_of
from ..gait.norms import Norms
from ..motion import JointMotion
from ..motion.augmentation import mirrored
from ..utils.jsonl import append_line, read_lines
from ..utils.parallel import in_processes
from ..version import __version__
from .errors import ExperimentError
from .external_table import ExternalRecording

_CACHE_FORMAT = 1  # changes where the fields of a result change


@dataclass(frozen=True, eq=False)
class Assessment:
    """What a user gets for a recording, and what the baselines use.

    Attributes:
        recording: The recording as the table describes it.
        score: Predicted score.
        probabilities: Probability of each score, from 0.
        uncertain: Whether the answer is marked as uncertain.
        mirrored_score: Predicted score of the mirror image of the walk.
        unaided: Rationale as the model wrote it.
        checked: Rationale that was chosen by evidence, or None if none was chosen.
        parameters: Measured gait parameters, name → value; empty if gait could not be measured.
        spread: Mean and standard deviation of the HumanML3D features, shape (526,), not
            normalised.
        reasons: Names of the reasons why the answer is uncertain.
        token_probabilities: Probabilities of the score tokens alone, or None.
        probe_probabilities: Probabilities of the probe alone, or None for a model without one.
    """

    recording: ExternalRecording
    score: int
    probabilities: tuple[float, ...]
    uncertain: bool
    mirrored_score: int
    unaided: str
    checked: str | None
    parameters: dict[str, float]
    spread: np.ndarray
    reasons: tuple[str, ...] = ()
    token_probabilities: tuple[float, ...] | None = None
    probe_probabilities: tuple[float, ...] | None = None

    @property
    def expected_score(self) -> float:
        """Mean score under the probabilities."""
        return expected_score(self.probabilities)


def expected_score(probabilities: Sequence[float]) -> float:
    """Return the mean score under probabilities of the scores, from 0."""
    return float(sum(score * p for score, p in enumerate(probabilities)))


@dataclass(frozen=True, eq=False)
class Assessor:
    """A model with the options that an assessment depends on.

    Attributes:
        model: Model in evaluation mode.
        processor: Processor of the model.
        method: How markers become joints, "centres" or "body".
        norms: Norms of a laboratory, or None for the published norms.
        batch_size: Windows that the model reads at the same time.
    """

    model: object
    processor: object
    method: str = "centres"
    norms: Norms | None = None
    batch_size: int = BATCH_SIZE

    def fingerprint(self) -> str:
        """Return a fingerprint of version, configuration, weights, statistics, method and norms.

        The device of the model is not in it, because every device gives the same answers.
        """
        settings = f"{_CACHE_FORMAT} {__version__} {self.method} {self.norms!r}"
        digest = hashlib.sha256(settings.encode())
        config = self.model.config.to_dict()
        config.pop("_name_or_path", None)
        extractor = self.processor.feature_extractor.to_dict()
        for values in (config, extractor):
            digest.update(json.dumps(values, sort_keys=True, default=str).encode())
        if self.model.dtype.itemsize < 4:  # answers in bfloat16 are others than in float32
            digest.update(str(self.model.dtype).encode())
        for name, tensor in sorted(self.model.state_dict().items()):
            digest.update(name.encode())
            digest.update(tensor.detach().cpu().float().numpy().tobytes())
        for array in _arrays(forest_of(self.model)):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    def assess(
        self, recordings: Iterable[tuple[ExternalRecording, PreparedRecording | str]]
    ) -> Iterator[tuple[ExternalRecording, dict | str]]:
        """Assess recordings and their mirror images in batches of `batch_size` windows.

        Args:
            recordings: Each recording as the table describes it and as it was read, or the reason
                why it cannot be read.

        Yields:
            Each recording with the fields of [`Assessment`] without the recording, as values for
            JSON; or with the reason why there are none.

        Raises:
            DeviceMemoryError: A batch needs too much memory.
        """
        waiting: deque[tuple[ExternalRecording, PreparedRecording | str]] = deque()

        def motions() -> Iterator[JointMotion]:
            for recording, prepared in recordings:
                waiting.append((recording, prepared))
                if not isinstance(prepared, str):
                    yield prepared.motion
                    yield _mirror_image(prepared.motion)

        predictions = predict(motions(), self.model, self.processor, self.batch_size)
        for walk in predictions:
            image = next(predictions)
            while isinstance(waiting[0][1], str):  # recordings that cannot be read come in between
                yield waiting.popleft()
            recording, prepared = waiting.popleft()
            yield recording, self._result(recording, prepared, walk, image)
        yield from waiting

    def _result(
        self,
        recording: ExternalRecording,
        prepared: PreparedRecording,
        prediction: Prediction | ValueError,
        image: Prediction | ValueError,
    ) -> dict | str:
        """Fields of [`Assessment`] from predictions of a motion and its mirror image."""
        for answer in (prediction, image):
            if isinstance(answer, ValueError):
                return one_line(answer)
        person = {"age": recording.age, "sex": recording.sex, "norms": self.norms}
        walk = check_prediction(prepared, prediction, self.model, self.processor, **person)
        result = walk.as_json()
        measured, motion = prepared.measured, prepared.motion
        parameters = {} if isinstance(measured, ValueError) else measured.parameters
        features = self.processor.feature_extractor.features(motion)
        selected = result.get("reasoning_selected_by_evidence", False)
        return {
            # also of a score that is withheld from a user, which the reasons then say
            "score": walk.assessment.score,
            "probabilities": [round(p, 4) for p in walk.assessment.probabilities],
            "uncertain": result["uncertain"],
            "mirrored_score": image.assessment.score,
            "unaided": result.get("reasoning_unaided", result["reasoning"]),
            "checked": result["reasoning"] if selected else None,
            "parameters": {name: number_of(value) for name, value in parameters.items()},
            "spread": [float(f"{value:.6g}") for value in mean_and_spread(features)],
            "reasons": [reason["name"] for reason in result["uncertain_reasons"]],
            "token_probabilities": walk.assessment.token_probabilities,
            "probe_probabilities": walk.assessment.probe_probabilities,
        }


def _mirror_image(motion: JointMotion) -> JointMotion:
    return JointMotion(mirrored(motion.joints).astype(np.float32), motion.rate_hz)


def _arrays(forest: ParameterForest | None) -> Iterator[np.ndarray]:
    """Arrays of the parameter forest of a model, on which its uncertainty depends."""
    if forest is not None:
        yield from (value for value in vars(forest).values() if isinstance(value, np.ndarray))
        yield from (forest.distance.arrays() if forest.distance else {}).values()


def assess_all(
    recordings: Sequence[ExternalRecording],
    assessor: Assessor,
    workers: int = 1,
    cache: Path | None = None,
    watch: Callable | None = None,
) -> tuple[list[Assessment], dict[str, str]]:
    """Assess recordings; those that cannot be read are left out.

    Args:
        recordings: The recordings.
        assessor: Model and options.
        workers: Processes that read and measure recordings. The model runs in this process.
        cache: JSON Lines file of earlier results, which is read and extended, or None. A result is
            used again for the same content of the file, model, options, age and sex.
        watch: Wrapper around the iterable of results, called with `total`, and with `initial`, the
            number of results that are taken from the cache. None uses `tqdm`, which shows the
            progress and the estimated time.

    Returns:
        The assessments in the order of the recordings, and file → reason of those left out.

    Raises:
        ExperimentError: Two files have the same content, no recording is left, or a worker
            process ended.
    """
    fingerprint = assessor.fingerprint()
    contents = _contents(recordings)
    keys = {r.file: f"{fingerprint}:{contents[r.file]}:{r.age}:{r.sex}" for r in recordings}
    rows = read_lines(cache) if cache else []
    results = {row["key"]: row["result"] for row in rows if {"key", "result"} <= row.keys()}
    missing = [r for r in recordings if keys[r.file] not in results]
    left_out: dict[str, str] = {}
    initial = len(recordings) - len(missing)
    watch = watch or partial(tqdm, desc="assessing", unit="recording", disable=None)
    progress = watch(_results(missing, assessor, workers), total=len(recordings), initial=initial)
    for recording, result in progress:
        if isinstance(result, str):
            left_out[recording.file] = result.replace(str(recording.path), recording.file)
            continue
        results[keys[recording.file]] = result
        if cache:
            row = {"key": keys[recording.file], "file": recording.file, "result": result}
            append_line(cache, row)
    if len(left_out) == len(recordings):
        file, reason = next(iter(left_out.items()))
        raise ExperimentError(
            f"none of {len(recordings)} recordings can be assessed, such as {file}: {reason}"
        )
    kept = [recording for recording in recordings if recording.file not in left_out]
    return [_assessment(r, results[keys[r.file]]) for r in kept], left_out


def _contents(recordings: Sequence[ExternalRecording]) -> dict[str, str]:
    """File → hash of its content."""
    hashes: dict[str, str] = {}
    files: dict[str, str] = {}
    for recording in recordings:
        content = hashlib.sha256(recording.path.read_bytes()).hexdigest()
        if content in files:
            raise ExperimentError(
                f"{recording.file} has the same content as {files[content]}, expected each "
                "recording once: remove one from the table"
            )
        files[content] = recording.file
        hashes[recording.file] = content
    return hashes


def _results(
    recordings: list[ExternalRecording], assessor: Assessor, workers: int
) -> Iterator[tuple[ExternalRecording, dict | str]]:
    """Each recording with its result, or with the reason why there is none."""
    jobs = [recording.path for recording in recordings]
    workers = max(1, min(workers, len(jobs)))
    reading = in_processes(partial(_prepare, assessor.method), jobs, workers, in_order=True)
    try:
        yield from assessor.assess(zip(recordings, reading, strict=True))
    except BrokenProcessPool as error:
        raise ExperimentError(
            "a worker process ended while it read a recording: find the recording with --workers 1"
        ) from error


def _prepare(method: str, path: Path) -> PreparedRecording | str:
    """Read and measure a recording, or return why it cannot be read."""
    try:
        prepared = prepare_recording(path, method, name=path.name)
    except (ValueError, OSError) as error:
        return one_line(error)
    _ = prepared.measured  # computed in the worker and kept
    return prepared


def _assessment(recording: ExternalRecording, result: dict) -> Assessment:
    return Assessment(
        recording,
        **result
        | {
            "probabilities": tuple(result["probabilities"]),
            "spread": np.array(result["spread"]),
            "reasons": tuple(result["reasons"]),
        },
    )
