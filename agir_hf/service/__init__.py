"""Deprecated name of `agir_hf.assessment`, kept for one release."""

import warnings

from ..assessment import *  # noqa: F403
from ..assessment import __all__  # noqa: F401

warnings.warn(
    "agir_hf.service is deprecated: use agir_hf.assessment", DeprecationWarning, stacklevel=2
)
