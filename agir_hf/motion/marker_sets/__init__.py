"""Marker sets: labels of anatomical sites, and recognition of the set of a recording.

A site is an anatomical location on the skin, such as "left_asis"; a marker set gives the label of
its marker. Case, dots, underscores, spaces and hyphens of labels are ignored, and the side can be
before or after the name. Any mix of the names in `sites` is recognised; the named sets in `sets`
only give the name that is shown.
"""

from .checks import check_sides, reason_static
from .labels import is_computed, is_unlabelled, possible_sites, site_columns
from .mapping import renamed
from .recognition import incomplete_set, nearest_set, recognise, vertical_pair
from .requirements import missing_for_centres, missing_for_events, missing_for_fit
from .sets import MARKER_SETS, PLUG_IN_GAIT, SHIDA_44, MarkerSet

__all__ = [
    "MARKER_SETS",
    "PLUG_IN_GAIT",
    "SHIDA_44",
    "MarkerSet",
    "check_sides",
    "incomplete_set",
    "is_computed",
    "is_unlabelled",
    "missing_for_centres",
    "missing_for_events",
    "missing_for_fit",
    "nearest_set",
    "possible_sites",
    "reason_static",
    "recognise",
    "renamed",
    "site_columns",
    "vertical_pair",
]
