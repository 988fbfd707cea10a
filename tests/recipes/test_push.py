"""A recipe uploads the complete model with its card, and no pickle files."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOAD = """
import sys
from transformers import AutoModelForSeq2SeqLM, AutoProcessor
model = AutoModelForSeq2SeqLM.from_pretrained(sys.argv[1], trust_remote_code=True)
print(type(AutoProcessor.from_pretrained(sys.argv[1], trust_remote_code=True)).__name__)
print(model.config.training_data)
"""


@pytest.mark.slow
def test_push_to_hub_uploads_model_processor_and_card(
    hub, run_on_hub, corpus, model_folder, tmp_path
):
    process = run_on_hub(
        sys.executable, ROOT / "recipes/sft_reasoning.py",
        "--config", ROOT / "recipes/reasoning/config_tiny.yaml",
        "--corpus", str(corpus), "--model", str(model_folder), "--output_dir", tmp_path / "out",
        "--max_steps", "1", "--eval_strategy", "no", "--save_strategy", "no", "--report_to", "none",
        "--load_best_model_at_end", "false",
        "--push_to_hub", "true", "--hub_model_id", "me/gait",
    )  # fmt: skip
    assert process.returncode == 0, process.stderr[-3000:]
    (files,) = [
        commits[-1][1] for (_, name), commits in hub.repositories.items() if name == "me/gait"
    ]
    assert {"model.safetensors", "config.json", "tokenizer.json", "README.md"} <= set(files)
    assert not any(Path(name).suffix in (".bin", ".pt", ".pth", ".pkl") for name in files)
    card = files["README.md"].decode()
    assert "**simulated walks only**" in card and 'from_pretrained("me/gait"' in card
    loaded = run_on_hub(sys.executable, "-c", LOAD, "me/gait")
    assert loaded.stdout.splitlines()[-2:] == ["AgirProcessor", "simulated walks only"], loaded
