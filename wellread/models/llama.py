"""A local model, served to this process by a child of it: llama.cpp, by way of the extra `wellread[local]`."""

import asyncio
import contextlib
import importlib.util
import json
import math
import os
import re
import secrets
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Self

import httpx2

from wellread.errors import ModelRejectedError, ModelUnavailableError, UnavailableError
from wellread.events import Usage
from wellread.models import gguf
from wellread.models.language_model import Prompt

_START_SECONDS = 300.0  # a large file on a slow disk
_EXIT_SECONDS = 1.0  # between a broken connection and the news of the child's end
_CHOICE_SECONDS = 180.0  # to read a statement and its sentences, beside other programs
_CANDIDATES = 20  # tokens whose probabilities are told
_ANSWER_SECONDS = 30.0  # to count tokens, while another call keeps the processors busy
# Threads that wait for each other sleep instead of spinning. Nothing is lost when the processors are free; when
# another program needs one, spinning makes llama.cpp several times slower.
_ENVIRONMENT = {"OMP_WAIT_POLICY": "passive"}
_LOG_BYTES = 8192
_REASON = re.compile(r"error loading model: (.+)")


class LlamaServer:
    """A model that is loaded, at an OpenAI-style `address` that takes `api_key`. Close it.

    It answers one call at a time, and others wait; a call whose client goes away is given up.
    """

    def __init__(self, path: Path, process: asyncio.subprocess.Process, log: IO[bytes]) -> None:
        self.path = path
        self.address = ""
        self.api_key = secrets.token_urlsafe(32)
        self.context_tokens = 0  # as the server has it: not more than the model was trained for
        self._process = process
        self._log = log
        self._client = httpx2.AsyncClient(
            headers={"Authorization": f"Bearer {self.api_key}"},
            timeout=_ANSWER_SECONDS,
            trust_env=False,  # no proxy stands between this process and its child
            verify=False,  # plain HTTP: the certificates need not be read
            # llama.cpp closes idle connections by itself, and a request that meets this fails.
            limits=httpx2.Limits(max_keepalive_connections=0),
        )

    def __repr__(self) -> str:
        return f"LlamaServer({self.path.name!r}, {self.address!r})"

    @classmethod
    async def start(cls, path: Path, *, context_tokens: int, threads: int) -> Self:
        """Load the model, which takes seconds to minutes.

        Raises BadRequestError for a file that is no model, LimitError when memory is short, UnavailableError
        without the extra, ModelRejectedError for a model that llama.cpp cannot load, and ModelUnavailableError when
        its process dies or takes too long.
        """
        if importlib.util.find_spec("xllamacpp") is None:
            raise UnavailableError(
                "Local models need an extra that is not installed.", hint='pip install "wellread[local]"'
            )
        gguf.check(path)
        gguf.check_memory(path, context_tokens)
        log = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the server
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "wellread.models.llama_process"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for the parent, which then closes the child
            env=_ENVIRONMENT | os.environ,
        )
        server = cls(path, process, log)
        try:
            await server._load(context_tokens, threads)
        except BaseException:
            await server.close()
            raise
        return server

    async def _load(self, context_tokens: int, threads: int) -> None:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin and stdout  # both are pipes
        parameters = {
            "path": str(self.path),
            "context_tokens": context_tokens,
            "threads": threads,
            "api_key": self.api_key,
            "cached_prompts_mib": gguf.CACHED_PROMPTS_MIB,
        }
        stdin.write(json.dumps(parameters).encode() + b"\n")
        try:
            async with asyncio.timeout(_START_SECONDS):
                line = await stdout.readline()
        except TimeoutError as error:
            raise ModelUnavailableError(
                f"{self.path.name} was not loaded within {_START_SECONDS:g} seconds.",
                hint="Try a smaller model, or a faster disk.",
            ) from error
        if not line:
            raise await self.failure()
        answer = json.loads(line)
        if "error" in answer:
            raise ModelRejectedError(
                f"llama.cpp cannot load {self.path.name}: {self._reason() or answer['error']}.",
                hint="Get the file anew, or try another: `wellread models pull OWNER/REPO`.",
            )
        self.address = answer["address"] + "/v1"
        properties = await self._ask("GET", "/props")
        self.context_tokens = properties["default_generation_settings"]["n_ctx"]

    async def count(self, text: str) -> int:
        """Tokens of `text`, without any that the chat template adds. Raises ModelUnavailableError."""
        return len((await self._ask("POST", "/tokenize", json={"content": text}))["tokens"])

    async def choose(self, prompt: Prompt, words: Sequence[str]) -> tuple[dict[str, float] | None, Usage]:
        """How probable each word is as the first of the reply (`LanguageModel.choose`), and what it took."""
        asked = {
            "messages": [
                {"role": "system", "content": prompt.system},
                {"role": "user", "content": prompt.user},
            ],
            "max_tokens": 1,
            "temperature": 0,
            "logprobs": True,
            "top_logprobs": _CANDIDATES,
            "cache_prompt": True,
        }
        reply = await self._ask("POST", "/v1/chat/completions", timeout=_CHOICE_SECONDS, json=asked)
        told = reply["usage"]
        usage = Usage(
            model_calls=1,
            input_tokens=told["prompt_tokens"],
            cached_tokens=told.get("prompt_tokens_details", {}).get("cached_tokens", 0),
            output_tokens=told["completion_tokens"],
        )
        tokens = reply["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
        return shares_of({one["token"]: math.exp(one["logprob"]) for one in tokens}, words), usage

    async def _ask(self, method: str, path: str, *, timeout: float = _ANSWER_SECONDS, **content: Any) -> Any:
        url = self.address.removesuffix("/v1") + path
        try:
            response = await self._client.request(method, url, timeout=timeout, **content)
            response.raise_for_status()
        except httpx2.HTTPError as error:
            raise await self.failure() from error
        return response.json()

    @property
    def running(self) -> bool:
        return self._process.returncode is None

    async def failure(self) -> ModelUnavailableError:
        """What to raise for a call whose connection broke: how the child ended, or that it does not answer."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_EXIT_SECONDS):
                await self._process.wait()
        status = self._process.returncode
        if status is None:
            return ModelUnavailableError(
                f"The local model {self.path.name} does not answer.", hint="Try again in a moment."
            )
        if status == -signal.SIGKILL:
            return ModelUnavailableError(
                f"The process of the local model {self.path.name} was killed, probably because memory ran out.",
                hint="Set a smaller context, take a smaller quantisation of the model, or close other programs.",
            )
        how = f"crashed ({signal.Signals(-status).name})" if status < 0 else f"ended with status {status}"
        reason = self._reason()
        return ModelUnavailableError(
            f"The process of the local model {self.path.name} {how}{': ' if reason else ''}{reason}.",
            hint="Try again; if it happens again, try another model file.",
        )

    def _reason(self) -> str:
        """What llama.cpp, or Python, wrote about its failure; nothing when it wrote nothing."""
        if self._log.closed:
            return ""
        self._log.seek(max(self._log.seek(0, os.SEEK_END) - _LOG_BYTES, 0))
        text = self._log.read().decode("utf-8", "replace")
        found = _REASON.search(text)
        return (found[1] if found else text.strip().rpartition("\n")[2]).rstrip(".")

    async def close(self) -> None:
        """End the child at once, whatever it is doing."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._client.aclose()
        await self._process.communicate()
        self._log.close()


def shares_of(tokens: Mapping[str, float], words: Sequence[str]) -> dict[str, float] | None:
    """The probabilities of words from those of first tokens, which may be their beginnings; together 1."""
    shares = dict.fromkeys(words, 0.0)
    for token, probability in tokens.items():
        begun = token.strip().lower()
        meant = [word for word in words if begun and (word.startswith(begun) or begun.startswith(word))]
        if len(meant) == 1:
            shares[meant[0]] += probability
    total = sum(shares.values())
    return {word: share / total for word, share in shares.items()} if total else None
