"""Passages: sizes, borders, coverage."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.work import lines_run

from wellread.content import Block, BlockKind, FileOrigin, Metadata, Passage, Section, SectionRole
from wellread.formats.document import ContentsEntry, Document
from wellread.ingest.passages import passages
from wellread.ingest.sections import sections
from wellread.text.words import count_words

HERE = FileOrigin("book.txt")
K = BlockKind


def block(kind: BlockKind, text: str) -> Block:
    return Block(kind, text, HERE)


def prose(words: int, sentence: int = 12) -> str:
    parts = [f"w{n}" + ("." if n % sentence == sentence - 1 or n == words - 1 else "") for n in range(words)]
    return " ".join(part.capitalize() if n % sentence == 0 else part for n, part in enumerate(parts))


def made(*blocks: Block, role: SectionRole = SectionRole.BODY) -> Section:
    document = Document(
        Metadata("Book"), blocks, (ContentsEntry("Part", 0, 0), ContentsEntry("One", 1, 0, role))
    )
    return sections(document, "00000000")[-1]


def texts(*blocks: Block) -> list[str]:
    return [passage.text for passage in passages("p", "en", "s", [made(*blocks)])]


def sizes(*blocks: Block) -> list[int]:
    return [len(text.split()) for text in texts(*blocks)]


def test_a_passage_says_where_it_is() -> None:
    section = made(block(K.HEADING, "One"), block(K.PARAGRAPH, prose(100)))
    (passage,) = passages("p", "en-GB", "s", [section])
    assert passage.text == section.text[passage.start : passage.end] == section.text
    assert (passage.heading, passage.language, passage.section_id) == ("Part › One", "en", "00000000-1")
    assert len(passage.passage_id) == 32 and set(passage.passage_id) <= set("0123456789abcdef")


def test_ids_are_stable_and_follow_what_the_text_was_made_from() -> None:
    section = made(block(K.PARAGRAPH, prose(400)))
    ids = [p.passage_id for p in passages("p", "en", "s", [section])]
    assert ids == [p.passage_id for p in passages("p", "en", "s", [section])]
    assert len(set(ids)) == len(ids)
    for other in (
        passages("q", "en", "s", [section]),
        passages("p", "en", "t", [section]),
        passages("p", "en", "s", [section], words=(80, 221)),
    ):
        assert not set(ids) & {p.passage_id for p in other}


def test_paragraphs_are_kept_whole_where_the_limits_allow() -> None:
    assert sizes(*[block(K.PARAGRAPH, prose(n)) for n in (70, 80, 90, 60, 100, 90)]) == [150, 150, 190]


def test_a_remainder_is_balanced_and_not_left_alone() -> None:
    assert all(
        90 <= size <= 150 for size in sizes(block(K.PARAGRAPH, prose(220)), block(K.PARAGRAPH, prose(20)))
    )
    assert sizes(block(K.PARAGRAPH, prose(20))) == [20]
    assert sizes(block(K.PARAGRAPH, prose(79)), block(K.PARAGRAPH, prose(79))) == [158]


def test_a_long_paragraph_is_cut_at_sentence_ends() -> None:
    found = texts(block(K.PARAGRAPH, prose(900)))
    assert all(text.endswith(".") for text in found)
    assert all(80 <= len(text.split()) <= 220 for text in found)


def test_a_sentence_without_end_is_cut_at_clauses_then_words_then_anywhere() -> None:
    clauses = texts(block(K.PARAGRAPH, ", ".join(["one two three four five six"] * 100)))
    assert all(text.endswith((",", "six")) for text in clauses)
    assert all(80 <= len(text.split()) <= 260 for text in texts(block(K.PARAGRAPH, "word " * 1000)))
    assert all(len(text) <= 260 * 30 for text in texts(block(K.PARAGRAPH, "x" * 50_000)))


def test_a_heading_goes_with_what_follows() -> None:
    blocks = []
    for n in range(12):
        blocks += [block(K.HEADING, f"Heading {n}"), block(K.PARAGRAPH, prose(55 + 13 * n % 70))]
    for text in texts(*blocks):
        assert not text.splitlines()[-1].startswith("Heading")


def test_a_list_stays_with_the_sentence_that_introduces_it() -> None:
    intro = prose(140) + " These are the steps:"
    items = [block(K.LIST_ITEM, f"step {n} " + "do " * 10) for n in range(7)]
    found = texts(block(K.PARAGRAPH, intro), *items, block(K.PARAGRAPH, prose(120)))
    (with_list,) = [text for text in found if "step 3" in text]
    assert "These are the steps" in with_list and "step 0" in with_list and "step 6" in with_list


def test_a_table_is_whole_when_it_fits_and_else_cut_by_lines() -> None:
    rows = "\n".join(f"name {n} | value {n}" for n in range(36))
    found = texts(block(K.PARAGRAPH, prose(150)), block(K.TABLE, rows), block(K.PARAGRAPH, prose(150)))
    assert any(rows in text for text in found)
    long = "\n".join(f"name {n} | value {n}" for n in range(200))
    found = texts(block(K.TABLE, long))
    assert len(found) > 3
    assert [line for text in found for line in text.split("\n")] == long.split("\n")


def test_a_footnote_stays_with_its_block() -> None:
    blocks = [block(K.PARAGRAPH, prose(150)), block(K.FOOTNOTE, "note " * 20), block(K.PARAGRAPH, prose(130))]
    assert [text.count("note") for text in texts(*blocks)] == [20, 0]


def test_a_label_goes_with_what_it_labels() -> None:
    blocks = [block(K.PARAGRAPH, prose(140)), block(K.PARAGRAPH, "Note"), block(K.PARAGRAPH, prose(148))]
    assert not texts(*blocks)[0].endswith("Note")


def test_words_of_scripts_without_spaces() -> None:
    (one,) = texts(block(K.PARAGRAPH, "这本书讲的是数据库。" * 20))
    assert count_words(one) == pytest.approx(180 / 1.7 + 20, abs=25)
    many = texts(block(K.PARAGRAPH, "这本书讲的是数据库。" * 300))
    assert all(text.endswith("。") and 80 <= count_words(text) <= 220 for text in many)
    thai = texts(block(K.PARAGRAPH, "ภาษาไทยไม่มีช่องว่างระหว่างคำ" * 300))
    assert all(80 <= count_words(text) <= 260 for text in thai)


def test_only_body_and_glossary_are_indexed() -> None:
    for role in SectionRole:
        found = list(passages("p", "", "s", [made(block(K.PARAGRAPH, prose(100)), role=role)]))
        assert bool(found) == (role in (SectionRole.BODY, SectionRole.GLOSSARY))


def test_a_section_of_headings_alone_gives_no_passage() -> None:
    assert texts(block(K.HEADING, "Part I")) == []


def test_impossible_limits_are_refused() -> None:
    with pytest.raises(ValueError, match="limits of a passage"):
        list(passages("p", "", "s", [made(block(K.PARAGRAPH, "a"))], words=(9, 3)))


def _check(section: Section, found: Sequence[Passage], least: int, most: int) -> None:
    covered = bytearray(len(section.text))
    last = 0
    for passage in found:
        assert last <= passage.start < passage.end
        last = passage.end
        assert passage.text == section.text[passage.start : passage.end] == passage.text.strip()
        covered[passage.start : passage.end] = b"\1" * (passage.end - passage.start)
    assert all(covered[n] or char.isspace() for n, char in enumerate(section.text))
    total = count_words(section.text)
    for passage in found:
        words = count_words(passage.text)
        assert words <= most * 1.19
        assert words >= least - 1 or total < least or len(found) == 1


WORDS = st.sampled_from(
    ["word", "Next", "end.", "why?", "a,", "e.g.", "3.11", "句子。", "漢字", "x" * 90, "—", "·\n", "日本語"]
)
TEXTS = st.lists(WORDS, min_size=1, max_size=160).map(" ".join)
BLOCKS = st.lists(st.tuples(st.sampled_from(list(BlockKind)), TEXTS), min_size=1, max_size=14)


@settings(max_examples=60)
@given(BLOCKS, st.sampled_from([(80, 220), (20, 60), (5, 9)]))
def test_ranges_are_ordered_cover_the_text_and_keep_the_limits(
    blocks: list[tuple[BlockKind, str]], limits: tuple[int, int]
) -> None:
    section = made(block(K.PARAGRAPH, "start"), *[block(kind, text) for kind, text in blocks])
    _check(section, list(passages("p", "en", "s", [section], words=limits)), *limits)


def test_work_grows_with_the_length_and_no_faster() -> None:
    kinds = [K.PARAGRAPH, K.PARAGRAPH, K.LIST_ITEM, K.CODE, K.HEADING]

    def work(count: int) -> int:
        chance = random.Random(1)
        section = made(
            *[block(chance.choice(kinds), prose(chance.choice((3, 40, 200)))) for _ in range(count)]
        )
        return lines_run(list, passages("p", "en", "s", [section]))

    assert work(400) < 2.2 * work(200)
