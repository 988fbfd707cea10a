"""The report of a measured walk as an HTML page, and its sections for other pages.

`write_report` writes a page that needs no other file and no network; `sections_of` returns the same
sections for another page, with `report_styles` and `report_script`; `write_pdf` prints a page.
Figures are inline SVG. HTML is rendered from `templates/` with autoescape.
"""

from .figures import CurveGroup, curve_panel, side_groups, side_legend
from .fragments import (
    absent_part,
    claims_note,
    marked_text,
    parameters_part,
    reasons_part,
    verdict_class,
)
from .names import report_name
from .pages import (
    recording_provenance,
    report_script,
    report_styles,
    write_motion_page,
    write_page,
    write_report,
)
from .pdf import write_pdf
from .report_input import ReportInput
from .sections import sections_of
from .spatiotemporal import spatiotemporal_part
from .trust_part import trust_part

__all__ = [
    "CurveGroup",
    "ReportInput",
    "absent_part",
    "claims_note",
    "curve_panel",
    "marked_text",
    "parameters_part",
    "reasons_part",
    "recording_provenance",
    "report_name",
    "report_script",
    "report_styles",
    "sections_of",
    "side_groups",
    "side_legend",
    "spatiotemporal_part",
    "trust_part",
    "verdict_class",
    "write_motion_page",
    "write_page",
    "write_pdf",
    "write_report",
]
