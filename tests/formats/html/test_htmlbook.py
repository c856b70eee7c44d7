"""Folders of HTML as O'Reilly's HTMLBook and mdBook lay them out: one title each, with what they say of it."""

from pathlib import Path

import pytest
from support.libraries import add
from support.stores import catalog_of

from wellread.content import SectionRole
from wellread.errors import UnreadableError
from wellread.formats.document import Document, Source
from wellread.formats.html.htmlbook import names_in
from wellread.formats.html.reader import HtmlReader


def write(folder: Path, pages: dict[str, str]) -> Path:
    folder.mkdir(parents=True)
    for name, content in pages.items():
        (folder / name).write_text(content, encoding="utf-8")
    return folder


def read(folder: Path) -> Document:
    assert HtmlReader().accepts(folder, b"")
    return HtmlReader().read(Source(folder))


def page(body: str, head: str = "") -> str:
    return (
        f"<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'><title>Brewing at Scale</title>{head}</head>"
        f"<body data-type='book'>{body}</body></html>"
    )


def chapter(number: int, title: str, byline: str, following: str = "") -> str:
    return page(
        f"<section xmlns='http://www.w3.org/1999/xhtml' data-type='chapter' id='c{number}'><h1>{title}</h1>{byline}"
        f"<p>Opening of {number}.<a data-type='indexterm' data-primary='tea'>&nbsp;</a></p>"
        f"<section data-type='sect1' id='c{number}a'><h1>Kettles of {number}</h1><p>They boil {number}.</p>"
        f"<section data-type='sect2' id='c{number}b'><h2>Spouts of {number}</h2><p>They pour {number}."
        f"<sup><a data-type='noteref' href='#n{number}'>1</a></sup></p>"
        f"<aside data-type='sidebar'><h5>Aside</h5><p>By the way {number}.</p></aside></section></section>"
        f"<section data-type='sect1' id='c{number}c'><h1>Lids of {number}</h1><p>They shut {number}.</p></section>"
        f"<div data-type='footnotes'><p data-type='footnote' id='n{number}'>A note {number}.</p></div></section>"
        + (f"<a href='{following}'>Next: whatever</a>" if following else "")
    )


def line(number: int, title: str) -> str:
    return (
        f"<! ---------- ><li data-type='chapter'><a href='ch0{number}.html'>{title}</a><ol>"
        f"<li data-type='sect1'><a href='ch0{number}.html#c{number}a'>Kettles of {number}</a><ol>"
        f"<li data-type='sect2'><a href='ch0{number}.html#c{number}b'>Spouts of {number}</a></li></ol></li>"
        f"<li data-type='sect1'><a href='ch0{number}.html#c{number}c'>Lids of {number}</a></li></ol></li>"
    )


BOOK = {
    "toc.html": page(
        "<section data-type='chapter'><h1>Table of Contents</h1><nav data-type='toc'><ol>"
        "<li data-type='preface'><a href='pr01.html'>Preface</a></li>"
        f"<li data-type='part'><a href='part1.html'>Part I: Heat</a><ol>{line(1, 'Water')}{line(2, 'Fire')}</ol></li>"
        f"<li data-type='part'><a href='part2.html'>Part II: Time</a><ol>{line(3, 'Waiting')}</ol></li>"
        "</ol></nav></section>"
    ),
    "titlepage.html": page(
        "<section data-type='titlepage'><h1>Brewing at Scale</h1><p class='subtitle'>Lessons from Large Pots</p>"
        "<p class='author'>Ann Lee, Bo van Dyke, and Cy Young</p></section>"
    ),
    "copyright.html": page(
        "<section data-type='copyright-page'><h1>Brewing at Scale</h1><p class='author'>by <span>Ann </span>"
        "<span>Lee</span></p><p class='publisher'>Published by <span class='publishername'>Pot Press</span>, Leeds.</p>"
        "<p>All rights reserved, and some more words that nobody reads.</p><ul><li><span class='revdate'>2020-02-28:"
        "</span> First</li></ul><p class='isbn'>978-1-492-08279-8</p></section>"
    ),
    "pr01.html": page("<section data-type='preface' id='p'><h1>Preface</h1><p>Why tea.</p></section>"),
    "part1.html": page("<div data-type='part' id='h'><h1>Part I. Heat</h1></div><a href='ch01.html'>Next: Water</a>"),
    "part2.html": page("<div data-type='part' id='t'><h1>Part II. Time</h1><p>On patience.</p></div>"),
    "ch01.html": chapter(
        1, "Water", "<p class='byline'>Written by Dee Lund</p><p class='byline'>Edited by Eve Marsh</p>", "ch02.html"
    ),
    "ch02.html": chapter(2, "Fire", "<p class='byline'>By Ann Lee and Flo Orr</p>"),
    "ch03.html": chapter(3, "Waiting", "<p data-type='author'>Gus Poole</p>"),
}  # fmt: skip
NESTED = [
    ("Preface", 0), ("Part I: Heat", 0), ("Water", 1), ("Kettles of 1", 2), ("Spouts of 1", 3), ("Lids of 1", 2),
    ("Fire", 1), ("Kettles of 2", 2), ("Spouts of 2", 3), ("Lids of 2", 2), ("Part II: Time", 0), ("Waiting", 1),
    ("Kettles of 3", 2), ("Spouts of 3", 3), ("Lids of 3", 2),
]  # fmt: skip


def body_entries(document: Document) -> list[tuple[str, int]]:
    return [(entry.title, entry.depth) for entry in document.contents if entry.role is SectionRole.BODY]


def test_a_folder_of_htmlbook_is_one_title_with_its_sections_nested(tmp_path: Path) -> None:
    found = read(write(tmp_path / "brew", BOOK))
    assert body_entries(found) == NESTED
    about = found.metadata
    assert (about.title, about.subtitle) == ("Brewing at Scale", "Lessons from Large Pots")
    assert about.authors == ("Ann Lee", "Bo van Dyke", "Cy Young")
    assert about.contributors == ("Dee Lund", "Flo Orr", "Gus Poole", "Eve Marsh")
    assert (about.publisher, about.date) == ("Pot Press", "2020-02-28")
    assert about.identifiers == ("urn:isbn:9781492082798",)
    texts = [block.text for block in found.blocks]
    assert not any(text.startswith("Next:") for text in texts)
    assert texts.index("They pour 1.") + 1 == texts.index("A note 1.")
    levels = {block.text: block.level for block in found.blocks if block.level}
    assert (levels["Water"], levels["Kettles of 1"], levels["Spouts of 1"]) == (1, 2, 3)


def test_without_authors_on_the_title_page_the_by_lines_name_them(tmp_path: Path) -> None:
    title = page("<section data-type='titlepage'><h1>Brewing at Scale</h1></section>")
    about = read(
        write(tmp_path / "brew", {**BOOK, "titlepage.html": title, "copyright.html": title})
    ).metadata
    assert about.authors == ("Dee Lund", "Ann Lee", "Flo Orr", "Gus Poole")
    assert about.contributors == ("Eve Marsh",)


def test_sections_are_nested_by_what_they_are_when_the_contents_name_only_chapters(tmp_path: Path) -> None:
    links = "".join(f"<li><a href='ch0{n}.html'>{t}</a></li>" for n, t in ((1, "Water"), (2, "Fire")))
    pages = {
        "index.html": page(f"<nav data-type='toc'><ol>{links}</ol></nav>"),
        **{name: BOOK[name] for name in ("ch01.html", "ch02.html")},
    }
    found = read(write(tmp_path / "brew", pages))
    assert body_entries(found) == [(title, depth - 1) for title, depth in NESTED[2:10]]


def test_one_page_of_htmlbook_is_nested_by_its_sections(tmp_path: Path) -> None:
    parts = [BOOK[name].partition("<body data-type='book'>")[2].partition("</body>")[0] for name in BOOK]
    path = tmp_path / "book.html"
    path.write_text(page("".join(parts[1:2] + parts[6:8])), encoding="utf-8")
    found = HtmlReader().read(Source(path))
    titles = [(entry.title, entry.depth) for entry in found.contents if entry.title != "Aside"]
    assert titles[-8:] == [(title, depth - 1) for title, depth in NESTED[2:10]]
    assert found.metadata.authors == ("Ann Lee", "Bo van Dyke", "Cy Young")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Written by Ann Lee", ["Ann Lee"]),
        (
            "by Ann Lee, Bo van Dyke & Cy Young, and Dee Lund.",
            ["Ann Lee", "Bo van Dyke", "Cy Young", "Dee Lund"],
        ),
        ("Von Ann Lee und Bo Dyke", ["Ann Lee", "Bo Dyke"]),
        ("Who wrote this chapter in the long summer of that year nobody knows", []),
        ("", []),
    ],
)
def test_by_lines(text: str, names: list[str]) -> None:
    assert list(names_in(text)) == names


SIDEBAR = (
    "<ol class='chapter'><li class='chapter-item affix'><a href='title-page.html'>The Tea Book</a></li>"
    "<li class='chapter-item'><a href='ch01-00.html'><strong aria-hidden='true'>1.</strong> Water</a></li>"
    "<li><ol class='section'><li class='chapter-item'><a href='ch01-01.html'><strong>1.1.</strong> Kettles</a></li>"
    "</ol></li></ol>"
)  # fmt: skip
MENU = "<div id='menu-bar' class='menu-bar'><a href='print.html' title='Print this book'></a></div>"
TEXTS = {
    "title-page.html": "<h1 id='tea'>The Tea Book</h1><p>By those who drink it, with help from others.</p>",
    "ch01-00.html": "<h1 id='water'>Water</h1><p>It has to be hot, and the pot has to be warm.</p>",
    "ch01-01.html": "<h1 id='kettles'>Kettles</h1><p>Copper is quick, iron keeps its heat for longer.</p>",
}


@pytest.mark.parametrize("is_in_script", [False, True])
def test_a_folder_of_mdbook_holds_nothing_twice(tmp_path: Path, *, is_in_script: bool) -> None:
    nav = "<script src='toc.js'></script>" if is_in_script else SIDEBAR

    def paged(text: str) -> str:
        following = "<a rel='next prefetch' href='ch01-00.html'>Next</a>"
        return (
            f"<html lang='en'><head><title>The Tea Book</title></head><body><nav id='sidebar'>{nav}</nav>{MENU}"
            f"<main>{text}</main><nav class='nav-wrapper'>{following}</nav></body></html>"
        )

    pages = {name: paged(text) for name, text in TEXTS.items()}
    pages["index.html"] = pages["title-page.html"]
    pages["print.html"] = paged("".join(TEXTS.values()))
    pages["toc.html"] = f"<html><body class='sidebar-iframe-inner'>{SIDEBAR}</body></html>"
    pages["old.html"] = (
        "<html><head><meta http-equiv='refresh' content='0; URL=ch01-00.html'></head><body><p>Redirecting to "
        "<a href='ch01-00.html'>ch01-00.html</a>.</p></body></html>"
    )
    found = read(write(tmp_path / "tea", pages))
    assert [(entry.title, entry.depth) for entry in found.contents] == [
        ("The Tea Book", 0),
        ("1. Water", 0),
        ("1.1. Kettles", 1),
    ]
    texts = [block.text for block in found.blocks]
    assert len(texts) == len(set(texts)) == 6
    assert found.metadata.title == "The Tea Book"
    assert not any("old.html" in warning for warning in found.warnings)


def test_an_index_that_only_leads_on_is_followed(tmp_path: Path) -> None:
    links = "<ul class='toc'><li><a href='b.html'>B</a></li><li><a href='a.html'>A</a></li></ul>"
    pages = {
        "index.html": "<meta http-equiv=refresh content='0;url=home.html'><a href='home.html'>Home</a>",
        "home.html": f"<title>Home of Tea</title><h1>Tea</h1>{links}<p>Welcome.</p>",
        "a.html": "<h1>A</h1><p>Alpha.</p>",
        "b.html": "<h1>B</h1><p>Beta.</p>",
    }
    found = read(write(tmp_path / "tea", pages))
    assert found.metadata.title == "Home of Tea"
    assert [block.text for block in found.blocks] == ["Tea", "Welcome.", "B", "Beta.", "A", "Alpha."]


def test_stubs_that_lead_in_circles_are_refused_or_read(tmp_path: Path) -> None:
    stub = "<meta http-equiv=refresh content='0;url={}.html'><a href='{}.html'>x</a><p>Words.</p>"
    pages = {"index.html": stub.format("a", "a"), "a.html": stub.format("index", "index")}
    with pytest.raises(UnreadableError) as caught:
        read(write(tmp_path / "empty", pages))
    assert caught.value.hint
    text = "Text. " * 50
    found = read(write(tmp_path / "odd", {**pages, "b.html": f"<p>{text}"}))
    assert [block.text for block in found.blocks] == [text.strip()]


def test_a_book_of_htmlbook_in_the_library(library, tmp_path: Path) -> None:
    [added] = add(library, write(tmp_path / "brew", BOOK))
    assert added.title == "Brewing at Scale"
    sections = {section.title: section for section in catalog_of(library.library).sections(added.product_id)}
    assert sections["Spouts of 2"].path == ("Part I: Heat", "Fire", "Kettles of 2", "Spouts of 2")
    [cell] = library.search(["What do spouts pour 2?"], product_ids=[added.product_id])
    assert "Table of Contents" not in " ".join(found.text for found in cell.found)
