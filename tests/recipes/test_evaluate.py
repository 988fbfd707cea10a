"""recipes/evaluate.py writes the figures of a model and of baselines."""

import json

from agir_hf.evaluation.reporting.split_results import SplitResults, split_section


def test_results_have_the_model_its_parts_and_baselines(
    run_recipe, corpus, model_folder, tmp_path, capsys
):
    path = tmp_path / "results.json"
    run_recipe("evaluate.py", model=model_folder, corpus=corpus, output=path)
    written = json.loads(path.read_text())
    assert written["walks"] == 4 and written["external"] == {}
    assert list(written["scores"]) == ["tokens"]  # the model has no probe
    assert {"forest_on_parameters", "logistic_on_features"} <= written["baselines"].keys()
    section = split_section(SplitResults.load(path))
    assert "score tokens alone" in section and section.count("\n| accuracy |") == 1
    assert json.loads(capsys.readouterr().out) == written
