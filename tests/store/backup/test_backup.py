"""Backup and restore: what comes back, on which database, and what is refused before anything is changed."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from support import mentor as transcript
from support.libraries import book

from wellread import kept_keys
from wellread.blocking import BlockingWellread
from wellread.cli.main import app
from wellread.errors import BadRequestError, NotFoundError, StorageError, UnavailableError, UnreadableError
from wellread.events import AnswerCompleted
from wellread.serving.live_servers import LiveServer
from wellread.settings import Settings
from wellread.store import key_file
from wellread.store.backup.backup import write_backup
from wellread.store.backup.dump import dumped_tables
from wellread.store.backup.opening import open_database
from wellread.store.database import tables as t
from wellread.store.database.database import HEAD
from wellread.store.locks import ADDING, EMBEDDING, RESTORING, alone, index_locks, lock

TEA = "Tea\n\nGreen tea is steeped at eighty degrees.\n\nBlack tea wants boiling water and four minutes."


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request):
    """The setting `database` of the library that a backup is restored into."""
    return "" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")


@pytest.fixture
def run(home, monkeypatch, capsys):
    """A command in this process, on the library at `home`; gives the JSON lines that it printed."""
    monkeypatch.setenv("WELLREAD_EMBEDDER", "none")
    monkeypatch.setenv("WELLREAD_MODEL", "extractive")

    def run(*arguments, at=home, database=""):
        monkeypatch.setenv("WELLREAD_HOME", str(at))
        monkeypatch.setenv("WELLREAD_DATABASE", database)
        capsys.readouterr()
        app([*map(str, arguments), "--json"], standalone_mode=False)
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return run


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    """A home with one book. Do not write to it."""
    folder = tmp_path_factory.mktemp("small")
    with BlockingWellread(settings=Settings(home=folder / "home", embedder="none")) as library:
        list(library.add([book(folder, "tea.md", "The Tea Companion", TEA)]))
    (folder / "home" / "settings.toml").write_text(
        'quick_steps = 3\ndatabase = ""\ncell_snippets = 1\n', encoding="utf-8"
    )
    return folder / "home"


@pytest.fixture(scope="module")
def backup(small) -> Path:
    """A backup of that home. Do not write to it."""
    database = open_database(small / "wellread.db")
    with closing(database), database.read() as connection:
        list(write_backup(small.parent / "backup.zip", connection, HEAD, small))
    return small.parent / "backup.zip"


def answered(home, database=""):
    """The citations of an answer, and what each opens."""
    settings = Settings(home=home, embedder="none", model="extractive", database=database)
    with BlockingWellread(settings=settings) as library:
        events = list(library.ask(transcript.QUESTION))
        [answer] = [event for event in events if isinstance(event, AnswerCompleted)]
        return [(c.number, c.anchor, c.quote, library.read(c.anchor).quote) for c in answer.citations]


def everything(home, database=""):
    """The rows of the database, the source files and the settings."""
    settings = Settings(home=home, database=database)
    opened = open_database(settings.database or home / "wellread.db")
    with closing(opened), opened.read() as connection:
        rows = {
            table.name: sorted(map(repr, connection.execute(sa.select(t.METADATA.tables[table.name])).all()))
            for table in dumped_tables(connection)
        }
    files = {path.name: path.read_bytes() for path in (home / "files").glob("*/*")}
    place = home / "settings.toml"
    return rows, files, place.read_text(encoding="utf-8") if place.exists() else ""


def rewritten(source: Path, target: Path, *, manifest=None, members=None) -> Path:
    """A copy of a backup, its manifest and members changed."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        held = {name: old.read(name) for name in old.namelist()}
        said = json.loads(held.pop("manifest.json"))
        for name, content in (members(held) if members else held).items():
            new.writestr(name, content)
        if manifest:
            manifest(said)
        new.writestr("manifest.json", json.dumps(said))
    return target


def listed(said, name, content: bytes) -> None:
    """Let a manifest list a member."""
    digest = hashlib.sha256(content).hexdigest()
    said["members"] = [member for member in said["members"] if member["name"] != name]
    said["members"].append({"name": name, "size": len(content), "sha256": digest})


# What comes back


@pytest.mark.parametrize(
    ("origin", "target"),
    [("sqlite", "sqlite"), ("sqlite", "postgresql"), ("postgresql", "sqlite")],
    indirect=["target"],
)
def test_after_a_restore_the_same_question_has_the_same_citations(origin, target, run, tmp_path, request):
    home, file = tmp_path / "first", tmp_path / "library.zip"
    database = "" if origin == "sqlite" else request.getfixturevalue("postgresql_url")
    settings = Settings(home=home, embedder="none", model="extractive", database=database)
    with BlockingWellread(settings=settings) as library:
        list(library.add(transcript.write_library(tmp_path / "library"), collection="mentor"))
    before = answered(home, database)
    assert {anchor.split("/")[0] for _, anchor, *_ in before} == {transcript.BOOK, transcript.TALK}
    [*_, written] = run("backup", file, at=home, database=database)
    assert (written["path"], written["size"], written["products"]) == (str(file), file.stat().st_size, 2)
    kept = everything(home, database)
    for path in home.rglob("*"):
        if path.is_file():
            path.unlink()
    again = tmp_path / "second"
    [*steps, restored] = run("restore", file, at=again, database=target)
    assert {step["part"] for step in steps} == {"database", "files", "index"}
    assert restored["products"] == 2
    assert everything(again, target) == kept
    versions = again.glob("index/passages-*.lance/_versions/*.manifest")
    assert {path.name for path in versions}, "the index came with the backup"
    assert answered(again, target) == before


def test_accounts_come_back_and_sessions_do_not(backup, small, run, home, tmp_path):
    run("restore", backup)
    database = open_database(home / "wellread.db")
    now = "2026-11-26T00:00:00.000000+00:00"
    with database.begin() as connection:
        account = {"account_id": "a", "name": "ada", "password": "$argon2id$…", "is_admin": True}
        connection.execute(sa.insert(t.accounts).values(account | {"created_at": now}))
        connection.execute(
            sa.insert(t.sessions).values(digest="d", account_id="a", created_at=now, expires_at=now)
        )
    database.close()
    run("backup", tmp_path / "more.zip")
    run("restore", tmp_path / "more.zip", at=tmp_path / "other")
    other = open_database(tmp_path / "other" / "wellread.db")
    with other.read() as connection:
        assert connection.execute(sa.select(t.accounts.c.name, t.accounts.c.is_admin)).all() == [
            ("ada", True)
        ]
        assert connection.execute(sa.select(t.sessions)).all() == []
    other.close()
    assert (tmp_path / "more.zip").stat().st_mode & 0o077 == 0  # the hashes are for their owner alone


def test_settings_come_back_and_where_the_database_is_stays(backup, home, run):
    assert "database" not in zipfile.ZipFile(backup).read("settings.toml").decode()
    run("restore", backup)
    assert (home / "settings.toml").read_text() == "quick_steps = 3\ncell_snippets = 1\n"
    (home / "settings.toml").write_text('deep_steps = 9\ndatabase = ""')
    run("restore", backup, "--replace")
    assert (home / "settings.toml").read_text() == 'quick_steps = 3\ncell_snippets = 1\ndatabase = ""'


@pytest.mark.parametrize("name", ["database", '"database"', "'database'", '"d\\u0061tabase"'])
def test_where_the_database_is_is_in_no_backup_however_it_is_spelt(small, tmp_path, name):
    (tmp_path / "settings.toml").write_text(f'{name} = "postgresql://a:secret@b/c"\nquick_steps = 3\n')
    database = open_database(tmp_path / "wellread.db")
    with closing(database), database.read() as connection:
        list(write_backup(tmp_path / "one.zip", connection, HEAD, tmp_path))
    assert zipfile.ZipFile(tmp_path / "one.zip").read("settings.toml") == b"quick_steps = 3\n"


def test_keys_of_providers_are_in_no_backup_and_stay_where_they_are(small, run, tmp_path):
    home = tmp_path / "home"
    shutil.copytree(small, home)
    key_file.change(home, "openai", "wr-test-8Jq2mZ0c5Tn7Xb1L")
    target = tmp_path / "library.zip"
    run("backup", target)
    with zipfile.ZipFile(target) as archive:
        assert not [name for name in archive.namelist() if name.endswith("keys.toml")]
        assert not [name for name in archive.namelist() if b"8Jq2mZ0c5Tn7Xb1L" in archive.read(name)]
    run("restore", target, "--replace")
    assert kept_keys.read(home) == {"openai": "wr-test-8Jq2mZ0c5Tn7Xb1L"}


def test_a_backup_cannot_say_where_the_database_is(backup, home, run, tmp_path):
    settings = b'"database" = "postgresql://nowhere.invalid/x"\nquick_steps = 4\n'
    rewritten(
        backup,
        tmp_path / "other.zip",
        members=lambda held: held | {"settings.toml": settings},
        manifest=lambda said: listed(said, "settings.toml", settings),
    )
    run("restore", tmp_path / "other.zip")
    assert (home / "settings.toml").read_text() == "quick_steps = 4\n"


def test_settings_stay_for_the_eyes_of_those_who_may_read_them(backup, home, run):
    place = home / "settings.toml"
    run("restore", backup)
    assert place.stat().st_mode & 0o777 == 0o600
    place.chmod(0o640)
    place.rename(home / "elsewhere.toml")
    place.symlink_to("elsewhere.toml")
    run("restore", backup, "--replace")
    assert place.is_symlink()
    assert place.stat().st_mode & 0o777 == 0o640


def test_a_backup_is_of_one_moment(database_with_rows, tmp_path):
    database, add_row = database_with_rows
    add_row("before")
    with database.read() as connection:
        steps = write_backup(tmp_path / "one.zip", connection, HEAD)
        next(steps)
        add_row("meanwhile")
        list(steps)
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        text = archive.read("database/removals.jsonl").decode()
    assert text.splitlines() == ['["product_id"]', '["before"]']


@pytest.fixture
def database_with_rows(target, tmp_path):
    database = open_database(target or tmp_path / "wellread.db")

    def add_row(name):
        with database.begin() as connection:
            connection.execute(sa.insert(t.removals).values(product_id=name))

    yield database, add_row
    database.close()


# Others at work


def test_a_backup_waits_for_who_adds_and_says_so(small, run, tmp_path):
    (small / "index" / "upkeep.lock").touch()  # as whoever put the index in order left it
    held = [lock(small, ADDING), *index_locks(small).values()]
    assert len(held) == 3
    for one in held:
        one.acquire()
        threading.Timer(0.4, one.release).start()
    waiting, *_, written = run("backup", tmp_path / "tea.zip", at=small)
    assert waiting["type"] == "waiting"
    assert written["type"] == "backup"


def test_a_library_that_another_process_uses_is_not_replaced(backup, small, run, home):
    run("restore", backup)
    for name in (ADDING, EMBEDDING, RESTORING, "server"):
        with lock(home, name), pytest.raises(BadRequestError, match=name):
            run("restore", backup, "--replace")
    (home / "index" / "upkeep.lock").touch()
    with index_locks(home)["upkeep"], pytest.raises(BadRequestError, match="upkeep"):
        run("restore", backup, "--replace")
    run("restore", backup, "--replace")


def test_while_a_backup_is_put_in_place_no_server_starts(home):
    server = LiveServer(home)
    with alone(home) as others:
        assert others == []
        with pytest.raises(UnavailableError) as refused:
            server.enter()
        assert "restore" in refused.value.hint
        assert not list(home.glob("server-*"))
    server.enter()
    with alone(home) as others:
        assert others == [f"server-{server.worker}"]
    with lock(home, RESTORING) as looking:  # as another server that starts at the same moment
        threading.Timer(0.2, looking.release).start()
        LiveServer(home).enter()
    server.leave()


@pytest.mark.parametrize("command", [["serve", "--port", "0"], ["mcp"]])
def test_a_server_that_does_not_start_says_why(home, command):
    environment = {**os.environ, "WELLREAD_HOME": str(home), "WELLREAD_EMBEDDER": "none"}
    argv = [sys.executable, "-m", "wellread", *command]
    with alone(home):
        result = subprocess.run(
            argv, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
    assert result.returncode == 4
    assert "is being put in place" in result.stderr
    assert "Traceback" not in result.stderr


# Refusals


def test_a_library_that_is_not_empty_is_replaced_only_when_told_so(backup, home, target, run, tmp_path):
    coffee = book(tmp_path, "coffee.md", "The Coffee Companion", "Coffee\n\nCoffee is roasted.")
    run("add", coffee, database=target)
    before = everything(home, target)
    with pytest.raises(BadRequestError, match="not empty") as refused:
        run("restore", backup, database=target)
    assert "--replace" in refused.value.hint
    assert everything(home, target) == before
    run("restore", backup, "--replace", database=target)
    assert [product["title"] for product in run("ls", database=target)] == ["The Tea Companion"]
    assert len(everything(home, target)[1]) == 1
    [cell] = run("search", "How is green tea steeped?", database=target)
    assert cell["found"]


@pytest.mark.parametrize("left", ["wellread.db", "files", "index"])
def test_a_home_that_holds_another_library_is_not_empty(backup, home, run, tmp_path, postgresql_url, left):
    run("add", book(tmp_path, "coffee.md", "The Coffee Companion", "Coffee\n\nCoffee is roasted."))
    for name in {"wellread.db", "files", "index"} - {left}:
        (home / name).rename(tmp_path / name)
    before = sorted((home / left).rglob("*"))
    with pytest.raises(BadRequestError, match=f"not empty: its .*{left}") as refused:
        run("restore", backup, database=postgresql_url)
    assert "--replace" in refused.value.hint
    assert sorted((home / left).rglob("*")) == before
    run("restore", backup, "--replace", database=postgresql_url)
    [cell] = run("search", "How is green tea steeped?", database=postgresql_url)
    assert cell["found"]


def test_a_home_of_which_only_doctor_was_asked_is_empty(backup, home, target, run):
    run("doctor")
    [report] = run("doctor", database=target)
    assert report["database"].startswith("postgresql://" if target else str(home))
    assert "@" not in report["database"]
    run("restore", backup, database=target)


def test_no_file_is_written_over(backup, small, run, tmp_path):
    content = backup.read_bytes()
    with pytest.raises(BadRequestError):
        run("backup", backup, at=small)
    assert backup.read_bytes() == content
    with pytest.raises(StorageError, match="No such file"):
        run("backup", tmp_path / "nowhere" / "tea.zip", at=small)
    with pytest.raises(NotFoundError):
        run("restore", tmp_path / "nowhere.zip")


def cut(backup, target):
    target.write_bytes(backup.read_bytes()[: backup.stat().st_size // 2])


def flipped(backup, target):
    content = bytearray(backup.read_bytes())
    content[content.index(b"Green tea is steeped") + 3] ^= 1
    target.write_bytes(content)


def no_backup(backup, target):
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")


def text(backup, target):
    target.write_text("not a backup", encoding="utf-8")


def newer_schema(backup, target):
    rewritten(backup, target, manifest=lambda said: said.update(schema_revision="9999"))


def newer_format(backup, target):
    rewritten(backup, target, manifest=lambda said: (said.clear(), said.update(format=2, news="?")))


def other_content(backup, target):
    def members(held):
        name = next(name for name in held if name.startswith("files/"))
        return held | {name: held[name].replace(b"eighty", b"ninety")}

    rewritten(backup, target, members=members)


def lost_member(backup, target):
    rewritten(backup, target, members=lambda held: {n: c for n, c in held.items() if "sections" not in n})


def further_member(backup, target):
    rewritten(backup, target, members=lambda held: held | {"index/more": b"more"})


def leaving(name):
    def leaves(backup, target):
        rewritten(
            backup,
            target,
            members=lambda held: held | {name: b"evil"},
            manifest=lambda said: listed(said, name, b"evil"),
        )

    return leaves


def broken_rows(backup, target):
    content = b'["product_id"]\n["twice"]\n["twice"]\n'
    name = "database/removals.jsonl"
    rewritten(
        backup,
        target,
        members=lambda held: held | {name: content},
        manifest=lambda said: listed(said, name, content),
    )


def other_table(backup, target):
    rewritten(
        backup,
        target,
        members=lambda held: held | {"database/others.jsonl": b"[]\n"},
        manifest=lambda said: listed(said, "database/others.jsonl", b"[]\n"),
    )


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (cut, "damaged"),
        (flipped, "damaged"),
        (no_backup, "no backup"),
        (text, "damaged"),
        (newer_schema, "newer"),
        (newer_format, "newer"),
        (other_content, "not as it was written"),
        (lost_member, "damaged"),
        (further_member, "damaged"),
        (leaving("../evil"), "does not belong"),
        (leaving("/tmp/evil"), "does not belong"),
        (leaving("index/../../evil"), "does not belong"),
        (leaving("index//evil"), "does not belong"),
        (leaving("index\\..\\evil"), "does not belong"),
        (leaving("wellread.db"), "does not belong"),
    ],
)
def test_what_is_not_a_whole_backup_changes_nothing(backup, home, run, tmp_path, spoil, message):
    spoilt = tmp_path / "spoilt.zip"
    spoil(backup, spoilt)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises((UnreadableError, BadRequestError), match=message) as refused:
        run("restore", spoilt)
    assert refused.value.hint
    assert sorted(tmp_path.rglob("*")) == before
    assert not home.exists()


@pytest.mark.parametrize("spoil", [broken_rows, other_table])
def test_rows_that_do_not_fit_leave_the_library_as_it_was(backup, home, target, run, tmp_path, spoil):
    run("restore", backup, database=target)
    before = everything(home, target)
    spoil(backup, tmp_path / "spoilt.zip")
    with pytest.raises(UnreadableError, match="damaged"):
        run("restore", tmp_path / "spoilt.zip", "--replace", database=target)
    assert everything(home, target) == before
    assert (home / "index").is_dir()
    [cell] = run("search", "How is green tea steeped?", database=target)
    assert cell["found"]


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 19, 1 << 19))
from wellread.cli.main import main
sys.argv[0] = "wellread"
main()
"""


def test_a_full_disk_leaves_no_half_backup(small, tmp_path, home, run, backup):
    run("restore", backup)
    digest = "ab" * 32
    (home / "files" / "ab").mkdir(exist_ok=True)
    (home / "files" / "ab" / digest).write_bytes(os.urandom(1 << 20))
    environment = {**os.environ, "WELLREAD_HOME": str(home)}
    target = tmp_path / "backups" / "full.zip"
    target.parent.mkdir()
    argv = [sys.executable, "-c", LIMITED, "backup", str(target)]
    result = subprocess.run(argv, env=environment, capture_output=True, text=True)
    assert result.returncode == 1
    assert "could not be written: File too large" in result.stderr
    assert "Free some space" in result.stderr
    assert list(target.parent.iterdir()) == []


# Killed


def killed(home, backup, moment, *options):
    """Restore in a process that ends itself at a moment."""
    code = f"""
import os, sys
import sqlalchemy as sa
from wellread.cli.main import main

left = "INSERT INTO title_words"

@sa.event.listens_for(sa.Engine, "before_cursor_execute")
def stop(connection, cursor, statement, *_):
    global left
    if statement.startswith(left):
        left = ""
        if {moment!r} == "loading":
            os._exit(9)

@sa.event.listens_for(sa.Engine, "checkin")
def loaded(*_):
    if not left:
        os._exit(9)

sys.argv = ["wellread", "restore", {str(backup)!r}, *{list(options)!r}]
main()
"""
    environment = {**os.environ, "WELLREAD_HOME": str(home), "WELLREAD_EMBEDDER": "none"}
    return subprocess.run([sys.executable, "-c", code], env=environment).returncode


@pytest.mark.parametrize(("moment", "title"), [("loading", "Coffee"), ("loaded", "Tea")])
def test_a_restore_that_was_killed_leaves_a_library_and_can_be_run_again(
    backup, home, run, tmp_path, moment, title
):
    run("add", book(tmp_path, "coffee.md", "The Coffee Companion", "Coffee\n\nCoffee is roasted with care."))
    assert killed(home, backup, moment, "--replace") == 9
    [product] = run("ls")
    assert title in product["title"]
    [cell] = run("search", "roasted coffee" if title == "Coffee" else "How is green tea steeped?")
    assert cell["found"], "the index is made anew"
    run("restore", backup, "--replace")
    [cell] = run("search", "How is green tea steeped?")
    assert cell["found"]
    assert not (home / ".restoring").exists()
    assert len(everything(home)[1]) == 1
