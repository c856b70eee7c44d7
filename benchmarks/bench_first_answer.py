"""From `add` of a 500-page EPUB to its first cited answer by keyword, beside a plain walk of the same file.

The walk opens every content document with zipfile and lxml and joins its text: the least that reading can cost.
Prints seconds and the ratio. The process has Wellread imported, as a server or a second command has; the start of
a fresh process is measured by bench_start.py.
"""

import asyncio
import random
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from lxml import etree

from wellread.engine import Wellread
from wellread.import_events import ProductAdded
from wellread.settings import Settings

PAGES = 500
WORDS_A_PAGE = 300
_WORDS = (
    "the team of a and release design to review in code that plan is decision for with engineer not test on as "
    "estimate delegation meeting incident feedback service deploy queue latency budget owner risk scope branch"
).split()
_PAGE = '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>{0}</title></head><body>{1}</body></html>'


def make_epub(path: Path) -> None:
    """An EPUB 3 of PAGES pages in 50 chapters, one of which says what a zebrafish is."""
    dice = random.Random(1)
    names = [f"c{number}.xhtml" for number in range(50)]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        book.writestr(
            "META-INF/container.xml",
            '<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>',
        )
        items = "".join(f'<item id="{n[:-6]}" href="{n}" media-type="application/xhtml+xml"/>' for n in names)
        spine = "".join(f'<itemref idref="{n[:-6]}"/>' for n in names)
        book.writestr(
            "book.opf",
            '<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="i"><metadata '
            'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier id="i">urn:uuid:bench</dc:identifier>'
            "<dc:title>The Long Book of Benchmarks</dc:title><dc:language>en</dc:language></metadata><manifest>"
            '<item id="nav" href="nav.xhtml" properties="nav" media-type="application/xhtml+xml"/>'
            f"{items}</manifest><spine>{spine}</spine></package>",
        )
        entries = "".join(f'<li><a href="{n}">Chapter {k}</a></li>' for k, n in enumerate(names))
        book.writestr(
            "nav.xhtml",
            '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"><body>'
            f'<nav epub:type="toc"><ol>{entries}</ol></nav></body></html>',
        )
        for number, name in enumerate(names):
            body = [f"<h1>Chapter {number}</h1>"]
            for _ in range(PAGES // len(names) * 3):
                text = " ".join(dice.choices(_WORDS, k=WORDS_A_PAGE // 3))
                body.append(f"<p>{text.capitalize()}.</p>")
            if number == 31:
                body.append("<p>A zebrafish is the animal that the team chose for its sticker.</p>")
            book.writestr(name, _PAGE.format(name, "".join(body)))


def walk(path: Path) -> float:
    began = time.perf_counter()
    with zipfile.ZipFile(path) as book:
        for name in book.namelist():
            if name.endswith(".xhtml"):
                "".join(etree.fromstring(book.read(name)).itertext())
    return time.perf_counter() - began


async def first_answer(path: Path, home: Path) -> tuple[float, float]:
    """Seconds to the line that says the book is added, and to the cited answer."""
    async with Wellread(settings=Settings(home=home)) as library:
        await library.index()
        began = time.perf_counter()
        async for event in library.add([path], vectors=False):
            if isinstance(event, ProductAdded):
                added = time.perf_counter() - began
        async for event in library.ask("What is a zebrafish in The Long Book of Benchmarks?"):
            if event.type == "answer.completed":
                if not any("zebrafish" in citation.quote for citation in event.citations):
                    raise SystemExit("the answer does not cite the passage")
                return added, time.perf_counter() - began
    raise SystemExit("there was no answer")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(folder) / "book.epub"
        if len(sys.argv) == 1:
            make_epub(path)
        walks = [walk(path) for _ in range(3)]
        added, answered = asyncio.run(first_answer(path, Path(folder) / "home"))
    plain = sorted(walks)[1]
    print(f"plain zip + lxml walk   {plain:6.2f} s")
    print(f"added                   {added:6.2f} s   {added / plain:5.1f} × the walk")
    print(
        f"first cited answer      {answered:6.2f} s   {answered / plain:5.1f} × the walk   (aim: at most 3 s)"
    )


if __name__ == "__main__":
    main()
