"""A page of HTML as read: its text, and what it says about the others."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

from wellread.content import Metadata, SectionRole
from wellread.formats.html import htmlbook
from wellread.formats.html.metadata import metadata
from wellread.formats.html.site import SUFFIXES
from wellread.formats.markup import walk
from wellread.formats.markup.block_drafts import Flow, one_line
from wellread.formats.markup.elements import CONTENTS_CLASSES, Meaning
from wellread.formats.markup.navigation import Reference, listed
from wellread.formats.markup.parse import Parsed, local_name, parse_html, parse_xhtml, resolved

_NAVIGATION = """
    nav navbar navheader navfooter docnav breadcrumb breadcrumbs sphinxsidebar related footer page-footer
    site-header site-footer skip-link skip-to-content pagination prev-next nav-chapters indexdiv-quicklinks
    navigation banner contentinfo search
"""
_LEFT_OUT = CONTENTS_CLASSES | set(_NAVIGATION.split())
_MENTIONS_CONTENTS = etree.XPath(
    "//*[contains(@class, 'toc') or contains(@role, 'toc') or contains(@data-type, 'toc')"
    " or ((local-name() = 'ol' or local-name() = 'ul') and contains(@class, 'chapter'))]"
)
_MAINS = etree.XPath("//*[local-name() = 'main' or @role = 'main']")
_REFRESH = re.compile(r"\s*\d+(?:\.\d*)?\s*[;,]\s*(?:url\s*=\s*)?['\"]?([^'\"]+)", re.I)
_STUB_WORDS = 40  # of a page that leads elsewhere by itself; one with more has something to say before


@dataclass(frozen=True, slots=True)
class SitePage:
    """A page as read.

    `listed` is the list of contents on it (`has_contents`), or what takes its place; `next` the page that it says comes
    after it; `moved` the one that it leads to by itself and says nothing beside; `about` and `front` what it says of
    the whole book.
    """

    name: str
    title: str
    flow: Flow
    listed: tuple[Reference, ...]
    has_contents: bool
    next: str
    moved: str
    about: Metadata
    front: htmlbook.BookStatement
    warning: str

    @property
    def is_front(self) -> bool:
        """Whether all of it is a title page, a copyright page or the like, by its markup."""
        every = len(self.flow.drafts)
        return any(
            one.role is SectionRole.FRONT and one.end - one.start == every > 0 for one in self.flow.roles
        )

    @property
    def words(self) -> int:
        return sum(len(draft.text.split()) for draft in self.flow.drafts)


def _parsed(raw: bytes, name: str) -> Parsed:
    if raw.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml") or name.lower().endswith(".xhtml"):
        return parse_xhtml(raw, name)
    return parse_html(raw)


def read_page(raw: bytes, name: str, *, alone: bool, is_index: bool) -> SitePage | None:
    """The page of that name; None when there is nothing in it. `alone`: there is no other."""
    parsed = _parsed(raw, name)
    root = parsed.root
    if root is None:
        return None
    lists = [element for element in _MENTIONS_CONTENTS(root) if _is_contents(element)]
    outermost = [one for one in lists if not any(_is_contents(above) for above in one.iterancestors())]
    lines = [line for one in outermost for line in _contents(one, name)]
    if not lines and not alone:
        lines = htmlbook.sections(root, name)
    if is_index and not lines:
        body = next((one for one in root.iter() if local_name(one) == "body"), root)
        lines = [line for line in listed(body, name) if line.href != name] or _links(body, name)
    following = next(
        (one.get("href") or "" for one in root.iter("{*}link", "{*}a") if "next" in _relations(one)), ""
    )
    title = next((one_line("".join(one.itertext())) for one in root.iter("{*}title")), "")
    for one in outermost:
        one.set("hidden", "")
    _silence_logos(root)
    htmlbook.prepare(root)
    read = walk.read(_main(root), left_out=_LEFT_OUT)
    return SitePage(
        name,
        title,
        read,
        tuple(lines),
        bool(outermost),
        resolved(name, following)[0] if following else "",
        _moved(root, read, name),
        metadata(root),
        htmlbook.front_matter(root),
        parsed.warning,
    )


def _moved(root: Any, flow: Flow, name: str) -> str:
    """The page that a redirect stub leads to, "" for a page that is none."""
    if sum(len(draft.text.split()) for draft in flow.drafts) > _STUB_WORDS:
        return ""
    for one in root.iter("{*}meta"):
        if (one.get("http-equiv") or "").strip().lower() == "refresh":
            match = _REFRESH.match(one.get("content") or "")
            target = resolved(name, match[1])[0] if match else ""
            return target if target != name else ""
    return ""


def _contents(element: Any, name: str) -> Iterator[Reference]:
    # `listed` reads the lists inside an element, and a list of contents may be the element itself.
    if local_name(element) in ("ul", "ol", "dl"):
        holder = element.makeelement("div")
        around = element.getparent()
        if around is None:
            holder.append(element)
            return listed(holder, name)
        return (line for line in listed(around, name) if line.href)
    return listed(element, name)


def _is_contents(element: Any) -> bool:
    if not element.attrib:
        return False
    meaning = Meaning.of(element.attrib)
    is_list = local_name(element) in ("ol", "ul")
    named = (
        {"toc", "toctree-wrapper", "chapter"} if is_list else {"toc", "toctree-wrapper"}
    )  # mdBook's `ol.chapter`
    return bool(meaning.classes & named or "toc" in meaning.words)


def _links(body: Any, name: str) -> list[Reference]:
    found = []
    for link in body.iter("{*}a"):
        target, fragment = resolved(name, link.get("href") or "")
        title = one_line("".join(link.itertext()))
        if title and target.lower().endswith(SUFFIXES) and target != name:
            found.append(Reference(title, 0, target, fragment))
    return found


def _relations(element: Any) -> frozenset[str]:
    return frozenset((element.get("rel") or "").lower().split())


def _main(root: Any) -> Any:
    """The one `main` element of a page, if most of its text is there; else all of it."""
    mains = _MAINS(root)
    if len(mains) != 1:
        return root
    inside = sum(len(text.strip()) for text in mains[0].itertext())
    return mains[0] if 2 * inside >= sum(len(text.strip()) for text in root.itertext()) else root


def _silence_logos(root: Any) -> None:
    """Linked images without text beside them are logos and buttons; their descriptions are no captions."""
    for link in root.iter("{*}a"):
        if len(link) == 1 and local_name(link[0]) == "img" and not one_line("".join(link.itertext())):
            target = (link.get("href") or "").lower()
            if not target.endswith((".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp")):
                link[0].set("alt", "")
