"""HTML pages about a measured walk, and HTML fragments for other pages.

`write_report` and `write_motion_page` write a page that needs no other file and no network: the
code of plotly is part of it. The page contains no information about the subject except the file
name, and the age, the sex and the title of the norms that were passed. HTML is rendered from
`templates/` with autoescape.
"""

from .fragments import (
    absent_part,
    assessment_part,
    claims_note,
    marked_text,
    parameters_part,
    verdict_class,
)
from .pages import recording_provenance, write_motion_page, write_report

__all__ = [
    "absent_part",
    "assessment_part",
    "claims_note",
    "marked_text",
    "parameters_part",
    "recording_provenance",
    "verdict_class",
    "write_motion_page",
    "write_report",
]
