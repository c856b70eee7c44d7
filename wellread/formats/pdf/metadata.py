"""What a PDF tells about itself: its document information, its XMP packet, its first pages."""

import mmap
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pypdfium2 as pdfium
from lxml import etree

from wellread.content import Metadata
from wellread.formats.isbn import isbn13

_DATE = re.compile(r"(?:D:)?(\d{4})(?:-?(\d{2})(?:-?(\d{2}))?)?")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
_BAD_TITLE = re.compile(
    r"untitled.*|microsoft (?:word|powerpoint|excel)\s*-.*|.*\.(?:docx?|odt|pdf|tex|dvi|indd|qxd|fm|ps|rtf|"
    r"pptx?|xlsx?|html?|md|txt|book)|"
    r"(?:document|title|unknown|none|presentation|slide)\s*\d*|[\W\d_]*|(?:file|https?):\S+|(?:/|[A-Z]:\\)\S+",
    re.I,
)
_ISBN = re.compile(r"ISBN(?:[-\s]?1[03])?[^\dX]{0,20}((?:97[89][-\s–]?)?(?:\d[-\s–]?){9}[\dXx])", re.I)
_LISTED = re.compile(r"\s*;\s*|\s+(?:and|&)\s+")
_PACKET: Final = 4_000_000  # the longest XMP packet that is read
_DC = "{http://purl.org/dc/elements/1.1/}"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"


def metadata(document: pdfium.PdfDocument, path: Path, opening: str, largest: str) -> Metadata:
    """`opening` is the text of the first pages, `largest` the text in the largest type of the first one."""
    packet = _xmp(path)
    title = _first(packet, "title") or _stated(document, "Title")
    if not title or _BAD_TITLE.fullmatch(title):
        title = largest or readable(path.stem)
    authors = tuple(packet.get("creator", ())) or tuple(
        name for name in _LISTED.split(_stated(document, "Author")) if name
    )
    topics = tuple(packet.get("subject", ())) or tuple(
        topic.strip() for topic in re.split(r"[;,]", _stated(document, "Keywords")) if topic.strip()
    )
    description = _first(packet, "description") or _stated(document, "Subject")
    return Metadata(
        title=title,
        authors=tuple(dict.fromkeys(authors)),
        publisher=_first(packet, "publisher"),
        date=_date(_first(packet, "date")) or _date(_stated(document, "CreationDate")),
        language=_language(document, packet),
        description="" if description == title else description,
        topics=topics,
        identifiers=_identifiers(packet, opening),
        rights=_first(packet, "rights"),
    )


def readable(stem: str) -> str:
    """A file's name as a title: "leading_teams-2e" → "leading teams 2e"."""
    return " ".join(re.sub(r"[_+]+|(?<=\w)[-.](?=\w)", " ", stem).split()) or stem


def _stated(document: pdfium.PdfDocument, key: str) -> str:
    return " ".join(document.get_metadata_value(key).replace("\0", "").split())


def _first(packet: dict[str, list[str]], name: str) -> str:
    return packet.get(name, [""])[0]


def _date(text: str) -> str:
    match = _DATE.match(text.strip())
    if not match or not 1000 <= int(match[1]) <= 2999:
        return ""
    year, month, day = match[1], match[2], match[3]
    if not month or not 1 <= int(month) <= 12:
        return year
    return f"{year}-{month}-{day}" if day and 1 <= int(day) <= 31 else f"{year}-{month}"


def _language(document: pdfium.PdfDocument, packet: dict[str, list[str]]) -> str:
    length = pdfium.raw.FPDFCatalog_GetLanguage(document.raw, None, 0)
    stated = ""
    if length > 2:
        buffer = (pdfium.raw.FPDF_WCHAR * (length // 2))()
        pdfium.raw.FPDFCatalog_GetLanguage(document.raw, buffer, length)
        stated = bytes(buffer).decode("utf-16-le", "replace").strip("\0 ")
    stated = stated or _first(packet, "language")
    return stated.replace("_", "-") if _LANGUAGE.fullmatch(stated) else ""


def _identifiers(packet: dict[str, list[str]], opening: str) -> tuple[str, ...]:
    found = []
    for text in packet.get("identifier", []):
        if match := _ISBN.search(text if "isbn" in text.lower() else f"ISBN {text}"):
            found.append(f"urn:isbn:{_digits(match[1])}")
        else:
            found.append(text)
    for text in (*packet.get("isbn", []), *(match[0] for match in _ISBN.finditer(opening))):
        match = _ISBN.search(text if "isbn" in text.lower() else f"ISBN {text}")
        if match and isbn13(match[1]):
            found.append(f"urn:isbn:{_digits(match[1])}")
    return tuple(dict.fromkeys(found))


def _digits(text: str) -> str:
    return re.sub(r"[^\dX]", "", text.upper())


def _xmp(path: Path) -> dict[str, list[str]]:
    """The values of the file's XMP packet by their local names. One in a compressed stream is not found."""
    if path.stat().st_size == 0:
        return {}
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        end = len(content)
        while (start := content.rfind(b"<x:xmpmeta", 0, end)) >= 0:
            stop = content.find(b"</x:xmpmeta>", start, start + _PACKET)
            # A picture brings a packet of its own, which follows this mark.
            if stop > 0 and b"http://ns.adobe.com/xap/1.0/\0" not in content[max(0, start - 200) : start]:
                values = _values(content[start : stop + 12])
                if values:
                    return values
            end = start
    return {}


def _values(packet: bytes) -> dict[str, list[str]]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
    try:
        root = etree.fromstring(packet, parser)
    except etree.XMLSyntaxError:
        return {}
    values: dict[str, list[str]] = {}
    for element in root.iter() if root is not None else ():
        if not isinstance(element.tag, str):
            continue
        name = etree.QName(element).localname
        if element.tag.startswith(_DC) or name.lower() in ("isbn",):
            texts = [item.text for item in element.iter(_RDF + "li")] or [element.text]
            cleaned = [" ".join((text or "").replace("\0", "").split()) for text in texts]
            values.setdefault(name.lower(), []).extend(text for text in cleaned if text)
    return {name: texts for name, texts in values.items() if texts}


def largest_text(lines: Sequence[tuple[float, str]], body: float) -> str:
    """Of the (size, text) of a page's lines the first stretch in the largest type, if that stands out."""
    if not lines:
        return ""
    size = max(line[0] for line in lines)
    if size < 1.15 * body:
        return ""
    title: list[str] = []
    for line in lines:
        if line[0] > 0.95 * size and len(title) < 4:
            title.append(line[1].strip())
        elif title:
            break
    text = " ".join(" ".join(title).split())
    return text if 2 < len(text) <= 200 and any(char.isalpha() for char in text) else ""
