"""Transcripts as JSON: Whisper's segments, lists of timed texts, Podcasting 2.0 transcripts and chapters."""

import json
import math
import re
from collections.abc import Mapping, Sequence

from wellread.errors import UnreadableError
from wellread.formats.transcript.captions import Captions, Chapter, Cue, WordTime, is_speech, unmarked

_LISTS = ("segments", "cues", "captions", "transcript", "results", "subtitles")
_STARTS = ("start", "startTime", "start_time", "from", "offset", "timestamp", "time")
_ENDS = ("end", "endTime", "end_time", "to")
_LENGTHS = ("duration", "dur")
_TEXTS = ("text", "body", "content", "transcript")
_WORDS = ("word", "text")
_SPEAKERS = ("speaker", "speakerName", "speaker_name", "voice")
_MARKS = frozenset(".,;:!?…。，！？")  # a transcript with a segment for each word has one for each mark
_LONGEST = 10_000 * 3600  # seconds; more is no time

_LOOKS_LIKE_ONE = re.compile(
    rb'\s*[\[{].*"(?:segments|cues|captions|start|startTime|start_time|offset|chapters)"\s*:|\s*\{\s*"text"\s*:',
    re.S,
)
_CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,3}):(\d{1,2}(?:[.,]\d+)?)")
_LANGUAGE = re.compile(r"[a-zA-Z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
_SURROGATE = re.compile("[\ud800-\udfff]")


def looks_like_transcript(head: bytes) -> bool:
    """Whether the first bytes of a JSON file may be those of a transcript."""
    return bool(_LOOKS_LIKE_ONE.match(head.removeprefix(b"\xef\xbb\xbf")))


def parse_json(text: str) -> Captions:
    """The cues of a JSON transcript, in the order of the file; its times are seconds.

    UnreadableError when it is no JSON or holds no list of timed texts.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(
            "The file is damaged JSON.", hint="Export the transcript again, if possible as WebVTT (.vtt)."
        ) from error
    top = content if isinstance(content, dict) else {}
    items = content if isinstance(content, list) else _timed_list(top)
    chapters = _chapters(top)
    cues: list[Cue] = []
    skipped = 0
    for item in items:
        cue = _cue(item) if isinstance(item, dict) else None
        if cue is None:
            skipped += 1
        elif is_speech(cue.text) or cue.text in _MARKS:
            cues.append(cue)
    if not cues and not chapters:
        raise UnreadableError(
            "The JSON file is no transcript: it holds no list of texts with times.",
            hint='A transcript is a list of {"start": 1.5, "end": 4, "text": "…"}, or {"segments": [it]}.',
        )
    return Captions(
        tuple(cues), chapters, title=_string(top, ("title",)), language=_language(top), skipped=skipped
    )


def _timed_list(top: Mapping[str, object]) -> Sequence[object]:
    for key in _LISTS:
        found = top.get(key)
        if isinstance(found, list):
            return found
        if isinstance(found, dict):
            return _timed_list(found)
    return ()


def _cue(item: Mapping[str, object]) -> Cue | None:
    text, start = _string(item, _TEXTS), _milliseconds(item, _STARTS)
    if start is None or not text:
        return None
    end = _milliseconds(item, _ENDS)
    if end is None:
        length = _milliseconds(item, _LENGTHS)
        end = start if length is None else start + length
    said, turns = unmarked(text)
    return Cue(start, end, said, _string(item, _SPEAKERS), turns, _words(item, text))


def _words(item: Mapping[str, object], text: str) -> tuple[WordTime, ...]:
    """The times of a segment's words, if those are the words of its text."""
    listed = item.get("words")
    words = [word for word in listed if isinstance(word, dict)] if isinstance(listed, list) else []
    said = ["".join(_string(word, _WORDS).split()) for word in words]
    letters = len("".join(text.split()))
    if "".join(said) != "".join(text.split()):
        return ()
    found: list[WordTime] = []
    for word, size in zip(words, map(len, said), strict=True):
        start = _milliseconds(word, _STARTS)
        if start is not None:
            found.append(WordTime(letters, start))
        letters -= size
    return tuple(found)


def _chapters(top: Mapping[str, object]) -> tuple[Chapter, ...]:
    found: list[Chapter] = []
    listed = top.get("chapters")
    for item in listed if isinstance(listed, list) else ():
        if isinstance(item, dict):
            start, title = _milliseconds(item, _STARTS), _string(item, ("title", "name", "headline"))
            if start is not None and title and item.get("toc") is not False:
                found.append(Chapter(max(start, 0), title))
    return tuple(sorted(found, key=lambda chapter: chapter.start_ms))


def _string(item: Mapping[str, object], keys: Sequence[str]) -> str:
    for key in keys:
        value = item.get(key)
        if isinstance(value, dict):
            value = value.get("name")
        if isinstance(value, int) and not isinstance(value, bool):
            value = f"Speaker {value}" if keys is _SPEAKERS else str(value)
        if isinstance(value, str) and value.strip():
            return " ".join(_SURROGATE.sub("\ufffd", value).split())
    return ""


def _language(top: Mapping[str, object]) -> str:
    language = _string(top, ("language", "lang"))
    return language.replace("_", "-") if _LANGUAGE.fullmatch(language) else ""


def _milliseconds(item: Mapping[str, object], keys: Sequence[str]) -> int | None:
    for key in keys:
        value = item.get(key)
        seconds = math.nan
        if isinstance(value, int | float) and not isinstance(value, bool):
            seconds = float(value) if abs(value) < _LONGEST else math.nan
        elif isinstance(value, str):
            seconds = _seconds(value.strip())
        if math.isfinite(seconds):
            return round(seconds * 1000)
    return None


def _seconds(text: str) -> float:
    if clock := _CLOCK.fullmatch(text):
        return (int(clock[1] or 0) * 60 + int(clock[2])) * 60 + float(clock[3].replace(",", "."))
    return float(text) if re.fullmatch(r"-?\d{1,8}(?:\.\d+)?", text) else math.nan
