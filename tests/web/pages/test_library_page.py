"""The library's pages as a browser without script gets them: the shelf, a title, the first run."""

import re
import shutil
import time
from contextlib import closing
from html import unescape
from importlib.resources import files
from pathlib import Path

import pytest
import sqlalchemy as sa
from support import mentor as t
from support.libraries import add, cookbook
from support.running_server import client, running
from support.stores import catalog_of

from wellread.blocking import BlockingWellread
from wellread.client import Client
from wellread.errors import BadRequestError, NotFoundError
from wellread.settings import Settings
from wellread.store.backup.opening import open_database
from wellread.store.database import tables
from wellread.store.imports.imports import ImportStore
from wellread.store.imports.uploads import UploadStore

HTML = {"Accept": "text/html"}
HOSTILE = "<img src=x onerror=alert(1)>\"'&{{7*7}}"


@pytest.fixture(scope="module")
def home(mentor_home, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    home = Path(shutil.copytree(mentor_home, folder / "home"))
    with BlockingWellread(settings=Settings(home=home, embedder="none")) as library:
        add(library, *(cookbook(folder, f"{n}.md", f"Soup {n:02}", topics=("soup",)) for n in range(50)))
        add(library, cookbook(folder, "ar.md", "كتاب الحساء", lang="ar"))
        add(library, cookbook(folder, "plain.md", "Plain"))
        [plain] = [product for product in library.products() if product.title == "Plain"]
        catalog_of(library.library).amend(
            plain.product_id,
            {
                "title": HOSTILE,
                "description": HOSTILE,
                "topics": [HOSTILE],
                "authors": [HOSTILE],
                "series": HOSTILE,
                "publisher": HOSTILE,
            },
            collection=HOSTILE,
        )
    return home


@pytest.fixture(scope="module")
def http(home):
    with (
        running(Settings(home=home, embedder="none", model="extractive")) as address,
        client(address, headers=HTML) as opened,
    ):
        yield opened


def shown(text):
    """The titles of the cards of a page, or of a part of one."""
    return [unescape(found) for found in re.findall(r'<span class="name"[^>]*>([^<]*)<', text)]


def test_the_shelf_pages_on_with_links_alone(http):
    seen, address = [], "/library"
    while address:
        page = http.get(address)
        assert page.status_code == 200
        seen += shown(page.text)
        found = re.search(r'data-further><a class="button quiet" href="([^"]+)"', page.text)
        address = unescape(found[1]) if found else ""
    assert len(seen) == len(set(seen)) == 54
    assert "54 titles" in page.text
    assert http.get("/library?offset=9999").status_code == 200
    assert http.get("/library?offset=-1").status_code == 404
    assert http.get(f"/library?query={'x' * 501}").status_code == 404


def test_the_shelf_is_searched_and_narrowed_by_a_form(http):
    page = http.get("/library?query=engineering+teams&kind=book&topic=&author=")
    assert shown(page.text)[0] == t.BOOK_TITLE
    assert 'name="kind" value="book"' in page.text
    assert shown(http.get("/library?kind=video").text) == [t.TALK_TITLE]
    assert len(shown(http.get("/library?kind=none").text)) == 48
    nothing = http.get("/library?topic=nothing")
    assert "No title is like that" in nothing.text
    assert shown(http.get("/library?query=soup+07").text) == ["Soup 07"]
    narrowed = http.get("/library", params={"topic": "soup", "query": "soup 1"})
    links = [unescape(link) for link in re.findall(r'<a class="chip" href="([^"]+)"', narrowed.text)]
    assert links == ["/library?topic=soup", "/library?query=soup+1"]


def test_a_part_is_only_the_part(http):
    found = http.get("/library?part=found").text
    assert "<html" not in found
    assert "facets" in found
    more = http.get("/library?query=soup&part=more&offset=48").text
    assert "facets" not in more
    assert shown(more) == ["Soup 48", "Soup 49"]
    typed = http.get("/library?query=soup+07&part=shelf").text
    assert shown(typed) == ["Soup 07"]
    assert "facets" not in typed
    counted = http.get("/library?query=s&part=facets").text
    assert shown(counted) == []
    assert 'href="/library?query=s&amp;topic=soup"' in counted
    assert "<html" not in typed + counted
    assert http.get("/library?part=other").status_code == 404


def test_the_look_is_kept(http):
    assert 'data-shelf="covers"' in http.get("/library").text
    answer = http.get("/library?shelf=list")
    assert 'id="found" class="found" data-shelf="list"' in answer.text
    assert "wellread_shelf=list" in answer.headers["set-cookie"]
    http.cookies.clear()
    again = http.get("/library", headers={"Cookie": "wellread_shelf=list"})
    assert 'id="found" class="found" data-shelf="list"' in again.text
    strange = http.get("/library", headers={"Cookie": "wellread_shelf=<b>"})
    assert 'id="found" class="found" data-shelf="covers"' in strange.text


def test_a_title_in_another_script_says_its_language(http):
    card = http.get("/library?query=الحساء").text
    assert 'lang="ar" dir="rtl">كتاب الحساء' in card


def test_what_titles_say_is_text(http):
    listed = http.get("/library", params={"collection": HOSTILE})
    assert shown(listed.text) == [HOSTILE]
    [place] = re.findall(r'<li class="title-card"><a href="([^"]+)"', listed.text)
    for text in (listed.text, http.get(place).text, http.get("/library", params={"query": HOSTILE}).text):
        assert "<img src=x" not in text
        assert "7*7" in text
        assert "49" not in re.sub(r"Soup 49|49 titles|/static/\w+", "", text)
        assert not re.search(r"\son\w+\s*=\s*[\"'a-z(]", re.sub(r"&[^;]*;|onerror=alert", "", text))


def test_a_title_has_its_contents_its_files_and_its_questions(http):
    ask = {"question": "What is the difference between leadership and management?", "product_ids": [t.BOOK]}
    run = http.post("/api/v1/runs", json=ask).json()
    other = http.post("/api/v1/runs", json={"question": "What is balance?", "product_ids": [t.TALK]}).json()
    http.get(f"/api/v1/runs/{run['run_id']}/events")
    page = http.get(f"/library/{t.BOOK}").text
    assert f'href="/library/{t.BOOK}/read"' in page
    assert f'href="/?in={t.BOOK}"' in page
    assert f'href="/api/v1/library/{t.BOOK}/files/text" download' in page
    section = http.get(f"/api/v1/library/{t.BOOK}/contents").json()[0]
    assert f'href="/library/{t.BOOK}/sections/{section["section_id"]}">{section["title"]}' in page
    assert f"/conversations/{run['conversation_id']}#run-{run['run_id']}" in page
    assert other["run_id"] not in page
    assert "Nothing yet" in http.get(shown_place(http, "Soup 01")).text
    length = r"<dt>Length</dt><dd>[\d.]+ (?:sec|min) · [\d,]+ words"
    assert re.search(length, http.get(f"/library/{t.TALK}").text)
    assert not re.search(length, page)


def test_a_titles_days_and_sizes_are_the_readers(http, home):
    with closing(open_database(home / "wellread.db")) as database, database.begin() as connection:
        at = {"read_at": "2025-03-31T23:30:00.000000+00:00"}
        connection.execute(sa.update(tables.editions).filter_by(product_id=t.TALK).values(at))
        connection.execute(
            sa.update(tables.source_files).filter_by(product_id=t.TALK).values(size=2_500_000_000)
        )

    def told(zone):
        page = http.get(f"/library/{t.TALK}", headers={"Cookie": f"wellread_zone={zone}"}).text
        return unescape(re.search(r"Read on ([^(]+) \(", page)[1]), "2.5 GB" in page.replace("\xa0", " ")

    assert told("UTC") == ("Mar 31, 2025", True)
    assert told("Europe/Berlin") == ("Apr 1, 2025", True)


def shown_place(http, title):
    return re.findall(
        r'<li class="title-card"><a href="([^"]+)"', http.get("/library", params={"query": title}).text
    )[0]


@pytest.mark.parametrize("product_id", ["none", "..%2f..", "%00", "x" * 500, "<b>"])
def test_an_unknown_title_is_a_page_that_says_so(http, product_id):
    page = http.get(f"/library/{product_id}")
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")
    assert "<b>" not in page.text


def test_what_can_be_added_is_told(http):
    formats = http.get("/api/v1/formats").json()
    assert {".epub", ".pdf", ".vtt", ".mp4", ".toml"} <= set(formats["suffixes"])
    assert formats["largest"] > 1 << 20


# The first run


@pytest.fixture
def empty(tmp_path):
    with running(Settings(home=tmp_path / "home", embedder="none", model="extractive")) as address:
        yield address


def test_an_empty_library_offers_the_demo_which_can_be_asked(empty):
    with client(empty, headers=HTML) as http, Client(empty, patience=20) as wellread:
        page = http.get("/library").text
        assert "data-add-demo" in page
        assert "data-add-folder" in page
        adding = wellread.add_demo()
        assert adding.view().folder == "demo"
        events = list(adding.events())
        assert [event.type for event in events if event.type.startswith("import.")] == [
            "import.started",
            "import.completed",
        ]
        added = [event for event in events if event.type == "added"]
        assert {event.title for event in added} >= {"Steady Hands", "Two Hats"}
        assert events[-1].refused == 0
        assert str(files("wellread")) not in "".join(event.model_dump_json() for event in events)
        assert {product.collection for product in wellread.products().products} == {"demo"}
        assert wellread.search(["What is delegation?"])[0].found
        assert [event.outcome for event in wellread.add_demo().events() if event.type == "added"] == [
            "unchanged"
        ] * len(added)
        assert len(shown(http.get("/library").text)) == len(added)


def test_a_folder_of_this_machine_is_added(empty, tmp_path):
    folder = tmp_path / "books" / "deep"
    cookbook(folder, "a.md", "Soups")
    (folder.parent / "b.epub").write_bytes(b"PK\x03\x04 no book")
    (folder.parent / "notes.bin").write_bytes(b"none")  # passed over
    with Client(empty, patience=20) as wellread:
        adding = wellread.add_folder(f" '{folder.parent}' ", collection="own")
        done = adding.ended()
        assert [(one.path, one.title) for one in done.products] == [("deep/a.md", "Soups")]
        assert [one.path for one in done.refused] == ["b.epub"]
        assert str(folder.parent) not in done.refused[0].message
        assert (done.folder, done.files, done.collection) == (str(folder.parent), ("books",), "own")
        assert (folder / "a.md").exists()


def test_a_long_import_is_told_by_its_counts_and_its_latest(empty, tmp_path):
    folder = tmp_path / "books"
    for n in range(5):
        cookbook(folder, f"{n}.md", f"Soup {n}", more=str(n))
        (folder / f"x{n}.epub").write_bytes(b"PK\x03\x04 no book")
    with Client(empty, patience=20) as wellread, client(empty) as http:
        adding = wellread.add_folder(str(folder))
        whole = adding.ended()
        assert (
            (whole.product_count, whole.refused_count) == (5, 5) == (len(whole.products), len(whole.refused))
        )
        place = f"/api/v1/imports/{whole.import_id}"
        some = http.get(f"{place}?latest=2").json()
        every = http.get(place).json()
        shortened = {name: every[name][-2:] for name in ("products", "refused")}
        assert some == every | shortened
        [none] = http.get("/api/v1/imports?latest=0").json()
        assert none == every | {"products": [], "refused": []}
        assert http.get(f"{place}?latest=-1").status_code == 422


def test_a_video_by_itself_is_refused_with_what_it_lacks(empty, tmp_path):
    video = tmp_path / "talk.mp4"
    video.write_bytes(b"no video")
    with Client(empty, patience=20) as wellread:
        [refused] = wellread.add([video]).ended().refused
    assert "without a transcript" in refused.message
    assert "talk.vtt" in refused.hint


@pytest.mark.parametrize(
    ("path", "error", "words"),
    [
        ("{tmp}/none", NotFoundError, "There is no"),
        ("{tmp}/a.md", BadRequestError, "is a file"),
        ("books", BadRequestError, "not a whole path"),
        ("/", BadRequestError, "whole disk"),
        ("{tmp}/home/files", BadRequestError, "library's own"),
        ("~nobody-has-this-name/x", BadRequestError, "cannot be looked into"),
        ("/a\0b", BadRequestError, "cannot be looked into"),
    ],
)
def test_a_folder_that_cannot_be_added_says_why(empty, tmp_path, path, error, words):
    cookbook(tmp_path, "a.md", "Soups")
    (tmp_path / "home" / "files").mkdir(exist_ok=True)
    with Client(empty, patience=5) as wellread, pytest.raises(error, match=words) as refused:
        wellread.add_folder(path.format(tmp=tmp_path))
    assert refused.value.hint


def test_a_folder_is_gone_on_with_where_a_killed_server_left_it(tmp_path):
    folder, home = tmp_path / "books", tmp_path / "home"
    for n in range(4):
        cookbook(folder, f"{n}.md", f"Soup {n}", more=str(n))
    home.mkdir()
    with closing(open_database(home / "wellread.db")) as database:
        begun, is_new = ImportStore(database).begin_folder(str(folder), "books", "", "")
        again, is_newer = ImportStore(database).begin_folder(str(folder), "books", "", "")
        assert (is_new, is_newer, again.import_id) == (True, False, begun.import_id)
    with (
        running(Settings(home=home, embedder="none", model="extractive")) as address,
        client(address) as http,
    ):
        give_up = time.monotonic() + 60
        while not (view := http.get(f"/api/v1/imports/{begun.import_id}").json())["ended_at"]:
            assert time.monotonic() < give_up
            time.sleep(0.05)
        assert len(view["products"]) == 4
        assert http.get("/api/v1/imports?unended=true").json() == []
        assert len(http.get("/api/v1/imports").json()) == 1


def test_callers_take_turns(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    with closing(open_database(home / "wellread.db")) as database:
        uploads, imports = UploadStore(database, home / "uploads"), ImportStore(database)
        begun = {}
        for caller, n in [("many", 0), ("many", 1), ("many", 2), ("one", 3)]:
            content = cookbook(tmp_path, f"{n}.md", f"Soup {n}", more=str(n)).read_bytes()
            upload = uploads.add(caller, f"{n}.md", len(content), most_bytes=10**9)
            uploads.write(upload, 0, content)
            begun[imports.begin([upload], caller, "").import_id] = n
    with running(Settings(home=home, embedder="none", model="extractive")):
        give_up = time.monotonic() + 60
        with closing(open_database(home / "wellread.db")) as database:
            imports = ImportStore(database)
            while imports.unended():
                assert time.monotonic() < give_up
                time.sleep(0.05)
            reading = {
                n: next(event.at for event in imports.events(i) if event.type == "reading")
                for i, n in begun.items()
            }
    assert sorted(reading, key=reading.__getitem__) == [0, 3, 1, 2]
