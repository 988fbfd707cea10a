"""Score, reasoning, evidence and measured gait of one recording, as one object."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .identity import Identity
from .measurement import CheckedText
from .messages import selection_text
from .prepared import PreparedRecording
from .trust import Trust
from .uncertainty import Uncertainty

if TYPE_CHECKING:
    from ..gait import GaitMeasurement
    from ..gait.report import ReportInput
    from ..processing_agir import GaitAssessment
    from .checked_text import CheckedRationale


@dataclass(frozen=True, eq=False)
class AssessedWalk:
    """Score, reasoning, evidence and measured gait of one recording.

    [`assess_recording`] returns it. Research use only, not a medical device.

    Attributes:
        prepared ([`PreparedRecording`]):
            The recording and its joints.
        assessment ([`~agir_hf.GaitAssessment`]):
            Score, probabilities and the model's own text. They come from the motion alone; measured
            gait parameters are no input of the model.
        rationale ([`~agir_hf.assessment.checked_text.CheckedRationale`]):
            The reasoning that is shown, and how it was chosen: by evidence from the texts that the
            model drew, or the model's own text.
        evidence ([`CheckedText`]):
            The claims of the reasoning that is shown, checked against the measured gait.
        evidence_unaided ([`CheckedText`]):
            The claims of the model's own text, checked against the measured gait.
        model (`dict`):
            Name of the model and its training data, from [`model_provenance`].
        windows (`int`):
            Number of windows in which the model read the recording.
        model_frames (`int`):
            Number of feature frames that the model read, over all windows.
        uncertainty ([`Uncertainty`]):
            The reasons why the score is uncertain, from [`assess_uncertainty`].
        identity (`Identity`):
            Which recording of whom was assessed, when, and by which model and software.
        trust (`Trust`):
            Score, certainty, evidence and knowledge in a few values. Its score is None if the
            score is withheld, because too little was measured.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.assessment import assess_recording, load_model
        >>> model, processor = load_model()
        >>> walk = assess_recording(agir_hf.SAMPLE_RECORDING, model, processor)
        >>> walk.windows, walk.model_frames
        (1, 116)
        >>> "speed_m_per_s" in walk.measurement.parameters
        True
        >>> walk.reasoning == walk.as_json()["reasoning"]
        True
        >>> walk.as_json()["evidence"]["verdicts"]["contradicted"]
        0

        ```
    """

    prepared: PreparedRecording
    assessment: GaitAssessment
    rationale: CheckedRationale
    evidence: CheckedText
    evidence_unaided: CheckedText
    model: dict
    windows: int
    model_frames: int
    uncertainty: Uncertainty
    identity: Identity
    trust: Trust

    @property
    def reasoning(self) -> str:
        """The reasoning that is shown: by default the one that was chosen by evidence."""
        return self.rationale.text

    @property
    def reasoning_unaided(self) -> str:
        """The model's own text."""
        return self.rationale.unaided

    @property
    def measurement(self) -> GaitMeasurement | None:
        """The measured gait, or None if it could not be measured.

        The reason is then in ``evidence.not_measured``.
        """
        measured = self.prepared.measured
        return None if isinstance(measured, ValueError) else measured

    def as_json(self) -> dict:
        """Return the whole assessment as values for JSON, as ``agir assess --json`` prints it.

        Where the score is withheld, `score` and `probabilities` are None, `alternatives` is empty
        and `withheld` says why.
        """
        assessment, trust = self.assessment, self.trust
        model_input = {"model_frames": self.model_frames, "windows": self.windows}
        withheld = trust.withheld
        return {
            "score": trust.score,
            "probabilities": None if withheld else [round(p, 4) for p in assessment.probabilities],
            "withheld": withheld,
            "scores": list(range(len(assessment.probabilities))),
            **self.uncertainty.as_json(),
            "uncertain_below": assessment.uncertain_below,
            "alternatives": [] if withheld else list(assessment.alternatives),
            "trust": trust.as_json(),
            "identity": self.identity.as_json(),
            "person": self.prepared.subject.person(),
            **self.rationale.as_json(),
            "evidence": self.evidence.as_json(),
            "evidence_unaided": self.evidence_unaided.as_json(),
            "model": self.model,
            "recording": self.prepared.provenance() | model_input,
            "cautions": list(self.prepared.cautions),
        }

    def report_input(self, title: str = "") -> ReportInput:
        """Return what a report shows of this walk, for [`~agir_hf.gait.report.sections_of`].

        Args:
            title (`str`, *optional*):
                Heading. Default: the name of the recording without its suffix.
        """
        from ..gait.report import ReportInput, recording_provenance

        prepared, measured = self.prepared, self.prepared.measured
        provenance = {}
        if not isinstance(measured, ValueError):
            name = Path(prepared.name).name
            provenance = recording_provenance(name, prepared.recording, measured)
        result = self.as_json()
        return ReportInput(
            title or Path(prepared.name).stem,
            measured,
            prepared.recording,
            prepared.motion,
            self.evidence.applied,
            result,
            self.evidence.grounding.checked,
            self.evidence_unaided.grounding.checked,
            selection_text(result),
            provenance=provenance,
        )

    def write_report(
        self, path: str | os.PathLike, title: str = "", *, viewer: bool = True
    ) -> Path:
        """Write a self-contained HTML page with the assessment and the measured gait.

        The page is written under a temporary name and moved into place at the end.

        Args:
            path (`str` or `os.PathLike`):
                File to write; it must end in `.html`.
            title (`str`, *optional*):
                Heading of the page. Default: the name of the recording without its suffix.
            viewer (`bool`, defaults to `True`):
                Whether the page shows the walk in motion.

        Returns:
            `Path`: The file that was written.

        Raises:
            ValueError: The path does not end in `.html`.
            FileNotFoundError: The folder of the path does not exist.
        """
        from ..gait.report import write_report

        return write_report(path, self.report_input(title), viewer)
