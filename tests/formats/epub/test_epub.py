"""Reading EPUB files: what a reader would find in the library afterwards, and what is refused."""

import re
import struct
import zipfile
from pathlib import Path

import pytest
from support.epub_builder import METADATA, Epub, nav, page
from support.paths import SHARED

from wellread.content import Block, BlockKind, EpubOrigin, SectionRole
from wellread.errors import UnreadableError
from wellread.formats.document import Document, Source
from wellread.formats.epub.reader import EpubReader
from wellread.ingest.sections import sections

DATA = SHARED / "data"
needs_shared = pytest.mark.skipif(not DATA.is_dir(), reason="the shared books are not on this machine")


def read(path: Path) -> Document:
    return EpubReader().read(Source(path))


def document(tmp_path: Path, *bodies: str, **parts: object) -> Document:
    pages = {f"c{number}.xhtml": page(body) for number, body in enumerate(bodies, 1)}
    return read(Epub(pages, **parts).write(tmp_path / "book.epub"))  # type: ignore[arg-type]


def shown(blocks: tuple[Block, ...]) -> list[tuple[str, str]]:
    return [(block.kind.value, block.text) for block in blocks]


def texts(found: Document) -> list[str]:
    return [block.text for block in found.blocks]


# Text


def test_inline_elements_neither_add_nor_eat_spaces(tmp_path: Path) -> None:
    found = document(
        tmp_path,
        "<p>un<i>believ</i>able,\n   <b>bold </b>and<span> more</span>&nbsp;text<em>.</em></p><p>E"
        " = mc<sup>2</sup></p>",
    )
    assert texts(found) == ["unbelievable, bold and more text.", "E = mc²"]


def test_invisible_characters_are_removed_and_letters_composed(tmp_path: Path) -> None:
    found = document(tmp_path, "<p>hy\u00adphen\u200bated cafe\u0301 a\u2060b</p>")
    assert texts(found) == ["hyphenated caf\u00e9 ab"]


def test_what_a_reading_system_does_not_show_is_left_out(tmp_path: Path) -> None:
    found = document(
        tmp_path,
        "<p>seen<span hidden=''>one</span><span style='color:red; display: none'>two</span></p>"
        "<p aria-hidden='true'>three</p><script>four()</script><nav><ol><li>five</li></ol></nav>"
        "<p><ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp>字<rt>ji</rt></ruby></p>",
    )
    assert texts(found) == ["seen", "漢字"]


def test_line_breaks_stay_in_verse_and_become_spaces_in_titles(tmp_path: Path) -> None:
    found = document(tmp_path, "<h1>Chapter 1<br/>The Start</h1><p>Tyger Tyger,<br/>burning bright</p>")
    assert texts(found) == ["Chapter 1 The Start", "Tyger Tyger,\nburning bright"]


def test_text_beside_blocks_is_kept_in_order(tmp_path: Path) -> None:
    found = document(tmp_path, "<div>before<p>inside</p>after <b>it</b><div>deep</div>end</div>")
    assert texts(found) == ["before", "inside", "after it", "deep", "end"]
    assert len({block.origin.cfi for block in found.blocks if isinstance(block.origin, EpubOrigin)}) == 5


def test_named_entities_of_html_work_without_a_dtd(tmp_path: Path) -> None:
    found = document(tmp_path, "<p>Fish&nbsp;&amp;&nbsp;chips &mdash; &eacute;t&eacute; &lt;tag> R&D</p>")
    assert texts(found) == ["Fish & chips — été <tag> R&D"]


# Kinds of blocks


def test_lists_have_markers_and_levels(tmp_path: Path) -> None:
    found = document(
        tmp_path,
        "<ol start='3' type='a'><li>three<ul><li><p>inner</p><p>more</p></li></ul></li><li>four</li></ol>"
        "<dl><dt>Term</dt><dd><p>What it means.</p><p>And more.</p></dd><dt>-a<br/>--all</dt><dd>All.</dd>"
        "<dt>Alone</dt></dl>",
    )
    assert [(b.text, b.level, b.marker) for b in found.blocks] == [
        ("three", 1, "c."),
        ("inner", 2, "•"),
        ("more", 2, ""),
        ("four", 1, "d."),
        ("Term: What it means.", 1, ""),
        ("And more.", 1, ""),
        ("-a, --all: All.", 1, ""),
        ("Alone", 1, ""),
    ]
    assert {b.kind for b in found.blocks} == {BlockKind.LIST_ITEM}


def test_tables_have_their_header_first_and_fill_spanned_rows(tmp_path: Path) -> None:
    found = document(
        tmp_path,
        "<table><caption>Sizes</caption><tfoot><tr><td>Sum</td><td>3</td></tr></tfoot>"
        "<thead><tr><th>Name</th><th>Size</th><th>Unit</th></tr></thead>"
        "<tbody><tr><td rowspan='2'>A</td><td>1<p>one</p></td><td>m</td></tr><tr><td>2</td><td></td>"
        "</tr></tbody></table>",
    )
    assert shown(found.blocks) == [
        ("caption", "Sizes"),
        ("table", "Name | Size | Unit\nA | 1 one | m\nA | 2\nSum | 3"),
    ]


def test_a_table_inside_a_table_is_read_once(tmp_path: Path) -> None:
    found = document(
        tmp_path,
        "<table><tr><td><p>Left</p></td><td><table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td>"
        "</tr></table></td></tr></table>",
    )
    assert shown(found.blocks) == [("paragraph", "Left"), ("table", "a | b\n1 | 2")]


def test_listings_keep_lines_indentation_and_language(tmp_path: Path) -> None:
    found = document(
        tmp_path,
        "<figure><figcaption>Listing 1</figcaption><pre><code class='language-python'>\ndef f():\n"
        "    <b>return</b> 1\n\n"
        "</code></pre></figure><pre data-type='programlisting' data-code-language='go'>a\n\tb</pre>",
    )
    assert shown(found.blocks) == [
        ("caption", "Listing 1"),
        ("code", "def f():\n    return 1"),
        ("code", "a\n\tb"),
    ]
    assert [block.language for block in found.blocks[1:]] == ["python", "go"]


def test_a_figure_tells_what_its_picture_shows_if_the_caption_does_not(tmp_path: Path) -> None:
    found = document(
        tmp_path,
        "<figure><img src='a.png' alt='A cat sleeping on a roof'/><figcaption>Figure 1."
        " Afternoon</figcaption></figure>"
        "<figure><img src='b.png' alt='Two dogs'/><figcaption>Two dogs in a park</figcaption></figure>"
        "<p>Press <img src='k.png' alt='Enter'/> to go.</p><p><img src='x.png' alt='x.png'/></p>",
    )
    assert shown(found.blocks) == [
        ("caption", "Figure 1. Afternoon"),
        ("caption", "A cat sleeping on a roof"),
        ("caption", "Two dogs in a park"),
        ("paragraph", "Press Enter to go."),
    ]


def test_formulas_can_be_read(tmp_path: Path) -> None:
    mathml = "xmlns='http://www.w3.org/1998/Math/MathML'"
    found = document(
        tmp_path,
        f"<p>So <math {mathml}><mrow><msup><mi>x</mi><mn>2</mn></msup><mo>+</mo><mfrac><mi>a</mi>"
        f"<mrow><mi>b</mi><mo>−</mo><mn>1</mn></mrow></mfrac><mo>=</mo><mo>−</mo><mn>3</mn></mrow></math>"
        f" holds,"
        f" and <math {mathml} alttext='y = 2'><mi>y</mi></math>.</p>",
    )
    assert texts(found) == ["So x^2 + a/(b − 1) = −3 holds, and y = 2."]


# Footnotes


NOTE = "<aside epub:type='footnote' id='n1'><p><a href='#r1'>1</a>. The note.</p></aside>"


def test_a_footnote_stands_behind_the_block_that_refers_to_it(tmp_path: Path) -> None:
    found = document(
        tmp_path,
        "<p id='p'>A claim<a epub:type='noteref' id='r1' href='c2.xhtml#n1'>1</a>, and on. Again"
        "<a epub:type='noteref' href='c2.xhtml#n1'>1</a>.</p><p>Next.</p>",
        NOTE.replace("#r1", "c1.xhtml#r1") + "<aside epub:type='footnote' id='n9'><p>Forgotten.</p></aside>",
    )
    assert shown(found.blocks) == [
        ("paragraph", "A claim, and on. Again."),
        ("footnote", "The note."),
        ("paragraph", "Next."),
        ("footnote", "Forgotten."),
    ]
    assert found.blocks[1].marker == "1"
    assert isinstance(found.blocks[1].origin, EpubOrigin)
    assert found.blocks[1].origin.href == "OPS/c2.xhtml"


def test_notes_of_epub_2_are_known_by_linking_back(tmp_path: Path) -> None:
    found = document(
        tmp_path,
        "<p>One<a id='r1' href='#f1'><sup>1</sup></a> two<sup>[<a id='r2' href='#f2'>2</a>]</sup>.</p>"
        "<p>See chapter <a href='#ch'>1</a>.</p><h2 id='ch'>Notes</h2>"
        "<p><a id='f1' href='#r1'>1</a> First note.</p><div id='f2'><p>[<a href='#r2'>2</a>] Second note.</p>"
        "<p>Its end.</p></div>",
    )
    assert shown(found.blocks) == [
        ("paragraph", "One two."),
        ("footnote", "First note."),
        ("footnote", "Second note."),
        ("footnote", "Its end."),
        ("paragraph", "See chapter 1."),
        ("heading", "Notes"),
    ]
    assert [block.marker for block in found.blocks[1:4]] == ["1", "2", ""]


def test_notes_that_refer_to_each_other_are_not_lost(tmp_path: Path) -> None:
    found = document(
        tmp_path,
        "<p>Text.</p><aside id='a' epub:type='footnote'>A <a epub:type='noteref' href='#b'>2</a></aside>"
        "<aside id='b' epub:type='footnote'>B <a epub:type='noteref' href='#a'>1</a></aside>",
    )
    assert sorted(texts(found)) == ["A", "B", "Text."]


# Order and contents


def test_the_spine_gives_the_order_and_the_nav_the_contents(tmp_path: Path) -> None:
    found = document(
        tmp_path,
        "<h1>One</h1><p>first</p><section id='s'><h2>One A</h2><p>second</p></section>",
        "<h1>Two</h1><p>third</p>",
        nav=nav("|Part I", "  c1.xhtml|One", "    c1.xhtml#s|One A", "  c2.xhtml|Two"),
    )
    assert texts(found) == ["One", "first", "One A", "second", "Two", "third"]
    assert [(e.title, e.depth, e.block) for e in found.contents] == [
        ("Part I", 0, 0),
        ("One", 1, 0),
        ("One A", 2, 2),
        ("Two", 1, 4),
    ]
    assert [section.path for section in sections(found, "e")][2] == ("Part I", "One", "One A")


def test_the_ncx_serves_when_the_nav_does_not(tmp_path: Path) -> None:
    ncx = (
        '<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap><navPoint><navLabel><text>Uno</text>'
        "</navLabel>"
        '<content src="c1.xhtml"/><navPoint><navLabel><text>Due</text></navLabel><content src="c2.xhtml#x"/>'
        "</navPoint></navPoint></navMap></ncx>"
    )
    bodies = ("<p>a</p>", "<p>b</p><p id='x'>c</p>")
    broken = page("<nav epub:type='toc'><ol><li><a href='gone.xhtml'>Gone</a></li></ol></nav>")
    for parts in ({"ncx": ncx}, {"ncx": ncx, "nav": broken}):
        found = document(tmp_path, *bodies, **parts)
        assert [(e.title, e.depth, e.block) for e in found.contents] == [("Uno", 0, 0), ("Due", 1, 2)]


def test_headings_make_the_contents_when_nothing_else_does(tmp_path: Path) -> None:
    found = document(tmp_path, "<h1>A</h1><h3>B</h3><p>x</p>", "<h1>C</h1><p>y</p>")
    assert [(e.title, e.depth) for e in found.contents] == [("A", 0), ("B", 1), ("C", 0)]
    assert any("table of contents" in warning for warning in found.warnings)


def test_documents_that_the_nav_does_not_name_keep_their_text(tmp_path: Path) -> None:
    found = document(
        tmp_path,
        "<h1>One</h1><p>a</p>",
        "<p>goes on</p>",
        "<h1>Unnamed</h1><p>b</p>",
        "<h1>Two</h1>",
        nav=nav("c1.xhtml|One", "c4.xhtml|Two"),
    )
    made = {section.title: section.text for section in sections(found, "e")}
    assert made["One"] == "One\n\na\n\ngoes on"
    assert made["Unnamed"] == "Unnamed\n\nb"


def test_what_is_not_linear_comes_last_unless_the_book_opens_with_it(tmp_path: Path) -> None:
    spine = [
        '<itemref idref="i0" linear="no"/>',
        '<itemref idref="i1"/>',
        '<itemref idref="i2" linear="no"/>',
        '<itemref idref="i3"/>',
        '<itemref idref="i3"/>',
        '<itemref idref="nobody"/>',
    ]
    found = document(tmp_path, "<p>cover</p>", "<p>one</p>", "<p>answers</p>", "<p>two</p>", spine=spine)
    assert texts(found) == ["cover", "one", "two", "answers"]
    assert any("nobody" in warning for warning in found.warnings)


def test_sections_that_are_not_for_reading_are_known(tmp_path: Path) -> None:
    guide = '<guide><reference type="copyright-page" href="c1.xhtml"/></guide>'
    landmarks = "<nav epub:type='landmarks'><ol><li><a epub:type='toc' href='c2.xhtml'>x</a></li></ol></nav>"
    found = document(
        tmp_path,
        "<p>All rights reserved.</p>",
        "<h1>What is inside</h1><ul class='toc'><li>One</li></ul>",
        "<h1>One</h1><p>text</p>",
        "<section epub:type='glossary'><h1>Words</h1><dl><dt>a</dt><dd>b</dd></dl></section>",
        "<section role='doc-index'><h1>Where to find it</h1><p>a, 1</p></section>",
        nav=nav(
            "c2.xhtml|What is inside", "  c3.xhtml|One", "c4.xhtml|Words", "c5.xhtml|Where", more=landmarks
        ),
        guide=guide,
    )
    assert [(e.title, e.depth, e.role) for e in found.contents] == [
        ("Front matter", 0, SectionRole.FRONT),
        ("What is inside", 0, SectionRole.CONTENTS),
        ("One", 0, SectionRole.BODY),
        ("Words", 0, SectionRole.GLOSSARY),
        ("Where", 0, SectionRole.INDEX),
    ]


def test_a_cover_without_text_lends_its_role_to_nobody(tmp_path: Path) -> None:
    landmarks = (
        "<nav epub:type='landmarks'><ol><li><a epub:type='cover' href='c1.xhtml'>x</a></li></ol></nav>"
    )
    found = document(
        tmp_path, "<img src='c.png' alt='Cover'/>", "<h1>One</h1><p>a</p>",
        nav=nav("c1.xhtml|Cover", "c2.xhtml|One", more=landmarks),
    )  # fmt: skip
    assert [(e.title, e.role) for e in found.contents] == [("One", SectionRole.BODY)]


def test_a_paragraph_that_is_its_sections_title_is_a_heading(tmp_path: Path) -> None:
    found = document(tmp_path, "<p class='x'>The Start</p><p>a</p>", nav=nav("c1.xhtml|The Start"))
    assert found.blocks[0].kind is BlockKind.HEADING


# Pages


def test_blocks_know_the_printed_page_on_which_they_start(tmp_path: Path) -> None:
    pages = "<nav epub:type='page-list'><ol><li><a href='c2.xhtml#q'>9</a></li></ol></nav>"
    found = document(
        tmp_path,
        "<p>a</p><span epub:type='pagebreak' title='7'/><p>b <span role='doc-pagebreak' id='page_8'>"
        "8</span>on</p><p>c</p>",
        "<p>d</p><p id='q'>e</p>",
        nav=nav("c1.xhtml|One", more=pages),
    )
    assert [(b.text, b.page) for b in found.blocks] == [
        ("a", ""), ("b on", "7"), ("c", "8"), ("d", "8"), ("e", "9"),
    ]  # fmt: skip


def test_a_page_list_may_point_by_cfi(tmp_path: Path) -> None:
    pages = (
        "<nav epub:type='page-list'><ol>"
        "<li><a href='book.opf#epubcfi(/6/2!/4/4/1:3)'>2</a></li><li><a"
        " href='book.opf#epubcfi(/6/2!/4/8)'>3</a></li>"
        "</ol></nav>"
    )
    found = document(
        tmp_path, "<p>a</p><p>b goes over the page</p><p>c</p><p>d</p>", nav=nav("c1.xhtml|One", more=pages)
    )
    assert [b.page for b in found.blocks] == ["", "", "2", "3"]


# Metadata


def test_metadata_of_epub_3(tmp_path: Path) -> None:
    metadata = """
      <dc:identifier>9780306406157</dc:identifier><dc:identifier id="uid">urn:uuid:abc</dc:identifier>
      <dc:identifier>isbn:0-306-40615-2</dc:identifier>
      <dc:title id="s">How it works</dc:title><meta refines="#s" property="title-type">subtitle</meta>
      <dc:title id="m">Leading</dc:title><meta refines="#m" property="title-type">main</meta>
      <dc:creator id="a">Ada Writer</dc:creator><meta refines="#a" property="role">aut</meta>
      <dc:creator id="e">Ed Itor</dc:creator><meta refines="#e" property="role">edt</meta>
      <dc:contributor>unknown</dc:contributor><dc:publisher>Press</dc:publisher><dc:language>en-GB</dc:language>
      <dc:date>2021-03-04T00:00:00Z</dc:date><dc:subject>Teams</dc:subject><dc:subject>Work</dc:subject>
      <dc:description>&lt;p&gt;About &lt;b&gt;teams&lt;/b&gt;.&lt;/p&gt;</dc:description>
      <meta property="belongs-to-collection" id="c">Series</meta>
      <meta refines="#c" property="group-position">2</meta><dc:rights>CC BY</dc:rights>"""
    about = document(tmp_path, "<p>x</p>", metadata=metadata).metadata
    assert (about.title, about.subtitle) == ("Leading", "How it works")
    assert (about.authors, about.contributors) == (("Ada Writer",), ("Ed Itor",))
    assert about.identifiers == ("urn:uuid:abc", "urn:isbn:9780306406157")
    assert (about.publisher, about.date, about.language) == ("Press", "2021-03-04", "en-GB")
    assert (about.description, about.topics) == ("About teams .", ("Teams", "Work"))
    assert (about.series, about.series_index, about.rights) == ("Series", "2", "CC BY")


def test_metadata_of_epub_2(tmp_path: Path) -> None:
    metadata = """
      <dc:identifier id="uid" opf:scheme="ISBN">978-0-306-40615-7</dc:identifier>
      <dc:title>Title: Subtitle</dc:title>
      <dc:creator opf:role="aut">A; B</dc:creator><dc:creator opf:role="ill">C</dc:creator>
      <dc:date opf:event="modification">2020-01-01</dc:date>
      <dc:date opf:event="publication">May 1999</dc:date>
      <meta name="calibre:series" content="S"/><meta name="calibre:series_index" content="3.0"/>"""
    about = document(tmp_path, "<p>x</p>", metadata=metadata).metadata
    assert about.title == "Title: Subtitle"
    assert about.identifiers == ("urn:isbn:9780306406157",)
    assert (about.authors, about.contributors) == (("A", "B"), ("C",))
    assert (about.date, about.series, about.series_index) == ("1999", "S", "3")


def test_without_a_title_the_first_heading_serves(tmp_path: Path) -> None:
    assert document(tmp_path, "<h1>Found</h1><p>x</p>", metadata="").metadata.title == "Found"


# Damage


def test_one_broken_document_does_not_take_the_book_with_it(tmp_path: Path) -> None:
    pages: dict[str, str | bytes] = {
        "ok.xhtml": page("<p>fine</p>"),
        "bad.xhtml": page("<p>never <b>closed</p><p>but read</p>").replace("</b>", ""),
        "latin.xhtml": page("<p>café</p>").encode("latin-1"),
        "utf8.xhtml": page("<p>café</p>").replace("utf-8", "iso-8859-1").encode(),
        "utf16.xhtml": page("<p>wide</p>").replace("utf-8", "utf-16").encode("utf-16"),
    }
    spine = [*(f'<itemref idref="i{n}"/>' for n in range(5)), '<itemref idref="gone"/>']
    manifest = '<item id="gone" href="gone.xhtml" media-type="application/xhtml+xml"/>'
    found = read(Epub(pages, spine=spine, manifest=manifest).write(tmp_path / "b.epub"))
    assert texts(found) == ["fine", "never closed", "but read", "café", "café", "wide"]
    for name in ("bad.xhtml", "latin.xhtml", "utf8.xhtml", "gone.xhtml"):
        assert any(name in warning for warning in found.warnings)
    assert not any("utf16" in warning for warning in found.warnings)


def test_an_entry_with_a_wrong_checksum_is_left_out(tmp_path: Path) -> None:
    path = Epub({"a.xhtml": page("<p>good</p>"), "b.xhtml": page("<p>rotten apple</p>")}).write(
        tmp_path / "b.epub"
    )
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("OPS/b.xhtml")
    raw = bytearray(path.read_bytes())
    middle = info.header_offset + 30 + len(info.filename) + info.compress_size // 2
    raw[middle] ^= 0xFF
    path.write_bytes(raw)
    found = read(path)
    assert texts(found) == ["good"]
    assert any("b.xhtml" in warning for warning in found.warnings)


def test_endless_nesting_is_read(tmp_path: Path) -> None:
    found = document(tmp_path, "<div>" * 5000 + "deep" + "</div>" * 5000 + "<p>after</p>")
    assert texts(found) == ["deep", "after"]


def test_a_long_chapter_takes_time_in_proportion(tmp_path: Path) -> None:
    found = document(tmp_path, "".join(f"<p>Paragraph {n} of <i>many</i>.</p>" for n in range(20_000)))
    assert len(found.blocks) == 20_000
    assert found.blocks[-1].text == "Paragraph 19999 of many."


def test_a_book_packed_with_its_folder_is_found(tmp_path: Path) -> None:
    whole = Epub({"a.xhtml": page("<p>in</p>")}).write(tmp_path / "b.epub")
    nested = tmp_path / "nested.epub"
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(nested, "w") as target:
        for name in source.namelist():
            target.writestr(f"folder/{name}", source.read(name))
    assert texts(read(nested)) == ["in"]


def test_entries_that_point_outside_are_left_out(tmp_path: Path) -> None:
    book = Epub({"a.xhtml": page("<p>in</p>")}, files={"../evil.xhtml": "x", "/etc/passwd": "x"})
    found = read(book.write(tmp_path / "b.epub"))
    assert texts(found) == ["in"]
    assert any("../evil.xhtml" in warning for warning in found.warnings)


# Refusals


def refused(path: Path) -> UnreadableError:
    with pytest.raises(UnreadableError) as caught:
        read(path)
    assert caught.value.hint
    return caught.value


FIXED = '<meta property="rendition:layout">pre-paginated</meta>'
APPLE = (
    '<display_options><platform name="*"><option name="fixed-layout">true</option></platform>'
    "</display_options>"
)
ENCRYPTION = (
    '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><EncryptedData'
    ' xmlns="http://www.w3.org/2001/04/xmlenc#"><EncryptionMethod Algorithm="{}"/><CipherData>'
    '<CipherReference URI="OPS/{}"/></CipherData></EncryptedData></encryption>'
)
AES = "http://www.w3.org/2001/04/xmlenc#aes128-cbc"
LOL = '<!DOCTYPE html [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'


@pytest.mark.parametrize(
    ("parts", "word"),
    [
        ({"metadata": METADATA + FIXED}, "fixed layout"),
        ({"files": {"META-INF/com.apple.ibooks.display-options.xml": APPLE}}, "fixed layout"),
        ({"files": {"META-INF/encryption.xml": ENCRYPTION.format(AES, "c1.xhtml")}}, "encrypted"),
        ({"files": {"META-INF/rights.xml": "<rights/>"}}, "encrypted"),
        ({"container": None}, "container.xml"),
        ({"container": "<container/>"}, "package document"),
        ({"spine": ()}, "no documents"),
    ],
)
def test_books_that_cannot_be_read_are_refused_with_the_reason(
    tmp_path: Path, parts: dict[str, object], word: str
) -> None:
    book = Epub({"c1.xhtml": page("<p>x</p>")}, **parts)  # type: ignore[arg-type]
    assert word in refused(book.write(tmp_path / "b.epub")).message


def test_scrambled_fonts_do_not_make_a_book_unreadable(tmp_path: Path) -> None:
    scrambled = ENCRYPTION.format("http://www.idpf.org/2008/embedding", "font.otf")
    assert texts(document(tmp_path, "<p>x</p>", files={"META-INF/encryption.xml": scrambled})) == ["x"]


def test_a_book_with_single_fixed_pages_is_read(tmp_path: Path) -> None:
    spine = ['<itemref idref="i0" properties="rendition:layout-pre-paginated"/>', '<itemref idref="i1"/>']
    assert texts(document(tmp_path, "<p>plate</p>", "<p>text</p>", spine=spine)) == ["plate", "text"]


def test_a_book_of_pictures_is_refused(tmp_path: Path) -> None:
    book = Epub({"a.xhtml": page("<img src='1.png'/>")})
    assert "no text" in refused(book.write(tmp_path / "b.epub")).message


def test_entity_definitions_are_refused_and_external_dtds_not_loaded(tmp_path: Path) -> None:
    bomb = page("<p>&b;</p>").replace("<!DOCTYPE html>", LOL)
    assert "entities" in refused(Epub({"a.xhtml": bomb}).write(tmp_path / "b.epub")).message
    external = page("<p>&nbsp;x</p>").replace(
        "<!DOCTYPE html>", '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.1//EN" "http://example.invalid/x.dtd">'
    )
    assert texts(read(Epub({"a.xhtml": external}).write(tmp_path / "c.epub"))) == ["x"]


def test_what_is_no_zip_or_half_of_one_is_refused(tmp_path: Path) -> None:
    whole = Epub({"a.xhtml": page("<p>x</p>" * 500)}).write(tmp_path / "whole.epub").read_bytes()
    for content, word in (
        (b"", "empty"),
        (b"%PDF-1.7", "not a zip"),
        (whole[: len(whole) // 2], "without its end"),
    ):
        path = tmp_path / "b.epub"
        path.write_bytes(content)
        assert word in refused(path).message


def test_bombs_are_refused_before_they_are_unpacked(tmp_path: Path) -> None:
    zeros = Epub({"a.xhtml": page("<p>x</p>")}, files={"OPS/zeros": bytes(20 << 20)})
    assert "packed size" in refused(zeros.write(tmp_path / "zeros.epub")).message
    many = Epub({"a.xhtml": page("<p>x</p>")}, files={f"OPS/{number}": b"" for number in range(10_001)})
    assert "entries" in refused(many.write(tmp_path / "many.epub")).message
    lying = Epub({"a.xhtml": page("<p>x</p>" * 100_000)}).write(tmp_path / "lying.epub")
    with zipfile.ZipFile(lying) as archive:
        declared = archive.getinfo("OPS/a.xhtml").file_size
    # The sizes in the local header and in the directory both say 100 bytes.
    lying.write_bytes(lying.read_bytes().replace(struct.pack("<L", declared), struct.pack("<L", 100)))
    with pytest.raises(UnreadableError):
        read(lying)


def test_accepts_by_name_or_by_content(tmp_path: Path) -> None:
    path = Epub({"a.xhtml": page("<p>x</p>")}).write(tmp_path / "book.bin")
    reader = EpubReader()
    assert reader.accepts(path, path.read_bytes()[:4096])
    assert not reader.accepts(tmp_path / "a.zip", b"PK\x03\x04 other")
    assert not reader.accepts(tmp_path, b"")


# Real books


@needs_shared
@pytest.mark.parametrize("path", sorted((DATA / "books").glob("*.epub")), ids=lambda path: path.stem)
def test_real_books_are_read_without_loss(path: Path) -> None:
    found = read(path)
    assert found.metadata.title
    assert found.contents
    assert all(entry.block < len(found.blocks) for entry in found.contents)
    blocks = [entry.block for entry in found.contents]
    assert blocks == sorted(blocks)
    for block in found.blocks:
        assert block.text == block.text.strip() != ""
        assert not re.search("[\x00-\x08\u00ad\u200b]", block.text)
        if block.kind is not BlockKind.CODE:
            assert "  " not in block.text


@needs_shared
def test_broken_books_give_a_document_or_a_reason() -> None:
    read_well = 0
    for path in sorted((DATA / "odd" / "epub").glob("*.epub")):
        try:
            read_well += bool(read(path).blocks)
        except UnreadableError as error:
            assert error.message, path.name
            assert error.hint, path.name
    assert read_well > 150
