"""The sidecar says what is known about a product."""

from pathlib import Path

import pytest

from wellread.content import Metadata, ProductKind
from wellread.errors import UnreadableError
from wellread.formats import sidecar

FOUND = Metadata("From the file", authors=("Somebody",), identifiers=("urn:uuid:1",), language="en")


def applied(tmp_path: Path, text: str) -> Metadata:
    path = tmp_path / "book.toml"
    path.write_text(text, encoding="utf-8")
    return sidecar.apply(FOUND, path)


def test_what_it_says_replaces_what_the_file_said_and_the_rest_stays(tmp_path: Path) -> None:
    said = applied(
        tmp_path,
        """
        title = "The Title"
        kind = "video"
        authors = ["One", "Two"]
        topics = ["testing"]
        date = 2024-05-31
        series_index = 3
        id = "talk-1"
        """,
    )
    assert said == Metadata(
        "The Title",
        ProductKind.VIDEO,
        authors=("One", "Two"),
        topics=("testing",),
        date="2024-05-31",
        series_index="3",
        product_id="talk-1",
        identifiers=("urn:uuid:1",),
        language="en",
    )


def test_an_empty_sidecar_changes_nothing(tmp_path: Path) -> None:
    assert applied(tmp_path, "# nothing yet\n") == FOUND


def test_author_may_be_one_text(tmp_path: Path) -> None:
    assert applied(tmp_path, 'author = "One"').authors == ("One",)


@pytest.mark.parametrize("isbn", ["978-1-098-14823-2", "9781098148232", "urn:isbn:9781098148232"])
def test_an_isbn_comes_before_other_identifiers(tmp_path: Path, isbn: str) -> None:
    assert applied(tmp_path, f'isbn = "{isbn}"').identifiers == ("urn:isbn:9781098148232", "urn:uuid:1")


def test_an_isbn_of_ten_digits_becomes_one_of_thirteen(tmp_path: Path) -> None:
    assert applied(tmp_path, 'isbn = "0-306-40615-2"').identifiers[0] == "urn:isbn:9780306406157"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("titel = 'x'", "titel"),
        ("title = 3", "title"),
        ("title = ''", "title"),
        ("authors = [1]", "authors"),
        ("kind = 'film'", "kind"),
        ("kind = ['book']", "kind"),
        ("topics = true", "topics"),
        ("date = '31.5.2024'", "date"),
        ("isbn = '978-1-098-14823-3'", "isbn"),
        ("id = 'a/b'", "id"),
        ("[title]\nx = 1", "title"),
        ("author = 'A'\nauthors = ['B']", "authors"),
        ("title = ", "book.toml"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        applied(tmp_path, text)
    assert named in caught.value.message
    assert caught.value.hint


def test_an_unknown_key_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError) as caught:
        applied(tmp_path, "titel = 'x'")
    assert all(key in caught.value.hint for key in ("title", "author", "isbn", "series_index"))


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "book.toml"
    path.write_bytes(b"title = '\xff\xfe'")
    with pytest.raises(UnreadableError, match=r"book\.toml"):
        sidecar.apply(FOUND, path)
