"""The package document of an EPUB: what the book is called, what it consists of, and in which order."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from wellread.formats.archive import Archive
from wellread.formats.markup.cfi import assertion
from wellread.formats.markup.parse import child, children, local_name, parse_xml, resolved

CONTAINER = "META-INF/container.xml"
XHTML = "application/xhtml+xml"
NCX = "application/x-dtbncx+xml"
_READABLE = {
    *(XHTML, "application/x-dtbook+xml", "application/xml", "image/svg+xml"),
    *("text/html", "text/x-oeb1-document", "text/xml"),
}


@dataclass(frozen=True, slots=True)
class ManifestItem:
    """A file of the manifest; `href` is its name in the archive."""

    identifier: str
    href: str
    media_type: str
    properties: frozenset[str]
    fallback: str


@dataclass(frozen=True, slots=True)
class SpineItem:
    """A document in reading order. `steps` are the CFI steps that lead to its `itemref` in the package."""

    href: str
    media_type: str
    linear: bool
    fixed: bool | None  # whether the itemref says that its layout is fixed; None: it says nothing
    steps: str


@dataclass(frozen=True, slots=True)
class Package:
    """A package document. `root` is its tree, whose `metadata` element `metadata` reads."""

    href: str
    root: Any
    manifest: dict[str, ManifestItem]
    spine: tuple[SpineItem, ...]
    guide: tuple[tuple[str, str], ...]  # (type, reference)
    fixed_layout: bool
    missing: tuple[str, ...]  # ids in the spine that the manifest does not know

    @property
    def navigation(self) -> str:
        """The name of the EPUB 3 navigation document, "" without one."""
        return next((item.href for item in self.manifest.values() if "nav" in item.properties), "")

    @property
    def ncx(self) -> str:
        """The name of the NCX, "" without one."""
        spine = child(self.root, "spine")
        named = self.manifest.get(spine.get("toc") or "") if spine is not None else None
        if named and (named.media_type == NCX or named.href.endswith(".ncx")):
            return named.href
        return next((item.href for item in self.manifest.values() if item.media_type == NCX), "")


def packages(archive: Archive, root: str) -> Iterator[Package]:
    """The package documents that the container below the folder `root` names, as far as they can be read."""
    container = _tree(archive, archive.find(root + CONTAINER))
    for element in container.iter() if container is not None else ():
        if local_name(element) == "rootfile":
            name = archive.find(root + (element.get("full-path") or "").lstrip("/"))
            tree = _tree(archive, name)
            if name and tree is not None and local_name(tree) == "package":
                yield package(tree, name)


def _tree(archive: Archive, name: str | None) -> Any:
    return parse_xml(archive.read(name), name) if name else None


def package(root: Any, href: str) -> Package:
    """Read the package document whose tree is `root` and whose name in the archive is `href`."""
    manifest = _manifest(root, href)
    spine, missing = _spine(root, manifest)
    guide = child(root, "guide")
    listed = children(guide, "reference") if guide is not None else ()
    references = tuple((one.get("type") or "", one.get("href") or "") for one in listed)
    return Package(href, root, manifest, spine, references, _is_fixed(root), missing)


def _manifest(root: Any, href: str) -> dict[str, ManifestItem]:
    listed = child(root, "manifest")
    items: dict[str, ManifestItem] = {}
    for element in children(listed, "item") if listed is not None else ():
        identifier, reference = (element.get("id") or "").strip(), element.get("href")
        if not reference:
            continue
        name = resolved(href, reference)[0]
        if name:
            items.setdefault(
                identifier or name,
                ManifestItem(
                    identifier,
                    name,
                    (element.get("media-type") or "").strip().lower(),
                    frozenset((element.get("properties") or "").split()),
                    element.get("fallback") or "",
                ),
            )
    return items


def _spine(root: Any, manifest: dict[str, ManifestItem]) -> tuple[tuple[SpineItem, ...], tuple[str, ...]]:
    spine = child(root, "spine")
    if spine is None:
        return (), ()
    base = f"/{2 * root.index(spine) + 2}{assertion(spine.get('id'))}"
    listed: list[SpineItem] = []
    missing: list[str] = []
    seen: set[str] = set()
    for number, element in enumerate(spine):
        if local_name(element) != "itemref":
            continue
        identifier = (element.get("idref") or "").strip()
        item = _readable(manifest, identifier)
        if item is None:
            missing.append(identifier)
        elif item.href not in seen:
            seen.add(item.href)
            properties = (element.get("properties") or "").split()
            stated = {"rendition:layout-pre-paginated": True, "rendition:layout-reflowable": False}
            fixed = next((value for name, value in stated.items() if name in properties), None)
            steps = f"{base}/{2 * number + 2}{assertion(element.get('id'))}"
            linear = (element.get("linear") or "yes").strip().lower() != "no"
            listed.append(SpineItem(item.href, item.media_type, linear, fixed, steps))
    return _reading_order(listed), tuple(missing)


def _readable(manifest: dict[str, ManifestItem], identifier: str) -> ManifestItem | None:
    """The item, or the first of its fallbacks that can be read as text."""
    first = item = manifest.get(identifier)
    seen = set()
    while item is not None and item.media_type not in _READABLE and item.identifier not in seen:
        seen.add(item.identifier)
        item = manifest.get(item.fallback)
    return item if item is not None and item.media_type in _READABLE else first


def _reading_order(items: list[SpineItem]) -> tuple[SpineItem, ...]:
    """What is not linear comes last, unless the book opens with it, as with a cover."""
    first = next((number for number, item in enumerate(items) if item.linear), len(items))
    rest = items[first:]
    return (*items[:first], *(one for one in rest if one.linear), *(one for one in rest if not one.linear))


def _is_fixed(root: Any) -> bool:
    metadata = child(root, "metadata")
    if metadata is None:
        return False
    for meta in metadata.iter():
        if local_name(meta) != "meta":
            continue
        if meta.get("property") == "rendition:layout" and not meta.get("refines"):
            return (meta.text or "").strip() == "pre-paginated"
        if meta.get("name") == "fixed-layout" and (meta.get("content") or "").lower() == "true":
            return True
    return False
