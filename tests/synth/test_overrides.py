"""`--set`, and what is said about keys and values that do not fit."""

from __future__ import annotations

import re
from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, model_validator

from synth.config import RunConfig
from synth.llm.config import ROLES
from synth.overrides import apply_overrides, dotted_keys
from verify_workers.errors import UserError


class Search(BaseModel):
    model_config = ConfigDict(extra="forbid")
    attempts: int = Field(4, ge=1)
    temperature: float = 1.0
    tactics: tuple[str, ...] = ()
    mode: Literal["both", "one"] = "both"


class Problems(BaseModel):
    model_config = ConfigDict(extra="forbid")
    path: str = ""
    fields: dict[str, str] = {}


class Config(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str = "run"
    rounds: int = 3
    search: Search = Search()
    problems: Problems = Problems()
    extra: Search | None = None

    @model_validator(mode="after")
    def _cross(self) -> Config:
        if self.rounds > 3 and self.search.attempts == 1:
            raise ValueError("rounds above 3 need search.attempts of 2 or more")
        return self


def apply(*items: str, data: dict[str, Any] | None = None) -> Config:
    return apply_overrides(Config, data or {}, items, "c.yaml")


def failure(*items: str, data: dict[str, Any] | None = None) -> str:
    with pytest.raises(UserError) as caught:
        apply(*items, data=data)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_values_of_every_type() -> None:
    config = apply(
        "name=on", "rounds=2", "search.temperature=1e-3", "search.tactics=[omega, decide]", "search.mode=one",
        "problems.path=a=b.jsonl", "problems.fields.text=q", "extra.attempts=9",
    )  # fmt: skip
    assert config.name == "on"
    assert config.rounds == 2
    assert config.search == Search(temperature=0.001, tactics=("omega", "decide"), mode="one")
    assert config.problems == Problems(path="a=b.jsonl", fields={"text": "q"})
    assert config.extra == Search(attempts=9)


def test_overrides_win_over_data_which_stays_as_it_was() -> None:
    data = {"search": {"attempts": 8, "temperature": 0.5}}
    config = apply("search.attempts=2", data=data)
    assert config.search.attempts == 2 and config.search.temperature == 0.5
    assert data == {"search": {"attempts": 8, "temperature": 0.5}}


def test_unknown_keys_get_the_nearest_valid_one() -> None:
    assert (
        failure("serach.attempts=3") == "--set serach.attempts=3: unknown key `serach.attempts`; the nearest valid key is `search.attempts`"
    )
    assert failure("attempts=3").endswith(("the nearest valid key is `search.attempts`", "the nearest valid key is `extra.attempts`"))
    assert "the nearest valid key is `problems.path`" in failure(data={"problems": {"pth": "x"}})
    assert failure(data={"problems": {"pth": "x"}}).startswith("c.yaml: unknown key `problems.pth`")
    assert "the nearest valid key is `problems`" in failure(data={"problem": {}})


def test_a_key_that_each_role_has_is_named_for_each() -> None:
    of_all = "the nearest valid keys are " + ", ".join(f"`models.{role}.path`" for role in ROLES)
    for key, words in (("model.path", of_all), ("judge.path", "the nearest valid key is `models.judge.path`")):
        with pytest.raises(UserError, match=re.escape(words)):
            apply_overrides(RunConfig, {}, [f"{key}=x"])
    assert "the keys at the top are name, rounds" in failure("zzzz.qqqq=1")


def test_bad_values() -> None:
    said = "`search.attempts`: input should be greater than or equal to 1 (given: 0)"
    assert failure("search.attempts=0") == f"--set search.attempts=0: {said}"
    assert failure("name=x", data={"search": {"attempts": 0}}) == f"c.yaml: {said}", "what is in the file is the file's mistake"
    assert "`search.mode`: input should be 'both' or 'one' (given: 'none')" in failure("search.mode=none")
    assert failure("rounds=4", "search.attempts=1") == "c.yaml: rounds above 3 need search.attempts of 2 or more"
    assert "give KEY=VALUE, such as --set name=" in failure("rounds")
    assert "`rounds` is a value and has no keys below it" in failure("rounds.x=1")
    assert "not valid YAML" in failure("rounds=[1")


def test_all_mistakes_are_told_at_once_a_line_each() -> None:
    """Keys that there are not, in the file and in `--set`, and values that are wrong."""
    data = {"problem": {"path": "x"}, "serach": {}, "search": {"atempts": 3, "mode": "none"}, **{f"nothing{n}": 1 for n in range(5)}}
    with pytest.raises(UserError) as caught:
        apply("rounds=two", "no.such=1", "rounds", "extra.atempts=1", "problems.path.x=1", "name=[", data=data)
    first, *lines = str(caught.value).splitlines()
    assert first == f"{len(lines)} things are missing or wrong:"
    told = [
        *(f"c.yaml: unknown key `{key}`; the " for key in ("problem", "serach", "search.atempts", *(f"nothing{n}" for n in range(5)))),
        "--set no.such=1: unknown key `no.such`; the ",
        "--set rounds: give KEY=VALUE",
        "--set extra.atempts=1: unknown key `extra.atempts`; the nearest valid key is `extra.attempts`",
        "--set problems.path.x=1: `problems.path` is a value and has no keys below it",
        "--set rounds=two: `rounds`: input should be a valid integer, unable to parse string as an integer (given: 'two')",
        "c.yaml: `search.mode`: input should be 'both' or 'one' (given: 'none')",
    ]
    assert len(lines) == len(told)
    for line, begins in zip(lines, told, strict=True):
        assert line.startswith(f"  {begins}")
    assert data["search"] == {"atempts": 3, "mode": "none"}, "what is given stays as it was"


def test_dotted_keys() -> None:
    keys = dotted_keys(Config)
    assert keys[:3] == ["name", "rounds", "search.attempts"]
    assert "extra.mode" in keys and "search" not in keys
