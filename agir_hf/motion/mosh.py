"""Deprecated name of `agir_hf.motion.fitting.mosh`, kept for one release."""

import warnings

from .fitting.mosh import FitError, SubjectShape, fit_pose, fit_shape, residual_report

warnings.warn(
    "agir_hf.motion.mosh is deprecated: use agir_hf.motion.fitting.mosh",
    DeprecationWarning,
    stacklevel=2,
)

__all__ = ["FitError", "SubjectShape", "fit_pose", "fit_shape", "residual_report"]
