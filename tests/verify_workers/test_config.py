"""The verifier's settings: units on every field, no unknown field, and plain messages for contradictions."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, ValidationError

from verify_workers.config import CacheConfig, PoolConfig, VerifyConfig, usable_cores, usable_memory_mb


@pytest.mark.parametrize("model", [CacheConfig, PoolConfig, VerifyConfig])
def test_every_field_is_described_and_unknown_ones_are_refused(model: type[BaseModel]) -> None:
    assert all(field.description for field in model.model_fields.values())
    with pytest.raises(ValidationError, match="no_such_field"):
        model.model_validate({"no_such_field": 1})


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"pool": {"timeout_first": 9, "timeout_last": 5}}, "timeout_first (9 s) must not exceed timeout_last (5 s)"),
        ({"timeout": 500}, "timeout (500 s) exceeds pool.timeout_last (300 s)"),
        ({"pool": {"backend": "repl"}}, "name its folder as project"),
        ({"pool": {"workers": -1}}, "greater than or equal to 0"),
        ({"pool": {"infra_tries": 0}}, "greater than or equal to 1"),
    ],
)
def test_contradictions_are_refused(settings: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError) as error:
        VerifyConfig.model_validate(settings)
    assert says in str(error.value)


def test_worker_count_follows_cores_and_memory() -> None:
    assert PoolConfig(workers=7).worker_count() == 7
    assert 1 <= PoolConfig().worker_count() <= usable_cores()
    assert PoolConfig(memory_mb=int(usable_memory_mb() * 4)).worker_count() == 1
