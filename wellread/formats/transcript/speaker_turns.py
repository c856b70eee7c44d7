"""Speech as an editor sets it: cues put right and joined to whole sentences of one speaker."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from operator import attrgetter

from wellread.content import CueTime, time_at
from wellread.formats.transcript.captions import Cue, unmarked
from wellread.text.sentences import sentences
from wellread.text.words import UNSPACED, count_words

STRETCH_WORDS = 60
PAUSE_MS = 4000  # a silence after which a new turn is taken to begin

_MS_PER_CHARACTER = 65  # how long speech takes whose end is not known
_LABEL = re.compile(r"(?P<name>[^\W\d_][^:\n.!?\[\]()]{0,40}?)(?:\s*\([^)]{0,40}\))?\s*[:：]\s+(?=\S)")
_NAME = re.compile(r"[^\W\d_][\w.'’&-]*(?:\s+(?:[^\W\d_][\w.'’&-]*|\d{1,2})){0,4}")
_UNSPACED_END = re.compile(f"[{UNSPACED}。、！？，」』）]$")


@dataclass(frozen=True, slots=True)
class Stretch:
    """A speaker's turn or part of it. `begins_turn`: somebody else spoke before, or there was a pause. `cues` says when
    each part of `text` is said."""

    text: str
    start_ms: int
    end_ms: int
    speaker: str
    begins_turn: bool
    pause_ms: int  # the silence before
    cues: tuple[CueTime, ...]


def in_time(cues: Sequence[Cue]) -> tuple[list[Cue], int]:
    """The cues with starts that never go back and ends after their starts, and how many times were put right.

    A few starts that go back are lifted to the one before; when there are many, the cues are sorted.
    """
    wrong = sum(cue.start_ms < 0 or cue.end_ms < cue.start_ms for cue in cues)
    ordered = [replace(cue, start_ms=max(cue.start_ms, 0)) for cue in cues]
    latest, back = 0, 0
    for cue in ordered:
        back += cue.start_ms < latest
        latest = max(latest, cue.start_ms)
    if back > max(1, len(ordered) // 20):
        wrong += sum(one.start_ms > two.start_ms for one, two in pairwise(ordered))
        ordered.sort(key=lambda cue: cue.start_ms)
    else:
        wrong += back
    latest = 0
    for number, cue in enumerate(ordered):
        latest = max(latest, cue.start_ms)
        end = cue.end_ms
        if end <= latest:
            end = latest + _MS_PER_CHARACTER * len(cue.text)
            if number + 1 < len(ordered) and ordered[number + 1].start_ms > latest:
                end = min(end, ordered[number + 1].start_ms)
        ordered[number] = replace(cue, start_ms=latest, end_ms=end)
    return ordered, wrong


def unrolled(cues: Sequence[Cue]) -> list[Cue]:
    """The cues without what they repeat of the one before, if the file is of captions that roll.

    In rolling captions (YouTube's automatic ones) each cue shows the last line again, or grows word by word.
    A word that somebody says twice is left: only files are changed in which a third of the cues repeat.
    """
    overlaps = [0, *(_overlap(one.text.split(), two.text.split()) for one, two in pairwise(cues))]
    rolling = sum(
        overlap > 0 and _shows_again(one, two, overlap)
        for overlap, (one, two) in zip(overlaps[1:], pairwise(cues), strict=True)
    )
    is_rolling = rolling >= 2 and rolling * 3 >= len(cues) - 1
    kept: list[Cue] = []
    for cue, overlap in zip(cues, overlaps, strict=True):
        fresh = cue.text
        if is_rolling:
            fresh = " ".join(cue.text.split()[overlap:])
        elif kept and kept[-1].text == cue.text and cue.start_ms < kept[-1].end_ms:
            fresh = ""  # the same words in two places of the screen at once
        if fresh:
            kept.append(replace(cue, text=fresh))
    return kept


def _overlap(before: list[str], after: list[str]) -> int:
    """How many words at the end of `before` are those at the beginning of `after`."""
    for length in range(min(len(before), len(after), 60), 0, -1):
        if before[-length:] == after[:length]:
            return length
    return 0


def _shows_again(before: Cue, after: Cue, overlap: int) -> bool:
    """Whether the overlap is of whole lines or whole cues, and without a pause between."""
    lines = before.text.split("\n")
    whole = {len(" ".join(lines[number:]).split()) for number in range(len(lines))}
    touching = after.start_ms - before.end_ms <= 500
    return touching and (overlap in whole or overlap == len(after.text.split()))


def named(cues: Sequence[Cue]) -> list[Cue]:
    """The cues with the speakers that their text names ("NAME: …"), when such labels recur.

    A label holds until the next one, or until the file marks a turn without a name.
    """
    counts = Counter(label for cue in cues if (label := _label(cue.text)))
    names = {
        label
        for label, count in counts.items()
        if count >= 3 or (count == 2 and (label.isupper() or len(label.split()) > 1))
    }
    if not names or len(names) > max(12, len(cues) // 20):
        return list(cues)
    found: list[Cue] = []
    speaker = ""
    for cue in cues:
        if (label := _label(cue.text)) in names:
            match = _LABEL.match(cue.text)
            text = unmarked(cue.text[match.end() :])[0] if match else cue.text
            speaker = _set_name(label)
            found.append(replace(cue, text=text, speaker=speaker, turns=True))
            continue
        if cue.turns or cue.speaker:
            speaker = cue.speaker
        found.append(replace(cue, speaker=speaker))
    return found


def _label(text: str) -> str:
    match = _LABEL.match(text)
    if not match or not _NAME.fullmatch(name := match["name"].strip()):
        return ""
    words = name.split()
    return name if not words[0][0].islower() and not words[-1][0].islower() else ""


def _set_name(label: str) -> str:
    return label.title() if label.isupper() and len(label) > 3 else label


def stretches(cues: Sequence[Cue], breaks: Sequence[int] = ()) -> list[Stretch]:
    """The cues joined to turns, and long turns cut at sentence ends into stretches of up to 60 words.

    A stretch never crosses one of `breaks` (times in ms, ascending), a change of speaker or a long pause.
    """
    found: list[Stretch] = []
    turn: list[Cue] = []
    for cue in cues:
        if turn and _begins_turn(turn[-1], cue, breaks):
            found.extend(_cut(turn, found[-1] if found else None))
            turn = []
        turn.append(cue)
    if turn:
        found.extend(_cut(turn, found[-1] if found else None))
    for number, (one, two) in enumerate(pairwise(found)):
        if one.start_ms < two.start_ms < one.end_ms:
            found[number] = replace(one, end_ms=two.start_ms)
    return found


def _begins_turn(before: Cue, cue: Cue, breaks: Sequence[int]) -> bool:
    return (
        cue.turns
        or cue.speaker != before.speaker
        or cue.start_ms - before.end_ms >= PAUSE_MS
        or bisect_right(breaks, cue.start_ms) > bisect_right(breaks, before.start_ms)
    )


def _cut(turn: Sequence[Cue], before: Stretch | None) -> Iterator[Stretch]:
    text, offsets = _joined(turn)
    cues = _times(turn, text, offsets)
    begins = True
    last_end = before.end_ms if before else 0
    for start, end in _ranges(text, offsets):
        own = tuple(_part(cues, start, end, len(text)))
        start_ms, end_ms = own[0].start_ms, own[-1].end_ms
        yield Stretch(
            text[start:end],
            start_ms,
            max(start_ms, end_ms),
            turn[0].speaker,
            begins,
            max(0, start_ms - last_end),
            own,
        )
        begins, last_end = False, end_ms


def _joined(turn: Sequence[Cue]) -> tuple[str, list[int]]:
    """The turn's text on one line, and the offset at which each cue begins in it."""
    text: list[str] = []
    offsets: list[int] = []
    length = 0
    for cue in turn:
        words = " ".join(cue.text.split())
        glue = "" if not text or _UNSPACED_END.search(text[-1]) or words[:1] in ",.;:!?)" else " "
        offsets.append(length + len(glue))
        text.append(glue + words)
        length += len(text[-1])
    return "".join(text), offsets


def _ranges(text: str, offsets: list[int]) -> Iterator[tuple[int, int]]:
    """Whole sentences together up to the limit; a longer sentence is cut where cues begin."""
    begin = stop = 0
    words = 0.0
    for start, end in _units(text, offsets):
        size = count_words(text[start:end])
        if stop > begin and words + size > STRETCH_WORDS:
            yield begin, stop
            begin, words = start, 0.0
        begin = start if stop <= begin else begin
        stop, words = end, words + size
    if stop > begin:
        yield begin, stop


def _units(text: str, offsets: list[int]) -> Iterator[tuple[int, int]]:
    for start, end in sentences(text):
        if count_words(text[start:end]) <= STRETCH_WORDS:
            yield start, end
            continue
        cuts = [start, *offsets[bisect_right(offsets, start) : bisect_right(offsets, end - 1)], end]
        for one, two in pairwise(cuts):
            piece = text[one:two].rstrip()
            yield one, one + len(piece)


def _times(turn: Sequence[Cue], text: str, offsets: list[int]) -> list[CueTime]:
    """When each part of a turn's `text` is said: each cue, or each of its words that have times.

    What is said over the cue that follows ends where that begins: of one speaker, they are captions that overlap."""
    times: list[CueTime] = []
    borders = [*offsets, len(text)]
    for number, cue in enumerate(turn):
        end = cue.end_ms
        if number + 1 < len(turn) and cue.start_ms < turn[number + 1].start_ms < end:
            end = turn[number + 1].start_ms
        starts = {offsets[number]: cue.start_ms}
        left = len("".join(cue.text.split()))
        words = iter(cue.words)
        word = next(words, None)
        for offset in range(offsets[number], borders[number + 1]):
            if text[offset].isspace():
                continue
            while word is not None and word.letters >= left:
                if word.letters == left and cue.start_ms <= word.start_ms < end:
                    starts[offset] = word.start_ms
                word = next(words, None)
            left -= 1
        for (offset, start), (_, until) in pairwise([*starts.items(), (0, end)]):
            times.append(CueTime(offset, start, max(start, until)))
    return times


def _part(cues: Sequence[CueTime], start: int, end: int, length: int) -> Iterator[CueTime]:
    """The times of a range of a text, the offsets counted from its start."""
    first = max(bisect_right(cues, start, key=attrgetter("offset")) - 1, 0)
    for number in range(first, len(cues)):
        cue = cues[number]
        if cue.offset >= end:
            break
        is_last = number + 1 == len(cues) or cues[number + 1].offset > end
        begins = time_at(cues, start, length) if cue.offset < start else cue.start_ms
        ends = time_at(cues, end, length, until=True) if is_last else cue.end_ms
        yield CueTime(max(cue.offset - start, 0), begins, max(begins, ends))
