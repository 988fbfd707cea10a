"""recipes/readout.py prints and writes what the motion embedding of a model contains."""

import json

from agir_hf.experiments.readout import READOUTS


def test_table_is_printed_and_written(run_recipe, corpus, model_folder, tmp_path, capsys):
    path = tmp_path / "readout.json"
    run_recipe("readout.py", model=model_folder, corpus=corpus, output=path)
    written = json.loads(path.read_text())
    assert written["train_walks"] == 8 and written["test_walks"] == 4
    row = written["r_squared"]["speed_m_per_s"]
    assert list(row) == [*READOUTS, "spoken_of"] and row["spoken_of"] in (True, False)
    assert "| speed_m_per_s | " in capsys.readouterr().out
