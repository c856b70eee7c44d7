"""A document cut at its table of contents, with offsets that hold."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from wellread.content import Block, BlockKind, FileOrigin, Metadata, Section, SectionRole, TimeOrigin
from wellread.formats.document import ContentsEntry, Document
from wellread.ingest.sections import sections
from wellread.text.characters import harmless

HERE = FileOrigin("book.txt")


def paragraph(text: str) -> Block:
    return Block(BlockKind.PARAGRAPH, text, HERE)


def heading(text: str) -> Block:
    return Block(BlockKind.HEADING, text, HERE, level=1)


def cut(blocks: list[Block], *contents: ContentsEntry, title: str = "The Book") -> tuple[Section, ...]:
    return sections(Document(Metadata(title), tuple(blocks), contents), "0a1b2c3d")


def test_a_section_runs_from_its_entry_to_the_next_without_its_subsections() -> None:
    blocks = [
        heading("One"),
        paragraph("a"),
        heading("One and a half"),
        paragraph("b"),
        heading("Two"),
        paragraph("c"),
    ]
    one, half, two = cut(
        blocks, ContentsEntry("One", 0, 0), ContentsEntry("One and a half", 1, 2), ContentsEntry("Two", 0, 4)
    )
    assert (one.text, half.text, two.text) == ("One\n\na", "One and a half\n\nb", "Two\n\nc")
    assert [s.section_id for s in (one, half, two)] == ["0a1b2c3d-0", "0a1b2c3d-1", "0a1b2c3d-2"]
    assert (one.path, half.path, two.path) == (("One",), ("One", "One and a half"), ("Two",))


def test_of_entries_that_begin_together_the_innermost_holds_the_text() -> None:
    part, chapter = cut(
        [heading("Begin"), paragraph("x")], ContentsEntry("Part I", 0, 0), ContentsEntry("Begin", 1, 0)
    )
    assert (part.text, part.blocks, chapter.text) == ("", (), "Begin\n\nx")
    assert chapter.path == ("Part I", "Begin")


def test_a_depth_that_jumps_still_gives_a_path() -> None:
    found = cut(
        [paragraph(t) for t in "abcd"],
        ContentsEntry("A", 0, 0),
        ContentsEntry("B", 3, 1),
        ContentsEntry("C", 2, 2),
        ContentsEntry("D", 0, 3),
    )
    assert [s.path for s in found] == [("A",), ("A", "B"), ("A", "C"), ("D",)]


def test_text_before_the_first_entry() -> None:
    title_page, *_ = cut(
        [heading("Big Title"), paragraph("By Nobody"), paragraph("a")], ContentsEntry("One", 0, 2)
    )
    assert (title_page.title, title_page.role) == ("Big Title", SectionRole.FRONT)
    imprint, *_ = cut(
        [paragraph("© 2020. All rights reserved. " + "word " * 200), paragraph("a")],
        ContentsEntry("One", 0, 1),
    )
    assert (imprint.title, imprint.role) == ("The Book", SectionRole.FRONT)
    preface, *_ = cut([paragraph("word " * 200), paragraph("a")], ContentsEntry("One", 0, 1))
    assert preface.role is SectionRole.BODY
    spoken, *_ = cut(
        [Block(BlockKind.CUE, "Hello.", TimeOrigin(0, 9)), paragraph("a")], ContentsEntry("One", 0, 1)
    )
    assert spoken.role is SectionRole.BODY


def test_without_contents_all_is_one_section_and_body() -> None:
    (only,) = cut([paragraph("short")])
    assert (only.title, only.role, only.text) == ("The Book", SectionRole.BODY, "short")


def test_a_document_without_text_before_its_contents_has_no_extra_section() -> None:
    assert [s.title for s in cut([paragraph("  "), paragraph("a")], ContentsEntry("One", 0, 1))] == ["One"]


def test_roles_go_down_and_are_known_by_title() -> None:
    blocks = [paragraph(text) for text in ("a", "term 12, 14", "b", "c", "d", "e")]
    found = cut(
        blocks,
        ContentsEntry("One", 0, 0),
        ContentsEntry("Index", 0, 1),
        ContentsEntry("A–C", 1, 2),
        ContentsEntry("Appendix A. Glossary", 0, 3),
        ContentsEntry("Guide", 0, 4, SectionRole.FRONT),
        ContentsEntry("Inner", 1, 5),
    )
    assert [s.role for s in found] == [
        SectionRole.BODY,
        SectionRole.INDEX,
        SectionRole.INDEX,
        SectionRole.GLOSSARY,
        SectionRole.FRONT,
        SectionRole.FRONT,
    ]


def test_a_chapter_about_an_index_is_no_index() -> None:
    (chapter,) = cut(
        [paragraph("An index makes a query fast because " + "it is read first and " * 9)],
        ContentsEntry("Index", 0, 0),
    )
    assert chapter.role is SectionRole.BODY


def test_an_empty_title_is_made_up() -> None:
    found = cut(
        [heading("A Heading"), paragraph("one two three four five six seven eight nine ten")],
        ContentsEntry(" ", 0, 0),
        ContentsEntry("", 0, 1),
        ContentsEntry("", 0, 2),
    )
    assert [s.title for s in found] == ["A Heading", "one two three four five six seven eight…", "Section 3"]


def test_what_no_database_takes_is_replaced() -> None:
    (only,) = cut([paragraph("a\x00b\ud800c")])
    assert only.text == "a\ufffdb\ufffdc"
    only.text.encode()


@given(
    st.lists(st.text(max_size=12), max_size=12),
    st.lists(st.tuples(st.text(max_size=4), st.integers(0, 3), st.integers(0, 14)), max_size=6),
)
def test_offsets_hold_and_no_block_is_lost_or_doubled(
    texts: list[str], entries: list[tuple[str, int, int]]
) -> None:
    found = cut([paragraph(text) for text in texts], *(ContentsEntry(*entry) for entry in entries))
    for section in found:
        assert unicodedata.is_normalized("NFC", section.text)
        assert "\n\n".join(placed.block.text for placed in section.blocks) == section.text
        for placed in section.blocks:
            assert section.text[placed.start : placed.end] == placed.block.text
        assert section.title and section.path[-1] == section.title
    kept = [placed.block.text for section in found for placed in section.blocks]
    expected = [harmless(unicodedata.normalize("NFC", text)).strip() for text in texts]
    assert kept == [text for text in expected if text]
