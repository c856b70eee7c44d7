"""What a person says of a product in place of what its files say: it stays when the files are added again."""

from collections.abc import Mapping
from dataclasses import asdict, replace

from wellread.content import Metadata

AMENDABLE = (
    "title",
    "subtitle",
    "authors",
    "publisher",
    "date",
    "language",
    "description",
    "topics",
    "series",
    "series_index",
)


def amended(metadata: Metadata, amendments: Mapping[str, object] | None) -> Metadata:
    """`metadata` with what is said in its place."""
    if not amendments:
        return metadata
    return replace(metadata, **{name: _frozen(value) for name, value in amendments.items()})  # type: ignore[arg-type]  # of AMENDABLE


def changed(
    metadata: Metadata, amendments: Mapping[str, object] | None, changes: Mapping[str, object]
) -> dict[str, object]:
    """The amendments after some changes: None takes back what was said, and so does what the files say anyway."""
    said = asdict(metadata)
    after = {**(amendments or {}), **changes}
    return {
        name: value for name, value in after.items() if value is not None and _frozen(value) != said[name]
    }


def edited(metadata: Metadata, read: Metadata) -> list[str]:
    """What is said of a product (`metadata`) in place of what its files say (`read`)."""
    return [name for name in AMENDABLE if getattr(metadata, name) != getattr(read, name)]


def _frozen(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value
