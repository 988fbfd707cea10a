"""Module names of version 0.1.0 work for one more release, with a warning."""

import importlib
import sys

import pytest

RENAMED = {
    "agir_hf.service": "agir_hf.assessment",
    "agir_hf.motion.mosh": "agir_hf.motion.fitting.mosh",
}


@pytest.mark.parametrize(("old", "new"), RENAMED.items(), ids=lambda name: name)
def test_the_old_name_warns_and_has_the_objects_of_the_new_one(old, new, monkeypatch):
    monkeypatch.delitem(sys.modules, old, raising=False)
    with pytest.warns(DeprecationWarning, match=f"{old} is deprecated: use {new}$"):
        deprecated = importlib.import_module(old)
    current = importlib.import_module(new)
    assert deprecated.__all__
    assert all(getattr(deprecated, name) is getattr(current, name) for name in deprecated.__all__)
