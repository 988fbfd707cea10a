"""The report of a measured walk as an HTML page, and its sections for other pages.

`write_report` writes a page that needs no other file and no network; `sections_of` returns the same
sections for another page, with `report_styles` and `report_script`; `write_pdf` prints a page.
Figures are inline SVG. HTML is rendered from `templates/` with autoescape.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
    from .trust_panel import trust_part

_LAZY = {  # imported when they are used: a command without a report needs no template engine
    "CurveGroup": "figures",
    "ReportInput": "report_input",
    "absent_part": "fragments",
    "claims_note": "fragments",
    "curve_panel": "figures",
    "marked_text": "fragments",
    "parameters_part": "fragments",
    "reasons_part": "fragments",
    "recording_provenance": "pages",
    "report_name": "names",
    "report_script": "pages",
    "report_styles": "pages",
    "sections_of": "sections",
    "side_groups": "figures",
    "side_legend": "figures",
    "spatiotemporal_part": "spatiotemporal",
    "trust_part": "trust_panel",
    "verdict_class": "fragments",
    "write_motion_page": "pages",
    "write_page": "pages",
    "write_pdf": "pdf",
    "write_report": "pages",
}

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


def __getattr__(name: str):
    if name in _LAZY:
        return getattr(import_module(f".{_LAZY[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
