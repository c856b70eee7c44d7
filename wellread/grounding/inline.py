"""One run of inline Markdown: what a reader sees of it, where that stands, and which sources it names."""

import html
import re
from dataclasses import dataclass

_PUNCTUATION = frozenset(r"""!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~""")
_ALWAYS = re.compile(
    r"[\\`*\[\]<|]|~(?=~)|(?<=~)~|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)|:(?=//)|(?<=www)\.|(?<=\w)@(?=\w)",
    re.I,
)
_AT_START = re.compile(r"(?:[#>+=-]|\d{1,9}(?=[.)]))")

_NUMBERS = r"\d{1,6}(?:\s*[-–]\s*\d{1,6})?"
_MARK = re.compile(rf"\[({_NUMBERS}(?:\s*[,;]\s*{_NUMBERS})*)\](?![(:])")
_SPECIAL = re.compile(r"[\\\[\]!`&<*_~]")  # what may be more than text
_SPACES = str.maketrans("\n\r\t", "   ")
_LONGEST_RANGE = 20  # numbers that "[1-4]" may stand for


# Where a space keeps text from being a link, a reference or an address, and "<" from being markup.
_ACTS = re.compile(
    r"(?<=:)(?=//)|(?<=\])(?=[(\[:])|(?<=\w)(?=@\w)|(?<=\bwww)(?=\.\w)|(?<=&)(?=#?\w+;)"
    r"|(?:(?<=\bjavascript:)|(?<=\bvbscript:)|(?<=\bmailto:)|(?<=\bdata:)|(?<=\bxmpp:))(?=\S)",
    re.I,
)
_MARKUP = re.compile(r"<(?=[A-Za-z/!?])")

_LINK = re.compile(r"\[((?:[^\[\]\\]|\\.)*)\]\(\s*[^()\s]*(?:\s+\"[^\"]*\")?\s*\)")
_ENTITY = re.compile(r"&#?\w{1,32};")
_ANGLE = re.compile(r"<(?P<url>[A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]*)>|</?[A-Za-z][^<>]*>|<!--.*?-->", re.S)
_CLOSING = frozenset(".,;:!?)")
_DELIMITER = re.compile(r"\*+|_+|~~")
_CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.S)


def inert(text: str) -> str:
    """Markdown on one line that renders as exactly `text`, its white space folded to single spaces.

    Nothing in it is a citation, a link (not even a bare address), markup, or the beginning of a list or
    heading.
    """
    line = " ".join(text.split())
    escaped = _ALWAYS.sub(lambda match: "\\" + match[0], line)
    start = _AT_START.match(escaped)
    if start and start[0].isdigit():
        return f"{start[0]}\\{escaped[start.end() :]}"
    return "\\" + escaped if start else escaped


def defused(text: str) -> str:
    """Words that are shown as they are, as text here and as Markdown elsewhere: no link, picture, address or markup is
    left in them, by a space where it matters."""
    return _MARKUP.sub("‹", _ACTS.sub(" ", text))


@dataclass(frozen=True, slots=True)
class Mark:
    """A citation mark such as `[3]` or `[1, 2]`: its numbers, the index in the visible text before which it
    stands, and its range in the Markdown."""

    numbers: tuple[int, ...]
    at: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Inline:
    """The visible text (line breaks are spaces in it), for each of its characters the range in the Markdown
    that makes it, and the citation marks, which the text does not hold."""

    text: str
    spans: tuple[tuple[int, int], ...]
    marks: tuple[Mark, ...]


def read_inline(markdown: str) -> Inline:
    """What a reader sees of inline Markdown. It never fails: what is not markup is text."""
    text: list[str] = []
    spans: list[tuple[int, int]] = []
    marks: list[Mark] = []
    skip: dict[int, int] = {}  # where the ends of links are, and how far to go from there
    position = 0

    def emit(visible: str, start: int, end: int) -> None:
        for character in visible:
            text.append(" " if character in "\n\r\t" else character)
            spans.append((start, end))

    while position < len(markdown):
        character = markdown[position]
        if position in skip:
            position = skip[position]
        elif character == "\\" and markdown[position + 1 : position + 2] in _PUNCTUATION:
            emit(markdown[position + 1], position, position + 2)
            position += 2
        elif character == "[" and (mark := _MARK.match(markdown, position)):
            numbers = numbers_of(mark[1])
            if markdown[mark.end() : mark.end() + 1] in _CLOSING:
                while text and text[-1] == " ":  # "words [3]." reads "words."
                    text.pop()
                    spans.pop()
            marks.append(Mark(numbers, len(text), position, mark.end()))
            position = mark.end()
        elif character == "[" and (link := _LINK.match(markdown, position)):
            skip[link.end(1)] = link.end()
            position += 1
        elif character == "!" and _LINK.match(markdown, position + 1):
            position += 1
        elif character == "`" and (code := _CODE.match(markdown, position)):
            emit(code[2].strip(" ") or code[2], position, code.end())
            position = code.end()
        elif character == "&" and (entity := _ENTITY.match(markdown, position)):
            emit(html.unescape(entity[0]), position, entity.end())
            position = entity.end()
        elif character == "<" and (angle := _ANGLE.match(markdown, position)):
            emit(angle["url"] or "", position, angle.end())
            position = angle.end()
        elif character in "*_~" and (run := _DELIMITER.match(markdown, position)):
            if not _is_delimiter(markdown, position, run.end()):
                for offset in range(position, run.end()):
                    emit(markdown[offset], offset, offset + 1)
            position = run.end()
        else:
            special = _SPECIAL.search(markdown, position + 1)
            end = special.start() if special else len(markdown)
            text += markdown[position:end].translate(_SPACES)
            spans += ((at, at + 1) for at in range(position, end))
            position = end
    return Inline("".join(text), tuple(spans), tuple(marks))


def numbers_of(mark: str) -> tuple[int, ...]:
    """The numbers within a citation mark, those of a range such as "1-4" one by one."""
    numbers: list[int] = []
    for piece in re.split(r"[,;]", mark):
        first, last = (int(end) for end in (re.findall(r"\d+", piece) * 2)[:2])
        numbers += range(first, last + 1) if first <= last < first + _LONGEST_RANGE else (first, last)
    return tuple(dict.fromkeys(numbers))


def _is_delimiter(markdown: str, start: int, end: int) -> bool:
    """Whether a run of `*`, `_` or `~~` opens or closes emphasis (CommonMark, without pairing the runs)."""
    before, after = markdown[start - 1 : start], markdown[end : end + 1]
    if markdown[start] == "_" and before.isalnum() and after.isalnum():
        return False
    return bool((before and not before.isspace()) or (after and not after.isspace()))
