"""The database, the catalog, the title index and the store of runs, on SQLite and, where one is named, PostgreSQL."""

import os
import subprocess
import sys

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy.dialects import postgresql

from wellread.content import (
    Block,
    BlockKind,
    FileOrigin,
    Metadata,
    PlacedBlock,
    ProductKind,
    Section,
    SectionRole,
)
from wellread.errors import NotFoundError, StorageError
from wellread.events import StepStarted, StepThinking
from wellread.store import tables as t
from wellread.store.catalog import Catalog, Edition
from wellread.store.database import Database
from wellread.store.files import StoredFile
from wellread.store.runs import RunStore

POSTGRESQL = (
    "WELLREAD_TEST_POSTGRESQL"  # a SQLAlchemy URL; the tests make and drop the schema wellread_test in it
)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    if request.param == "sqlite":
        opened = Database.open(tmp_path / "wellread.db")
        yield opened
        opened.close()
        return
    if POSTGRESQL not in os.environ:
        pytest.skip(f"no PostgreSQL: {POSTGRESQL} does not name one")
    engine = sa.create_engine(os.environ[POSTGRESQL], connect_args={"options": "-csearch_path=wellread_test"})
    with engine.begin() as connection:
        connection.execute(sa.text("DROP SCHEMA IF EXISTS wellread_test CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA wellread_test"))
    opened = Database(engine)
    opened.migrate()
    yield opened
    with engine.begin() as connection:
        connection.execute(sa.text("DROP SCHEMA wellread_test CASCADE"))
    opened.close()


@pytest.fixture
def catalog(database):
    return Catalog(database)


def edition(product="tea", number=1, *, title="On Tea", author="Ada Writer", files=("a" * 64,), **changes):
    mark = f"{number:08x}"
    texts = [f"Chapter {n} of {title}, edition {number}" for n in range(3)]
    parts = [
        Section(
            f"{mark}-{n}",
            n,
            f"Chapter {n}",
            ("Part", f"Chapter {n}"),
            SectionRole.BODY,
            text,
            (PlacedBlock(Block(BlockKind.PARAGRAPH, text, FileOrigin("tea.md", line=n)), 0, len(text)),),
        )
        for n, text in enumerate(texts)
    ]
    held = {f"file{n}": StoredFile(sha, f"{n}.md", 10) for n, sha in enumerate(files)}
    fields = {
        "fingerprint": f"mark-{product}-{number}",
        "path": f"/books/{product}.md",
        "reader": "markdown 1",
        "metadata": Metadata(title, authors=(author,), language="en"),
        "files": held,
        "sections": parts,
    }
    return Edition(product, mark, **{**fields, **changes})


def exercise(database):
    """Every statement of the catalog, its title index and the run store, at least once."""
    catalog, runs = Catalog(database), RunStore(database)
    catalog.save(edition(collection="drinks"))
    catalog.save(edition(number=2, title="Of Tea"))
    catalog.save(edition("coffee", title="On Coffee"))
    catalog.mark_indexed("tea", "00000002", 3)
    catalog.reindex()
    catalog.reindex(["tea"])
    for read in (catalog.to_index, catalog.removals, catalog.products, catalog.count, catalog.passages):
        read()
    catalog.products(collection="drinks", offset=0, limit=1)
    catalog.products_by_id(["tea"])
    catalog.only_of_kinds([ProductKind.BOOK])
    catalog.known(fingerprint="x", path="y", product_id="z")
    catalog.warnings("tea", "00000002")
    catalog.files()
    catalog.files("tea")
    catalog.contents("tea")
    list(catalog.sections("tea"))
    list(catalog.sections("tea", "00000001"))
    catalog.section("tea", "00000001-0")
    catalog.titles.candidates("what does on coffe say of tea")
    catalog.remove("coffee")
    catalog.removed("coffee")
    conversation = runs.new_conversation("Tea")
    run = runs.new_run(conversation, "What is tea?")
    runs.append(run, [StepStarted(step=1, title="Look")], after=0)
    runs.events(run)
    runs.runs(conversation)
    runs.conversation(conversation)
    runs.last_conversation()


# The database


def test_the_migrations_make_the_tables_of_the_code(database):
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, t.METADATA) == []


KILLED = """
import os, sys
from pathlib import Path
import sqlalchemy as sa
from wellread.store.database import Database

left = int(sys.argv[2])

@sa.event.listens_for(sa.Engine, "before_cursor_execute")
def stop(connection, cursor, statement, *_):
    global left
    left -= statement.lstrip().startswith("CREATE TABLE")
    if not left:
        os._exit(9)

Database.open(Path(sys.argv[1]))
"""


@pytest.mark.parametrize("nth", [1, 2, 7, 11])
def test_a_home_killed_at_its_first_opening_can_be_opened(tmp_path, nth):
    path = tmp_path / "wellread.db"
    assert subprocess.run([sys.executable, "-c", KILLED, str(path), str(nth)]).returncode == 9
    database = Database.open(path)
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), t.METADATA) == []
    exercise(database)
    database.close()


def test_a_home_opened_by_several_at_once_is_made_once(tmp_path):
    code = "import sys; from pathlib import Path; from wellread.store.database import Database as D\n"
    code += "print(D.open(Path(sys.argv[1])).check())"
    argv = [sys.executable, "-c", code, str(tmp_path / "wellread.db")]
    started = [subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [process.communicate()[0].strip() for process in started] == ["ok"] * 3


def test_a_file_that_is_no_database_is_named_with_what_to_do(tmp_path):
    path = tmp_path / "wellread.db"
    path.write_bytes(b"this is not a database at all, " * 100)
    with pytest.raises(StorageError, match="damaged") as refused:
        Database.open(path)
    assert str(path) in refused.value.hint
    assert str(tmp_path / "files") in refused.value.hint
    assert "backup" in refused.value.hint


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9])
def test_a_truncated_database_is_named_with_what_to_do(tmp_path, share):
    path = tmp_path / "wellread.db"
    database = Database.open(path)
    for number in range(30):
        Catalog(database).save(edition(f"book-{number}", title=f"Title {number}"))
    database.close()
    os.truncate(path, int(path.stat().st_size * share))
    with pytest.raises(StorageError, match="damaged") as refused:
        exercise(Database.open(path))
    assert str(path) in refused.value.hint


def test_a_database_of_a_newer_wellread_is_refused(tmp_path):
    path = tmp_path / "wellread.db"
    database = Database.open(path)
    with database.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(StorageError) as refused:
        Database.open(path)
    assert "newer" in refused.value.hint


def test_a_read_sees_one_state_while_another_writes(tmp_path):
    database = Database.open(tmp_path / "wellread.db")
    titles = sa.select(t.products.c.title)
    Catalog(database).save(edition())
    with database.read() as connection:
        assert connection.scalars(titles).all() == ["On Tea"]
        Catalog(database).save(edition(number=2, title="Of Tea"))
        assert connection.scalars(titles).all() == ["On Tea"]
    assert Catalog(database).product("tea").title == "Of Tea"
    database.close()


def test_every_statement_is_one_for_postgresql_too(tmp_path):
    database = Database.open(tmp_path / "wellread.db")
    compiled = []

    def compile_it(connection, statement, *_):
        compiled.append(str(statement.compile(dialect=postgresql.dialect())))

    sa.event.listen(database.engine, "before_execute", compile_it)
    exercise(database)
    database.close()
    assert len(compiled) > 40


# The catalog


def test_a_saved_edition_comes_back_as_it_was(catalog):
    saved = edition(collection="drinks", warnings=("No cover.",))
    catalog.save(saved)
    product = catalog.product("tea")
    assert (product.metadata, product.collection, product.format) == (saved.metadata, "drinks", "markdown")
    assert list(catalog.sections("tea")) == list(saved.sections)
    assert catalog.section("tea", "00000001-2") == saved.sections[2]
    assert [section.title for section in catalog.contents("tea")] == ["Chapter 0", "Chapter 1", "Chapter 2"]
    assert catalog.warnings("tea", "00000001") == ["No cover."]


def test_a_new_edition_replaces_and_the_old_text_stays(catalog):
    catalog.save(edition(collection="drinks"))
    catalog.save(edition(number=2, title="Of Tea"))
    assert [product.title for product in catalog.products()] == ["Of Tea"]
    assert catalog.product("tea").collection == "drinks"
    assert {section.section_id[:8] for section in catalog.sections("tea")} == {"00000002"}
    assert "edition 1" in catalog.section("tea", "00000001-0").text
    assert len(list(catalog.sections("tea", "00000001"))) == 3


def test_an_edition_that_cannot_be_saved_whole_changes_nothing(catalog):
    catalog.save(edition())
    twice = edition(number=2, title="Of Tea").sections
    with pytest.raises(sa.exc.IntegrityError):
        catalog.save(edition(number=2, title="Of Tea", sections=[*twice, twice[0]]))
    assert catalog.product("tea").title == "On Tea"
    assert [known.edition_id for known in catalog.known(product_id="tea")] == ["00000001"]
    assert [section.section_id[:8] for section in catalog.sections("tea")] == ["00000001"] * 3


def test_a_language_of_any_length_is_kept(catalog):
    language = "English, with passages in Middle English and in Latin"
    catalog.save(edition(metadata=Metadata("On Tea", language=language), collection="c" * 300))
    assert catalog.product("tea").metadata.language == language
    assert len(catalog.products(collection="c" * 300)) == 1


def test_known_editions_newest_first(catalog):
    catalog.save(edition())
    catalog.save(edition("coffee"))
    catalog.save(edition(number=2))
    held = [(known.edition_id, known.current) for known in catalog.known(product_id="tea")]
    assert held == [("00000002", True), ("00000001", False)]
    assert [known.product_id for known in catalog.known(fingerprint="mark-coffee-1")] == ["coffee"]
    assert len(catalog.known(path="/books/tea.md")) == 2
    assert catalog.known(path="/books/tea.md", product_id="coffee") == []


def test_remove_gives_the_files_that_nobody_else_needs(catalog):
    catalog.save(edition(files=("a" * 64, "b" * 64)))
    catalog.save(edition(number=2, files=("c" * 64, "b" * 64)))
    catalog.save(edition("coffee", files=("b" * 64,)))
    assert catalog.remove("tea") == ["a" * 64, "c" * 64]
    assert catalog.removals() == ["tea"]
    assert [product.product_id for product in catalog.products()] == ["coffee"]
    assert catalog.known(product_id="tea") == []
    with pytest.raises(NotFoundError):
        catalog.section("tea", "00000001-0")
    with pytest.raises(NotFoundError):
        catalog.remove("tea")
    assert catalog.remove("coffee") == ["b" * 64]
    catalog.removed("tea")
    assert catalog.removals() == ["coffee"]


def test_a_product_added_again_is_no_removal_any_more(catalog):
    catalog.save(edition())
    catalog.remove("tea")
    catalog.save(edition(number=2))
    assert catalog.removals() == []
    assert catalog.to_index() == ["tea"]


def test_nothing_of_a_removed_product_stays_behind(catalog, database):
    catalog.save(edition())
    catalog.remove("tea")
    catalog.removed("tea")
    with database.read() as connection:
        left = {
            table.name: connection.scalar(sa.select(sa.func.count()).select_from(table))
            for table in t.METADATA.sorted_tables
        }
    assert {name for name, rows in left.items() if rows} == set()


def test_what_waits_to_be_indexed(catalog):
    catalog.save(edition())
    assert catalog.to_index() == ["tea"]
    catalog.mark_indexed("tea", "00000001", 7)
    assert (catalog.to_index(), catalog.passages()) == ([], 7)
    catalog.save(edition(number=2))
    assert catalog.to_index() == ["tea"]
    # The process that indexed the earlier edition comes late.
    catalog.mark_indexed("tea", "00000001", 7)
    assert catalog.to_index() == ["tea"]
    catalog.mark_indexed("tea", "00000002", 9)
    assert (catalog.to_index(), catalog.passages()) == ([], 9)
    catalog.reindex(["tea"])
    assert catalog.to_index() == ["tea"]


# The title index


def found(catalog, question):
    return [candidate.product_id for candidate in catalog.titles.candidates(question)]


def test_titles_are_found_by_title_author_and_misspelt(catalog):
    catalog.save(edition("tea", title="The Steeping of Oolong", author="Ada Writer"))
    catalog.save(edition("coffee", title="The Roasting of Beans", author="Bo Other"))
    assert found(catalog, "What does the steeping of oolong need?")[0] == "tea"
    assert found(catalog, "anything by Writer?") == ["tea"]
    assert found(catalog, "rosting") == ["coffee"]
    assert found(catalog, "zebra") == []


def test_a_retitled_or_removed_product_is_not_found_by_its_old_words(catalog):
    catalog.save(edition("tea", title="Oolong"))
    catalog.save(edition("coffee", title="Espresso and Oolong"))
    catalog.save(edition("coffee", 2, title="Espresso"))
    assert found(catalog, "oolong") == ["tea"]
    assert found(catalog, "ooolong") == ["tea"]
    catalog.remove("tea")
    assert found(catalog, "oolong") == found(catalog, "ooolong") == []
    assert found(catalog, "expresso") == ["coffee"]


def test_words_that_most_titles_have_count_only_when_there_is_no_other(catalog, database):
    catalog.save(edition("tea", title="The Oolong"))
    row = {"edition_id": "0", "indexed": "", "collection": "", "kind": "book", "format": "", "language": ""}
    row |= {"title": "", "metadata": {}, "words": 0, "passages": 0, "added_at": ""}
    many = [f"other-{n}" for n in range(2500)]
    with database.begin() as connection:
        connection.execute(sa.insert(t.products), [{**row, "product_id": name} for name in many])
        connection.execute(sa.insert(t.title_words), [{"word": "the", "product_id": name} for name in many])
    assert found(catalog, "the oolong") == ["tea"]
    assert len(found(catalog, "the")) == 60


# Runs


def test_events_are_numbered_and_read_from_any_point(database):
    runs = RunStore(database)
    run = runs.new_run(runs.new_conversation("Tea"), "What is tea?")
    first = runs.append(run, [StepStarted(step=1, title="Look"), StepThinking(step=1, text="Hm.")], after=0)
    second = runs.append(run, [StepStarted(step=n, title="More") for n in range(2, 12)], after=2)
    assert [event.seq for event in first + second] == list(range(1, 13))
    assert runs.events(run) == first + second
    assert runs.events(run, after=10) == second[-2:]
    assert runs.events(run, after=12) == []


def test_a_number_is_given_once(database):
    runs = RunStore(database)
    run = runs.new_run(runs.new_conversation("Tea"), "What is tea?")
    kept = runs.append(run, [StepStarted(step=1, title="Look")], after=0)
    with pytest.raises(sa.exc.IntegrityError):
        runs.append(run, [StepStarted(step=2, title="Again")], after=0)
    assert runs.events(run) == kept


def test_the_last_conversation_is_the_one_added_to_last(database):
    runs = RunStore(database)
    assert runs.last_conversation() is None
    tea, coffee = runs.new_conversation("Tea"), runs.new_conversation("Coffee")
    assert runs.last_conversation().title == "Coffee"
    ids = [runs.new_run(tea, f"Question {n}") for n in range(3)]
    assert runs.last_conversation().conversation_id == tea
    assert (runs.runs(tea), runs.runs(coffee)) == (ids, [])
    assert runs.conversation(coffee).title == "Coffee"
    with pytest.raises(NotFoundError) as unknown:
        runs.conversation("nobody")
    assert unknown.value.hint
