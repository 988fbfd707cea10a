import hashlib
import re
from pathlib import Path

import numpy as np
import pytest

import agir_hf
from agir_hf.gait.report.viewer import VIEWER_FILES, Walk, scene, space_head, viewer_head, walk_of
from agir_hf.gait.report.viewer.still import pose_times

SOURCE = VIEWER_FILES.parent / "source"
RECIPE = Path(agir_hf.__file__).parents[1] / "recipes" / "build_viewer.mjs"


def script() -> str:
    return (VIEWER_FILES / "gait-scene.js").read_text("utf-8")


def test_labels_are_escaped(joints, content):
    label = "\"><script>alert('x')</script>"
    element = scene([Walk(label, joints, 20.0)] * 2, title=label)
    assert "<script" not in element
    assert content(element)["walks"][1]["label"] == label == content(element)["title"]


@pytest.mark.parametrize("count", [0, 3])
def test_no_walk_and_more_than_two_walks_are_refused(joints, count):
    with pytest.raises(ValueError, match="expected 1 or 2"):
        scene([Walk("a", joints, 20.0)] * count)


def test_the_content_is_a_picture_of_six_poses_for_print_and_pages_without_webgl(prepared):
    walk = walk_of(prepared, "ON")
    element = scene([walk, walk], "Sample walk")
    assert element.count("<svg") == 2 and element.count("</svg>") == 2
    assert 'aria-label="Sample walk, ON: six poses seen from the left"' in element
    assert len(re.findall(r"\d\.\d\d s</text>", element)) == 12
    assert "nan" not in element[element.index("<svg") :].replace("tspan", "")
    assert walk.note in element  # the head is not in the picture either
    assert "<circle" not in element


def test_the_poses_are_those_of_a_stride_from_heel_strike_to_heel_strike(prepared):
    walk = walk_of(prepared)
    times, is_stride = pose_times(walk)
    strikes = walk.heel_strikes["left"]
    assert is_stride and len(times) == 6
    assert times[0] in strikes and times[-1] == strikes[strikes.index(times[0]) + 1]


def test_the_poses_of_a_walk_without_heel_strikes_are_spread_over_it(joints):
    times, is_stride = pose_times(Walk("a", joints, 20.0))
    assert not is_stride and np.allclose(times, np.linspace(0, 39 / 20, 6))


def test_a_page_with_the_script_and_a_walk_is_far_below_a_megabyte(prepared):
    assert len(script()) < 520_000
    assert len(scene([walk_of(prepared)])) < 60_000


def test_the_script_can_be_inline_and_makes_no_request():
    head = viewer_head()
    assert head.count("<script>") == 1 and head.count("</script>") == 1 and "<!--" not in head
    addresses = set(re.findall(r"https?://[^\"'` )]+", script()))
    assert addresses <= {"http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg"}
    assert not re.search(r"\bimport\s*\(|XMLHttpRequest|sendBeacon|WebSocket", script())
    assert not re.search(r"(?<![.\w])fetch\(", script())


def test_the_script_is_built_from_the_present_sources():
    content = b"".join(path.read_bytes() for path in sorted(SOURCE.glob("*.js")))
    built = re.search(r"three\.js (\S+) \(MIT.*sources sha256 (\w+)", script()[:300])
    assert built, "the script does not name its sources: run recipes/build_viewer.mjs"
    assert built[2] == hashlib.sha256(content).hexdigest(), "run recipes/build_viewer.mjs again"
    assert f"three@{built[1]}" in RECIPE.read_text("utf-8")


def test_the_licence_of_three_js_is_included():
    text = (VIEWER_FILES / "LICENSE-three.txt").read_text("utf-8")
    assert text.startswith("The MIT License") and "three.js authors" in text


def test_the_address_of_the_script_changes_with_its_content(tmp_path, monkeypatch):
    before = space_head("/files/")
    assert before.startswith('<script type="module" src="/files/gait-scene.js?v=')
    (tmp_path / "gait-scene.js").write_text("other")
    monkeypatch.setattr("agir_hf.gait.report.viewer.page._SCRIPT", tmp_path / "gait-scene.js")
    assert space_head("/files/") != before
