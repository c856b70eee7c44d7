"""Names of files as strangers send them, made into names that every system can hold and that lead nowhere."""

import re
import unicodedata

_MOST_BYTES = 240  # systems hold 255; what is looked for beside a file (`.chapters.vtt`) has a longer name
_LONGEST_ENDING = 20  # code points of a suffix that is kept when a name is cut
_NONAME = "file"
_RESERVED = re.compile(
    r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?", re.IGNORECASE
)  # Windows' devices
_UNUSABLE = re.compile('[<>:"|?*]')
_JOINERS = "\u200c\u200d"  # of Persian and of emoji


def file_name(given: str) -> str:
    """The last part of a path as a safe name: NFC, at most 240 bytes, never empty or hidden, and with none of the
    characters that are not shown, that turn the direction of text, or that a system refuses."""
    name = unicodedata.normalize("NFC", re.split(r"[/\\]", given)[-1])
    name = "".join(c for c in name if c in _JOINERS or not unicodedata.category(c).startswith("C"))
    name = " ".join(_UNUSABLE.sub("_", name).split())
    name = _cut(name.strip(". ").lstrip(_JOINERS + ". ")) or _NONAME
    return f"_{name}" if _RESERVED.fullmatch(name) else name


def _cut(name: str) -> str:
    if len(name.encode()) <= _MOST_BYTES:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > _LONGEST_ENDING:
        stem, ending = name, ""
    room = _MOST_BYTES - len((dot + ending).encode())
    return stem.encode()[:room].decode("utf-8", "ignore").rstrip(". ") + (dot + ending if ending else "")
