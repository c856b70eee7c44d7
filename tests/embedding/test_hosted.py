"""An embedder of a provider: asked in batches, patient, never believed blindly, and away without harm."""

import asyncio
import json
from pathlib import Path

import numpy as np
import pytest
from support.embedding_server import embedding_server
from support.libraries import add, book
from support.tiny_embedder import vector_of

from wellread.blocking import BlockingWellread
from wellread.embedding.choice import load_embedder
from wellread.embedding.endpoint import EmbeddingEndpoint, endpoint
from wellread.embedding.hosted import HostedEmbedder
from wellread.errors import UnavailableError
from wellread.index.choice import vectors_of
from wellread.settings import Settings

KEY = "sk-secret-0123456789"
TEA = "Water\n\nGreen tea is made with water of eighty degrees."


@pytest.fixture
def server():
    with embedding_server() as made:
        yield made


class Times:
    """Pauses that are only noted, and a clock that goes when it is told to."""

    def __init__(self):
        self.paused = []
        self.now = 0.0

    def pause(self, seconds):
        self.paused.append(seconds)

    def clock(self):
        return self.now


@pytest.fixture
def times():
    return Times()


def hosted(server, cache: Path, times, tries: int = 3) -> HostedEmbedder:
    place = EmbeddingEndpoint("openai", "small", server.url, KEY)
    made = HostedEmbedder(place, cache, tries=tries, pause=times.pause, clock=times.clock)
    made.check()
    return made


def test_texts_become_unit_vectors_in_their_order(server, times, tmp_path):
    embedder = hosted(server, tmp_path, times)
    assert (embedder.name, embedder.dimensions) == ("openai/small", 4)
    server.answers = [
        lambda rows: [{**row, "embedding": [9 * n for n in row["embedding"]]} for row in rows[::-1]]
    ]
    texts = [f"text {n}" for n in range(150)]
    vectors = embedder.embed_passages(texts)
    assert vectors.dtype == np.float32
    assert vectors == pytest.approx(np.array([vector_of(text) for text in texts]), abs=1e-6)
    assert [len(body["input"]) for body in server.asked[1:]] == [64, 64, 22]
    assert {body["model"] for body in server.asked} == {"small"}
    assert set(server.keys) == {f"Bearer {KEY}"}
    assert embedder.embed_questions(["a"]).shape == (1, 4)
    assert embedder.embed_passages([]).shape == (0, 4)


def test_texts_that_a_provider_refuses_are_not_sent(server, times, tmp_path):
    hosted(server, tmp_path, times).embed_passages(["", "  ", "\ud800", "word " * 100_000])
    sent = server.asked[-1]["input"]
    assert all(sent)
    assert max(map(len, sent)) <= 8_000


def test_how_long_a_vector_is_is_asked_once(server, times, tmp_path):
    hosted(server, tmp_path, times)
    assert len(server.asked) == 1
    assert hosted(server, tmp_path, times).dimensions == 4
    assert len(server.asked) == 1
    [file] = tmp_path.iterdir()
    assert KEY not in file.read_text()
    for garbage in ("", "[1]", '{"openai/small": "many"}', json.dumps({json.loads("0") or "x": -4})):
        file.write_text(garbage)
        assert hosted(server, tmp_path, times).dimensions == 4
    assert len(server.asked) == 5


def test_a_cache_that_cannot_be_written_is_asked_around(server, times, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert hosted(server, tmp_path / "cache", times).dimensions == 4


def test_a_busy_provider_is_asked_again_as_it_says(server, times, tmp_path):
    embedder = hosted(server, tmp_path, times)
    server.answers = [(429, {"Retry-After": "7"}, "slow down"), (503, {"Retry-After": "soon"}, "")]
    assert len(embedder.embed_passages(["a"])) == 1
    assert times.paused == [7.0, 2.0]
    server.answers = [(429, {"Retry-After": "86400"}, "")]
    embedder.embed_passages(["a"])
    assert times.paused[-1] == 30.0
    server.answers = [(500, {}, f"it broke with {KEY}\x1b[31m")] * 3
    with pytest.raises(UnavailableError, match="500") as caught:
        embedder.embed_passages(["a"])
    assert "passages wait" in caught.value.message
    assert KEY not in str(caught.value)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            lambda rows: [{**row, "embedding": row["embedding"][:3]} for row in rows],
            "3 numbers in place of 4",
        ),
        (lambda rows: [rows[0], {**rows[1], "embedding": [1.0]}], "in place of 4"),
        (lambda rows: [{**row, "embedding": [float("nan")] * 4} for row in rows], "no direction"),
        (lambda rows: [{**row, "embedding": [1e39] * 4} for row in rows], "no direction"),
        (lambda rows: [{**row, "embedding": [0.0] * 4} for row in rows], "no direction"),
        (lambda rows: [{**row, "embedding": []} for row in rows], "without numbers"),
        (lambda rows: rows[:1], "1 vectors for 2 texts"),
        (lambda rows: rows * 2, "4 vectors for 2 texts"),
        (lambda rows: [rows[0], rows[0]], "2 vectors for 2 texts"),
        (lambda rows: [], "0 vectors for 2 texts"),
        (lambda rows: {"rows": rows}, "something else"),
        (lambda rows: [{**row, "embedding": "AAAA"} for row in rows], "convert|something else"),
        ((200, {}, "<html>Sign in to this network</html>"), "gave"),
        ((401, {}, f"Incorrect API key: {KEY}"), "refused the key"),
        ((404, {}, "no such model"), "404"),
        ((302, {"Location": "http://127.0.0.1:1/"}, ""), "302"),
    ],
)
def test_what_is_wrong_is_said_and_not_asked_again(server, times, tmp_path, answer, said):
    embedder = hosted(server, tmp_path, times)
    server.answers = [answer]
    with pytest.raises(UnavailableError, match=said) as caught:
        embedder.embed_passages(["a", "b"])
    assert caught.value.hint
    assert KEY not in caught.value.message
    assert len(server.asked) == 2
    assert not times.paused


def test_a_question_does_not_wait_for_a_provider_that_is_away(server, times, tmp_path):
    embedder = hosted(server, tmp_path, times)
    server.answers = [(503, {}, "")]
    for _ in range(3):
        with pytest.raises(UnavailableError):
            embedder.embed_questions(["a"])
    assert len(server.asked) == 2
    times.now += 31
    assert len(embedder.embed_questions(["a"])) == 1


@pytest.mark.parametrize(
    ("given", "environment", "url", "key", "needs"),
    [
        ({"embedder": "openai/x"}, {"OPENAI_API_KEY": "given"}, "https://api.openai.com/v1", "given", True),
        (
            {"embedder": "openai/x"},
            {"OPENAI_API_KEY": "given", "WELLREAD_OPENAI_API_KEY": "own"},
            "https://api.openai.com/v1",
            "own",
            True,
        ),
        ({"embedder": "openai/x"}, {}, "https://api.openai.com/v1", "kept", True),
        ({"embedder": "openai/x", "openai_base_url": "http://h/v1/"}, {}, "http://h/v1", "kept", False),
        ({"embedder": "ollama/nomic"}, {}, "http://127.0.0.1:11434/v1", "", False),
        ({"embedder": "ollama/nomic", "ollama_base_url": "http://h:1"}, {}, "http://h:1/v1", "", False),
        ({"embedder": "lmstudio/a/b", "lmstudio_base_url": "http://h/v1"}, {}, "http://h/v1", "", False),
    ],
)
def test_where_a_provider_is_and_its_key(tmp_path, given, environment, url, key, needs):
    (tmp_path / "keys.toml").write_text('openai = "kept"\n')
    found = endpoint(Settings(tmp_path, **given), environment)
    assert found
    assert (found.url, found.key, found.needs_key) == (url, key, needs)
    assert found.name == given["embedder"]
    if key:
        assert key not in repr(found)


def test_other_names_are_no_providers(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "openai" / "model").mkdir(parents=True)
    for name in ("minilm", "none", "openai", "openai/", "intfloat/multilingual-e5-small", "openai/model"):
        assert endpoint(Settings(tmp_path, embedder=name), {}) is None


def test_without_a_key_it_is_said_what_to_do(tmp_path):
    with pytest.raises(UnavailableError, match="no key") as caught:
        load_embedder(Settings(tmp_path, embedder="openai/x"), {})
    assert "OPENAI_API_KEY" in caught.value.hint


def state(library: BlockingWellread) -> tuple[int, int]:
    stats = library.run(library.run(library.library.index()).stats())
    return stats.rows, stats.without_vectors


def settings(home: Path, server) -> Settings:
    return Settings(home, embedder="openai/small", openai_base_url=server.url, model_tries=1)


def test_a_library_has_its_vectors_from_a_provider_and_is_searched_without_it(server, tmp_path):
    home = tmp_path / "home"
    with BlockingWellread(settings=settings(home, server)) as library:
        [added] = add(library, book(tmp_path, "tea.md", "On Tea", TEA))
        assert state(library) == (1, 0)
        [cell] = library.search(["water of what degrees"], product_ids=[added.product_id])
        assert cell.found
    assert asyncio.run(vectors_of(settings(home, server))) == "openai/small"
    with BlockingWellread(settings=settings(home, server)) as library:
        server.answers = [(503, {}, "")] * 50
        [cell] = library.search(["green tea water"], product_ids=[added.product_id])
        assert cell.found  # by keyword
        mate = book(tmp_path, "mate.md", "On Mate", TEA.replace("Green tea", "Mate"))
        with pytest.raises(UnavailableError, match="passages wait"):
            add(library, mate)
        assert state(library) == (2, 1)
        server.answers = []
        list(library.embed())
        assert state(library) == (2, 0)


def test_the_bundled_one_takes_over_where_no_vectors_are_lost(server, tmp_path, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    away = {"embedder": "openai/small"}  # no key
    first, second = tmp_path / "first", tmp_path / "second"
    tea = book(tmp_path, "tea.md", "On Tea", TEA)

    def opened(settings: Settings) -> tuple[str, int, str, bool]:
        with BlockingWellread(settings=settings) as library:
            _, waiting = state(library)
            here = library.library
            name = here.embedder.name if here.embedder else ""
            return name, waiting, here.embedder_note, bool(here.embedder_problem)

    with BlockingWellread(settings=Settings(first, **away)) as library:  # an empty index
        add(library, tea)
        assert library.library.embedder.name == "all-MiniLM-L6-v2-int8"
        assert "OPENAI_API_KEY" in library.library.embedder_note
    name, waiting, note, problem = opened(Settings(first, **away))  # one with vectors of the bundled
    assert (name, waiting, problem) == ("all-MiniLM-L6-v2-int8", 0, False)
    assert "not of openai/small" in note

    with BlockingWellread(settings=settings(second, server)) as library:
        add(library, tea)
    assert opened(Settings(second, **away)) == (
        "",
        0,
        "",
        True,
    )  # nothing is wiped: it is searched by keyword
    assert opened(settings(second, server))[:2] == ("openai/small", 0)
