"""The handler of a model's repository, called as by Inference Endpoints."""

import base64
import importlib.util
import io
import json
import struct

import numpy as np
import pytest
import torch

SHORT_ANSWER = {"max_new_tokens": 8}


@pytest.fixture(scope="module")
def handler(saved_model):
    """Handler loaded from the file in the repository's folder, as the service does."""
    spec = importlib.util.spec_from_file_location("handler", saved_model / "handler.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.EndpointHandler(str(saved_model))


def npy(array, **options) -> str:
    stream = io.BytesIO()
    np.save(stream, array, **options)
    return base64.b64encode(stream.getvalue()).decode()


def with_header(header: dict, content: bytes = b"") -> str:
    """Base64 .npy file with a header that does not match its content."""
    text = repr(header).ljust(117).encode() + b"\n"
    return base64.b64encode(
        b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + content
    ).decode()


def test_joints_and_features_in_every_format_get_the_same_answer(handler, sample_joints, motions):
    joints, features = sample_joints[:40], motions[0]
    by_joints, by_features = handler.pipeline([joints, features], **SHORT_ANSWER)
    requests = [
        (joints.tolist(), [by_joints]),
        (npy(joints), [by_joints]),
        ({"joints": npy(joints), "rate_hz": 20}, [by_joints]),
        (features.tolist(), [by_features]),
        ([npy(joints), npy(features)], [by_joints, by_features]),
        ([joints.tolist(), features.tolist()], [by_joints, by_features]),
        (npy(np.stack([features] * 2)), [by_features] * 2),
    ]
    for inputs, expected in requests:
        assert handler({"inputs": inputs, "parameters": SHORT_ANSWER}) == expected


def test_an_answer_is_json_with_the_notice(handler, motions):
    (answer,) = handler(
        {"inputs": npy(motions[0]), "parameters": SHORT_ANSWER | {"num_rationales": 2}}
    )
    assert json.loads(json.dumps(answer)) == answer
    assert "Not a medical device" in answer["notice"]
    assert answer["score"] in (0, 1, 2) and len(answer["probabilities"]) == 3


STILL = np.zeros((40, 263), np.float32).tolist()


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({}, "the request has no inputs"),
        (None, "the request has no inputs"),
        ({"inputs": None}, "values that are not numbers"),
        ({"inputs": []}, "0 motions, expected 1 to 16"),
        ({"inputs": "walk.c3d"}, "is not base64"),
        ({"inputs": base64.b64encode(b"PK\x03\x04 a zip").decode()}, "not a .npy file of numbers"),
        ({"inputs": npy(np.array([{}] * 3), allow_pickle=True)}, "not a .npy file of numbers"),
        ({"inputs": npy(np.array(["a"] * 30))}, "not a .npy file of numbers"),
        ({"inputs": npy(np.zeros((30, 25, 3)))}, "(30, 25, 3), expected"),
        ({"inputs": npy(np.full((30, 263), np.inf))}, "NaN or infinite"),
        ({"inputs": [[["a", 0, 0]] * 22] * 30}, "values that are not numbers"),
        ({"inputs": {"joints": STILL, "path": "/etc/passwd"}}, "a motion has joints, path"),
        ({"inputs": [STILL] * 17}, "17 motions, expected 1 to 16"),
        ({"inputs": npy(np.zeros((12_001, 263), np.int8))}, "12001 frames, expected at most 12000"),
        ({"inputs": STILL, "parameters": [1]}, "parameters are a list"),
        ({"inputs": STILL, "parameters": {"do_sample": True}}, "unknown parameter 'do_sample'"),
        ({"inputs": STILL, "parameters": {"max_new_tokens": 10**9}}, "an integer from 7 to 512"),
        ({"inputs": STILL, "parameters": {"num_rationales": 1.5}}, "an integer from 1 to 16"),
        ({"inputs": STILL, "parameters": {"rate_hz": "20"}}, "rate_hz is '20', expected a number"),
        ({"inputs": STILL, "parameters": {"rate_hz": 20}}, "rate_hz is 20 for a motion of 2 axes"),
    ],
)
def test_a_wrong_request_gets_a_message_of_one_line(handler, request_, message):
    answer = handler(request_)
    assert set(answer) == {"error"} and message in answer["error"]
    assert "\n" not in answer["error"]


def test_a_file_with_a_header_larger_than_its_content_is_refused(handler):
    header = {"descr": "<f4", "fortran_order": False, "shape": (10**12, 263)}
    answer = handler({"inputs": with_header(header, b"\x00" * 1000)})
    assert "not a .npy file of numbers" in answer["error"]


def test_an_error_does_not_return_the_request(handler):
    for request_ in ({"inputs": {"x" * 10**5: 1}}, {"inputs": [], "parameters": {"y" * 10**5: 1}}):
        assert 0 < len(handler(request_)["error"]) <= 500


def test_a_file_that_is_too_large_is_refused_before_decoding(handler):
    answer = handler({"inputs": "A" * (46 * 2**20)})
    assert "more than 32 MiB" in answer["error"]


def test_a_server_error_reveals_nothing_about_the_server(handler, monkeypatch, capfd):
    def fail(*_, **__):
        raise RuntimeError("out of memory in /repository/modeling_agir.py")

    monkeypatch.setattr(handler, "pipeline", type("Broken", (), {
        "__call__": fail, "as_motions": staticmethod(handler.pipeline.as_motions)
    })())  # fmt: skip
    answer = handler({"inputs": STILL})
    assert answer == {"error": "the request cannot be answered because of a server error"}
    assert "/repository" not in capfd.readouterr().err


def test_a_request_that_needs_too_much_memory_is_answered(handler, monkeypatch):
    def fail(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    monkeypatch.setattr(handler, "pipeline", type("Full", (), {
        "__call__": fail, "as_motions": staticmethod(handler.pipeline.as_motions)
    })())  # fmt: skip
    answer = handler({"inputs": STILL})
    assert answer == {"error": "out of memory: send fewer or shorter motions in a request"}


def test_variables_of_the_container_name_device_and_number_format(
    handler, saved_model, monkeypatch, motions
):
    assert handler.pipeline.model.dtype == torch.float32
    monkeypatch.setenv("AGIR_DEVICE", "cpu")
    monkeypatch.setenv("AGIR_PRECISION", "bf16")
    other = type(handler)(str(saved_model))
    assert other.pipeline.device == torch.device("cpu")
    assert other.pipeline.model.dtype == torch.bfloat16
    (answer,) = other({"inputs": npy(motions[0]), "parameters": SHORT_ANSWER})
    assert answer["frames"] == 40
    monkeypatch.setenv("AGIR_PRECISION", "int4")
    with pytest.raises(ValueError, match="AGIR_PRECISION is 'int4', expected one of fp32, bf16"):
        type(handler)(str(saved_model))
