"""A title made from a file's name, when the file has none."""

import re
from dataclasses import dataclass

_IN_BRACKETS = re.compile(r"\s*[\[(][A-Za-z0-9_-]{11}[\])]$")  # a video's id, as download programs append it
_LANGUAGE = re.compile(r"\.([a-z]{2,3}(?:-[A-Za-z]{2,4})?)(?:[._-](?:auto|orig|cc|sdh|forced))?$")
_TRACK = re.compile(r"[._ -](?:captions?|subtitles?|transcript|subs?)$", re.I)
_NUMBER = re.compile(
    r"(?:(?:ep|episode|lecture|talk|part|no)[._ -]*)?#?0*(\d{1,4})(?:[._ -]+)(?=\D*[^\W\d_])", re.I
)


@dataclass(frozen=True, slots=True)
class Name:
    """What a file's name tells. `number` is its place in a series, without leading zeros, "" if none."""

    title: str
    number: str = ""
    language: str = ""


def readable(stem: str, *, numbered: bool = False) -> Name:
    """`stem` is a file's name without its suffix. With `numbered`, a number it begins with is taken off."""
    language = number = ""
    if match := _LANGUAGE.search(stem):
        language, stem = match[1], stem[: match.start()]
    stem = _TRACK.sub("", _IN_BRACKETS.sub("", stem))
    if numbered and (match := _NUMBER.match(stem)):
        number, stem = match[1], stem[match.end() :]
    if " " not in stem.strip():
        stem = re.sub(r"[_+]+|(?<=\w)-+(?=\w)|(?<=[^\W\d])\.(?=[^\W\d])", " ", stem)
    else:
        stem = stem.replace("_", " ")
    title = " ".join(stem.split()).strip(" -–.")
    if title[:1].islower() and not any(char.isupper() for char in title.split()[0]):
        title = title[0].upper() + title[1:]
    return Name(title or "Untitled", number, language)
