"""Names of devices and number formats."""

import pytest
import torch

from agir_hf.utils.devices import resolve_device, resolve_dtype


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
