"""Endpoints: what is asked, what is made of the answers, and what a misbehaving server does to it."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from synth.llm.config import RoleConfig
from synth.llm.endpoint import Endpoint, api_key, endpoint_weights
from synth.llm.types import Completion, Sampling
from synth.prompts import Prompt
from tests.synth.llm.fake_openai import FakeOpenAI, choice, content
from verify_workers.errors import UserError

CHAT = Prompt("prove", "prove it", chat=True, system="be brief", stop=("END",))
RAW = Prompt("prove", "theorem X : True := by", prefill="\n", stop=("```",))
FOUR = Sampling(n=4, temperature=0.5, top_p=0.9, max_tokens=50, seed=7)


def numbered(body: dict[str, Any]) -> list[str]:
    """As many answers as asked for, each with the seed that it came from."""
    return [f"by answer {body.get('seed', 0) + k}" for k in range(body.get("n", 1))]


LOOP = asyncio.new_event_loop()  # connections are kept, and belong to one
MADE: list[Endpoint] = []


@pytest.fixture(autouse=True, scope="module")
def _everything_is_closed() -> Iterator[None]:
    yield
    for made in MADE:
        LOOP.run_until_complete(made.client.close())
    LOOP.close()


def endpoint(server: FakeOpenAI, key: str = "", **sampler: Any) -> Endpoint:
    source = RoleConfig.model_validate({"endpoint": server.url, "name": "fake", "sampler": {"retries": 3, **sampler}})
    MADE.append(Endpoint(source, SecretStr(key)))
    return MADE[-1]


def ask(asked: Endpoint, prompts: list[Prompt], sampling: Sampling = FOUR) -> list[list[Completion] | str]:
    return LOOP.run_until_complete(asked.sample(prompts, sampling))


def texts(answer: list[Completion] | str) -> list[str]:
    assert not isinstance(answer, str), answer
    return [completion.text for completion in answer]


def test_a_chat_is_asked_with_its_turns_and_settings() -> None:
    with FakeOpenAI(numbered) as server:
        (answer,) = ask(endpoint(server, key="secret"), [CHAT])
        (body,) = server.requests
        assert body["messages"] == [{"role": "system", "content": "be brief"}, {"role": "user", "content": "prove it"}]
        assert body["model"] == "fake" and body["stop"] == ["END"] and "prompt" not in body and "chat_template_kwargs" not in body
        asked = {name: body[name] for name in ("n", "temperature", "top_p", "max_tokens", "seed")}
        assert asked == {"n": 4, "temperature": 0.5, "top_p": 0.9, "max_tokens": 50, "seed": 7}
        assert server.headers[0]["Authorization"] == "Bearer secret"
        assert texts(answer) == [f"by answer {k}" for k in (7, 8, 9, 10)]
        assert not isinstance(answer, str)
        assert sum(c.tokens for c in answer) == 12 and all(c.finished and c.tokens for c in answer)
        assert {c.weights for c in answer} == {endpoint_weights(endpoint(server).source)}


def test_raw_text_goes_to_completions_with_its_prefill() -> None:
    with FakeOpenAI(numbered) as server:
        (answer,) = ask(endpoint(server), [RAW], Sampling(n=1))
        assert server.requests[0]["prompt"] == RAW.text + "\n" and server.requests[0]["stop"] == ["```"] and len(answer) == 1


def test_a_begun_answer_and_the_thinking_switch() -> None:
    prompt = Prompt("formalize", "state it", chat=True, prefill="<think>", thinking=True)
    with FakeOpenAI(numbered) as server:
        ask(endpoint(server), [prompt])
        (body,) = server.requests
        assert body["messages"][-1] == {"role": "assistant", "content": "<think>"}
        assert body["continue_final_message"] is True and body["add_generation_prompt"] is False
        assert body["chat_template_kwargs"] == {"enable_thinking": True, "thinking": True}


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_reasoning_is_kept_apart(field: str) -> None:
    with FakeOpenAI(numbered, lambda *_: choice(content="by rfl", **{field: "hm"})) as server:
        ((plain,),) = ask(endpoint(server), [CHAT], Sampling())
        assert (plain.text, plain.thoughts) == ("by rfl", "hm")
        begun = Prompt("prove", "prove it", chat=True, prefill="<think>")
        ((whole,),) = ask(endpoint(server), [begun], Sampling())
        assert whole.text == "hm\n</think>\n\nby rfl", "read as what the model wrote after the prefill"


@pytest.mark.parametrize("server_n", [1, 2, 3])
def test_n_is_made_up_where_the_server_gives_fewer(server_n: int) -> None:
    with FakeOpenAI(lambda body: numbered({**body, "n": min(server_n, body.get("n", 1))})) as server:
        asked = endpoint(server)
        answers = ask(asked, [CHAT, CHAT])
        assert all(len(set(texts(answer))) == 4 for answer in answers), "each with a seed of its own"
        before = len(server.requests)
        ask(asked, [CHAT])
        many = [body for body in server.requests[before:] if body.get("n", 1) > 1]
        assert len(many) == (0 if server_n == 1 else 1), "a server that ignores n is not asked for it again"


def test_more_than_n_are_cut() -> None:
    with FakeOpenAI(lambda body: numbered({"n": 9})) as server:
        (answer,) = ask(endpoint(server), [CHAT])
        assert len(answer) == 4


@pytest.mark.parametrize(
    ("message", "dropped"),
    [
        ("n must be 1", {"n"}),
        ("Unrecognized request argument: 'seed'", {"seed"}),
        ("body.chat_template_kwargs: Extra inputs are not permitted", {"chat_template_kwargs"}),
        ("`temperature` and `top_p` cannot both be specified", {"temperature", "top_p"}),
    ],
)
def test_a_field_that_the_server_refuses_is_left_out_from_then_on(message: str, dropped: set[str]) -> None:
    prompt = Prompt("prove", "prove it", chat=True, thinking=False)
    with FakeOpenAI(numbered, lambda _, body: f"status:400 {message}" if dropped <= body.keys() else "") as server:
        asked = endpoint(server)
        (answer,) = ask(asked, [prompt])
        assert len(answer) == 4
        before = len(server.requests)
        ask(asked, [prompt])
        assert not any(dropped & body.keys() for body in server.requests[before:])


def test_max_tokens_under_its_newer_name() -> None:
    def fault(_: int, body: dict[str, Any]) -> str:
        return "status:400 Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead." if "max_tokens" in body else ""

    with FakeOpenAI(numbered, fault) as server:
        (answer,) = ask(endpoint(server), [CHAT])
        assert len(answer) == 4 and server.requests[-1]["max_completion_tokens"] == 50


def test_a_prompt_that_leaves_less_room_gets_a_shorter_answer_and_one_that_leaves_none_is_refused() -> None:
    said = "This model's maximum context length is 100 tokens. You requested 130 tokens (80 in the messages, 50 in the completion)."

    def fault(_: int, body: dict[str, Any]) -> str:
        if content(body) == "long":
            return "status:400 This model's maximum context length is 100 tokens and your request has 99 input tokens."
        return f"status:400 {said}" if body["max_tokens"] > 20 else ""

    with FakeOpenAI(numbered, fault) as server:
        answer, refused = ask(endpoint(server), [CHAT, Prompt("prove", "long", chat=True)])
        assert len(answer) == 4 and isinstance(refused, str) and "99 input tokens" in refused


def test_more_than_the_whole_context_is_asked_for_again_with_less() -> None:
    """In vLLM's words; a preset's budget may be larger than what its server was started with."""

    def fault(_: int, body: dict[str, Any]) -> str:
        said = (
            f"max_tokens={body['max_tokens']} cannot be greater than max_model_len=max_total_tokens=96. Please request fewer output tokens."
        )
        return f"status:400 {said}" if body["max_tokens"] > 96 else ""

    with FakeOpenAI(numbered, fault) as server:
        (answer,) = ask(endpoint(server), [CHAT], Sampling(n=4, max_tokens=500))
        assert len(texts(answer)) == 4 and server.requests[-1]["max_tokens"] == 88


TROUBLE: dict[str, Callable[[int, dict[str, Any]], str]] = {
    "500 twice": lambda number, _: "status:500 oops" if number <= 2 else "",
    "503, then slow": lambda number, _: {1: "status:503 loading", 2: "slow:5"}.get(number, ""),
    "dropped connections": lambda number, _: "drop" if number <= 2 else "",
    "garbage": lambda number, _: {1: "body:<html>nginx</html>", 2: 'body:{"choices": []}'}.get(number, ""),
    "a list": lambda number, _: "body:[1, 2]" if number == 1 else "",
    "null": lambda number, _: "body:null" if number == 1 else "",
    "choices of another type": lambda number, _: 'body:{"choices": "all"}' if number == 1 else "",
}


@pytest.mark.parametrize("trouble", TROUBLE)
def test_what_passes_is_asked_again(trouble: str) -> None:
    with FakeOpenAI(numbered, TROUBLE[trouble]) as server:
        (answer,) = ask(endpoint(server, request_timeout=1.0), [CHAT])
        assert texts(answer) == [f"by answer {k}" for k in (7, 8, 9, 10)]


def test_retry_after_is_respected() -> None:
    with FakeOpenAI(numbered, lambda number, _: "limit:2" if number == 1 else "") as server:
        started = time.monotonic()
        asked = endpoint(server)
        ask(asked, [CHAT])
        assert time.monotonic() - started >= 2.0 and asked.stats()["retries"] == 1


@pytest.mark.parametrize(
    "reply",
    [
        "body:not json at all",
        'body:{"choices": []}',
        "body:" + '{"choices": [{"message": null}]}',
        choice(content=None),
        choice(content=7),
        choice(content=[{"type": "image"}]),
        choice(),
    ],
)
def test_an_answer_that_is_none_is_recorded_and_ends_nothing(reply: str) -> None:
    with FakeOpenAI(numbered, lambda _, body: reply if content(body) == "bad" else "") as server:
        asked = endpoint(server)
        good, bad = ask(asked, [CHAT, Prompt("prove", "bad", chat=True)])
        assert len(good) == len(bad) == 4 and set(texts(bad)) == {""}
        assert all(c.fault and c.tokens == 0 for c in bad if not isinstance(c, str))
        assert asked.stats()["faults"] >= 4


def test_content_in_parts_is_text() -> None:
    parts = [{"type": "text", "text": "by "}, {"type": "text", "text": "rfl"}]
    with FakeOpenAI(numbered, lambda *_: choice(content=parts)) as server:
        assert texts(ask(endpoint(server), [CHAT], Sampling())[0]) == ["by rfl"]


def test_a_cut_answer_is_unfinished() -> None:
    with FakeOpenAI(numbered, lambda *_: "cut") as server:
        (answer,) = ask(endpoint(server), [CHAT])
        assert not any(c.finished for c in answer if not isinstance(c, str))


def test_tokens_are_the_servers_count_or_estimated_and_said_so() -> None:
    with FakeOpenAI(lambda body: ["one two three", "one"]) as server:
        asked = endpoint(server)
        ask(asked, [CHAT], Sampling(n=2))
        assert (asked.stats()["tokens"], asked.stats()["prompt_tokens"], asked.stats()["estimated"]) == (4, 10, 0)
    with FakeOpenAI(numbered, usage=False) as server:
        asked = endpoint(server)
        (answer,) = ask(asked, [CHAT])
        assert asked.stats()["estimated"] == 4 and all(2 <= c.tokens <= 8 for c in answer if not isinstance(c, str))
    wrong = 'body:{"choices": [{"message": {"content": "by rfl"}}], "usage": {"completion_tokens": "many"}}'
    with FakeOpenAI(numbered, lambda *_: wrong) as server:
        asked = endpoint(server)
        ask(asked, [CHAT], Sampling())
        assert asked.stats()["estimated"] == 1 and asked.stats()["tokens"] == 2


def test_requests_in_flight_are_bounded() -> None:
    with FakeOpenAI(lambda body: ["by rfl"], latency=0.02) as server:
        ask(endpoint(server, requests=3), [CHAT] * 12)  # a server that ignores n: 48 requests
        assert len(server.requests) > 40 and server.most == 3


def test_a_request_that_always_fails_is_given_up_alone() -> None:
    with FakeOpenAI(numbered, lambda _, body: "status:500 this one kills me" if content(body) == "bad" else "") as server:
        asked = endpoint(server, retries=1)
        good, bad, teapot = CHAT, Prompt("prove", "bad", chat=True), Prompt("prove", "tea", chat=True)

        async def both() -> Any:
            failing = asyncio.create_task(asked.sample([bad], FOUR))
            await asyncio.sleep(0.05)
            return await asked.sample([good], FOUR), await failing

        ((fine,), (failed,)) = LOOP.run_until_complete(both())
        assert len(fine) == 4 and {c.fault for c in failed} == {"500 this one kills me"} and asked.stats()["failed"] == 1
        server.fault = lambda *_: "status:418 no coffee"
        assert {c.fault for c in ask(asked, [teapot])[0] if not isinstance(c, str)} == {"418 no coffee"}


def test_a_server_that_answers_nothing_ends_the_run_in_one_line() -> None:
    with FakeOpenAI(numbered, lambda *_: "status:503 down") as server:
        with pytest.raises(UserError, match=r"^http://.*/v1: 503 down; it answered nothing for \d+ s: .*run the same command again$"):
            ask(endpoint(server, retries=1), [CHAT] * 5)


def test_nobody_there_and_a_wrong_key_are_one_line_without_the_key(caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    MADE.append(nobody := Endpoint(RoleConfig(endpoint=address, name="x"), SecretStr("sk-very-secret")))
    with pytest.raises(UserError, match=r"refused|failed|attempts.*; start the server there, or correct the address"):
        LOOP.run_until_complete(nobody.check())
    caplog.set_level(logging.DEBUG)
    with FakeOpenAI(numbered, lambda *_: "status:401 Incorrect API key provided: sk-very-secret") as server:
        with pytest.raises(UserError) as caught:
            ask(endpoint(server, key="sk-very-secret"), [CHAT])
    assert "401 Incorrect API key provided: ***; it wants a key: name the variable" in str(caught.value)
    assert "sk-very-secret" not in caplog.text
    with FakeOpenAI(numbered, lambda *_: "status:404 no model fake") as server:
        with pytest.raises(UserError, match="is the model called fake"):
            ask(endpoint(server), [CHAT])


def test_the_key_comes_from_the_environment_and_stays_out_of_sight(monkeypatch: pytest.MonkeyPatch) -> None:
    source = RoleConfig(endpoint="http://x/v1", name="m", api_key_env="SOME_KEY")
    monkeypatch.delenv("SOME_KEY", raising=False)
    with pytest.raises(UserError, match="the environment variable SOME_KEY"):
        api_key(source)
    monkeypatch.setenv("SOME_KEY", "sk-very-secret")
    key = api_key(source)
    assert key.get_secret_value() == "sk-very-secret" and "very" not in repr(key)


def test_endpoints_are_told_apart_by_address_and_model() -> None:
    one, two = (RoleConfig(endpoint="http://a/v1", name=name) for name in ("m", "n"))
    assert endpoint_weights(one) == endpoint_weights(RoleConfig(endpoint="http://a/v1/", name="m"))
    assert endpoint_weights(one).hash != endpoint_weights(two).hash and endpoint_weights(one).path == "m"
