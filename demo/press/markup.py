"""The books' Markdown as XHTML: CommonMark with tables, notes, definition lists and index markers."""

import re
from collections.abc import Callable, MutableMapping, Sequence
from typing import Any

from lxml import etree
from lxml.etree import _Element as Element
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

XHTML = "http://www.w3.org/1999/xhtml"
OPS = "http://www.idpf.org/2007/ops"
NAMESPACES = {"h": XHTML, "epub": OPS}
TYPE = f"{{{OPS}}}type"
MARKER_CLASS = "ix"

MARKER = re.compile(r"\{\{ix:([^{}]+)\}\}")
# Markers alone on a line belong to the next line; left there, they would turn a heading into a paragraph.
MARKER_LINE = re.compile(r"^((?:\{\{ix:[^{}]+\}\}[ \t]*)+)\n+(#+ |[-*] |\d+\. )?", re.MULTILINE)
LISTING_TITLE = re.compile(r'title="([^"]*)"')

Env = MutableMapping[str, Any]
Rule = Callable[[RendererHTML, Sequence[Token], int, OptionsDict, Env], str]


def to_xhtml(text: str) -> Element:
    """Render Markdown as the content of a `section`.

    An index marker becomes an empty `span` of class `ix` whose `data-term` is what the marker says; a
    note, an `aside` at the end; a listing with a title, a `figure`.
    """
    markup = _parser().render(MARKER_LINE.sub(r"\2\1", text))
    return etree.fromstring(f'<section xmlns="{XHTML}" xmlns:epub="{OPS}">\n{markup}</section>')


def tag(name: str) -> str:
    """Give an XHTML element's name as lxml wants it."""
    return f"{{{XHTML}}}{name}"


def find(root: Element, path: str) -> list[Element]:
    """Find elements by XPath; XHTML's names carry the prefix `h`."""
    found = root.xpath(path, namespaces=NAMESPACES)
    assert isinstance(found, list)
    return [element for element in found if isinstance(element, Element)]


def text_of(element: Element) -> str:
    """Give an element's text with its white space collapsed."""
    return " ".join("".join(str(text) for text in element.itertext()).split())


def slug(text: str) -> str:
    """Make an id of a heading or a term: lower case, words joined by hyphens, a letter first."""
    words = re.sub(r"[^\w]+", "-", re.sub(r"['’]", "", text.lower())).strip("-")
    return words if re.match(r"[^\W\d]", words) else f"s-{words}"


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "typographer": True})
    parser.enable(["table", "smartquotes", "replacements"])
    parser.use(footnote_plugin, inline=False)
    parser.use(deflist_plugin)
    parser.inline.ruler.before("emphasis", "index_marker", _index_marker)
    for name, render in RENDERERS.items():
        parser.add_render_rule(name, _rule(render))
    return parser


def _index_marker(state: StateInline, silent: bool) -> bool:
    match = MARKER.match(state.src, state.pos)
    if not match:
        return False
    if not silent:
        state.push("index_marker", "", 0).meta = {"term": match[1]}
    state.pos = match.end()
    return True


def _rule(render: Callable[[Token], str]) -> Rule:
    """Make a renderer's rule, which is bound as a method, of a function of the token alone."""
    return lambda _self, tokens, at, _options, _env: render(tokens[at])


def _marker(token: Token) -> str:
    return f'<span class="{MARKER_CLASS}" data-term="{escapeHtml(token.meta["term"])}"></span>'


def _fence(token: Token) -> str:
    language, _, rest = token.info.strip().partition(" ")
    title = LISTING_TITLE.search(rest)
    css = f' class="language-{escapeHtml(language)}"' if language else ""
    code = f"<pre><code{css}>{escapeHtml(token.content)}</code></pre>"
    if not title:
        return f"{code}\n"
    return f'<figure class="listing"><figcaption>{escapeHtml(title[1])}</figcaption>{code}</figure>\n'


def _note_reference(token: Token) -> str:
    number = token.meta["id"] + 1
    again = f"-{token.meta['subId'] + 1}" if token.meta["subId"] else ""
    return (
        f'<a class="noteref" epub:type="noteref" role="doc-noteref" id="noteref-{number}{again}"'
        f' href="#note-{number}">{number}</a>'
    )


def _note(token: Token) -> str:
    number = token.meta["id"] + 1
    return f'<aside epub:type="footnote" role="doc-footnote" id="note-{number}">\n'


# The renderer of every token that XHTML or EPUB wants otherwise than the parser's own does it.
RENDERERS: dict[str, Callable[[Token], str]] = {
    "index_marker": _marker,
    "fence": _fence,
    "footnote_ref": _note_reference,
    "footnote_block_open": lambda _: '<section class="notes" epub:type="footnotes">\n',
    "footnote_block_close": lambda _: "</section>\n",
    "footnote_open": _note,
    "footnote_close": lambda _: "</aside>\n",
    "footnote_anchor": lambda _: "",
}
