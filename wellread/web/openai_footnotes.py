"""The citations of an answer for clients that show text: annotations at its marks, and footnotes with links below."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from wellread.events import AnswerCompleted, Citation
from wellread.grounding.inline import inert, read_inline

_HEADING = "\n\n---\n\n**Sources**\n\n"
_LINE = re.compile(r"- \[\d+\] ")
_QUOTE_LENGTH = 90  # code points


@dataclass(frozen=True, slots=True)
class Annotation:
    """A citation's mark in the text: its range in code points, and what it links to."""

    start: int
    end: int
    title: str
    url: str


def link(citation: Citation, base: str) -> str:
    """The address that opens a citation; `base` is the server's own, without a slash at its end."""
    return f"{base}{quote(citation.link)}"


def annotations(answer: AnswerCompleted, base: str) -> list[Annotation]:
    """One for each mark of a number, in the order of the text; a number that stands at several places of a statement
    has the places it rests on in their order."""
    found: list[Annotation] = []
    for statement in answer.statements:
        places: dict[int, list[Citation]] = defaultdict(list)
        for position in statement.citations:
            citation = answer.citations[position]
            places[citation.number].append(citation)
        for mark in read_inline(answer.markdown[statement.start : statement.end]).marks:
            for number in mark.numbers:
                own = places.get(number)
                if not own:
                    continue
                citation = own.pop(0) if len(own) > 1 else own[0]
                found.append(
                    Annotation(
                        statement.start + mark.start,
                        statement.start + mark.end,
                        _described(citation),
                        link(citation, base),
                    )
                )
    return found


def footnotes(citations: Sequence[Citation], base: str) -> str:
    """What is appended to an answer: a line for each place that is cited, by its number; "" for none."""
    lines = [
        _footnote(citation, base) for citation in sorted(citations, key=lambda citation: citation.number)
    ]
    return _HEADING + "\n".join(lines) + "\n" if lines else ""


def without_footnotes(text: str) -> str:
    """The text of an answer without its footnotes."""
    answer, heading, rest = text.rpartition(_HEADING.strip("\n"))
    return answer if heading and all(map(_LINE.match, _lines(rest))) else text


def _lines(text: str) -> Iterator[str]:
    return (line for line in text.split("\n") if line.strip())


def _footnote(citation: Citation, base: str) -> str:
    words = " ".join(citation.quote.split())
    if len(words) > _QUOTE_LENGTH:
        words = f"{words[:_QUOTE_LENGTH].rpartition(' ')[0] or words[:_QUOTE_LENGTH]} …"
    return f"- [{citation.number}] {inert(_described(citation))}: “{inert(words)}” — <{link(citation, base)}>"


def _described(citation: Citation) -> str:
    section = citation.section if citation.section != citation.title else ""
    return ", ".join(filter(None, (citation.title, section, citation.place)))
