"""Small real files that hold a text at every place from which text of a title can come.

A place has a name; `FORMATS` says which places a format has. `write` makes one file (with its companions) that holds
each given text at its place, among sentences that a search for the place's own word finds.
"""

import html
import json
from collections.abc import Mapping
from pathlib import Path

from support.epub_builder import Epub, page
from support.pdf_builder import Bookmark, Page, write_pdf

# The places of each format, and the word by which a search finds each: none for what describes the title as a whole.
FORMATS: dict[str, dict[str, str]] = {
    "epub": {
        "epub-title": "",
        "epub-subtitle": "",
        "epub-author": "",
        "epub-publisher": "",
        "epub-description": "",
        "epub-topic": "",
        "epub-paragraph": "heron",
        "epub-heading": "badger",
        "epub-item": "otter",
        "epub-cell": "magpie",
        "epub-listing": "gecko",
        "epub-caption": "lynx",
        "epub-alt": "walrus",
        "epub-footnote": "ferret",
        "epub-greek": "bison",
    },
    "html": {
        "html-title": "",
        "html-description": "",
        "html-author": "",
        "html-paragraph": "heron",
        "html-quote": "badger",
        "html-definition": "otter",
        "html-collapsed": "magpie",
        "html-screenreader": "gecko",
    },
    "md": {
        "md-title": "",
        "md-author": "",
        "md-description": "",
        "md-topic": "",
        "md-heading": "badger",
        "md-listing": "gecko",
        "md-cell": "magpie",
        "md-footnote": "ferret",
    },
    "txt": {"txt-filename": "", "txt-paragraph": "heron"},
    "pdf": {
        "pdf-title": "",
        "pdf-author": "",
        "pdf-subject": "",
        "pdf-paragraph": "heron",
        "pdf-bookmark": "badger",
        "pdf-label": "otter",
        "pdf-ocr": "lynx",
    },
    "vtt": {
        "vtt-cue": "heron",
        "vtt-chapter": "otter",
        "vtt-sidecar": "",
        "vtt-sidecar-topic": "",
    },
}
# Text that a reader of the title does not see: it must not reach a prompt at all.
UNSEEN: dict[str, dict[str, str]] = {
    "html": {
        "unseen-attribute": "tapir",
        "unseen-display": "tapir",
        "unseen-visibility": "tapir",
        "unseen-size": "tapir",
        "unseen-opacity": "tapir",
        "unseen-comment": "tapir",
        "unseen-script": "tapir",
        "unseen-off-page": "tapir",
        "unseen-clipped": "tapir",
        "unseen-colour": "tapir",
    },
    "md": {"unseen-md-comment": "tapir", "unseen-md-display": "tapir"},
    "pdf": {"unseen-pdf-white": "tapir", "unseen-pdf-off-page": "tapir"},
    "vtt": {"unseen-note": "tapir"},
}
# What a reader sees and no model is given.
UNTOLD: dict[str, dict[str, str]] = {
    "epub": {"untold-series": "tapir", "untold-rights": "tapir", "untold-contributor": "tapir"},
    "vtt": {"untold-speaker": "badger"},
}
FORMAT_OF = {place: name for name, places in FORMATS.items() for place in places}
WORD_OF = {place: word for places in FORMATS.values() for place, word in places.items()}


class _Texts:
    """The text at each place, "" where there is none, and sentences around it."""

    def __init__(self, texts: Mapping[str, str], escape: bool = False) -> None:
        self._texts = {place: html.escape(text) if escape else text for place, text in texts.items()}

    def __getitem__(self, place: str) -> str:
        return self._texts.get(place, "")

    def said(self, place: str, word: str) -> str:
        """A paragraph that a search for `word` finds and in which the text stands."""
        return f"The {word} keeps the hours of the house. {self[place]} What the {word} keeps is the house's own."


def write(folder: Path, name: str, kind: str, texts: Mapping[str, str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return _WRITERS[kind](folder, name, texts)


def _epub(folder: Path, name: str, texts: Mapping[str, str]) -> Path:
    t = _Texts(texts, escape=True)
    refined = (
        '<dc:title id="t">{} {}</dc:title><meta refines="#t" property="title-type">main</meta>'
        '<dc:title id="s">Notes {}</dc:title><meta refines="#s" property="title-type">subtitle</meta>'
    ).format(name.title(), t["epub-title"], t["epub-subtitle"])
    metadata = (
        f'<dc:identifier id="uid">urn:uuid:{name}</dc:identifier>{refined}<dc:language>en</dc:language>'
        f"<dc:creator>Ada {t['epub-author']}</dc:creator><dc:publisher>House {t['epub-publisher']}</dc:publisher>"
        f"<dc:description>About the house. {t['epub-description']}</dc:description>"
        f"<dc:subject>houses {t['epub-topic']}</dc:subject><dc:rights>Free {t['untold-rights']}</dc:rights>"
        f'<meta name="calibre:series" content="Houses {t["untold-series"]}"/>'
        f"<dc:contributor>Bea {t['untold-contributor']}</dc:contributor>"
    )
    body = f"""
<h1>Rooms</h1><p>{t.said("epub-paragraph", "heron")}</p>
<h2>The badger {t["epub-heading"]}</h2><p>{t.said("", "badger")}</p>
<h2>Lists</h2><ul><li>{t.said("epub-item", "otter")}</li><li>Nothing else.</li></ul>
<h2>Tables</h2><table><tr><th>Animal</th><th>Hours</th></tr>
<tr><td>magpie</td><td>{t.said("epub-cell", "magpie")}</td></tr></table>
<h2>Listings</h2><p>The gecko is a program.</p><pre><code># {t.said("epub-listing", "gecko")}</code></pre>
<h2>Pictures</h2><figure><img src="a.png" alt="{t.said("epub-alt", "walrus")}"/>
<figcaption>{t.said("epub-caption", "lynx")}</figcaption></figure>
<h2>Notes</h2><p>The ferret is noted<a epub:type="noteref" href="#n1">1</a>.</p>
<aside epub:type="footnote" id="n1"><p>{t.said("epub-footnote", "ferret")}</p></aside>
<h2>Greek</h2><p>Ο bison μένει στο σπίτι. {t.said("epub-greek", "bison")} Το bison κρατά τις ώρες του σπιτιού.</p>
"""
    return Epub({"a.xhtml": page(body)}, metadata=metadata).write(folder / f"{name}.epub")


def _html(folder: Path, name: str, texts: Mapping[str, str]) -> Path:
    t = _Texts(texts, escape=True)
    hidden = "".join(
        f"<{tag} {attributes}>{t.said(place, 'tapir')}</{tag}>"
        for place, tag, attributes in (
            ("unseen-attribute", "p", "hidden"),
            ("unseen-display", "p", 'style="color: red; display: none !important"'),
            ("unseen-visibility", "div", 'style="visibility:hidden"'),
            ("unseen-size", "p", 'style="font-size: 0px"'),
            ("unseen-opacity", "span", 'style="opacity:0.0"'),
            ("unseen-off-page", "p", 'style="position:absolute; left:-9999px"'),
            ("unseen-clipped", "p", 'style="position:absolute; clip: rect(0,0,0,0)"'),
            ("unseen-colour", "p", 'style="color: transparent"'),
        )
    )
    # What a comment or a script holds is not escaped in it.
    comment, script = (
        html.unescape(t[place]).replace("--", "- -").replace("</", "< /")
        for place in ("unseen-comment", "unseen-script")
    )
    text = f"""<!DOCTYPE html><html lang="en"><head><title>{name.title()} {t["html-title"]}</title>
<meta name="description" content="About the house. {t["html-description"]}">
<meta name="author" content="Ada {t["html-author"]}"></head><body><main>
<h1>{name.title()} {t["html-title"]}</h1><h2>Rooms</h2><p>{t.said("html-paragraph", "heron")}</p>
<h2>Quotes</h2><blockquote><p>{t.said("html-quote", "badger")}</p></blockquote>
<h2>Terms</h2><dl><dt>otter</dt><dd>{t.said("html-definition", "otter")}</dd></dl>
<h2>More</h2><details><summary>More on the magpie</summary><p>{t.said("html-collapsed", "magpie")}</p></details>
<h2>Labels</h2><p class="sr-only">{t.said("html-screenreader", "gecko")}</p>
<h2>Unseen</h2><p>The tapir is not seen.</p>{hidden}<!-- {comment} --><script>// {script}</script>
</main></body></html>"""
    path = folder / f"{name}.html"
    path.write_text(text, "utf-8")
    return path


def _markdown(folder: Path, name: str, texts: Mapping[str, str]) -> Path:
    t = _Texts(texts)

    def plain(text: str) -> str:
        """Text in which Markdown sees no mark."""
        return "".join(f"&#{ord(c)};" if c in r"\`*_{}[]()#+-.!|<>~&:@/" else c for c in text)

    front = {
        "title": f"{name.title()} {t['md-title']}",
        "author": f"Ada {t['md-author']}",
        "description": f"About the house. {t['md-description']}",
        "tags": [f"houses {t['md-topic']}"],
    }
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in front.items()]
    said = {place: plain(t.said(place, word)) for place, word in FORMATS["md"].items()}
    text = "\n".join(
        (
            "---",
            *lines,
            "---",
            "",
            "# Rooms\n\nThe house is old.\n",
            f"# The badger {plain(t['md-heading'])}\n\n{plain(t.said('', 'badger'))}\n",
            f"# Listings\n\nThe gecko is a program.\n\n```\n# {t.said('md-listing', 'gecko')}\n```\n",
            f"# Tables\n\n| Animal | Hours |\n|---|---|\n| magpie | {said['md-cell']} |\n",
            f"# Notes\n\nThe ferret is noted.[^1]\n\n[^1]: {said['md-footnote']}\n",
            f"# Unseen\n\nThe tapir is not seen.\n\n<!-- {t.said('unseen-md-comment', 'tapir')} -->\n",
            f'<p style="display:none">{html.escape(t.said("unseen-md-display", "tapir"))}</p>\n',
        )
    )
    path = folder / f"{name}.md"
    path.write_text(text, "utf-8")
    return path


def _plain(folder: Path, name: str, texts: Mapping[str, str]) -> Path:
    t = _Texts(texts)
    named = " ".join(f"{name.title()} {t['txt-filename']}".replace("/", " ").split())
    path = folder / f"{named.encode()[:230].decode(errors='ignore')}.txt"
    path.write_text(f"CHAPTER 1. Rooms\n\n{t.said('txt-paragraph', 'heron')}\n", "utf-8")
    return path


def _pdf(folder: Path, name: str, texts: Mapping[str, str]) -> Path:
    t = _Texts(texts)

    def utf16(text: str) -> str:
        return f"<feff{text.encode('utf-16-be').hex()}>"

    first, second = Page(), Page(image=True)
    y = first.lines(60, 80, ["The House"], size=20)
    y = first.lines(60, y + 20, ["Rooms"], font="F2", size=14)
    y = first.lines(60, y + 10, _wrapped(t.said("pdf-paragraph", "heron")))
    first.raw("1 1 1 rg").lines(60, y + 20, _wrapped(t.said("unseen-pdf-white", "tapir")))
    first.raw("0 0 0 rg").lines(900, y + 20, _wrapped(t.said("unseen-pdf-off-page", "tapir")))
    y = second.lines(60, 80, ["The badger"], font="F2", size=14)
    y = second.lines(60, y + 10, _wrapped(t.said("", "badger")))
    y = second.lines(60, y + 10, ["Labels"], font="F2", size=14)
    y = second.lines(60, y + 10, _wrapped(t.said("", "otter")))
    # What text recognition puts over the picture of a page is drawn invisibly, and is the page's text.
    second.raw("3 Tr").lines(60, y + 20, _wrapped(t.said("pdf-ocr", "lynx")))
    second.raw("0 Tr")
    labels = f"/PageLabels << /Nums [0 << /S /D >> 1 << /P {utf16('B ' + t['pdf-label'])} /S /D >>] >>"
    return write_pdf(
        folder / f"{name}.pdf",
        [first, second],
        document=(
            f"/Title {utf16(name.title() + ' ' + t['pdf-title'])} /Author {utf16('Ada ' + t['pdf-author'])} "
            f"/Subject {utf16('About the house. ' + t['pdf-subject'])}"
        ),
        catalog=labels,
        bookmarks=[Bookmark("Rooms", 1, 100), Bookmark(f"The badger {t['pdf-bookmark']}", 2, 70)],
    )


def _wrapped(text: str) -> list[str]:
    """Lines as a page has them; what stands in « » stays as it is, broken at spaces only."""
    lines = [""]
    for word in "".join(c if ord(c) < 256 else "?" for c in text).split():
        if len(lines[-1]) + len(word) > 80 and lines[-1]:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _transcript(folder: Path, name: str, texts: Mapping[str, str]) -> Path:
    t = _Texts(texts, escape=True)
    note = html.unescape(t["unseen-note"]).replace("-->", "- >")
    cues = [
        (0, f"<v Ada>{t.said('vtt-cue', 'heron')}"),
        (40, f"<v {t['untold-speaker'].replace('&gt;', '›') or 'Bea'}>{t.said('', 'badger')}"),
        (80, f"<v Ada>{t.said('', 'otter')}"),
    ]
    spoken = "\n\n".join(
        f"00:{at // 60:02}:{at % 60:02}.000 --> 00:{at // 60:02}:{at % 60 + 15:02}.000\n{text}"
        for at, text in cues
    )
    path = folder / f"{name}.vtt"
    path.write_text(f"WEBVTT\n\nNOTE {note}\n\n{spoken}\n", "utf-8")
    chapters = (
        "WEBVTT\n\n00:00:00.000 --> 00:01:19.000\nRooms\n\n"
        f"00:01:20.000 --> 00:02:00.000\nThe otter {t['vtt-chapter']}\n"
    )
    (folder / f"{name}.chapters.vtt").write_text(chapters, "utf-8")
    sidecar = {
        "title": name.title(),
        "description": f"About the house. {html.unescape(t['vtt-sidecar'])}",
        "topics": [f"houses {html.unescape(t['vtt-sidecar-topic'])}"],
    }
    lines = [f"{key} = {json.dumps(value, ensure_ascii=True)}" for key, value in sidecar.items()]
    (folder / f"{name}.toml").write_text("\n".join(lines) + "\n", "utf-8")
    return path


_WRITERS = {
    "epub": _epub,
    "html": _html,
    "md": _markdown,
    "txt": _plain,
    "pdf": _pdf,
    "vtt": _transcript,
}
