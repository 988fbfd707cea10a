"""A saved model works where this package is not installed."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

SCRIPT = """
import importlib.util, json, sys
import numpy as np
assert importlib.util.find_spec("agir_hf") is None, "agir_hf can be imported"
from transformers import AutoModel, AutoModelForSeq2SeqLM, AutoProcessor
folder, motions = sys.argv[1:]
processor = AutoProcessor.from_pretrained(folder, trust_remote_code=True)
rows = [np.load(motions)[name] for name in ("a", "b")]
for kind in (AutoModel, AutoModelForSeq2SeqLM):
    model = kind.from_pretrained(folder, trust_remote_code=True)
    outputs = model.generate_assessment(**processor(motion=rows), max_new_tokens=12)
    print(json.dumps([outputs.sequences.tolist(), outputs.probabilities.tolist()]))
"""


@pytest.mark.slow
def test_model_and_processor_load_with_remote_code_alone(tmp_path, model, processor, motions):
    folder = tmp_path / "a-model"
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    np.savez(tmp_path / "motions.npz", a=motions[0], b=motions[1])
    site_packages = os.path.dirname(os.path.dirname(np.__file__))
    environment = {
        **os.environ,
        "PYTHONPATH": site_packages,
        "HF_MODULES_CACHE": str(tmp_path / "modules"),
        "HF_HUB_OFFLINE": "1",
    }
    # -S leaves out site-packages' .pth files, and with them an editable installation of ours
    command = [sys.executable, "-S", "-c", SCRIPT, str(folder), str(tmp_path / "motions.npz")]
    run = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
    )
    assert run.returncode == 0, run.stderr
    expected = model.generate_assessment(**processor(motion=motions), max_new_tokens=12)
    lines = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("[")]
    assert len(lines) == 2
    for sequences, probabilities in lines:
        assert sequences == expected.sequences.tolist()
        np.testing.assert_allclose(probabilities, expected.probabilities.numpy(), atol=1e-6)
