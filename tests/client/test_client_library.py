"""The client's other nouns: the library, adding to it, conversations, models, usage."""

import asyncio
import re
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import mentor as t
from support.paths import DOCS
from support.running_server import running

from wellread.client import AsyncClient, Client, uploads
from wellread.client.protocol import HttpReply, Pause
from wellread.client.retry import Patience
from wellread.errors import BadRequestError, ConflictError, LimitError, NotFoundError, UnavailableError
from wellread.import_events import ImportCompleted, ImportStarted, ProductAdded
from wellread.settings import Settings
from wellread.wire.runs import AskOptions

BOOK = "---\ntitle: {title}\nauthor: The Wellread Project\nlang: en\n---\n\n# Rest\n\nSleep is how a team rests. {more}"


@pytest.fixture(scope="module")
def address(mentor_home, tmp_path_factory):
    home = shutil.copytree(mentor_home, tmp_path_factory.mktemp("client") / "home")
    with running(Settings(home=home, embedder="none", model="extractive", upload_mb=2)) as served:
        yield served


@pytest.fixture
def wellread(address):
    with Client(address, patience=20) as opened:
        yield opened


def book(folder, name, title, words=400):
    path = folder / name
    path.write_text(BOOK.format(title=title, more="So does a walk. " * words), encoding="utf-8")
    return path


# The library


def test_from_the_list_down_to_the_place(wellread):
    found = wellread.products("engineering teams")
    assert t.BOOK in [product.product_id for product in found.products]
    assert wellread.products(kind="video").products[0].product_id == t.TALK
    assert wellread.products(limit=1, offset=1).offset == 1
    product = wellread.product(t.BOOK)
    assert (product.title, product.files[0].name) == (t.BOOK_TITLE, "leading.md")
    contents = wellread.contents(t.BOOK)
    assert [entry.title for entry in contents] == ["Two kinds of work", "The week"]
    section = wellread.section(t.BOOK, contents[0].section_id)
    assert (section.previous, section.next) == (None, contents[1].section_id)
    assert section.text[section.blocks[0].start : section.blocks[0].end]
    cells = wellread.search([t.DIFFERENCE], product_ids=[t.BOOK, t.TALK])
    assert [(cell.product_id, bool(cell.found)) for cell in cells] == [(t.BOOK, True), (t.TALK, False)]
    place = wellread.open(cells[0].found[0].anchor, around=0)
    assert (place.product_id, place.state) == (t.BOOK, "exact")
    assert place.quote in cells[0].found[0].text or cells[0].found[0].text in place.quote
    video = wellread.open(wellread.search([t.BALANCE], product_ids=[t.TALK])[0].found[0].anchor)
    assert video.origins[0].type == "time"


def test_what_is_not_there(wellread):
    for ask in (
        lambda: wellread.product("no/such"),
        lambda: wellread.contents("none"),
        lambda: wellread.section(t.BOOK, "none"),
        lambda: wellread.open("none/0a1b2c3d-4/0-1"),
        lambda: wellread.remove("none"),
        lambda: wellread.conversation("none"),
        lambda: wellread.upload("none.epub"),
    ):
        with pytest.raises(NotFoundError) as raised:
            ask()
        assert raised.value.hint


# Adding


def test_files_are_sent_added_asked_and_removed(wellread, tmp_path):
    told = []
    path = book(tmp_path, "rest.md", "On Rest", words=20_000)
    adding = wellread.add([path], collection="client", progress=lambda *at: told.append(at))
    events = list(adding.events())
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert isinstance(events[0], ImportStarted)
    assert isinstance(events[-1], ImportCompleted)
    [added] = [event for event in events if isinstance(event, ProductAdded)]
    view = adding.ended()
    assert (view.state, view.products[0].product_id) == ("completed", added.product_id)
    assert told[0][0] == 0
    assert told[-1] == (path.stat().st_size, path.stat().st_size)
    assert wellread.products(collection="client").total == 1
    assert wellread.ask("What is sleep?", AskOptions(product_ids=[added.product_id])).answer().citations
    wellread.remove(added.product_id)
    assert wellread.products(collection="client").total == 0


def test_async_adds_too(address, tmp_path):
    path = book(tmp_path, "walk.md", "On Walking")

    async def use():
        async with AsyncClient(address) as wellread:
            adding = await wellread.add([path])
            events = [event async for event in adding.events()]
            view = await adding.ended()
            cells = await wellread.search(["How does a team rest?"], limit=1)
            product = await wellread.product(view.products[0].product_id)
            contents = await wellread.contents(product.product_id)
            section = await wellread.section(product.product_id, contents[0].section_id)
            place = await wellread.open(cells[0].found[0].anchor)
            await wellread.remove(product.product_id)
            listed = await wellread.products("walking")
            upload_id = await wellread.begin_upload("rest.md", 3)
            await wellread.remove_upload(upload_id)
            again = await wellread.import_([await wellread.upload(path)], collection="again")
            assert (await again.view()).collection == "again"
            await again.ended()
            return events, place, section, listed

    events, place, section, listed = asyncio.run(use())
    assert isinstance(events[-1], ImportCompleted)
    assert place.quote in section.text
    assert listed.total in (0, 1)


def test_an_upload_is_gone_on_with(wellread, tmp_path):
    path = book(tmp_path, "again.md", "Again")
    begun = wellread.begin_upload("again.md", path.stat().st_size)
    with pytest.raises(ConflictError):
        wellread.import_([begun])  # nothing has arrived
    assert wellread.upload(path, upload_id=begun) == begun
    first = wellread.import_([begun])
    assert wellread.import_([begun]).import_id == first.import_id
    assert first.ended().products[0].title == "Again"
    other = wellread.begin_upload("other.md", 5)
    with pytest.raises(BadRequestError, match="5 bytes"):
        wellread.upload(path, upload_id=other)
    wellread.remove_upload(other)
    with pytest.raises(LimitError) as raised:
        wellread.begin_upload("large.md", 3 << 20)
    assert raised.value.hint


def test_a_file_that_is_none_is_refused(wellread, tmp_path):
    path = tmp_path / "broken.epub"
    path.write_bytes(b"PK no archive")
    view = wellread.add([path]).ended()
    assert [refused.path for refused in view.refused] == ["broken.epub"]
    empty = tmp_path / "empty.md"
    empty.write_bytes(b"")
    assert wellread.add([empty]).ended().refused


class Receiver:
    """A server of uploads, each of whose first requests meets a trouble: what becomes of it, and how many of its bytes
    arrive."""

    def __init__(self, troubles):
        self.troubles = list(troubles)
        self.bytes = b""
        self.size = 0

    def answer(self, request):
        trouble, arrives = self.troubles.pop(0) if self.troubles else ("", 10**6)
        if request.method == "POST":
            self.size = int(request.headers["Upload-Length"])
            return HttpReply(201, {"location": "/api/v1/uploads/u1"}, b"")
        if request.method == "PATCH":
            if int(request.headers["Upload-Offset"]) != len(self.bytes):
                return HttpReply(409, {}, b"{}")
            self.bytes += request.content[:arrives]
            if arrives < len(request.content):
                trouble = trouble or "cut"
        match trouble:
            case "cut":
                return _cut()
            case "busy" if request.method == "PATCH":
                return HttpReply(423, {}, b"{}")
            case "away":
                return HttpReply(503, {"retry-after": "1"}, b"{}")
        status = 204 if request.method == "PATCH" else 200
        return HttpReply(
            status, {"upload-offset": str(len(self.bytes)), "upload-length": str(self.size)}, b""
        )


TROUBLES = st.lists(st.tuples(st.sampled_from(["", "cut", "busy", "away"]), st.integers(0, 64)), max_size=20)


@given(TROUBLES, st.binary(max_size=200), st.integers(1, 64))
def test_whatever_breaks_off_the_bytes_arrive_once_and_in_order(tmp_path_factory, troubles, content, piece):
    path = tmp_path_factory.getbasetemp() / "file.bin"
    path.write_bytes(content)
    receiver = Receiver(troubles)
    told = []
    patience = Patience(1e9, clock=lambda: 0.0, jitter=lambda: 0.0)
    sending = uploads.sending(path, patience, lambda *at: told.append(at), piece=piece)
    outcome = None
    try:
        while True:
            step = sending.send(outcome)
            outcome = None if isinstance(step, Pause) else receiver.answer(step)
    except StopIteration as end:
        assert end.value == "u1"
    assert receiver.bytes == content
    assert told == sorted(told)
    assert told[-1] == (len(content), len(content))


def _cut():
    return httpx2.ReadError("cut")


def test_sending_does_not_go_on_for_ever(tmp_path):
    path = book(tmp_path, "never.md", "Never")
    now = 0.0
    sending = uploads.sending(path, Patience(60, clock=lambda: now, jitter=lambda: 0.0))
    outcome = None
    with pytest.raises(UnavailableError):
        while True:
            step = sending.send(outcome)
            assert now <= 60
            if isinstance(step, Pause):
                now += step.seconds
                outcome = None
            elif step.method == "POST":
                outcome = HttpReply(201, {"location": "/u1"}, b"")
            elif step.method == "HEAD":
                outcome = HttpReply(
                    200, {"upload-offset": "0", "upload-length": str(path.stat().st_size)}, b""
                )
            else:
                outcome = _cut()
    assert 30 < now <= 60


# Conversations, models, usage


def test_conversations(wellread):
    run = wellread.ask(t.BALANCE)
    run.answer()
    whole = wellread.conversation(run.conversation_id)
    assert (whole.runs[0].run_id, whole.runs[0].state) == (run.run_id, "completed")
    assert wellread.rename_conversation(run.conversation_id, "Of scales").title == "Of scales"
    listed = wellread.conversations(limit=1)
    assert listed.conversations[0].conversation_id == run.conversation_id
    assert wellread.conversations("scales").total == 1
    wellread.delete_conversation(run.conversation_id)
    with pytest.raises(NotFoundError):
        wellread.conversation(run.conversation_id)


def test_models_and_usage(wellread):
    models = wellread.models()
    assert models.default == "extractive"
    assert "extractive" in [model.name for model in models.models]
    wellread.ask(t.BALANCE).answer()
    assert wellread.usage().total.runs >= 1
    today = datetime.now(UTC).date()
    assert wellread.usage(today, today, group="model", of_all=True).groups[0].key
    with pytest.raises(BadRequestError, match="span"):
        wellread.usage(date(2026, 2, 1), date(2026, 1, 1))


def test_async_has_the_rest_too(address):
    async def use():
        async with AsyncClient(address) as wellread:
            run = await wellread.ask(t.BALANCE)
            await run.answer()
            assert (await wellread.ready()).database == "ok"
            assert (await wellread.models()).default == "extractive"
            assert (await wellread.usage()).total.runs
            assert (await wellread.conversations()).total
            assert (await wellread.rename_conversation(run.conversation_id, "New")).title == "New"
            assert (await wellread.conversation(run.conversation_id)).runs
            await wellread.delete_conversation(run.conversation_id)

    asyncio.run(use())


def test_both_clients_have_the_same_methods():
    def public(kind):
        return {name for name in vars(kind) if not name.startswith("_")}

    assert public(Client) == public(AsyncClient)


def test_the_examples_of_the_pages_run(built_demo, tmp_path):
    home, printed = shutil.copytree(built_demo, tmp_path / "home"), []
    with running(Settings(home=home, model="extractive")) as address:
        for name in ("client.md", "agui.md"):
            examples = re.findall(
                r"```python\n(.*?)```", (DOCS / name).read_text(encoding="utf-8"), re.DOTALL
            )
            assert examples
            for code in examples:
                assert "http://127.0.0.1:8484" in code
                result = subprocess.run(
                    [sys.executable, "-c", code.replace("http://127.0.0.1:8484", address)],
                    capture_output=True,
                    text=True,
                    check=False,
                    cwd=tmp_path,
                )
                assert result.returncode == 0, result.stderr
                assert "Traceback" not in result.stderr
                printed.append(result.stdout)
    asked, refused, library_, added, deep, agui = printed
    assert "Thinking:" in asked
    assert "delegat" in asked.lower()
    assert "no-such-title" in refused
    assert "Steady Hands" in library_
    assert "added On Rest" in added
    assert "run.completed" in deep
    assert "citations" in agui
    assert "Action: search_inside_books" in agui
