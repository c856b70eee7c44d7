"""Adding over HTTP: files arrive in pieces, through cuts and kills, and become products whose coming is told."""

import hashlib
import json
import os
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from importlib.resources import files
from pathlib import Path
from typing import get_args

import pytest
from support.interleaving import amid
from support.libraries import book
from support.paths import DOCS
from support.running_server import Process, client, running, wait_until
from support.sent_files import BYTES, SOUP, TUS, begin, import_, named, send, upload

from wellread.errors import ConflictError, TooManyError
from wellread.import_events import ImportEvent
from wellread.settings import Settings
from wellread.store.accounts.accounts import AccountStore
from wellread.store.backup.opening import open_database
from wellread.store.imports.file_names import file_name
from wellread.store.imports.imports import ImportStore
from wellread.store.imports.uploads import UploadStore

DEMO = Path(str(files("wellread") / "demo"))
TALK = ("two-hats.vtt", "two-hats.mp4", "two-hats.toml", "two-hats.chapters.vtt")
BREAD = "Bread\n\n" + "A dough wants a night in the cold before it is baked. " * 12


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    home = tmp_path_factory.mktemp("uploads") / "home"
    return Settings(home=home, embedder="none", model="extractive", upload_mb=80)


@pytest.fixture(scope="module")
def address(settings):
    with running(settings) as served:
        yield served


@pytest.fixture
def http(address):
    with client(address) as opened:
        yield opened


def offset(http, place):
    return int(http.head(place, headers=TUS).headers["upload-offset"])


def told(http, place, **headers):
    """The events of an import, to its end."""
    text = http.get(f"{place}/events", headers=headers).text
    return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]


def kinds(events):
    """Their types; a server that has just begun may be at work on the index, for which an import waits."""
    return [event["type"] for event in events if event["type"] != "waiting"]


def uploaded_names(settings):
    return {path.name for path in (settings.home / "uploads").glob("*/[!.]*")}


# The protocol


def test_what_the_server_can_do_is_told(http):
    options = http.options("/api/v1/uploads")
    assert options.status_code == 204
    assert options.headers["tus-version"] == "1.0.0"
    assert options.headers["tus-max-size"] == str(80 << 20)
    assert {"creation", "termination", "expiration"} <= set(options.headers["tus-extension"].split(","))


def test_a_file_that_arrives_in_pieces_is_added_and_can_be_asked(http, settings):
    content = (DEMO / "steady-hands.epub").read_bytes()
    place = begin(http, "steady-hands.epub", len(content))
    for start in range(0, len(content), 30_000):
        answer = send(http, place, start, content[start : start + 30_000])
        assert answer.status_code == 204
        assert int(answer.headers["upload-offset"]) == min(start + 30_000, len(content))
        assert "GMT" in answer.headers["upload-expires"]
    head = http.head(place, headers=TUS)
    assert head.headers["upload-length"] == head.headers["upload-offset"] == str(len(content))
    assert head.headers["tus-resumable"] == "1.0.0"
    assert head.headers["upload-metadata"] == named("steady-hands.epub")["Upload-Metadata"]

    imported = import_(http, place.rpartition("/")[2], collection="leads")
    events = told(http, imported)
    assert kinds(events) == ["import.started", "reading", "added", "import.completed"]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    [added] = [event for event in events if event["type"] == "added"]
    assert (added["path"], added["title"], added["outcome"]) == ("steady-hands.epub", "Steady Hands", "added")
    assert str(settings.home) not in json.dumps(events)
    assert events[-1]["added"] == 1

    asked = http.post("/api/v1/search", json={"questions": ["What is delegation?"]}).json()
    assert added["product_id"] in {cell["product_id"] for cell in asked["cells"] if cell["found"]}
    assert http.get(f"/api/v1/library/{added['product_id']}").json()["collection"] == "leads"
    assert http.head(place, headers=TUS).status_code == 404
    assert "steady-hands.epub" not in uploaded_names(settings)


def test_its_first_bytes_may_come_with_an_upload(http):
    headers = {**BYTES, "Upload-Length": "10", **named("ten.txt")}
    begun = http.post("/api/v1/uploads", headers=headers, content=b"1234")
    assert (begun.status_code, begun.headers["upload-offset"]) == (201, "4")
    assert offset(http, begun.headers["location"]) == 4


def test_who_can_send_only_post_overrides_the_method(http):
    place = begin(http, "ten.txt", 10)
    over = {**BYTES, "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    assert http.post(place, content=b"12345", headers=over).status_code == 204
    assert offset(http, place) == 5
    assert http.post(place, headers={**TUS, "X-HTTP-Method-Override": "DELETE"}).status_code == 204
    assert http.head(place, headers=TUS).status_code == 404


def test_each_mistake_has_its_status(http, settings):
    place = begin(http, "ten.txt", 10)
    assert send(http, place, 0, b"12345").status_code == 204
    wrong = send(http, place, 3, b"45")
    assert (wrong.status_code, wrong.headers["tus-resumable"]) == (409, "1.0.0")
    assert "5" in wrong.json()["hint"]
    other = http.patch(place, content=b"6", headers={**TUS, "Upload-Offset": "5"})
    assert other.status_code == 415
    version = http.patch(
        place, content=b"6", headers={**BYTES, "Tus-Resumable": "0.2.2", "Upload-Offset": "5"}
    )
    assert (version.status_code, version.headers["tus-version"]) == (412, "1.0.0")
    assert http.head(place).status_code == 412
    assert send(http, place, 5, b"1234567").status_code == 413
    assert send(http, place, "x", b"6").status_code == 400
    assert offset(http, place) == 5  # nothing of all that was taken
    for length in ("", "-1", "ten", "9" * 30):
        assert http.post("/api/v1/uploads", headers={**TUS, "Upload-Length": length}).status_code == 400
    large = http.post(
        "/api/v1/uploads", headers={**TUS, "Upload-Length": str(settings.upload_mb * 2**20 + 1)}
    )
    assert (large.status_code, large.headers["tus-max-size"]) == (413, str(settings.upload_mb << 20))
    noise = http.post(
        "/api/v1/uploads", headers={**TUS, "Upload-Length": "1", "Upload-Metadata": "filename !!"}
    )
    assert noise.status_code == 400
    assert http.head("/api/v1/uploads/0123", headers=TUS).status_code == 404
    assert send(http, "/api/v1/uploads/..%2f..", 0, b"x").status_code == 404


def test_a_chunked_body_that_is_too_long_stops_at_the_announced_length(http):
    place = begin(http, "ten.txt", 10)

    def chunks():
        for _ in range(4):
            yield b"x" * 2_000_000

    assert http.patch(place, content=chunks(), headers={**BYTES, "Upload-Offset": "0"}).status_code == 413
    assert offset(http, place) <= 10


def test_a_cut_connection_loses_nothing_that_arrived(http, address):
    content = os.urandom(300_000)
    place = begin(http, "cut.bin", len(content))
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as wire:
        lines = [
            f"PATCH {place} HTTP/1.1",
            f"Host: {host}:{port}",
            "Tus-Resumable: 1.0.0",
            "Content-Type: application/offset+octet-stream",
            "Upload-Offset: 0",
            f"Content-Length: {len(content)}",
        ]
        wire.sendall("\r\n".join([*lines, "", ""]).encode() + content[:200_000])
        time.sleep(0.2)
    deadline = time.monotonic() + 60
    while (here := offset(http, place)) < 200_000 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert here == 200_000
    while (answer := send(http, place, here, content[here:])).status_code == 423:
        time.sleep(0.05)
    assert answer.status_code == 204
    assert offset(http, place) == len(content)


def test_of_two_at_once_one_writes(http, address):
    place = begin(http, "both.bin", 2_000_000)
    started, go_on = threading.Event(), threading.Event()
    answers = []

    def slow():
        yield b"a" * 1_000_000
        started.set()
        go_on.wait(10)
        yield b"a" * 1_000_000

    def first():
        with client(address) as other:
            answers.append(other.patch(place, content=slow(), headers={**BYTES, "Upload-Offset": "0"}))

    thread = threading.Thread(target=first)
    thread.start()
    started.wait(10)
    time.sleep(0.2)
    assert send(http, place, 0, b"b" * 2_000_000).status_code in (409, 423)
    assert http.delete(place, headers=TUS).status_code == 423
    go_on.set()
    thread.join()
    assert [answer.status_code for answer in answers] == [204]
    assert offset(http, place) == 2_000_000


def test_a_full_disk_keeps_what_fitted(http, settings):
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    place = begin(http, "full.bin", 10)
    [path] = (settings.home / "uploads" / place.rpartition("/")[2]).glob("full.bin")
    path.unlink()
    path.symlink_to("/dev/full")
    answer = send(http, place, 0, b"1234567890")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert "kept" in answer.json()["hint"]
    assert offset(http, place) == 0
    path.unlink()
    path.write_bytes(b"123")
    assert send(http, place, 3, b"4567890").status_code == 204  # there is space again


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="this system does not tell of memory there")
def test_a_large_file_takes_little_memory_and_is_gone_when_deleted(http, settings):
    place = begin(http, "zeros.bin", 64 << 20)
    before = resident()
    peaks = []

    def zeros():
        for number in range(64):
            if number % 8 == 0:
                peaks.append(resident())
            yield bytes(1 << 20)

    answer = http.patch(place, content=zeros(), headers={**BYTES, "Upload-Offset": "0"})
    assert answer.status_code == 204, answer.text
    assert max(peaks) - before < 24 << 20
    assert offset(http, place) == 64 << 20
    assert http.delete(place, headers=TUS).status_code == 204
    assert http.head(place, headers=TUS).status_code == 404
    assert not (settings.home / "uploads" / place.rpartition("/")[2]).exists()


def resident():
    """Bytes of memory that this process holds, the server in it."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_the_unfinished_bytes_of_a_caller_are_limited(http):
    places = []
    while True:
        begun = http.post("/api/v1/uploads", headers={**TUS, "Upload-Length": str(79 << 20)})
        if begun.status_code != 201:
            break
        places.append(begun.headers["location"])
        assert len(places) < 10
    assert begun.status_code == 429
    assert "delete" in begun.json()["hint"]
    for place in places:
        assert http.delete(place, headers=TUS).status_code == 204


@pytest.fixture
def shared(postgresql_url):
    """A database where transactions go on at the same time."""
    with closing(open_database(postgresql_url)) as opened:
        yield opened


def test_the_quota_holds_for_two_that_begin_at_once(shared, tmp_path):
    uploads = UploadStore(shared, tmp_path)
    with amid(shared, "SELECT count", lambda: uploads.add("a", "two.md", 6, most_bytes=10)) as other:
        uploads.add("a", "one.md", 6, most_bytes=10)
    with pytest.raises(TooManyError):
        other.result()
    assert [upload.name for upload in uploads.uploads("a")] == ["one.md"]


def test_of_two_imports_at_once_that_share_a_file_one_begins(shared, tmp_path):
    uploads, imports = UploadStore(shared, tmp_path), ImportStore(shared)
    one, two = (uploads.add("a", name, 6, most_bytes=100) for name in ("one.md", "two.md"))
    with amid(shared, "SELECT imports.", lambda: imports.begin([two, one], "a", "")) as other:
        begun = imports.begin([one], "a", "")
    with pytest.raises(ConflictError, match="being imported"):
        other.result()
    with pytest.raises(ConflictError, match="being imported"):
        imports.begin([one], "a", "")
    assert imports.unended() == [begun]


# Names


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../x", "x"),
        ("..\\..\\x.epub", "x.epub"),
        ("/etc/passwd", "passwd"),
        ("CON", "_CON"),
        ("nul.epub", "_nul.epub"),
        ("a\nb\0c.txt", "abc.txt"),
        ("", "file"),
        ("...", "file"),
        (".lock", "lock"),
        ("\u202egnp.exe", "gnp.exe"),
        ("שלום.epub", "שלום.epub"),
        ("e\u0301.md", "é.md"),
        ('a<b>:"c|?*.md', "a_b___c___.md"),
        ("  spaces  .md ", "spaces .md"),
    ],
)
def test_names_lead_nowhere(given, kept):
    assert file_name(given) == kept


@pytest.mark.parametrize(
    "given", ["x" * 300 + ".epub", "語" * 300 + ".epub", "a." + "y" * 500, "é" * 121 + "."]
)
def test_long_names_are_cut_and_keep_their_ending(given):
    name = file_name(given)
    assert 0 < len(name.encode()) <= 240
    assert name.endswith(".epub") == given.endswith(".epub")
    assert name == file_name(name)


def test_hostile_names_are_uploaded_and_added_under_safe_ones(http, settings, tmp_path):
    for given in ("../../../soup.md", "CON", "so\nup.md", "z" * 300 + ".md", "\u202edm.puos", ""):
        place = begin(http, given, 5)
        assert http.delete(place, headers=TUS).status_code == 204
    content = book(tmp_path, "soup.md", "Soups", SOUP).read_bytes()
    events = told(http, import_(http, upload(http, "../../" + "z" * 300 + ".md", content)))
    assert events[-1]["added"] == 1
    assert not list(settings.home.parent.glob("*.md"))


# Imports


def test_a_talk_is_several_files(http):
    ids = [upload(http, name, (DEMO / name).read_bytes()) for name in TALK]
    place = import_(http, *ids)
    events = told(http, place)
    assert kinds(events) == ["import.started", "reading", "added", "import.completed"]
    view = http.get(place).json()
    assert view["state"] == "completed"
    assert set(view["files"]) == set(TALK)
    assert [product["product_id"] for product in view["products"]] == ["two-hats"]
    roles = {file["role"] for file in http.get("/api/v1/library/two-hats").json()["files"]}
    assert roles == {"text", "media", "sidecar", "chapters"}


def test_files_that_cannot_be_read_are_refused_and_the_others_added(http, tmp_path):
    good = book(tmp_path, "bread.md", "Breads", BREAD).read_bytes()
    ids = [
        upload(http, "bread.md", good),
        upload(http, "broken.epub", b"PK\x03\x04 no more than that"),
        upload(http, "picture.jpg", b"\xff\xd8\xff\xe0" + bytes(50)),
        upload(http, "empty.txt", b""),
    ]
    view_at = import_(http, *ids)
    told(http, view_at)
    view = http.get(view_at).json()
    assert [product["path"] for product in view["products"]] == ["bread.md"]
    refused = {file["path"]: file for file in view["refused"]}
    assert refused.keys() == {"broken.epub", "picture.jpg", "empty.txt"}
    assert all(file["message"] and file["hint"] and file["status"] == 422 for file in refused.values())
    assert http.get("/api/v1/imports").json()[0]["import_id"] == view["import_id"]


def test_the_same_uploads_twice_are_one_import_and_the_same_bytes_are_unchanged(http, tmp_path):
    content = book(tmp_path, "twice.md", "Twice baked", BREAD).read_bytes()
    upload_id = upload(http, "twice.md", content)
    place = import_(http, upload_id)
    again = http.post("/api/v1/imports", json={"uploads": [upload_id]})
    assert (again.status_code, again.headers["location"]) == (200, place)
    told(http, place)
    late = http.post("/api/v1/imports", json={"uploads": [upload_id]})
    assert (late.status_code, late.headers["location"]) == (200, place)

    events = told(http, import_(http, upload(http, "twice.md", content)))
    assert [event["outcome"] for event in events if event["type"] == "added"] == ["unchanged"]


def test_an_import_that_fails_keeps_its_uploads_and_may_be_begun_anew(tmp_path):
    settings = Settings(home=tmp_path / "home", embedder="none", model="extractive")
    content = book(tmp_path, "tea.md", "Teas", SOUP).read_bytes()
    in_the_way = (
        settings.home / "files" / hashlib.sha256(content).hexdigest()[:2]
    )  # of its copy, as a full disk is
    in_the_way.parent.mkdir(parents=True)
    in_the_way.touch()
    with running(settings) as address, client(address) as http:
        upload_id = upload(http, "tea.md", content)
        first = import_(http, upload_id)
        [*_, last] = told(http, first)
        assert (last["type"], last["status"], last["retryable"]) == ("import.failed", 507, True)
        assert (last["message"], bool(last["hint"])) == ("The library's store cannot be used now.", True)
        assert http.get(first).json()["failure"]["message"] == last["message"]
        in_the_way.unlink()
        second = import_(http, upload_id)
        assert second != first
        assert told(http, second)[-1]["added"] == 1


def test_an_import_that_is_sent_ten_times_at_once_is_one(http, address, tmp_path):
    content = book(tmp_path, "ten.md", "Ten times", SOUP).read_bytes()
    upload_id = upload(http, "ten.md", content)
    at_once = threading.Barrier(10)

    def post(_):
        with client(address) as other:
            at_once.wait()
            return other.post("/api/v1/imports", json={"uploads": [upload_id]})

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(post, range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [201]
    [place] = {answer.headers["location"] for answer in answers}
    assert [event["type"] for event in told(http, place)].count("added") == 1
    listed = http.get("/api/v1/imports").json()
    assert [found["files"] for found in listed].count(["ten.md"]) == 1


def test_uploads_that_are_not_all_here_cannot_be_imported(http):
    place = begin(http, "half.md", 10)
    send(http, place, 0, b"12345")
    upload_id = place.rpartition("/")[2]
    half = http.post("/api/v1/imports", json={"uploads": [upload_id]})
    assert half.status_code == 409
    assert "5 of 10" in half.json()["detail"]
    assert http.post("/api/v1/imports", json={"uploads": ["0123"]}).status_code == 404
    assert http.post("/api/v1/imports", json={"uploads": []}).status_code == 422
    same = [upload(http, "same.md", b"1"), upload(http, "SAME.md", b"2")]
    assert http.post("/api/v1/imports", json={"uploads": same}).status_code == 400


def test_events_are_given_again_from_any_number(http, tmp_path):
    content = book(tmp_path, "again.md", "Again", SOUP).read_bytes()
    place = import_(http, upload(http, "again.md", content))
    every = told(http, place)
    assert told(http, place) == every
    assert told(http, place, **{"Last-Event-ID": "2"}) == every[2:]
    assert http.get(f"{place}/events", headers={"Last-Event-ID": str(len(every))}).status_code == 204
    assert http.get(f"{place}/events", headers={"Last-Event-ID": "99"}).status_code == 400
    assert http.get(f"{place}/events?after=3", headers={"Accept": "application/json"}).json() == every[3:]


def test_one_request_sends_and_adds(http, tmp_path):
    content = book(tmp_path, "put.md", "Put there", BREAD).read_bytes()
    put = http.put("/api/v1/library/files/put.md?collection=quick", content=content)
    assert put.status_code == 201
    events = told(http, put.headers["location"])
    assert events[-1]["added"] == 1

    def chunks():  # of no announced length, as from a pipe
        yield content[:100]
        yield content[100:]

    again = http.put("/api/v1/library/files/..%2Fput.md", content=chunks())
    assert again.status_code == 201
    assert again.json()["files"] == ["put.md"]
    assert [e["outcome"] for e in told(http, again.headers["location"]) if e["type"] == "added"] == [
        "unchanged"
    ]
    assert http.put("/api/v1/library/files/x.md", content=bytes((80 << 20) + 1)).status_code == 413
    assert "x.md" not in {found["name"] for found in http.get("/api/v1/uploads").json()}


def test_what_is_given_up_is_swept(http, address, settings):
    place = begin(http, "late.md", 10)
    folder = settings.home / "uploads" / place.rpartition("/")[2]
    os.utime(folder / "late.md", (0, 0))
    stray = settings.home / "uploads" / "stray"
    stray.mkdir()
    with running(settings):  # another server of the same library, as it starts
        deadline = time.monotonic() + 60
        while (folder.exists() or stray.exists()) and time.monotonic() < deadline:
            time.sleep(0.05)
    assert not folder.exists()
    assert not stray.exists()
    assert http.head(place, headers=TUS).status_code == 404


# Callers


def test_what_is_anothers_is_not_there(tmp_path):
    settings = Settings(home=tmp_path / "home", embedder="none", model="extractive")
    tokens = []
    settings.home.mkdir()
    database = open_database(settings.home / "wellread.db")
    accounts = AccountStore(database)
    for name in ("One", "Two"):
        account = accounts.add(name, "four words in a row")
        tokens.append(accounts.add_token(account.account_id, "test")[1])
    database.close()
    with running(settings) as address:
        one, two = (client(address, headers={"Authorization": f"Bearer {token}"}) for token in tokens)
        with one, two, client(address) as nobody:
            assert nobody.post("/api/v1/uploads", headers={**TUS, "Upload-Length": "5"}).status_code == 401
            assert nobody.put("/api/v1/library/files/a.md", content=b"x").status_code == 401
            content = book(tmp_path, "tea.md", "Teas", SOUP).read_bytes()
            place = begin(two, "tea.md", len(content))
            upload_id = place.rpartition("/")[2]
            assert one.head(place, headers=TUS).status_code == 404
            assert send(one, place, 0, content).status_code == 404
            assert one.delete(place, headers=TUS).status_code == 404
            assert one.get("/api/v1/uploads").json() == []
            assert send(two, place, 0, content).status_code == 204
            assert one.post("/api/v1/imports", json={"uploads": [upload_id]}).status_code == 404
            imported = import_(two, upload_id)
            [added] = [event for event in told(two, imported) if event["type"] == "added"]
            assert one.get(imported).status_code == 404
            assert one.get(f"{imported}/events").status_code == 404
            assert one.get("/api/v1/imports").json() == []
            # Anybody adds, and admins remove.
            product = f"/api/v1/library/{added['product_id']}"
            assert two.delete(product).status_code == 403
            assert one.delete(product).status_code == 204
            assert one.get(product).status_code == 404


@pytest.fixture(scope="module")
def admin_and_member(tmp_path_factory):
    """Clients of one server: an admin's and a member's."""
    settings = Settings(home=tmp_path_factory.mktemp("members") / "home", embedder="none", model="extractive")
    settings.home.mkdir()
    with closing(open_database(settings.home / "wellread.db")) as database:
        accounts = AccountStore(database)
        tokens = [
            accounts.add_token(accounts.add(name, "four words in a row").account_id, "test")[1]
            for name in ("Admin", "Member")
        ]
    with running(settings) as address:
        admin, member = (client(address, headers={"Authorization": f"Bearer {token}"}) for token in tokens)
        with admin, member:
            yield admin, member


def added_by(http, **files):
    """What an import of these files came to: the products and refused files, and the whole import."""
    uploads = [upload(http, name.replace("_", "."), content) for name, content in files.items()]
    place = import_(http, *uploads, collection="mine")
    told(http, place)
    view = http.get(place).json()
    assert view["state"] == "completed"
    return view["products"], view["refused"]


CLAIMS = {
    "sidecar": lambda text: {
        "salts_md": f"# Salts\n\n{text}".encode(),
        "salts_toml": b'title = "Of Salts"\nid = "salts"\n',
    },
    "isbn": lambda text: {
        "oils_md": f"---\ntitle: Of Oils\nisbn: 978-1-09-814823-2\n---\n\n# Oils\n\n{text}".encode()
    },
}


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_member_cannot_replace_a_title_by_its_id(admin_and_member, claim):
    admin, member = admin_and_member
    files = CLAIMS[claim]
    [[mine], _] = added_by(admin, **files(f"{SOUP} As it was."))
    place = f"/api/v1/library/{mine['product_id']}"
    before = admin.get(place).json()

    products, [refused] = added_by(member, **files(f"{BREAD} Not what it was."))
    assert products == []
    assert refused["status"] == 403
    assert mine["product_id"] in refused["message"]
    assert mine["title"] in refused["message"]
    assert "admin" in refused["hint"]
    assert "`id`" in refused["hint"]
    assert admin.get(place).json() == before
    # The same bytes are no other title, and change nothing of it, its collection neither.
    [same], [] = added_by(member, **files(f"{SOUP} As it was."))
    assert (same["product_id"], same["outcome"]) == (mine["product_id"], "unchanged")
    assert admin.get(place).json() == before

    [again], [] = added_by(admin, **files(f"{BREAD} Not what it was."))
    assert (again["product_id"], again["outcome"]) == (mine["product_id"], "replaced")


def test_what_a_member_adds_under_a_titles_name_is_a_title_of_its_own(admin_and_member):
    admin, member = admin_and_member
    [first], [] = added_by(admin, notes_md=f"# Notes\n\n{SOUP}".encode())
    place = f"/api/v1/library/{first['product_id']}"
    before = admin.get(place).json()
    own = []
    for number in range(2):
        [mine], [] = added_by(member, notes_md=f"# Notes\n\n{BREAD} {number}".encode())
        assert (mine["title"], mine["outcome"]) == (first["title"], "added")
        own.append(mine["product_id"])
    assert len({first["product_id"], *own}) == 3
    assert admin.get(place).json() == before
    [again], [] = added_by(admin, notes_md=f"# Notes\n\n{SOUP} And more.".encode())
    assert (again["product_id"], again["outcome"]) == (first["product_id"], "replaced")


def test_an_admin_who_is_none_any_more_when_the_import_is_worked_on_replaces_nothing(tmp_path):
    content = [
        f"---\ntitle: Of Oils\nisbn: 978-1-09-814823-2\n---\n\n# Oils\n\n{text}".encode()
        for text in (SOUP, BREAD)
    ]
    settings = Settings(home=tmp_path / "home", embedder="none", model="extractive")
    settings.home.mkdir()
    with closing(open_database(settings.home / "wellread.db")) as database:
        accounts = AccountStore(database)
        one, two = (accounts.add(name, "four words in a row", is_admin=True) for name in ("One", "Two"))
        token = accounts.add_token(one.account_id, "test")[1]
        uploads, imports = UploadStore(database, settings.home / "uploads"), ImportStore(database)
        for account, body in zip((one, two), content, strict=True):
            added = uploads.add(account.account_id, "oils.md", len(body), most_bytes=10**9)
            uploads.write(added, 0, body)
            last = imports.begin([added], account.account_id, "")
        accounts.remove(two.account_id)
        with running(settings) as address:
            with client(address, headers={"Authorization": f"Bearer {token}"}) as http:
                wait_until(lambda: imports.import_(last.import_id).ended_at)
                [product] = http.get("/api/v1/library").json()["products"]
                assert product["product_id"] == "9781098148232"
            assert [event.type for event in imports.events(last.import_id)][-2:] == [
                "refused",
                "import.completed",
            ]


# Kills


def test_a_killed_server_has_all_that_it_acknowledged_and_ends_its_imports(tmp_path):
    content = (DEMO / "steady-hands.epub").read_bytes()
    home = tmp_path / "home"
    with Process(home) as process:
        process.start()
        with client(process.address) as http:
            place = begin(http, "steady-hands.epub", len(content))
            assert send(http, place, 0, content[:50_000]).status_code == 204
            books = [book(tmp_path, f"b{n}.md", f"Book {n}", f"{SOUP} mark{n}") for n in range(12)]
            imported = import_(http, *(upload(http, path.name, path.read_bytes()) for path in books))
            with http.stream("GET", f"{imported}/events") as stream:
                for line in stream.iter_lines():
                    if '"type":"added"' in line:
                        break
            process.kill()
        database = open_database(home / "wellread.db")
        assert [i.import_id for i in ImportStore(database).unended()] == [imported.rpartition("/")[2]]
        database.close()
        process.start()
        with client(process.address) as http:
            events = told(http, imported)
            assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
            assert events[-1]["type"] == "import.completed"
            paths = [event["path"] for event in events if event["type"] == "added"]
            assert sorted(paths) == sorted(path.name for path in books)
            assert offset(http, place) == 50_000
            assert send(http, place, 50_000, content[50_000:]).status_code == 204
            told(http, import_(http, place.rpartition("/")[2]))
            assert http.get("/api/v1/library").json()["total"] == 13
            assert http.get("/api/v1/uploads").json() == []
            cells = http.post("/api/v1/search", json={"questions": ["mark11"]}).json()["cells"]
            assert any(cell["title"] == "Book 11" and cell["found"] for cell in cells)
        process.stop()
    assert not list((home / "uploads").glob("*"))


def test_vectors_follow_and_their_making_is_told(tmp_path):
    settings = Settings(home=tmp_path / "home", model="extractive")
    content = book(tmp_path, "tea.md", "Teas", SOUP, BREAD).read_bytes()
    with running(settings) as address, client(address) as http:
        events = told(http, import_(http, upload(http, "tea.md", content)))
    assert kinds(events).index("added") < kinds(events).index("embedded")
    made = [event for event in events if event["type"] == "embedded"][-1]
    assert made["done"] == made["total"] > 0
    assert events[-1]["note"] == ""


def test_every_event_of_an_import_is_on_its_page():
    page = (DOCS / "uploads.md").read_text(encoding="utf-8")
    for model in get_args(get_args(ImportEvent)[0]):
        [line] = [
            line
            for line in page.splitlines()
            if line.startswith(f"| `{model.model_fields['type'].default}` ")
        ]
        for name, field in model.model_fields.items():
            if name not in ("seq", "at", "type"):
                assert f"`{field.alias or name}`" in line, f"{model.__name__}.{name}"
