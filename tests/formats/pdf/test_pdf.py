"""What a reader of PDF books notices: text in order, whole paragraphs, places, contents, clear refusals."""

from pathlib import Path

import pytest
from support.paths import SHARED
from support.pdf_builder import HEIGHT, WIDTH, Bookmark, Page, write_pdf

from wellread.content import Block, BlockKind, PdfOrigin, SectionRole
from wellread.errors import UnreadableError
from wellread.formats.document import Document, Source
from wellread.formats.pdf.reader import PdfReader

# Lines that fill a measure of about 250 points in Helvetica 10.
FULL = [
    "The tide came in before the boats had left, so the",
    "harbour master walked along the quay and counted",
    "every mast that stood above the wall that morning,",
    "which is how the town learned that one was missing",
]
MORE = [
    "Nobody spoke of it until the evening bell, and even",
    "then the talk was about weather and about the price",
    "of rope, which had gone up again since last October.",
]


def read(path: Path) -> Document:
    return PdfReader().read(Source(path))


def pdf(tmp_path: Path, pages: list[Page], **extra: object) -> Document:
    return read(write_pdf(tmp_path / "book.pdf", pages, **extra))  # type: ignore[arg-type]


def texts(document: Document, kind: BlockKind | None = None) -> list[str]:
    return [block.text for block in document.blocks if kind is None or block.kind is kind]


def boxes(block: Block) -> PdfOrigin:
    assert isinstance(block.origin, PdfOrigin)
    return block.origin


def refused(path: Path) -> UnreadableError:
    with pytest.raises(UnreadableError) as caught:
        read(path)
    assert caught.value.hint
    return caught.value


# Text and paragraphs


def test_lines_of_a_paragraph_are_one_block_with_a_box_for_each(tmp_path: Path) -> None:
    page = Page()
    page.lines(72, 100, [*FULL, "from the row."])
    page.lines(72, 190, MORE)
    document = pdf(tmp_path, [page])
    assert texts(document) == [" ".join([*FULL, "from the row."]), " ".join(MORE)]
    origin = boxes(document.blocks[0])
    assert len(origin.boxes) == 5
    first = origin.boxes[0]
    assert first.x0 == pytest.approx(72, abs=1)
    assert first.y0 < 100 < first.y1 + 3
    assert [box.y0 for box in origin.boxes] == sorted(box.y0 for box in origin.boxes)


def test_an_indented_line_begins_a_paragraph(tmp_path: Path) -> None:
    page = Page()
    page.lines(72, 100, FULL[:3])
    page.lines(72, 136, ["from the row beside it."])
    page.lines(84, 148, [MORE[0][:46]])
    page.lines(72, 160, MORE[1:])
    assert len(texts(pdf(tmp_path, [page]))) == 2


def test_spaces_that_a_file_has_only_as_gaps(tmp_path: Path) -> None:
    page = Page().raw(f"BT /F1 10 Tf 1 0 0 1 72 {HEIGHT - 100} Tm [(Words)-400(without)-400(spaces)] TJ ET")
    assert texts(pdf(tmp_path, [page])) == ["Words without spaces"]


def test_ligatures_are_letters(tmp_path: Path) -> None:
    # The file's own table says that byte 1 is the single character fi.
    path = write_pdf(tmp_path / "book.pdf", [Page().show(72, 100, "dexnition of a xeld")])
    table = (
        b"/CIDInit 1 begincmap 1 begincodespacerange <00> <ff> endcodespacerange "
        b"1 beginbfchar <78> <FB01> endbfchar endcmap"
    )
    content = path.read_bytes()
    number = content.count(b" 0 obj\n") + 1
    content = content.replace(
        b"/BaseFont /Helvetica /Encoding", b"/BaseFont /Helvetica /ToUnicode %d 0 R /Encoding" % number
    )
    added = b"%d 0 obj\n<< /Length %d >>\nstream\n%s\nendstream\nendobj\n" % (number, len(table), table)
    at = content.index(b"xref\n")
    path.write_bytes(content[:at] + added + content[at:])  # pdfium repairs the offsets
    assert texts(read(path)) == ["definition of a field"]


def test_a_hyphen_at_a_line_end_goes_unless_the_word_has_one(tmp_path: Path) -> None:
    page = Page()
    page.lines(72, 100, ["A lighthouse keeper reads a well-known example of", "how a careful writer begins."])
    page.lines(
        72,
        150,
        [
            "The second chapter gives another and a longer exam-",
            "ple of the same, by an author who was never as well-",
            "known as the first but who wrote much more understand-",
            "ably than most of them did.",
        ],
    )
    text = texts(pdf(tmp_path, [page]))[1]
    assert "another and a longer example of" in text
    assert "as well-known as" in text
    assert "understandably" in text


def test_a_paragraph_goes_on_over_a_page(tmp_path: Path) -> None:
    first, second = Page(), Page()
    first.lines(72, 600, MORE)
    first.lines(72, 660, FULL)
    second.lines(72, 72, ["from the row, and why the bell was rung at noon."])
    second.lines(72, 100, MORE)
    document = pdf(tmp_path, [first, second])
    whole = document.blocks[1]
    assert whole.text == " ".join(FULL) + " from the row, and why the bell was rung at noon."
    assert {box.page for box in boxes(whole).boxes} == {1, 2}
    assert boxes(whole).page == 1
    assert len(document.blocks) == 3


def test_columns_are_read_one_after_the_other(tmp_path: Path) -> None:
    left = [*FULL, *MORE, *FULL]
    right = [line.upper() for line in left]
    page = Page().show(72, 60, "A title across both of the columns of this page, long enough", size=16)
    # As many programs write it: row by row, so that the order of the file is of no help.
    for number in range(len(left)):
        page.show(50, 100 + 12 * number, left[number], size=9)
        page.show(320, 100 + 12 * number, right[number], size=8)
    text = " ".join(texts(pdf(tmp_path, [page])))
    assert text.index("A title") < text.index(FULL[0])
    assert text.rindex(MORE[-1]) < text.index(FULL[0].upper())
    assert " ".join(FULL) in text


def test_a_page_that_lies_on_its_side_gives_boxes_as_it_is_shown(tmp_path: Path) -> None:
    # Text drawn upwards on a page turned by 90 degrees: upright when shown, 792 wide and 612 high.
    page = Page(rotate=90).raw("BT /F1 10 Tf 0 1 -1 0 100 72 Tm (Sideways words) Tj ET")
    document = pdf(tmp_path, [page])
    assert texts(document) == ["Sideways words"]
    box = boxes(document.blocks[0]).boxes[0]
    assert box.x0 == pytest.approx(72, abs=2)
    assert box.y1 == pytest.approx(100, abs=4)
    assert box.x1 - box.x0 > 3 * (box.y1 - box.y0)


def test_sideways_text_on_an_upright_page_is_read_and_boxed_where_it_stands(tmp_path: Path) -> None:
    upwards = Page().raw("BT /F1 10 Tf 0 1 -1 0 100 72 Tm (Climbing words) Tj ET")
    downwards = Page().raw("BT /F1 10 Tf 0 -1 1 0 300 700 Tm (Falling words) Tj ET")
    document = pdf(tmp_path, [upwards, downwards])
    assert texts(document) == ["Climbing words", "Falling words"]
    first, second = (boxes(block).boxes[0] for block in document.blocks)
    assert first.x1 == pytest.approx(100, abs=4)
    assert first.y1 == pytest.approx(HEIGHT - 72, abs=2)
    assert first.y1 - first.y0 > 3 * (first.x1 - first.x0)
    assert second.x0 == pytest.approx(300, abs=4)
    assert second.y0 == pytest.approx(HEIGHT - 700, abs=2)


def test_boxes_count_from_the_corner_of_the_crop_box(tmp_path: Path) -> None:
    page = Page(crop=(50, 100, WIDTH, HEIGHT - 20)).show(72, 120, "Cropped")
    box = boxes(pdf(tmp_path, [page]).blocks[0]).boxes[0]
    assert box.x0 == pytest.approx(22, abs=1)
    assert box.y1 == pytest.approx(100, abs=4)


# Heads, feet, pages


def many_pages(count: int) -> list[Page]:
    pages = []
    for number in range(1, count + 1):
        page = Page()
        page.show(72, 40, "The Harbour Book" if number % 2 else "Chapter of Boats", size=9)
        count = ("One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight")[number - 1]
        page.lines(72, 100, [f"{count} masts stood there."])
        page.lines(72, 130, FULL)
        page.show(300, 770, str(number + 10), size=9)
        pages.append(page)
    return pages


def test_running_heads_and_page_numbers_are_dropped(tmp_path: Path) -> None:
    document = pdf(tmp_path, many_pages(8))
    text = "\n".join(texts(document))
    assert "Harbour Book" not in text
    assert "Chapter of Boats" not in text
    assert not any(block.text.strip().isdigit() for block in document.blocks)
    assert text.count("masts stood there.") == 8


def test_page_labels(tmp_path: Path) -> None:
    document = pdf(
        tmp_path,
        [Page().show(72, 100, "Before"), Page().show(72, 100, "After")],
        catalog="/PageLabels << /Nums [0 << /S /r /St 4 >> 1 << /S /D /St 1 >>] >>",
    )
    assert [(block.page, boxes(block).page, boxes(block).label) for block in document.blocks] == [
        ("iv", 1, "iv"),
        ("1", 2, "1"),
    ]


# Kinds of blocks


def test_lists_listings_captions_and_tables(tmp_path: Path) -> None:
    page = Page()
    y = page.lines(72, 100, FULL) + 10
    page.lines(90, y, ["\u2022 oakum and pitch", "\u2022 rope of two sizes"])
    y = page.lines(72, y + 40, ["What the keeper types each night:"]) + 8
    page.lines(90, y, ["for lamp in lamps:", "    lamp.light()"], font="F3")
    y += 50
    page.show(72, y, "Figure 3.1: The quay at low water", size=9)
    for number, row in enumerate(
        (("Boat", "Crew", "Built"), ("Anna", "4", "1891"), ("Bertha", "12", "1904"))
    ):
        for column, cell in enumerate(row):
            page.show(72 + 100 * column, y + 40 + 14 * number, cell)
    page.lines(72, y + 110, MORE)
    document = pdf(tmp_path, [page])
    items = [block for block in document.blocks if block.kind is BlockKind.LIST_ITEM]
    assert [(item.marker, item.text, item.level) for item in items] == [
        ("\u2022", "oakum and pitch", 1),
        ("\u2022", "rope of two sizes", 1),
    ]
    assert texts(document, BlockKind.CODE) == ["for lamp in lamps:\n    lamp.light()"]
    assert texts(document, BlockKind.CAPTION) == ["Figure 3.1: The quay at low water"]
    assert texts(document, BlockKind.TABLE) == ["Boat | Crew | Built\nAnna | 4 | 1891\nBertha | 12 | 1904"]
    assert texts(document)[-1] == " ".join(MORE)


def test_a_footnote_follows_the_paragraph_with_its_mark(tmp_path: Path) -> None:
    first, second = Page(), Page()
    first.lines(72, 100, [*FULL[:3], "from the row."])
    first.show(72 + 61, 136 - 3, "1", size=6)
    first.lines(72, 600, FULL)
    first.show(72, 699, "1", size=5).show(77, 702, "As told in the log of that year.", size=8)
    second.lines(72, 72, ["from the row beside the wall."])
    second.lines(72, 120, MORE)
    document = pdf(tmp_path, [first, second])
    kinds = [block.kind for block in document.blocks]
    assert kinds == [BlockKind.PARAGRAPH, BlockKind.FOOTNOTE, BlockKind.PARAGRAPH, BlockKind.PARAGRAPH]
    note = document.blocks[1]
    assert (note.marker, note.text) == ("1", "As told in the log of that year.")
    assert document.blocks[0].text.endswith("from the row.")
    assert document.blocks[2].text.endswith(
        "was missing from the row beside the wall.".removeprefix("was missing ")
    )


# Contents


def chapters() -> list[Page]:
    pages = []
    for number, title in enumerate(("Boats", "Ropes", "Lamps"), 1):
        page = Page().show(72, 90, f"{number} {title}", font="F2", size=18)
        page.lines(72, 130, FULL)
        page.show(72, 220, f"{number}.1 More of {title.lower()}", font="F2", size=13)
        page.lines(72, 250, MORE)
        pages.append(page)
    return pages


def test_contents_from_bookmarks(tmp_path: Path) -> None:
    marks = []
    for number, title in enumerate(("Boats", "Ropes", "Lamps"), 1):
        marks += [Bookmark(title, number, 70), Bookmark(f"More of {title.lower()}", number, 205, 1)]
    document = pdf(tmp_path, chapters(), bookmarks=marks)
    assert [(entry.title, entry.depth) for entry in document.contents][:3] == [
        ("Boats", 0),
        ("More of boats", 1),
        ("Ropes", 0),
    ]
    entry = document.contents[3]
    heading = document.blocks[entry.block]
    assert (heading.kind, heading.text, heading.level) == (BlockKind.HEADING, "2.1 More of ropes", 2)


def test_contents_from_type_when_there_are_no_bookmarks(tmp_path: Path) -> None:
    document = pdf(tmp_path, chapters())
    assert [(entry.title, entry.depth) for entry in document.contents][:3] == [
        ("1 Boats", 0),
        ("1.1 More of boats", 1),
        ("2 Ropes", 0),
    ]
    assert len(texts(document, BlockKind.HEADING)) == 6


def test_a_list_of_contents_is_known_as_such(tmp_path: Path) -> None:
    listed = Page().show(72, 90, "Contents", font="F2", size=18)
    for number, title in enumerate(("Boats", "Ropes", "Lamps", "Bells", "Index"), 1):
        listed.show(72, 110 + 16 * number, f"{number} {title} " + ". " * 40 + str(number * 7))
    index = Page().show(72, 90, "Index", font="F2", size=18)
    terms = ("anchors, 3, 12", "bells, 4", "cables, 9, 10\u201312", "docks, 2", "eels, 31")
    for number, term in enumerate(terms):
        index.show(72, 120 + 14 * number, term)
    marks = [
        Bookmark("Boats", 2, 70),
        Bookmark("Ropes", 3, 70),
        Bookmark("Lamps", 4, 70),
        Bookmark("Index", 5, 70),
    ]
    document = pdf(tmp_path, [listed, *chapters(), index], bookmarks=marks)
    roles = {entry.title: entry.role for entry in document.contents}
    assert roles["Contents"] is SectionRole.CONTENTS
    assert roles["Boats"] is SectionRole.BODY


def test_slides_have_titles_and_their_steps_are_one(tmp_path: Path) -> None:
    def slide(title: str, *points: str) -> Page:
        page = Page(media=(0, HEIGHT - 270, 360, HEIGHT)).show(20, 40, title, font="F2", size=16)
        page.lines(30, 80, [f"\u2022 {point}" for point in points])
        return page

    document = pdf(
        tmp_path,
        [
            slide("Boats", "wood"),
            slide("Boats", "wood", "iron"),
            slide("Boats", "wood", "iron", "steel"),
            slide("Ropes", "hemp"),
        ],
    )
    assert texts(document, BlockKind.HEADING) == ["Boats", "Ropes"]
    assert texts(document, BlockKind.LIST_ITEM) == ["wood", "iron", "steel", "hemp"]


# Metadata

XMP = """<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title><rdf:Alt>
 <rdf:li xml:lang="x-default">Lamps at Sea</rdf:li>
 </rdf:Alt></dc:title><dc:creator><rdf:Seq><rdf:li>First Author</rdf:li>
 <rdf:li>Second Author</rdf:li></rdf:Seq>
 </dc:creator><dc:subject><rdf:Bag><rdf:li>lighthouses</rdf:li></rdf:Bag></dc:subject></rdf:Description>
 </rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""


def test_metadata_of_document_information(tmp_path: Path) -> None:
    known = pdf(
        tmp_path,
        [Page().show(72, 100, "ISBN 978-0-306-40615-7")],
        document="/Title (Harbours) /Author (One Writer; Other Writer) /CreationDate (D:20210305120000Z)",
        catalog="/Lang (en-GB)",
    ).metadata
    assert (known.title, known.date, known.language) == ("Harbours", "2021-03-05", "en-GB")
    assert known.authors == ("One Writer", "Other Writer")
    assert known.identifiers == ("urn:isbn:9780306406157",)


def test_metadata_of_xmp_comes_first(tmp_path: Path) -> None:
    known = pdf(tmp_path, [Page().show(72, 100, "Text")], document="/Title (draft.doc)", xmp=XMP).metadata
    assert known.title == "Lamps at Sea"
    assert known.authors == ("First Author", "Second Author")
    assert known.topics == ("lighthouses",)


@pytest.mark.parametrize("bad", ["Microsoft Word - final_v3.doc", "untitled", "book.indd", ""])
def test_a_title_that_is_none_gives_way_to_the_largest_text(tmp_path: Path, bad: str) -> None:
    page = Page().show(72, 100, "Keeping the Light", size=28)
    page.lines(72, 200, FULL)
    assert pdf(tmp_path, [page], document=f"/Title ({bad})").metadata.title == "Keeping the Light"


def test_the_last_resort_for_a_title_is_the_name_of_the_file(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "harbour_lights-2e.pdf", [Page().show(72, 100, "Text")])
    assert read(path).metadata.title == "harbour lights 2e"


# Refusals and warnings


def test_pictures_alone_are_refused_with_the_way_out(tmp_path: Path) -> None:
    error = refused(write_pdf(tmp_path / "scan.pdf", [Page(image=True)] * 3))
    assert "3 pages" in error.message
    assert "OCR" in error.hint


def test_scanned_pages_among_others_are_named(tmp_path: Path) -> None:
    words = [Page().show(72, 100, f"Page {word}") for word in ("one", "two", "three")]
    document = pdf(
        tmp_path, [words[0], Page(image=True), Page(image=True), words[1], Page(image=True), words[2]]
    )
    (warning,) = document.warnings
    assert "Pages 2\u20133 and 5 hold only a picture" in warning
    assert len(document.blocks) == 3


def test_a_locked_file(tmp_path: Path) -> None:
    error = refused(write_pdf(tmp_path / "locked.pdf", [Page().show(72, 100, "Secret")], encrypt=True))
    assert "password" in error.message


@pytest.mark.parametrize(
    "content", [b"", b"%PDF-1.7\n", b"not a PDF at all", b"%PDF-1.4\n" + b"\0\xff" * 500]
)
def test_damage_beyond_opening(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.pdf"
    path.write_bytes(content)
    refused(path)


def test_no_text(tmp_path: Path) -> None:
    assert "no text" in refused(write_pdf(tmp_path / "blank.pdf", [Page()])).message


def test_no_pages(tmp_path: Path) -> None:
    refused(write_pdf(tmp_path / "none.pdf", []))


def test_accepts_by_content_or_suffix() -> None:
    reader = PdfReader()
    assert reader.accepts(Path("book.bin"), b"junk\n%PDF-1.5 ...")
    assert reader.accepts(Path("book.PDF"), b"damaged")
    assert not reader.accepts(Path("book.epub"), b"PK\x03\x04")


# Real files


def test_difficult_files_give_a_document_or_a_clear_refusal() -> None:
    folder = SHARED / "data" / "odd" / "pdf"
    if not folder.is_dir():
        pytest.skip("the folder of difficult PDF files is not here")
    documents = 0
    for path in sorted(folder.glob("*.pdf")):
        try:
            document = read(path)
        except UnreadableError as error:
            assert error.hint, path.name
            continue
        documents += 1
        assert document.metadata.title, path.name
        for block in document.blocks:
            assert block.text == block.text.strip() != "", path.name
            assert boxes(block).boxes, path.name
        starts = [entry.block for entry in document.contents]
        assert starts == sorted(starts), path.name
        assert all(start < len(document.blocks) for start in starts), path.name
    assert documents > 100


def test_a_manual_is_read_as_its_editor_meant() -> None:
    path = SHARED / "data" / "pdf" / "policy.pdf"
    if not path.is_file():
        pytest.skip("the manual is not here")
    document = read(path)
    assert not document.warnings
    entries = {entry.title: entry for entry in document.contents}
    heading = document.blocks[entries["Exit status"].block]
    assert (heading.kind, heading.page) == (BlockKind.HEADING, "50")
    assert not any("Release 4.6.2.0" in block.text for block in document.blocks[20:])
    crossing = [block for block in document.blocks if len({box.page for box in boxes(block).boxes}) > 1]
    assert len(crossing) >= 15
    assert sum(block.kind is BlockKind.FOOTNOTE for block in document.blocks) > 100
