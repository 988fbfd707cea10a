import json

import pytest

import agir_hf
from agir_hf.cli import main
from agir_hf.motion import read_recording

SAMPLE = str(agir_hf.SAMPLE_RECORDING)


@pytest.fixture
def nameless(tmp_path):
    """The embedded walk as TRC; one heel and one knee have labels without a meaning."""
    walk = read_recording(SAMPLE)
    labels = [{"R.Heel": "p17", "L.Knee": "P 18"}.get(label, label) for label in walk.labels]
    lines = [
        "PathFileType\t4\t(X/Y/Z)\twalk.trc",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits",
        f"150\t150\t{len(walk.positions)}\t{len(labels)}\tm",
        "Frame#\tTime\t" + "".join(f"{label}\t\t\t" for label in labels),
        "",
    ]
    for i, frame in enumerate(walk.positions):
        values = "\t".join(f"{value:.5f}" for value in frame.ravel())
        lines.append(f"{i + 1}\t{i / 150:.5f}\t{values}")
    path = tmp_path / "walk.trc"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_sites_and_missing_markers_are_shown(capsys, nameless):
    assert main(["markers", SAMPLE, str(nameless)]) == 0
    whole, damaged = capsys.readouterr().out.split("\n\n")
    assert "Shida-44: 44 of 44 labels recognised" in whole and whole.count("complete") == 3
    assert "Unknown" not in whole
    assert "42 of 44" in damaged and "Unknown       p17, P 18" in damaged
    assert "missing L.Knee, R.Heel" in damaged and "right asis" in damaged


def test_json_has_the_same(capsys, nameless):
    assert main(["markers", "--json", str(nameless)]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["marker_set"] == "Shida-44" and result["unknown"] == ["p17", "P 18"]
    assert result["missing"]["gait events"] == ["R.Heel"]
    assert result["sites"]["left_heel"] == "L.Heel"


def test_a_filled_template_is_a_mapping(capsys, nameless, tmp_path):
    template = tmp_path / "mapping.json"
    assert main(["markers", str(nameless), "-o", str(template)]) == 0
    mapping = json.loads(template.read_text())
    assert mapping["p17"] == mapping["P 18"] == "" and mapping["L.Heel"] == "left_heel"
    assert len(mapping) == 44

    capsys.readouterr()
    assert main(["measure", "--json", SAMPLE]) == 0
    expected = json.loads(capsys.readouterr().out)["parameters"]
    mapping |= {"p17": "right_heel", "P 18": "LKNE"}
    template.write_text(json.dumps(mapping))
    assert main(["measure", "--json", str(nameless), "--mapping", str(template)]) == 0
    measured = json.loads(capsys.readouterr().out)["parameters"]
    assert measured.keys() == expected.keys()
    for name in ("speed_m_per_s", "knee_range_deg"):
        assert measured[name]["value"] == pytest.approx(expected[name]["value"], rel=1e-3)


def test_an_unfilled_template_leaves_the_unknown_markers_out(capsys, nameless, tmp_path):
    template = tmp_path / "mapping.json"
    assert main(["markers", str(nameless), "-o", str(template)]) == 0
    assert main(["markers", "--json", str(nameless), "--mapping", str(template)]) == 0
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert result["unknown"] == [] and len(result["sites"]) == 42
    assert result["remarks"] == ["2 points left out by the mapping"]


def test_errors_are_one_line_and_name_the_file(capsys, nameless, tmp_path):
    joints = tmp_path / "joints.npy"
    assert main(["convert", SAMPLE, str(joints)]) == 0
    capsys.readouterr()
    assert main(["markers", str(joints), SAMPLE, "--rate", "20"]) == 2
    printed = capsys.readouterr()
    assert "joints.npy has joints, expected markers" in printed.err and "Shida-44" in printed.out
    (tmp_path / "m.json").write_text('{"p17": "right_hell"}')
    assert main(["measure", str(nameless), "--mapping", str(tmp_path / "m.json")]) == 2
    error = capsys.readouterr().err
    assert "walk.trc" in error and "right_heel" in error and error.count("\n") == 1
    assert main(["markers", SAMPLE, str(nameless), "-o", str(tmp_path / "all.json")]) == 2
    assert "is for one recording" in capsys.readouterr().err
    assert main(["markers", SAMPLE, "-o", str(tmp_path / "mapping.txt")]) == 2
    assert "ends in '.txt'" in capsys.readouterr().err
