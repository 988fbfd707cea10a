"""Parameters, events and turns of changed sample walks equal recorded values.

`data/walks.jsonl` is a record, not a reference: a change of a definition has to change it, too, by
`python tests/gait/test_recorded_walks.py`, after the differences were looked at. The
definitions themselves are tested in `test_step_measures.py` and `test_parameters.py`.
"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from agir_hf.gait import measure
from agir_hf.gait.whole_walk import backward_share, leg_length_m, pause_share
from agir_hf.motion import to_joints

RECORDS = Path(__file__).with_name("data") / "walks.jsonl"


def on_a_belt(walk):
    """The walk on a treadmill at its mean speed."""
    frames = np.arange(len(walk.positions))
    pelvis = walk.positions[:, walk.labels.index("L.ASIS")]
    travel = np.polynomial.polynomial.polyfit(frames, pelvis, 1)[1] * [1, 0, 1]
    return replace(walk, positions=walk.positions - frames[:, None, None] * travel)


def turning(walk):
    """The walk with a turn by 200 degrees to the left within 2 s."""
    time_s = np.arange(len(walk.positions)) / walk.rate_hz
    angle = np.radians(200) * np.clip((time_s - 2) / 2, 0, 1)
    rotation = Rotation.from_euler("Y", angle[:, None])
    middle = walk.positions.mean(axis=1) * [1, 0, 1]
    about = walk.positions - middle[:, None]
    about = np.stack([rotation.apply(about[:, m]) for m in range(about.shape[1])], axis=1)
    path = np.cumsum(rotation.apply(np.diff(middle, axis=0, prepend=middle[:1])), axis=0)
    return replace(walk, positions=about + path[:, None])


def pausing(walk):
    """The walk with 2.5 s of standing after 3 s."""
    still = np.repeat(walk.positions[450:451], 375, axis=0)
    positions = np.concatenate([walk.positions[:450], still, walk.positions[450:]])
    return replace(walk, positions=positions)


def limping(walk):
    """The walk in which the left foot and the right hand move less, and the left foot is turned."""
    positions = walk.positions.copy()
    for label, share in (("L.Heel", 0.1), ("L.MT", 0.12), ("RW", 0.3), ("LW", -0.3)):
        columns = [i for i, name in enumerate(walk.labels) if name.startswith(label)]
        pelvis = walk.positions[:, [walk.labels.index("L.ASIS")]]
        positions[:, columns, 2] -= share * (positions[:, columns] - pelvis)[..., 2]
        positions[:, columns, 0] -= 0.5 * share * (positions[:, columns] - pelvis)[..., 0]
    return replace(walk, positions=positions)


def without_toes(walk):
    """The walk without the markers of the toes and of the left shoulder."""
    kept = [i for i, label in enumerate(walk.labels) if ".MT" not in label and label != "LSHO"]
    labels = tuple(walk.labels[i] for i in kept)
    return replace(walk, positions=walk.positions[:, kept], labels=labels)


VARIANTS = {
    "as recorded": lambda walk: walk,
    "cut": lambda walk: replace(walk, positions=walk.positions[130:790]),
    "on a belt": on_a_belt,
    "turning": turning,
    "pausing": pausing,
    "limping": limping,
    "limping on a belt": lambda walk: on_a_belt(limping(walk)),
    "without toes": without_toes,
    "joints at 20 fps": to_joints,
    "joints of limping": lambda walk: to_joints(limping(walk)),
}


def record_of(name, recording):
    """Everything measured of a walk, with five digits."""

    def short(value):
        return None if value is None else float(f"{value:.5g}")

    measured = measure(recording)
    signals = measured.signals
    return {
        "variant": name,
        "parameters": {
            key: [short(row.value), short(row.sd), row.n]
            for key, row in measured.parameters.items()
        },
        "events": [
            [round(event.time_s, 4), event.side, event.kind] for event in signals.phases.events
        ],
        "steps": [[step.side, round(step.start_s, 4)] for step in signals.steps],
        "turns": [
            [short(turn.start_s), short(turn.end_s), short(turn.angle_deg), turn.heel_strikes]
            for turn in signals.turns
        ],
        "standing": [[short(start), short(end)] for start, end in signals.phases.standing],
        "belt": short(signals.phases.belt_speed_m_per_s),
        "backward": short(backward_share(signals)),
        "pauses": short(pause_share(signals)),
    }


@pytest.mark.parametrize("name", VARIANTS)
def test_a_walk_has_its_recorded_values(walk, name):
    records = [json.loads(line) for line in RECORDS.read_text(encoding="utf-8").splitlines()]
    expected = next(record for record in records if record["variant"] == name)
    now = json.loads(json.dumps(record_of(name, VARIANTS[name](walk))))
    assert now["parameters"].keys() == expected["parameters"].keys()
    for key, row in expected["parameters"].items():
        value, sd, count = now["parameters"][key]
        assert value == pytest.approx(row[0], rel=2e-3, abs=1e-6), key
        assert (sd is None) == (row[1] is None) and count == row[2], key
        assert (sd or 0.0) == pytest.approx(row[1] or 0.0, rel=2e-3, abs=1e-6), key
    for key in ("events", "steps"):
        now_texts, texts = (
            [[value for value in row if isinstance(value, str)] for row in rows[key]]
            for rows in (now, expected)
        )
        assert now_texts == texts
        now_s, times_s = (
            [value for row in rows[key] for value in row if not isinstance(value, str)]
            for rows in (now, expected)
        )
        assert now_s == pytest.approx(times_s, abs=1e-3)
    for key in ("turns", "standing"):
        assert len(now[key]) == len(expected[key])
        for row, expected_row in zip(now[key], expected[key], strict=True):
            assert row == pytest.approx(expected_row, rel=1e-3, abs=1e-3)
    for key in ("belt", "backward", "pauses"):
        assert (now[key] is None) == (expected[key] is None), key
        assert (now[key] or 0.0) == pytest.approx(expected[key] or 0.0, rel=1e-3), key


def test_the_legs_of_the_walk_have_their_recorded_length(walk):
    assert leg_length_m(to_joints(walk).joints) == pytest.approx(0.71894, abs=1e-4)


def record():
    """Write the present values into the record."""
    import agir_hf
    from agir_hf.motion import read_recording

    sample = read_recording(agir_hf.SAMPLE_RECORDING)
    rows = [json.dumps(record_of(name, change(sample))) for name, change in VARIANTS.items()]
    RECORDS.write_text("\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    record()
