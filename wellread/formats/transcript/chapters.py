"""The chapters of a recording: as marked, or made where nobody marked any."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from wellread.formats.document import ContentsEntry
from wellread.formats.transcript.captions import Captions, Chapter
from wellread.formats.transcript.speaker_turns import Stretch

EVERY_MS = 5 * 60_000
_AROUND_MS = 75_000  # how far from the mark a chapter may begin
_SPEECH_WORDS_PER_MINUTE = 10


def is_chapters_track(captions: Captions) -> bool:
    """Whether the cues are titles of chapters: said so, or few words shown for minutes."""
    if captions.kind:
        return captions.kind == "chapters"
    lengths = sorted(cue.end_ms - cue.start_ms for cue in captions.cues)
    if len(lengths) < 3 or lengths[len(lengths) // 2] < 30_000:
        return False
    words = sum(len(cue.text.split()) for cue in captions.cues)
    return words * 60_000 < _SPEECH_WORDS_PER_MINUTE * sum(lengths)


def chapters_of_track(captions: Captions) -> tuple[Chapter, ...]:
    """The chapters that the cues of a chapters track name; a cue inside another's time is a sub-chapter."""
    found: list[Chapter] = []
    open_until: list[int] = []
    for cue in sorted(captions.cues, key=lambda cue: (cue.start_ms, -cue.end_ms)):
        while open_until and open_until[-1] <= cue.start_ms:
            open_until.pop()
        # A chapter that overlaps the next by a moment does not hold it.
        while open_until and open_until[-1] < cue.end_ms:
            open_until.pop()
        found.append(Chapter(max(cue.start_ms, 0), " ".join(cue.text.split()), len(open_until)))
        open_until.append(cue.end_ms)
    return tuple(found)


def contents(stretches: Sequence[Stretch], chapters: Sequence[Chapter]) -> tuple[ContentsEntry, ...]:
    """An entry for each chapter, at the first stretch that begins in it.

    Without chapters, an entry about every five minutes, at the change of speaker, pause or sentence end that
    suits best, titled with its time and first words.
    """
    if chapters:
        return _marked(stretches, chapters)
    entries = []
    for first, following in pairwise([*_cuts(stretches), len(stretches)]):
        if following > first:
            title = f"{clock(stretches[first].start_ms)} – {_first_words(stretches[first].text)}"
            entries.append(ContentsEntry(title, 0, first))
    return tuple(entries)


def _marked(stretches: Sequence[Stretch], chapters: Sequence[Chapter]) -> tuple[ContentsEntry, ...]:
    ordered = list(chapters)
    if ordered[0].start_ms <= stretches[0].start_ms or stretches[0].start_ms >= ordered[0].start_ms - 1000:
        ordered[0] = replace(ordered[0], start_ms=0)
    entries: list[ContentsEntry] = []
    block = 0
    for chapter in ordered:
        while block < len(stretches) and stretches[block].start_ms < chapter.start_ms:
            block += 1
        entries.append(ContentsEntry(chapter.title, chapter.depth, block))
    if entries[0].block > 0:
        entries.insert(0, ContentsEntry("Introduction", 0, 0))
    return tuple(entries)


def _cuts(stretches: Sequence[Stretch]) -> list[int]:
    """The stretches at which chapters begin."""
    cuts = [0]
    last = stretches[-1].end_ms
    target = stretches[0].start_ms + EVERY_MS
    number = 1
    while target < last - EVERY_MS // 2:
        best, least = 0, float("inf")
        while number < len(stretches) and stretches[number].start_ms <= target + _AROUND_MS:
            cost = _cost(stretches[number], target)
            if cost <= least:
                best, least = number, cost
            number += 1
        if best:
            cuts.append(best)
            number = best + 1
        target += EVERY_MS
    return cuts


def _cost(stretch: Stretch, target: int) -> float:
    """How ill a chapter would begin here, in milliseconds away from the mark."""
    away = abs(stretch.start_ms - target)
    if away > _AROUND_MS:
        away *= 2
    reward = 45_000 if stretch.begins_turn and len(stretch.text.split()) > 5 else 0
    return away - reward - min(stretch.pause_ms, 4000) * 8


def _first_words(text: str) -> str:
    words = text.split()
    kept = " ".join(words[:8])[:60]
    whole = kept == text
    return kept if whole else kept.rstrip(" ,;:.–-") + "…"


def clock(milliseconds: int) -> str:
    """Hours, minutes and seconds: "01:02:03"."""
    seconds = milliseconds // 1000
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
