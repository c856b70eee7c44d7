"""The process that holds a local model: llama.cpp's own server, on an address of this machine only.

Run by name by `wellread.models.llama`, which gives the parameters as a line of JSON on standard input and keeps it
open: when it closes, also because the parent was killed, the process ends. Standard output carries one line of
JSON, `address` or `error`; what llama.cpp writes goes to standard error, which the parent keeps in a file.
"""

import json
import os
import platform
import sys
import threading
from dataclasses import dataclass
from typing import Any

import xllamacpp  # type: ignore[import-untyped]  # it has no types

_ERRORS_ONLY = 1
# Tokens that are read between two looks at whether the client is still there. Larger is not faster on a processor;
# 64 is slower by a sixth.
_BATCH = 128


@dataclass(frozen=True, slots=True)
class Parameters:
    """What the parent decides."""

    path: str
    context_tokens: int
    threads: int  # 0: llama.cpp's own choice
    api_key: str
    cached_prompts_mib: int


def server_parameters(given: Parameters) -> Any:
    """Those of a server for one reader: one call at a time, and prompts stay readable for the next call."""
    parameters = xllamacpp.CommonParams()
    parameters.model.path = given.path
    parameters.n_ctx = given.context_tokens
    parameters.fit_params = False  # the context is what was asked for, or loading fails
    parameters.n_parallel = 1
    parameters.n_batch = parameters.n_ubatch = _BATCH
    parameters.cpuparams.n_threads = given.threads or -1
    parameters.cpuparams_batch.n_threads = given.threads or -1
    # A second copy of the weights in another order makes x86 no faster, and a small model half as large again.
    parameters.no_extra_bufts = platform.machine() == "x86_64"
    parameters.use_jinja = True  # the model's own chat template
    parameters.cache_prompt = True
    parameters.cache_ram_mib = given.cached_prompts_mib
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.api_keys = [given.api_key]
    parameters.ui = False
    parameters.endpoint_slots = False
    parameters.verbosity = _ERRORS_ONLY
    return parameters


def main() -> int:
    answer = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    given = Parameters(**json.loads(sys.stdin.buffer.readline()))
    watch = threading.Thread(target=_end_with_parent, daemon=True)
    watch.start()
    try:
        server = xllamacpp.Server(server_parameters(given))
    except RuntimeError as error:
        print(json.dumps({"error": str(error)}), file=answer, flush=True)
        return 1
    print(json.dumps({"address": server.listening_address}), file=answer, flush=True)
    watch.join()
    return 0


def _end_with_parent() -> None:
    while os.read(sys.stdin.fileno(), 1024):  # nothing more is sent; empty when the other side is closed
        pass
    os._exit(0)  # not by way of the server's own end, which waits for what it is writing


if __name__ == "__main__":
    sys.exit(main())
