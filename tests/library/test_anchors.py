"""Anchors open the text they were made on: after cutting anew, and after the file was changed."""

import json
import random
import zlib
from types import SimpleNamespace

import pytest
from support.libraries import add, book
from support.stores import catalog_of

from wellread.blocking import BlockingWellread
from wellread.content import Anchor, TimeOrigin, place_label
from wellread.errors import BadRequestError, NotFoundError
from wellread.settings import Settings
from wellread.store.catalog.section_rows import section_of

WORDS = (
    "river lantern copper meadow whisper granite orchard velvet thunder harbour pebble saffron willow ember compass "
    "marble feather canyon barley mirror anchor violet timber falcon glacier"
).split()


def sentence(chapter: int, number: int) -> str:
    """A sentence unlike the others."""
    words = random.Random(100 * chapter + number).choices(WORDS, k=12)
    return f"Remark {chapter}.{number}: {' '.join(words)}."


CHAPTERS = [f"Chapter {n}\n\n" + "\n\n".join(sentence(n, m) for m in range(12)) for n in range(1, 9)]
SAME = "The same sentence stands in two places."


def anchors_of(library, product_id) -> dict[str, str]:
    """The text of every block by its anchor."""
    return {
        str(Anchor(product_id, section.section_id, placed.start, placed.end)): placed.block.text
        for section in catalog_of(library.library).sections(product_id)
        for placed in section.blocks
    }


def test_anchors_hold_when_passages_are_cut_anew(demo_home):
    with BlockingWellread(settings=Settings(home=demo_home, embedder="none")) as library:
        every = {}
        for product in library.products():
            every |= anchors_of(library, product.product_id)
        chosen = random.Random(7).sample(sorted(every), 200)
        before = sum(product.passages for product in library.products())
    smaller = Settings(home=demo_home, embedder="none", passage_words_min=40, passage_words_max=90)
    with BlockingWellread(settings=smaller) as library:
        assert sum(product.passages for product in library.reindex()) > before * 1.5
        for anchor in chosen:
            place = library.read(anchor)
            assert (place.quote, place.state, str(place.anchor)) == (every[anchor], "exact", anchor)


def test_an_anchor_inside_a_turn_opens_at_the_second_it_is_said(library, tmp_path):
    talk = tmp_path / "talk.vtt"
    talk.write_text(
        "WEBVTT\n\n01:26.000 --> 01:33.000\nKettles are dull.\n\n"
        "01:33.000 --> 01:41.600\nNobody wants to write about them.\n\n"
        "01:41.600 --> 01:44.000\nTeapots are another matter.\n",
        encoding="utf-8",
    )
    [added] = add(library, talk)
    [section] = catalog_of(library.library).sections(added.product_id)
    start = section.text.index("Teapots")
    place = library.read(str(Anchor(added.product_id, section.section_id, start, len(section.text))))
    assert place.label == "00:01:41"
    assert place.origins == (TimeOrigin(101_600, 104_000, ""),)
    begins = section.text.index("Nobody")
    assert place.view(0).around[0].place == "00:01:26"
    [cell] = library.search(["Teapots are another matter"], product_ids=[added.product_id])
    assert cell.found[0].place == "00:01:26", "a snippet is placed where it begins"
    assert library.read(f"{added.product_id}/{section.section_id}/{begins}-{start}").label == "00:01:33"


def test_sections_stored_without_times_of_captions_open_near_them():
    stored = [
        [
            "cue",
            0,
            40,
            {"start_ms": 10_000, "end_ms": 20_000, "speaker": "Ann", "type": "time"},
            0,
            "",
            "",
            "",
        ]
    ]
    row = SimpleNamespace(edition_id="0a1b2c3d", ordinal=0, title="T", path=["T"], role="body")
    section = section_of(row, "x" * 40, zlib.compress(json.dumps(stored).encode()))
    [placed] = section.blocks
    assert place_label(placed.block) == "00:00:10"
    assert place_label(placed.block, 20) == "00:00:15"


def test_anchors_are_found_again_in_a_changed_file(library, tmp_path):
    [first] = add(library, book(tmp_path, "book.md", "A Book", *CHAPTERS))
    before = anchors_of(library, first.product_id)
    edited = [CHAPTERS[3], "New\n\nA chapter that was not there.", *CHAPTERS[:3], *CHAPTERS[4:7]]
    edited[2] = edited[2].replace(sentence(1, 5), sentence(1, 5).replace(":", ", added later:"))
    [second] = add(library, book(tmp_path, "book.md", "A Book", *edited))
    edition = library.run(library.library.product(second.product_id)).edition_id
    assert second.product_id == first.product_id
    states = {}
    for anchor, text in before.items():
        place = library.read(anchor)
        states.setdefault(place.state, []).append(text)
        if place.state in ("moved", "superseded"):
            assert place.quote == text
        if place.state == "moved":
            assert place.section.section_id.startswith(edition)
        if place.state == "changed":
            assert "added later" in place.quote
    assert len(states["changed"]) == 1
    assert all("k 8." in text or text == "Chapter 8" for text in states["superseded"])
    assert len(states["moved"]) > 80
    assert set(states) == {"moved", "changed", "superseded"}


def test_of_two_equal_quotes_the_one_with_the_same_surroundings_is_opened(library, tmp_path):
    chapters = [
        f"One\n\nAlpha comes first.\n\n{SAME}\n\nBeta follows.",
        f"Two\n\nGamma is here.\n\n{SAME}\n\nDelta ends.",
    ]
    [added] = add(library, book(tmp_path, "book.md", "A Book", *chapters))
    second = [a for a, text in anchors_of(library, added.product_id).items() if text == SAME][1]
    add(library, book(tmp_path, "book.md", "A Book", "Zero\n\nNew.", *reversed(chapters)))
    place = library.read(second)
    assert place.state == "moved"
    assert place.section.title == "Two"


def test_the_place_is_told_in_the_terms_of_its_medium(demo):
    labels = {}
    for product in demo.products():
        for section in catalog_of(demo.library).sections(product.product_id):
            for placed in section.blocks:
                anchor = Anchor(product.product_id, section.section_id, placed.start, placed.end)
                labels.setdefault(product.format, set()).add(demo.read(str(anchor)).label)
    assert {"p. 1", "p. 2"} <= labels["epub"]
    assert {"p. 1", "p. 2"} <= labels["pdf"]
    assert any(label.startswith("00:0") for label in labels["transcript"])


@pytest.mark.parametrize(
    "text", ["", "nonsense", "a/b/c", "x/00000000-1/9-3", "x/00000000-1/-1-3", "../../etc/passwd"]
)
def test_what_is_no_anchor_says_how_one_looks(library, text):
    with pytest.raises(BadRequestError, match="is no anchor") as caught:
        library.read(text)
    assert "PRODUCT/SECTION/START-END" in caught.value.hint


def test_anchors_of_nothing_are_not_found(library, tmp_path):
    [added] = add(library, book(tmp_path, "book.md", "A Book", *CHAPTERS))
    product = added.product_id
    edition = library.run(library.library.product(product)).edition_id
    for anchor in (
        f"stranger/{edition}-0/0-3",
        f"{product}/{edition}-9999/0-3",
        f"{product}/{edition}-0/0-999999",
    ):
        with pytest.raises(NotFoundError):
            library.read(anchor)
