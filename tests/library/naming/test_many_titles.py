"""A library in which sixty thousand titles are called the same, and one is not."""

import pytest
import sqlalchemy as sa

from wellread.content import Metadata
from wellread.library.scope import named, scope_of
from wellread.store.catalog.catalog import Catalog, columns_of
from wellread.store.catalog.title_index import gram_rows, words_of
from wellread.store.database import tables as t
from wellread.store.database.database import Database

MANY = 60_000


@pytest.fixture(scope="module")
def catalog(tmp_path_factory):
    database = Database.open(tmp_path_factory.mktemp("many") / "wellread.db")
    same, other = Metadata("Perl Module", authors=("Ada Lee",)), Metadata("The Kettle Book")
    products = [(f"same-{n}", same) for n in range(MANY)] + [("other", other)]
    rows = {
        "edition_id": "0",
        "indexed": "0",
        "format": "markdown",
        "words": 1,
        "passages": 0,
        "added_at": "",
    }
    with database.begin() as connection:
        connection.execute(
            sa.insert(t.products),
            [
                {
                    **rows,
                    **columns_of(m, ""),
                    "product_id": p,
                    "metadata": {"title": m.title},
                    "amendments": None,
                }
                for p, m in products
            ],
        )
        words = [{"word": w, "product_id": p} for p, m in products for w in words_of(m)]
        connection.execute(sa.insert(t.title_words), words)
        connection.execute(sa.insert(t.word_grams), gram_rows(words_of(same) | words_of(other)))
    yield Catalog(database)
    database.close()


@pytest.mark.parametrize(
    "question",
    ["Perl Module", "What does Perl Module say about hashes?", "In the book “Perl Module”, what is a hash?"],
)
def test_a_title_of_very_many_is_a_topic(catalog, question):
    scope = scope_of(catalog, question, small_library=5)
    assert (scope.entries, scope.outside) == ((), True)


def test_nothing_is_read_of_the_many(catalog):
    assert catalog.titles.called(["Perl Module", "the kettle book"]) == ["other"]
    assert catalog.titles.candidates("What does Perl Module say?") == []
    assert catalog.titles.titles_with(["perl", "module"]) == 1
    assert catalog.titles.titles_with(["lee"]) == 0


def test_the_other_title_is_named(catalog):
    naming = named(catalog, "Does The Kettle Book speak of Perl?")
    assert [product.product_id for product in naming.products] == ["other"]
