"""Characters that text of a book may not hold: they cannot be stored, or do something to who reads them."""

import dataclasses
import re

from wellread.content import Metadata

# Control characters but tab and newline (a terminal obeys them), lone surrogates (no UTF-8 for them), and the marks
# that turn the direction of what follows (they make text look like other text).
_HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def harmless(text: str) -> str:
    """`text` of the same length, each harmful character replaced by U+FFFD."""
    return _HARMFUL.sub("\ufffd", text)


def harmless_metadata(metadata: Metadata) -> Metadata:
    """Metadata with all of its texts made harmless and on one line."""
    changes: dict[str, str | tuple[str, ...]] = {}
    for field in dataclasses.fields(metadata):
        value = getattr(metadata, field.name)
        if type(value) is str:
            changes[field.name] = harmless(value) if field.name == "description" else _line(value)
        elif isinstance(value, tuple):
            changes[field.name] = tuple(_line(item) for item in value)
    return dataclasses.replace(metadata, **changes)  # type: ignore[arg-type]  # each field keeps its own type


def _line(text: str) -> str:
    return " ".join(harmless(text).split())
