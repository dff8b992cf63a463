"""The types hold a file to what the API server would hold it to, as far as they can without one."""

from typing import Any

import pydantic
import pytest
from votingapp_operator.api import VotingAppSpec
from votingapp_operator.api.base import MAX_INTEGER


def memory(quantity: Any) -> Any:
    return {"redis": {"resources": {"limits": {"memory": quantity}}}}


@pytest.mark.parametrize("quantity", [0, 1, "1", "500m", "+1.5Gi", MAX_INTEGER])
def test_quantities(quantity: Any) -> None:
    limits = VotingAppSpec.model_validate(memory(quantity)).redis.resources.limits
    assert limits == {"memory": quantity}


@pytest.mark.parametrize(
    "quantity", ["", "lots", "-1Gi", -1, "1e3", "1Gi\n", "\u0661Gi", "9" * 33, 10**30, MAX_INTEGER + 1]
)
def test_what_is_no_quantity(quantity: Any) -> None:
    with pytest.raises(pydantic.ValidationError):
        VotingAppSpec.model_validate(memory(quantity))


@pytest.mark.parametrize(
    "part",
    [
        {"vote": {"image": " vote:1"}},
        {"vote": {"image": "vote:1 \u2003"}},
        {"postgres": {"credentialsSecret": "a..b"}},
        {"postgres": {"credentialsSecret": "a.-b"}},
        {"redis": {"storage": {"storageClassName": "Fast"}}},
    ],
)
def test_names_that_kubernetes_does_not_take(part: Any) -> None:
    with pytest.raises(pydantic.ValidationError):
        VotingAppSpec.model_validate(part)


@pytest.mark.parametrize(
    "image", ["redis", "localhost:5000/vote:1.0_rc-1", "[::1]:5000/a/b@sha256:0123", "Registry.example.com/x"]
)
def test_images(image: str) -> None:
    assert VotingAppSpec.model_validate({"vote": {"image": image}}).vote.image == image


def test_null_is_left_out() -> None:
    written = {
        "paused": None,
        "poll": None,
        "vote": {"env": None, "replicas": None},
        "redis": {"storage": {"size": None}},
    }
    assert VotingAppSpec.model_validate(written) == VotingAppSpec()
