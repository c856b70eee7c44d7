"""Adding, changing and removing titles, as their owner would notice it."""

import asyncio
import os
import shutil
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from support.libraries import add, book
from support.stores import catalog_of

from wellread.blocking import BlockingWellread
from wellread.engine import Wellread
from wellread.errors import BadRequestError, NotFoundError, StorageError
from wellread.import_events import FileReading, FileRefused, ProductAdded, VectorsMade
from wellread.settings import Settings

TEA = "Tea\n\nGreen tea is steeped at eighty degrees.\n\nBlack tea wants boiling water and four minutes."
COFFEE = "Coffee\n\nAn espresso is drawn in twenty-five seconds under nine bars of pressure."


def found(library, question):
    return [finding.text for cell in library.search([question]) for finding in cell.found]


def rows(library) -> int:
    index = library.run(library.library.index())
    return library.run(index.stats()).rows


def test_a_title_is_found_as_soon_as_it_is_added(library, tmp_path):
    for event in library.add([book(tmp_path, "tea.md", "On Tea", TEA)], vectors=False):
        if isinstance(event, ProductAdded):
            assert event.outcome == "added"
            assert any("eighty degrees" in text for text in found(library, "steeped green tea degrees"))
            return
    pytest.fail("nothing was added")


def test_the_same_bytes_again_change_nothing(library, tmp_path):
    path = book(tmp_path, "tea.md", "On Tea", TEA)
    [first] = add(library, path)
    before, kept = rows(library), library.products()
    [again] = add(library, path)
    [elsewhere] = add(library, Path(path.rename(tmp_path / "renamed.md")))
    assert (again.outcome, elsewhere.outcome) == ("unchanged", "unchanged")
    assert (again.product_id, again.title, again.passages) == (first.product_id, first.title, first.passages)
    assert (library.products(), rows(library)) == (kept, before)


def test_a_changed_file_replaces_its_product(library, tmp_path):
    [first] = add(library, book(tmp_path, "tea.md", "On Tea", TEA))
    [second] = add(library, book(tmp_path, "tea.md", "On Tea", TEA.replace("eighty", "seventy-five")))
    assert second.outcome == "replaced"
    assert second.product_id == first.product_id
    [text] = found(library, "steeped green tea degrees")
    assert "seventy-five" in text
    assert rows(library) == second.passages


def test_another_book_of_the_same_title_is_another_product(library, tmp_path):
    add(
        library,
        book(tmp_path / "a", "notes.md", "Notes", TEA),
        book(tmp_path / "b", "other.md", "Notes", COFFEE),
    )
    assert len(library.products()) == 2


def test_files_of_the_same_name_and_title_are_two_products_and_stay_so(library, tmp_path):
    paths = [
        book(tmp_path / week, "notes.md", "Notes", text) for week, text in (("one", TEA), ("two", COFFEE))
    ]
    first = add(library, tmp_path)
    assert [result.outcome for result in first] == ["added", "added"]
    assert len(library.products()) == 2
    assert [result.outcome for result in add(library, tmp_path)] == ["unchanged", "unchanged"]
    book(tmp_path / "two", "notes.md", "Notes", COFFEE, "More\n\nA flat white has less foam.")
    [changed] = add(library, paths[1])
    assert changed.outcome == "replaced"
    assert changed.product_id == first[1].product_id


def test_a_file_that_moved_and_changed_is_the_same_product(library, tmp_path):
    old = book(tmp_path / "a", "notes.md", "Notes", TEA)
    [first] = add(library, old)
    old.unlink()
    [second] = add(library, book(tmp_path / "b", "notes.md", "Notes", TEA, COFFEE))
    assert (second.outcome, second.product_id) == ("replaced", first.product_id)


def test_adding_again_restores_a_lost_copy_and_names_a_collection(library, tmp_path):
    path = book(tmp_path, "tea.md", "On Tea", TEA)
    add(library, path)
    [copy] = [file for file in (library.library.settings.home / "files").rglob("*") if file.is_file()]
    copy.write_bytes(b"damaged")
    list(library.add([path], collection="drinks"))
    assert copy.read_bytes() == path.read_bytes()
    assert [product.title for product in library.products(collection="drinks")] == ["On Tea"]


def test_what_killed_copies_left_is_swept(library, tmp_path):
    folder = library.library.settings.home / "files"
    (folder / "ab").mkdir(parents=True)
    (folder / ".left.partial").write_bytes(b"half")
    (folder / "ab" / ("ab" * 32)).write_bytes(b"perhaps the only copy")
    add(library, book(tmp_path, "tea.md", "On Tea", TEA))
    assert len([file for file in folder.rglob("*") if file.is_file()]) == 2
    assert not (folder / ".left.partial").exists()


def test_odd_names_are_added(library, tmp_path):
    long = "n" * 240 + ".md"
    names = [long, "-dash.md", "quote'\".md", "new\nline.md", "[brackets].md", "emoji 🙂.md"]
    for number, name in enumerate(names):
        book(tmp_path, name, f"Number {number}", f"{TEA} {number}")
    (tmp_path / "link").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "other").symlink_to(tmp_path / "other")
    os.mkfifo(tmp_path / "pipe.md")
    results = add(library, tmp_path)
    assert sum(isinstance(result, ProductAdded) for result in results) == len(names)


def test_one_isbn_on_two_formats_makes_two_products(library, tmp_path):
    markdown = book(tmp_path, "tea.md", "On Tea", TEA, isbn="978-1-09-814823-2")
    page = tmp_path / "tea.html"
    page.write_text(
        '<html><head><title>On Tea</title><meta name="dc.identifier" content="urn:isbn:9781098148232"></head>'
        "<body><h1>Tea</h1><p>Green tea is steeped at eighty degrees.</p></body></html>"
    )
    results = add(library, markdown, page)
    ids = {result.product_id for result in results}
    assert "9781098148232" in ids
    assert len(ids) == 2


def test_what_is_refused_is_named_and_the_rest_is_added(library, tmp_path):
    (tmp_path / "broken.epub").write_bytes(b"PK\x03\x04 this is no zip")
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    book(tmp_path, "tea.md", "On Tea", TEA)
    results = add(library, tmp_path / "photo.jpg", tmp_path / "missing.epub", tmp_path)
    refused = {Path(result.path).name: result for result in results if isinstance(result, FileRefused)}
    assert set(refused) == {"photo.jpg", "", "broken.epub", "empty.txt"}
    assert all(error.message and error.hint for error in refused.values())
    assert "does not exist" in refused[""].message
    assert [product.title for product in library.products()] == ["On Tea"]
    # A refused file leaves nothing behind.
    assert len(list((library.library.settings.home / "files").rglob("*"))) == 2


def test_a_zip_bomb_is_refused_before_it_is_unpacked(library, tmp_path):
    path = tmp_path / "bomb.epub"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr("chapter.xhtml", b"0" * (300 << 20))
    [result] = add(library, path)
    assert isinstance(result, FileRefused)
    assert "bomb.epub" in result.message
    assert library.products() == []


def test_a_zip_bomb_of_many_small_entries_is_refused(library, tmp_path):
    path = tmp_path / "bomb.epub"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(10):
            archive.writestr(f"{number}.xhtml", b"0" * (3 << 20))
    [result] = add(library, path)
    assert isinstance(result, FileRefused)
    assert "times its packed size" in result.message


def test_removing_takes_everything_of_a_product(library, tmp_path):
    results = add(
        library, book(tmp_path, "tea.md", "On Tea", TEA), book(tmp_path, "coffee.md", "On Coffee", COFFEE)
    )
    library.remove(results[0].product_id)
    assert [product.title for product in library.products()] == ["On Coffee"]
    assert rows(library) == results[1].passages
    assert found(library, "green tea") == []
    with pytest.raises(NotFoundError, match="no product"):
        library.remove(results[0].product_id)
    [back] = add(library, tmp_path / "tea.md")
    assert back.outcome == "added"
    assert found(library, "green tea steeped")


def test_a_video_with_captions_is_one_product(library, tmp_path):
    (tmp_path / "talk.vtt").write_text(
        "WEBVTT\n\n00:00.000 --> 00:05.000\n<v Host>What is tea made of, and how is it brewed well?\n\n"
        "00:05.000 --> 00:12.000\n<v Guest>Green tea is steeped at eighty degrees.\n"
    )
    (tmp_path / "talk.mp4").write_bytes(b"\0\0\0\x18ftypmp42")
    (tmp_path / "talk.toml").write_text('title = "A Talk on Tea"\nauthors = ["The Wellread Project"]\n')
    results = add(library, tmp_path)
    assert [result.title for result in results] == ["A Talk on Tea"]
    [video] = library.products()
    assert (video.product_id, video.kind) == (results[0].product_id, "video")
    roles = {role for role, _ in catalog_of(library.library).files(results[0].product_id)}
    assert roles == {"text", "media", "sidecar"}


def test_what_a_killed_add_left_is_finished_at_the_next_start(home, tmp_path):
    settings = Settings(home=home, embedder="none")
    with BlockingWellread(settings=settings) as library:
        [added] = add(library, book(tmp_path, "tea.md", "On Tea", TEA))
        # As after a kill between the catalog's transaction and the index.
        catalog_of(library.library).reindex()
        index = library.run(library.library.index(take_up=False))
        library.run(index.keep_only(added.product_id, ()))
    with BlockingWellread(settings=settings) as library:
        assert found(library, "green tea steeped")
        assert rows(library) == added.passages


def test_a_lost_index_is_rebuilt_from_the_catalog(home, tmp_path):
    settings = Settings(home=home, embedder="none")
    with BlockingWellread(settings=settings) as library:
        [added] = add(library, book(tmp_path, "tea.md", "On Tea", TEA))
    shutil.rmtree(home / "index")
    with BlockingWellread(settings=settings) as library:
        assert found(library, "green tea steeped")
        assert rows(library) == added.passages


def test_vectors_follow_and_are_made_once(home, tmp_path):
    with BlockingWellread(settings=Settings(home=home)) as library:
        library.run(library.library.index())
        if library.library.embedder_problem:
            pytest.skip(library.library.embedder_problem.message)
        events = list(library.add([book(tmp_path, "tea.md", "On Tea", TEA)]))
        kinds = [type(event) for event in events]
        assert kinds.index(FileReading) < kinds.index(ProductAdded) < kinds.index(VectorsMade)
        made = [event for event in events if isinstance(event, VectorsMade)]
        assert (made[-1].done, made[-1].total) == (1, 1)
        assert [event.total for event in library.embed()] == [0]


def test_two_adds_at_once_wait_for_each_other(home, tmp_path):
    settings = Settings(home=home, embedder="none")
    paths = [book(tmp_path / str(n), f"{n}.md", f"Number {n}", TEA, COFFEE) for n in range(4)]

    async def both():
        async with Wellread(settings=settings) as one, Wellread(settings=settings) as other:

            async def adding(library):
                return [event async for event in library.add(paths) if isinstance(event, ProductAdded)]

            return await asyncio.gather(adding(one), adding(other))

    one, other = asyncio.run(both())
    assert {result.outcome for result in one} | {result.outcome for result in other} == {"added", "unchanged"}
    with BlockingWellread(settings=settings) as library:
        assert len(library.products()) == 4
        assert rows(library) == sum(product.passages for product in library.products())


def test_a_home_that_cannot_be_written_says_so(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadRequestError, match="cannot be made"), BlockingWellread(tmp_path / "file" / "home"):
        pass


def test_a_database_of_a_newer_schema_is_refused(home, library):
    with closing(sqlite3.connect(home / "wellread.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    with pytest.raises(StorageError, match="schema"), BlockingWellread(settings=library.library.settings):
        pass
