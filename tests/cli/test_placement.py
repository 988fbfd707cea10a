"""Library and device of the model: decided once, for all worker processes."""

from argparse import Namespace

import pytest

import agir_hf
from agir_hf.cli.console import UsageError
from agir_hf.cli.many import workers_of
from agir_hf.cli.placement import model_bytes, on_cpu, placed, placement_text

OPTIONS = {"model": agir_hf.DEFAULT_MODEL, "device": None, "precision": None, "backend": "auto"}


@pytest.fixture(params=["cpu", "cuda"])
def machine(request, monkeypatch) -> str:
    """The device that torch states to be the default of this machine."""
    resolve = lambda name: name or request.param  # noqa: E731
    monkeypatch.setattr("agir_hf.utils.devices.resolve_device", resolve)
    return request.param


def test_numpy_computes_a_small_model_on_every_machine(machine):
    options = Namespace(**OPTIONS, workers=3)
    result = placed(options)
    assert (result.backend, result.device, result.workers) == ("numpy", "cpu", 3)
    assert options.device is None and options.backend == "auto"  # they are not changed
    text = placement_text(result, 3)
    assert text == "model: numpy on cpu, in each of 3 worker processes"


@pytest.mark.parametrize(
    "changes", [{"backend": "torch"}, {"precision": "bf16"}, {"model": "name/on-the-hub"}, {}]
)
def test_torch_computes_on_the_default_device(machine, unknown_to_numpy, changes):
    changes = changes or {"model": unknown_to_numpy}
    result = placed(Namespace(**OPTIONS | changes))
    assert (result.backend, result.device) == ("torch", machine)
    assert on_cpu(result) == (machine == "cpu")
    where = {"cpu": "in each of 2 worker processes", "cuda": "in the first process; 2 worker"}
    assert placement_text(result, 2).startswith(f"model: torch on {machine}, {where[machine]}")


def test_a_stated_device_is_kept(machine, unknown_to_numpy):
    result = placed(Namespace(**OPTIONS | {"model": unknown_to_numpy, "device": "cpu"}))
    assert (result.backend, result.device) == ("torch", "cpu")
    result = placed(Namespace(**OPTIONS | {"device": "cuda:1"}))
    assert (result.backend, result.device) == ("torch", "cuda:1") and not on_cpu(result)


def test_a_model_that_the_stated_library_cannot_compute_is_an_error(unknown_to_numpy):
    with pytest.raises(UsageError, match="numpy cannot compute .* has do_sample.*: use the"):
        placed(Namespace(**OPTIONS | {"model": unknown_to_numpy, "backend": "numpy"}))


def test_workers_need_memory_for_a_model_on_the_cpu(tmp_path, monkeypatch):
    monkeypatch.setattr("agir_hf.cli.many.usable_cores", lambda: 8)
    monkeypatch.setattr("agir_hf.cli.many.usable_memory_bytes", lambda: 6 * 10**9)
    assert model_bytes("name/on-the-hub") == 0
    with (tmp_path / "model.safetensors").open("wb") as file:
        file.truncate(10**9)  # without blocks on the disk
    assert model_bytes(str(tmp_path)) == 10**9
    options = {"workers": None, "model": str(tmp_path)}
    numbers = [
        workers_of(Namespace(**options, device=device), 1000) for device in (None, "cpu", "cuda")
    ]
    assert numbers == [2, 2, 6]
    assert workers_of(Namespace(workers=7, device=None), 1000) == 7
