"""The citations of an answer for clients that show text: annotations at its marks, and footnotes with links below."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from wellread.events import AnswerCompleted, Citation
from wellread.grounding.inline import inert
from wellread.grounding.marks import placed_marks
from wellread.library.scope import describe

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
    """One for each number of each mark, in the order of the text."""
    return [
        Annotation(
            mark.start,
            mark.end,
            _described(answer.citations[mark.citation]),
            link(answer.citations[mark.citation], base),
        )
        for mark in placed_marks(answer)
    ]


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
    return ", ".join(filter(None, (describe(citation.title, citation.section), citation.place)))
