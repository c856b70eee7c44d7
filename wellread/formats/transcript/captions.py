"""Captions: cues parsed from WebVTT (W3C, https://www.w3.org/TR/webvtt1/) and from SubRip (SRT)."""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wellread.errors import UnreadableError


@dataclass(frozen=True, slots=True)
class WordTime:
    """That the last `letters` characters of a text, white space not counted, are said from `start_ms` on. Counted from
    the end, because captions lose words at the beginning: labels, and what they repeat."""

    letters: int
    start_ms: int


@dataclass(frozen=True, slots=True)
class Cue:
    """A stretch of speech with its time, in milliseconds, as the file gives it. `text` keeps its lines.

    `turns` says that the file marks here that somebody else begins to speak, without saying who. `words` are the
    times that the file gives within it, in order.
    """

    start_ms: int
    end_ms: int
    text: str
    speaker: str = ""
    turns: bool = False
    words: tuple[WordTime, ...] = ()


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter mark; `depth` counts from 0."""

    start_ms: int
    title: str
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Captions:
    """A caption file. `kind` is WebVTT's ("captions", "chapters", "metadata", …), "" when not said; `skipped`
    counts the cues that could not be read."""

    cues: tuple[Cue, ...]
    chapters: tuple[Chapter, ...] = ()
    title: str = ""
    language: str = ""
    kind: str = ""
    skipped: int = 0


_TIME = r"(?:(\d{1,4}):)?(\d{1,3}):(\d{1,2})(?:[.,:](\d{1,3}))?"
_TIMING = re.compile(rf"\s*(-?){_TIME}\s*-{{1,3}}>\s*(-?){_TIME}")
_SIGNATURE = re.compile(r"\ufeff?WEBVTT(?:[ \t]+(?:[-–—:]+[ \t]*)?(?P<title>.*))?$")
_HEADER = re.compile(r"(Kind|Language|Title)\s*[:=]\s*(.+)", re.I)
_NO_CUE = re.compile(r"(?:NOTE|STYLE|REGION|X-TIMESTAMP-MAP|WEBVTT)\b")

_TIMESTAMP = re.compile(rf"<{_TIME}\s*>")
_MARK = 0xF0000  # the first code point for private use of plane 15
_MOST_MARKS = 60_000
_PRIVATE = re.compile("[\U000f0000-\U000ffffd]")
_RUBY_TEXT = re.compile(r"<rt\b[^>]*>.*?(?:</rt>|(?=</ruby>)|$)", re.S)
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<\d+:[\d:.]+\s*>?|</?>|</?(?:[cibuv]|ruby|rt|lang)\b(?:\.[\w.-]*)?")
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?[ \t]+([^<>\n]+)>")
_SSA = re.compile(r"\{\\[^{}]*\}|\{[yYcCfFsSpP]:[^{}]*\}")
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060\ufeff]")
_TURN = re.compile(r"(?:>{2,3}|[-–—](?![-–—\d]))\s*(?=\S)")
_SOUND = re.compile(r"\[[^\]]{0,60}\]|\([^)]{0,40}\)")


def is_webvtt(text: str) -> bool:
    return bool(_SIGNATURE.match(text.split("\n", 1)[0].rstrip()))


def parse_webvtt(text: str) -> Captions:
    """The cues of a WebVTT file, in the order of the file. A file without the signature is read all the same
    when it has cues. What is no cue (NOTE, STYLE, REGION) is passed over."""
    lines = text.split("\n")
    signature = _SIGNATURE.match(lines[0].rstrip())
    header: dict[str, str] = {}
    first = 0
    if signature:
        if title := (signature["title"] or "").strip():
            header["title"] = title
        first = 1
        # The header ends at a blank line; "Kind: captions" and the like are no standard, but widespread.
        while first < len(lines) and lines[first].strip() and "-->" not in lines[first]:
            if field := _HEADER.match(lines[first]):
                header.setdefault(field[1].lower(), field[2].strip())
            first += 1
    cues, skipped = _cues(lines[first:], blank_ends=True)
    if not signature and not cues:
        raise UnreadableError(
            "The file does not begin with WEBVTT and holds no captions.",
            hint="Export the captions again as WebVTT (.vtt) or SubRip (.srt).",
        )
    return Captions(
        cues,
        title=plain(header.get("title", "")),
        language=header.get("language", ""),
        kind=header.get("kind", "").lower(),
        skipped=skipped,
    )


def parse_srt(text: str) -> Captions:
    """The cues of a SubRip file, in the order of the file; numbers may be missing, times may have dots."""
    cues, skipped = _cues(text.split("\n"), blank_ends=False)
    return Captions(cues, skipped=skipped)


def _cues(lines: Sequence[str], *, blank_ends: bool) -> tuple[tuple[Cue, ...], int]:
    """Cues, and how many could not be read. With `blank_ends`, text after a blank line belongs to no cue."""
    cues: list[Cue] = []
    skipped = 0
    for timing, body in _blocks(lines, blank_ends=blank_ends):
        times = _times(timing)
        if times is not None:
            cues.extend(_voices(*times, body))
        elif timing or not _NO_CUE.match(body[0]):
            skipped += 1
    return tuple(cues), skipped


def _blocks(lines: Sequence[str], *, blank_ends: bool) -> list[tuple[str, list[str]]]:
    """The file in blocks: a time line ("" for a block without one) and the lines of text below it."""
    found: list[tuple[str, list[str]]] = [("", [])]
    for line in lines:
        timing, body = found[-1]
        if "-->" in line:
            if body and not timing:
                body.pop()  # the identifier of the cue that begins here
            found.append((line, []))
        elif not line.strip():
            if blank_ends and timing and not body and line.strip("\r"):
                pass  # rolling captions begin with a line of one space, which is not an empty one
            elif blank_ends:
                found.append(("", []))
            else:
                body.append("")
        elif body[-1:] != [""] or not line.strip().isdigit():  # SubRip's number of a cue is no text
            body.append(line)
    stripped = ((timing, [line for line in body if line.strip()]) for timing, body in found)
    return [(timing, body) for timing, body in stripped if timing or body]


def _times(timing: str) -> tuple[int, int] | None:
    """Start and end in milliseconds; negative ones stay so. None when the line spells no times."""
    match = _TIMING.match(timing)
    if not match:
        return None
    start, end = (_milliseconds(match.groups()[n : n + 5]) for n in (0, 5))
    return None if start is None or end is None else (start, end)


def _milliseconds(parts: Sequence[str | None]) -> int | None:
    sign, hours, minutes, seconds, fraction = parts
    if int(seconds or 0) > 59 or (hours is not None and int(minutes or 0) > 59):
        return None
    whole = (int(hours or 0) * 60 + int(minutes or 0)) * 60 + int(seconds or 0)
    value = whole * 1000 + int((fraction or "0").ljust(3, "0"))
    return -value if sign else value


def _voices(start_ms: int, end_ms: int, lines: Sequence[str]) -> Iterator[Cue]:
    """A cue for each voice of one cue of the file, its time shared out by the length of what they say."""
    text = _RUBY_TEXT.sub("", _SSA.sub("", "\n".join(lines)))
    text, times = _with_marks(text)
    head, *voiced = _VOICE.split(text)
    spoken: list[tuple[str, str, bool]] = [("", *part) for part in _turns(head)]
    for name, said in zip(voiced[::2], voiced[1::2], strict=True):
        own, _, rest = said.partition("</v>")
        spoken += [(plain(name).rstrip(":"), *part) for part in _turns(own)]
        spoken += [("", *part) for part in _turns(rest)]
    timed = [(speaker, *_word_times(said, times), turns) for speaker, said, turns in spoken]
    total = sum(len(said) for _, said, _, _ in timed)
    before = 0
    for speaker, said, words, turns in timed:
        after = before + len(said)
        length = end_ms - start_ms
        yield Cue(
            start_ms + length * before // total,
            start_ms + length * after // total,
            said,
            speaker,
            turns,
            words,
        )
        before = after


def _with_marks(text: str) -> tuple[str, list[int]]:
    """A cue's text with a character of no meaning for each timestamp within it (`<00:01.500>`), and their times. The
    character is `_MARK` and the number of the timestamp."""
    times: list[int] = []

    def mark(match: re.Match[str]) -> str:
        time = _milliseconds((None, *match.groups()))
        if time is None or len(times) == _MOST_MARKS:
            return ""
        times.append(time)
        return chr(_MARK + len(times) - 1)

    return _TIMESTAMP.sub(mark, _PRIVATE.sub("", text)), times


def _word_times(marked: str, times: Sequence[int]) -> tuple[str, tuple[WordTime, ...]]:
    """Text without the marks of timestamps, and what they say of it."""
    if not times:
        return marked, ()
    found: list[WordTime] = []
    letters = len("".join(_PRIVATE.sub("", marked).split()))
    for char in marked:
        if _PRIVATE.match(char):
            found.append(WordTime(letters, times[ord(char) - _MARK]))
        elif not char.isspace():
            letters -= 1
    lines = _PRIVATE.sub("", marked).split("\n")
    return "\n".join(" ".join(line.split()) for line in lines), tuple(found)


def _turns(text: str) -> Iterator[tuple[str, bool]]:
    """The plain text of each turn in `text`, and whether a dash or ">>" begins it."""
    said: list[str] = []
    marked = False
    for line in text.split("\n"):
        words, begins = unmarked(plain(line))
        if begins:
            if said:
                yield "\n".join(said), marked
            said, marked = [], True
        if is_speech(words):
            said.append(words)
    if said:
        yield "\n".join(said), marked


def unmarked(line: str) -> tuple[str, bool]:
    """A line without the dash or ">>" of a new speaker, and whether it had one."""
    mark = _TURN.match(line)
    return (line[mark.end() :], True) if mark else (line, False)


def is_speech(text: str) -> bool:
    """Whether anything is said, beside descriptions of sounds: "[Music]", "(laughing)", "---"."""
    return any(char.isalnum() for char in _SOUND.sub("", text))


def plain(text: str) -> str:
    """One line without markup, entities resolved."""
    return " ".join(_INVISIBLE.sub("", html.unescape(_TAG.sub("", text))).split())
