"""Fixtures for all tests."""

import importlib.util
import os
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:  # processes that all use all cores slow each other down
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np  # noqa: E402
import torch  # noqa: E402

REPOSITORY = Path(__file__).resolve().parents[1]


def pytest_configure(config):
    """Let xdist keep the order below; it would start files with few tests, often long, last."""
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


def pytest_collection_modifyitems(items):
    """Start files with slow tests first, so that no process is left alone with one at the end."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return
    tests = Counter(item.path for item in items)
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (item.path not in slow, -tests[item.path]))


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of real recordings and golden values, which are not part of the repository."""
    folder = Path(os.environ.get("AGIR_TEST_DATA", REPOSITORY.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"no test data at {folder}: set AGIR_TEST_DATA to its folder")
    return folder


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def launch_browser():
    """Start headless Chromium with arguments.

    Of a module, not of the session: Playwright keeps an event loop running while it is started,
    and neither another Playwright nor `asyncio.run` works in the same thread meanwhile.
    """
    driver_module = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine")
    with driver_module.sync_playwright() as driver:
        browsers = []

        def launch(*arguments: str):
            browsers.append(
                driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *arguments])
            )
            return browsers[-1]

        yield launch
        for browser in browsers:
            browser.close()


@pytest.fixture(scope="module")
def browser(launch_browser):
    """Headless Chromium."""
    return launch_browser()


@pytest.fixture(scope="session")
def axe_violations():
    """Run axe-core on a page and return its serious and critical violations, one line each.

    The script is that of axe-playwright-python; the environment variable AGIR_AXE names the file
    axe.min.js of another version.
    """
    script = Path(os.environ.get("AGIR_AXE") or _bundled_axe()).read_text("utf-8")

    def run(page) -> list[str]:
        if not page.evaluate("'axe' in window"):
            page.evaluate(script)
        violations = page.evaluate(
            "async () => (await axe.run(document, {resultTypes: ['violations']})).violations"
        )
        return [
            f"{row['impact']} {row['id']}: {node['html'][:200]}"
            for row in violations
            if row["impact"] in ("serious", "critical")
            for node in row["nodes"]
        ]

    return run


def _bundled_axe() -> Path:
    """File axe.min.js of the package that the extra "test" installs."""
    package = pytest.importorskip("axe_playwright_python", reason='pip install "agir-hf[test]"')
    return Path(package.__file__).with_name("axe.min.js")


SENTENCES = [
    "The walker takes short steps and lifts the feet little.",
    "Arm swing is reduced on the left side, posture is stooped.",
    "Speed and cadence are normal, steps are even: no impairment.",
    "Score the gait impairment of this walk from 0 to 2 and give your reasons:",
]


@pytest.fixture(scope="session")
def t5_tokenizer():
    """Small T5 tokenizer, mostly of single characters."""
    from agir_hf.training.tokenizer import train_t5_tokenizer

    return train_t5_tokenizer(SENTENCES, 150)


@pytest.fixture(scope="session")
def t5(t5_tokenizer):
    """Untrained T5 with the vocabulary of ``t5_tokenizer``."""
    from transformers import T5Config, T5ForConditionalGeneration

    torch.manual_seed(0)
    config = T5Config(
        vocab_size=len(t5_tokenizer),
        d_model=32,
        d_kv=8,
        d_ff=64,
        num_layers=2,
        num_heads=4,
        feed_forward_proj="gated-gelu",
        decoder_start_token_id=0,
        dropout_rate=0.0,
    )
    return T5ForConditionalGeneration(config).eval()


@pytest.fixture(scope="session")
def vqvae():
    """Untrained motion VQ-VAE with 16 codes."""
    from agir_hf import MotionVQVAE, MotionVQVAEConfig

    torch.manual_seed(0)
    return MotionVQVAE(MotionVQVAEConfig(codebook_size=16, width=24, code_dim=8)).eval()


@pytest.fixture(scope="session")
def model(t5, vqvae, t5_tokenizer):
    """Untrained AGIR model."""
    from agir_hf import AgirForGaitAssessment

    torch.manual_seed(0)
    return AgirForGaitAssessment.from_t5(t5, vqvae, t5_tokenizer)


@pytest.fixture(scope="session")
def processor(t5_tokenizer):
    """Processor of ``model``."""
    from agir_hf import AgirProcessor

    generator = np.random.default_rng(0)
    mean, std = generator.normal(size=263), generator.uniform(0.5, 2, size=263)
    return AgirProcessor.from_t5(t5_tokenizer, mean, std, codebook_size=16)


@pytest.fixture
def motions():
    """Features of two motions of different lengths."""
    generator = np.random.default_rng(1)
    return [generator.normal(size=(n, 263)).astype(np.float32) for n in (41, 66)]


@pytest.fixture(scope="session")
def saved_model(tmp_path_factory, model, processor) -> Path:
    """Folder of a saved model with its processor and handler."""
    import agir_hf.handler_agir

    folder = tmp_path_factory.mktemp("saved") / "a-model"
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    shutil.copyfile(agir_hf.handler_agir.__file__, folder / "handler.py")
    return folder


@pytest.fixture(scope="session")
def sample_joints() -> np.ndarray:
    """Joints (T, 22, 3) of the embedded sample recording, at 20 frames per second."""
    import agir_hf
    from agir_hf.motion import read_recording, to_joints

    return to_joints(read_recording(agir_hf.SAMPLE_RECORDING)).joints


@pytest.fixture(scope="session")
def simulated(tmp_path_factory):
    """Maker of copies of simulated cohorts and corpora that all processes of the run share."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:  # the folder above is that of the run
        base = base.parent
    return _test_module("simulated").Simulated(base / "simulated")


def _test_module(name):
    """Module in the folder of this file."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).parent / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def bare_python(tmp_path_factory):
    """Runner of scripts with torch, transformers and their dependencies, and nothing else."""
    return _test_module("bare_python").BarePython(tmp_path_factory.mktemp("bare"))


@pytest.fixture(scope="session")
def second():
    """Module with a second device without its hardware: its name, its context and its error."""
    return _test_module("other_device")


@pytest.fixture
def hub():
    """Empty local Hub."""
    hub = _test_module("mini_hub").MiniHub()
    yield hub
    hub.close()


@pytest.fixture
def at_hub(hub, monkeypatch):
    """Local Hub that the libraries of this process use, without waiting between retries."""
    from huggingface_hub import constants
    from huggingface_hub.utils import _http

    monkeypatch.setattr(constants, "ENDPOINT", hub.url)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(_http.time, "sleep", lambda _: None)
    monkeypatch.setenv("HF_TOKEN", "x")
    return hub


@pytest.fixture
def run_on_hub(hub, tmp_path):
    """Runner of commands that use the local Hub; libraries read its address at import."""
    kept = {k: v for k, v in os.environ.items() if not k.upper().endswith("_PROXY")}
    for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "TRANSFORMERS_OFFLINE"):
        kept.pop(name, None)
    settings = {"HF_ENDPOINT": hub.url, "HF_TOKEN": "x", "HF_HOME": str(tmp_path / "hf"),
                "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1",
                "HF_HUB_DISABLE_PROGRESS_BARS": "1"}  # fmt: skip

    def run(*command, **changes):
        return subprocess.run(
            command, env=kept | settings | changes, capture_output=True, text=True, timeout=240,
            cwd=tmp_path,
        )  # fmt: skip

    return run
