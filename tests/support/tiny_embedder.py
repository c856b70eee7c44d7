"""An embedder that can be opened in a process of its own, and notes in a folder which process embedded what."""

import json
import os
import signal
import time
from functools import partial
from pathlib import Path

import numpy as np

from wellread.errors import UnavailableError


class TinyEmbedder:
    """A text's vector follows from its characters. "die once" and "die" kill the process, "hang" does not come to an
    end, "no model" as the folder's name cannot be opened."""

    name = "tiny"
    dimensions = 4
    memory_mb = 100
    accelerated = False

    def __init__(self, folder: Path, threads: int = 1) -> None:
        if folder.name == "no model":
            raise UnavailableError("There is no model.", hint="Get one.")
        self.folder = folder
        self.threads = threads
        self.batch = 1

    def recipe(self, *, threads, providers=()):
        return partial(TinyEmbedder, self.folder, threads)

    def check(self) -> None: ...

    def embed_passages(self, texts):
        with (self.folder / "log").open("a") as log:
            log.writelines(f"{os.getpid()} {self.batch} {json.dumps(text)}\n" for text in texts)
        for text in texts:
            if text == "hang":
                time.sleep(1_000_000)
            if text == "die" or (text == "die once" and not (self.folder / "died").exists()):
                (self.folder / "died").touch()
                os.kill(os.getpid(), signal.SIGKILL)
        return np.array([vector_of(text) for text in texts], np.float32).reshape(len(texts), 4)

    embed_questions = embed_passages

    def fragmentation(self, text: str) -> float:
        return 0.0

    def log(self) -> list[tuple[int, int, str]]:
        """Process, batch and text, of each that was embedded."""
        lines = (self.folder / "log").read_text().splitlines() if (self.folder / "log").exists() else []
        return [
            (int(pid), int(batch), json.loads(text))
            for pid, batch, text in (line.split(" ", 2) for line in lines)
        ]


def vector_of(text: str) -> list[float]:
    numbers = [1.0 + sum(map(ord, text)) % 7, 1.0 + len(text), 2.0 + (ord(text[0]) if text else 0), 1.0]
    length = sum(n * n for n in numbers) ** 0.5
    return [n / length for n in numbers]
