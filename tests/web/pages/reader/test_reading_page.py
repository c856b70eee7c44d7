"""The reader: what it shows of books, PDFs and talks, its pictures, and how it is kept to a section."""

import asyncio
import io
import os
import re
import signal
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path, PosixPath

import pytest
from PIL import Image
from support import epub_builder
from support.libraries import add, book
from support.long_talk import CHAPTERS, CUES, SECONDS, write_long_talk
from support.running_server import client, running
from support.stores import catalog_of, database_of
from support.work import given_up, lines_run, queries

from wellread.blocking import BlockingWellread
from wellread.content import (
    Anchor,
    Block,
    BlockKind,
    FileOrigin,
    PageBox,
    PdfOrigin,
    PlacedBlock,
    Section,
    SectionRole,
)
from wellread.events import AnswerCompleted, Citation
from wellread.formats.archive import Archive
from wellread.formats.sandbox import UnfinishedError
from wellread.library.pictures.book_figures import drawing, figures
from wellread.library.pictures.picture_sizes import picture_sizes
from wellread.library.pictures.pictures import Pictures
from wellread.library.pictures.thumbnail import encoded
from wellread.library.pictures.thumbnail_process import ThumbnailProcess
from wellread.settings import Settings
from wellread.store.catalog.outline import OutlineEntry, occurrences, outline
from wellread.web.pages.book_language import language_tag, text_direction
from wellread.web.pages.code_html import parts
from wellread.web.pages.place_words import place_words
from wellread.web.pages.reader.book_outline import BookOutline
from wellread.web.pages.reader.page_boxes import boxes
from wellread.web.pages.reader.section_html import MarkedRange, SectionHtml
from wellread.wire.runs import AskOptions

PAGE = {"Accept": "text/html,*/*"}
CHAPTER = """
<h1>Brewing</h1>
<p>Green tea is steeped at eighty degrees<a href="#n1" epub:type="noteref">1</a>, black tea at a boil.</p>
<aside id="n1" epub:type="footnote"><p>Some say seventy.</p></aside>
<p><img src="pot.png" alt="A pot"/></p>
<ol><li>Warm the pot.<ul><li>With hot water</li></ul></li><li>Add the leaves &lt;script&gt;.</li></ol>
<table><tr><th>Tea</th><th>Minutes</th></tr><tr><td>Green</td><td>2 to 3</td></tr></table>
<pre><code class="language-python">def brew(tea): return "hot"</code></pre>
<p><img src="bomb.png" alt="A bomb"/><img src="../../outside.png" alt="Outside"/></p>
<h2 id="w">Waiting</h2>
<p>Patience is most of it. <img src="pot.svg" alt="Drawn"/></p>
"""
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 200"><script>alert(1)</script></svg>'


@dataclass
class Served:
    """A server over the demo library with a book of each difficulty."""

    home: Path
    address: str = ""
    ids: dict[str, str] = field(default_factory=dict)
    run: str = ""
    citations: tuple[Citation, ...] = ()
    sections: dict[str, list[Section]] = field(default_factory=dict)

    def section(self, name: str, title: str) -> str:
        """The address of the section with that title."""
        found = next(section for section in self.sections[name] if section.title == title)
        return f"/library/{self.ids[name]}/sections/{found.section_id}"

    def anchor(self, name: str, words: str, start: int = 0, end: int = 10_000) -> Anchor:
        """The first paragraph with these words, or a part of it."""
        for section in self.sections[name]:
            for placed in section.blocks:
                if words in placed.block.text and section.role is SectionRole.BODY:
                    last = min(placed.start + end, placed.end)
                    return Anchor(self.ids[name], section.section_id, placed.start + start, last)
        raise AssertionError(words)

    def get(self, path: str, **headers: str):
        with client(self.address, headers={**PAGE, **headers}) as web:
            return web.get(path)

    def text(self, path: str) -> str:
        response = self.get(path)
        assert response.status_code == 200, response.text[:500]
        return response.text


def png(width: int, height: int, colour: str = "teal") -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(made, "PNG")
    return made.getvalue()


def bomb() -> bytes:
    """A small PNG that says it is 40,000 pixels wide and high."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 9))
        + chunk(b"IEND", b"")
    )


def tea(folder: Path) -> Path:
    return epub_builder.Epub(
        pages={
            "one.xhtml": epub_builder.page(CHAPTER),
            "two.xhtml": epub_builder.page(
                '<h1>Serving</h1><p><img src="pot.png" alt=""/></p><p>Pour it slowly.</p>'
            ),
        },
        nav=epub_builder.nav("one.xhtml|Brewing", "  one.xhtml#w|Waiting", "two.xhtml|Serving"),
        metadata=epub_builder.METADATA.replace("A Book", "Tea &lt;b&gt; Book")
        + '<meta name="cover" content="front"/>',
        manifest='<item id="front" href="front.png" media-type="image/png"/>',
        files={
            "OPS/front.png": png(900, 1200),
            "OPS/pot.png": png(120, 80),
            "OPS/bomb.png": bomb(),
            "OPS/pot.svg": SVG,
        },
    ).write(folder / "tea.epub")


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("reader")
    at = Served(folder / "home")
    settings = Settings(home=at.home, embedder="none")
    long = [f"Chapter {n}\n\nText {n} of a long book. {'Sentences follow it. ' * 20}" for n in range(300)]
    with BlockingWellread(settings=settings) as library:
        list(library.add([Path(str(files("wellread") / "demo"))], collection="demo"))
        added = add(library, tea(folder), book(folder, "long.md", "Long", *long, language="ar"))
        at.ids = {"tea": added[0].product_id, "long": added[1].product_id}
        for product in library.products(collection="demo"):
            at.ids[product.format] = product.product_id
        at.ids["epub"] = next(p.product_id for p in library.products() if p.title == "Steady Hands")
        events = list(
            library.ask("What is delegation?", AskOptions(product_ids=[at.ids["epub"], at.ids["transcript"]]))
        )
        at.run = events[0].run_id
        at.citations = next(event.citations for event in events if isinstance(event, AnswerCompleted))
        catalog = catalog_of(library.library)
        at.sections = {
            name: [catalog.section(product_id, entry.section_id) for entry in catalog.contents(product_id)]
            for name, product_id in at.ids.items()
        }
    with running(settings) as at.address:
        yield at


def reader_text(page: str) -> str:
    """The text that stands in the reader, in order, without tags."""
    return " ".join(re.sub(r"<[^>]*>", " ", page[page.index("<article") : page.index("</article>")]).split())


def test_programs_get_the_text_of_a_place_and_browsers_a_page(served):
    anchor = served.anchor("tea", "eighty")
    with client(served.address) as web:
        told = web.get(f"/read/{anchor}")
    assert told.headers["content-type"].startswith("text/plain")
    assert "«Green tea is steeped at eighty degrees, black tea at a boil.»" in told.text
    shown = served.get(f"/read/{anchor}")
    assert shown.headers["content-type"].startswith("text/html")
    assert (
        '<mark id="quote">Green tea is steeped at eighty degrees, black tea at a boil.</mark>' in shown.text
    )
    assert shown.text.count("<mark") == 1
    part = served.text(f"/read/{anchor}?part=reader")
    assert part.lstrip().startswith("<article") and part.rstrip().endswith("</article>")
    assert "<h1" not in part and "<h1" in shown.text
    assert served.get("/read/nothing").status_code == 400


def test_a_section_is_made_of_what_its_book_is_made_of(served):
    page = served.text(served.section("tea", "Brewing"))
    assert (
        "Tea &lt;b&gt; Book" in page
        and "<b>" not in page[page.index("<article") :].partition("reader-side")[0]
    )
    assert re.search(
        r'<div class="footnote" role="note"[^>]*><span class="marker">1</span> Some say seventy', page
    )
    assert re.search(
        r'<ol><li value="1"[^>]*>Warm the pot.<ul><li[^>]*>With hot water</li></ul></li>'
        r'<li value="2"[^>]*>Add the leaves &lt;script&gt;.</li></ol>',
        page,
    )
    assert '<th scope="col">Minutes</th>' in page and "<td>2 to 3</td>" in page
    assert '<span class="k">def</span>' in page
    assert 'lang="en" dir="ltr"' in page
    assert 'lang="ar" dir="rtl"' in served.text(f"/library/{served.ids['long']}/read")


def test_pictures_stand_where_they_stand_in_the_book(served):
    page = served.text(served.section("tea", "Brewing"))
    address = f"/library/{served.ids['tea']}/pictures/OPS/pot.png"
    assert re.search(
        rf'Some say seventy.*<img src="{address}" alt="[^"]*" width="120" height="80".*Warm the pot',
        page,
        re.S,
    )
    assert "bomb.png" not in page and "outside.png" not in page and "pot.svg" not in page
    told = served.get(address)
    assert told.headers["content-type"] == "image/webp"
    assert Image.open(io.BytesIO(told.content)).size == (120, 80)
    assert served.get(address, **{"If-None-Match": told.headers["etag"]}).status_code == 304
    assert served.get(f"/library/{served.ids['tea']}/pictures/OPS/bomb.png").status_code == 404
    assert served.get(f"/library/{served.ids['tea']}/pictures/META-INF/container.xml").status_code == 404
    assert re.search(rf'<h1.*{address}".*Pour it', served.text(served.section("tea", "Serving")), re.S)
    waiting = served.text(served.section("tea", "Waiting"))
    assert 'pot.svg" alt="' in waiting and 'width="300" height="200"' in waiting and "pot.png" not in waiting
    drawn = served.get(f"/library/{served.ids['tea']}/pictures/OPS/pot.svg")
    assert drawn.headers["content-type"] == "image/svg+xml"
    assert "sandbox" in drawn.headers["content-security-policy"]
    assert drawn.headers["x-content-type-options"] == "nosniff"
    for picture in (told, drawn):
        assert picture.headers["cache-control"] == "private, no-cache" and picture.headers["etag"]


def test_only_pictures_of_a_title_are_drawn_and_kept_once_each(served):
    kept = served.home / "cache" / "pictures"
    epub, pdf = (f"/library/{served.ids[name]}" for name in ("tea", "pdf"))
    assert served.get(f"{epub}/pictures/OPS/pot.png").status_code == 200
    assert served.get(f"{pdf}/pages/1.webp").status_code == 200
    before = sorted(kept.rglob("*.*"))
    for name in ("none1", "none2", "OPS/bomb.png", "META-INF/container.xml"):
        assert served.get(f"{epub}/pictures/{name}").status_code == 404
    assert served.get(f"{pdf}/pages/900000.webp").status_code == 404
    assert served.get(f"{epub}/pictures/ops/POT.png").status_code == 200
    assert sorted(kept.rglob("*.*")) == before


def test_sections_lead_on_and_one_that_is_only_a_heading_goes_with_the_next(served):
    page = served.text(served.section("epub", "Part II: The People"))
    assert "Part II: The People" in reader_text(page) and "I delegated it" in reader_text(page)
    [on] = re.findall(r'rel="next"[^>]*href="([^"]+)"', page)
    following = served.text(on)
    assert "Five levels of delegation" in following
    [back] = re.findall(r'rel="prev"[^>]*href="([^"]+)"', following)
    assert "I delegated it" in reader_text(served.text(back))
    assert back == served.section("epub", "Chapter 4. Delegation")
    assert 'aria-current="true">Five levels of delegation' in following
    first = served.text(f"/library/{served.ids['epub']}/read")
    assert served.sections["epub"][0].role is not SectionRole.BODY and "Preface" in first


def test_turning_back_is_the_opposite_of_turning_on_and_passes_no_text(served):
    here, way = f"/library/{served.ids['epub']}/read", {}
    while here:
        page = served.text(here)
        way[here] = next(iter(re.findall(r'rel="prev"[^>]*href="([^"]+)"', page)), "")
        before, here = here, next(iter(re.findall(r'rel="next"[^>]*href="([^"]+)"', page)), "")
        assert not here or here not in way
    addresses = list(way)
    assert [way[address] for address in addresses[2:]] == addresses[1:-1] and before == addresses[-1]
    turned = {address.rpartition("/")[2] for address in addresses}
    sections = served.sections["epub"]
    first = next(n for n, section in enumerate(sections) if section.section_id in turned)
    passed = [section for section in sections[first:] if section.section_id not in turned]
    assert passed and all(len(section.text) <= len(section.title) + 12 for section in passed)


def test_headings_that_are_passed_by_turning_stand_over_the_text_they_lead_to(tmp_path):
    settings = Settings(home=tmp_path / "home", embedder="none")
    with BlockingWellread(settings=settings) as library:
        titles = ("Before\n\nSome words of text.", "Part Two", "Seven\n\nOther words of text.")
        product_id = add(library, book(tmp_path, "p.md", "Parts", *titles))[0].product_id
    with running(settings) as address, client(address, headers=PAGE) as web:
        page = web.get(f"/library/{product_id}/read").text
        [on] = re.findall(r'rel="next"[^>]*href="([^"]+)"', page)
        page = web.get(on).text
        [back] = re.findall(r'rel="prev"[^>]*href="([^"]+)"', page)
        assert re.search(r">Part Two</a></p>.*<h1[^>]*>Seven</h1>", page, re.S)
        assert "Some words of text" in web.get(back).text


def test_a_pdf_has_the_pictures_of_its_pages_with_the_quoted_lines_marked(served):
    anchor = served.anchor("pdf", "surest way to delegate")
    page = served.text(f"/read/{anchor}")
    [address] = re.findall(r'<img src="(/library/[^"]+/pages/\d+\.webp)"', page)
    [width, height] = re.findall(rf'{address}" alt="" width="(\d+)" height="(\d+)" loading="lazy"', page)[0]
    assert f'viewBox="0 0 {width}' in page and page.count("<rect") >= 3
    picture = Image.open(io.BytesIO(served.get(address).content))
    assert picture.format == "WEBP" and picture.width == 1100
    assert abs(picture.width / picture.height - int(width) / int(height)) < 0.01
    for left, top, across, down in re.findall(
        r'<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"', page
    ):
        scale = picture.width / int(width)
        box = [float(left), float(top), float(left) + float(across), float(top) + float(down)]
        ink, _ = picture.crop([round(edge * scale) for edge in box]).convert("L").getextrema()
        assert ink < 100
    assert served.get(f"/library/{served.ids['pdf']}/pages/99999.webp").status_code == 404
    assert served.get(f"/library/{served.ids['epub']}/pages/1.webp").status_code == 404


def test_a_talk_has_its_recording_and_all_that_was_said(served):
    cited = next(c for c in served.citations if c.product_id == served.ids["transcript"])
    page = served.text(f"/read/{cited.anchor}")
    [start] = re.findall(r'<video[^>]*src="/api/v1/library/two-hats/files/media#t=([\d.]+)"', page)
    [quoted] = re.findall(
        r'data-start="(\d+)" data-end="\d+">(?:(?!class="cue).)*?<mark id="quote"', page, re.S
    )
    assert 0 < int(quoted) <= float(start) * 1000 < int(quoted) + 60_000
    assert page.count('class="cue') == sum(len(section.blocks) for section in served.sections["transcript"])
    assert '<track kind="captions"' in page
    assert re.findall(r"<span>([^<]+)</span></a></li>", page) == [
        section.title for section in served.sections["transcript"]
    ]
    with client(served.address) as web:
        assert (
            web.get("/api/v1/library/two-hats/files/media", headers={"Range": "bytes=0-99"}).status_code
            == 206
        )


def test_a_talk_plays_from_when_the_words_that_are_quoted_are_said(served):
    section, placed = max(
        ((section, one) for section in served.sections["transcript"] for one in section.blocks),
        key=lambda pair: pair[1].end - pair[1].start,
    )
    begins = placed.block.origin.start_ms
    _, cue, *_ = placed.block.origin.cues
    assert cue.start_ms > begins
    starts = []
    for first in (placed.start, placed.start + cue.offset):
        anchor = Anchor(served.ids["transcript"], section.section_id, first, placed.end)
        page = served.text(f"/read/{anchor}")
        starts += [float(found) * 1000 for found in re.findall(r"media#t=([\d.]+)", page)]
        assert f'data-start="{begins}"' in page
    assert starts == pytest.approx([begins, cue.start_ms], abs=1)


def test_a_long_talk_shows_the_chapters_around_what_is_opened_and_links_to_the_rest(tmp_path):
    settings = Settings(home=tmp_path / "home", embedder="none")
    with BlockingWellread(settings=settings) as library:
        [added] = add(library, write_long_talk(tmp_path))
        sections = catalog_of(library.library).contents(added.product_id)
    assert len(sections) == CHAPTERS
    with running(settings) as address, client(address, headers=PAGE) as web:
        place = f"/library/{added.product_id}/sections"

        def said(page):
            return dict.fromkeys(int(chapter) for chapter in re.findall(r"Cue (\d+)-\d+ says", page))

        page = web.get(f"{place}/{sections[20].section_id}").text
        assert list(said(page)) == [19, 20, 21]
        assert len(page) < 100_000
        for number in set(range(CHAPTERS)) - {19, 20, 21}:
            link = f'<a href="{place}/{sections[number].section_id}">Chapter {number} of the talk</a>'
            assert link in page
        times = [int(start) for start in re.findall(r'class="seek" href="[^"]+" data-start="(\d+)"', page)]
        assert times[:CHAPTERS] == [number * CUES * SECONDS * 1000 for number in range(CHAPTERS)]
        assert list(said(web.get(f"{place}/{sections[0].section_id}").text)) == [0, 1]
        assert list(said(web.get(f"{place}/{sections[-1].section_id}").text)) == [CHAPTERS - 2, CHAPTERS - 1]
        part = web.get(f"{place}/{sections[7].section_id}?part=chapter").text
        assert list(said(part)) == [7]
        assert "<html" not in part and all(f"Cue 7-{number} says" in part for number in range(CUES))
        found = web.get(f"/library/{added.product_id}/find", params={"q": "Cue 33-4 says"}).text
        anchor = re.findall(r'href="(/read/[^"]+)"', found)[0]
        quoted = web.get(anchor).text
        assert list(said(quoted)) == [32, 33, 34] and '<mark id="quote"' in quoted


def test_a_section_of_a_book_is_no_chapter_of_a_talk(served):
    answer = served.get(f"{served.section('tea', 'Brewing')}?part=chapter")
    assert answer.status_code == 404


def test_a_talk_without_its_recording_says_so(served, tmp_path):
    path = tmp_path / "walk.vtt"
    path.write_text("WEBVTT\n\n00:01.000 --> 00:03.000\n<v Host>We walk slowly.\n", encoding="utf-8")
    settings = Settings(home=tmp_path / "home", embedder="none")
    with BlockingWellread(settings=settings) as library:
        [added] = add(library, path)
    with running(settings) as address, client(address, headers=PAGE) as web:
        page = web.get(f"/library/{added.product_id}/read").text
    assert "The recording itself is not in this library" in page
    assert "<video" not in page and "We walk slowly." in page


def test_the_citations_of_an_answer_follow_each_other(served):
    total = len(served.citations)
    assert total > 2
    page = served.text(f"/read/{served.citations[1].anchor}?run={served.run}&citation=1&part=reader")
    assert f"Citation 2 of {total}" in page
    for step, position in (("previous", 0), ("next", 2)):
        address = f"/read/{served.citations[position].anchor}?run={served.run}&amp;citation={position}"
        assert re.search(rf'href="{re.escape(address)}" data-citation-step="{step}"', page)
    assert "data-citation-step" not in served.text(
        f"/read/{served.citations[1].anchor}?run={'0' * 32}&citation=1"
    )
    assert "data-citation-step" not in served.text(
        f"/read/{served.citations[1].anchor}?run={served.run}&citation=99"
    )


def test_what_is_gone_to_from_a_citation_leads_back_to_it(served):
    position, cited = next(
        (n, c) for n, c in enumerate(served.citations) if c.product_id == served.ids["epub"]
    )
    kept = f"run={served.run}&citation={position}"
    page = served.text(f"/read/{cited.anchor}?{kept}&part=reader")
    assert "Back to the citation" not in page
    escaped = kept.replace("&", "&amp;")
    article = re.sub(r'<a [^>]*target="_blank"', "", page)
    links = re.findall(r'href="(/(?:read|library/[^"/]+/(?:sections|read|find))[^"]*)"', article)
    assert len(links) > 10
    assert all(f"run={served.run}" in link for link in links)
    assert f'name="run" value="{served.run}"' in page
    [on] = re.findall(r'rel="next" class="turn-on"[^>]*href="([^"]+)"', page)
    assert escaped in on
    found = f"/library/{served.ids['epub']}/find?q=delegate&{kept}&part=reader"
    for address in (on.replace("&amp;", "&") + "&part=reader", found, found.replace("/find", "/read")):
        other = served.text(address)
        assert f"Citation {position + 1} of {len(served.citations)}" in other
        assert f'href="/read/{cited.anchor}?{escaped}" data-citation-step="here"' in other
    assert "Back to" not in served.text(served.section("epub", "Preface") + f"?run={'0' * 32}&citation=1")


def test_a_card_shows_the_evidence_in_its_context(served):
    card = served.text(f"/read/{served.anchor('tea', 'eighty', 17, 39)}?part=card")
    assert card.startswith('<div class="card-body">')
    assert f'<img src="/library/{served.ids["tea"]}/cover?of=' in card
    assert re.search(r"Green tea is <mark>steeped at eighty</mark> degrees", card) or "<mark>" in card
    assert "Brewing" in card and "added anew" not in card


def test_searching_within_a_title(served):
    page = served.text(f"/library/{served.ids['long']}/find?q=text++77+OF")
    assert "1 place with these words" in page
    [address] = set(re.findall(r'href="(/read/[^"]+)"><span class="found-path">Chapter 77</span>', page))
    assert '<mark id="quote">Text 77 of</mark>' in served.text(address)
    assert "The first 50 places" in served.text(f"/library/{served.ids['long']}/find?q=sentences")
    assert "0 places" in served.text(f"/library/{served.ids['long']}/find?q=%25_<x>&part=reader")
    assert "place" not in reader_text(served.text(f"/library/{served.ids['long']}/find"))


def test_words_and_contents_are_found_in_either_database(tmp_path, request):
    path = book(
        tmp_path, "b.md", "Database", "One\n\nÜber den Tee,\n100% Geduld.", "Two\n\n## Below\n\nüber  alles."
    )
    for database in ("", "postgresql"):
        if database:
            database = request.getfixturevalue("postgresql_url")
        settings = Settings(home=tmp_path / f"home{bool(database)}", database=database, embedder="none")
        with BlockingWellread(settings=settings) as library:
            [added] = add(library, path)
            product_id, opened = added.product_id, database_of(library.library)
            assert [(entry.title, entry.depth) for entry in outline(opened, product_id)] == [
                ("One", 0),
                ("Two", 0),
                ("Below", 1),
            ]
            for words, times in {
                "über": 2,
                "ÜBER": 2,
                "tee, 100%": 1,
                "geduld. über": 0,
                "über alles.": 1,
                "über den": 1,
                "100_": 0,
                " ": 0,
            }.items():
                found, more = occurrences(opened, product_id, words, limit=9)
                assert (len(found), more) == (times, False), words
                for one in found:
                    text = catalog_of(library.library).section(product_id, one.section_id).text
                    assert text[one.start : one.end].casefold().split() == words.casefold().split()
            assert occurrences(opened, product_id, "über", limit=1)[1]


def test_words_that_nearly_stand_everywhere_are_sought_in_no_more_time(tmp_path):
    words = " ".join(["a"] * 249 + ["b"])
    path = book(tmp_path, "a.md", "Letters", "One\n\n" + "\n\n".join(["a   a " * 4_000] * 16 + [words]))
    with BlockingWellread(settings=Settings(home=tmp_path / "home", embedder="none")) as library:
        [added] = add(library, path)
        opened, product_id = database_of(library.library), added.product_id
        with given_up():
            found, more = occurrences(opened, product_id, words, limit=9)
        assert (len(found), more) == (1, False)
        text = catalog_of(library.library).section(product_id, found[0].section_id).text
        assert text[found[0].start : found[0].end].split() == words.split()


def test_every_title_has_a_cover(served):
    own = served.get(f"/library/{served.ids['tea']}/cover")
    assert own.headers["content-type"] == "image/webp"
    assert Image.open(io.BytesIO(own.content)).size == (480, 640)
    assert served.get(f"/library/{served.ids['pdf']}/cover").headers["content-type"] == "image/webp"
    drawn = served.get(f"/library/{served.ids['long']}/cover")
    assert drawn.headers["content-type"] == "image/svg+xml" and ">Long</text>" in drawn.text
    assert "sandbox" in drawn.headers["content-security-policy"]
    kept = list((served.home / "cache" / "pictures").rglob("*-cover.webp"))
    assert len(kept) == 2
    for path in kept:  # it may be deleted at any time
        path.unlink()
    assert served.get(f"/library/{served.ids['tea']}/cover").content == own.content


def test_a_cover_that_cannot_be_decoded_is_drawn_instead(served, tmp_path):
    settings = Settings(home=tmp_path / "home", embedder="none")
    broken = {"bomb.png": bomb(), "not.png": b"\x89PNG\r\n\x1a\n broken"}
    with BlockingWellread(settings=settings) as library:
        for name, data in broken.items():
            metadata = (
                epub_builder.METADATA.replace("A Book", f"<i>{name}")
                .replace("<i>", "&lt;i&gt;")
                .replace("urn:uuid:1", name)
            )
            epub_builder.Epub(
                pages={"one.xhtml": epub_builder.page("<p>Words of some kind.</p>")},
                metadata=metadata + '<meta name="cover" content="c"/>',
                manifest=f'<item id="c" href="{name}" media-type="image/png"/>',
                files={f"OPS/{name}": data},
            ).write(tmp_path / f"{name}.epub")
        ids = [one.product_id for one in add(library, *tmp_path.glob("*.epub"))]
    assert len(ids) == 2
    with running(settings) as address, client(address) as web:
        for product_id in ids:
            cover = web.get(f"/library/{product_id}/cover")
            assert cover.headers["content-type"] == "image/svg+xml"
            assert "&lt;i&gt;" in cover.text and "<i>" not in cover.text


def test_a_place_of_an_earlier_edition_says_what_became_of_it(tmp_path):
    settings = Settings(home=tmp_path / "home", embedder="none")
    gone = "What was said here was taken out of the second edition again."
    with BlockingWellread(settings=settings) as library:
        path = book(
            tmp_path, "b.md", "Editions", f"One\n\nThe same words stay.\n\n{gone}", isbn="9780306406157"
        )
        [first] = add(library, path)
        product_id = first.product_id
        [old] = [s for s in library.run(library.library.contents(product_id)) if s.title == "One"]
        text = catalog_of(library.library).section(product_id, old.section_id).text
        book(
            tmp_path, "b.md", "Editions", "Zero\n\nNew.", "One\n\nThe same words stay.", isbn="9780306406157"
        )
        add(library, path)
    with running(settings) as address, client(address, headers=PAGE) as web:
        places = {}
        for words in ("The same words stay.", gone):
            start = text.index(words)
            anchor = Anchor(product_id, old.section_id, start, start + len(words))
            places[words] = [web.get(f"/read/{anchor}?part={part}").text for part in ("reader", "card")]
    for page in places["The same words stay."]:
        assert "the same words are now here" in page
    for page in places[gone]:
        assert "this is the earlier text" in page and gone in page
    assert 'rel="next"' not in places[gone][0]


def test_only_the_section_is_loaded_of_a_long_book(served):
    address = f"/read/{served.anchor('long', 'Text 150')}"
    page = served.text(address)
    assert "Text 150" in page and "Text 151" not in page
    assert len(page) < 80_000
    with queries() as of_three_hundred:
        served.get(address)
    with queries() as of_few:
        served.get(f"/read/{served.anchor('tea', 'eighty degrees')}")
    assert len(of_three_hundred) <= len(of_few)


def test_a_section_without_end_is_shown_in_parts(tmp_path):
    settings = Settings(home=tmp_path / "home", embedder="none")
    with BlockingWellread(settings=settings) as library:
        text = "\n\n".join(f"Paragraph {n} is one of many. {'It goes on and on. ' * 20}" for n in range(500))
        [added] = add(library, book(tmp_path, "endless.md", "Endless", f"Only\n\n{text}"))
        product_id = added.product_id
        [section] = library.run(library.library.contents(product_id))
        at = catalog_of(library.library).section(product_id, section.section_id).text.index("Paragraph 250 ")
    with running(settings) as address, client(address, headers=PAGE) as web:
        opened = web.get(f"/read/{Anchor(product_id, section.section_id, at, at + 13)}").text
        assert len(opened) < 120_000 and '<mark id="quote">Paragraph 250</mark>' in opened
        seen, here = [], f"/library/{product_id}/read"
        while here:
            page = web.get(here).text
            seen += re.findall(r"Paragraph (\d+) is", page)
            here = next(iter(re.findall(r'rel="next"[^>]*href="([^"]+)"', page)), "")
        assert seen == [str(n) for n in range(500)]
        assert 'rel="prev"' in page and "Only (3/4)" in page


def entries(*lines: tuple[int, str, int]) -> BookOutline:
    return BookOutline(
        [
            OutlineEntry(f"e-{n}", n, title, depth, SectionRole.BODY, length)
            for n, (depth, title, length) in enumerate(lines)
        ]
    )


def test_the_contents_of_a_long_book_open_the_branch_that_is_read():
    parts_of = [(0, "Part", 4), *[(1, "Chapter", 900), *[(2, "Section", 900)] * 30] * 8]
    outline = entries(*parts_of, *parts_of)
    at = 40
    rows = outline.rows(at)
    assert [row.entry.ordinal for row in rows if row.current] == [at]
    assert sum(row.depth == 0 for row in rows) == 2
    assert sum(row.depth == 1 for row in rows) == 8
    assert sum(row.depth == 2 for row in rows) == 30
    assert sum(row.closed for row in rows) == 1 + 7
    assert [entry.ordinal for entry in outline.above(at)] == [0, 32]
    assert len(entries(*[(0, "Entry", 9)] * 5000).rows(2500)) == 400
    assert outline.stretch(0) == 2 and outline.previous(2).ordinal == 1 and outline.next(0).ordinal == 2


def test_quoted_lines_of_a_page_are_told_by_their_widths():
    lines = tuple(PageBox(1, 10, 10 * n, 110, 10 * n + 8) for n in range(4))
    placed = PlacedBlock(Block(BlockKind.PARAGRAPH, "x" * 400, PdfOrigin(1, "1", lines)), 0, 400)
    assert [round(box.y0 + 1.5) for box in boxes([placed], MarkedRange(110, 290))] == [10, 20]
    assert len(boxes([placed], MarkedRange(0, 400))) == 4
    assert boxes([placed], MarkedRange(400, 500)) == []


def test_a_mark_goes_on_through_cells_and_parts_of_listings():
    rows = PlacedBlock(Block(BlockKind.TABLE, "A | B\n<1> | 2\n3 | 4", FileOrigin("f")), 10, 30)
    start = 10 + len("A | B\n")
    made = str(SectionHtml(0, MarkedRange(start, start + len("<1> | 2")), top=1).blocks([rows]))
    assert (
        '<mark id="quote">&lt;1&gt;</mark>' in made and "<mark>2</mark>" in made and made.count("<mark") == 2
    )
    code = "def f():\n\treturn '<a>'\n"
    listing = PlacedBlock(Block(BlockKind.CODE, code, FileOrigin("f"), language="python"), 0, len(code))
    made = str(SectionHtml(0, MarkedRange(4, 20), top=1).blocks([listing]))
    assert (
        re.sub(r"<[^>]+>", "", made).replace("&#39;", "'").replace("&lt;", "<").replace("&gt;", ">") == code
    )


@pytest.mark.parametrize("language", ["python", "no-such-language", "", "sql"])
def test_the_parts_of_a_listing_are_all_of_it(language):
    code = "  select * from t where x = 'a'\n\n-- end\t\n"
    assert "".join(value for _, _, value in parts(code, language)) == code


def test_no_more_listings_of_a_view_are_coloured_than_it_can_wait_for():
    code = "def f(x): return x\n" * 150
    starts = [n * len(code) for n in range(20)]
    listings = [
        PlacedBlock(Block(BlockKind.CODE, code, FileOrigin("f"), language="python"), start, start + len(code))
        for start in starts
    ]
    made = str(SectionHtml(0, None, top=1).blocks(listings))
    told = ['<span class="k">' in one for one in made.split('<div class="listing"')[1:]]
    assert len(told) == 20 and 0 < sum(told) * len(code) <= 30_000 and not told[-1]
    assert re.sub(r"<[^>]+>", "", made).replace("\n", "") == (code * 20).replace("\n", "")


def test_headings_do_not_leave_a_level_out():
    levels = [(1, "One"), (4, "Deep"), (2, "Two"), (6, "Deepest")]
    blocks = [
        PlacedBlock(Block(BlockKind.HEADING, text, FileOrigin("f"), level), 10 * n, 10 * n + len(text))
        for n, (level, text) in enumerate(levels)
    ]
    made = str(SectionHtml(0, None, top=1).blocks(blocks))
    assert re.findall(r"<h(\d)", made) == ["2", "3", "2", "3"]


def test_languages_of_books():
    assert [language_tag(tag) for tag in ("en", "pt_BR", "zh-Hant-TW", '" onload="', "")] == [
        "en",
        "pt-BR",
        "zh-Hant-TW",
        "",
        "",
    ]
    assert [text_direction(tag) for tag in ("he-IL", "de", "")] == ["rtl", "ltr", "auto"]


def test_a_drawing_that_takes_too_long_or_dies_is_told_from_one_that_fails_and_the_next_is_drawn(tmp_path):
    (tmp_path / "bad.pdf").write_bytes(b"%PDF-1.7 not really")
    process = ThumbnailProcess(seconds=20)
    try:
        assert process.draw("pdf_page", tmp_path / "bad.pdf", 1) is None
        assert process.draw("no_such_drawing", tmp_path / "bad.pdf") is None
        path = tea(tmp_path)
        assert process.draw("epub_cover", path)
        os.kill(process.sandbox.pid, signal.SIGKILL)
        with pytest.raises(UnfinishedError):
            process.draw("epub_cover", path)
        assert process.draw("epub_cover", path)
    finally:
        process.close()
    hasty = ThumbnailProcess(seconds=0.0)
    with pytest.raises(UnfinishedError):
        hasty.draw("epub_cover", path)


def test_a_picture_that_was_not_finished_is_drawn_another_time(tmp_path):
    with BlockingWellread(settings=Settings(home=tmp_path / "home", embedder="none")) as library:
        [added] = add(library, tea(tmp_path))
        product = library.run(library.library.product(added.product_id))
        here = Pictures(library.library.titles, library.library.settings.home / "cache" / "pictures")
        made = tmp_path / "home" / "cache" / "pictures"

        async def killed(pictures: Pictures) -> None:
            assert await pictures.cover(product)
            os.kill(pictures.drawer.process.sandbox.pid, signal.SIGKILL)
            assert await pictures.figure(product, "OPS/pot.png") is None
            assert await pictures.figure(product, "OPS/bomb.png") is None  # drawn, with nothing for an answer
            assert await pictures.figure(product, "OPS/pot.png") is None  # it rests
            pictures._resting = dict.fromkeys(pictures._resting, 0.0)
            assert await pictures.figure(product, "OPS/pot.png")
            assert not pictures._resting

        try:
            asyncio.run(killed(here))
        finally:
            here.close()
        assert sorted(path.stat().st_size > 0 for path in made.rglob("*.webp")) == [True, True]


def test_a_file_whose_pictures_are_not_finished_rests_and_who_is_gone_waits_for_none(tmp_path):
    with BlockingWellread(settings=Settings(home=tmp_path / "home", embedder="none")) as library:
        add(library, Path(str(files("wellread") / "demo")), tea(tmp_path))
        pdf = next(product for product in library.products() if product.format == "pdf")
        epub = next(product for product in library.products() if product.title.startswith("Tea"))
        pictures = Pictures(library.library.titles, library.library.settings.home / "cache" / "pictures")

        async def gone() -> bool:
            return True

        async def drawn() -> None:
            assert await pictures.page(pdf, 1, is_gone=gone) is None
            assert not list((tmp_path / "home" / "cache").rglob("*.webp"))
            assert await pictures.page(pdf, 1) and await pictures.cover(epub)
            pictures.drawer.process.sandbox.seconds = 0.0
            assert await pictures.page(pdf, 900_000) is None and await pictures.figure(epub, "none") is None
            assert not pictures._resting  # neither was begun
            for number in (2, 3):
                assert await pictures.page(pdf, number) is None
            pictures.drawer.process.sandbox.seconds = 20.0
            assert await pictures.page(pdf, 4) is None and await pictures.cover(pdf) is None
            assert await pictures.page(pdf, 1) and await pictures.cover(epub)  # kept, and of another file
            pictures._resting.clear()
            assert await pictures.page(pdf, 4)

        try:
            asyncio.run(drawn())
        finally:
            pictures.close()


def test_a_pdf_opens_while_a_page_of_another_is_drawn(tmp_path):
    demo = Path(str(files("wellread") / "demo"))
    with BlockingWellread(settings=Settings(home=tmp_path / "home", embedder="none")) as library:
        add(library, demo)
        product = next(product for product in library.products() if product.format == "pdf")
        pictures = Pictures(library.library.titles, library.library.settings.home / "cache" / "pictures")

        async def measured() -> None:
            assert await pictures.page(product, 1)
            drawing = pictures.drawer.process.sandbox.pid
            os.kill(drawing, signal.SIGSTOP)
            drawn = asyncio.create_task(pictures.page(product, 2))
            await asyncio.sleep(0.05)
            assert await asyncio.wait_for(pictures.sizes(product), 60)
            assert not drawn.done()
            os.kill(drawing, signal.SIGCONT)
            assert await drawn

        try:
            asyncio.run(measured())
        finally:
            pictures.close()


class Opened(PosixPath):
    """A path that counts how often it is opened."""

    times = 0

    def __fspath__(self) -> str:
        Opened.times += 1
        return str(self)


def test_the_pictures_of_a_section_are_measured_in_one_opening(tmp_path):
    shown = "".join(f'<p>Pot {n}.</p><p><img src="{n}.png" alt="Pot"/></p>' for n in range(12))
    path = epub_builder.Epub(
        pages={"one.xhtml": epub_builder.page(f"<h1>Pots</h1>{shown}")},
        nav=epub_builder.nav("one.xhtml|Pots"),
        files={f"OPS/{n}.png": png(100 + n, 80) for n in range(12)},
    ).write(tmp_path / "pots.epub")
    with BlockingWellread(settings=Settings(home=tmp_path / "home", embedder="none")) as library:
        [added] = add(library, path)
        catalog, product_id = catalog_of(library.library), added.product_id
        [section] = [catalog.section(product_id, one.section_id) for one in catalog.contents(product_id)]
    found = figures(Opened(path), "digest", product_id, None, section, None, section.blocks)
    assert [figure.width for group in found.values() for figure in group] == [100 + n for n in range(12)]
    assert Opened.times <= 2  # for its document, and for all of its pictures


def test_each_part_of_a_section_has_the_pictures_of_its_own_documents(tmp_path):
    words = "<p>Words of a long document. " + "They go on. " * 40 + "</p>"
    names = [f"{n}-{where}.png" for n in range(4) for where in ("top", "within")]
    pages = {
        f"{n}.xhtml": epub_builder.page(
            f'<img src="{n}-top.png" alt=""/><p>Document {n}.</p>{words * 45}'
            f'<p><img src="{n}-within.png" alt=""/></p>{words * 45}'
        )
        for n in range(4)
    }
    path = epub_builder.Epub(
        pages=pages,
        nav=epub_builder.nav("0.xhtml|All"),
        files={f"OPS/{name}": png(60, 60) for name in names},
    ).write(tmp_path / "parts.epub")
    settings = Settings(home=tmp_path / "home", embedder="none")
    with BlockingWellread(settings=settings) as library:
        [added] = add(library, path)
    with running(settings) as address, client(address, headers=PAGE) as web:
        shown, views, here = [], 0, f"/library/{added.product_id}/read"
        while here:
            page, views = web.get(here).text, views + 1
            shown += re.findall(r"pictures/OPS/([^\"]+)|>Document (\d)", page)
            here = next(iter(re.findall(r'rel="next"[^>]*href="([^"]+)"', page)), "")
    assert views > 2
    assert [name for name, _ in shown if name] == names
    assert [number or name[0] for name, number in shown] == [str(n) for n in range(4) for _ in range(3)]


def test_a_view_of_thousands_of_pictures_has_some_of_them_and_reads_only_their_heads(tmp_path):
    pages = {
        f"{n}.xhtml": epub_builder.page(
            "<p>Pots.</p>" + "".join(f'<img src="{n}-{m}.png"/>' for m in range(400))
        )
        for n in range(3)
    }
    pot = png(60, 60) + os.urandom(40_000)
    pots = {f"OPS/{n}-{m}.png": pot for n in range(3) for m in range(400)}
    path = epub_builder.Epub(pages=pages, nav=epub_builder.nav("0.xhtml|Pots"), files=pots).write(
        tmp_path / "pots.epub"
    )
    with BlockingWellread(settings=Settings(home=tmp_path / "home", embedder="none")) as library:
        [added] = add(library, path)
        catalog, product_id = catalog_of(library.library), added.product_id
        [section] = [catalog.section(product_id, one.section_id) for one in catalog.contents(product_id)]
    found = figures(path, "digest", product_id, None, section, None, section.blocks)
    assert sum(map(len, found.values())) == 300


def test_the_head_of_a_picture_tells_its_size(tmp_path):
    made: dict[str, bytes] = {}
    noise = Image.frombytes("RGB", (700, 500), os.urandom(700 * 500 * 3))
    for name, image, options in (
        ("png", noise, {"icc_profile": os.urandom(50_000)}),
        ("gif", noise.convert("P"), {}),
        ("jpeg", noise, {"icc_profile": os.urandom(300_000)}),
        ("lossy.webp", noise, {}),
        ("lossless.webp", noise, {"lossless": True}),
        ("transparent.webp", noise.convert("RGBA"), {"exif": b"Exif\0\0" + bytes(90)}),
    ):
        stream = io.BytesIO()
        image.save(stream, name.rpartition(".")[2], **options)
        made[name] = stream.getvalue()
    made["none.png"] = b"\x89PNG\r\n\x1a\n" + bytes(3_000_000)
    made["none.webp"] = b"RIFF0000WEBP"
    made["bomb.png"] = bomb()
    path = epub_builder.Epub(pages={"one.xhtml": epub_builder.page("<p>One</p>")}, files=made).write(
        tmp_path / "pictures.epub"
    )
    with Archive(path) as archive:
        sizes = picture_sizes(archive, made)
    assert sizes == dict.fromkeys(
        [name for name in made if "none" not in name and name != "bomb.png"], (700, 500)
    )


def svg(body: str) -> str:
    links = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f'<svg {links} viewBox="0 0 9 9"><rect id="l0" width="1" height="1"/>{body}</svg>'


def test_a_drawing_that_repeats_itself_without_end_is_not_shown(tmp_path):
    levels = "".join(f'<g id="l{n}">' + f'<use xlink:href="#l{n - 1}"/>' * 10 + "</g>" for n in range(1, 9))
    drawings = {
        "levels.svg": svg(levels),
        "encoded.svg": svg(levels.replace('xlink:href="#l', 'href="levels.svg#%6C')),
        "itself.svg": svg('<g id="a"><use href="#a"/><use href="#a"/></g>'),
        "animated.svg": svg('<use href="#l0"><set attributeName="href" to="#l0"/></use>'),
        "within.svg": svg('<image href="data:image/svg+xml;base64,AAAA"/>'),
        "plot.svg": svg('<use xlink:href="#l0" x="3"/>' * 3_000),
    }
    path = epub_builder.Epub(pages={"one.xhtml": epub_builder.page("<p>One</p>")}, files=drawings).write(
        tmp_path / "drawings.epub"
    )
    assert [name for name in drawings if drawing(path, name)] == ["plot.svg"]
    assert max(lines_run(drawing, path, name) for name in drawings) < 200_000


@pytest.mark.parametrize("size", [(10, 40_000), (1_401, 16_600), (3_000, 4)])
def test_a_picture_is_made_no_larger_than_it_can_be(size):
    made = Image.open(io.BytesIO(encoded(png(*size), 1400)))
    scale = min(1400 / size[0], 16_383 / size[1], 1)
    assert made.size == tuple(max(1, round(edge * scale)) for edge in size)


def test_what_is_not_in_the_library_has_a_cover_that_tells_nothing(served):
    one, other = (served.get(f"/library/{name}/cover") for name in ("gone", "00000000-else"))
    assert one.status_code == 200 and one.headers["content-type"] == "image/svg+xml"
    assert one.content == other.content and one.headers["etag"] == other.headers["etag"]
    assert "sandbox" in one.headers["content-security-policy"] and "no-cache" in one.headers["cache-control"]
    assert (
        b"<text" not in one.content and b"<text" in served.get(f"/library/{served.ids['long']}/cover").content
    )


def test_places_are_said_in_the_readers_language(served):
    anchor = served.anchor("pdf", "surest way to delegate")
    label = next(
        placed.block.origin.label
        for section in served.sections["pdf"]
        if section.section_id == anchor.section_id
        for placed in section.blocks
        if placed.end > anchor.start
    )
    line = served.anchor("long", "Text 7 of")
    for language, page, where in (("de", f"S. {label}", "Zeile "), ("en", f"p. {label}", "line ")):
        german = {"Accept-Language": language}
        assert (
            f'<span class="card-place">{page}</span>'
            in served.get(f"/read/{anchor}?part=card", **german).text
        )
        assert f'small">{page}</p>' in served.get(f"/read/{anchor}?part=reader", **german).text
        assert f'<span class="card-place">{where}' in served.get(f"/read/{line}?part=card", **german).text
        found = served.get(f"/library/{served.ids['pdf']}/find?q=delegate", **german).text
        assert f" · {page[:3]}" in found
    with client(served.address, headers={"Accept-Language": "de"}) as web:
        assert f"p. {label}" in web.get(f"/read/{anchor}").text  # programs are told the same everywhere


def test_only_what_places_are_called_is_translated():
    places = ("p. xii", "line 3", "00:03:12", "", "p. {page}")
    told = [place_words(place, "<{}>".format) for place in places]
    assert told == ["<p. xii>", "<line 3>", "00:03:12", "", "<p. {page}>"]
