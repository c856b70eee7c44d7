"""Working on imports through what goes wrong: nothing ends the importer, and no import is lost."""

import asyncio
import json
import threading
import time
from contextlib import closing
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from support.libraries import book
from support.running_server import client, running
from support.sent_files import SOUP, import_, upload
from support.stores import database_of

from wellread.engine import Wellread
from wellread.errors import ConflictError, StorageError, public_error, public_text
from wellread.import_events import IMPORT_ENDS, ImportEvent
from wellread.ingest.pipeline import Pipeline
from wellread.serving.import_files import failure_of
from wellread.serving.importer import Importer
from wellread.settings import Settings
from wellread.store.backup.opening import open_database
from wellread.store.database import tables
from wellread.store.event_log import StoredEvent
from wellread.store.imports.imports import ImportStore
from wellread.store.imports.uploads import UploadStore
from wellread.web.http.problems import problem_response


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setattr(Importer, "back_off_seconds", 0.1)
    monkeypatch.setattr(Importer, "poll_seconds", 0.1)
    return Settings(home=tmp_path / "home", embedder="none", model="extractive")


def ended(http, place):
    give_up = time.monotonic() + 60
    while not (view := http.get(place).json())["ended_at"]:
        assert time.monotonic() < give_up
        time.sleep(0.05)
    return view


def test_an_import_that_cannot_be_read_keeps_no_other_waiting_and_is_tried_again(settings, tmp_path):
    broken = book(tmp_path, "broken.md", "First", SOUP).read_bytes()
    other = book(tmp_path, "other.md", "Second", SOUP + "More of it.").read_bytes()
    settings.home.mkdir()
    with closing(open_database(settings.home / "wellread.db")) as database:
        uploads = UploadStore(database, settings.home / "uploads")
        added = uploads.add("", "broken.md", len(broken), most_bytes=10**9)
        uploads.write(added, 0, broken)
        import_id = ImportStore(database).begin([added], "", "").import_id
        first_event = sa.update(tables.import_events).filter_by(import_id=import_id, seq=1)
        [whole] = ImportStore(database).log.stored(import_id)
        with database.begin() as connection:  # as a newer version writes it, which this one cannot read
            connection.execute(first_event.values(body=json.dumps({"type": "import.dreamt", "seq": 1})))
        with running(settings) as address, client(address) as http:
            assert ended(http, import_(http, upload(http, "other.md", other)))["state"] == "completed"
            with database.begin() as connection:
                connection.execute(first_event.values(body=whole.body))
            view = ended(http, f"/api/v1/imports/{import_id}")
            assert (view["state"], len(view["products"])) == ("completed", 1)
            assert http.get("/api/v1/library").json()["total"] == 2


class Failing(ImportStore):
    """A store that refuses the event of one number once."""

    def __init__(self, database, after: int, error: Exception) -> None:
        super().__init__(database)
        self.after, self.error, self.refused = after, error, False

    def append(self, import_id: str, event: ImportEvent, after: int) -> StoredEvent[ImportEvent]:
        if after == self.after and not self.refused:
            self.refused = True
            raise self.error
        return super().append(import_id, event, after)


@pytest.mark.parametrize("after", [1, 2, 3])
@pytest.mark.parametrize(
    "error", [StorageError("The disk is full."), ConflictError("Gone on with."), RuntimeError("A defect.")]
)
def test_an_event_that_cannot_be_stored_now_is_no_failure_of_the_import(settings, tmp_path, after, error):
    content = book(tmp_path, "tea.md", "Teas", SOUP).read_bytes()

    async def main():
        async with Wellread(settings=settings) as library:
            importer = Importer(library)
            failing = importer.imports = Failing(database_of(library), after, error)
            added = importer.uploads.add("", "tea.md", len(content), most_bytes=10**9)
            importer.uploads.write(added, 0, content)
            import_ = failing.begin([added], "", "")
            async with importer.at_work(), asyncio.timeout(20):
                while not isinstance(failing.events(import_.import_id)[-1], IMPORT_ENDS):
                    await asyncio.sleep(0.05)
                while list((settings.home / "uploads").glob("*")):
                    await asyncio.sleep(0.05)
            assert failing.refused
            return failing.events(import_.import_id)

    events = asyncio.run(main())
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert [event.type for event in events if event.type in ("added", "import.completed")] == [
        "added",
        "import.completed",
    ]


def test_the_servers_folders_are_told_to_nobody():
    folder = "/srv/library"
    uploaded = Path(folder) / "uploads" / "a1"
    error = StorageError(f"The catalog {folder}/wellread.db is damaged.", hint=f"Move {folder} away.")
    response = problem_response(error)
    assert response.status_code == 503
    assert response.headers["retry-after"]
    body = json.loads(response.body)
    assert body["detail"] == "The library's store cannot be used now."
    assert "Try again" in body["hint"]
    assert body["retryable"]
    failed = failure_of(error, uploaded)
    asked = ConflictError(f"{uploaded}/tea.md is none.", hint=f"Look into {uploaded}.")
    named = failure_of(asked, uploaded)
    for text in (
        response.body.decode(),
        failed.model_dump_json(),
        named.model_dump_json(),
        public_text(error),
    ):
        assert folder not in text
    assert (failed.status, failed.retryable) == (507, True)
    assert (named.message, named.hint) == ("tea.md is none.", "Look into the folder.")
    assert public_error(asked) is asked


class Gated:
    """An embedder that makes no vector before its gate is open, and of texts with "hold" none before the second is.
    Each batch takes `seconds`."""

    name = "gated"
    dimensions = 4

    def __init__(self, seconds: float = 0.0) -> None:
        self.gate, self.second, self.seconds = threading.Event(), threading.Event(), seconds

    def check(self) -> None: ...

    def embed_passages(self, texts):
        assert self.gate.wait(20)
        if any("hold" in text for text in texts):
            assert self.second.wait(20)
        time.sleep(self.seconds)
        return np.full((len(texts), self.dimensions), 0.5, np.float32)

    embed_questions = embed_passages

    def fragmentation(self, text: str) -> float:
        return 0.0


@pytest.fixture
def gated(settings, monkeypatch):
    """The settings with an embedder whose vectors are written one by one."""
    embedder = Gated()
    monkeypatch.setattr("wellread.embedding.opening.load_embedder", lambda _: embedder)
    monkeypatch.setattr(Pipeline, "vector_rows", 1)
    yield embedder
    embedder.gate.set()
    embedder.second.set()


def long_book(folder, name, word, chapters):
    text = f"It is about {word}. " + "A page says what was known before it was written. " * 6
    return book(
        folder, name, name, *(f"Chapter {n}\n\n{text} Number {n}." for n in range(chapters))
    ).read_bytes()


def events_of(http, place):
    return http.get(f"{place}/events?after=0", headers={"Accept": "application/json"}).json()


def until(holds):
    give_up = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.02)


def test_an_import_ends_with_its_own_vectors_and_its_uploads_before(settings, gated, tmp_path, monkeypatch):
    monkeypatch.setattr(Importer, "tell_seconds", 0.0)
    with running(settings) as address, client(address) as http:
        first = import_(http, upload(http, "tea.md", long_book(tmp_path, "tea.md", "tea", 3)))
        second = import_(
            http, upload(http, "hold.md", long_book(tmp_path, "hold.md", "hold " * 9, 4)), collection="late"
        )
        for place in (first, second):
            until(lambda place=place: http.get(place).json()["products"])
        until(lambda: http.get("/api/v1/uploads").json() == [])
        assert not http.get(first).json()["ended_at"]
        gated.gate.set()
        assert ended(http, first)["state"] == "completed"
        assert not http.get(second).json()["ended_at"]
        gated.second.set()
        assert ended(http, second)["state"] == "completed"
        for place in (first, second):
            events = events_of(http, place)
            [passages] = [event["passages"] for event in events if event["type"] == "added"]
            made = [event for event in events if event["type"] == "embedded"]
            assert {event["total"] for event in made} == {passages}
            dones = [event["done"] for event in made]
            assert dones == sorted(set(dones))
            assert dones[-1] == passages > 1
            assert dones[:2] == [0, 1]


def test_vectors_are_told_at_most_as_often_as_is_said(settings, gated, tmp_path, monkeypatch):
    monkeypatch.setattr(Importer, "tell_seconds", 0.4)
    gated.seconds = 0.1
    gated.gate.set()
    with running(settings) as address, client(address) as http:
        place = import_(http, upload(http, "tea.md", long_book(tmp_path, "tea.md", "tea", 12)))
        ended(http, place)
        made = [event for event in events_of(http, place) if event["type"] == "embedded"]
    at = [datetime.fromisoformat(event["at"]).timestamp() for event in made]
    assert len(made) > 2
    assert all(later - sooner > 0.35 for sooner, later in pairwise(at))
    assert made[-1]["done"] == made[-1]["total"]


def test_an_import_whose_uploads_were_taken_out_goes_on_after_a_restart(settings, gated, tmp_path):
    async def left(importer, import_):
        async with importer.at_work(), asyncio.timeout(20):
            while importer.uploads.uploads("") or len(importer.imports.events(import_.import_id)) < 3:
                await asyncio.sleep(0.02)
            assert not importer.imports.import_(import_.import_id).ended_at

    async def main():
        content = long_book(tmp_path, "hold.md", "hold", 3)
        async with Wellread(settings=settings) as library:
            importer = Importer(library)
            added = importer.uploads.add("", "hold.md", len(content), most_bytes=10**9)
            importer.uploads.write(added, 0, content)
            begun = importer.imports.begin([added], "", "")
            await left(importer, begun)
        gated.gate.set()
        gated.second.set()
        async with Wellread(settings=settings) as library:
            importer = Importer(library)
            async with importer.at_work(), asyncio.timeout(20):
                while not importer.imports.import_(begun.import_id).ended_at:
                    await asyncio.sleep(0.02)
            return importer.imports.events(begun.import_id)

    *_, last = asyncio.run(main())
    assert (last.type, last.added) == ("import.completed", 1)


def test_a_server_with_another_embedder_makes_vectors_anew_without_an_import(settings, gated, tmp_path):
    path = tmp_path / "tea.md"
    path.write_bytes(long_book(tmp_path, "tea.md", "tea", 3))

    async def main():
        async with Wellread(settings=settings) as library:
            assert [event async for event in library.add([path], vectors=False)]
            index = await library.index()
            assert (await index.stats()).without_vectors > 0
            async with Importer(library).at_work(), asyncio.timeout(20):
                await asyncio.sleep(0.1)
                assert await index.has_waiting()
                gated.gate.set()
                while await index.has_waiting():
                    await asyncio.sleep(0.02)
            return (await index.stats()).without_vectors

    assert asyncio.run(main()) == 0
