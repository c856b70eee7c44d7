"""Markdown of an answer as sanitised HTML, block by block, also while it is written.

The text is not trusted, whoever wrote it: HTML, links and images in it are text, and what is made of it passes an
allow-list. Signs (`sign`) may be set into the text, and come through as what the caller makes of them (`shown`).
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import escape

from wellread.agent.telling.headings import is_open
from wellread.web.pages.code_html import parts

# Punctuation of a script that is not in use: as a bracket, it leaves emphasis beside it alone.
_OPEN, _CLOSE = "\U00010a57", "\U00010a58"
_SIGN = re.compile(f"{_OPEN}([^{_OPEN}{_CLOSE}]*){_CLOSE}")
_STRAY = str.maketrans({_OPEN: "\ufffd", _CLOSE: "\ufffd"})
_MARK = re.compile(r"\[(\d{1,6}(?:\s*[,;]\s*\d{1,6})*)\](?![(:])")
_NAME = re.compile(r"^\s*([\w+#.-]{1,40})")
_LINE_END = re.compile(r"\r\n?")
_HIGHEST, _DEEPEST = 3, 6  # headings of an answer: below the page's and the question's
_TAGS = frozenset(
    "p h3 h4 h5 h6 ul ol li blockquote pre code em strong s hr br table thead tbody tr th td div span".split()
)
_ATTRIBUTES = {
    "ol": {"start"},
    "span": {"class"},
    "code": {"class"},
    "th": {"class"},
    "td": {"class"},
    "div": {"class", "tabindex"},
}


def sign(text: str) -> str:
    """What may be set into Markdown and stands in its HTML until `shown`; `text` has letters, digits and commas."""
    return f"{_OPEN}{text}{_CLOSE}"


def sign_pattern(text: str) -> str:
    """The regular expression of a sign; `text` is that of its text."""
    return f"{_OPEN}{text}{_CLOSE}"


def without_signs(markdown: str) -> str:
    """A text that others wrote, in which nothing is taken for a sign."""
    return markdown.translate(_STRAY)


def shown(html: str, show: Callable[[str], str]) -> str:
    """HTML of `blocks` with what `show` makes of each sign's text, which is HTML."""
    return _SIGN.sub(lambda match: show(match[1]), html)


def blocks(markdown: str) -> list[str]:
    """The HTML of each block of a text, with its signs. A citation's mark, as [3] or [1, 2], is a sign, too: "3" or
    "1,2"."""
    return [_html(tokens) for tokens in _parsed(markdown)]


class Growing:
    """The same, of a text that grows: what stands before the last block is not looked at again."""

    def __init__(self) -> None:
        self._done: list[str] = []
        self._rest = ""
        self._return = ""  # a carriage return at the end: a line feed may follow it

    def add(self, text: str) -> None:
        text = self._return + without_signs(text)
        self._return = "\r" if text.endswith("\r") else ""
        self._rest += _LINE_END.sub("\n", text.removesuffix("\r"))

    def blocks(self) -> Sequence[str]:
        """As `blocks` has them of all that was added; the last one may still change."""
        groups = _parsed(self._rest)
        made = [_html(tokens) for tokens in groups]
        lines = self._rest.split("\n")
        first = groups[-1][0].map[0] if groups and groups[-1][0].map else 0
        # Its first two lines have to be whole: "#" is a heading, "#1" goes on with the paragraph before; "|-|" below
        # "|a|" makes a table, "|-|b" does not.
        if 0 < first < len(lines) - 2:
            self._rest = "\n".join(lines[first:])
            self._done += made[:-1]
            made = made[-1:]
        return [*self._done, *made]


def _parsed(markdown: str) -> list[list[Token]]:
    """The tokens of each block."""
    groups = _grouped(_markdown().parse(markdown))
    if groups and is_open(groups[-1][0]):  # coloured when it is whole, not with every word
        groups[-1][0].info = ""
    return groups


def _grouped(tokens: Sequence[Token]) -> list[list[Token]]:
    groups: list[list[Token]] = []
    depth = 0
    for token in tokens:
        if depth == 0:
            groups.append([])
        groups[-1].append(token)
        depth += token.nesting
    return groups


def _html(tokens: list[Token]) -> str:
    made = _markdown()
    rendered = made.renderer.render(tokens, made.options, {})
    return nh3.clean(rendered, tags=set(_TAGS), attributes=_ATTRIBUTES, link_rel=None)


@cache
def _markdown() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False, "highlight": _listing}).enable(["table", "strikethrough"])
    made.disable(["link", "image", "autolink", "html_inline", "html_block", "reference"])
    made.inline.ruler.before("link", "citation", _citation)
    made.core.ruler.before("text_join", "signs", _without_spelt_signs)
    made.core.ruler.push("page", _fitted)
    made.add_render_rule("table_open", _table_open)
    made.add_render_rule("table_close", _table_close)
    return made


def _citation(state: StateInline, silent: bool) -> bool:
    match = _MARK.match(state.src, state.pos)
    if match is None:
        return False
    if not silent:
        token = state.push("text", "", 0)
        token.content = sign(",".join(re.findall(r"\d+", match[1])))
    state.pos = match.end()
    return True


def _fitted(state: object) -> None:
    """Headings below those of the page, and no style attributes, which the page's policy forbids."""
    for token in _tokens_of(state):
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(_DEEPEST, max(_HIGHEST, int(token.tag[1]) + 1))}"
        elif token.type in ("th_open", "td_open"):
            style = str(token.attrs.pop("style", ""))
            if style:
                token.attrs["class"] = style.removeprefix("text-align:")


def _without_spelt_signs(state: object) -> None:
    """What a character reference (&#…;) spells is no sign, and nothing but a name is a listing's language."""
    for token in _tokens_of(state):
        token.info = "".join(_NAME.findall(token.info)[:1])
        for inner in token.children or ():
            if inner.type == "text_special":
                inner.content = without_signs(inner.content)


def _tokens_of(state: object) -> Iterator[Token]:
    yield from state.tokens  # type: ignore[attr-defined]  # StateCore


def _table_open(
    renderer: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, _env: EnvType
) -> str:
    return '<div class="scroll" tabindex="0">' + renderer.renderToken(tokens, at, options, {})


def _table_close(
    renderer: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, _env: EnvType
) -> str:
    return renderer.renderToken(tokens, at, options, {}) + "</div>"


def _listing(code: str, language: str, _attributes: str) -> str:
    """A listing in colours, escaped."""
    return "".join(
        f'<span class="{kind}">{escape(text)}</span>' if kind else str(escape(text))
        for _, kind, text in parts(code, language)
    )
