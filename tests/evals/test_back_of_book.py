"""A title measured by its own index: what is a target, what counts as found, and what is left out and why."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from support.command import command
from support.epub_builder import Epub, nav, page
from support.libraries import add, book
from support.pdf_builder import Bookmark, Page, write_pdf
from support.stores import database_of

from wellread.blocking import BlockingWellread
from wellread.content import SectionRole
from wellread.errors import BadRequestError, NotFoundError
from wellread.evals.back_of_book import IndexFigures, measured_index
from wellread.settings import Settings
from wellread.store.database import tables

FILLER = "It goes on about the weather of that year and of the next, and about who was there to see it. " * 12


@pytest.fixture
def library(tmp_path: Path) -> Iterator[BlockingWellread]:
    with BlockingWellread(settings=Settings(home=tmp_path / "home", embedder="none")) as opened:
        yield opened


def measure(library: BlockingWellread, product_id: str, **options: object) -> IndexFigures:
    return library.run(measured_index(library.library, product_id, **options))


def with_pages(folder: Path, *entries: str, chapters: int = 4) -> Path:
    """A book of a chapter a printed page, each about an animal, and an index with these lines."""
    animals = ("zebras", "walruses", "herons", "lemurs", "otters", "toads")[:chapters]
    pages = {
        f"{number}.xhtml": page(
            f'<h1><span role="doc-pagebreak" id="p{number}" title="{number}"/>Chapter {number}</h1>'
            f'<p>Here we meet {animal}.</p><p id="more">{FILLER}</p>'
        )
        for number, animal in enumerate(animals, 1)
    }
    pages["end.xhtml"] = page(f"<h1>Index</h1><ul>{''.join(f'<li>{one}</li>' for one in entries)}</ul>")
    lines = [*(f"{number}.xhtml|Chapter {number}" for number in range(1, chapters + 1)), "end.xhtml|Index"]
    return Epub(pages, nav=nav(*lines)).write(folder / "animals.epub")


def test_what_is_found_on_the_pages_of_an_index_and_beside_them(library, tmp_path):
    [added] = add(library, with_pages(tmp_path, "herons, 3", "lemurs, 1", "walruses, 1–2", "zebras, 1, 4"))
    figures = measure(library, added.product_id, depths=(1, 5))
    assert (figures.entries, figures.terms, figures.targets, figures.by_link) == (4, 4, 5, 0)
    assert figures.skipped == {}
    assert not figures.with_vectors
    assert [(row.k, row.terms, row.targets) for row in figures.recall] == [(1, 0.75, 0.6), (5, 0.75, 0.6)]
    worst = figures.worst[0]
    assert (worst.term, worst.locators, worst.ranks) == ("lemurs", ("1",), (None,))
    assert library.read(worst.found_instead).section.title == "Chapter 4"


def test_the_index_itself_is_read_and_never_found(library, tmp_path):
    [added] = add(library, with_pages(tmp_path, "herons, 3", "pangolins, 2", "zebras, 1"))
    [cell] = library.search(["pangolins"], product_ids=[added.product_id])
    assert not cell.found
    titles = library.library.titles
    [index] = [one for one in titles.sections(added.product_id) if one.role is SectionRole.INDEX]
    assert "pangolins, 2" in index.text


def test_links_are_held_against_the_paragraph_that_they_lead_to(library, tmp_path):
    entries = (
        'herons, <a href="3.xhtml#more">over there</a>',
        'lemurs, <a href="4.xhtml">4</a>',
        'toads, <a href="9.xhtml">9</a>, <a href="#p1">see zebras</a>',
    )
    [added] = add(library, with_pages(tmp_path, *entries))
    figures = measure(library, added.product_id)
    assert (figures.terms, figures.by_link) == (2, 2)
    assert [row.targets for row in figures.recall] == [1.0, 1.0]


def test_what_cannot_be_measured_is_counted_by_why(library, tmp_path):
    entries = (
        "herons, 3",
        "lemurs, 88, 99",
        "cats, see dogs",
        "dogs, see cats",
        "zebras, 1, 77",
        "xylophones, xii",
    )
    [added] = add(library, with_pages(tmp_path, *entries))
    figures = measure(library, added.product_id)
    assert (figures.entries, figures.terms, figures.targets) == (6, 2, 2)
    assert figures.skipped == {
        "give pages that the text does not have": 2,
        "lead nowhere themselves: headings, and references to other entries": 2,
    }


def test_a_limit_is_spread_over_the_index(library, tmp_path):
    entries = [f"entry {letter}, {number % 4 + 1}" for number, letter in enumerate("abcdefghijklmnop")]
    [added] = add(library, with_pages(tmp_path, *entries))
    figures = measure(library, added.product_id, limit=4)
    assert sorted(one.term for one in figures.worst) == ["entry a", "entry e", "entry i", "entry m"]


def test_a_pdf_without_labels_is_counted_from_its_printed_page_one(library, tmp_path):
    animals = ("zebras", "walruses", "herons", "lemurs", "otters", "toads", "newts", "crows", "finches")
    cover = Page().show(72, 300, "A Book of Animals", font="F2", size=30)
    pages = [cover, Page().show(72, 100, "For all who asked for it, and for nobody else.")]
    for number, animal in enumerate(animals, 1):
        chapter = Page().show(72, 80, f"Chapter {number}", font="F2", size=20)
        chapter.lines(72, 120, [f"Here we meet {animal} at last.", *[FILLER[:90]] * 20])
        pages.append(chapter)
    index = Page().show(72, 80, "Index", font="F2", size=20)
    for line, (animal, number) in enumerate(sorted(zip(animals, range(1, 10), strict=True))):
        index.show(72, 120 + 20 * line, f"{animal}, {number}")
    marks = [Bookmark(f"Chapter {n}", n + 2, 70) for n in range(1, 10)] + [Bookmark("Index", 12, 70)]
    [added] = add(library, write_pdf(tmp_path / "animals.pdf", [*pages, index], bookmarks=marks))
    figures = measure(library, added.product_id)
    assert figures.first_page == 3
    assert (figures.terms, figures.recall[0].terms) == (9, 1.0)


def test_a_title_stored_before_its_index_was_told_gives_it_up_at_a_reindex(library, tmp_path):
    [added] = add(library, with_pages(tmp_path, "herons, 3", "pangolins, 2", "zebras, 1"))
    with database_of(library).begin() as connection:
        connection.execute(sa.update(tables.sections).values(role=SectionRole.BODY.value))
    assert measure(library, added.product_id).terms == 3
    list(library.reindex())
    [cell] = library.search(["pangolins"], product_ids=[added.product_id])
    assert not cell.found


def test_titles_without_an_index_or_without_pages_are_refused_with_what_to_do(library, tmp_path):
    [plain] = add(library, book(tmp_path, "tea.md", "On Tea", f"Green\n\n{FILLER}"))
    with pytest.raises(BadRequestError, match="“On Tea” has no index at its end"):
        measure(library, plain.product_id)
    with pytest.raises(NotFoundError):
        measure(library, "nothing")
    with pytest.raises(BadRequestError, match="A depth is 1 to 100"):
        measure(library, plain.product_id, depths=(0,))
    listed = "\n\n".join(f"{name}, {page}" for name, page in (("green", 7), ("black", 3), ("white", 9)))
    [pageless] = add(
        library, book(tmp_path, "more.md", "More Tea", f"Green\n\n{FILLER}", f"Index\n\n{listed}")
    )
    with pytest.raises(BadRequestError, match=r"the text does not say where pages begin \(3\)") as refused:
        measure(library, pageless.product_id)
    assert "links" in refused.value.hint


@pytest.mark.parametrize(("title", "least"), [("Steady Hands", 0.84), ("Light Touch", 0.9)])
def test_the_demo_books_are_found_by_their_indexes(demo, title, least):
    """Floors at five passages, to be raised with what is reached."""
    book_id = next(one.product_id for one in demo.products() if one.title == title)
    figures = measure(demo, book_id)
    assert figures.with_vectors
    assert figures.recall[0].terms >= least, figures.worst


def test_the_command_shows_figures_and_the_worst_terms(demo_home):
    with BlockingWellread(settings=Settings(home=demo_home)) as library:
        book_id = next(one.product_id for one in library.products() if one.title == "Steady Hands")
    home = {"WELLREAD_HOME": str(demo_home)}
    shown = command("eval", "index", book_id, "--limit", "20", "--k", "3", **home)
    assert shown.returncode == 0
    assert "Measured: 20 terms" in shown.stdout
    assert "@3" in shown.stdout
    figures = json.loads(command("eval", "index", book_id, "--limit", "20", "--json", **home).stdout)
    assert [row["k"] for row in figures["recall"]] == [5, 10]
    assert len(figures["worst"]) == 10
    assert command("eval", "index", "nowhere", **home).returncode == 3
    refused = command("eval", "index", book_id, "--k", "five", **home)
    assert refused.returncode == 2
    assert "no list of numbers" in refused.stderr
