"""Suggestions as they are stored, on SQLite and, where one is running, PostgreSQL."""

import pytest

from wellread.content import Block, BlockKind, FileOrigin, Metadata, PlacedBlock, Section, SectionRole
from wellread.store.backup.opening import open_database
from wellread.store.catalog.catalog import Catalog, Edition
from wellread.store.catalog.source_files import StoredFile
from wellread.store.catalog.suggestions import CitedTitle, Suggestion


@pytest.fixture(params=["sqlite", "postgresql"])
def catalog(request, tmp_path):
    place = (
        tmp_path / "wellread.db" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    )
    database = open_database(place)
    yield Catalog(database)
    database.close()


def saved(catalog, product, number=1):
    """A product whose passages are indexed; gives the id of its edition."""
    mark, text = f"{number:08x}", f"On {product}"
    block = PlacedBlock(Block(BlockKind.PARAGRAPH, text, FileOrigin("a.md", line=1)), 0, len(text))
    section = Section(f"{mark}-0", 0, text, (text,), SectionRole.BODY, text, (block,))
    files = {"text": StoredFile(f"{number:064x}", f"{product}.md", 10)}
    read = (f"{product}-{number}", f"/{product}.md", "markdown 1", Metadata(text), files, [section])
    catalog.save(Edition(product, mark, *read))
    catalog.mark_indexed(product, mark, "", 1)
    return mark


def suggestion(question, *products, score=0.5, number=1):
    mark = f"{number:08x}"
    return Suggestion(question, tuple(CitedTitle(p, mark, (f"{mark}-0",)) for p in sorted(products)), score)


def questions(suggestions):
    return [one.question for one in suggestions]


def test_they_are_given_by_title_and_by_score(catalog):
    for product in ("tea", "coffee"):
        saved(catalog, product)
    tea = [suggestion("What is tea?", "tea", score=0.4), suggestion("Why tea?", "tea", score=0.9)]
    catalog.suggestions.put("tea", "00000001", tea)
    catalog.suggestions.put("coffee", "00000001", [suggestion("Tea or coffee?", "coffee", "tea", score=0.6)])
    assert questions(catalog.suggestions.best(2)) == ["Why tea?", "Tea or coffee?"]
    assert questions(catalog.suggestions.of(["coffee"], 9)) == ["Tea or coffee?"]
    assert questions(catalog.suggestions.of(["tea"], 9)) == ["Why tea?", "Tea or coffee?", "What is tea?"]
    assert catalog.suggestions.of(["water"], 9) == []
    [pair] = catalog.suggestions.of(["coffee"], 9)
    assert pair == suggestion("Tea or coffee?", "coffee", "tea", score=0.6)


def test_what_was_tried_is_not_tried_again_until_it_is_read_anew(catalog):
    saved(catalog, "tea")
    catalog.reindex(["tea"])
    assert catalog.suggestions.untried(9) == []  # its passages are not indexed
    catalog.mark_indexed("tea", "00000001", "", 1)
    assert catalog.suggestions.untried(9) == ["tea"]
    catalog.suggestions.put("tea", "00000001", [])
    assert catalog.suggestions.untried(9) == []
    assert catalog.suggestions.tried(["tea", "water"]) == {"tea"}
    saved(catalog, "tea", 2)
    assert catalog.suggestions.untried(9) == ["tea"]
    catalog.suggestions.put("tea", "00000001", [])  # by a process that read the edition before
    assert catalog.suggestions.untried(9) == ["tea"]
    catalog.suggestions.put("tea", "00000002", [])
    catalog.amend("tea", {"language": "fr"})
    catalog.mark_indexed("tea", "00000002", "fr", 1)
    assert catalog.suggestions.untried(9) == ["tea"]


def test_they_go_with_any_of_their_titles(catalog):
    for product in ("tea", "coffee"):
        saved(catalog, product)
    catalog.suggestions.put("tea", "00000001", [suggestion("What is tea?", "tea")])
    catalog.suggestions.put("coffee", "00000001", [suggestion("Tea or coffee?", "coffee", "tea")])
    saved(catalog, "coffee", 2)
    assert questions(catalog.suggestions.best(9)) == ["What is tea?"]  # the pair is about another text
    catalog.remove("coffee")
    assert questions(catalog.suggestions.of(["tea", "coffee"], 9)) == ["What is tea?"]
    catalog.suggestions.put("tea", "00000001", [suggestion("Tea or coffee?", "coffee", "tea")])
    assert catalog.suggestions.best(9) == []  # one of its titles was removed while it was tried
    assert catalog.suggestions.tried(["tea"]) == {"tea"}
