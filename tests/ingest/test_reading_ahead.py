"""One source is read while the one before it is indexed, and never two."""

import asyncio
from pathlib import Path

from support.libraries import add, book

from wellread.blocking import BlockingWellread
from wellread.engine import Wellread
from wellread.formats.document import Source
from wellread.formats.reader_process import ReadingProcess
from wellread.import_events import ProductAdded
from wellread.ingest.reading_ahead import ReadingAhead
from wellread.settings import Settings
from wellread.store.catalog.source_files import FileStore

TEA = "Tea\n\nGreen tea is steeped at eighty degrees, by custom number {}."


def books(folder: Path, number: int) -> list[Path]:
    return [book(folder, f"{n}.md", f"Book {n}", TEA.format(n)) for n in range(number)]


def test_the_next_is_read_before_it_is_asked_for_and_the_one_after_that_is_not(tmp_path):
    paths = books(tmp_path / "books", 4)
    looked_at: list[str] = []

    def is_known(source: Source, mark: str) -> bool:
        looked_at.append(source.path.name)
        return source.path.name == "1.md"

    async def read() -> None:
        process = ReadingProcess(seconds=60, memory_mb=4096)
        reading = ReadingAhead(
            process, FileStore(tmp_path / "files"), [Source(path) for path in paths], is_known
        )
        with process:
            first = await reading.next()
            assert first.read
            assert first.read[1].metadata.title == "Book 0"
            while len(looked_at) < 2:
                await asyncio.sleep(0.01)
            for _ in range(5):  # what would be read too early has time to begin
                await asyncio.sleep(0.01)
            assert looked_at == ["0.md", "1.md"]
            second = await reading.next()
            assert second.read is None  # the library has it
            assert (await reading.read(second.source))[1].metadata.title == "Book 1"
            paths[3].unlink()
            third = await reading.next()
            assert third.source.path == paths[2]
            assert third.mark != second.mark
        await reading.close()
        assert sorted(looked_at) == looked_at

    asyncio.run(read())


def test_the_same_book_twice_is_added_once(tmp_path):
    """The second is read before the first is in the library."""
    [first] = books(tmp_path / "books", 1)
    (tmp_path / "books" / "0-again.md").write_bytes(first.read_bytes())
    with BlockingWellread(settings=Settings(tmp_path / "home", embedder="none")) as library:
        events = [e for e in library.add([tmp_path / "books"]) if isinstance(e, ProductAdded)]
        assert [event.outcome for event in events] == ["added", "unchanged"]
        assert len(library.products()) == 1


def test_who_leaves_in_the_middle_does_not_wait_for_what_is_read_ahead(tmp_path):
    [quick] = books(tmp_path / "books", 1)
    slow = tmp_path / "books" / "slow.md"
    slow.write_text("[" * 400_000 + "\n")

    async def leave() -> list[str]:
        async with Wellread(
            settings=Settings(tmp_path / "home", embedder="none", read_seconds=100_000)
        ) as library:
            adding = library.add([tmp_path / "books"])
            async for event in adding:
                if isinstance(event, ProductAdded):
                    break
            await adding.aclose()
            return [product.title for product in await library.products()]

    assert asyncio.run(leave()) == ["Book 0"]
    with BlockingWellread(settings=Settings(tmp_path / "home", embedder="none")) as library:
        assert [added.outcome for added in add(library, quick)] == ["unchanged"]
