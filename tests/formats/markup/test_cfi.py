"""EPUB CFIs: by the specification, against a book that holds some, and back again for every block."""

import re
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from support.epub_builder import Epub, page
from support.paths import SHARED

from wellread.content import Block, BlockKind, EpubOrigin
from wellread.formats.document import Source
from wellread.formats.epub.reader import EpubReader
from wellread.formats.markup import cfi
from wellread.formats.markup.parse import parse_xhtml

DATA = SHARED / "data" / "books"
needs_shared = pytest.mark.skipif(not DATA.is_dir(), reason="the shared books are not on this machine")


def origin(block: Block) -> EpubOrigin:
    assert isinstance(block.origin, EpubOrigin)
    return block.origin


def words(text: str) -> list[str]:
    return re.findall(r"\w+", re.sub("[\u00ad\u200b]", "", text))


def test_steps_count_elements_evenly_and_assert_ids(tmp_path: Path) -> None:
    body = "<!-- no step --><p>a</p><?pi no?>text<div id='x[1]'><p>b</p><!-- c -->tail</div>"
    spine = ['<itemref idref="i0" id="first"/>']
    path = Epub({"a.xhtml": page(body)}, spine=spine).write(tmp_path / "b.epub")
    blocks = EpubReader().read(Source(path)).blocks
    assert [(block.text, origin(block).cfi) for block in blocks] == [
        ("a", "epubcfi(/6/2[first]!/4/2)"),
        ("text", "epubcfi(/6/2[first]!/4/3)"),
        ("b", "epubcfi(/6/2[first]!/4/4[x^[1^]]/2)"),
        ("tail", "epubcfi(/6/2[first]!/4/4[x^[1^]]/3)"),
    ]


def test_an_asserted_id_wins_over_numbers() -> None:
    root = parse_xhtml(page("<p>new</p><p id='here'>old</p>").encode(), "a").root
    found = cfi.resolve(root, "/4/2[here]")
    assert found is not None
    assert found.element.text == "old"
    assert cfi.resolve(root, "/4/40") is None


def test_splitting_leaves_escaped_and_bracketed_characters_alone() -> None:
    assert cfi.split("epubcfi(/6/4[a!b]!/4/2[c^]!]/1:3)") == ("/6/4[a!b]", "/4/2[c^]!]/1:3")
    assert cfi.split("epubcfi(/6/4!/4,/2/1:1,/4/1:2)") == ("/6/4", "/4/2/1:1")
    assert cfi.split("no cfi") is None


@given(st.recursive(st.just([]), lambda below: st.lists(below, max_size=4), max_leaves=30), st.data())
def test_every_element_is_found_by_its_own_steps(shape: list[object], data: st.DataObject) -> None:
    root = etree.Element("html")
    stack = [(root, shape)]
    elements = [root]
    while stack:
        parent, below = stack.pop()
        for inner in below:
            child = etree.SubElement(parent, "div")
            if data.draw(st.booleans()):
                child.set(
                    "id", data.draw(st.text("ab[]^();,!/", min_size=1, max_size=5)) + str(len(elements))
                )
            elements.append(child)
            assert isinstance(inner, list)
            stack.append((child, inner))
    for element in elements:
        found = cfi.resolve(root, cfi.of_element(element))
        assert found is not None
        assert found.element is element


@needs_shared
@pytest.mark.parametrize("path", sorted(DATA.glob("*.epub")), ids=lambda path: path.stem)
def test_the_cfi_of_every_block_leads_to_its_text(path: Path) -> None:
    document = EpubReader().read(Source(path))
    trees = {}
    with zipfile.ZipFile(path) as archive:
        for name in {origin(block).href for block in document.blocks}:
            inside = name if name in archive.namelist() else f"epub/{name}"
            trees[name] = parse_xhtml(archive.read(inside), name).root
    # One long book by samples: the test is about correctness, not endurance.
    for block in document.blocks[:: 1 + len(document.blocks) // 3000]:
        parts = cfi.split(origin(block).cfi)
        assert parts is not None
        place = cfi.resolve(trees[origin(block).href], parts[1])
        assert place is not None
        assert parts[1].startswith(cfi.of_element(place.element))
        if place.text:
            before = place.element[place.text // 2 - 1] if place.text > 1 else None
            run = place.element.text if before is None else before.tail
            assert run.strip()
            assert words(run)[:1] in ([], words(block.text)[:1])
        elif block.kind is not BlockKind.CAPTION and not place.element.xpath(
            "boolean(.//*[local-name()='math'])"
        ):
            inside = [*place.element.itertext(), *place.element.xpath(".//@alt")]
            if place.element.tag.endswith("dt"):
                inside += place.element.getparent().itertext()
            around = set(words(" ".join(inside))) | set(words("".join(inside)))
            assert around.issuperset(words(block.text)[:6])


@needs_shared
def test_cfis_agree_with_those_that_a_book_holds() -> None:
    path = DATA / "georgia-cfi.epub"
    blocks = EpubReader().read(Source(path)).blocks
    ours = {cfi.without_assertions("/".join(cfi.split(origin(b).cfi) or ())): b for b in blocks}
    with zipfile.ZipFile(path) as archive:
        held = re.findall(r"#(epubcfi\([^\"]*\))\">(\d+)<", archive.read("EPUB/nav.xhtml").decode())
    assert len(held) > 5
    for theirs, label in held:
        parts = cfi.split(theirs)
        assert parts is not None
        # Each of them leads into the text of a paragraph, at whose next block the page has been turned.
        steps = re.sub(r"/\d+$", "", cfi.without_assertions("/".join(parts)))
        assert steps in ours, theirs
        following = blocks[blocks.index(ours[steps]) + 1]
        assert (
            label in (following.page, blocks[blocks.index(ours[steps])].page)
            or following.kind is BlockKind.FOOTNOTE
        )
