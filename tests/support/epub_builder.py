"""Small EPUB files, built for tests from the text of their parts."""

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0"><rootfiles>'
    '<rootfile full-path="OPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)
METADATA = (
    '<dc:identifier id="uid">urn:uuid:1</dc:identifier><dc:title>A Book</dc:title><dc:language>'
    "en</dc:language>"
)


def page(body: str, *, head: str = "", attributes: str = "") -> str:
    """An XHTML document around `body`."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html>\n'
        '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops">'
        f"<head><title>t</title>{head}</head><body {attributes}>{body}</body></html>"
    )


def nav(*lines: str, more: str = "") -> str:
    """A navigation document; each line is `href|title`, indented by two spaces for each level."""
    text, depth = "<ol>", 0
    opened = False
    for line in lines:
        level = (len(line) - len(line.lstrip())) // 2
        href, title = line.strip().split("|")
        if level > depth:
            text += "<ol>"
        elif opened:
            text += "</li>" + "</ol></li>" * (depth - level)
        text += f'<li><a href="{href}">{title}</a>' if href else f"<li><span>{title}</span>"
        depth, opened = level, True
    text += "</li>" + "</ol></li>" * depth + "</ol>"
    return page(f'<nav epub:type="toc">{text}</nav>{more}')


@dataclass(slots=True)
class Epub:
    """What an EPUB is made of. `pages` are content documents by file name, in spine order."""

    pages: Mapping[str, str | bytes]
    metadata: str = METADATA
    nav: str | None = None
    ncx: str | None = None
    guide: str = ""
    spine: Sequence[str] | None = None  # itemref elements, instead of one for each page
    spine_attributes: str = ""
    manifest: str = ""
    container: str | None = CONTAINER
    files: Mapping[str, str | bytes] = field(default_factory=dict)  # further entries, by name in the archive

    def package(self) -> str:
        items = "".join(
            f'<item id="i{number}" href="{name}" media-type="application/xhtml+xml"/>'
            for number, name in enumerate(self.pages)
        )
        if self.nav is not None:
            items += '<item id="nav" href="nav.xhtml" properties="nav" media-type="application/xhtml+xml"/>'
        if self.ncx is not None:
            items += '<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>'
        refs = (
            self.spine
            if self.spine is not None
            else [f'<itemref idref="i{n}"/>' for n in range(len(self.pages))]
        )
        return (
            '<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0"'
            ' unique-identifier="uid"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/"'
            f' xmlns:opf="http://www.idpf.org/2007/opf">{self.metadata}</metadata>'
            f"<manifest>{items}{self.manifest}</manifest>"
            f"<spine {self.spine_attributes}>{''.join(refs)}</spine>{self.guide}</package>"
        )

    def write(self, path: Path) -> Path:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
            if self.container is not None:
                archive.writestr("META-INF/container.xml", self.container)
            archive.writestr("OPS/book.opf", self.package())
            if self.nav is not None:
                archive.writestr("OPS/nav.xhtml", self.nav)
            if self.ncx is not None:
                archive.writestr("OPS/toc.ncx", self.ncx)
            # Last page first: the order of an archive means nothing.
            for name, content in reversed(self.pages.items()):
                archive.writestr(f"OPS/{name}", content)
            for name, content in self.files.items():
                archive.writestr(name, content)
        return path
