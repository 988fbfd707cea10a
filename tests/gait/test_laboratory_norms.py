"""Norms of a laboratory: statistics of its walkers, the file, and the grades against them."""

import json

import numpy as np
import pytest

from agir_hf.gait import build_norms, check_claims, grade_of, load_norms, measure, save_norms
from agir_hf.gait.claims import Claim
from agir_hf.gait.grades import NORMAL_GRADE, cut_offs, scale
from agir_hf.gait.grounding import SUPPORTED
from agir_hf.gait.lexicon import load_lexicon
from agir_hf.gait.norm_statistics import HealthyWalk
from agir_hf.gait.norms import DEPENDS_ON_SPEED, PUBLISHED, SEXES, reference
from agir_hf.gait.parameters import PARAMETERS

NAMES = [parameter.name for parameter in PARAMETERS]
WITHOUT_PUBLISHED = {"step_height_m": (0.2, 0.02), "margin_of_stability_ap_m": (-0.01, 0.03),
                     "margin_of_stability_ml_m": (0.06, 0.02), "harmonic_ratio_ap": (3.0, 1.0),
                     "harmonic_ratio_vertical": (3.0, 1.0), "harmonic_ratio_ml": (2.0, 0.6),
                     "freezing_index": (0.5, 0.2)}  # fmt: skip


def walkers(n, walks=2, seed=0, ages=(24, 80), sexes=("male", "female"), noise=1.0):
    """Walks of `n` subjects drawn from the published norms, with a subject and a walk effect."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        age = None if ages is None else float(rng.uniform(*ages))
        sex = sexes[i % len(sexes)] if sexes else None
        norm = reference("speed_m_per_s", age, sex)
        speed = norm.mean + norm.sd * rng.normal()
        effects = {name: rng.normal() for name in NAMES}
        for _ in range(walks):
            values = {"speed_m_per_s": speed}
            for name in NAMES:
                if name == "speed_m_per_s":
                    continue
                norm = reference(name, age, sex, speed)
                mean, sd = (norm.mean, norm.sd) if norm else WITHOUT_PUBLISHED[name]
                value = mean + noise * sd * (effects[name] + 0.2 * rng.normal())
                signed = name.startswith("margin")
                values[name] = value if signed else max(value, 0.05 * mean)
            rows.append(HealthyWalk(f"S{i:02d}", age, sex, values))
    return rows


def constant(name, values):
    return [(f"S{i}", None, None, {name: value}) for i, value in enumerate(values)]


@pytest.fixture(scope="module")
def norms():
    """Norms of 40 walkers, with age, sex and speed terms."""
    return build_norms(walkers(40), "/home/someone/controls", date="2026-11-28")


@pytest.fixture(scope="module")
def small():
    """Norms of 8 walkers of unknown age and sex, all of them constant."""
    return build_norms(walkers(8, ages=None, sexes=None), "controls", date="2026-11-28")


def test_the_mean_is_between_subjects_and_not_between_walks():
    speeds = {"A": (1.0, 1.0, 1.0, 1.0), "B": (1.2,), "C": (1.4,), "D": (1.3,), "E": (1.5, 1.3)}
    rows = [
        (name, None, None, {"speed_m_per_s": value})
        for name, values in speeds.items()
        for value in values
    ]
    norm = build_norms(rows).parameters["speed_m_per_s"]
    means = [1.0, 1.2, 1.4, 1.3, 1.4]
    assert (norm.n, norm.mean) == (5, pytest.approx(np.mean(means)))
    assert norm.sd == pytest.approx(np.std(means, ddof=1), rel=1e-5)


def test_a_parameter_of_fewer_than_five_subjects_keeps_the_published_norm():
    rows = [(f"S{i}", 70, None, {"speed_m_per_s": 1 + i / 10}) for i in range(6)]
    for i, (_, _, _, values) in enumerate(rows[:4]):
        values["turn_steps"] = 4 + i
    norms = build_norms(rows, "controls", date="2026-11-28")
    assert norms.reference("turn_steps") == PUBLISHED.reference("turn_steps")
    assert norms.reference("speed_m_per_s").status == "laboratory"
    assert "measured in 4 subjects" in norms.published["turn_steps"]
    assert "published norms of" in norms.title
    assert norms.reference("freezing_index") is None


def test_title_and_source_state_walkers_folder_and_date_without_a_path(norms):
    source = norms.reference("speed_m_per_s", 50, "male").source
    assert source.startswith("40 healthy walkers (2") and source.endswith("controls, 2026-11-28")
    assert norms.title == source and "/" not in source
    assert "someone" not in json.dumps(norms.provenance.folder)
    simulated = build_norms(walkers(6), "x", simulated=True)
    assert simulated.title.startswith("6 simulated healthy walkers")
    assert "ages unknown" in build_norms(walkers(6, ages=None)).title


def test_the_provenance_counts_subjects_and_walks_by_sex():
    provenance = build_norms(walkers(9, walks=3, sexes=("male", "female", None))).provenance
    assert (provenance.subjects, provenance.walks, provenance.ages_known) == (9, 27, 9)
    assert provenance.sexes == {"male": 3, "female": 3, "unknown": 3}


def test_children_are_left_out_with_the_reason_and_have_no_norm(norms):
    rows = [*walkers(6, ages=(30, 60)), HealthyWalk("child", 9.0, None, {"speed_m_per_s": 0.1})]
    result = build_norms(rows)
    assert "9 years" in result.provenance.excluded["subject child"]
    assert result.provenance.subjects == 6
    assert result == build_norms(rows[:-1], excluded=result.provenance.excluded)
    assert all(norms.reference(name, 19.9) is None for name in NAMES)
    assert norms.reference("step_height_m", 20) is not None


def test_a_line_in_age_is_recovered_and_is_constant_outside_the_ages():
    ages = np.linspace(25, 75, 24)
    rng = np.random.default_rng(1)
    rows = [
        (f"S{i}", age, None, {"speed_m_per_s": 1.5 - 0.006 * (age - 25) + 0.02 * rng.normal()})
        for i, age in enumerate(ages)
    ]
    norms = build_norms(rows)
    norm = norms.parameters["speed_m_per_s"]
    assert norm.age.slope == pytest.approx(-0.006, abs=0.001)
    residuals = [
        values["speed_m_per_s"] - norms.reference("speed_m_per_s", age).mean
        for _, age, _, values in rows
    ]
    assert norm.sd == pytest.approx(np.sqrt(np.square(residuals).sum() / 22), rel=1e-3)
    mean = {age: norms.reference("speed_m_per_s", age).mean for age in (20, 25, 50, 75, 90)}
    assert mean[20] == mean[25] > mean[50] > mean[75] == mean[90]
    assert norms.reference("speed_m_per_s") == norms.reference("speed_m_per_s", 70)


@pytest.mark.parametrize(("n", "ages"), [(19, (25, 75)), (30, (60, 79)), (30, None)])
def test_without_enough_subjects_or_years_the_mean_is_the_same_for_all_ages(n, ages):
    norms = build_norms(walkers(n, ages=ages, sexes=None))
    assert all(norm.age is None for norm in norms.parameters.values())
    assert norms.reference("speed_m_per_s", 30) == norms.reference("speed_m_per_s", 80)


def test_men_and_women_differ_if_there_are_ten_of_each(norms):
    men, both, women = (norms.reference("step_length_m", 50, sex).mean
                        for sex in ("male", None, "female"))  # fmt: skip
    assert men > both > women and both == pytest.approx((men + women) / 2)
    few = build_norms(walkers(29, sexes=("male", "male", "female")))  # 9 women
    assert all(norm.men_minus_women is None for norm in few.parameters.values())
    assert norms.reference("knee_range_deg", 50, "male") == norms.reference("knee_range_deg")


def sway(n, slope, noise=0.001, seed=3):
    rng = np.random.default_rng(seed)
    speeds = np.linspace(1.0, 1.5, n)
    return [
        (f"S{i}", None, None,
         {"speed_m_per_s": v, "pelvic_sway_m": 0.06 + slope * (v - 1.25) + noise * rng.normal()})
        for i, v in enumerate(speeds)
    ]  # fmt: skip


def test_a_significant_slope_on_speed_is_the_laboratory_s_own():
    norms = build_norms(sway(12, -0.02))
    norm = norms.parameters["pelvic_sway_m"]
    assert norm.speed.slope == pytest.approx(-0.02, abs=0.004)
    assert (norm.speed.least, norm.speed.greatest) == (1.0, 1.5)
    at = {v: norms.reference("pelvic_sway_m", speed_m_per_s=v).mean for v in (0.5, 1.0, 1.1, 1.4)}
    assert at[1.1] - at[1.4] == pytest.approx(-0.3 * norm.speed.slope)
    published = {v: reference("pelvic_sway_m", speed_m_per_s=v).mean for v in (0.5, 1.0)}
    assert at[0.5] - at[1.0] == pytest.approx(published[0.5] - published[1.0])


@pytest.mark.parametrize("rows", [sway(9, -0.02), sway(12, 0.0, 0.01), sway(12, 0.0, 0.0003)])
def test_without_a_slope_of_its_own_the_mean_changes_with_speed_as_published(rows):
    norms = build_norms(rows)
    norm = norms.parameters["pelvic_sway_m"]
    assert norm.speed.slope == 0 and norm.speed.centre == pytest.approx(1.25)
    slow, fast = (norms.reference("pelvic_sway_m", speed_m_per_s=v).mean for v in (0.6, 1.3))
    published = [reference("pelvic_sway_m", speed_m_per_s=v).mean for v in (0.6, 1.3)]
    assert slow - fast == pytest.approx(published[0] - published[1])


def test_without_a_speed_the_norm_is_that_at_the_mean_speed_of_the_age(norms):
    speed = norms.reference("speed_m_per_s", 75).mean
    for name in DEPENDS_ON_SPEED:
        assert norms.reference(name, 75) == norms.reference(name, 75, None, speed)


def test_a_walker_at_the_mean_of_the_laboratory_is_normal(norms, small):
    for made in (norms, small):
        assert set(made.parameters) == set(NAMES)
        for age in (None, 20, 45, 99):
            for sex in (None, *SEXES):
                for name in NAMES:
                    norm = made.reference(name, age, sex, 1.2)
                    assert grade_of(name, norm.mean, norm) == NORMAL_GRADE
                    assert norm.status == "laboratory"


def test_norms_of_walkers_drawn_from_the_published_norms_agree_with_them():
    norms = build_norms(walkers(300, walks=1, ages=(58, 82)))  # years of an almost straight line
    for name in NAMES:
        published = reference(name, 70, None, 1.25)
        if published is None:
            continue
        own = norms.reference(name, 70, None, 1.25)
        assert abs(published.z(own.mean)) < 0.25, name
        assert own.sd == pytest.approx(published.sd, rel=0.2), name


@pytest.mark.parametrize("which", ["norms", "small"])
def test_exactly_one_grade_is_supported_with_norms_of_a_laboratory(which, request):
    made = request.getfixturevalue(which)
    count = 0
    for quantity, entry in load_lexicon()["quantities"].items():
        if len(entry["measures"]) != 1 or quantity == "arm_swing":
            continue
        measure_name = entry["measures"][0]
        side = "left" if "{side}" in measure_name else ""
        name = measure_name.format(side="left_")
        if name not in NAMES:
            continue
        claims = [Claim(quantity, side, g.state, g.degree, None, 0, 1) for g in scale(name)]
        for age, sex, speed in ((None, None, None), (25, "male", 1.4), (82, "female", 0.3)):
            norm = made.reference(name, age, sex, speed)
            limits = cut_offs(name, norm)
            assert list(limits) == sorted(set(limits))
            for value in (*limits, *np.nextafter(limits, -np.inf), norm.mean, limits[0] - norm.sd):
                walk = {name: value}
                if speed is not None and name != "speed_m_per_s":
                    walk["speed_m_per_s"] = speed
                rows = check_claims(claims, walk, age, sex, made)
                assert [row.verdict for row in rows].count(SUPPORTED) == 1, (name, value)
                count += 1
    assert count > 300


def test_a_walker_far_from_the_others_is_listed_and_not_left_out():
    speeds = [1.2, 1.25, 1.3, 1.22, 1.28, 1.26, 1.24, 1.27, 1.23, 0.7]
    norms = build_norms([(f"S{i}", 60, None, {"speed_m_per_s": v}) for i, v in enumerate(speeds)])
    (row,) = norms.provenance.deviations
    assert (row.subject, row.parameter, row.value) == ("S9", "speed_m_per_s", 0.7)
    assert row.z < -3 and norms.parameters["speed_m_per_s"].n == 10
    assert norms.parameters["speed_m_per_s"].mean == pytest.approx(np.mean(speeds))


def test_few_walkers_like_the_others_are_listed_as_far():
    listed = sum(
        len(build_norms(walkers(n, walks=1, seed=seed)).provenance.deviations)
        for n in (6, 12, 24)
        for seed in range(5)
    )
    assert listed / (42 * 5 * len(NAMES)) < 0.01  # 0.0027 of a normal distribution


@pytest.mark.parametrize("name", ["foot_strike_angle_deg", "step_length_m", "hip_range_deg"])
@pytest.mark.parametrize("values", [[0.5] * 6, [-3.0, -2.0, -1.0, 0.0, 1.0, -4.0]])
def test_a_norm_without_valid_grades_is_replaced_by_the_published_norm(name, values):
    norms = build_norms(constant(name, values))
    assert norms.reference(name) == PUBLISHED.reference(name)
    assert "expected above 0" in norms.published[name] or "no valid grades" in norms.published[name]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (constant("speed_m_per_s", [1, 1.1, 1.2, 1.3]), "healthy adults: 4"),
        ([], "healthy adults: 0"),
        (constant("pace", [1, 2, 3, 4, 5]), "subject S0 has 'pace'"),
        (constant("speed_m_per_s", [1, 2, 3, 4, float("nan")]), "subject S4 is nan"),
        ([("A", 150, None, {})], "subject A: age is 150"),
        ([("A", float("nan"), None, {})], "subject A: age is nan"),
        ([("A", 50, "x", {})], "subject A: sex is 'x'"),
        ([("A", 50, "male", {}), ("A", 50, "female", {})], "A is male and female"),
    ],
)
def test_invalid_walks_raise_an_error_of_one_line(rows, message):
    with pytest.raises(ValueError, match=message) as raised:
        build_norms(rows)
    assert "\n" not in str(raised.value)


def test_a_saved_file_is_read_as_the_same_norms(norms, small, tmp_path):
    far = build_norms(constant("speed_m_per_s", [1.2] * 4 + [1.21] * 5 + [0.3]))
    assert far.provenance.deviations
    for made in (norms, small, far):
        save_norms(made, tmp_path / "norms.json")
        read = load_norms(tmp_path / "norms.json")
        assert read == made
        assert read.reference("step_width_m", 44, "male") == made.reference(
            "step_width_m", 44, "male"
        )
    assert [path.name for path in tmp_path.iterdir()] == ["norms.json"]
    content = json.loads((tmp_path / "norms.json").read_text())
    assert content["parameters"]["speed_m_per_s"]["unit"] == "m/s"


def test_other_files_are_not_replaced(small, tmp_path):
    for name, text in (("text.json", "notes"), ("other.json", '{"format": "else"}')):
        (tmp_path / name).write_text(text)
        with pytest.raises(FileExistsError, match="not a file of norms"):
            save_norms(small, tmp_path / name)
        assert (tmp_path / name).read_text() == text
    with pytest.raises(FileNotFoundError, match="no such folder"):
        save_norms(small, tmp_path / "absent" / "norms.json")


def edited(**changes):
    """Change entries of a file of norms; a key "a__b" is entry b of entry a."""

    def edit(content):
        for key, value in changes.items():
            *path, last = key.split("__")
            entry = content
            for part in path:
                entry = entry[part]
            entry[last] = value
        return content

    return edit


SPEED = "parameters__speed_m_per_s"


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda content: [content], "not a file of norms"),
        (edited(format="other"), "not a file of norms"),
        (edited(version=2), "version 2 of the format, expected 1"),
        (edited(**{f"{SPEED}__mean": float("nan")}), "mean of speed_m_per_s is nan"),
        (edited(**{f"{SPEED}__mean": 10**400}), "expected a finite number"),
        (edited(**{f"{SPEED}__mean": True}), "expected a finite number"),
        (edited(**{f"{SPEED}__mean": "1.2"}), "expected a finite number"),
        (edited(**{f"{SPEED}__mean": -1.2}), "no valid grades"),
        (edited(**{f"{SPEED}__sd": -0.1}), "sd of speed_m_per_s is -0.1, expected above 0"),
        (edited(**{f"{SPEED}__sd": 0}), "expected above 0"),
        (edited(**{f"{SPEED}__n": 2}), "expected at least 5"),
        (edited(**{f"{SPEED}__n": 7.5}), "expected a whole number"),
        (edited(**{f"{SPEED}__age": 3}), "expected slope, centre and range"),
        (edited(**{f"{SPEED}__age__least": 70}), "expected increasing values"),
        (edited(**{f"{SPEED}__age__slope": -0.2}), "no valid grades"),
        (edited(**{f"{SPEED}__speed": {}}), "slope of speed of speed_m_per_s is None"),
        (edited(parameters__pace={"n": 9}), "'pace' is not a gait parameter"),
        (edited(parameters__turn_steps=4), "expected n, mean and sd"),
        (edited(parameters=[]), "expected named entries"),
        (edited(published={"turn_steps": 4}), "turn_steps is 4, expected text"),
        (edited(provenance=None), "provenance is None"),
        (edited(provenance__title=None), "title is None, expected text"),
        (edited(provenance__walks="many"), "walks is 'many', expected a whole number"),
        (edited(provenance__deviations=["x"]), "deviations"),
    ],
)
def test_a_file_that_cannot_be_used_is_an_error_of_one_line(norms, tmp_path, edit, message):
    path = tmp_path / "norms.json"
    save_norms(norms, path)
    path.write_text(json.dumps(edit(json.loads(path.read_text()))))
    with pytest.raises(ValueError, match=message) as raised:
        load_norms(path)
    assert "\n" not in str(raised.value) and "norms.json" in str(raised.value)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\x00", b"[" * 100_000, b"1"])
def test_a_file_that_is_not_json_is_an_error_of_one_line(tmp_path, content):
    (tmp_path / "norms.json").write_bytes(content)
    with pytest.raises(ValueError, match="norms.json is not") as raised:
        load_norms(tmp_path / "norms.json")
    assert "\n" not in str(raised.value)


def test_a_missing_file_or_a_folder_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such file"):
        load_norms(tmp_path / "norms.json")
    with pytest.raises(IsADirectoryError, match="is a folder"):
        load_norms(tmp_path)


def test_norms_are_taken_where_claims_are_checked(norms):
    claims = [Claim("speed", "", "normal", 0, None, 0, 1)]
    slow = build_norms(constant("speed_m_per_s", [0.60, 0.65, 0.7, 0.55, 0.62]), "slow")
    walk = {"speed_m_per_s": 0.62}
    assert check_claims(claims, walk)[0].verdict != SUPPORTED
    (row,) = check_claims(claims, walk, norms=slow)
    assert row.verdict == SUPPORTED and row.norm.source.startswith("5 healthy walkers")
    assert reference("speed_m_per_s", norms=slow) == slow.reference("speed_m_per_s")


def test_real_healthy_walkers_make_norms_that_they_satisfy(shared):
    from agir_hf.motion import read_recording

    files = sorted((shared / "data/mcgill_biomechzoo").glob("*/*.c3d"))
    rows = []
    for path in files:
        values = measure(read_recording(path)).parameters
        rows.append(
            (path.parent.name, None, None, {name: row.value for name, row in values.items()})
        )
    norms = build_norms(rows, "mcgill_biomechzoo")
    assert (norms.provenance.subjects, norms.provenance.walks) == (5, 15)
    assert len(norms.parameters) >= 28
    z = [
        norms.reference(name, speed_m_per_s=values.get("speed_m_per_s")).z(values[name])
        for _, _, _, values in rows
        for name in norms.parameters.keys() & values.keys()
    ]
    assert np.mean(np.abs(z) < 2) > 0.9
