"""The answer on the page: its blocks with a link for each mark, and each statement with its verdict.

An address of the web is a link only where it stands in a passage that its statement cites, code point by code point, so
only in a whole answer; any other is text.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence

from markupsafe import Markup

from wellread.events import AnswerCompleted, Citation, Snippet, VerdictName
from wellread.grounding.marks import placed_marks
from wellread.grounding.tally import DOUBTFUL
from wellread.text.addresses import web_addresses
from wellread.web.pages.conversation.markdown_html import blocks, shown, sign, without_signs
from wellread.web.pages.place_words import place_words

_LINK = Markup('<a class="cite {}" href="{}" data-citation="{}" aria-label="{}">{}</a>')
_TEXT = Markup('<span class="cite">{}</span>')
_BEGIN = Markup('<span class="statement {}">')
_END = Markup("</span>")
_BADGE = Markup(' <span class="verdict {}">{}</span>')
# What begins a line and makes a list item, heading, quote or row of it.
_LEADING = re.compile(r"\s*(?:[-*+>|]|#{1,6}\s|\d{1,9}[.)]\s)")
_PLACE = Markup('<a class="chip" href="{}" data-reads>{}</a>')
_WEB = Markup('<a class="outside" href="{}" rel="noopener noreferrer nofollow" target="_blank">{}</a>')
_ADDRESS = re.compile(r"<(https?://[^\s<>]+)>", re.I)
_CODE = re.compile(r"<code>([\w./-]{1,120})</code>")
_TAG = re.compile(r"<(/?)([a-z0-9]+)[^>]*?>")
_VOID = frozenset(("br", "hr"))
_TOLD = DOUBTFUL | {"partly"}

# What a citation's mark links to: its position in the answer (None while that is written) and what it cites.
Link = Callable[[int | None, Citation | Snippet], str]


def written(
    html: Sequence[str], snippets: Mapping[int, Snippet], link: Link, say: Callable[[str], str]
) -> list[str]:
    """Blocks of an answer that is still written: each mark opens the snippet of its number. `say`
    translates."""

    def show(text: str) -> str:
        return "".join(_knowledge(number, snippets, link, say) for number in text.split(","))

    known = {snippet.anchor for snippet in snippets.values()}
    return [_with_places(shown(block, show), known, say) for block in html]


def completed(
    answer: AnswerCompleted,
    snippets: Mapping[int, Snippet],
    link: Link,
    say: Callable[[str], str],
    words: Mapping[VerdictName, str],
    places: Collection[str] = (),
) -> list[str]:
    """Blocks of a whole answer. `words` say each verdict; `places` are anchors that it may open beside those that it
    cites."""
    signed, web = _signed(answer, snippets)

    def cite(position: int) -> str:
        citation = answer.citations[position]
        return _LINK.format("", link(position, citation), position, _label(say, citation), citation.number)

    def show(text: str) -> str:
        if text[:1] == "b":
            return _BEGIN.format(answer.statements[int(text[1:])].verdict)
        if text[:1] == "e":
            return _END
        if text[:1] == "v":
            verdict = answer.statements[int(text[1:])].verdict
            return _BADGE.format(verdict, words[verdict])
        if text[:1] == "a":
            return _WEB.format(web[int(text[1:])], web[int(text[1:])])
        if text[:1] == "c":
            return "".join(cite(int(position)) for position in text[1:].split(","))
        return "".join(_knowledge(number, snippets, link, say) for number in text.split(","))

    def without_statements(text: str) -> str:
        return "" if text[:1] in ("b", "e") else show(text)

    made = blocks(signed)
    told = (
        whole if _is_nested(whole := shown(block, show)) else shown(block, without_statements)
        for block in made
    )
    known = {*places, *(citation.anchor for citation in answer.citations)}
    return [_with_places(block, known, say) for block in told]


def _with_places(html: str, known: Collection[str], say: Callable[[str], str]) -> str:
    """Blocks in which a known anchor that stands there as code, as those of the nearest passages do, is a link."""

    def link(match: re.Match[str]) -> str:
        return _PLACE.format(f"/read/{match[1]}", say("open")) if match[1] in known else match[0]

    return _CODE.sub(link, html)


def _signed(answer: AnswerCompleted, snippets: Mapping[int, Snippet]) -> tuple[str, list[str]]:
    """The Markdown with signs: "c0,1" for marks, "b0" and "e0" where a statement begins and ends, "v0" for its verdict
    where that is no good one, "a0" for an address; and the addresses."""
    markdown = without_signs(answer.markdown)
    signs: list[tuple[int, int, str]] = []  # what is replaced, and by what
    marks: dict[tuple[int, int], list[int]] = defaultdict(list)
    for mark in placed_marks(answer):
        marks[mark.start, mark.end].append(mark.citation)
    signs += [(start, end, sign("c" + ",".join(map(str, found)))) for (start, end), found in marks.items()]
    web: list[str] = []
    for number, statement in enumerate(answer.statements):
        start, end = statement.start, statement.end
        cited = web_addresses(
            snippets[answer.citations[position].number].text
            for position in statement.citations
            if answer.citations[position].number in snippets
        )
        for match in _ADDRESS.finditer(markdown, start, end) if cited else ():
            if match[1] in cited:
                signs.append((*match.span(), sign(f"a{len(web)}")))
                web.append(match[1])
        if statement.verdict in _TOLD:
            at = start + len(markdown[start:end].rstrip(" |\n")) if markdown[start] == "|" else end
            signs.append((at, at, sign(f"v{number}")))
        if _can_be_marked(markdown, start, end):
            signs += [(start, start, sign(f"b{number}")), (end, end, sign(f"e{number}"))]
    for start, end, text in sorted(signs, key=lambda found: (found[0], found[1]), reverse=True):
        markdown = markdown[:start] + text + markdown[end:]
    return markdown, web


def _can_be_marked(markdown: str, start: int, end: int) -> bool:
    """Whether a range is words within a block: no row of a table, no listing, no beginning of a list item."""
    begins_line = not markdown[markdown.rfind("\n", 0, start) + 1 : start].strip()
    text = markdown[start:end]
    return (
        start < end
        and not (begins_line and _LEADING.match(text))
        and "```" not in text
        and "\n\n" not in text
    )


def _is_nested(html: str) -> bool:
    """Whether every element ends within the one it begins in."""
    within: list[str] = []
    for match in _TAG.finditer(html):
        if match[2] in _VOID:
            continue
        if not match[1]:
            within.append(match[2])
        elif not within or within.pop() != match[2]:
            return False
    return not within


def _knowledge(number: str, snippets: Mapping[int, Snippet], link: Link, say: Callable[[str], str]) -> str:
    snippet = snippets.get(int(number))
    if snippet is None:
        return _TEXT.format(number)
    return _LINK.format("", link(None, snippet), "", _label(say, snippet), number)


def _label(say: Callable[[str], str], cited: Citation | Snippet) -> str:
    where = ", ".join(filter(None, (cited.title, place_words(cited.place, say))))
    source = say("Source")
    return f"{source} {cited.number}: {where}"
