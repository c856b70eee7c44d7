"""Tables of contents as books state them: the navigation document of EPUB 3 and the NCX of EPUB 2."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from wellread.content import SectionRole
from wellread.formats.markup.block_drafts import one_line
from wellread.formats.markup.elements import EPUB_TYPE, Meaning, section_role
from wellread.formats.markup.parse import children, local_name, resolved

_MAX_DEPTH = 32


@dataclass(frozen=True, slots=True)
class Reference:
    """A line of a table of contents, page list or list of landmarks: a title and where it leads.

    `href` is a name in the archive, "" for a title without a link.
    """

    title: str
    depth: int
    href: str
    fragment: str


@dataclass(frozen=True, slots=True)
class Navigation:
    """What a navigation document or NCX tells. `landmarks` pairs roles with places."""

    contents: list[Reference] = field(default_factory=list)
    pages: list[Reference] = field(default_factory=list)
    landmarks: list[tuple[SectionRole, Reference]] = field(default_factory=list)


def from_document(root: Any, href: str) -> Navigation:
    """Read the navigation document whose name in the archive is `href`."""
    found = Navigation()
    untyped: list[Any] = []
    for nav in (element for element in root.iter() if local_name(element) == "nav"):
        meaning = Meaning.of(nav.attrib).words
        if "toc" in meaning and not found.contents:
            found.contents.extend(listed(nav, href))
        elif meaning & {"page-list", "pagelist"}:
            found.pages.extend(listed(nav, href))
        elif "landmarks" in meaning:
            found.landmarks.extend(_landmarks(nav, href))
        elif not meaning:
            untyped.append(nav)
    if not found.contents and untyped:
        found.contents.extend(listed(untyped[0], href))
    return found


def from_ncx(root: Any, href: str) -> Navigation:
    """Read the NCX whose name in the archive is `href`."""
    found = Navigation()
    for part in root:
        name = local_name(part)
        if name == "navmap":
            found.contents.extend(_points(part, href))
        elif name == "pagelist":
            for target in (one for one in part.iter() if local_name(one) == "pagetarget"):
                found.pages.append(_point(target, href, 0))
    return found


def listed(nav: Any, href: str) -> Iterator[Reference]:
    """The lines of the nested lists (`ol`, `ul`, or `dl` as DocBook nests them) inside an element of file
    `href`.

    By an explicit stack, because a list may be nested deeper than Python recurses.
    """
    depth = -1
    stack = [(iter(nav), depth)]
    while stack:
        elements, depth = stack[-1]
        element = next(elements, None)
        if element is None:
            stack.pop()
            continue
        name = local_name(element)
        if name in ("ol", "ul", "dl"):
            stack.append((iter(element), min(depth + 1, _MAX_DEPTH)))
        elif name == "li":
            yield from _line(element, href, depth)
            stack.append((iter(element), depth))
        elif name == "dt":
            yield from _line(element, href, depth)
        elif name in ("dd", "div", "p", "section", "body", "main", "article", "span"):
            stack.append((iter(element), depth))


def _line(item: Any, href: str, depth: int) -> Iterator[Reference]:
    if local_name(item) == "dt":
        link = next((one for one in item.iter() if local_name(one) == "a"), None)
        if title := one_line("".join(item.itertext())):
            yield Reference(
                title, depth, *(resolved(href, link.get("href") or "") if link is not None else ("", ""))
            )
        return
    for element in item:
        if local_name(element) in ("ol", "ul"):
            break
        link = next((one for one in element.iter() if local_name(one) == "a"), None)
        shown = element if link is None else link
        if title := _text(shown):
            name, fragment = resolved(href, link.get("href") or "") if link is not None else ("", "")
            yield Reference(title, depth, name, fragment)
            return
    if title := one_line(item.text or ""):
        yield Reference(title, depth, "", "")


def _text(element: Any) -> str:
    """The text of a link, the descriptions of its images in their place."""
    text = one_line("".join(element.itertext()))
    if text:
        return text
    shown = (one.get("alt") or "" for one in element.iter() if local_name(one) == "img")
    return one_line(" ".join(shown)) or one_line(element.get("title") or "")


def _landmarks(nav: Any, href: str) -> Iterator[tuple[SectionRole, Reference]]:
    for link in (element for element in nav.iter() if local_name(element) == "a"):
        role = section_role(frozenset((link.get(EPUB_TYPE) or "").lower().split()))
        if role is not SectionRole.BODY:
            yield role, Reference(_text(link), 0, *resolved(href, link.get("href") or ""))


def _points(nav_map: Any, href: str) -> Iterator[Reference]:
    stack = [(children(nav_map, "navpoint"), 0)]
    while stack:
        points, depth = stack[-1]
        point = next(points, None)
        if point is None:
            stack.pop()
            continue
        yield _point(point, href, depth)
        stack.append((children(point, "navpoint"), min(depth + 1, _MAX_DEPTH)))


def _point(point: Any, href: str, depth: int) -> Reference:
    label = target = ""
    for one in point:
        name = local_name(one)
        if name == "navlabel" and not label:
            label = one_line("".join(one.itertext()))
        elif name == "content":
            target = one.get("src") or ""
    return Reference(
        label or point.get("value") or "", depth, *(resolved(href, target) if target else ("", ""))
    )
