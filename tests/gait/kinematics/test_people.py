"""Curves of people: against the angles of Plug-in Gait in the same files, and against the bands.

`pytest -s tests/gait/kinematics/test_people.py` prints the measured agreement and scores.
"""

from collections import defaultdict

import numpy as np
import pytest

from agir_hf.gait import measure
from agir_hf.gait.kinematics import gait_profile, kinematics_of
from agir_hf.motion import read_recording

# Healthy people with markers of pelvis and legs: one adult with two recordings, then five people,
# mostly children.
HEALTHY = (
    "btk_pig/PiG_Motion-FlatFoot-Hole.c3d", "healthy_adults/btk_one_walk.c3d",
    "mcgill_biomechzoo/HC002D/HC002D06.c3d", "mcgill_biomechzoo/HC032A/HC032A03.c3d",
    "mcgill_biomechzoo/HC033A/HC033A10.c3d", "mcgill_biomechzoo/HC038A/HC038A11.c3d",
    "mcgill_biomechzoo/HC039A/HC039A17.c3d",
)  # fmt: skip
# Variable → (output of Plug-in Gait, axis, largest RMS difference and largest offset in degrees).
# Plug-in Gait takes tilt before obliquity, another hip centre, and markers on wands.
PLUG_IN_GAIT = {
    "pelvis_tilt": ("PelvisAngles", 0, 0.5, 0.3),
    "pelvis_obliquity": ("PelvisAngles", 1, 1.5, 0.5),
    "pelvis_rotation": ("PelvisAngles", 2, 1.3, 0.5),
    "hip_flexion": ("HipAngles", 0, 2.5, 1.5),
    "hip_adduction": ("HipAngles", 1, 2.7, 2.5),
    "knee_flexion": ("KneeAngles", 0, 3.5, 1.5),
    "ankle_dorsiflexion": ("AnkleAngles", 0, 2.0, 1.0),
    "foot_progression": ("FootProgressAngles", 2, 2.2, 2.0),
}


@pytest.fixture(scope="module")
def healthy(shared):
    """File → kinematics."""
    walks = {}
    for name in HEALTHY:
        recording = read_recording(shared / "data" / name)
        walks[name] = kinematics_of(measure(recording), recording)
    return walks


def plug_in_gait(path) -> tuple[dict[str, np.ndarray], float]:
    """Output → (T, 3) degrees, and frames per second."""
    import ezc3d

    file = ezc3d.c3d(str(path))
    labels = file["parameters"]["POINT"]["LABELS"]["value"]
    rate_hz = file["parameters"]["POINT"]["RATE"]["value"][0]
    points = file["data"]["points"]
    return {name: points[:3, i].T for i, name in enumerate(labels) if "Angles" in name}, rate_hz


def test_curves_agree_with_plug_in_gait(shared, healthy):
    differences = defaultdict(list)
    for name, kinematics in healthy.items():
        outputs, rate_hz = plug_in_gait(shared / "data" / name)
        for (variable, side), curve in kinematics.curves.items():
            output, axis, *_ = PLUG_IN_GAIT.get(variable, (None, None))
            angle = outputs.get(f"{side[0].upper()}{output}")
            if angle is None:
                continue
            times = np.arange(len(angle)) / rate_hz
            share = np.linspace(0, 1, 101)
            for i in range(len(curve.strides)):
                at = curve.start_s[i] + share * (curve.end_s[i] - curve.start_s[i])
                differences[variable].append(
                    curve.strides[i] - np.interp(at, times, angle[:, axis])
                )
    for variable, (_, _, largest, offset) in PLUG_IN_GAIT.items():
        rows = np.array(differences[variable])
        rms = float(np.sqrt((rows**2).mean(axis=1)).mean())
        print(f"{variable:20s} {len(rows)} strides: RMS {rms:.1f}, offset {rows.mean():+.1f} deg")
        assert len(rows) >= 15
        assert rms < largest and abs(rows.mean()) < offset, variable


def test_healthy_people_are_near_the_bands(healthy):
    """Per variable: mean over people of the mean distance from the band in its SDs."""
    distances = defaultdict(list)
    for kinematics in healthy.values():
        for (variable, _), curve in kinematics.curves.items():
            band = kinematics.band(variable)
            if band is not None:
                row = curve.mean - band.mean
                distances[variable].append((np.abs(row / band.sd).mean(), np.sqrt((row**2).mean())))
    assert len(distances) == 6
    for variable, rows in distances.items():
        z, rms = np.mean(rows, axis=0)
        print(f"{variable:20s} {len(rows)} sides: mean distance {z:.1f} SD, RMS {rms:.1f} deg")
        assert z < 1.6, variable


def test_scores_of_healthy_people(healthy):
    scores = {name: gait_profile(kinematics) for name, kinematics in healthy.items()}
    for name, profile in scores.items():
        print(f"{name:45s} GPS {profile.overall_deg:.1f} deg, {len(profile.variables)} variables")
    values = sorted(profile.overall_deg for profile in scores.values())
    text = next(iter(scores.values())).healthy
    median = values[len(values) // 2]
    assert f"{values[0]:.1f} to {values[-1]:.1f}, median {median:.1f} degrees" in text
    assert f"{len(values)} recordings" in text
