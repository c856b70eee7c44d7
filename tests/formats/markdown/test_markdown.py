"""Markdown: one file, or a folder or zip of chapters."""

import shutil
from itertools import pairwise
from pathlib import Path

import pytest

from wellread.content import Block, BlockKind, FileOrigin
from wellread.errors import UnreadableError
from wellread.formats.document import Document, Source
from wellread.formats.markdown.reader import MarkdownReader

GUIDE = """\
---
title: "A Guide: to things"
author:
  - name: Jane Roe
    affiliation: Somewhere
  - John Doe
tags: [testing, "b, c"]
date: 2024-05-01T10:00
lang: en_GB
description: >
  Folded text
  over two lines.
isbn: 978-1-098-14823-2
---
# A Guide {#top}

Intro with **bold**, `code`, [a link](http://example.org) and a note[^1].
Wrapped line here.

[^1]: The *note* text
    goes on.

## Usage & More: it's `x()`!

1. First item
2. Second
   - nested **one**
   - [ ] a task
     ```python,ignore
     def f():
         return 1
     ```

## Usage

| a | b |
|---|:-:|
| 1 | `x\\|y` |

![Figure 1: The thing](f.png)

> [!NOTE]
> Quoted text.

<div align="center">
<h2>Centred</h2>
<p>Some &amp; text</p><img src="x" alt="A picture">
<script>alert(1)</script>
</div>

## Usage

Hard
break.
"""


def read(path: Path) -> Document:
    return MarkdownReader().read(Source(path))


def guide(tmp_path: Path, text: str = GUIDE) -> Document:
    path = tmp_path / "my_guide.md"
    path.write_text(text, encoding="utf-8")
    return read(path)


def of_kind(document: Document, kind: BlockKind) -> list[Block]:
    return [block for block in document.blocks if block.kind is kind]


def origin(block: Block) -> FileOrigin:
    assert isinstance(block.origin, FileOrigin)
    return block.origin


def test_front_matter_becomes_metadata(tmp_path: Path) -> None:
    metadata = guide(tmp_path).metadata
    assert metadata.title == "A Guide: to things"
    assert metadata.authors == ("Jane Roe", "John Doe")
    assert metadata.topics == ("testing", "b, c")
    assert (metadata.date, metadata.language) == ("2024-05-01", "en-GB")
    assert metadata.description == "Folded text over two lines."
    assert metadata.identifiers == ("urn:isbn:9781098148232",)


def test_front_matter_of_other_forms(tmp_path: Path) -> None:
    toml = guide(tmp_path, '+++\ntitle = "T"\nauthors = ["A", "B"]\ndate = 2024-05-01\n+++\nText.\n').metadata
    assert (toml.title, toml.authors, toml.date) == ("T", ("A", "B"), "2024-05-01")
    dashes = guide(
        tmp_path, "---\nTitle: 'It''s'\nkeywords:\n- one\n- two\nauthor: A B, C D and E F\n---\nText.\n"
    ).metadata
    assert (dashes.title, dashes.topics, dashes.authors) == ("It's", ("one", "two"), ("A B", "C D", "E F"))
    none = guide(tmp_path, "---\nA rule above.\n\n---\nText.\n")
    assert none.metadata.title == "My guide"
    assert [block.text for block in none.blocks][-1] == "Text."


BOMB = "\n".join(
    ["a: &a [x, x]", *(f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in pairwise("abcdefghijk"))]
)


@pytest.mark.parametrize(
    ("front", "title", "authors", "date"),
    [
        ("title: A Guide: to tea\nauthor: Jane Roe\ndate: 2024-05-01", "A Guide: to tea", ("Jane Roe",), "2024-05-01"),
        ("title: Tea\nauthor: @jane\ndate: 2024", "Tea", ("@jane",), "2024"),
        ("title: Tea\nauthor:\n\t- Jane Roe\ndate: 0755", "Tea", ("Jane Roe",), "0755"),
        ("title: 1.10\nauthor: [yes, no]\ndate: 2024-05", "1.10", ("yes", "no"), "2024-05"),
        ("title: !!python/object/apply:os.system [ls]\nauthor: null\ndate: ~", "ls", (), ""),
        ("title: Tea\nauthor: &who Jane Roe\npublisher: *who", "Tea", ("Jane Roe",), ""),
        (f"{BOMB}\ntitle: Tea\nauthor: *k", "Tea", (), ""),
        ("title: Tea\nauthor: " + "[" * 9000, "Tea", ("[" * 9000,), ""),
        ("title: Tea\nauthor: \"\\UFFFFFFFF\"", "Tea", ("\"\\UFFFFFFFF\"",), ""),
        ("title: Tea\nauthor:\n  name: Jane Roe", "Tea", ("Jane Roe",), ""),
        ("title: |\n  Tea\n  and milk\n", "Tea\nand milk", (), ""),
        ("title: Tea\ntags: [" + "x, " * 40_000 + "x]", "My guide", (), ""),
    ],
)  # fmt: skip
def test_front_matter_is_read_as_it_is_written(tmp_path, front, title, authors, date):
    document = guide(tmp_path, f"---\n{front}\n---\nText.\n")
    assert (document.metadata.title, document.metadata.authors, document.metadata.date) == (
        title,
        authors,
        date,
    )
    assert [block.text for block in document.blocks] == ["Text."]


def test_without_front_matter_the_sole_first_heading_is_the_title(tmp_path: Path) -> None:
    assert guide(tmp_path, "# The Title\n\n## One\n\ntext\n").metadata.title == "The Title"
    assert guide(tmp_path, "# One\n\ntext\n\n# Two\n\ntext\n").metadata.title == "My guide"


def test_headings_make_the_contents_with_the_ids_that_github_gives_them(tmp_path: Path) -> None:
    document = guide(tmp_path)
    assert [(e.title, e.depth, origin(document.blocks[e.block]).fragment) for e in document.contents] == [
        ("A Guide", 0, "top"),
        ("Usage & More: it's x()!", 0, "usage--more-its-x"),
        ("Usage", 0, "usage"),
        ("Centred", 0, "centred"),
        ("Usage", 0, "usage-1"),
    ]


def test_deeper_headings_are_deeper_sections(tmp_path: Path) -> None:
    document = guide(tmp_path, "# One\n\n### A\n\nx\n\n# Two\n\n## B\n\ny\n")
    assert [(entry.title, entry.depth) for entry in document.contents] == [
        ("One", 0),
        ("A", 2),
        ("Two", 0),
        ("B", 1),
    ]


def test_inline_markup_is_taken_off(tmp_path: Path) -> None:
    assert of_kind(guide(tmp_path), BlockKind.PARAGRAPH)[0].text == (
        "Intro with bold, code, a link and a note. Wrapped line here."
    )


def test_a_footnote_follows_what_refers_to_it(tmp_path: Path) -> None:
    document = guide(tmp_path)
    (note,) = of_kind(document, BlockKind.FOOTNOTE)
    assert (note.text, note.marker) == ("The note text goes on.", "1")
    assert document.blocks[document.blocks.index(note) - 1].text.startswith("Intro")


def test_what_looks_like_a_footnote_in_code_stays(tmp_path: Path) -> None:
    (code,) = of_kind(guide(tmp_path, "```\n[^1]: a\n```\n"), BlockKind.CODE)
    assert code.text == "[^1]: a"


def test_lists_tables_code_captions_and_quotes(tmp_path: Path) -> None:
    document = guide(tmp_path)
    items = [(block.marker, block.level, block.text) for block in of_kind(document, BlockKind.LIST_ITEM)]
    assert items == [("1.", 1, "First item"), ("2.", 1, "Second"), ("•", 2, "nested one"), ("•", 2, "a task")]
    assert [block.text for block in of_kind(document, BlockKind.TABLE)] == ["a | b\n1 | x|y"]
    (code,) = of_kind(document, BlockKind.CODE)
    assert (code.text, code.language) == ("def f():\n    return 1", "python")
    assert [b.text for b in of_kind(document, BlockKind.CAPTION)] == ["Figure 1: The thing", "A picture"]
    assert [b.text for b in of_kind(document, BlockKind.PARAGRAPH)][1:] == [
        "Note: Quoted text.",
        "Some & text",
        "Hard break.",
    ]


def test_scripts_are_left_out(tmp_path: Path) -> None:
    assert not any("alert" in block.text for block in guide(tmp_path).blocks)


def test_blocks_know_their_lines(tmp_path: Path) -> None:
    lines = GUIDE.split("\n")
    for block in guide(tmp_path).blocks:
        if block.kind in (BlockKind.HEADING, BlockKind.LIST_ITEM) and block.text != "Centred":
            assert block.text.split()[0] in lines[origin(block).line - 1]


def test_deep_nesting_loses_nothing(tmp_path: Path) -> None:
    text = "\n".join(f"{'  ' * depth}- item {depth}" for depth in range(30))
    assert len(of_kind(guide(tmp_path, text), BlockKind.LIST_ITEM)) == 30


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="my_guide"):
        guide(tmp_path, "---\ntitle: x\n---\n\n")


@pytest.fixture
def chapters(tmp_path: Path) -> Path:
    """A book as mdBook keeps it."""
    folder = tmp_path / "the_book"
    (folder / "src" / "deep").mkdir(parents=True)
    (folder / "book.toml").write_text('[book]\ntitle = "The Book"\nauthors = ["A B"]\n', encoding="utf-8")
    (folder / "src" / "SUMMARY.md").write_text(
        "# Summary\n\n[Preface](preface.md)\n\n# Part One\n\n- [One](one.md)\n    - [Inner](deep/inner.md)\n"
        "- [Draft]()\n- [Gone](gone.md)\n- [Outside](../../secret.md)\n\n# Part Two\n\n- [Two](./two.md#x)\n",
        encoding="utf-8",
    )
    for name in ("preface", "one", "deep/inner", "two", "unlisted"):
        text = f"# Heading of {name}\n\nText of {name}.\n\n## Usage\n\nMore.\n"
        (folder / "src" / f"{name}.md").write_text(text, encoding="utf-8")
    (tmp_path / "secret.md").write_text("Secret.", encoding="utf-8")
    return folder


def zipped(folder: Path) -> Path:
    return Path(shutil.make_archive(str(folder), "zip", folder))


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_a_book_of_chapters_in_the_order_of_its_index(chapters: Path, form: str) -> None:
    path = chapters if form == "folder" else zipped(chapters)
    assert MarkdownReader().accepts(path, b"" if form == "folder" else b"PK\x03\x04")
    document = read(path)
    assert (document.metadata.title, document.metadata.authors) == ("The Book", ("A B",))
    assert [(entry.title, entry.depth) for entry in document.contents] == [
        ("Preface", 0),
        ("Usage", 1),
        ("Part One", 0),
        ("One", 1),
        ("Usage", 2),
        ("Inner", 2),
        ("Usage", 3),
        ("Part Two", 0),
        ("Two", 1),
        ("Usage", 2),
    ]
    assert origin(document.blocks[8]).href == "src/deep/inner.md"
    assert "unlisted.md" in document.warnings[0]
    assert not any("Secret" in block.text for block in document.blocks)


def test_an_index_page_orders_the_chapters(tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "README.md").write_text(
        "# Notes\n\nAll of them.\n\n- [Second](b.md)\n- [First](a)\n", encoding="utf-8"
    )
    (folder / "a.md").write_text("Text a.\n", encoding="utf-8")
    (folder / "b.md").write_text("# Bee\n\nText b.\n", encoding="utf-8")
    assert MarkdownReader().accepts(folder, b"")
    document = read(folder)
    assert document.metadata.title == "Notes"
    assert [entry.title for entry in document.contents] == ["Notes", "Second", "First"]
    assert [block.text for block in document.blocks] == ["Notes", "All of them.", "Bee", "Text b.", "Text a."]


def test_a_library_with_a_readme_is_no_book(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("My library. See [one](a.md) and [two](b.md).", encoding="utf-8")
    for name in ("a.md", "b.md"):
        (tmp_path / name).write_text("Text.", encoding="utf-8")
    assert MarkdownReader().accepts(tmp_path, b"")
    (tmp_path / "novel.epub").write_bytes(b"PK")
    assert not MarkdownReader().accepts(tmp_path, b"")


def test_a_folder_without_index_is_no_book(tmp_path: Path) -> None:
    for name in ("a.md", "b.md"):
        (tmp_path / name).write_text("Text.", encoding="utf-8")
    assert not MarkdownReader().accepts(tmp_path, b"")
    with pytest.raises(UnreadableError, match="no index"):
        read(tmp_path)
