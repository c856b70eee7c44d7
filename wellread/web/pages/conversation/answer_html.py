"""The answer on the page: its blocks with a link for each mark, and each statement with its verdict.

An address of the web is a link only where it stands in a passage that its statement cites, code point by code point, so
only in a whole answer; any other is text.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from wellread.events import AnswerCompleted, Citation, Snippet, Statement
from wellread.grounding.marks import placed_marks
from wellread.grounding.tally import DOUBTFUL
from wellread.text.addresses import web_addresses
from wellread.web.pages.conversation.markdown_html import blocks, shown, sign, sign_pattern, without_signs
from wellread.web.pages.place_words import place_words

_LINK = Markup('<a class="cite {}" href="{}" data-citation="{}" aria-label="{}">{}</a>')
_TEXT = Markup('<span class="cite">{}</span>')
_STATEMENT = Markup('<span class="statement {}">{}</span>')
# What begins a line and makes a list item, heading, quote or row of it.
_LEADING = re.compile(r"\s*(?:[-*+]\s|[>|]|#{1,6}\s|\d{1,9}[.)]\s)")
_PLACE = Markup('<a class="chip" href="{}" data-reads>{}</a>')
_WEB = Markup('<a class="outside" href="{}" rel="noopener noreferrer nofollow" target="_blank">{}</a>')
_ADDRESS = re.compile(r"<(https?://[^\s<>]+)>", re.I)
_CODE = re.compile(r"<code>([\w./-]{1,120})</code>")
_NOTED = re.compile(sign_pattern("v([0-9]+)"))
_PIECE = re.compile(rf"(<[^>]*>)|{sign_pattern('([be])([0-9]+)')}")

# What a mark leads to, "" for nothing: of its position in the answer (None for what is not cited), and what it is.
Link = Callable[[int | None, Citation | Snippet], str]


@dataclass(frozen=True, slots=True)
class StatementNote:
    """What the page has of a statement, as HTML: the mark behind it, and the note that the mark opens."""

    mark: Markup
    body: Markup


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
    notes: Sequence[StatementNote] = (),
    places: Collection[str] = (),
) -> list[str]:
    """Blocks of a whole answer, each followed by the notes on its statements. `notes` has one for each statement, or
    none while nobody has judged; `places` are anchors that it may open beside those that it cites."""
    signed, web = _signed(answer, snippets)

    def cite(position: int) -> str:
        citation = answer.citations[position]
        return _LINK.format("", link(position, citation), position, _label(say, citation), citation.number)

    def show(text: str) -> str:
        if text[:1] == "v":
            return notes[int(text[1:])].mark if notes else ""
        if text[:1] == "a":
            return _WEB.format(web[int(text[1:])], web[int(text[1:])])
        if text[:1] == "c":
            return "".join(cite(int(position)) for position in text[1:].split(","))
        return "".join(_knowledge(number, snippets, link, say) for number in text.split(","))

    known = {*places, *(citation.anchor for citation in answer.citations)}
    made = []
    for block in blocks(signed):
        own = "".join(notes[int(number)].body for number in _NOTED.findall(block)) if notes else ""
        text = _with_places(shown(_with_statements(block, answer.statements), show), known, say)
        made.append(text + own)
    return made


def _with_statements(html: str, statements: Sequence[Statement]) -> str:
    """A block in which the words of each statement stand in elements of its own, each piece within the element that it
    is in: a statement may begin in bold words and end behind them."""

    def pieces() -> Iterator[str]:
        inside: str | None = None  # the statement's number
        at = 0
        for match in _PIECE.finditer(html):
            yield words(html[at : match.start()], inside)
            at = match.end()
            if match[1]:
                yield match[1]
            else:
                inside = match[3] if match[2] == "b" else None
        yield words(html[at:], inside)

    def words(text: str, inside: str | None) -> str:
        if inside is None or not text.strip():
            return text
        verdict = statements[int(inside)].verdict
        kind = f"{verdict.replace(' ', '-')}{' doubtful' if verdict in DOUBTFUL else ''}"
        return _STATEMENT.format(kind, Markup(text))  # HTML that the allow-list has passed

    return "".join(pieces())


def _with_places(html: str, known: Collection[str], say: Callable[[str], str]) -> str:
    """Blocks in which a known anchor that stands there as code, as those of the nearest passages do, is a link."""

    def link(match: re.Match[str]) -> str:
        return _PLACE.format(f"/read/{match[1]}", say("open")) if match[1] in known else match[0]

    return _CODE.sub(link, html)


def _signed(answer: AnswerCompleted, snippets: Mapping[int, Snippet]) -> tuple[str, list[str]]:
    """The Markdown with signs: "c0,1" for marks, "b0" and "e0" where a statement begins and ends, "v0" for its verdict,
    "a0" for an address; and the addresses."""
    markdown = without_signs(answer.markdown)
    signs: list[
        tuple[int, int, int, str]
    ] = []  # what is replaced, its rank among those at one place, and by what
    marks: dict[tuple[int, int], list[int]] = defaultdict(list)
    for mark in placed_marks(answer):
        marks[mark.start, mark.end].append(mark.citation)
    signs += [(*span, 0, sign("c" + ",".join(map(str, found)))) for span, found in marks.items()]
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
                signs.append((*match.span(), 0, sign(f"a{len(web)}")))
                web.append(match[1])
        at = start + len(markdown[start:end].rstrip(" |\n")) if markdown[start : start + 1] == "|" else end
        signs.append((at, at, 1, sign(f"v{number}")))
        if _can_be_marked(markdown, start, end):
            signs += [(start, start, 2, sign(f"b{number}")), (end, end, 0, sign(f"e{number}"))]
    for start, end, _, text in sorted(signs, reverse=True):
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


def _knowledge(number: str, snippets: Mapping[int, Snippet], link: Link, say: Callable[[str], str]) -> str:
    snippet = snippets.get(int(number))
    href = link(None, snippet) if snippet else ""
    if snippet is None or not href:
        return _TEXT.format(number)
    return _LINK.format("", href, "", _label(say, snippet), number)


def _label(say: Callable[[str], str], cited: Citation | Snippet) -> str:
    where = ", ".join(filter(None, (cited.title, place_words(cited.place, say))))
    source = say("Source")
    return f"{source} {cited.number}: {where}"
