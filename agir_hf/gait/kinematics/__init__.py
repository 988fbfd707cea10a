"""Joint angles over the stride, norm bands, Gait Profile Score, and episodes of a walk."""

from .bands import Band, norm_band
from .curves import Curve, Kinematics, pooled
from .episodes import Episode, episodes_of
from .profile import GaitProfile, gait_profile
from .variables import VARIABLES, Variable
from .walk import kinematics_of

__all__ = [
    "VARIABLES",
    "Band",
    "Curve",
    "Episode",
    "GaitProfile",
    "Kinematics",
    "Variable",
    "episodes_of",
    "gait_profile",
    "kinematics_of",
    "norm_band",
    "pooled",
]
