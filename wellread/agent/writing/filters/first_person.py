"""What an author's voice may not tell: an experience, memory or possession of the author's own that no passage holds.

A model that speaks as an author invents a past for him ("I remember telling my own team …"). Each sentence of the
answer is held until it is whole, and one that tells an experience by the patterns `[voice] experience` of any language
is shown only where it stands word for word in a snippet, or within quotation marks whose words do. Where only its
frame tells one ("In my experience, delegation needs trust."), `experience_frame`, the claim is kept without it; any
other such sentence is left out, with its citations, whether it cites or not. Advice ("I would …") stays.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from wellread.events import Snippet
from wellread.grounding.quotation import find_verbatim
from wellread.text.languages import alternatives
from wellread.text.sentences import sentences
from wellread.text.words import count_words

_ATOM = re.compile(
    r"[^\s。！？｡]*(?:\n|[^\S\n]+|[。！？｡])"
)  # a text is read by these, in whatever pieces it comes
_PERHAPS_END = re.compile(r"[.!?…؟۔।॥።។៕။‽。！？｡\]]")  # an atom without any of these ends no sentence
_LONGEST = 4_000  # code points of a line beyond which its sentences wait for its end
_PREFIX = re.compile(r"[^\S\n]*(?:>[^\S\n]*)*(?:(?:[-*+•]|\d{1,3}[.)])[^\S\n]+(?:\[[ xX]\][^\S\n]+)?)?")
_HEADING = re.compile(r"[ ]{0,3}(#{1,6})\s")
_FENCE = re.compile(r"[\s>]*(?:(?:[-*+]|\d{1,3}[.)])\s+)?(`{3,}|~{3,})")
_TABLE_RULE = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-*:?\s*)*$")
_CELL_EDGE = re.compile(r"(?<!\\)\|")
_MARKS = re.compile(r"(?:\s*\[\d+\])+")
_ESCAPED = re.compile(r"\\.")
_CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")
_QUOTED = re.compile(
    '„[^„“”]+[“”]|“[^“”]+”|”[^”]+”|«[^«»]+»|»[^«»]+«|‹[^‹›]+›|「[^「」]+」|『[^『』]+』|《[^《》]+》|"[^"]+"'
)
_OPEN_QUOTE = re.compile('[„“”«「『《"]')
_EMPHASIS = re.compile(r"\*+|(?<!\w)_+|_+(?!\w)")
_FEWEST_QUOTED_WORDS = 4  # "I was there" is found in many a text; a quotation says more
_MOST_FRAMES = 3  # "In my 20 years as a manager, I have learned that …" has two


@dataclass(slots=True)
class FirstPerson:
    """Feed it the pieces of an answer in an author's voice; what it gives back is the text to show, sentence by
    sentence, the same for any pieces. `dropped` counts the sentences and table rows that were left out."""

    snippets: Sequence[Snippet]
    dropped: int = field(default=0, init=False)
    _tail: str = field(default="", init=False)  # not an atom yet
    _line: str = field(
        default="", init=False
    )  # of the line that is read: what is undecided, and one sentence before it
    _decided: int = field(default=0, init=False)  # code points of it that were
    _after_end: bool = field(default=False, init=False)  # whether the last atom may have ended a sentence
    _prefix: str = field(default="", init=False)  # of the line, until something of it is shown
    _line_begun: bool = field(default=False, init=False)  # whether something of the line was decided
    _line_shown: bool = field(default=False, init=False)
    _fence: str = field(default="", init=False)  # the marks of the listing that is open
    _in_table: bool = field(default=False, init=False)
    _headings: list[tuple[int, str]] = field(
        default_factory=list, init=False
    )  # below which nothing was shown yet
    _dropped_below: bool = field(
        default=False, init=False
    )  # whether something was left out since the last heading
    _blank: bool = field(default=False, init=False)  # whether the last line shown was blank
    _line_dropped: bool = field(default=False, init=False)  # whether a whole line was left out since

    def feed(self, piece: str) -> str:
        self._tail += piece
        shown: list[str] = []
        end = 0
        for atom in _ATOM.finditer(self._tail):
            shown += self._read(atom[0])
            end = atom.end()
        self._tail = self._tail[end:]
        return "".join(shown)

    def close(self) -> str:
        """What was held back, at the end of the text."""
        self._line += self._tail
        self._tail = ""
        shown = list(self._end_of_line("")) if self._line else []
        if not self._dropped_below:
            shown += self._flushed_headings()
        return "".join(shown)

    def _read(self, atom: str) -> Iterator[str]:
        after_end, self._after_end = self._after_end, bool(_PERHAPS_END.search(atom))
        self._line += atom.removesuffix("\n")
        if atom.endswith("\n"):
            yield from self._end_of_line("\n")
        elif after_end and len(self._line) < _LONGEST and not self._fence and not self._in_table:
            yield from self._whole_sentences()

    def _whole_sentences(self) -> Iterator[str]:
        """Those of a line of prose that are whole, though the line goes on."""
        begin = 0 if self._line_begun else _prefix_of(self._line)
        if self._line[begin : begin + 1] in ("", "|", "#") or (
            not self._line_begun and _FENCE.match(self._line)
        ):
            return
        units, _ = _units(self._line[begin:])
        whole = [unit for unit in units[:-1] if unit[0] >= self._decided]
        if not whole:
            return
        if not self._line_begun:
            self._begin_line(self._line[:begin])
            self._line = self._line[begin:]
        for start, end in whole:
            yield from self._sentence(self._line[start:end])
        start, end = whole[-1]
        self._line, self._decided = self._line[start:], end - start

    def _begin_line(self, prefix: str) -> None:
        self._prefix, self._line_begun, self._line_shown = prefix, True, False

    def _end_of_line(self, newline: str) -> Iterator[str]:
        line, decided, begun = self._line, self._decided, self._line_begun
        self._line, self._decided = "", 0
        if begun:
            yield from self._prose(line, decided, newline)
        elif self._fence or _FENCE.match(line):
            yield from self._listing(line, newline)
        elif not line.strip():
            yield from self._blank_line(line, newline)
        elif heading := _HEADING.match(line):
            self._in_table = False
            yield from self._heading(len(heading[1]), line, newline)
        elif self._in_table or line.lstrip().startswith("|") or _is_table_rule(line):
            yield from self._row(line, newline)
        else:
            begin = _prefix_of(line)
            self._begin_line(line[:begin])
            yield from self._prose(line[begin:], 0, newline)
        self._line_begun = False

    def _prose(self, line: str, decided: int, newline: str) -> Iterator[str]:
        """The rest of a line of prose."""
        if not line.strip() and not decided:
            yield from self._shown(self._prefix + line + newline)
            return
        units, loose = _units(line)
        if loose is not None:  # a mark that is never closed holds nothing together
            rest = _sentence_units(line[loose:])
            units = units[:-1] + [(loose + start, loose + end) for start, end in rest]
        for start, end in units:
            if start >= decided:
                yield from self._sentence(line[start:end])
        if self._line_shown:
            yield newline
            self._blank = False
        else:
            self._line_dropped = True

    def _sentence(self, text: str) -> Iterator[str]:
        kept = self._kept(text)
        if not kept.strip():
            if text.strip():
                self._count_dropped()
            return
        yield from self._flushed_headings()
        yield kept if self._line_shown else self._prefix + kept.lstrip()
        self._line_shown, self._line_dropped = True, False

    def _listing(self, line: str, newline: str) -> Iterator[str]:
        opening = _FENCE.match(line)
        marks = opening[1] if opening else ""
        if not self._fence:
            self._fence = marks
        elif marks.startswith(self._fence) and not line.strip("> \t`~"):
            self._fence = ""
        yield from self._shown(line + newline)

    def _blank_line(self, line: str, newline: str) -> Iterator[str]:
        self._in_table = False
        if self._headings:
            level, text = self._headings[-1]
            self._headings[-1] = level, text if text.endswith("\n\n") else text + line + newline
        elif not (self._blank and self._line_dropped):
            yield line + newline
            self._blank = True

    def _heading(self, level: int, line: str, newline: str) -> Iterator[str]:
        if self._headings and level <= self._headings[-1][0]:
            if self._dropped_below:  # what stood below it was left out: so is it
                self._headings = [held for held in self._headings if held[0] < level]
            else:
                yield from self._flushed_headings()
        self._dropped_below = False
        if self._tells(line):
            self._count_dropped()
            self._line_dropped = True
        else:
            self._headings.append((level, line + newline))

    def _flushed_headings(self) -> Iterator[str]:
        held, self._headings = self._headings, []
        for _, text in held:
            yield text
            self._blank = text.endswith("\n\n")

    def _row(self, line: str, newline: str) -> Iterator[str]:
        """A row of a table; its first row stays, whatever it tells, without the cell that tells it."""
        first, self._in_table = not self._in_table, True
        if _is_table_rule(line):
            yield from self._shown(line + newline)
            return
        cells = _CELL_EDGE.split(line)
        kept = [self._kept(cell) for cell in cells]
        empty = any(cell.strip() and not ours.strip() for cell, ours in zip(cells, kept, strict=True))
        if empty:
            self._count_dropped()
            self._line_dropped = True
        if first or not empty:
            shown = (
                ours if ours or not cell.strip() else " " for cell, ours in zip(cells, kept, strict=True)
            )
            yield from self._shown("|".join(shown) + newline)

    def _shown(self, text: str) -> Iterator[str]:
        yield from self._flushed_headings()
        yield text
        self._blank = self._line_dropped = False

    def _count_dropped(self) -> None:
        self.dropped += 1
        self._dropped_below = True

    def _kept(self, text: str) -> str:
        """A sentence or cell as it may be shown; "" when it may not be."""
        if not self._tells(text):
            return text
        rest = text.strip()
        for _ in range(_MOST_FRAMES):
            frames = (own.match(rest) for own in alternatives("voice", "experience_frame"))
            frame = next(filter(None, frames), None)
            if frame is None:
                return ""
            rest = rest[frame.end() :]
            if rest and not self._tells(rest):
                lead = text[: len(text) - len(text.lstrip())]
                trail = text[len(text.rstrip()) :]
                return f"{lead}{rest[0].upper()}{rest[1:]}{trail}"
        return ""

    def _tells(self, text: str) -> bool:
        """Whether it tells an experience that no snippet tells in the same words."""
        seen = _EMPHASIS.sub("", _CODE.sub(" ", _MARKS.sub("", text))).strip()
        if not _is_experience(seen):
            return False
        if self._stands(seen):
            return False
        return _is_experience(_QUOTED.sub(self._without_verbatim, seen))

    def _without_verbatim(self, quoted: re.Match[str]) -> str:
        words = quoted[0][1:-1]
        return " … " if count_words(words) >= _FEWEST_QUOTED_WORDS and self._stands(words) else quoted[0]

    def _stands(self, text: str) -> bool:
        return any(find_verbatim(text, snippet.text) for snippet in self.snippets)


def _is_experience(text: str) -> bool:
    return any(own.search(text) for own in alternatives("voice", "experience"))


def _is_table_rule(line: str) -> bool:
    return "|" in line and bool(_TABLE_RULE.match(line))


def _prefix_of(line: str) -> int:
    """Where the text of a line begins, behind the marks of a quotation or an item."""
    prefix = _PREFIX.match(line)
    return prefix.end() if prefix else 0


def _units(text: str) -> tuple[list[tuple[int, int]], int | None]:
    """The sentences of a line, each with the white space before it and the citations behind it; those that emphasis,
    code or quotation marks hold together are one. And where the last begins, if such a mark is open at its end."""
    units: list[tuple[int, int]] = []
    start = 0
    for _, end in _sentence_units(text):
        if not _is_open(text[start:end]):
            units.append((start, end))
            start = end
    if text[start:].strip():
        return [*units, (start, len(text))], start
    return units, None


def _sentence_units(text: str) -> list[tuple[int, int]]:
    """The sentences of a line, each with the white space before it and the citations behind it; they cover it."""
    ends: list[int] = []
    for start, end in sentences(text):
        marks = _MARKS.match(text, start)
        if marks and ends:
            ends[-1] = marks.end()
        if not marks or not ends or marks.end() < end:
            ends.append(end)
    if ends:
        ends[-1] = len(text)
    return list(zip([0, *ends], ends, strict=False))


def _is_open(text: str) -> bool:
    plain = _CODE.sub(" ", _ESCAPED.sub(" ", text))
    return plain.count("**") % 2 == 1 or "`" in plain or bool(_OPEN_QUOTE.search(_QUOTED.sub("", plain)))
