"""Plain text: encodings, paragraphs, chapters."""

from pathlib import Path

import pytest

from wellread.content import BlockKind, FileOrigin
from wellread.errors import UnreadableError
from wellread.formats.document import Document, Source
from wellread.formats.plain.reader import TextReader

NOVEL = """\
The Project Gutenberg eBook of A Tale

Title: A Tale
Author: Nobody Known
Language: English

*** START OF THE PROJECT GUTENBERG EBOOK A TALE ***

A TALE

by Nobody Known

CONTENTS

CHAPTER I. The Night

CHAPTER II. The End

PART ONE

CHAPTER I.
The Night

It was a dark night, and the wind blew over the hills for so long that
nobody could tell when it had begun. The well-
known clock struck ten.

"STOP!" he cried, and so they did.

WHAT HAPPENED THEN

They went home and slept, for the night was long and the hills were as
dark as they had always been.

CHAPTER II. The End

Roses are red,
violets are blue,
sugar is sweet.

The wind went on over the hills and all of them heard it in their sleep until
the morning.

*** END OF THE PROJECT GUTENBERG EBOOK A TALE ***

The licence.
"""

MANUAL = """\
User Guide
==========

This is what you have to know, and it is not much.

1. Installation

Run the installer, and then restart the machine once.

1.1 On Linux

Use the package manager of your system for all of it.

2. Use

Steps to take are these:

1. Open the file

2. Read the file

3. Close it again

* One thing that goes over
  two lines
* Another thing
  - and one below it

    $ grep -c x file
    total = 0;

Then all is done.
"""


def read(tmp_path: Path, content: str | bytes, name: str = "a_tale.txt") -> Document:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return TextReader().read(Source(path))


def texts(document: Document) -> list[str]:
    return [block.text for block in document.blocks]


def test_a_novel_of_project_gutenberg(tmp_path: Path) -> None:
    document = read(tmp_path, NOVEL)
    assert document.metadata.title == "A Tale"
    assert document.metadata.authors == ("Nobody Known",)
    assert document.metadata.language == "en"
    assert [(entry.title, entry.depth) for entry in document.contents] == [
        ("A TALE", 0),
        ("CONTENTS", 1),
        ("PART ONE", 0),
        ("CHAPTER I. The Night", 1),
        ("WHAT HAPPENED THEN", 2),
        ("CHAPTER II. The End", 1),
    ]
    assert not any("licence" in text or "Gutenberg" in text for text in texts(document))


def test_each_contents_entry_points_at_its_heading(tmp_path: Path) -> None:
    for content in (NOVEL, MANUAL):
        document = read(tmp_path, content)
        assert all(document.blocks[entry.block].text == entry.title for entry in document.contents)
        assert all(document.blocks[entry.block].kind is BlockKind.HEADING for entry in document.contents)


def test_wrapped_lines_are_joined_and_hyphens_stay(tmp_path: Path) -> None:
    document = read(tmp_path, NOVEL)
    (night,) = [text for text in texts(document) if text.startswith("It was")]
    assert "so long that nobody" in night and "The well-known clock" in night and "\n" not in night


def test_verse_keeps_its_lines(tmp_path: Path) -> None:
    assert "Roses are red,\nviolets are blue,\nsugar is sweet." in texts(read(tmp_path, NOVEL))


def test_a_manual(tmp_path: Path) -> None:
    document = read(tmp_path, MANUAL)
    assert document.metadata.title == "User Guide"
    assert [(entry.title, entry.depth) for entry in document.contents] == [
        ("User Guide", 0),
        ("1. Installation", 0),
        ("1.1 On Linux", 1),
        ("2. Use", 0),
    ]
    items = [(b.marker, b.level, b.text) for b in document.blocks if b.kind is BlockKind.LIST_ITEM]
    assert items == [
        ("1.", 1, "Open the file"),
        ("2.", 1, "Read the file"),
        ("3.", 1, "Close it again"),
        ("•", 1, "One thing that goes over two lines"),
        ("•", 1, "Another thing"),
        ("•", 2, "and one below it"),
    ]
    assert [b.text for b in document.blocks if b.kind is BlockKind.CODE] == ["$ grep -c x file\ntotal = 0;"]


def test_blocks_know_their_lines(tmp_path: Path) -> None:
    document = read(tmp_path, MANUAL, "guide.txt")
    lines = MANUAL.split("\n")
    for block in document.blocks:
        assert isinstance(block.origin, FileOrigin) and block.origin.href == "guide.txt"
        assert block.text.split()[0] in lines[block.origin.line - 1]


def test_not_every_short_line_is_a_heading(tmp_path: Path) -> None:
    document = read(
        tmp_path,
        'He said:\n\nNo\n\n"YES!"\n\nPart of me agreed with all of this\n\n12 eggs, flour\n\nDear Sir,\n\n'
        "Chapter 3 was about ships and how they sail.\n\nThen it ended, as all things do.\n",
    )
    assert document.contents == ()


def test_a_text_without_wrapping_has_a_paragraph_on_each_line(tmp_path: Path) -> None:
    lines = ["word " * 60 + "one.", "word " * 50 + "two.", "word " * 70 + "three."]
    assert texts(read(tmp_path, "\n".join(lines))) == lines


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", "Grüße — aus „Köln“"),
        ("utf-8-sig", "Grüße aus Köln"),
        ("utf-16", "Grüße aus Köln"),
        ("utf-16-le", "Only plain letters here, and a dash – there"),
        ("utf-16-be", "Only plain letters here, and a dash – there"),
        ("cp1252", "Grüße für Käthe — “quoted” naïve façade, übergroß"),
        ("latin-1", "Grüße für Käthe, naïve façade"),
        ("cp1251", "Это предложение написано по-русски"),
        ("gb18030", "宇宙守护神保护我们远离邪恶，他能徒手抓住子弹。"),
        ("shift_jis", "これはペンです。それは何ですか。"),
    ],
)
def test_encodings(tmp_path: Path, encoding: str, text: str) -> None:
    assert texts(read(tmp_path, text.encode(encoding))) == [text]


def test_one_bad_byte_does_not_change_the_encoding(tmp_path: Path) -> None:
    content = ("Grüße aus Köln. " * 200).encode() + b"\xff end"
    (text,) = texts(read(tmp_path, content))
    assert text.startswith("Grüße aus Köln. Grüße")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b" \n\n\t",
        b"\xef\xbb\xbf",
        b"%PDF-1.7\nabc",
        b"PK\x03\x04abc",
        b"\x00\x01\x02\x03" * 50,
        b"-----\n",
    ],
)
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UnreadableError) as caught:
        read(tmp_path, content)
    assert "a_tale.txt" in caught.value.message and caught.value.hint
