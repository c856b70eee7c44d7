"""Which encoding the bytes of a text file are in, when nobody says."""

import codecs
import re

from wellread.errors import UnreadableError
from wellread.text.legacy_encoding import decode_legacy

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SIGNATURES = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive (perhaps an EPUB or an office document)"),
    (b"{\\rtf", "a rich text (RTF) file"),
    (b"\xd0\xcf\x11\xe0", "an old office document"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x7fELF", "a program"),
    (b"ID3", "an audio file"),
    (b"SQLite format 3", "a database"),
)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_SAMPLE = 65_536


def decode(content: bytes, name: str) -> tuple[str, str]:
    """The text of a file with its line ends as "\\n", and a warning if its encoding was guessed, else "".

    A byte order mark decides; then UTF-8, if the bytes are that; then UTF-16 by its zeros; then the letters.
    `name` is for the messages. UnreadableError when it is no text.
    """
    for signature, kind in _SIGNATURES:
        if content.startswith(signature):
            raise UnreadableError(
                f"{name} is not a text file but {kind}.",
                hint="Give it the ending of its real format, and add it.",
            )
    text, warning = _decoded(content, name)
    sample = text[:_SAMPLE]
    if len(_CONTROL.findall(sample)) > len(sample) / 200:
        raise UnreadableError(f"{name} is not a text file.", hint="Add the text itself, as UTF-8.")
    return _CONTROL.sub("", text).replace("\r\n", "\n").replace("\r", "\n"), warning


def after_mark(content: bytes) -> str | None:
    """What stands after a byte order mark; None without one."""
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, errors="replace")
    return None


def _decoded(content: bytes, name: str) -> tuple[str, str]:
    if (marked := after_mark(content)) is not None:
        return marked, ""
    if (wide := _wide_encoding(content[:_SAMPLE])) is not None:
        return content.decode(wide, errors="replace"), ""
    if b"\x1b$" in content[:_SAMPLE] and content.isascii():
        return content.decode("iso2022_jp", errors="replace"), ""
    try:
        return content.decode("utf-8"), ""
    except UnicodeDecodeError as error:
        # One bad byte in a long UTF-8 file does not make it another encoding.
        lenient = content.decode("utf-8", errors="replace")
        if lenient.count("\ufffd") * 50 < sum(not char.isascii() for char in lenient[:_SAMPLE]):
            return lenient, ""
        if b"\x00" in content:
            raise UnreadableError(
                f"{name} is not a text file.", hint="Add the text itself, as UTF-8."
            ) from error
    text, encoding = decode_legacy(content)
    return text, f"{name} is not UTF-8 and does not say its encoding: it was read as {encoding}."


def _wide_encoding(sample: bytes) -> str | None:
    """UTF-16 without a mark: most Latin letters bring a zero byte, always on the same side."""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if len(sample) < 4 or max(even, odd) < len(sample) * 0.2 or min(even, odd) * 20 > max(even, odd):
        return None
    return "utf-16-be" if even > odd else "utf-16-le"
