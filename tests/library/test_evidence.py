"""What a snippet takes in besides its hit, and which texts are given once."""

from wellread.content import Block, BlockKind, FileOrigin, PlacedBlock, Section, SectionRole
from wellread.library.evidence_range import SNIPPET_WORDS, evidence_range
from wellread.library.repeated_text import SeenTexts
from wellread.text.words import count_words

P, ITEM = BlockKind.PARAGRAPH, BlockKind.LIST_ITEM
LONG = "Words of a paragraph that is here to make the section long. " * 12


def section(*blocks: tuple[BlockKind, str]) -> Section:
    placed, start = [], 0
    for kind, text in blocks:
        placed.append(
            PlacedBlock(Block(kind, text.strip(), FileOrigin("a.md")), start, start + len(text.strip()))
        )
        start += len(text.strip()) + 2
    text = "\n\n".join(block.block.text for block in placed)
    return Section("s", 0, "S", ("S",), SectionRole.BODY, text, tuple(placed))


def widened(within: Section, first: int, last: int) -> str:
    start, end = evidence_range(within, within.blocks[first].start, within.blocks[last].end)
    assert count_words(within.text[start:end]) <= SNIPPET_WORDS
    return within.text[start:end]


LIST = ((P, "Three things are needed:"), (ITEM, "a hive"), (ITEM, "bees"), (ITEM, "patience"))


def test_a_short_section_is_given_whole():
    short = section((P, "One says this."), (P, "Another says that."))
    assert widened(short, 1, 1) == short.text


def test_an_introduction_brings_its_list_and_a_list_its_introduction():
    text = section((P, LONG), (P, LONG), *LIST, (P, LONG))
    whole = "Three things are needed:\n\na hive\n\nbees\n\npatience"
    assert widened(text, 2, 2) == whole
    assert widened(text, 4, 4) == whole.removesuffix("\n\npatience")
    assert widened(text, 5, 5) == whole
    assert widened(text, 1, 2).endswith("patience")


def test_a_law_comes_with_what_introduces_it():
    text = section(
        (P, LONG), (P, LONG), (P, "We call it the keeper's law:"), (P, "Bees do what bees do."), (P, LONG)
    )
    assert (
        widened(text, 3, 3) == widened(text, 2, 2) == "We call it the keeper's law:\n\nBees do what bees do."
    )


def test_an_introduction_whose_list_does_not_fit_is_left_out():
    text = section((P, LONG), (P, LONG), (P, "It is this:"), (P, LONG * 3))
    assert widened(text, 1, 2) == text.blocks[1].block.text
    many = section(
        (P, LONG), (P, LONG), (P, "They are:"), *[(ITEM, f"{number} {LONG}") for number in range(5)]
    )
    assert widened(many, 1, 2).rstrip().endswith("long.")
    assert not widened(many, 2, 2).endswith(":")


def test_the_same_text_is_seen_once():
    seen = SeenTexts()
    assert seen.is_new(LONG + "And an end.")
    assert not seen.is_new(LONG.upper().replace(" ", "\n") + "– and an END!")
    assert seen.is_new("Something else is said in this one.")
    assert seen.is_new(
        "Something else is said in this one. " + "The rest of it is what nobody has heard before. "
    )
