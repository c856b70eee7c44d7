"""Reading HTML: single pages, folders of chapters with an index, and such folders zipped."""

import zipfile
from pathlib import Path

import pytest
from support.paths import SHARED

from wellread.content import BlockKind, FileOrigin, SectionRole, place_label
from wellread.errors import UnreadableError
from wellread.formats.document import Document, Source
from wellread.formats.html.reader import HtmlReader

DATA = SHARED / "data" / "html"
needs_shared = pytest.mark.skipif(not DATA.is_dir(), reason="the shared pages are not on this machine")


def read(path: Path) -> Document:
    return HtmlReader().read(Source(path))


def write(folder: Path, pages: dict[str, str | bytes]) -> Path:
    for name, content in pages.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def page(title: str, body: str, head: str = "") -> str:
    head = f"<meta charset='utf-8'><title>{title}</title>{head}"
    return f"<!doctype html><html lang='en'><head>{head}</head><body>{body}</body></html>"


SITE: dict[str, str | bytes] = {
    "index.html": page(
        "The Manual",
        "<h1>The Manual</h1><p>By its makers.</p><div class='toc'><dl class='toc'>"
        "<dt><a href='part.html'>I. Basics</a></dt><dd><dl>"
        "<dt><a href='zebra.html'>1. Zebras</a></dt><dt><a href='ant.html'>2. Ants</a></dt></dl></dd>"
        "<dt><a href='bookindex.html'>Index</a></dt></dl></div>",
        "<meta name='author' content='Ann'><meta name='keywords' content='animals, legs'>"
        "<meta name='description' content='All of it.'><meta name='DC.date' content='2020-05-06'>",
    ),
    "part.html": page("Basics", "<h1>I. Basics</h1><p>Intro.</p>", "<link rel='next' href='zebra.html'>"),
    "zebra.html": page(
        "Zebras",
        "<div class='navheader'><a href='part.html'>Prev</a></div><h2 id='z'>1. Zebras</h2>"
        "<div class='toc'><ul><li><a href='stripes.html'>1.1. Stripes</a></li><li><a"
        " href='zebra.html#food'>1.2. Food</a></li></ul></div>"
        "<p>Striped.</p><h3 id='food'>1.2. Food</h3><p>Grass.</p><div class='navfooter'>Next</div>",
    ),
    "stripes.html": page("Stripes", "<h3>1.1. Stripes</h3><p>Black and white.</p>"),
    "ant.html": page("Ants", "<h2>2. Ants</h2><p>Six legs.</p>", "<link rel='next' href='more.html'>"),
    "more.html": page("More", "<p>More on ants.</p>"),
    "bookindex.html": page("Index", "<h1>Index</h1><p>legs, 2</p>"),
    "lonely.html": page("Lonely", "<h1>Lonely</h1><p>" + "Nobody links here. " * 20 + "</p>"),
    "redirect.html": page("Moved", "<p>This page has moved.</p>"),
}


def test_a_folder_is_read_in_the_order_of_its_index(tmp_path: Path) -> None:
    found = read(write(tmp_path / "manual", SITE))
    assert [block.text for block in found.blocks if len(block.text) < 40] == [
        "The Manual", "By its makers.", "I. Basics", "Intro.", "1. Zebras", "Striped.", "1.2. Food", "Grass.",
        "1.1. Stripes", "Black and white.", "2. Ants", "Six legs.", "More on ants.",
        "Index", "legs, 2", "Lonely",
    ]  # fmt: skip
    assert [(e.title, e.depth) for e in found.contents] == [
        ("The Manual", 0),
        ("I. Basics", 0),
        ("1. Zebras", 1),
        ("1.2. Food", 2),
        ("1.1. Stripes", 2),
        ("2. Ants", 1),
        ("Index", 0),
        ("Lonely", 0),
    ]
    roles = {entry.title: entry.role for entry in found.contents}
    assert roles["The Manual"] is SectionRole.FRONT
    assert roles["Index"] is SectionRole.INDEX
    assert [w for w in found.warnings if "lonely.html" in w]
    assert not any("redirect.html" in warning for warning in found.warnings)
    about = found.metadata
    assert (about.title, about.authors, about.topics) == ("The Manual", ("Ann",), ("animals", "legs"))
    assert (about.date, about.language, about.description) == ("2020-05-06", "en", "All of it.")


def test_a_zipped_folder_gives_the_same(tmp_path: Path) -> None:
    folder = write(tmp_path / "manual", SITE)
    packed = tmp_path / "manual.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(folder.rglob("*.html"), reverse=True):
            archive.write(path, f"manual/{path.name}")
        archive.writestr("../evil.html", "x")
    assert HtmlReader().accepts(packed, packed.read_bytes()[:4096])
    assert read(packed).blocks == read(folder).blocks


def test_a_block_tells_file_fragment_and_line(tmp_path: Path) -> None:
    path = write(tmp_path, {"a.html": "<html><body>\n<h1 id=top>Title</h1>\n<p>One\n<p><a name=x></a>Two\n"})
    found = read(path / "a.html")
    assert [(b.text, b.origin) for b in found.blocks] == [
        ("Title", FileOrigin("a.html", "top", 2, 1)),
        ("One", FileOrigin("a.html", "top", 3, 1)),
        ("Two", FileOrigin("a.html", "x", 4, 2)),
    ]


def test_a_block_is_placed_by_its_paragraph_in_its_section(tmp_path: Path) -> None:
    body = "<h1>A</h1><p>One.<ul><li>Two.<li>Three.</ul><h2>B</h2><p>Four.<p>Five."
    found = read(write(tmp_path, {"a.html": page("T", body)}) / "a.html")
    assert [(block.text, place_label(block)) for block in found.blocks] == [
        ("A", "¶ 1"),
        ("One.", "¶ 1"),
        ("Two.", "¶ 2"),
        ("Three.", "¶ 3"),
        ("B", "¶ 1"),
        ("Four.", "¶ 1"),
        ("Five.", "¶ 2"),
    ]


def test_headings_make_the_contents_of_a_single_page(tmp_path: Path) -> None:
    body = (
        "<nav>menu</nav><h1>A</h1><p>x</p><h2>B</h2><p>y</p><h2>C<a class='headerlink' href='#c'>"
        "¶</a></h2><p>z</p>"
    )
    found = read(write(tmp_path, {"a.html": page("T", body)}) / "a.html")
    assert [(e.title, e.depth) for e in found.contents] == [("A", 0), ("B", 1), ("C", 1)]
    assert "menu" not in {block.text for block in found.blocks}


def test_the_main_part_of_a_page_is_read_and_what_is_around_it_not(tmp_path: Path) -> None:
    body = (
        "<header>Site</header><div role='main'><p>The text of the page, at length.</p></div>"
        "<footer>2020</footer>"
    )
    found = read(write(tmp_path, {"a.html": page("T", body)}) / "a.html")
    assert [block.text for block in found.blocks] == ["The text of the page, at length."]


@pytest.mark.parametrize(
    ("raw", "warned"),
    [
        ("<meta charset=windows-1252><p>caf\u00e9 \u2014 na\u00efve".encode("cp1252"), False),
        ("<p>caf\u00e9 \u2014 na\u00efve".encode(), False),
        ("\ufeff<p>caf\u00e9 \u2014 na\u00efve".encode("utf-16"), False),
        ("<p>caf\u00e9 \u2014 na\u00efve".encode("cp1252"), True),
        ("<meta charset=latin1><p>caf\u00e9 \u2014 na\u00efve".encode(), True),
        ("<meta charset=base64><p>caf\u00e9 \u2014 na\u00efve".encode("cp1252"), True),
        ("<?xml version='1.0' encoding='utf-8'?><p>caf&eacute; &mdash; na\u00efve</p>".encode(), False),
    ],
)
def test_encodings(tmp_path: Path, raw: bytes, warned: bool) -> None:
    found = read(write(tmp_path, {"a.html": raw}) / "a.html")
    assert [block.text for block in found.blocks] == ["caf\u00e9 \u2014 na\u00efve"]
    assert bool(found.warnings) is warned


def test_endless_nesting_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, {"a.html": "<body>" + "<div>" * 5000 + "deep" + "</div>" * 5000 + "<p>after"})
    assert [block.text for block in read(path / "a.html").blocks] == ["deep", "after"]


def test_footnotes_and_tables_as_in_books(tmp_path: Path) -> None:
    body = (
        "<p>Claim<sup><a id=r href='#n'>*</a></sup> more.<p>Then.<table><tr><th>a<th>b<tr><td>1<td>"
        "2</table><p id=n><a href='#r'>*</a> Note."
    )
    found = read(write(tmp_path, {"a.html": page("T", body)}) / "a.html")
    assert [(b.kind, b.text) for b in found.blocks] == [
        (BlockKind.PARAGRAPH, "Claim more."),
        (BlockKind.FOOTNOTE, "Note."),
        (BlockKind.PARAGRAPH, "Then."),
        (BlockKind.TABLE, "a | b\n1 | 2"),
    ]


def test_pages_without_text_are_refused(tmp_path: Path) -> None:
    write(
        tmp_path, {"empty.html": "", "script.html": page("App", "<div id=root></div><script>run()</script>")}
    )
    for name in ("empty.html", "script.html"):
        with pytest.raises(UnreadableError) as caught:
            read(tmp_path / name)
        assert caught.value.hint


def test_a_folder_is_accepted_only_with_an_index_that_links_on(tmp_path: Path) -> None:
    accepts = HtmlReader().accepts
    assert accepts(write(tmp_path / "site", SITE), b"")
    assert not accepts(write(tmp_path / "loose", {"a.html": "x", "b.html": "y"}), b"")
    alone = {"index.html": page("T", "<a href='gone.html'>x</a> <a href='https://example.org/a.html'>y</a>")}
    assert not accepts(write(tmp_path / "alone", alone), b"")
    assert accepts(tmp_path / "a.xhtml", b"")
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 half")
    assert not accepts(tmp_path / "a.zip", b"PK\x03\x04")
    assert not accepts(tmp_path / "a.txt", b"<html>")


@needs_shared
def test_the_handbook_is_read_in_order() -> None:
    found = read(DATA / "debian-handbook")
    assert not found.warnings
    titles = [entry.title for entry in found.contents if entry.depth == 0]
    chapters = [title for title in titles if title[0].isdigit()]
    assert chapters == sorted(chapters, key=lambda title: int(title.split(".")[0]))
    assert len(chapters) == 16
    starts = [entry.block for entry in found.contents]
    assert starts == sorted(starts)
    assert not any(block.text in ("Prev", "Next", "Up", "Home") for block in found.blocks)
