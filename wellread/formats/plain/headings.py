"""Headings of plain text, known by their words, numbers, capitals or underlines."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto

_NUMBER_WORDS = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|"
    "eighteen|nineteen|twenty(?:[- ]\\w+)?|thirty(?:[- ]\\w+)?|(?:the )?(?:first|second|third|fourth|fifth|"
    "sixth|seventh|eighth|ninth|tenth|last)|eins|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|premier|première"
)
_COUNT = rf"(?:\d{{1,3}}|[ivxlc]{{1,8}}|[a-z]|{_NUMBER_WORDS})"
_OUTER = re.compile(
    rf"(?:part|book|volume|teil|buch|band|partie|livre|parte|libro)\s+{_COUNT}(?P<rest>\W.*|)", re.I
)
_CHAPTER = re.compile(
    rf"(?:chapter|section|appendix|lecture|lesson|unit|act|letter|stave|canto|kapitel|abschnitt|anhang|chapitre|"
    rf"capítulo|capitolo)\s+{_COUNT}(?P<rest>\W.*|)|第[一二三四五六七八九十百〇零\d]+[章回節节](?P<cjk>.*)",
    re.I,
)
_WORD = re.compile(
    r"(?:prologue|epilogue|preface|foreword|introduction|afterword|postscript|conclusion|acknowledge?ments|abstract|"
    r"bibliography|references|glossary|index|contents|table of contents|dedication|about the author|appendix|"
    r"vorwort|einleitung|prolog|epilog|nachwort|danksagung|literaturverzeichnis|glossar|anhang|inhalt|inhaltsverzeichnis|"
    r"avant-propos|préface|prólogo|epílogo|序章|终章|前言|后记)[.:]?",
    re.I,
)
_NUMBERED = re.compile(r"(?P<number>\d{1,2}(?:\.\d{1,2}){0,4})(?P<dot>[.)]?)\s+(?P<title>[^\W\d_a-z].*)")
_ROMAN = re.compile(r"[IVXLC]{1,7}\.?")
_HASHES = re.compile(r"(#{1,6})\s+(\S.*?)\s*#*")
_UNDERLINE = re.compile(r"\s*(?:={3,}|-{3,}|~{3,}|\^{3,}|\*{3,})\s*")
_UNDERLINE_RANK = {"=": 1, "*": 1, "-": 2, "~": 3, "^": 4}
_QUOTES = "\"'“‘«„—–-•*(["
_LONGEST = 90  # characters
_MOST_WORDS = 14


class HeadingKind(Enum):
    OUTER = auto()
    CHAPTER = auto()
    WORD = auto()
    NUMBERED = auto()
    ROMAN = auto()
    CAPITALS = auto()
    MARKED = auto()  # underlined, or with hashes


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: its text, how many of the paragraph's lines it takes, and its rank (0 the outermost)."""

    text: str
    lines: int
    rank: int
    kind: HeadingKind


def headings(paragraphs: Sequence[Sequence[str]]) -> list[Heading | None]:
    """For each paragraph (lines without a blank one between) the heading that it is or begins with.

    A line that only looks like one is none when nothing follows that it could be the heading of, or when too
    few of its kind are there; of a heading that stands in a list of contents and again over its chapter, the
    last counts.
    """
    found = [_candidate([line.rstrip() for line in lines]) for lines in paragraphs]
    kinds = Counter(heading.kind for heading in found if heading)
    if kinds[HeadingKind.ROMAN] < 3:
        found = [None if heading and heading.kind is HeadingKind.ROMAN else heading for heading in found]
    found = _without_numbered_lists(found)
    for number in range(len(found) - 1, -1, -1):
        heading = found[number]
        if heading is None or heading.lines < len(paragraphs[number]):
            continue
        following = found[number + 1] if number + 1 < len(found) else None
        ends = number + 1 == len(found)
        if ends or (
            heading.kind is HeadingKind.CAPITALS and following is not None and following.rank <= heading.rank
        ):
            found[number] = None
    return list(_without_contents_list(found))


def _without_numbered_lists(found: Sequence[Heading | None]) -> list[Heading | None]:
    """Numbered lines one after the other, with nothing between them, are a list."""
    ranks = [heading.rank if heading and heading.kind is HeadingKind.NUMBERED else 0 for heading in found]
    return [
        None
        if rank and rank in (*ranks[max(number - 1, 0) : number], *ranks[number + 1 : number + 2])
        else heading
        for number, (heading, rank) in enumerate(zip(found, ranks, strict=True))
    ]


def _without_contents_list(found: Sequence[Heading | None]) -> Iterator[Heading | None]:
    last = {_key(heading): number for number, heading in enumerate(found) if heading}
    for number, heading in enumerate(found):
        alone = number + 1 < len(found) and found[number + 1] is not None
        yield None if heading and alone and last[_key(heading)] != number else heading


def _key(heading: Heading) -> str:
    return re.sub(r"\W+", " ", heading.text).strip().casefold()


def _candidate(lines: Sequence[str]) -> Heading | None:
    first = lines[0].strip()
    if len(lines) > 1 and _UNDERLINE.fullmatch(lines[1]) and len(first) <= _LONGEST and _has_letters(first):
        if len(lines[1].strip()) * 2 >= len(first):
            return Heading(first, 2, _UNDERLINE_RANK[lines[1].strip()[0]], HeadingKind.MARKED)
        return None
    if hashes := _HASHES.fullmatch(first):
        return Heading(hashes[2], 1, len(hashes[1]), HeadingKind.MARKED)
    if (
        len(lines) > 3
        or len(" ".join(lines).split()) > _MOST_WORDS
        or any(len(line) > _LONGEST for line in lines)
    ):
        return None
    return _worded(lines) or (_lone(first) if len(lines) == 1 else None)


def _worded(lines: Sequence[str]) -> Heading | None:
    """ "CHAPTER I. / Down the Hole": known by its word; the title may stand on the next line."""
    text = " ".join(line.strip() for line in lines)
    for pattern, rank, kind in ((_OUTER, 0, HeadingKind.OUTER), (_CHAPTER, 1, HeadingKind.CHAPTER)):
        match = pattern.fullmatch(lines[0].strip())
        if not match:
            continue
        if any(pattern.fullmatch(line.strip()) for line in lines[1:]):
            return None  # several in one paragraph are a list of contents
        rest = (match["rest"] or "").strip()
        # "Part of me", "Chapter 3 was about ships.": the word stands in a sentence.
        if rest[:1].islower() or (rest.endswith((".", ",", ";")) and len(rest.split()) > 3):
            return None
        return None if lines[0][:1].islower() else Heading(text, len(lines), rank, kind)
    if len(lines) == 1 and _WORD.fullmatch(text) and not text[0].islower():
        return Heading(text.rstrip(":"), 1, 1, HeadingKind.WORD)
    return None


def _lone(line: str) -> Heading | None:
    """A heading that is one line between blank ones, known by its number or its capitals."""
    if _ROMAN.fullmatch(line):
        return Heading(line, 1, 1, HeadingKind.ROMAN)
    numbered = _NUMBERED.fullmatch(line)
    if numbered and not line.endswith((".", ",", ";", ":", "!")) and len(line.split()) <= 12:
        depth = numbered["number"].count(".")
        return Heading(line, 1, 1 + depth, HeadingKind.NUMBERED)
    letters = [char for char in line if char.isalpha()]
    if (
        len(letters) >= 4
        and all(char.isupper() for char in letters)
        and len(line.split()) <= 10
        and line[0] not in _QUOTES
        and not line.endswith((",", ";", ":", "!", "-"))
    ):
        return Heading(line, 1, 2, HeadingKind.CAPITALS)
    return None


def _has_letters(line: str) -> bool:
    return any(char.isalpha() for char in line)
