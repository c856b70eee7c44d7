"""Addresses in text: what programs make links of, found and told apart code point by code point."""

import html
import re
from collections.abc import Iterable

# How an address begins: a scheme with two slashes, "www.", or a scheme that acts without them.
BEGINNING = re.compile(
    r"[a-z][a-z0-9+.-]{0,30}://|(?<![\w.])www\.(?=\w)"
    r"|(?<![\w.])(?:javascript|vbscript|mailto|data|xmpp|file|tel|sms|blob|about|view-source):(?=[^\s:])",
    re.I,
)
# White space, brackets, quotation marks, and what ends a cell of a table, a code span or emphasis, end it.
REST = re.compile(r"[^\s<>\[\]{}`|\"\\^*“”„«»「」『』（）【】。，、；！？]*")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_TRAILING = ".,;:!?'’_~"
_WEB = re.compile(r"https?://[^\s/@]*\w", re.I)


def found(text: str) -> list[tuple[int, int]]:
    """Where the addresses of a text stand, also those of mail, without the punctuation that follows them."""
    places: list[tuple[int, int]] = []
    at = 0
    while match := BEGINNING.search(text, at):
        end = match.end() + len(REST.match(text, match.end())[0])  # type: ignore[index]  # it matches anywhere
        at = max(_trimmed(text, match.start(), end), match.end())
        places.append((match.start(), at))
    if "@" in text:
        places += [
            m.span()
            for m in _MAIL.finditer(text)
            if not any(a < m.end() and m.start() < b for a, b in places)
        ]
    return sorted(places)


def web_addresses(texts: Iterable[str]) -> frozenset[str]:
    """The http and https addresses in texts; none with a user's name, by which one site looks like another."""
    return frozenset(
        text[start:end] for text in texts for start, end in found(text) if _WEB.match(text[start:end])
    )


def spelt(text: str) -> str:
    """A text whose character references are what they stand for, where that makes an address of it; else as it is."""
    if "&" not in text:
        return text
    told = html.unescape(text)
    return told if len(found(told)) > len(found(text)) else text


def _trimmed(text: str, start: int, end: int) -> int:
    """Where an address ends without the punctuation behind it; a bracket that it opened belongs to it."""
    while end > start:
        last = text[end - 1]
        closes = last == ")" and text.count(")", start, end) > text.count("(", start, end)
        if not closes and last not in _TRAILING:
            break
        end -= 1
    return end
