"""Names of devices and number formats."""

import pytest
import torch

from agir_hf.utils.devices import (
    DeviceMemoryError,
    explain_memory_errors,
    is_out_of_memory,
    resolve_device,
    resolve_dtype,
    resolve_placement,
)


def test_the_device_of_a_name_is_found():
    assert resolve_device("cpu") == torch.device("cpu")
    assert resolve_device("meta") == torch.device("meta")


def test_without_a_name_the_device_is_one_of_this_machine():
    gpu = torch.accelerator.is_available()
    assert (resolve_device().type == "cpu") is not gpu


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("cuda:99", "device is 'cuda:99', but torch finds .* use --device cpu"),
        ("quantum", "device is 'quantum', expected cpu, cuda, cuda:1 or mps"),
    ],
)
def test_a_device_that_is_absent_is_named(name, message):
    with pytest.raises(ValueError, match=message):
        resolve_device(name)


def test_number_formats_have_short_names():
    assert resolve_dtype() is None
    assert resolve_dtype("bf16") == torch.bfloat16
    with pytest.raises(ValueError, match="precision is 'int4', expected one of fp32, bf16, fp16"):
        resolve_dtype("int4")


def test_fp16_is_refused_on_the_cpu_only():
    assert resolve_placement("meta", "fp16") == (torch.device("meta"), torch.float16)
    assert resolve_placement("cpu", "bf16") == (torch.device("cpu"), torch.bfloat16)
    with pytest.raises(ValueError, match="'fp16' on the CPU, expected fp32 or bf16: fp16 needs a"):
        resolve_placement("cpu", "fp16")


def test_errors_of_memory_are_separated_from_others():
    with pytest.raises(RuntimeError) as allocation:
        torch.empty(10**15)
    assert is_out_of_memory(allocation.value)
    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB."))
    assert is_out_of_memory(MemoryError())
    assert not is_out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    assert not is_out_of_memory(ValueError("out of memory"))


@pytest.mark.parametrize(
    ("device", "batch_size", "advice"),
    [
        ("cuda:1", 64, "out of memory on cuda:1: lower --batch-size (now 64) or pass --device cpu"),
        ("cuda", 1, "out of memory on cuda: pass --device cpu"),
        ("mps", None, "out of memory on mps: pass --device cpu"),
        ("cpu", 8, "out of memory on cpu: lower --batch-size (now 8) or end other programs"),
    ],
)
def test_an_error_of_memory_names_the_options_to_change(device, batch_size, advice):
    with pytest.raises(DeviceMemoryError) as excinfo, explain_memory_errors(device, batch_size):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
    assert str(excinfo.value) == advice


def test_other_errors_pass_unchanged():
    with pytest.raises(RuntimeError, match="shapes"), explain_memory_errors("cuda", 8):
        raise RuntimeError("shapes cannot be multiplied")
    with pytest.raises(ValueError, match="no walk"), explain_memory_errors("cuda", 8):
        raise ValueError("no walk")
