"""The shelf: what lists are narrowed by, and what a person says of a title, on both databases and over HTTP."""

import gzip
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from support.libraries import add, cookbook
from support.paths import SCHEMAS
from support.running_server import client, running
from support.stores import catalog_of, database_of

from wellread.blocking import BlockingWellread
from wellread.client import Client
from wellread.content import ProductKind
from wellread.errors import ForbiddenError, NotFoundError
from wellread.events import (
    AnswerCompleted,
    AnswerDelta,
    AnswerStarted,
    Citation,
    Flags,
    ProductsFound,
    RunCompleted,
    ScopeEntry,
    StepThinking,
    Usage,
)
from wellread.settings import Settings
from wellread.store.accounts.accounts import AccountStore
from wellread.store.backup.opening import open_database
from wellread.store.catalog.amendments import AMENDABLE
from wellread.store.catalog.catalog import Catalog
from wellread.store.catalog.product_query import Listing, id_pages
from wellread.store.catalog.title_index import title_terms
from wellread.store.database import tables as t
from wellread.store.locks import ADDING, lock
from wellread.store.runs.questions_about import questions_on
from wellread.store.runs.runs import RunStore
from wellread.wire.library import Amendments

SCHEMA = SCHEMAS / "0002.db.gz"


@pytest.fixture
def opened(place, tmp_path):
    settings = Settings(
        home=tmp_path / "home", embedder="none", database="" if isinstance(place, Path) else place
    )
    with BlockingWellread(settings=settings) as library:
        add(
            library,
            cookbook(tmp_path, "a.md", "Soups", authors=("Ada Lee",), topics=("soup", "winter")),
            cookbook(tmp_path, "b.md", "Älter Soups", authors=("Ada Lee", "Bo Yi"), topics=("soup",)),
            cookbook(tmp_path, "c.md", "breads", authors=("Bo Yi",), topics=("bread", "x" * 300)),
        )
        yield library


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path):
    return tmp_path if request.param == "sqlite" else request.getfixturevalue("postgresql_url")


def titles(catalog, **listing):
    total, products = catalog.page(Listing(**listing))
    assert total == len(products)
    return [product.title for product in products]


def counts(catalog, facet, **listing):
    return {one.value: one.products for one in catalog.counts(Listing(**listing))[facet]}


def test_lists_are_narrowed_and_counted(opened):
    catalog = catalog_of(opened.library)
    assert titles(catalog)[0] == "breads"
    assert titles(catalog, author="Bo Yi") == ["breads", "Älter Soups"]
    assert titles(catalog, author="Bo Yi", topic="soup", kind=ProductKind.BOOK) == ["Älter Soups"]
    assert titles(catalog, topic="x" * 300) == ["breads"]
    assert titles(catalog, author="Bo") == titles(catalog, topic="' OR 1=1 --") == []
    assert titles(catalog, query="soups", author="Ada Lee", topic="winter") == ["Soups"]
    assert counts(catalog, "author") == {"Ada Lee": 2, "Bo Yi": 2}
    assert counts(catalog, "author", author="Bo Yi") == {"Ada Lee": 2, "Bo Yi": 2}
    assert counts(catalog, "topic", author="Bo Yi")["soup"] == 1
    assert counts(catalog, "topic", query="bread").keys() == {"bread", "x" * 200}
    assert counts(catalog, "author", query="soops") == {"Ada Lee": 2, "Bo Yi": 1}
    assert counts(catalog, "author", author="nobody")["nobody"] == 0
    assert counts(catalog, "kind") == {"book": 3}
    assert counts(catalog, "collection") == {}


FRUIT = ("p", "Pear", "pie", "Quince", "Pomelo p")


@pytest.fixture
def orchard(place, tmp_path):
    """More titles than a list is made of at once, as rows that were never read from files."""
    titles = [f"{FRUIT[number % 5]} {number:05}" for number in range(9000)]
    with closing(open_database(tmp_path / "many.db" if isinstance(place, Path) else place)) as database:
        catalog = Catalog(database)
        with database.begin() as connection:
            for table, rows in rows_of(titles).items():
                connection.execute(sa.insert(table), rows)
        yield titles, catalog, database


def rows_of(titles):
    key = [f"made-{number}" for number in range(len(titles))]
    same = {"edition_id": "e", "indexed": "e", "format": "plain", "language": "en", "words": 1, "passages": 0}
    words = {word for title in titles for word in title_terms(title)}
    grams = {(f"^{word}$"[at : at + 3], word) for word in words for at in range(len(word))}
    return {
        t.products: [
            {
                **same,
                "product_id": key[number],
                "collection": "",
                "kind": "book",
                "title": title,
                "by_title": title.casefold(),
                "metadata": {"title": title},
                "added_at": "2026-01-01",
            }
            for number, title in enumerate(titles)
        ],
        t.title_words: [
            {"word": word, "product_id": key[number]}
            for number, title in enumerate(titles)
            for word in set(title_terms(title))
        ],
        t.word_grams: [{"gram": gram, "word": word} for gram, word in grams],
        t.product_facets: [
            {"facet": "topic", "value": f"topic {number % 2}", "product_id": key[number]}
            for number in range(len(titles))
        ],
    }


@pytest.mark.parametrize("topic", ["", "topic 1"])
def test_of_very_many_titles_every_page_is_right(orchard, topic):
    titles, catalog, _ = orchard
    held = [title for number, title in enumerate(titles) if not topic or topic == f"topic {number % 2}"]
    for query, word in [("p", "p"), ("pear", "pear"), ("0", "0")]:
        found = [title for title in held if any(w.startswith(word) for w in title_terms(title))]
        found.sort(key=lambda title: (word not in title_terms(title), title.casefold()))
        for offset in (0, 30, len(found) // 4, len(found) // 2 - 20, len(found) - 10, len(found) + 5):
            total, products = catalog.page(Listing(query, topic=topic), offset=offset, limit=48)
            assert total == len(found)
            assert [p.title for p in products] == found[offset : offset + 48], (query, offset)
        assert counts(catalog, "topic", query=query, topic=topic).get(topic or "topic 0") == sum(
            (topic or "topic 0") == f"topic {number % 2}"
            for number, title in enumerate(titles)
            if any(w.startswith(word) for w in title_terms(title))
        )


def test_pages_leave_no_title_out_and_tell_none_twice_while_others_come_and_go(orchard):
    titles, catalog, database = orchard
    place = {f"made-{number}": title for number, title in enumerate(titles)}
    in_order = [product.product_id for product in catalog.products()]
    assert sorted(in_order) == sorted(place)
    told = []
    for number, ids in enumerate(id_pages(database, "", 5, 700, 100)):
        assert len(ids) == 100
        told += ids
        catalog.remove(in_order[number])  # of those before
    assert told == in_order[5:705]
    assert list(id_pages(database, "none", 0, None, 100)) == []
    assert sum(map(len, id_pages(database, "", 0, None, 1000))) == len(titles) - 7


def test_what_a_person_says_stays_when_the_files_are_added_again(opened, tmp_path):
    library, catalog = opened, catalog_of(opened.library)
    product = next(p for p in catalog.products() if p.title == "Soups")
    changes = {"title": "Broths of Winter", "authors": ["Cy Ode"], "topics": [], "date": "2020"}
    amended = catalog.amend(product.product_id, changes, collection="kitchen")
    assert (amended.title, amended.metadata.authors, amended.collection) == (
        "Broths of Winter",
        ("Cy Ode",),
        "kitchen",
    )
    assert titles(catalog, query="broths") == titles(catalog, author="Cy Ode") == ["Broths of Winter"]
    assert [c.product_id for c in catalog.titles.candidates("what do broths of winter say")] == [
        product.product_id
    ]
    assert titles(catalog, topic="winter") == []

    again = cookbook(tmp_path, "a.md", "Soups", authors=("Ada Lee",), topics=("new",), more="Other words.")
    [outcome] = add(library, again)
    assert (outcome.outcome, outcome.product_id) == ("replaced", product.product_id)
    held = catalog.product(product.product_id)
    assert (held.title, held.metadata.date, held.metadata.topics) == ("Broths of Winter", "2020", ())
    assert catalog.as_read(product.product_id).topics == ("new",)
    assert held.collection == "kitchen"

    back = catalog.amend(product.product_id, {"title": None, "topics": ["new"]})
    assert (back.title, back.metadata.authors) == ("Soups", ("Cy Ode",))
    assert titles(catalog, query="broths") == []
    assert titles(catalog, topic="new") == ["Soups"]
    with database_of(library.library).read() as connection:
        query = sa.select(t.products.c.amendments).filter_by(product_id=product.product_id)
        assert connection.scalar(query) == {"authors": ["Cy Ode"], "date": "2020"}
    library.remove(product.product_id)
    with database_of(library.library).read() as connection:
        left = sa.select(t.product_facets.c.facet).filter_by(product_id=product.product_id)
        assert not connection.execute(left).all()
    with pytest.raises(NotFoundError):
        catalog.amend(product.product_id, {"title": "Gone"})


def test_an_older_library_is_narrowed_and_counted_too(tmp_path):
    file = tmp_path / "older.db"
    file.write_bytes(gzip.decompress(SCHEMA.read_bytes()))
    with closing(open_database(file)) as database:
        catalog = Catalog(database)
        assert titles(catalog, author="The Wellread Project") == titles(catalog, kind=ProductKind.BOOK)
        assert counts(catalog, "author") == {"The Wellread Project": 1}
        with database.read() as connection:
            assert connection.scalar(sa.select(t.products.c.by_title)) == "on tea"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shelf")
    settings = Settings(home=folder / "home", embedder="none", model="extractive")
    with BlockingWellread(settings=settings) as library:
        add(
            library,
            cookbook(folder, "a.md", "Soups", authors=("Ada Lee",), topics=("soup",)),
            cookbook(folder, "b.md", "Breads", authors=("Bo Yi",), topics=("bread",)),
        )
    with running(settings) as served:
        yield served


def test_the_client_narrows_and_amends(address):
    with Client(address, patience=20) as wellread:
        found = wellread.products(author="Bo Yi", facets=True)
        assert [product.title for product in found.products] == ["Breads"]
        assert {one.value for one in found.facets.author} == {"Ada Lee", "Bo Yi"}
        assert wellread.products(topic="none").total == 0
        assert wellread.products().facets is None
        product_id = found.products[0].product_id
        said = Amendments(title="  Loaves \t and\nRolls ", topics=["a", "a", " "], date="2024-02")
        changed = wellread.amend(product_id, said)
        assert (changed.title, changed.topics, changed.date) == ("Loaves and Rolls", ("a",), "2024-02")
        details = wellread.product(product_id)
        assert set(details.edited) == {"title", "topics", "date"}
        run = wellread.ask("What do Loaves and Rolls say of soup?")
        assert run.answer().markdown
        started = next(event for event in run.events() if event.type == "run.started")
        assert [entry.product_id for entry in started.scope] == [product_id]
        wellread.amend(product_id, Amendments(title=None, topics=None, date=None, collection="baked"))
        assert (wellread.product(product_id).title, wellread.product(product_id).edited) == ("Breads", [])
        assert wellread.products(collection="baked").total == 1
        wellread.amend(product_id, Amendments(collection=None))
        assert wellread.products(collection="baked").total == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": " \n "}, "title"),
        ({"title": 5}, "title"),
        ({"title": "x" * 501}, "title"),
        ({"date": "2024-13"}, "date"),
        ({"date": "yesterday"}, "date"),
        ({"date": "2023-02-29"}, "date"),
        ({"language": "English!"}, "language"),
        ({"authors": "Ada Lee"}, "authors"),
        ({"authors": ["x"] * 51}, "authors"),
        ({"kind": "video"}, "kind"),
        ({"product_id": "other"}, "product_id"),
        ({}, "body"),
    ],
)
def test_a_bad_amendment_says_which_field_is_wrong_and_changes_nothing(address, body, field):
    with client(address) as http:
        [product] = http.get("/api/v1/library?query=soups").json()["products"]
        answer = http.patch(f"/api/v1/library/{product['product_id']}", json=body)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"].split(".")[0] == field
        assert http.get("/api/v1/library?query=soups").json()["products"] == [product]


def test_another_language_has_the_text_indexed_anew(address):
    with client(address) as http:
        [product] = http.get("/api/v1/library?query=soups").json()["products"]
        place = f"/api/v1/library/{product['product_id']}"
        asked = {"questions": ["resting"], "product_ids": [product["product_id"]]}
        assert http.post("/api/v1/search", json=asked).json()["cells"][0]["found"]
        assert http.patch(place, json={"language": "xx"}).json()["language"] == "xx"
        assert not http.post("/api/v1/search", json=asked).json()["cells"][0]["found"]
        assert http.patch(place, json={"language": None}).json()["language"] == "en"
        assert http.post("/api/v1/search", json=asked).json()["cells"][0]["found"]


def test_another_language_waits_for_no_adding(tmp_path):
    settings = Settings(home=tmp_path / "home", embedder="none", model="extractive")
    with BlockingWellread(settings=settings) as library:
        add(library, cookbook(tmp_path, "a.md", "Soups"))
    with running(settings) as address, client(address) as http:
        [product] = http.get("/api/v1/library?query=soups").json()["products"]
        asked = {"questions": ["resting"], "product_ids": [product["product_id"]]}
        with lock(settings.home, ADDING):
            place = f"/api/v1/library/{product['product_id']}"
            assert http.patch(place, json={"language": "xx"}, timeout=5).json()["language"] == "xx"
            assert http.post("/api/v1/search", json=asked).json()["cells"][0]["found"]  # as it was
        assert not http.post("/api/v1/search", json=asked).json()["cells"][0]["found"]


def test_what_another_language_cut_meanwhile_is_not_taken_for_indexed(opened):
    catalog = catalog_of(opened.library)
    [product] = [one for one in opened.products() if one.title == "Soups"]
    catalog.amend(product.product_id, {"language": "de"})
    catalog.mark_indexed(product.product_id, product.edition_id, "en", 7)
    assert catalog.to_index() == [product.product_id]
    catalog.mark_indexed(product.product_id, product.edition_id, "de", 7)
    assert catalog.to_index() == []


def test_what_was_asked_of_a_title_is_found_in_what_tells_it(opened):
    database = database_of(opened.library)
    entry = ScopeEntry(product_id="soups", title="Soups", found="discovered")
    words = dict.fromkeys(("title", "section", "place", "anchor", "quote", "link"), "x")
    cited = Citation(number=1, product_id="soups", **words)
    started = AnswerStarted(flags=Flags(), knowledge=(), voice="wellread")
    deltas = [AnswerDelta(text='of "product_id":"soups" ') for _ in range(20)]
    answered = AnswerCompleted(markdown="", citations=(cited,), statements=(), usage=Usage())
    unanswered = answered.model_copy(update={"citations": ()})
    end = RunCompleted(usage=Usage(), seconds=1)
    told = {
        "found": [ProductsFound(step=1, query="soup", products=(entry,)), started, *deltas, unanswered, end],
        "cited": [started, *deltas, answered, end],
        "going": [StepThinking(step=1, text="x"), ProductsFound(step=1, query="soup", products=(entry,))],
        "neither": [StepThinking(step=1, text='"product_id":"soups"'), started, *deltas, unanswered, end],
        "another's": [started, answered, end],
    }
    with database.begin() as connection:
        for number, (run, events) in enumerate(told.items()):
            row = {"conversation_id": run, "created_at": f"2026-11-0{number + 1}"}
            caller = "ada" if run == "another's" else ""
            said = {**row, "caller": caller, "title": "", "updated_at": ""}
            connection.execute(sa.insert(t.conversations).values(said))
            connection.execute(sa.insert(t.runs).values({**row, "run_id": run, "question": run}))
            RunStore(database).log.begin(connection, run, [StepThinking(step=0, text=""), *events])
    assert [one.question for one in questions_on(database, "soups", "")] == ["going", "cited", "found"]
    assert [one.question for one in questions_on(database, "soups", "", limit=1)] == ["going"]


def test_only_an_admin_amends(tmp_path):
    settings = Settings(home=tmp_path / "home", embedder="none", model="extractive")
    with BlockingWellread(settings=settings) as library:
        add(library, cookbook(tmp_path, "a.md", "Soups"))
        [product] = library.products()
    with closing(open_database(settings.home / "wellread.db")) as database:
        accounts = AccountStore(database)
        tokens = {
            name: accounts.add_token(accounts.add(name, "correct horse", is_admin=is_admin).account_id, "t")[
                1
            ]
            for name, is_admin in (("admin", True), ("reader", False))
        }
    with running(settings, host="0.0.0.0") as served:
        with Client(served, token=tokens["reader"]) as wellread:
            with pytest.raises(ForbiddenError, match="admin"):
                wellread.amend(product.product_id, Amendments(title="Mine"))
            with pytest.raises(NotFoundError):
                wellread.amend("none", Amendments(title="Mine"))
            with pytest.raises(ForbiddenError, match="admin"):
                wellread.add_demo()
            assert wellread.product(product.product_id).title == "Soups"
        with Client(served, token=tokens["admin"]) as wellread:
            assert wellread.amend(product.product_id, Amendments(title="Ours")).title == "Ours"
            with pytest.raises(ForbiddenError, match="owner"):
                wellread.add_folder(str(tmp_path))


def test_the_api_and_the_store_know_the_same_fields():
    assert set(Amendments.model_fields) == {*AMENDABLE, "collection"}
