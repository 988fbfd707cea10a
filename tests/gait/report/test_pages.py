import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

import agir_hf
from agir_hf.cli import main
from agir_hf.gait import build_norms, measure
from agir_hf.gait.applied_norms import AppliedNorms
from agir_hf.gait.report import (
    ReportInput,
    report_script,
    report_styles,
    sections_of,
    write_motion_page,
    write_report,
)
from agir_hf.motion import RecordingError, to_joints

SAMPLE = str(agir_hf.SAMPLE_RECORDING)
UPPER = ("SHO", "UPA", "EL", "EM", "FRA", "WL", "WM", "CLAV", "STRN", "C7", "T10")
HEADINGS = (
    "Spatiotemporal parameters", "Joint angles over the stride", "Gait Profile Score",
    "Step by step", "Feet and events", "The walk", "Not measured", "Sources and settings",
)  # fmt: skip
VOID = {"meta", "link", "img", "br", "input", "hr"}


@pytest.fixture(scope="module")
def measured(walk):
    return measure(walk)


@pytest.fixture(scope="module")
def report(walk, measured):
    identity = {
        "id": "P<07>", "file": "walk&.c3d", "sha256": "ab" * 32, "recorded": None,
        "assessed": "2026-11-28", "software": "agir_hf 9",
    }  # fmt: skip
    return ReportInput(
        "A <walk>", measured, walk, applied=AppliedNorms(65), identity=identity,
        provenance={"read": "<b>x</b>"},
    )  # fmt: skip


@pytest.fixture(scope="module")
def page(tmp_path_factory, report):
    folder = tmp_path_factory.mktemp("page")
    write_report(folder / "walk.html", report)
    assert [p.name for p in folder.iterdir()] == ["walk.html"]  # no temporary file is left
    return (folder / "walk.html").read_text("utf-8")


def without_scripts(page):
    return re.sub(r"<(script|style)[^>]*>.*?</\1>", "", page, flags=re.DOTALL)


class Reader(HTMLParser):
    """Headings, ids and open elements of a page."""

    def __init__(self, page):
        super().__init__()
        self.headings, self.ids, self.open, self.mismatched = [], [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.ids += [attributes["id"]] if "id" in attributes else []
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.mismatched.append(tag)


def legs_of(walk):
    kept = [i for i, label in enumerate(walk.labels) if not label.endswith(UPPER)]
    labels = tuple(walk.labels[i] for i in kept)
    return replace(walk, positions=walk.positions[:, kept], labels=labels)


def test_the_page_needs_no_other_file_and_has_every_part_in_order(page, measured):
    own = without_scripts(page)
    assert not re.search(r"(?:src|href)=['\"]?(?:https?:)?//", own)
    positions = [own.index(f"<h2>{title}") for title in HEADINGS]
    assert positions == sorted(positions)
    assert "65 years" in own and "Research use only. Not a medical device." in own
    assert "plotly" not in page.lower()


def test_the_page_is_well_formed_with_headings_in_order_and_unique_ids(page):
    reader = Reader(without_scripts(page))
    assert not reader.open and not reader.mismatched
    assert reader.headings[0] == 1 and reader.headings.count(1) == 1
    assert all(b - a <= 1 for a, b in zip(reader.headings, reader.headings[1:], strict=False))
    assert len(reader.ids) == len(set(reader.ids)) > 20


def test_sections_of_two_walks_have_no_id_in_common(report):
    ids = [
        Reader("".join(sections_of(report, prefix, viewer=False).values())).ids
        for prefix in ("a-", "b-")
    ]
    assert ids[0] and not set(ids[0]) & set(ids[1])


def test_tables_have_captions_and_header_cells_with_a_scope(page):
    own = without_scripts(page)
    assert own.count("<table") == own.count("<caption")
    assert all("scope=" in cell for cell in re.findall(r"<th[ >][^>]*>?", own))


def test_a_page_without_a_mesh_is_under_one_megabyte(page):
    assert len(page.encode()) < 1_000_000


def test_names_are_escaped_also_in_the_margin_of_printed_pages(page):
    assert "A &lt;walk&gt;" in page and "<b>x</b>" not in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page and "P&lt;07&gt;" in page
    margin = re.search(r'@top-left\{content:"([^"]*)"\}', page)[1]
    assert "<" not in margin and "walk\\26 .c3d" in margin and "2026-11-28" in margin


def test_identity_is_in_the_header_and_in_the_provenance(page):
    header, _, rest = without_scripts(page).partition("</header>")
    for words in ("P&lt;07&gt;", "walk&amp;.c3d", "not stated in the file", "2026-11-28"):
        assert words in header
    provenance = rest.split("<h2>Sources and settings</h2>")[1]
    assert 'title="' + "ab" * 32 + '"' in provenance and ">abababababab<" in provenance
    assert "agir_hf 9" in provenance


def test_title_lead_and_provenance_of_a_motion_are_escaped(tmp_path, walk):
    hostile = "<img src=x onerror=alert(1)>'\""
    path = write_motion_page(
        tmp_path / "m.html",
        hostile,
        measure(to_joints(walk)),
        lead=hostile,
        provenance={hostile: hostile},
    )
    own = without_scripts(path.read_text("utf-8"))
    assert "<img" not in own and own.count("&lt;img src=x onerror=alert(1)&gt;&#39;&#34;") >= 5
    assert own.index("The walk</h2>") < own.index("Spatiotemporal parameters")


def test_joints_without_markers_have_a_page(walk):
    motion = to_joints(walk)
    sections = sections_of(ReportInput("j", measure(motion), motion), viewer=False)
    assert {"spatiotemporal", "curves", "steps", "events"} <= sections.keys()


def test_the_page_of_legs_has_the_angles_of_the_legs_and_no_arm_swing(walk):
    legs = legs_of(walk)
    sections = sections_of(ReportInput("legs", measure(legs), legs), viewer=False)
    assert "Knee flexion" in sections["curves"] and "Ankle dorsiflexion" in sections["curves"]
    assert "arm swing" not in sections["spatiotemporal"] and "arm swing" in sections["absent"]


def test_a_walk_that_was_not_measured_has_its_reason_and_no_figure():
    report = ReportInput("x", RecordingError("no <heel>"))
    sections = sections_of(report, viewer=False)
    assert set(sections) == {"absent", "provenance"} and "no &lt;heel&gt;" in sections["absent"]


@pytest.mark.parametrize("command", ["measure", "assess"])
def test_reports_from_the_command_line(command, tmp_path, capsys):
    out = tmp_path / "out.html"
    assert main([command, "--json", SAMPLE, "--report", str(out)]) == 0
    printed = capsys.readouterr()
    json.loads(printed.out)
    assert str(out) in printed.err
    own = without_scripts(out.read_text("utf-8"))
    assert ('class="trust"' in own) == (command == "assess")
    assert "sample_walk.c3d" in own.partition("</header>")[0]


def test_the_page_of_a_child_has_no_norm_z_score_or_band(walk, measured):
    def curves_and_table(age):
        report = ReportInput("x", measured, walk, applied=AppliedNorms(age))
        return sections_of(report, viewer=False)

    child, adult = curves_and_table(9), curves_and_table(None)
    assert "No norm applies to a person of 9 years" in child["spatiotemporal"]
    assert "z-bar" not in child["spatiotemporal"] and "z-bar" in adult["spatiotemporal"]
    assert "Without the band of healthy adults" in child["curves"]
    assert "No norm is included for hip adduction" in adult["curves"]
    assert 'class="band norm"' not in child["curves"] and 'class="band norm"' in adult["curves"]
    assert "profile" not in child and "profile" in adult


def test_the_page_names_the_norms_and_whom_they_are_of(walk, measured):
    def own(*person):
        report = ReportInput("x", measured, walk, applied=AppliedNorms(*person))
        return sections_of(report, viewer=False)["spatiotemporal"]

    assert "published norms" in own() and "because no age was given" in own()
    assert "women of 72 years" in own(72, "female")
    rows = [(f"S{i}", 60, None, {"speed_m_per_s": 1 + i / 50}) for i in range(8)]
    norms = build_norms(rows, "A<b")
    norm = norms.reference("speed_m_per_s")
    table = own(None, None, norms)
    assert "8 healthy walkers (60 years) of A&lt;b" in table
    assert f"{norm.mean:.2f} ± {norm.sd:.2f}" in table


def test_styles_and_script_are_of_reports_only():
    plain, page = report_styles(), report_styles(page=True)
    rules = re.findall(r"(?:^|\})([^@{}]+)\{", plain)
    for selector in ",".join(rules).split(","):
        assert re.search(r"agir-(report|plot)|^\s*[.:\w(-]+[^{]*$", selector)
    assert "@page" in page and "@page" not in plain and "prefers-color-scheme" not in plain
    assert "agir-time" in report_script() and "agir-seek" in report_script()
