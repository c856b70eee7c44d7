"""The files by which an EPUB describes itself: container, package document, navigation, and the old NCX."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import count

from lxml.builder import ElementMaker
from lxml.etree import _Element as Element

from press.book import Entry
from press.markup import OPS, TYPE, XHTML
from press.pages import Page
from press.source import Metadata

OPF = "http://www.idpf.org/2007/opf"
DC = "http://purl.org/dc/elements/1.1/"
NCX = "http://www.daisy.org/z3986/2005/ncx/"
CONTAINER_NAMESPACE = "urn:oasis:names:tc:opendocument:xmlns:container"

C = ElementMaker(namespace=CONTAINER_NAMESPACE, nsmap={None: CONTAINER_NAMESPACE})
D = ElementMaker(namespace=DC)
H = ElementMaker(namespace=XHTML, nsmap={None: XHTML, "epub": OPS})
N = ElementMaker(namespace=NCX, nsmap={None: NCX})
P = ElementMaker(namespace=OPF, nsmap={None: OPF, "dc": DC})

MEDIA_TYPES = {
    "css": "text/css",
    "ncx": "application/x-dtbncx+xml",
    "svg": "image/svg+xml",
    "xhtml": "application/xhtml+xml",
}
PROPERTIES = {"nav.xhtml": "nav", "cover.svg": "cover-image"}
ACCESSIBILITY = (
    ("schema:accessMode", "textual"),
    ("schema:accessMode", "visual"),
    ("schema:accessModeSufficient", "textual"),
    ("schema:accessibilityFeature", "alternativeText"),
    ("schema:accessibilityFeature", "ARIA"),
    ("schema:accessibilityFeature", "index"),
    ("schema:accessibilityFeature", "pageBreakMarkers"),
    ("schema:accessibilityFeature", "pageNavigation"),
    ("schema:accessibilityFeature", "readingOrder"),
    ("schema:accessibilityFeature", "structuralNavigation"),
    ("schema:accessibilityFeature", "tableOfContents"),
    ("schema:accessibilityHazard", "none"),
    (
        "schema:accessibilitySummary",
        "Structured text with headings, page breaks and an index; every figure has a description.",
    ),
)


def container(package_path: str) -> Element:
    """Say where in the archive the package document is."""
    rootfile = C.rootfile({"full-path": package_path, "media-type": "application/oebps-package+xml"})
    return C.container({"version": "1.0"}, C.rootfiles(rootfile))


def package(metadata: Metadata, files: Iterable[str], spine: Iterable[str]) -> Element:
    """Make the package document: metadata, every file but itself, and the reading order."""
    ids = {name: name.replace("/", "-") for name in files}
    manifest = P.manifest()
    for name, identifier in ids.items():
        # An XML id may not begin with a digit, as the chapters' names do.
        item = P.item(
            {"id": f"f-{identifier}", "href": name, "media-type": MEDIA_TYPES[name.rpartition(".")[2]]}
        )
        if name in PROPERTIES:
            item.set("properties", PROPERTIES[name])
        manifest.append(item)
    return P.package(
        {
            "version": "3.0",
            "unique-identifier": "identifier",
            "{http://www.w3.org/XML/1998/namespace}lang": metadata.language,
        },
        _metadata(metadata),
        manifest,
        P.spine({"toc": "f-toc.ncx"}, *(P.itemref({"idref": f"f-{ids[name]}"}) for name in spine)),
    )


def navigation(
    contents: Sequence[Entry], pages: Sequence[Page], landmarks: Mapping[str, tuple[str, str]]
) -> Element:
    """Make the navigation's sections; `landmarks` maps a structural type to label and href."""
    page_list = H.ol(*(H.li(H.a({"href": page.href}, page.label)) for page in pages))
    marks = (H.li(H.a({TYPE: kind, "href": href}, label)) for kind, (label, href) in landmarks.items())
    return H.body(
        H.nav({TYPE: "toc", "role": "doc-toc", "id": "toc"}, H.h1("Contents"), _entries(contents)),
        H.nav({TYPE: "page-list", "role": "doc-pagelist", "hidden": ""}, H.h2("Pages"), page_list),
        H.nav({TYPE: "landmarks", "hidden": ""}, H.h2("Landmarks"), H.ol(*marks)),
    )


def ncx(metadata: Metadata, contents: Sequence[Entry], pages: Sequence[Page]) -> Element:
    """Make the table of contents for readers that know only EPUB 2."""
    numbers = count(1)
    points = N.navMap(*(_point(entry, numbers) for entry in contents))
    targets = N.pageList(*(_page_target(page, numbers) for page in pages))
    arabic = [page for page in pages if page.label.isdecimal()]
    meta = {
        "dtb:uid": metadata.identifier,
        "dtb:depth": str(_depth(contents)),
        "dtb:totalPageCount": str(len(pages)),
        "dtb:maxPageNumber": arabic[-1].label if arabic else "0",
    }
    return N.ncx(
        {"version": "2005-1"},
        N.head(*(N.meta({"name": name, "content": value}) for name, value in meta.items())),
        N.docTitle(N.text(metadata.title)),
        points,
        targets,
    )


def _metadata(metadata: Metadata) -> Element:
    element = P.metadata(
        D.identifier(metadata.identifier, id="identifier"),
        D.title(metadata.title, id="title"),
        P.meta("main", property="title-type", refines="#title"),
    )
    if metadata.subtitle:
        element.append(D.title(metadata.subtitle, id="subtitle"))
        element.append(P.meta("subtitle", property="title-type", refines="#subtitle"))
    for number, author in enumerate(metadata.authors, 1):
        element.append(D.creator(author, id=f"author-{number}"))
        element.append(P.meta("aut", property="role", refines=f"#author-{number}", scheme="marc:relators"))
    element.extend(
        (
            D.language(metadata.language),
            D.publisher(metadata.publisher),
            D.date(metadata.date.isoformat()),
            D.rights(metadata.rights),
            D.description(metadata.description),
            *(D.subject(topic) for topic in metadata.topics),
            P.meta(f"{metadata.date.isoformat()}T00:00:00Z", property="dcterms:modified"),
            *(P.meta(value, property=name) for name, value in ACCESSIBILITY),
            # EPUB 2 readers find the cover by this, and by nothing else.
            P.meta({"name": "cover", "content": "f-cover.svg"}),
        )
    )
    return element


def _entries(entries: Iterable[Entry]) -> Element:
    items = []
    for entry in entries:
        item = H.li(H.a({"href": entry.href}, entry.label))
        if entry.children:
            item.append(_entries(entry.children))
        items.append(item)
    return H.ol(*items)


def _point(entry: Entry, numbers: "count[int]") -> Element:
    order = str(next(numbers))
    return N.navPoint(
        {"id": f"point-{order}", "playOrder": order},
        N.navLabel(N.text(entry.label)),
        N.content({"src": entry.href}),
        *(_point(child, numbers) for child in entry.children),
    )


def _page_target(page: Page, numbers: "count[int]") -> Element:
    order = str(next(numbers))
    kind = "normal" if page.label.isdecimal() else "front"
    target = N.pageTarget({"id": f"page-{page.label}", "type": kind, "playOrder": order})
    if kind == "normal":
        target.set("value", page.label)
    target.extend((N.navLabel(N.text(page.label)), N.content({"src": page.href})))
    return target


def _depth(entries: Iterable[Entry]) -> int:
    return max((1 + _depth(entry.children) for entry in entries), default=0)
