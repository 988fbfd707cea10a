"""Gait events that a file holds, in the spellings and clocks of motion capture programs."""

import struct

import ezc3d
import numpy as np
import pytest

from agir_hf.motion import read_recording
from agir_hf.motion.readers.c3d_events import events_of
from agir_hf.motion.readers.event_names import parse

RATE_HZ, FRAMES = 150.0, 600  # four seconds
SIDES = ("right", "left", "right", "left")
KINDS = ("heel_strike", "toe_off", "toe_off", "heel_strike")
SECONDS = (0.42, 0.82, 1.02, 1.4)
CODES = {"heel_strike": "HS", "toe_off": "TO"}


def content(header=None, contexts=None, **event):
    """A file as ezc3d reads it, with parameters of the group EVENT."""
    groups = {"POINT": {"RATE": {"value": np.array([RATE_HZ])}}}
    groups["EVENT"] = {key: {"value": value} for key, value in event.items()}
    if contexts is not None:
        groups["EVENT_CONTEXT"] = {"LABELS": {"value": contexts}}
    points = np.broadcast_to(0.0, (4, 1, FRAMES))
    return {"parameters": groups, "header": header or {}, "data": {"points": points}}


def minutes_and_seconds(seconds=SECONDS):
    return np.stack([np.zeros(len(seconds)), np.asarray(seconds, float)])


def rows(events):
    return [(round(event.time_s, 3), event.side, event.kind) for event in events]


EXPECTED = list(zip(SECONDS, SIDES, KINDS, strict=True))


def spelled(strike, off, side="{side}"):
    """Names of the four events, from patterns with {side}, {S} and {s} for the side."""
    sides = [{"side": s, "Side": s.title(), "S": s[0].upper(), "s": s[0]} for s in SIDES]
    patterns = [strike if kind == "heel_strike" else off for kind in KINDS]
    return [p.format(**names) for p, names in zip(patterns, sides, strict=True)]


IN_THE_LABEL = [
    ("{Side} Foot Strike", "{Side} Foot Off"),
    ("{Side} Heel Strike", "{Side} Toe Off"),
    ("{S} Heel Strike", "{S} Toe Off"),
    ("{S}HS", "{S}TO"),
    ("{s}hs", "{s}to"),
    ("{S}IC", "{S}FO"),
    ("{S}IC", "{S}FC"),
    ("{S}FC", "{S}FO"),
    ("{S}FS", "{S}FO"),
    ("{S}ON", "{S}OFF"),
    ("{S}_HS", "{S}_TO"),
    ("HS_{S}", "TO_{S}"),
    ("FS {S}", "FO {S}"),
    ("IC {side}", "TO {side}"),
    ("{side}_foot_contact", "{side}_toe_off"),
    ("{Side}HeelStrike", "{Side}ToeOff"),
    ("{S}HS1", "{S}TO1"),
    ("Foot Strike ({side})", "Foot Off ({side})"),
    ("{Side} initial contact (IC)", "{Side} final contact (FC)"),
]


@pytest.mark.parametrize(("strike", "off"), IN_THE_LABEL)
def test_side_and_kind_are_read_from_the_label(strike, off):
    labels = spelled(strike, off)
    file = content(USED=[4], TIMES=minutes_and_seconds(), LABELS=labels)
    events, remarks = events_of(file, 0.0)
    assert rows(events) == EXPECTED and remarks == ()


@pytest.mark.parametrize(("strike", "off"), IN_THE_LABEL)
def test_side_and_kind_are_read_from_the_context_without_labels(strike, off):
    """QTM writes names as contexts and leaves the labels empty."""
    contexts = spelled(strike, off)
    file = content(USED=[4], TIMES=minutes_and_seconds(), CONTEXTS=contexts, LABELS=[""] * 4)
    assert rows(events_of(file, 0.0)[0]) == EXPECTED


@pytest.mark.parametrize(
    ("strike", "off"),
    [
        ("Foot Strike", "Foot Off"),
        ("Heel Strike", "Toe Off"),
        ("Initial Contact", "Terminal Contact"),
        ("Foot Contact", "Toe-Off"),
        ("HS", "TO"),
        ("IC", "FO"),
        ("FOOT STRIKE", "FOOT OFF"),
        ("foot_strike", "foot_off"),
    ],
)
@pytest.mark.parametrize("side", ["{Side}", "{S}", "{side} foot", "{S} "])
@pytest.mark.parametrize("of_side", ["CONTEXTS", "SUBJECTS"])
def test_the_side_is_read_from_context_or_subject(strike, off, side, of_side):
    file = content(
        USED=[4],
        TIMES=minutes_and_seconds(),
        LABELS=spelled(strike, off),
        **{of_side: spelled(side, side)},
    )
    assert rows(events_of(file, 0.0)[0]) == EXPECTED


def test_the_icon_is_read_if_the_label_says_nothing():
    """Vicon's icons: 1 for a foot strike, 2 for a foot off."""
    icons = [1 if kind == "heel_strike" else 2 for kind in KINDS]
    sides = spelled("{Side}", "{Side}")
    for name in ("ICON_IDS", "ICONS_IDS"):
        parameters = {"TIMES": minutes_and_seconds(), "CONTEXTS": sides, name: icons}
        assert rows(events_of(content(**parameters), 0.0)[0]) == EXPECTED
    other = content(LABELS=["Heel Off", "Foot Flat", "Toe On", "Heel Rise"], **parameters)
    assert events_of(other, 0.0)[0] == ()


def test_numbers_of_contexts_are_looked_up():
    contexts = [str(["general", "left", "right"].index(side)) for side in SIDES]
    file = content(
        contexts=["General", "Left", "Right"],
        TIMES=minutes_and_seconds(),
        CONTEXTS=contexts,
        LABELS=spelled("Foot Strike", "Foot Off"),
    )
    assert rows(events_of(file, 0.0)[0]) == EXPECTED


@pytest.mark.parametrize(
    "text",
    ["Heel Off", "Toe On", "Foot Flat", "Mid Stance", "Opposite Foot Off", "General", "Event 3",
     "Foot", "Turn", "Start", "Stop", "", "L10", "Trigger", "R.KNEE", "Toronto"],
)  # fmt: skip
def test_other_names_are_no_gait_events(text):
    assert parse(text)[1] is None
    file = content(TIMES=minutes_and_seconds([1.0]), CONTEXTS=["Left"], LABELS=[text])
    events, remarks = events_of(file, 0.0)
    assert events == () and len(remarks) == 1 and "1 event of the file" in remarks[0]


def test_a_label_and_a_context_of_different_feet_are_not_used():
    file = content(TIMES=minutes_and_seconds([1.0]), CONTEXTS=["Left"], LABELS=["RHS"])
    assert events_of(file, 0.0)[0] == ()


def test_events_of_no_side_are_counted_in_a_remark():
    labels = spelled("Foot Strike", "Foot Off")
    file = content(TIMES=minutes_and_seconds(), CONTEXTS=["General"] * 4, LABELS=labels)
    events, remarks = events_of(file, 0.0)
    assert events == ()
    assert remarks == ("4 events of the file without a side (General): not used",)


def test_control_characters_of_names_are_not_in_remarks():
    file = content(TIMES=minutes_and_seconds([1.0]), LABELS=["\x1b[31mred\x07"])
    (remark,) = events_of(file, 0.0)[1]
    assert remark.isprintable() and "red" in remark


SHAPES = {
    "minutes and seconds": minutes_and_seconds(),
    "seconds": np.array(SECONDS),
    "one row": np.array([SECONDS]),
    "one column": np.array([SECONDS]).T,
    "a row for each event": minutes_and_seconds().T,
    "one list": minutes_and_seconds().T.ravel(),
    "seconds first": minutes_and_seconds()[::-1],
    "more rows": np.concatenate([minutes_and_seconds(), np.ones((1, 4))]),
    "not all used": np.concatenate([minutes_and_seconds(), np.zeros((2, 3))], axis=1),
    "frames": np.stack([np.zeros(4), np.round(np.array(SECONDS) * RATE_HZ) + 1]),
    "milliseconds": np.stack([np.zeros(4), np.array(SECONDS) * 1000 + 0.4]),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_times_are_read_in_any_shape(shape):
    labels = spelled("{S}HS", "{S}TO")
    events, remarks = events_of(content(USED=[4], TIMES=SHAPES[shape], LABELS=labels), 0.0)
    assert [(e.side, e.kind) for e in events] == list(zip(SIDES, KINDS, strict=True))
    np.testing.assert_allclose([e.time_s for e in events], SECONDS, atol=0.5 / RATE_HZ)
    assert bool(remarks) == (shape in ("seconds first", "frames", "milliseconds"))


@pytest.mark.parametrize(
    "times",
    [
        np.array([["a", "b"]]),
        np.zeros((2, 0)),
        np.full((2, 4), np.nan),
        np.zeros((2, 2, 4)),
    ],
)
def test_unreadable_times_give_no_events(times):
    file = content(USED=[4], TIMES=times, LABELS=spelled("{S}HS", "{S}TO"))
    assert events_of(file, 0.0)[0] == ()


@pytest.mark.parametrize("used", [[np.nan], [np.inf], ["four"], [], [-1.0], [300.0]])
def test_an_unreadable_number_of_events_means_all(used):
    labels = spelled("{S}HS", "{S}TO")
    file = content(USED=used, TIMES=minutes_and_seconds(), LABELS=labels, ICON_IDS=[np.nan, 1e30])
    assert rows(events_of(file, 0.0)[0]) == EXPECTED


def test_minutes_are_added():
    times = np.array([[2.0, 2.0, 2.0, 2.0], SECONDS])
    file = content(TIMES=times, LABELS=spelled("{S}HS", "{S}TO"))
    assert rows(events_of(file, 120.0)[0]) == EXPECTED


@pytest.mark.parametrize("number", [1, 143, 500, 20_000])
@pytest.mark.parametrize("counted", ["file", "first frame", "frames of the file", "frames"])
def test_times_are_found_on_any_clock(number, counted):
    """The first frame has any number; a remark says if times do not count from frame 1."""
    start_s = (number - 1) / RATE_HZ
    seconds = np.array(SECONDS)
    frames = np.round(seconds * RATE_HZ)
    times = {
        "file": start_s + seconds,
        "first frame": seconds,
        "frames of the file": frames + number,
        "frames": frames + 1,
    }[counted]
    labels = spelled("{S}HS", "{S}TO")
    events, remarks = events_of(content(TIMES=minutes_and_seconds(times), LABELS=labels), start_s)
    np.testing.assert_allclose([e.time_s for e in events], SECONDS, atol=0.5 / RATE_HZ)
    usual = counted == "file" or (counted == "first frame" and number == 1)
    assert bool(remarks) is not usual


def test_events_outside_the_recording_are_left_out_with_a_remark():
    file = content(TIMES=minutes_and_seconds([9.5, 10.5, 14.5]), LABELS=["LHS", "RHS", "LTO"])
    events, remarks = events_of(file, 10.0)
    assert rows(events) == [(0.5, "right", "heel_strike")]
    assert remarks == ("2 events of the file outside the recording: not used",)


def test_repeated_events_are_read_once():
    """Visual3D writes events of the force plates next to those of the markers."""
    file = content(TIMES=minutes_and_seconds([0.5, 0.52, 1.6]), LABELS=["RHS", "RON", "RHS"])
    events, remarks = events_of(file, 0.0)
    assert [e.time_s for e in events] == [0.5, 1.6]
    assert "1 event of the file repeated" in remarks[0]


def test_only_the_events_of_the_chosen_subject_are_read():
    labels = spelled("{S}HS", "{S}TO")
    file = content(TIMES=minutes_and_seconds(), LABELS=labels, SUBJECTS=["A", "A", "B", "B"])
    assert len(events_of(file, 0.0, subject="A")[0]) == 2
    assert len(events_of(file, 0.0)[0]) == len(events_of(file, 0.0, subject="C")[0]) == 4


def test_events_of_the_header_are_read(write):
    """The header has 18 events with labels of four characters."""
    path = write(np.full((600, 2, 3), 700.0), ("LHEE", "RHEE"))
    file = bytearray(path.read_bytes())
    struct.pack_into("<HH", file, 2 * 149, 12345, 3)
    struct.pack_into("<3f", file, 2 * 152, 0.5, 1.25, 2.0)
    file[2 * 188 : 2 * 188 + 3] = b"\1\1\1"
    file[2 * 198 : 2 * 198 + 12] = b"RHS LTO RFO "
    path.write_bytes(file)
    assert rows(events_of(ezc3d.c3d(str(path)), 0.0)[0]) == [
        (0.5, "right", "heel_strike"),
        (1.25, "left", "toe_off"),
        (2.0, "right", "toe_off"),
    ]


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("29a_events_general", 0),
        ("29b_events_right_foot_strike_in_label", 13),
        ("29c_events_RON_ROFF", 13),
        ("29e_events_first_frame_500_times_from_0", 13),
    ],
)
def test_the_shared_cases_have_their_events(shared, name, count):
    recording = read_recording(shared / f"data/recording_cases/{name}.c3d")
    assert len(recording.events) == count
    if count:
        assert recording.events[0].time_s == pytest.approx(0.4205, abs=1e-3)
        assert recording.events[0].side == "right"
    else:
        assert any("13 events" in remark for remark in recording.remarks)
