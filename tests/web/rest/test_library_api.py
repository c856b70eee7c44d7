"""The library over HTTP: its titles, their contents, sections, places and files, and the matrix."""

import hashlib
import json
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest
from support import mentor as t
from support.libraries import add, book
from support.running_server import client, running

from wellread.blocking import BlockingWellread
from wellread.settings import Settings

DEMO = Path(str(files("wellread") / "demo"))
TEA = "Tea\n\n" + "A pot of tea is warmed before the leaves go in, and never boiled again. " * 10


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A library of the demo's EPUB and talk, and three short books."""
    folder = tmp_path_factory.mktemp("library")
    with BlockingWellread(settings=Settings(home=folder / "home", embedder="none")) as library:
        list(library.add([DEMO / "steady-hands.epub", DEMO / "two-hats.vtt"], collection="leads"))
        names = ("The Tea Companion", "Café Handbook", "A Companion to Soup")
        add(library, *(book(folder, f"{n}.md", name, f"{TEA} {n}") for n, name in enumerate(names)))
    return folder / "home"


@pytest.fixture(scope="module")
def http(home):
    settings = Settings(home=home, embedder="none", model="extractive")
    with running(settings) as address, client(address) as opened:
        yield opened


def titles(http, **query):
    listed = http.get("/api/v1/library", params=query).json()
    return listed["total"], [product["title"] for product in listed["products"]]


def the_id(http, title):
    return next(
        p["product_id"] for p in http.get("/api/v1/library").json()["products"] if p["title"] == title
    )


def test_the_list_is_by_title_and_in_pages(http):
    total, every = titles(http)
    assert total == len(every) == 5
    assert every == sorted(every, key=str.lower)
    pages = [titles(http, offset=start, limit=2)[1] for start in (0, 2, 4)]
    assert sum(pages, []) == every  # noqa: RUF017  # three of them
    assert titles(http, offset=99) == (5, [])
    assert titles(http, kind="video") == (1, ["Two Hats"])
    assert titles(http, collection="leads", kind="book") == (1, ["Steady Hands"])
    assert titles(http, collection="none") == (0, [])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (
            "tea",
            ["The Tea Companion", "Steady Hands", "Two Hats"],
        ),  # on leading a team: what has the word itself comes first
        ("companion", ["A Companion to Soup", "The Tea Companion"]),
        ("companion TEA", ["The Tea Companion"]),
        ("cafe hand", ["Café Handbook"]),
        ("hand", ["Café Handbook", "Steady Hands"]),
        ("han", ["Café Handbook", "Steady Hands"]),
        ("st", ["Steady Hands"]),
        ("anion", ["A Companion to Soup", "The Tea Companion"]),
        ("two-hats", ["Two Hats"]),
        ("stedy hands", ["Steady Hands"]),
        ("%", []),
        ("tea_", ["The Tea Companion", "Steady Hands", "Two Hats"]),
        ("zzzz", []),
        ("'; DROP TABLE products; --", []),
    ],
)
def test_titles_are_found_by_words_and_parts_of_them(http, query, found):
    total, listed = titles(http, query=query)
    assert (total, listed) == (len(found), found)


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "offset=-1", "kind=song", "query=" + "x" * 501, "offset=" + "9" * 30]
)
def test_a_bad_list_says_which_value_is_wrong(http, query):
    answer = http.get(f"/api/v1/library?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == query.partition("=")[0]


def test_a_product_has_its_details_and_a_tag(http):
    product = the_id(http, "Steady Hands")
    answer = http.get(f"/api/v1/library/{product}")
    details = answer.json()
    assert details["format"] == "epub"
    assert details["words"] > 1000
    assert details["passages"] > 10
    [file] = details["files"]
    assert (file["role"], file["name"]) == ("text", "steady-hands.epub")
    tag = answer.headers["etag"]
    again = http.get(f"/api/v1/library/{product}", headers={"If-None-Match": f'"x", W/{tag}'})
    assert (again.status_code, again.content) == (304, b"")
    assert http.get(f"/api/v1/library/{product}", headers={"If-None-Match": '"x"'}).status_code == 200


def test_sections_lead_from_one_to_the_next(http):
    product = the_id(http, "Two Hats")
    contents = http.get(f"/api/v1/library/{product}/contents").json()
    assert [entry["ordinal"] for entry in contents] == list(range(len(contents)))
    here, read = contents[0]["section_id"], []
    while here:
        section = http.get(f"/api/v1/library/{product}/sections/{here}").json()
        assert section["previous"] == (read[-1] if read else None)
        for block in section["blocks"]:
            assert section["text"][block["start"] : block["end"]].strip()
            assert block["origin"]["type"] == "time"
            assert block["place"].startswith("00:")
        read.append(here)
        here = section["next"]
    assert read == [entry["section_id"] for entry in contents]


def test_an_anchor_opens_as_on_the_command_line(http, home):
    product = the_id(http, "Steady Hands")
    [cell] = http.post(
        "/api/v1/search", json={"questions": ["What is delegation?"], "product_ids": [product]}
    ).json()["cells"]
    found = cell["found"][0]
    place = http.get(f"/api/v1/anchors/{found['anchor']}?around=1").json()
    assert place["state"] == "exact"
    assert place["quote"] in "\n\n".join(block["text"] for block in place["around"])
    assert place["section_id"] == found["anchor"].split("/")[1]
    environment = {"WELLREAD_HOME": str(home), "WELLREAD_EMBEDDER": "none", "PATH": ""}
    printed = subprocess.run(
        [sys.executable, "-m", "wellread", "read", found["anchor"], "--around", "1", "--json"],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    assert json.loads(printed.stdout) == place
    assert http.get("/api/v1/anchors/no/anchor").status_code == 400
    assert http.get(f"/api/v1/anchors/{product}/00000000-1/0-5").status_code == 404
    assert http.get(f"/api/v1/anchors/{found['anchor']}?around=51").status_code == 422


@pytest.mark.parametrize(
    "path",
    [
        "library/none",
        "library/none/contents",
        "library/none/sections/00000000-0",
        "library/none/files/text",
        "library/two-hats/sections/none",
        "library/two-hats/sections/00000000-99999999999999999999",
        "library/two-hats/files/none",
        "library/two-hats/files/..%2f..%2fwellread.db",
        "library/%00",
        "library/" + "x" * 3000,
    ],
)
def test_what_is_not_there_is_a_problem_with_a_hint(http, path):
    answer = http.get(f"/api/v1/{path}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["hint"]


def test_files_are_given_in_full_and_in_ranges_and_never_run(http, home):
    media = http.get("/api/v1/library/two-hats/files/media")
    whole = (DEMO / "two-hats.mp4").read_bytes()
    assert hashlib.sha256(media.content).digest() == hashlib.sha256(whole).digest()
    assert media.headers["content-type"] == "video/mp4"
    assert media.headers["content-disposition"] == 'attachment; filename="two-hats.mp4"'
    assert media.headers["x-content-type-options"] == "nosniff"
    part = http.get("/api/v1/library/two-hats/files/media", headers={"Range": "bytes=1000-1999"})
    assert (part.status_code, part.content) == (206, whole[1000:2000])
    assert part.headers["content-range"] == f"bytes 1000-1999/{len(whole)}"
    beyond = http.get("/api/v1/library/two-hats/files/media", headers={"Range": "bytes=99999999-"})
    assert beyond.status_code == 416

    page = (
        b"<html><head><title>A page</title></head><body><p>"
        + b"Words of a page. " * 40
        + b"</p></body></html>"
    )
    put = http.put("/api/v1/library/files/page.html", content=page)
    stream = http.get(f"{put.headers['location']}/events").text
    assert "import.completed" in stream
    product = the_id(http, "A page")
    file = http.get(f"/api/v1/library/{product}/files/text")
    assert file.headers["content-type"] == "application/octet-stream"
    assert file.content == page
    removed = http.delete(f"/api/v1/library/{product}")
    assert (removed.status_code, removed.content) == (204, b"")
    assert http.delete(f"/api/v1/library/{product}").status_code == 404
    assert http.get(f"/api/v1/library/{product}/files/text").status_code == 404


def test_the_matrix_has_every_cell(http):
    questions = ["What is delegation?", "How is a pot of tea made?"]
    ids = [the_id(http, title) for title in ("Steady Hands", "The Tea Companion")]
    cells = http.post("/api/v1/search", json={"questions": questions, "product_ids": ids}).json()["cells"]
    assert [(cell["question"], cell["product_id"]) for cell in cells] == [
        (q, p) for q in questions for p in ids
    ]
    assert [bool(cell["found"]) for cell in cells] == [True, False, False, True]
    assert all(0 <= cell["best"] <= 1 for cell in cells)
    anywhere = http.post(
        "/api/v1/search", json={"questions": ["How is a pot of tea made?"], "limit": 1}
    ).json()
    assert len(anywhere["cells"]) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"questions": []}, 400),
        ({"questions": [" "]}, 400),
        ({"questions": ["q"] * 21}, 413),
        ({"questions": ["q"], "product_ids": ["two-hats"] * 51}, 413),
        ({"questions": ["q"], "product_ids": ["none"]}, 404),
        ({"questions": ["q"], "limit": 0}, 422),
        ({"questions": ["q"], "other": 1}, 422),
        ({"questions": ["x" * 100_000]}, 400),
    ],
)
def test_a_bad_search_is_refused(http, body, status):
    answer = http.post("/api/v1/search", json=body)
    assert answer.status_code == status
    assert answer.json()["hint"]


def test_only_who_is_known_reads(mentor_home):
    settings = Settings(home=mentor_home, embedder="none", model="extractive")
    token = "a-token-of-twenty-letters-or-more"
    with running(settings, token=token) as address, client(address) as http:
        for path in ("library", f"library/{t.BOOK}", f"library/{t.BOOK}/contents", "anchors/a/b/0-1"):
            assert http.get(f"/api/v1/{path}").status_code == 401
        assert http.post("/api/v1/search", json={"questions": ["q"]}).status_code == 401
        known = http.get(f"/api/v1/library/{t.BOOK}", headers={"Authorization": f"Bearer {token}"})
        assert known.json()["title"] == t.BOOK_TITLE
