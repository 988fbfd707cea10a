"""`agir corpus simulate` with the layout of several recording systems."""

import csv
from collections import Counter

import pytest

from agir_hf.cli import main


@pytest.fixture
def agir(capsys):
    """Run a command; returns exit code, standard output and standard error."""

    def agir(*arguments):
        capsys.readouterr()
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as stop:
            code = stop.code
        output = capsys.readouterr()
        assert "Traceback" not in output.err
        return code, output.out, output.err

    return agir


def clinical(folder):
    with (folder / "clinical.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_a_corpus_is_built_from_several_recording_systems(agir, tmp_path, monkeypatch):
    monkeypatch.setattr("agir_hf.corpus.card.draw_figures", lambda *_: False)
    cohort, out = tmp_path / "cohort", tmp_path / "corpus"
    size = ("--subjects", 3, "--walks", 1, "--controls", 2, "--seed", 3)
    code, printed, _ = agir("corpus", "simulate", cohort, "--layout", "varied", *size)
    assert code == 0 and "8 simulated walks of 3 subjects and 2 controls" in printed
    rows = clinical(cohort)
    assert len({row["system"] for row in rows}) > 1
    code, printed, errors = agir("corpus", "build", cohort, out, "--fit", "centres")
    assert code == 0, errors
    scored = Counter(row["score"] for row in rows)
    assert f"corpus of {8 - scored['-']} recordings" in printed
    card = (out / "README.md").read_text(encoding="utf-8")
    assert "simulated" in card.lower()


def test_the_default_number_of_controls_is_ten(agir, tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(
        "agir_hf.simulation.varied_layout.simulate_varied_cohort",
        lambda *arguments, **options: calls.append((arguments, options)),
    )
    assert agir("corpus", "simulate", tmp_path / "c", "--layout", "varied")[0] == 0
    assert agir("corpus", "simulate", tmp_path / "c", "--layout", "varied", "--controls", 0)[0] == 0
    assert calls == [
        ((tmp_path / "c", 26, 6, 0, 1), {"controls": controls}) for controls in (10, 0)
    ]


def test_the_default_layout_is_that_of_the_shida_data_set(agir, tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(
        "agir_hf.simulation.cohort.simulate_cohort",
        lambda *arguments, controls: calls.append((*arguments, controls)),
    )
    assert agir("corpus", "simulate", tmp_path / "c", "--subjects", 5)[0] == 0
    assert agir("corpus", "simulate", tmp_path / "c", "--controls", 3)[0] == 0
    assert calls == [(tmp_path / "c", 5, 6, 0, 1, 0), (tmp_path / "c", 26, 6, 0, 1, 3)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--controls", -1), "controls is -1, expected at least 0"),
        (("--layout", "varied", "--controls", -1), "controls is -1, expected at least 0"),
        (("--layout", "varied", "--subjects", 2), "subjects is 2, expected at least 3"),
        (("--layout", "zip"), "expected shida or varied"),
    ],
)
def test_a_wrong_option_gives_one_line(agir, tmp_path, options, message):
    code, printed, errors = agir("corpus", "simulate", tmp_path / "c", *options)
    assert code == 2 and not printed
    assert message in errors.splitlines()[-1]
    assert not (tmp_path / "c").exists()
