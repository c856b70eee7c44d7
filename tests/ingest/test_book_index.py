"""A book's own index: told by its form in any format and language, and read into terms and where they lead."""

import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from support.epub_builder import Epub, nav, page
from support.pdf_builder import Bookmark, Page, write_pdf

from wellread.content import Block, BlockKind, FileOrigin, Metadata, PageBox, PdfOrigin, Section, SectionRole
from wellread.formats.document import ContentsEntry, Document, Source
from wellread.formats.epub.reader import EpubReader
from wellread.formats.html.reader import HtmlReader
from wellread.formats.pdf.reader import PdfReader
from wellread.ingest.index_entries import index_entries, pages_of
from wellread.ingest.passages import passages
from wellread.ingest.sections import sections

HERE = FileOrigin("book.txt")
PROSE = (
    "This paragraph says at some length what an index of a database is for, and when it should be made. " * 4
)


def document(title: str, lines: Sequence[str | tuple[int, str]]) -> Document:
    """A book of a chapter and a section with these lines; one of a list is given with its level."""
    blocks = [Block(BlockKind.HEADING, "One", HERE, 1), Block(BlockKind.PARAGRAPH, PROSE, HERE)]
    blocks.append(Block(BlockKind.HEADING, title, HERE, 1))
    for line in lines:
        level, text = line if isinstance(line, tuple) else (0, line)
        kind = BlockKind.LIST_ITEM if level else BlockKind.PARAGRAPH
        blocks.append(Block(kind, text, HERE, level))
    return Document(Metadata("Book"), tuple(blocks), (ContentsEntry("One", 0, 0), ContentsEntry(title, 0, 2)))


def last(title: str, *lines: str | tuple[int, str]) -> Section:
    return sections(document(title, lines), "0a1b2c3d")[-1]


def listed(*lines: str | tuple[int, str], title: str = "Index") -> dict[str, list[str]]:
    """The entries of an index with these lines: each term with the pages of its locators."""
    section = last(title, *lines)
    return {
        entry.term: [page for locator in entry.locators for page in locator.pages]
        for entry in index_entries([section])
    }


@pytest.mark.parametrize(
    ("text", "pages"),
    [
        ("12", "12"),
        ("12–15", "12 13 14 15"),
        ("123–7", "123 124 125 126 127"),
        ("15–12", "12 13 14 15"),
        ("12f", "12 13"),
        ("12ff", "12 13 14"),
        ("12 ff.", "12 13 14"),
        ("45n3", "45"),
        ("xii", "xii"),
        ("XI–XIII", "xi xii xiii"),
        ("١٢–١٤", "12 13 14"),
        ("A-3", "a-3"),
        ("1–99999", "1"),
        ("vim", ""),
        ("twelve", ""),
        ("", ""),
    ],
)
def test_the_pages_of_a_locator(text: str, pages: str) -> None:
    assert " ".join(pages_of(text)) == pages


def test_terms_stand_below_those_that_they_belong_to() -> None:
    assert listed(
        "A note on how to use this index",
        (1, "indexes, 3, 17–18. See also keys"),
        (2, "unique, 12"),
        (3, "partial, xii"),
        (2, "of expressions, 14ff"),
        (1, "keys. See indexes"),
        (2, "foreign, 20"),
        (1, "Windows 95, 7"),
        (1, ".profile … 9, 11"),
    ) == {
        "A note on how to use this index": [],
        "indexes": ["3", "17", "18"],
        "indexes › unique": ["12"],
        "indexes › unique › partial": ["xii"],
        "indexes › of expressions": ["14", "15", "16"],
        "keys": [],
        "keys › foreign": ["20"],
        "Windows 95": ["7"],
        ".profile": ["9", "11"],
    }


def test_terms_before_a_space_and_from_right_to_left() -> None:
    assert listed("Akkord 3", "Bass 12, 14", "C-Dur 7", title="Stichwortverzeichnis") == {
        "Akkord": ["3"],
        "Bass": ["12", "14"],
        "C-Dur": ["7"],
    }
    assert listed("ذاكرة، ١٢، ١٥–١٧", "قرص، ٣", "كتاب، ٩", title="الفهرس") == {
        "ذاكرة": ["12", "15", "16", "17"],
        "قرص": ["3"],
        "كتاب": ["9"],
    }
    assert listed("索引、12、15", "查询、3", "表、9", title="索引") == {
        "索引": ["12", "15"],
        "查询": ["3"],
        "表": ["9"],
    }


def test_references_are_no_places_even_in_a_circle_and_empty_entries_are_none() -> None:
    found = listed("cats, 2", "dogs, see hounds", "hounds, see dogs", ", 12", "…", "10,000 maniacs, 12")
    assert found == {"cats": ["2"], "dogs": [], "hounds": [], "…": [], "10,000 maniacs": ["12"]}


def test_what_a_pdf_ran_together_is_parted_where_that_is_sure() -> None:
    section = last(
        "Index", "deadlines, 17 decision records, 19", "law. See team boundaries counting, 15", "x, 3"
    )
    entries = list(index_entries([section]))
    assert [(entry.term, entry.refers) for entry in entries] == [
        ("deadlines", False),
        ("decision records", False),
        ("law. See team boundaries counting", True),
        ("x", False),
    ]


def test_the_columns_and_indentations_of_a_pdf_give_the_levels() -> None:
    def entry(text: str, left: float) -> Block:
        box = PageBox(9, left, 10, left + 50, 20)
        return Block(BlockKind.PARAGRAPH, text, PdfOrigin(9, "9", (box,)))

    blocks = [Block(BlockKind.HEADING, "Index", PdfOrigin(9, "9", (PageBox(9, 54, 0, 90, 9),)), 1)]
    blocks += [entry("teams, 3", 54), entry("size of, 4", 65), entry("time, 5", 54)]
    blocks += [entry("zones of, 6", 237), entry("walks, 7", 226)]
    [section] = sections(Document(Metadata("B"), tuple(blocks), (ContentsEntry("Index", 0, 0),)), "0a1b2c3d")
    terms = [one.term for one in index_entries([section])]
    assert terms == ["teams", "teams › size of", "time", "time › zones of", "walks"]


def test_a_chapter_about_indexes_is_none() -> None:
    assert last("Index", PROSE, PROSE).role is SectionRole.BODY
    assert (
        last("CREATE INDEX", "CREATE INDEX name ON table", PROSE, "unique", "name").role is SectionRole.BODY
    )
    assert last("Indexes", "B-tree", "Hash", "GiST", "SP-GiST", "GIN", "BRIN").role is SectionRole.BODY
    examples = [f"entry {number}, {number * 7 % 30}" for number in range(20)]
    assert last("Length of an Index", *[PROSE] * 3, *examples).role is SectionRole.BODY


def test_a_list_of_contents_and_one_of_numbers_are_none() -> None:
    rising = [f"Chapter {number}, {number * 7}" for number in range(1, 30)]
    assert last("Índice", *rising).role is SectionRole.BODY
    assert last("Weights", *[f"thing {n}, {n * 7 % 40}" for n in range(30)]).role is SectionRole.BODY


def test_an_index_is_told_by_its_form_without_a_title_that_says_so() -> None:
    lines = [f"ord {number}, {number * 7 % 31}" for number in range(25)]
    lines += [f"ting {number}, {number * 5 % 29}, {number + 40}" for number in range(10)]
    section = last("Hvor alt står", *lines)
    assert section.role is SectionRole.INDEX
    assert list(passages("b", "da", "0", [section])) == []


def test_an_index_of_twenty_thousand_entries_takes_seconds() -> None:
    lines = [
        (1 + number % 2, f"term number {number}, {number * 577 % 900}, xii–xv") for number in range(20_000)
    ]
    began = time.perf_counter()
    section = last("Index", *lines)
    assert section.role is SectionRole.INDEX
    assert sum(1 for _ in index_entries([section])) == 20_000
    assert time.perf_counter() - began < 20


def linked(section: Section, made: Sequence[Section]) -> dict[str, list[str]]:
    """The entries of an index by links: the text of the block to which each leads."""
    found = {}
    for entry in index_entries([section]):
        found[entry.term] = [
            next(
                placed.block.text
                for placed in made[locator.link.section].blocks
                if placed.start == locator.link.offset
            )
            for locator in entry.locators
            if locator.link
        ]
    return found


CHAPTER = (
    '<h1>One</h1><p>The first paragraph is about cats.</p><p>The second <a id="dog"/>is about dogs.</p>'
    '<section id="birds"><h2>Birds</h2><p>The third is about birds.</p></section>'
)
ENTRIES = (
    '<li>animals<ul><li>cats, <a href="one.xhtml">1</a></li><li>dogs 1, <a href="one.xhtml#dog">1</a>,'
    ' <a href="one.xhtml#birds">2</a>. See also <a href="#b">birds</a></li></ul></li>'
    '<li id="b">birds, <a href="one.xhtml#birds">2</a></li><li>fish. See <a href="#b">birds</a></li>'
    '<li>gone, <a href="one.xhtml#nowhere">3</a>, <a href="http://elsewhere.example/">4</a></li>'
)


def test_the_links_of_an_epub_lead_to_its_paragraphs(tmp_path: Path) -> None:
    end = page(f"<h1>Where</h1><ul>{ENTRIES}</ul>", attributes='epub:type="index"')
    book = Epub({"one.xhtml": page(CHAPTER), "end.xhtml": end}, nav=nav("one.xhtml|One", "end.xhtml|Where"))
    path = book.write(tmp_path / "book.epub")
    made = sections(EpubReader().read(Source(path)), "0a1b2c3d")
    assert [section.role for section in made][-1] is SectionRole.INDEX
    assert linked(made[-1], made) == {
        "animals": [],
        "animals › cats": ["One"],
        "animals › dogs 1": ["The second is about dogs.", "Birds"],
        "birds": ["Birds"],
        "fish": [],
        "gone": [],
    }
    assert not any(placed.block.links for section in made[:-1] for placed in section.blocks)


def test_the_index_of_an_html_folder_as_docbook_writes_it(tmp_path: Path) -> None:
    entries = "".join(f'<dt>term {n}, <a href="one.html#p{n * 7 % 30}">One</a></dt>' for n in range(30))
    body = "".join(f'<p>Paragraph {n} <a id="p{n}"></a>is here.</p>' for n in range(30))
    (tmp_path / "one.html").write_text(f"<html><body><h1>One</h1>{body}</body></html>")
    (tmp_path / "bookindex.html").write_text(
        f"<html><head><title>Index</title></head><body><h1>Index</h1><dl>{entries}</dl></body></html>"
    )
    (tmp_path / "index.html").write_text(
        '<html><body><h1>A Manual</h1><dl class="toc"><dt><a href="one.html">One</a></dt>'
        '<dt><a href="bookindex.html">Index</a></dt></dl></body></html>'
    )
    made = sections(HtmlReader().read(Source(tmp_path)), "0a1b2c3d")
    [index] = [section for section in made if section.role is SectionRole.INDEX]
    found = linked(index, made)
    assert len(found) == 30
    assert found["term 3"] == ["Paragraph 21 is here."]


def test_the_indexes_of_a_pdf(tmp_path: Path) -> None:
    first = Page()
    first.show(72, 80, "Chapter One", font="F2", size=20)
    first.lines(72, 120, [PROSE[:80]] * 20)
    end = Page()
    end.show(72, 80, "Concept Index", font="F2", size=20)
    for number in range(15):
        end.show(72, 120 + number * 20, f"concept {number}, {number * 7 % 15 + 1}")
    marks = [Bookmark("Chapter One", 1, 70), Bookmark("Concept Index", 2, 70)]
    book = write_pdf(tmp_path / "book.pdf", [first, end], bookmarks=marks)
    made = sections(PdfReader().read(Source(book)), "0a1b2c3d")
    assert [section.role for section in made] == [SectionRole.BODY, SectionRole.INDEX]
    assert [entry.term for entry in index_entries(made[1:])][:2] == ["concept 0", "concept 1"]


def test_chapters_about_indexes_that_link_to_their_parts_are_none(tmp_path: Path) -> None:
    parts = ("B-Tree", "Hash", "GiST", "BRIN")
    listed = "".join(f'<li><a href="#{part}">{part}</a></li>' for part in parts)
    told = "".join(
        f'<h2 id="{part}">{part}</h2><p>{PROSE} See <a href="#Hash">Hash</a>.</p>' for part in parts
    )
    linking = (
        "<p>There are several types: B-tree, hash, and the extension <a href='#BRIN'>BRIN</a>.</p>"
        "<p>By default, the command <a href='#Hash'>CREATE INDEX</a> makes a B-tree, which fits most often.</p>"
    )
    (tmp_path / "types.html").write_text(f"<html><body><h1>Index Types</h1>{linking}{told}</body></html>")
    (tmp_path / "indexes.html").write_text(
        f"<html><body><h1>Indexes</h1><ul>{listed}</ul>{told}</body></html>"
    )
    for name in ("types.html", "indexes.html"):
        made = sections(HtmlReader().read(Source(tmp_path / name)), "0a1b2c3d")
        assert {section.role for section in made} == {SectionRole.BODY}
