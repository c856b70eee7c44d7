"""Titles whose vectors are wanted before others': somebody asked about them. A file beside the index."""

import contextlib
import json
import uuid
from collections.abc import Sequence
from pathlib import Path

_FILE = "asked-about.json"
_MOST = 50


def prefer(path: Path, product_ids: Sequence[str]) -> None:
    """Have the passages of these titles get their vectors before others, whichever process makes them for the index in
    the folder `path`. The last preferred come first. Nothing depends on it: where it cannot be written, it is not."""
    kept = list(dict.fromkeys([*product_ids, *preferred(path)]))[:_MOST]
    partial = path / f".{uuid.uuid4().hex}.partial"
    try:
        partial.write_text(json.dumps(kept), encoding="utf-8")
        partial.replace(path / _FILE)
    except OSError:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def preferred(path: Path) -> list[str]:
    try:
        found = json.loads((path / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return []
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []
