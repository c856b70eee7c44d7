"""What the tables have in common in which Wellread itself sets titles side by side: a title with its year, and a
sentence as it stands, with its number."""

from dataclasses import dataclass

from wellread.events import Snippet
from wellread.grounding.inline import inert
from wellread.text.words import count_words

_LONGEST = 320  # code points of a sentence in a cell; more is left out at its end
_LONGEST_TITLE = 90
_FEWEST_WORDS = 4  # of a sentence that says something by itself
_MOST_WORDS = 70
_QUESTION_MARKS = ("?", "？", "؟")


@dataclass(frozen=True, slots=True)
class SaidSentence:
    """A sentence of a snippet, on one line."""

    snippet: Snippet
    text: str

    @classmethod
    def of(cls, snippet: Snippet, start: int, end: int) -> "SaidSentence":
        said = snippet.text[start:end].rstrip().rpartition("\n\n")[2]  # a heading above it is no part of it
        return cls(snippet, " ".join(said.split()))

    @property
    def claims(self) -> bool:
        """Whether it says something by itself: no question, no heading, no listing."""
        words = count_words(self.text)
        return _FEWEST_WORDS <= words <= _MOST_WORDS and not self.text.rstrip("\"'”’») ").endswith(
            _QUESTION_MARKS
        )

    @property
    def cell(self) -> str:
        text = self.text
        if len(text) > _LONGEST:
            text = text[: text.rfind(" ", 0, _LONGEST)] + " …"
        return f"{inert(text)} [{self.snippet.number}]"


def dated(title: str, year: str) -> str:
    """ "*A title* (2015)"; without the year when it is not known."""
    if len(title) > _LONGEST_TITLE:
        title = title[: title.rfind(" ", 0, _LONGEST_TITLE)] + " …"
    return f"*{inert(title)}* ({year})" if year else f"*{inert(title)}*"


def table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table, a blank line behind it. The cells are Markdown already."""
    lines = (header, ("---",) * len(header), *rows)
    return "".join(f"| {' | '.join(line)} |\n" for line in lines) + "\n"
