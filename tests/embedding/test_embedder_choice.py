"""An embedder by one setting: an entry point, a folder, or a name that fastembed knows, of which nothing is fetched
unasked; and what becomes of the vectors when the setting changes."""

import asyncio
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from support.libraries import add, book

from wellread.blocking import BlockingWellread
from wellread.embedding.choice import load_embedder
from wellread.engine import Wellread
from wellread.errors import BadRequestError, UnavailableError
from wellread.events import AnswerCompleted
from wellread.index.embedding import MiniLmEmbedder
from wellread.settings import Settings

MULTILINGUAL = "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2"
TEXTS = ["The hive raises a new queen.", "Bread rises.", "", "Was ist das?"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the hub has them, with the model that Wellread brings."""
    folder = tmp_path_factory.mktemp("models") / "some-model"
    (folder / "onnx").mkdir(parents=True)
    (folder / "onnx" / "model.onnx").symlink_to(MiniLmEmbedder.model_file())
    for file in (resources.files("wellread.index") / "minilm").iterdir():
        if file.name.endswith(".json"):
            (folder / file.name).write_bytes(file.read_bytes())
    return folder


def test_a_folder_is_an_embedder(tmp_path: Path, folder: Path):
    chosen = load_embedder(Settings(tmp_path, embedder=str(folder)))
    again = load_embedder(Settings(tmp_path, embedder=str(folder)))
    assert chosen
    assert again
    brought = MiniLmEmbedder(tmp_path)
    assert chosen.dimensions == brought.dimensions
    assert chosen.name.startswith("some-model")
    vectors = chosen.embed_passages(TEXTS)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    # Pooled by fastembed there, and by Wellread here.
    assert np.sum(vectors * brought.embed_passages(TEXTS), axis=1) == pytest.approx(1, abs=1e-4)
    assert chosen.embed_questions(TEXTS).shape == again.embed_passages(TEXTS).shape
    assert chosen.fragmentation("Führungskräfte?") == brought.fragmentation("Führungskräfte?")


def test_what_cannot_be_an_embedder_is_said(tmp_path: Path, folder: Path):
    with pytest.raises(BadRequestError, match="knows no embedder"):
        load_embedder(Settings(tmp_path, embedder="nobody/nothing"))
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(UnavailableError, match="has no ONNX model"):
        load_embedder(Settings(tmp_path, embedder=str(empty)))
    (empty / "model.onnx").write_bytes(b"not a model")
    (empty / "config.json").write_bytes((folder / "config.json").read_bytes())
    with pytest.raises(UnavailableError, match="cannot be loaded"):
        load_embedder(Settings(tmp_path, embedder=str(empty)))


class Hub(BaseHTTPRequestHandler):
    asked = 0

    def do_GET(self):
        Hub.asked += 1
        self.send_error(503)

    do_HEAD = do_GET  # noqa: N815 - its name for the server

    def log_message(self, *_: object) -> None: ...


def test_nothing_is_downloaded_unless_that_is_asked_for(tmp_path: Path):
    tea = book(tmp_path, "tea.md", "On Tea", "Water\n\nGreen tea is made with water of eighty degrees.")
    hub = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=hub.serve_forever, daemon=True).start()
    environment = {
        "WELLREAD_HOME": str(tmp_path / "home"),
        "WELLREAD_EMBEDDER": MULTILINGUAL,
        "HF_ENDPOINT": f"http://127.0.0.1:{hub.server_port}",
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": ":".join(sys.path),
    }

    def wellread(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "wellread", *arguments]
        return subprocess.run(command, capture_output=True, text=True, env=environment | more)

    assert wellread("add", str(tea)).returncode == 0
    assert "eighty" in wellread("ask", "Which water is green tea made with?").stdout
    told = wellread("doctor")
    assert f"wellread models pull {MULTILINGUAL}" in " ".join((told.stdout + told.stderr).split())
    assert Hub.asked == 0
    fetched = wellread("models", "pull", MULTILINGUAL, HF_HUB_OFFLINE="1")
    assert fetched.returncode
    assert "cannot be fetched" in " ".join((fetched.stdout + fetched.stderr).split())
    hub.shutdown()
    hub.server_close()


TINY = """
import threading
import numpy as np

GATE = threading.Event()


class North:
    name, dimensions = "north", 4

    def __init__(self, cache): ...
    def check(self): ...
    def fragmentation(self, text): return 0.0

    def embed_passages(self, texts):
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        vectors[:, 0] = 1
        return vectors

    embed_questions = embed_passages


class South(North):
    name, dimensions = "south", 6

    def embed_passages(self, texts):
        if any("\\n" in text for text in texts):  # passages, with their heading; a writer's sentences are not held up
            assert GATE.wait(60)
        return super().embed_passages(texts)
"""


def test_with_another_embedder_vectors_are_made_anew_while_words_are_searched(tmp_path: Path, monkeypatch):
    site = tmp_path / "site"
    about = site / "tiny_embedders-1.dist-info"
    about.mkdir(parents=True)
    (site / "tiny_embedders.py").write_text(TINY)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: tiny-embedders\nVersion: 1\n")
    (about / "entry_points.txt").write_text(
        "[wellread.embedders]\nnorth = tiny_embedders:North\nsouth = tiny_embedders:South\n"
    )
    monkeypatch.syspath_prepend(site)
    home = tmp_path / "home"
    tea = book(tmp_path, "tea.md", "On Tea", "Water\n\nGreen tea is made with water of eighty degrees.")

    async def vectors_of(embedder: str) -> tuple[int, int]:
        async with Wellread(settings=Settings(home, embedder=embedder)) as library:
            stats = await (await library.index()).stats()
            return stats.rows, stats.without_vectors

    async def changed() -> str:
        async with Wellread(settings=Settings(home, embedder="south")) as library:
            assert await library.vectors_wait()

            async def embed() -> list[object]:
                return [event async for event in library.embed()]

            background = asyncio.create_task(embed())
            await asyncio.sleep(0.2)
            [answer] = [
                event
                async for event in library.ask("What water is green tea made with?")
                if isinstance(event, AnswerCompleted)
            ]
            assert not background.done()
            gate.set()
            await background
            assert not await library.vectors_wait()
            return answer.markdown

    with BlockingWellread(settings=Settings(home, embedder="north")) as library:
        add(library, tea)
        list(library.embed())
    assert asyncio.run(vectors_of("north")) == (1, 0)
    gate = __import__("tiny_embedders").GATE
    assert "eighty" in asyncio.run(changed())
    assert asyncio.run(vectors_of("south")) == (1, 0)
    assert asyncio.run(vectors_of("north")) == (1, 1)
