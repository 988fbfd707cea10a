"""Loading models and data sets from a Hub that runs on this machine, also with errors."""

import copy
import hashlib
import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from agir_hf.corpus.loading import load_corpus
from agir_hf.corpus.schema import CONFIGS

FIRST, SECOND = "1" * 40, "2" * 40
FEW = {"max_new_tokens": 8}
ASSESS = """
import json, sys
import numpy as np
from transformers import AutoModelForSeq2SeqLM, AutoProcessor, pipeline
name, motion, *revisions = sys.argv[1:]
motion, answers = np.load(motion), {}
for revision in revisions:
    options = dict(revision=revision, trust_remote_code=TRUST)
    model = AutoModelForSeq2SeqLM.from_pretrained(name, **options)
    processor = AutoProcessor.from_pretrained(name, **options)
    outputs = model.generate_assessment(**processor(motion=motion), max_new_tokens=8)
    pipe = pipeline("gait-assessment", model=name, **options)
    answers[revision] = [outputs.sequences[0].tolist(), pipe(motion, max_new_tokens=8),
                         type(pipe).__module__.partition(".")[0]]
print(json.dumps(answers))
"""
WITH_PACKAGE = "import agir_hf\nTRUST = None\n" + ASSESS
ALONE = (
    "import importlib.util\nassert not importlib.util.find_spec('agir_hf')\nTRUST = True\n" + ASSESS
)
LOAD = """
import sys
import agir_hf
from transformers import AutoModelForSeq2SeqLM
for _ in range(2):
    try:
        AutoModelForSeq2SeqLM.from_pretrained(sys.argv[1])
        print("loaded")
    except Exception as error:
        print(type(error).__name__, " ".join(str(error).split()))
"""
DOWNLOAD = """
import sys
from huggingface_hub import hf_hub_download
print(hf_hub_download("me/agir", sys.argv[1]))
"""
LOAD_DATA = """
import json, sys
from datasets import load_dataset
def rows(data):
    return {name: [[row["id"], len(row["motion"])] for row in part] for name, part in data.items()}
name, *configs = sys.argv[1:]
whole = {config: rows(load_dataset(name, config)) for config in configs}
print(json.dumps(whole))
"""
STREAM = LOAD_DATA.replace(
    "load_dataset(name, config)", "load_dataset(name, config, streaming=True)"
)

LOAD_FOLD = """
import json, sys
from agir_hf.corpus.loading import load_corpus
name, absent = sys.argv[1:]
rows = load_corpus(name, "motion", fold="stratified/fold1")
print(json.dumps({split: [[row["id"], row["motion"].shape] for row in part]
                  for split, part in rows.items()}))
try:
    load_corpus(absent)
except FileNotFoundError as error:
    print(error)
"""


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.fixture(scope="session")
def another(model):
    """A model of other weights."""
    another = copy.deepcopy(model)
    torch.manual_seed(1)
    torch.nn.init.normal_(another.lm_head.weight)
    return another


@pytest.fixture
def full_hub(hub, saved_model, another, tmp_path):
    """The Hub with a model of two commits with different weights and code."""
    another.save_pretrained(tmp_path / "second")
    first = files(saved_model)
    second = first | files(tmp_path / "second")
    code = second["constants_agir.py"]
    second["constants_agir.py"] = code.replace(b"Research use only.", b"Second. Research use only.")
    assert second["constants_agir.py"] != code
    hub.repositories["model", "me/agir"] = [(FIRST, first), (SECOND, second)]
    return hub


@pytest.fixture
def motion(tmp_path, motions):
    np.save(tmp_path / "motion.npy", motions[0])
    return tmp_path / "motion.npy"


@pytest.fixture
def check_answers(model, another, processor, motions):
    """Compare the output of `ASSESS` with that of the package in this process."""

    def check_answers(run, expected):
        assert run.returncode == 0, run.stderr
        answers = json.loads(run.stdout.splitlines()[-1])
        assert answers.keys() == expected.keys()
        for revision, kind in expected.items():
            outputs = kind.generate_assessment(**processor(motion=motions[0]), **FEW)
            (assessment,) = processor.decode_assessments(outputs)
            tokens, piped, _ = answers[revision]
            assert tokens == outputs.sequences[0].tolist()
            assert (piped["score"], piped["reasoning"]) == (assessment.score, assessment.reasoning)
            np.testing.assert_allclose(piped["probabilities"], assessment.probabilities, atol=1e-6)
        return answers

    return check_answers


def test_a_revision_loads_from_the_hub_and_from_the_cache(
    full_hub, run_on_hub, motion, check_answers, model, another
):
    command = [sys.executable, "-c", WITH_PACKAGE, "me/agir", str(motion), "main", FIRST]
    expected = {"main": another, FIRST: model}
    answers = check_answers(run_on_hub(*command), expected)
    assert {row[2] for row in answers.values()} == {"agir_hf"}  # no code of the repository
    assert not any(path.endswith(".py") for _, path in full_hub.requests)
    full_hub.close()
    assert check_answers(run_on_hub(*command, HF_HUB_OFFLINE="1"), expected) == answers


@pytest.mark.slow
def test_remote_code_comes_from_the_requested_revision(
    full_hub, bare_python, motion, check_answers, model, another, tmp_path
):
    cache = tmp_path / "hf"
    cache.mkdir()
    online = {"HF_ENDPOINT": full_hub.url, "HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_XET": "1"}
    expected = {"main": another, FIRST: model}
    answers = check_answers(
        bare_python(ALONE, "me/agir", motion, "main", FIRST, cache=cache, **online), expected
    )
    assert answers["main"][1]["notice"].startswith("Second. Research")
    assert answers[FIRST][1]["notice"].startswith("Research")
    assert {row[2] for row in answers.values()} == {"transformers_modules"}
    full_hub.close()
    offline = online | {"HF_HUB_OFFLINE": "1"}
    run = bare_python(ALONE, "me/agir", motion, "main", FIRST, cache=cache, **offline)
    assert check_answers(run, expected) == answers


@pytest.mark.slow
def test_every_configuration_of_a_corpus_loads_and_streams(hub, run_on_hub, tmp_path, simulated):
    folder = simulated.corpus(tmp_path / "corpus", subjects=3, seed=3)
    paths = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".arrow"]
    content = {str(path.relative_to(folder)): path.read_bytes() for path in paths}
    hub.repositories["dataset", "me/gait"] = [(FIRST, content)]
    outputs = []
    for script, changes in ((LOAD_DATA, {}), (STREAM, {}), (LOAD_DATA, {"HF_HUB_OFFLINE": "1"})):
        if changes:  # from the cache, without the Hub
            hub.close()
        run = run_on_hub(sys.executable, "-c", script, "me/gait", *CONFIGS, **changes)
        assert run.returncode == 0, run.stderr
        outputs.append(json.loads(run.stdout.splitlines()[-1]))
    whole, streamed, cached = outputs
    assert whole == streamed == cached
    assert set(whole) == set(CONFIGS)
    for config, parts in whole.items():
        lengths = [length for rows in parts.values() for _, length in rows]
        assert lengths and min(lengths) > 50, config
        copied = load_corpus(str(folder), config)
        for split, rows in parts.items():
            own = copied[split]
            assert rows == [[row["id"], len(row["motion"])] for row in own]


@pytest.mark.slow
def test_a_fold_of_a_corpus_on_the_hub(hub, run_on_hub, tmp_path, simulated):
    folder = simulated.corpus(tmp_path / "corpus", subjects=3, seed=3)
    paths = [path for path in folder.rglob("*") if path.is_file()]
    content = {str(path.relative_to(folder)): path.read_bytes() for path in paths}
    hub.repositories["dataset", "me/gait"] = [(FIRST, content)]
    outputs = []
    for name in ("me/gait", str(folder)):
        run = run_on_hub(sys.executable, "-c", LOAD_FOLD, name, "me/nothing")
        assert run.returncode == 0, run.stderr
        outputs.append(run.stdout.splitlines())
    at_hub, in_folder = outputs
    assert at_hub == in_folder
    rows, message = json.loads(at_hub[0]), at_hub[1]
    assert set(rows) == {"train", "validation", "test"}
    assert message.startswith("me/nothing is no folder, and no data set of this name can be read")


def blobs(home: Path) -> dict[str, bytes]:
    """Name → content of everything in the cache, also of incomplete files."""
    return {path.name: path.read_bytes() for path in home.rglob("blobs/*")}


def git_name(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def intact_blobs(tmp_path) -> dict[str, bytes]:
    cached = blobs(tmp_path / "hf")
    assert all(git_name(data) == name for name, data in cached.items())
    return cached


@pytest.mark.slow
@pytest.mark.parametrize(
    ("faults", "message"),
    [
        ([["me/agir", 401, 99]], "401 Unauthorized"),
        ([["config.json", 404, 99]], "me/agir.*config.json"),
        (
            [["model.safetensors", 404, 99]],
            "does not appear to have a file named pytorch_model.bin",
        ),
    ],
)
def test_a_refusal_names_the_file(full_hub, run_on_hub, faults, message, tmp_path):
    full_hub.faults = faults
    lines = run_on_hub(sys.executable, "-c", LOAD, "me/agir").stdout.splitlines()
    assert len(lines) == 2 and all(re.search(message, line) for line in lines), lines
    full_hub.faults = []
    assert run_on_hub(sys.executable, "-c", LOAD, "me/agir").stdout.split() == ["loaded"] * 2
    intact_blobs(tmp_path)


@pytest.mark.slow
def test_a_missing_repository_raises_with_what_to_check(hub, run_on_hub):
    message = run_on_hub(sys.executable, "-c", LOAD, "me/nothing").stdout.splitlines()[0]
    assert "me/nothing is not a local folder and is not a valid model identifier" in message
    assert "private repository" in message


@pytest.mark.slow
def test_loading_waits_after_too_many_requests(full_hub, run_on_hub):
    full_hub.faults = [["config.json", 429, 2]]
    run = run_on_hub(sys.executable, "-c", LOAD, "me/agir")
    assert run.stdout.split() == ["loaded"] * 2
    assert "Rate limited. Waiting" in run.stderr and full_hub.faults[0][2] == 0


def test_an_interrupted_download_resumes(hub, run_on_hub, tmp_path):
    data = np.random.default_rng(0).bytes(30 * 2**20)  # libraries keep parts of 10 MiB
    hub.repositories["model", "me/agir"] = [(FIRST, {"large.bin": data})]
    hub.faults = [["large.bin", "cut", 1]]
    run = run_on_hub(sys.executable, "-c", DOWNLOAD, "large.bin")
    assert run.returncode == 0, run.stderr
    assert Path(run.stdout.strip()).read_bytes() == data
    assert "resume" in run.stderr and hub.ranges == [None, "bytes=10485760-"]
    assert intact_blobs(tmp_path).keys() == {git_name(data)}


@pytest.mark.slow
def test_incomplete_weights_are_not_taken_from_the_cache(full_hub, run_on_hub, another, tmp_path):
    full_hub.faults = [["model.safetensors", "cut", 99]]
    lines = run_on_hub(sys.executable, "-c", LOAD, "me/agir").stdout.splitlines()
    assert len(lines) == 2 and all(line.startswith("OSError") for line in lines), lines
    weights = full_hub.files("me/agir", "model")["model.safetensors"]
    assert git_name(weights) not in blobs(tmp_path / "hf")
    full_hub.faults = []
    assert run_on_hub(sys.executable, "-c", LOAD, "me/agir").stdout.split() == ["loaded"] * 2
    assert intact_blobs(tmp_path)[git_name(weights)] == weights
