"""The database, the catalog, the title index and the store of runs, on SQLite and, where one is running, PostgreSQL."""

import gzip
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy.dialects.postgresql import dialect as postgresql_dialect
from support.interleaving import amid
from support.paths import SCHEMAS

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
from wellread.errors import (
    BadRequestError,
    ConflictError,
    NotFoundError,
    StorageError,
    TooManyError,
    WellreadError,
)
from wellread.events import Budget, RunCompleted, RunStarted, StepStarted, StepThinking, Usage
from wellread.store.backup import dump
from wellread.store.backup.opening import open_database
from wellread.store.backup.restore import Backup, restore
from wellread.store.catalog.catalog import Catalog, Edition
from wellread.store.catalog.source_files import StoredFile
from wellread.store.database import postgresql, sqlite
from wellread.store.database import tables as t
from wellread.store.database.database import HEAD, Database, schema_of
from wellread.store.migrations.upgrade import upgrade
from wellread.store.runs.queue import RunQueue
from wellread.store.runs.runs import IdempotencyKey, RunStore

DUMPS = sorted(SCHEMAS.glob("*.db.gz"))


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path):
    """Where a database may be made: the path of a file, the URL of a PostgreSQL schema."""
    if request.param == "sqlite":
        return tmp_path / "wellread.db"
    return request.getfixturevalue("postgresql_url")


@pytest.fixture
def database(place):
    opened = open_database(place)
    yield opened
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


def start(question="What is tea?", conversation=""):
    return RunStarted(
        run_id="",
        conversation_id=conversation,
        question=question,
        asked=question,
        mode="quick",
        model="extractive",
        scope=(),
        budget=Budget(steps=4),
    )


def exercise(database):
    """Every statement of the catalog, its title index and the run store, at least once."""
    catalog, runs = Catalog(database), RunStore(database)
    catalog.save(edition(collection="drinks"))
    catalog.save(edition(number=2, title="Of Tea"))
    catalog.save(edition("coffee", title="On Coffee"))
    catalog.mark_indexed("tea", "00000002", "en", 3)
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
    run = runs.begin(start()).run_id
    conversation = runs.run(run).conversation_id
    runs.begin(start(conversation=conversation))
    runs.append(run, [StepStarted(step=1, title="Look")], after=1)
    runs.events(run)
    runs.runs(conversation)
    runs.conversation(conversation)
    runs.last_conversation()
    runs.starts([run])
    runs.log.types(run)
    runs.log.ends([run])
    runs.log.numbered(run, [1, 2])
    queue = RunQueue(database)
    queue.queued()
    queue.named([run])
    queue.waiting()
    queue.claim(run, "one")
    queue.release("one")
    queue.request(run, "stop")
    queue.requests([run])


# The database


def test_the_migrations_make_the_tables_of_the_code(database):
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, t.METADATA) == []


KILLED = """
import os, sys
from pathlib import Path
import sqlalchemy as sa
from wellread.store.backup.opening import open_database

left = int(sys.argv[2])

@sa.event.listens_for(sa.Engine, "before_cursor_execute")
def stop(connection, cursor, statement, *_):
    global left
    left -= statement.lstrip().startswith("CREATE TABLE")
    if not left:
        os._exit(9)

open_database(sys.argv[1] if sys.argv[3] == "str" else Path(sys.argv[1]))
"""


@pytest.mark.parametrize("nth", [2, 11])
def test_a_home_killed_at_its_first_opening_can_be_opened(place, nth):
    kind = type(place).__name__
    assert subprocess.run([sys.executable, "-c", KILLED, str(place), str(nth), kind]).returncode == 9
    database = open_database(place)
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), t.METADATA) == []
    exercise(database)
    database.close()


OPENED = """
import sys
from pathlib import Path
from wellread.store.backup.opening import open_database

print(open_database(sys.argv[1] if sys.argv[2] == "str" else Path(sys.argv[1])).check())
"""


def test_a_home_opened_by_several_at_once_is_made_once(place):
    argv = [sys.executable, "-c", OPENED, str(place), type(place).__name__]
    started = [subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [process.communicate()[0].strip() for process in started] == ["ok"] * 3


def test_twenty_threads_read_and_write(database):
    catalog = Catalog(database)
    catalog.save(edition())

    def work(number):
        catalog.relocate("tea", "00000001", path=f"/books/{number}.md")
        with database.read():
            return catalog.product("tea").title  # two connections at once

    with ThreadPoolExecutor(20) as threads:
        assert set(threads.map(work, range(60))) == {"On Tea"}


def test_a_file_that_is_no_database_is_named_with_what_to_do(tmp_path):
    path = tmp_path / "wellread.db"
    path.write_bytes(b"this is not a database at all, " * 100)
    with pytest.raises(StorageError, match="damaged") as refused:
        open_database(path)
    assert str(path) in refused.value.hint
    assert str(tmp_path / "files") in refused.value.hint
    assert "backup" in refused.value.hint


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9])
def test_a_truncated_database_is_named_with_what_to_do(tmp_path, share):
    path = tmp_path / "wellread.db"
    database = open_database(path)
    for number in range(30):
        Catalog(database).save(edition(f"book-{number}", title=f"Title {number}"))
    database.close()
    os.truncate(path, int(path.stat().st_size * share))
    with pytest.raises(StorageError, match="damaged") as refused:
        exercise(open_database(path))
    assert str(path) in refused.value.hint


def test_a_database_of_a_newer_wellread_is_refused(place, tmp_path):
    database = open_database(place)
    with database.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(StorageError) as refused:
        open_database(place, backups=tmp_path / "backups")
    assert "newer" in refused.value.hint
    assert not (tmp_path / "backups").exists()


def test_a_read_sees_one_state_while_another_writes(database):
    titles = sa.select(t.products.c.title)
    Catalog(database).save(edition())
    with database.read() as connection:
        assert connection.scalars(titles).all() == ["On Tea"]
        Catalog(database).save(edition(number=2, title="Of Tea"))
        assert connection.scalars(titles).all() == ["On Tea"]
    assert Catalog(database).product("tea").title == "Of Tea"


def test_characters_that_no_database_holds_are_replaced_one_for_one(database):
    catalog, runs = Catalog(database), RunStore(database)
    bad, good = "Te\0a \ud800\udfff, \\u0000", "Te\ufffda \ufffd\ufffd, \\u0000"
    sections = [Section("00000001-0", 0, bad, (bad,), SectionRole.BODY, bad, ())]
    catalog.save(edition(title=bad, collection=bad, path=f"/{bad}", sections=sections))
    [section] = catalog.sections("tea")
    assert (section.title, section.path, section.text) == (good, (good,), good)
    [product] = catalog.products(collection=bad)
    assert (product.title, product.collection) == (good, good)
    assert len(catalog.known(path=f"/{bad}")) == 1
    run = runs.begin(start("What is\0 tea?")).run_id
    assert runs.run(run).question == "What is\ufffd tea?"
    assert runs.events(run)[0].question == "What is\0 tea?"  # its JSON has no NUL of its own


def test_transactions_of_one_turn_come_one_after_the_other(database):
    removals, order = sa.select(t.removals.c.product_id), []

    def write(name):
        with database.begin(turn="tea") as connection:
            order.append((name, connection.scalars(removals).all()))
            connection.execute(sa.insert(t.removals).values(product_id=name))

    with amid(database, "SELECT removals", lambda: write("second")) as other:
        write("first")
    other.result()
    assert order == [("first", []), ("second", ["first"])]


# PostgreSQL


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        ({"username": "nobody_of_this_name"}, "createuser"),
        ({"database": "no_database_of_this_name"}, "createdb"),
        ({"port": 1}, "Check that the server runs"),
        ({"host": "nowhere.invalid"}, "host"),
        ({"drivername": "mysql"}, "postgresql://"),
        ({"drivername": "postgresql+pg8000"}, "postgresql://"),
        ({"query": {"nonsense": "1"}}, "postgresql://"),
        ({"database": ""}, "postgresql://"),
    ],
    ids=lambda value: str(value),
)
def test_a_database_that_cannot_be_opened_is_named_without_its_password(postgresql_url, change, hint):
    url = sa.make_url(postgresql_url)._replace(password="secret", **change)
    with pytest.raises(WellreadError) as refused:
        open_database(url.render_as_string(hide_password=False))
    assert hint in refused.value.hint
    assert "secret" not in f"{refused.value.message} {refused.value.hint}"


@pytest.mark.parametrize("text", ["secret", "postgresql://me:secret@host:port/name", "postgresql:/secret"])
def test_what_is_no_url_is_refused_without_showing_it(text):
    with pytest.raises(BadRequestError) as refused:
        open_database(text)
    assert "secret" not in f"{refused.value.message} {refused.value.hint}"


def test_a_missing_driver_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)  # as where the extra is not installed
    with pytest.raises(BadRequestError) as refused:
        open_database("postgresql://me:secret@localhost/wellread")
    assert "wellread[postgresql]" in refused.value.hint


def test_two_that_make_the_schema_take_turns(postgresql_url):
    first = Database(postgresql.create(postgresql_url))
    with ThreadPoolExecutor(1) as threads:
        with first.begin() as connection:
            postgresql.wait_for_upgrades(connection)
            upgrade(connection)
            second = threads.submit(Database.open, postgresql_url)
            with pytest.raises(TimeoutError):
                second.result(timeout=0.5)
        opened = second.result(timeout=10)
    assert opened.check() == "ok"
    opened.close()
    first.close()


def end_connections(url):
    """End every connection of the databases opened at `url`, as a server does that is restarted."""
    engine = sa.create_engine(url)
    mine = "SELECT pid FROM pg_stat_activity WHERE application_name = :name AND pid <> pg_backend_pid()"
    name = sa.make_url(url).query["application_name"]
    with engine.begin() as connection:
        for pid in connection.scalars(sa.text(mine), {"name": name}).all():
            connection.execute(sa.text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
    engine.dispose()


def test_after_a_lost_connection_the_next_call_works(postgresql_url):
    schema = sa.make_url(postgresql_url).query["options"].rpartition("=")[2]
    url = f"{postgresql_url}&application_name={schema}"
    database = open_database(url)
    catalog = Catalog(database)
    catalog.save(edition())
    end_connections(url)
    assert catalog.product("tea").title == "On Tea"
    with pytest.raises(StorageError) as lost, database.begin() as connection:
        connection.execute(sa.update(t.products).values(title="Lost"))
        end_connections(url)
        connection.execute(sa.select(t.products.c.title))
    assert lost.value.retryable
    assert catalog.product("tea").title == "On Tea"
    database.close()


def test_what_reads_cannot_write_on_postgresql(postgresql_url):
    database = open_database(postgresql_url)
    with pytest.raises(StorageError), database.read() as connection:
        connection.execute(sa.delete(t.products))
    database.close()


def test_a_lacking_table_is_told(postgresql_url):
    database = open_database(postgresql_url)
    assert database.check() == "ok"
    with database.begin() as connection:
        connection.execute(sa.text("DROP TABLE removals"))
    assert "removals" in database.check()
    with pytest.raises(StorageError, match="removals") as lacking:
        Catalog(database).removals()
    assert "restore" in lacking.value.hint
    database.close()


# Upgrading


@pytest.fixture(params=DUMPS, ids=lambda path: path.name[:4])
def older(request, place):
    """Where a database of an earlier released schema lies: the file of that time, or its rows on PostgreSQL."""
    file = place if isinstance(place, Path) else Path(f"{request.getfixturevalue('tmp_path')}/older.db")
    file.write_bytes(gzip.decompress(request.param.read_bytes()))
    if not isinstance(place, Path):
        source, target = Database(sqlite.create(file)), Database(postgresql.create(place))
        with source.read() as reading, target.begin() as writing:
            upgrade(writing, request.param.name[:4])
            held = {table.name: table for table in dump.tables(reading)}
            for table in dump.tables(writing):
                for _ in dump.load(writing, table, dump.dump(reading, held[table.name])):
                    pass
        source.close()
        target.close()
    return place


def check_tea(database):
    """The book and the run of every database in tests/schemas are there."""
    catalog, runs = Catalog(database), RunStore(database)
    [product] = catalog.products()
    assert (product.title, product.metadata.authors) == ("On Tea", ("The Wellread Project",))
    steeping, oolong = catalog.sections(product.product_id)
    assert "Tea is steeped for three minutes" in steeping.text
    assert "Oolong is partly oxidised tea." in oolong.text
    assert [placed.block.kind for placed in steeping.blocks] == [BlockKind.HEADING, BlockKind.PARAGRAPH]
    assert found(catalog, "on tea") == [product.product_id]
    [run] = runs.runs(runs.last_conversation().conversation_id)
    events = runs.events(run)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert runs.log.types(run) == [(event.seq, event.type) for event in events]
    ended = runs.run(run)
    assert isinstance(events[-1], RunCompleted)
    assert (ended.outcome, ended.usage) == ("completed", events[-1].usage)
    assert ended.ended_at == events[-1].at.isoformat(timespec="microseconds")
    assert (ended.caller, ended.worker, ended.queued) == ("", "", False)


def test_every_released_schema_is_upgraded_with_all_that_it_held(older, tmp_path):
    database = open_database(older, backups=tmp_path / "backups")
    check_tea(database)
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), t.METADATA) == []
    database.close()


def test_before_an_upgrade_a_backup_is_made_that_can_be_restored(older, tmp_path, request):
    backups = tmp_path / "backups"
    schema = request.node.callspec.params["older"].name[:4]
    open_database(older, backups=backups).close()
    open_database(older, backups=backups).close()
    if schema == HEAD:
        assert not backups.exists()
        return
    [file] = backups.iterdir()
    assert file.name.startswith(f"schema-{schema}-20")
    home = tmp_path / "home"
    home.mkdir()
    database = open_database(home / "wellread.db")
    with Backup.open(file) as backup:
        list(backup.verify())
        list(restore(backup, home, database, replace=False))
    check_tea(database)
    assert Catalog(database).to_index() == [product.product_id for product in Catalog(database).products()]
    database.close()


def test_without_its_backup_nothing_is_upgraded(older, tmp_path, request):
    (tmp_path / "backups").write_text("a file where the folder would be", encoding="utf-8")
    schema = request.node.callspec.params["older"].name[:4]
    if schema == HEAD:
        open_database(older, backups=tmp_path / "backups").close()
        return
    with pytest.raises(StorageError, match="not upgraded") as refused:
        open_database(older, backups=tmp_path / "backups")
    assert "free some space" in refused.value.hint
    create = sqlite.create if isinstance(older, Path) else postgresql.create
    database = Database(create(older))
    with database.read() as connection:
        assert schema_of(connection) == schema
    database.close()


def test_every_statement_is_one_for_postgresql_too(tmp_path):
    database = open_database(tmp_path / "wellread.db")
    compiled = []

    def compile_it(connection, statement, *_):
        compiled.append(str(statement.compile(dialect=postgresql_dialect())))

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
    catalog.mark_indexed("tea", "00000001", "en", 7)
    assert (catalog.to_index(), catalog.passages()) == ([], 7)
    catalog.save(edition(number=2))
    assert catalog.to_index() == ["tea"]
    # The process that indexed the earlier edition comes late.
    catalog.mark_indexed("tea", "00000001", "en", 7)
    assert catalog.to_index() == ["tea"]
    catalog.mark_indexed("tea", "00000002", "en", 9)
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


def test_words_that_most_titles_have_find_no_title(catalog, database):
    catalog.save(edition("tea", title="The Oolong"))
    row = {"edition_id": "0", "indexed": "", "collection": "", "kind": "book", "format": "", "language": ""}
    row |= {"title": "", "metadata": {}, "words": 0, "passages": 0, "added_at": ""}
    many = [f"other-{n}" for n in range(2500)]
    with database.begin() as connection:
        connection.execute(sa.insert(t.products), [{**row, "product_id": name} for name in many])
        connection.execute(sa.insert(t.title_words), [{"word": "the", "product_id": name} for name in many])
    assert found(catalog, "the oolong") == ["tea"]
    assert found(catalog, "the") == []
    assert catalog.titles.called(["the oolong"]) == ["tea"]


# Runs


def test_events_are_numbered_and_read_from_any_point(database):
    runs = RunStore(database)
    run = runs.begin(start()).run_id
    first = runs.append(run, [StepStarted(step=1, title="Look"), StepThinking(step=1, text="Hm.")], after=1)
    second = runs.append(run, [StepStarted(step=n, title="More") for n in range(2, 12)], after=3)
    assert [event.seq for event in first + second] == list(range(2, 14))
    told = [stored.event for stored in first + second]
    assert runs.events(run)[1:] == told
    assert runs.events(run, after=11) == told[-2:]
    assert runs.events(run, after=13) == []


def test_a_number_is_given_once(database):
    runs = RunStore(database)
    run = runs.begin(start()).run_id
    kept = runs.append(run, [StepStarted(step=1, title="Look")], after=1)
    with pytest.raises(ConflictError):
        runs.append(run, [StepStarted(step=2, title="Again")], after=1)
    assert runs.events(run)[1:] == [stored.event for stored in kept]


def test_a_caller_has_as_many_runs_queued_as_may_be(database):
    runs = RunStore(database)
    key = IdempotencyKey("k", "d")
    first = runs.begin(start(), caller="a", queued=True, most_queued=2, key=key).run_id
    with amid(
        database, "SELECT count", lambda: runs.begin(start(), caller="a", queued=True, most_queued=2)
    ) as other:
        runs.begin(start(), caller="a", queued=True, most_queued=2)
    with pytest.raises(TooManyError, match="2 of your runs") as refused:
        other.result()
    assert refused.value.retry_after == 5
    assert (RunQueue(database).count_queued("a"), RunQueue(database).count_queued("b")) == (2, 0)
    assert runs.begin(start(), caller="a", queued=True, most_queued=2, key=key).run_id == first
    with pytest.raises(TooManyError):
        runs.begin(start(), caller="a", queued=True, most_queued=2, key=IdempotencyKey("l", "d"))
    assert runs.begun(IdempotencyKey("l", "d"), "a") is None
    runs.begin(start(), caller="b", queued=True, most_queued=1)
    runs.append(first, [RunCompleted(usage=Usage(), seconds=1.0)], after=1)
    runs.begin(start(), caller="a", queued=True, most_queued=2)


def test_the_last_conversation_is_the_one_added_to_last(database):
    runs = RunStore(database)
    assert runs.last_conversation() is None
    tea, coffee = (runs.begin(start(title)).events[0].conversation_id for title in ("Tea", "Coffee"))
    assert runs.last_conversation().title == "Coffee"
    runs.begin(start("Question", tea))
    assert runs.last_conversation().conversation_id == tea
    assert (len(runs.runs(tea)), len(runs.runs(coffee))) == (2, 1)
    assert runs.conversation(coffee).title == "Coffee"
    with pytest.raises(NotFoundError) as unknown:
        runs.conversation("nobody")
    assert unknown.value.hint
