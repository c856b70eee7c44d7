"""The encoding of XML, XHTML and HTML, as they state it and as it is."""

import codecs
import re
from contextlib import suppress

from wellread.text.encoding import after_mark
from wellread.text.legacy_encoding import decode_legacy

_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._:-]+)""")
_META_CHARSET = re.compile(rb"""<meta[^>]*?charset\s*=\s*["']?\s*([A-Za-z0-9._:-]+)""", re.I)
_HEAD = 2048  # bytes in which a declaration of the encoding must stand


def utf8(raw: bytes, *, xml: bool) -> tuple[bytes, str]:
    """The document as UTF-8 without a byte order mark, and what was wrong with the encoding it states.

    A byte order mark decides; then the XML declaration or `meta charset`; then UTF-8, then the letters.
    What is stated is believed unless the bytes contradict it.
    """
    if (marked := after_mark(raw)) is not None:
        return marked.encode("utf-8", "replace"), ""
    if raw[:2] in (b"<\0", b"\0<"):
        encoding = "utf-16-le" if raw[0] else "utf-16-be"
        return raw.decode(encoding, "replace").encode("utf-8", "replace"), ""
    head = raw[:_HEAD]
    stated = _DECLARED.search(head) or (None if xml else _META_CHARSET.search(head))
    label = stated[1].decode("ascii").lower() if stated else ""
    codec = _codec(label)
    if codec is not None and codec != "utf-8" and not codec.startswith("utf-16"):
        if not raw.isascii() and _is_utf8(raw):
            return raw, f"it says that it is encoded as {label}, but it is UTF-8"
        with suppress(UnicodeError, LookupError):  # the bytes contradict it, or it is a codec like "base64"
            return raw.decode(codec).encode("utf-8", "replace"), ""
    if _is_utf8(raw):
        return raw, ""
    wrong = "its encoding is not UTF-8"
    if label and codec != "utf-8":
        wrong = f"it says that it is encoded as {label}"
    text, encoding = decode_legacy(raw)
    return text.encode("utf-8", "replace"), f"{wrong}; it was read as {encoding}"


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _codec(label: str) -> str | None:
    try:
        name = codecs.lookup(label).name if label else "utf-8"
    except LookupError:
        return None
    # What calls itself Latin-1 or ASCII means Windows-1252, as browsers know.
    return "cp1252" if name in ("iso8859-1", "ascii") else name
