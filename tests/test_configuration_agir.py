"""The limits of uncertainty in the configuration."""

import pytest

from agir_hf import AgirConfig
from agir_hf.configuration_agir import UNCERTAINTY_LIMITS


def test_limits_are_saved_and_loaded(tmp_path):
    limits = {name: 0.5 for name in UNCERTAINTY_LIMITS}
    AgirConfig(uncertainty=limits).save_pretrained(tmp_path)
    assert AgirConfig.from_pretrained(tmp_path).uncertainty == limits
    assert AgirConfig().uncertainty is None and AgirConfig(uncertainty={}).uncertainty == {}


@pytest.mark.parametrize(
    "limits",
    [
        {"disagreement": 0},
        {"disagreement": -1.0},
        {"disagreement": float("nan")},
        {"disagreement": "0.5"},
        {"disagreement": True},
        {"distance": 1.0},
        [0.5],
    ],
)
def test_limits_that_are_not_valid(limits):
    with pytest.raises(ValueError, match="expected numbers above 0 under the names disagreement,"):
        AgirConfig(uncertainty=limits)
