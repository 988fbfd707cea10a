"""The access token goes only to a host that is the Hub's."""

import pytest

from agir_hf.annotation.api_keys import api_key
from agir_hf.hub.upload import full_name
from agir_hf.hub.upload_plan import PublishError
from agir_hf.utils.hub_host import TRUSTED_HOST_VARIABLE, download_token, is_hub, may_get_token

HUB = ["https://huggingface.co", "https://router.huggingface.co/v1", "HTTPS://HuggingFace.co:443/"]
OTHER = [
    "http://huggingface.co",
    "https://huggingface.co.evil.example",
    "https://evilhuggingface.co",
    "https://huggingface.co:443@evil.example/",
    "https://user@huggingface.co",
    "https://evil.example\\@huggingface.co",
    "https://evil.example/huggingface.co",
    "https://evil.example?https://huggingface.co",
    "https://huggingface.co\n.evil.example",
    "https://hf-mirror.example",
    "huggingface.co",
    "https://[::1",
    "",
]


@pytest.fixture(autouse=True)
def keys(monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.delenv("AGIR_API_KEY", raising=False)
    monkeypatch.delenv(TRUSTED_HOST_VARIABLE, raising=False)


@pytest.mark.parametrize("url", HUB)
def test_the_hub_gets_the_token(url):
    assert is_hub(url) and may_get_token(url) and api_key(url) == "hf_secret"


@pytest.mark.parametrize("url", OTHER)
def test_other_hosts_do_not(url):
    assert not is_hub(url) and not may_get_token(url)
    if url:
        assert api_key(url) is None


def test_this_computer_and_a_host_that_the_user_trusts(monkeypatch):
    assert may_get_token("http://127.0.0.1:8000") and may_get_token("http://localhost")
    assert not may_get_token("https://hub.clinic.example")
    monkeypatch.setenv(TRUSTED_HOST_VARIABLE, "hub.clinic.example")
    assert may_get_token("https://hub.clinic.example/api")
    assert not may_get_token("http://hub.clinic.example")
    assert not may_get_token("https://a.hub.clinic.example")


def test_nothing_is_pushed_to_another_host(monkeypatch):
    class Hub:
        endpoint = "https://mirror.example"

        def __getattr__(self, name):
            raise AssertionError(f"{name} was called")

    monkeypatch.setattr("huggingface_hub.HfApi", Hub)
    with pytest.raises(PublishError, match="HF_ENDPOINT is https://mirror.example.*unset"):
        full_name("me/thing")


def test_downloads_from_another_host_are_without_the_token(monkeypatch):
    assert download_token() is None
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "https://mirror.example")
    assert download_token() is False
