"""What a report is made of: measured gait, score and reasons, identity, provenance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from ..applied_norms import AppliedNorms
from ..parameters import GaitMeasurement

if TYPE_CHECKING:
    from ..grounding import CheckedClaim
    from ..kinematics import Kinematics
    from .viewer import Walk

SIMULATED = "This walk is simulated: it is not a recording of a person."


@dataclass(frozen=True, eq=False)
class ReportInput:
    """Everything that a report shows of one walk.

    Attributes:
        title (`str`):
            Heading of the report.
        measured ([`~agir_hf.gait.GaitMeasurement`] or `ValueError`):
            Measured gait, or the error that says why it could not be measured.
        recording (`MarkerRecording`, `BodyMotion` or `JointMotion`, *optional*):
            The recording as it was read, for curves and viewer.
        motion ([`~agir_hf.motion.JointMotion`], *optional*):
            Joints of the recording, for the viewer of a recording whose gait was not measured.
        applied (`AppliedNorms`, *optional*):
            Norms, and the person that they are applied to.
        result (`dict`, *optional*):
            Result of `AssessedWalk.as_json`; None if gait was only measured.
        checked (`Sequence[CheckedClaim]`, *optional*):
            Claims of the reasoning.
        checked_unaided (`Sequence[CheckedClaim]`, *optional*):
            Claims of the model's own text.
        selection (`str`, *optional*):
            How the reasoning was chosen, in words.
        identity (`dict`, *optional*):
            Identifier, file, hash, dates, model and software, from `Identity.as_json`. Default:
            that of `result`.
        provenance (`dict`, *optional*):
            What was read and how it was interpreted, name → text.
        lead (`str`, *optional*):
            Sentence below the heading.
        simulated (`str`, *optional*):
            Sentence that says that the walk is simulated. Default: empty, or a sentence where
            the identity says so.
        walk (`Walk`, *optional*):
            Walk for the viewer. Default: made from `measured` and `recording`.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.gait import measure
        >>> from agir_hf.gait.report import ReportInput
        >>> from agir_hf.motion import read_recording
        >>> recording = read_recording(agir_hf.SAMPLE_RECORDING)
        >>> report = ReportInput("Sample", measure(recording), recording)
        >>> report.kinematics.curves["knee_flexion", "left"].mean.shape
        (101,)

        ```
    """

    title: str
    measured: GaitMeasurement | ValueError
    recording: object = None
    motion: object = None
    applied: AppliedNorms = field(default_factory=AppliedNorms)
    result: Mapping | None = None
    checked: Sequence[CheckedClaim] = ()
    checked_unaided: Sequence[CheckedClaim] = ()
    selection: str = ""
    identity: Mapping | None = None
    provenance: Mapping[str, str] = field(default_factory=dict)
    lead: str = ""
    simulated: str = ""
    walk: Walk | None = None

    @property
    def is_measured(self) -> bool:
        """Whether the gait was measured."""
        return not isinstance(self.measured, Exception)

    @cached_property
    def kinematics(self) -> Kinematics | None:
        """Joint angles over the stride, or None without measured gait."""
        if not self.is_measured:
            return None
        from ..kinematics import kinematics_of

        return kinematics_of(self.measured, self.recording)

    @property
    def simulated_text(self) -> str:
        """Sentence that says that the walk is simulated; empty for the walk of a person."""
        return self.simulated or (SIMULATED if self.who.get("simulated") else "")

    @property
    def who(self) -> Mapping:
        """Identity of the recording, of the result if it is not stated; empty if unknown."""
        return self.identity or (self.result or {}).get("identity") or {}
