"""Sentences of technical prose, by rules on what stands before and after a mark."""

import re
from collections.abc import Iterator

from wellread.text.languages import word_list

_CLOSERS = r"(?:\[\d{1,3}\]|[\"'”’“»›)\]}」』】）》〉*_`¹²³⁰-⁹])*(?:\s»(?=\s|$))?"
_MARK = re.compile(
    rf"(?P<wide>[。！？｡]+[!?…。！？｡]*{_CLOSERS})"
    rf"|(?<![.!?…؟۔।॥።។៕။‽])(?P<mark>(?:[.!?…؟۔।॥።។៕။]|‽)+)(?P<closers>{_CLOSERS})(?=\s)"
)
_TOKEN = re.compile(r"[^\s(\[{\"'“‘«„»<>/—–=|*_`]*$")
_NEXT = re.compile(r"\s*[\"'“‘«„‚»(\[{<¿¡*_`「『【（《〈—–-]*\s*(?P<word>\S*)")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_INITIALISM = re.compile(r"(?:[^\W\d_]{1,2}\.)+[^\W\d_]{1,3}")
_ENUMERATOR = re.compile(
    r"\s*(?:[-*•–>#]+\s+)?[\"'“(\[*_]*(?:(?:Chapter|Part|Section|Appendix|Figure|Fig\.|Table|Example|Listing|Step|"
    r"Kapitel|Teil|Abschnitt|Anhang|Abbildung|Tabelle|Schritt)\s+)?(?:\d{1,3}(?:\.\d{1,3})*|[A-Za-z]|[ivxIVX]{1,5})"
)
_LABEL = re.compile(r"[A-Z]|[IVXLC]+|[ivxlc]+|[A-Z][.-]?\d[\w.-]*")
_IDENTIFIER = re.compile(r"[a-z]+[A-Z0-9_(./-]")
_ITEM = re.compile(r"[ \t]*(?:[-*•–—>#|+]|\d{1,3}[.)]|[A-Za-z][.)])\s|[ \t]{2,}|\t")
_GOES_ON_AFTER_QUOTE = re.compile(r"[」』）][とっのがはをにでもやな、,]|[」』”’）》][，、；：]")


def sentences(text: str) -> list[tuple[int, int]]:
    """The ranges of the sentences of `text`, in order. They do not overlap, begin and end without white space
    and together cover all that is not white space.

    A blank line ends a sentence always; a line break does unless it looks like wrapped prose (a long line
    without a full stop, and the next one goes on in lower case).
    """
    found: list[tuple[int, int]] = []
    for start, end in _paragraphs(text):
        begin = start
        for stop in _ends(text, start, end):
            _append_trimmed(found, text, begin, stop)
            begin = stop
        _append_trimmed(found, text, begin, end)
    return found


def _append_trimmed(found: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        found.append((start, end))


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Stretches between hard line ends."""
    start = line = 0
    while line < len(text):
        stop = text.find("\n", line)
        if stop < 0:
            break
        if not _is_wrapped(text, line, stop):
            yield start, stop
            start = stop + 1
        line = stop + 1
    yield start, len(text)


def _is_wrapped(text: str, line: int, stop: int) -> bool:
    following = text[stop + 1 : stop + 2]
    if not following.islower() or _ITEM.match(text, stop + 1, stop + 8):
        return False
    before = text[max(line, stop - 3) : stop].rstrip()
    if stop - line < 40 or not before or before[-1] in ".!?:;。！？{}":
        return False
    return not _ITEM.match(text, line, line + 8)


def _ends(text: str, start: int, end: int) -> Iterator[int]:
    for match in _MARK.finditer(text, start, end):
        stop = match.end()
        if match["wide"] is not None:
            if not _GOES_ON_AFTER_QUOTE.match(text, stop - 1, min(stop + 1, end)):
                yield stop
        elif _is_end(text, start, end, match):
            yield stop


def _is_end(text: str, start: int, end: int, match: re.Match[str]) -> bool:
    mark, closers = match["mark"], match["closers"]
    following = _NEXT.match(text, match.end(), min(end, match.end() + 60))
    after = following["word"] if following else ""
    if not after:
        return True
    if after[0] in ".…":  # a spaced ellipsis
        return False
    lower = after[0].islower()
    if mark[-1] in "?؟" and not closers:
        return True
    if mark[-1] in "!?؟‽" or len(mark) > 1 or mark == "…":
        return not lower
    if mark != ".":
        return True
    before = _TOKEN.search(text, max(start, match.start() - 40), match.start())
    word = before.group() if before else ""
    if closers and lower:
        return False
    if _ENUMERATOR.fullmatch(text, start, match.start()):
        return False
    return _ends_after_word(word, after, closed=bool(closers), lower=lower)


def _ends_after_word(word: str, after: str, *, closed: bool, lower: bool) -> bool:
    """Whether a full stop after `word` ends the sentence, when `after` comes next."""
    key = word.lower()
    opener = _WORD.match(after)
    opens = opener is not None and opener.group().split("'")[0].split("’")[0].lower() in word_list(
        "sentence_openers"
    )
    if not closed:
        if key in word_list("goes_on"):
            return False
        if key in word_list("numbered") and (after[0].isdigit() or _is_label(after)):
            return False
        if key in word_list("may_end"):
            return not lower and not after[0].isdigit()
        if key in word_list("before_names") and word != "No":
            return opens and not lower
        if _INITIALISM.fullmatch(word) or (len(word) == 1 and word.isupper() and word != "I"):
            return opens and not lower and not _is_label(after)
        if (
            word.isdigit()
            and len(word) <= 2
            and opener
            and opener.group().lower() in word_list("after_ordinal")
        ):
            return False
    if lower:
        # After a whole word a new sentence may begin with a name in lower case (pip, os.path).
        return bool(_IDENTIFIER.match(after)) or (len(word) > 3 and word.isalpha())
    return True


def _is_label(after: str) -> bool:
    """ "B", "IV", "C.2": what a figure or a chapter is called, and not the first word of a sentence."""
    label = after.rstrip(".,;:)]")
    if label in ("A", "I"):
        return label != after
    return bool(_LABEL.fullmatch(label))
