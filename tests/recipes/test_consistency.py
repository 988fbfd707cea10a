"""recipes/consistency.py prints and writes the robustness of a model's scores."""

import json

import pytest

from agir_hf.evaluation.robustness import PERTURBATIONS


@pytest.mark.slow
def test_tables_are_printed_and_written(run_recipe, corpus, model_folder, tmp_path, capsys):
    path = tmp_path / "consistency.json"
    run_recipe("consistency.py", model=model_folder, corpus=corpus, rows=3, output=path)
    printed = capsys.readouterr().out
    assert "## Consistency under perturbations" in printed and "## OFF and ON medication" in printed
    assert printed.count("Simulated walks: no person was recorded") == 2

    written = json.loads(path.read_text())
    assert written["simulated"] is True and written["split"] == "test"
    changes = {change["perturbation"]: change for change in written["consistency"]["changes"]}
    assert list(changes) == list(PERTURBATIONS)
    assert written["consistency"]["walks"] == 3 and written["medication"]["walks"] == 4
    assert changes["turned"]["total_variation"] < changes["noised"]["total_variation"]
    assert written["medication"]["subjects"] == 2 and written["medication"]["by_expected"] is True
