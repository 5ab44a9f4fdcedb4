"""vLLM's own API server on CPU, asked as an endpoint."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from synth.llm.config import RoleConfig
from synth.llm.endpoint import Endpoint
from synth.llm.engine import ENGINE_ENVIRONMENT
from synth.llm.types import Completion, Sampling
from synth.prompts import Prompt
from train.config import ModelConfig
from train.model import create_checkpoint
from train.tokenizer import train_tokenizer
from verify_workers.errors import UserError

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

RAW = Prompt("prove", "<|prove|>: ∀ n : Nat, n + 0 = n<|answer|>")
CHAT = Prompt("prove", "prove it", chat=True, system="be brief", prefill="<think>", thinking=False)
TEMPLATE = (
    "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% if enable_thinking is defined %}{{ enable_thinking }}{% endif %}{% endif %}"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server of a tiny model with 96 tokens of context, called `tiny`."""
    folder = tmp_path_factory.mktemp("served")
    config = ModelConfig(vocab_size=300, d_model=64, layers=2, heads=2, ffn=64, max_length=128)
    tokenizer = train_tokenizer([RAW.text + "intro n; rfl"] * 4, config.vocab_size, config.max_length)
    create_checkpoint(folder / "model", config, tokenizer, 1)
    (folder / "template.jinja").write_text(TEMPLATE)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--model", str(folder / "model"), "--served-model-name", "tiny", "--port", str(port), "--host", "127.0.0.1"]
    options += ["--dtype", "float32", "--max-model-len", "96", "--max-num-seqs", "16", "--enforce-eager", "--api-key", "sk-right"]
    options += ["--chat-template", str(folder / "template.jinja")]
    environment = {**os.environ, **ENGINE_ENVIRONMENT, "VLLM_CPU_KVCACHE_SPACE": "1", "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "vllm.entrypoints.openai.api_server", *options], env=environment, stdout=log, stderr=log
        )
    try:
        end = time.monotonic() + 600
        while not _healthy(port):
            assert process.poll() is None and time.monotonic() < end, (folder / "log").read_text()[-3000:]
            time.sleep(1)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(60)


def _healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


def test_it_is_asked_as_it_wants(server: str) -> None:
    source = RoleConfig(endpoint=server, name="tiny", api_key_env="UNUSED")

    async def work() -> None:
        endpoint = Endpoint(source, SecretStr("sk-right"))
        await endpoint.check()
        answer, too_long, again = await endpoint.sample([RAW, Prompt("prove", "x" * 500), RAW], Sampling(n=5, max_tokens=7, seed=3))
        assert isinstance(too_long, str) and "96" in too_long
        for given in (answer, again):
            assert not isinstance(given, str) and len(given) == 5
            assert all(isinstance(c, Completion) and not c.fault for c in given)
            assert 5 <= sum(c.tokens for c in given) <= 35, "the server counts them for all five together"
            assert len({c.text for c in given}) > 1
        (chat,) = await endpoint.sample([CHAT], Sampling(n=2, max_tokens=5))
        assert not isinstance(chat, str) and len(chat) == 2 and not any(c.fault for c in chat)
        ((short,),) = await endpoint.sample([RAW], Sampling(max_tokens=500))
        assert not short.fault and short.tokens < 96, "no more is asked for than there is room"
        stats = endpoint.stats()
        assert stats["estimated"] == 0 and stats["tokens"] > 0 and stats["prompt_tokens"] > 0
        await endpoint.client.close()

    asyncio.run(work())


def test_a_wrong_key_and_a_wrong_name_are_one_line(server: str) -> None:
    async def refused(name: str, key: str) -> str:
        endpoint = Endpoint(RoleConfig(endpoint=server, name=name), SecretStr(key))
        with pytest.raises(UserError) as caught:
            await endpoint.sample([RAW], Sampling(max_tokens=2))
        await endpoint.client.close()
        return str(caught.value)

    assert "401" in asyncio.run(refused("tiny", "sk-wrong")) and "is the model called other" in asyncio.run(refused("other", "sk-right"))
