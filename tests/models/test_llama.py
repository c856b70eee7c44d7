"""A local model in a child process: what it answers, and that it ends with its parent, whatever happens."""

import asyncio
import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest
from support.gguf_file import model

from wellread.errors import (
    BadRequestError,
    LimitError,
    ModelRejectedError,
    ModelUnavailableError,
    UnavailableError,
)
from wellread.machine import usable_cores
from wellread.models.llama import LlamaServer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds the child through /proc")

STAND_IN = '''
"""What the child imports instead of xllamacpp: it fails in the way that the file's name says."""
import os, signal, time
from pathlib import Path
from types import SimpleNamespace

class CommonParams(SimpleNamespace):
    def __init__(self):
        super().__init__(model=SimpleNamespace(), cpuparams=SimpleNamespace(), cpuparams_batch=SimpleNamespace())

class Server:
    def __init__(self, parameters):
        os.write(1, b"not for the protocol\\n")
        way = Path(parameters.model.path).stem
        if way == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if way == "crashed":
            os.write(2, b"GGML_ASSERT(n > 0) failed")
            os.abort()
        if way == "refused":
            os.write(2, b"0.01 E load: error loading model: unknown model architecture: 'x'\\n0.02 E exiting")
            raise RuntimeError("Failed to init server")
        time.sleep(600)
'''


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """llama.cpp as it fails; returns a maker of files that are named for a way to fail."""
    (tmp_path / "xllamacpp.py").write_text(STAND_IN)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(str(tmp_path))
    return lambda way: model(tmp_path / f"{way}.gguf")


@pytest.fixture
def real_model():
    """The smallest model that is here."""
    if importlib.util.find_spec("xllamacpp") is None:
        pytest.skip("the extra wellread[local] is not installed")
    named = os.environ.get("WELLREAD_TEST_GGUF")
    here = [Path(named)] if named else (Path.home() / ".cache" / "wellread-models").glob("*.gguf")
    if not (paths := sorted(here, key=lambda path: path.stat().st_size)):
        pytest.skip("no GGUF file is here; WELLREAD_TEST_GGUF names one")
    return paths[0]


def start(path, context_tokens=2048):
    return LlamaServer.start(path, context_tokens=context_tokens, threads=usable_cores())


def children(parent=None):
    """The processes of local models that a process has started."""
    tasks = Path(f"/proc/{parent or os.getpid()}/task").glob("*/children")
    pids = [int(pid) for task in tasks for pid in task.read_text().split()]
    return [pid for pid in pids if b"llama_process" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def gone(pid, seconds=20):
    """Whether a process ends within that time."""
    for _ in range(seconds * 20):
        if not Path(f"/proc/{pid}").exists() or ") Z " in Path(f"/proc/{pid}/stat").read_text():
            return True
        time.sleep(0.05)
    return False


def test_without_the_extra_the_way_to_get_it_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "xllamacpp", None)  # as if it were not installed
    with pytest.raises(UnavailableError) as caught:
        asyncio.run(start(model(tmp_path / "x.gguf")))
    assert 'pip install "wellread[local]"' in caught.value.hint


def test_what_cannot_work_is_refused_before_a_process_starts(stand_in, tmp_path):
    with pytest.raises(BadRequestError, match="no GGUF file"):
        asyncio.run(start(Path(__file__)))
    with pytest.raises(LimitError, match="GB of memory"):
        asyncio.run(start(stand_in("x"), context_tokens=10**12))


@pytest.mark.parametrize(
    ("way", "error", "reason"),
    [
        ("killed", ModelUnavailableError, "killed.gguf was killed, probably because memory ran out"),
        ("crashed", ModelUnavailableError, r"crashed \(SIGABRT\): GGML_ASSERT\(n > 0\) failed"),
        ("refused", ModelRejectedError, "cannot load refused.gguf: unknown model architecture: 'x'"),
    ],
)
def test_a_model_that_fails_to_load_says_why(stand_in, capfd, way, error, reason):
    with pytest.raises(error, match=reason) as caught:
        asyncio.run(start(stand_in(way)))
    assert caught.value.hint
    assert not children()
    assert capfd.readouterr() == ("", "")


def test_a_broken_installation_says_so(stand_in, tmp_path):
    (tmp_path / "xllamacpp.py").write_text(
        "raise ImportError('libgomp.so.1: cannot open shared object file')"
    )
    with pytest.raises(ModelUnavailableError, match=r"status 1: ImportError: libgomp\.so\.1"):
        asyncio.run(start(stand_in("x")))


def test_breaking_off_while_loading_leaves_no_process(stand_in):
    async def break_off():
        loading = asyncio.create_task(start(stand_in("slow")))
        while not children():
            await asyncio.sleep(0.05)
        loading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await loading
        assert not children()

    asyncio.run(break_off())


PARENT = """
import asyncio, sys
from pathlib import Path
from wellread.models.llama import LlamaServer
async def main():
    server = await LlamaServer.start(Path(sys.argv[1]), context_tokens=2048, threads=1)
    print("loaded", flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""


def killed_parent(path, *, loaded):
    """Kill a process that has started a model; returns whether the model's process ended too."""
    with subprocess.Popen([sys.executable, "-c", PARENT, path], stdout=subprocess.PIPE) as parent:
        while not (pids := children(parent.pid)):
            time.sleep(0.05)
        if loaded:
            assert parent.stdout.readline() == b"loaded\n"
        else:
            time.sleep(1)
        [child] = pids
        assert os.getsid(child) != os.getsid(parent.pid)  # Ctrl-C in the terminal does not reach it
        parent.kill()
    return gone(child)


def test_the_process_ends_with_a_parent_killed_while_loading(stand_in):
    assert killed_parent(stand_in("slow"), loaded=False)


def test_the_process_of_a_real_model_ends_with_a_killed_parent(real_model):
    assert killed_parent(real_model, loaded=True)


SCHEMA = {
    "anyOf": [
        {
            "type": "object",
            "properties": {
                "thinking": {"type": "string", "maxLength": 40},
                "action": {"const": "search"},
                "questions": {
                    "type": "array",
                    "items": {"type": "string", "maxLength": 30},
                    "minItems": 2,
                    "maxItems": 2,
                },
                "products": {"type": "array", "items": {"enum": ["p1", "p2"]}, "minItems": 1, "maxItems": 2},
            },
            "required": ["thinking", "action", "questions", "products"],
            "additionalProperties": False,
        },
        {
            "type": "object",
            "properties": {"thinking": {"type": "string", "maxLength": 40}, "action": {"const": "answer"}},
            "required": ["thinking", "action"],
            "additionalProperties": False,
        },
    ]
}


def request(system, user, **more):
    messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
    return {"messages": messages, "max_tokens": 1, "temperature": 0} | more


def test_a_real_model_fills_forms_counts_and_reads_a_prompt_once(real_model, capfd):
    async def talk():
        server = await start(real_model)
        headers = {"Authorization": f"Bearer {server.api_key}"}
        async with httpx2.AsyncClient(base_url=server.address, headers=headers, timeout=600) as client:

            async def ask(body):
                response = await client.post("/chat/completions", json=body)
                assert response.status_code == 200, response.text
                return response.json()

            assert server.context_tokens == 2048
            assert server.api_key not in repr(server)
            assert await server.count("") == 0
            assert 3 <= await server.count("Green tea is steeped.") <= 8
            stranger = await client.post("/chat/completions", json={}, headers={"Authorization": "Bearer x"})
            assert stranger.status_code == 401

            form = {"type": "json_schema", "json_schema": {"name": "step", "schema": SCHEMA}}
            filled = await ask(request("Plan.", "How is tea made?", response_format=form, max_tokens=200))
            values = json.loads(filled["choices"][0]["message"]["content"])
            assert list(values)[:2] == ["thinking", "action"]
            assert len(values["thinking"]) <= 40
            if values["action"] == "search":
                assert len(values["questions"]) == 2
                assert set(values["products"]) <= {"p1", "p2"}

            rules, voice = "Rules of planning. " * 12, "An answer cites by number. " * 12
            first = await ask(request(rules, "Passage one."))
            await ask(request(voice, "Something else."))
            again = await ask(request(rules, "Passage one. Passage two."))
            assert (
                again["usage"]["prompt_tokens_details"]["cached_tokens"]
                > 0.8 * first["usage"]["prompt_tokens"]
            )

            too_long = await client.post("/chat/completions", json=request("Read.", "tea " * 3000))
            assert too_long.json()["error"]["type"] == "exceed_context_size_error"

            story = request("Tell.", "A very long story.", stream=True, max_tokens=2000)
            async with client.stream("POST", "/chat/completions", json=story) as response:
                async for line in response.aiter_lines():
                    if '"content":"' in line:
                        break
            async with asyncio.timeout(60):  # and not after 2000 tokens
                await ask(request("Say.", "Hi."))

            [child] = children()
            os.kill(child, signal.SIGKILL)
            with pytest.raises(ModelUnavailableError, match="was killed"):
                await server.count("tea")
            await server.close()
            await server.close()
            assert not children()

    asyncio.run(talk())
    assert capfd.readouterr() == ("", "")
