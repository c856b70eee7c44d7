"""Working on imports through what goes wrong: nothing ends the importer, and no import is lost."""

import asyncio
import json
import time
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from conftest import book
from running import client, running
from test_uploads import SOUP, import_, upload

from wellread.engine import Wellread
from wellread.errors import ConflictError, StorageError
from wellread.ingest.progress import IMPORT_ENDS, ImportEvent
from wellread.settings import Settings
from wellread.store import tables
from wellread.store.database import Database
from wellread.store.imports import ImportStore
from wellread.store.uploads import UploadStore
from wellread.web import importing
from wellread.web.importing import Importer
from wellread.web.problems import as_told, problem_response, words_of


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setattr(importing, "_REST", 0.1)
    monkeypatch.setattr(importing, "_LOOK", 0.1)
    return Settings(home=tmp_path / "home", embedder="none", model="extractive")


def ended(http, place):
    give_up = time.monotonic() + 15
    while not (view := http.get(place).json())["ended_at"]:
        assert time.monotonic() < give_up
        time.sleep(0.05)
    return view


def test_an_import_that_cannot_be_read_keeps_no_other_waiting_and_is_tried_again(settings, tmp_path):
    broken = book(tmp_path, "broken.md", "First", SOUP).read_bytes()
    other = book(tmp_path, "other.md", "Second", SOUP + "More of it.").read_bytes()
    settings.home.mkdir()
    with closing(Database.open(settings.home / "wellread.db")) as database:
        uploads = UploadStore(database, settings.home / "uploads")
        added = uploads.add("", "broken.md", len(broken), most_bytes=10**9)
        uploads.write(added, 0, broken)
        import_id = ImportStore(database).begin([added], "", "").import_id
        first_event = sa.update(tables.import_events).filter_by(import_id=import_id, seq=1)
        [(_, whole)] = ImportStore(database).bodies(import_id)
        with database.begin() as connection:  # as a newer version writes it, which this one cannot read
            connection.execute(first_event.values(body=json.dumps({"type": "import.dreamt", "seq": 1})))
        with running(settings) as address, client(address) as http:
            assert ended(http, import_(http, upload(http, "other.md", other)))["state"] == "completed"
            with database.begin() as connection:
                connection.execute(first_event.values(body=whole))
            view = ended(http, f"/api/v1/imports/{import_id}")
            assert (view["state"], len(view["products"])) == ("completed", 1)
            assert http.get("/api/v1/library").json()["total"] == 2


class Failing(ImportStore):
    """A store that refuses the event of one number once."""

    def __init__(self, database, after: int, error: Exception) -> None:
        super().__init__(database)
        self.after, self.error, self.refused = after, error, False

    def append(self, import_id: str, event: ImportEvent, after: int) -> None:
        if after == self.after and not self.refused:
            self.refused = True
            raise self.error
        super().append(import_id, event, after)


@pytest.mark.parametrize("after", [1, 2, 3])
@pytest.mark.parametrize(
    "error", [StorageError("The disk is full."), ConflictError("Gone on with."), RuntimeError("A defect.")]
)
def test_an_event_that_cannot_be_stored_now_is_no_failure_of_the_import(settings, tmp_path, after, error):
    content = book(tmp_path, "tea.md", "Teas", SOUP).read_bytes()

    async def main():
        async with Wellread(settings=settings) as library:
            importer = Importer(library)
            failing = importer.imports = Failing(library.database, after, error)
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
    failed = importing._failed(error, uploaded)
    asked = ConflictError(f"{uploaded}/tea.md is none.", hint=f"Look into {uploaded}.")
    named = importing._failed(asked, uploaded)
    for text in (response.body.decode(), failed.model_dump_json(), named.model_dump_json(), words_of(error)):
        assert folder not in text
    assert (failed.status, failed.retryable) == (507, True)
    assert (named.message, named.hint) == ("tea.md is none.", "Look into the folder.")
    assert as_told(asked) is asked
