"""How large the pictures of an EPUB are, told by their heads, and which of its drawings (SVG) may be shown."""

import io
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

from PIL import Image

from wellread.errors import UnreadableError
from wellread.formats.archive import Archive
from wellread.formats.markup.parse import local_name, parse_xml

FORMATS = ("JPEG", "PNG", "GIF", "WEBP")  # what is decoded
DRAWINGS = (".svg",)
MOST_PIXELS = 60_000_000
LARGEST_DRAWING = 2 << 20  # bytes
# Bytes that are read until the size is told: JPEGs may say much before it.
_HEADS = (4 << 10, 64 << 10, 512 << 10)
_MOST_UNPACKED = 6 << 20  # bytes of all the pictures that are measured together
_MOST_REPEATED = 10_000  # elements of a drawing that stand in it by reference
_LENGTH = re.compile(r"-?\d+(?:\.\d+)?")

Size = tuple[int, int]


def picture_sizes(archive: Archive, entries: Iterable[str]) -> Mapping[str, Size]:
    """Width and height of the entries that are pictures which may be shown, until too much had to be unpacked."""
    found: dict[str, Size] = {}
    left = _MOST_UNPACKED
    for entry in entries:
        is_drawing = entry.lower().endswith(DRAWINGS)
        whole = archive.size(entry)
        if is_drawing and whole > LARGEST_DRAWING:
            continue
        for length in (whole,) if is_drawing else _HEADS:
            if length > left:
                break
            try:
                head = archive.head(entry, length)
                size = drawing_size(head, entry) if is_drawing else _told_size(head)
            except UnreadableError:
                break
            left -= len(head)
            if size is not None:
                found[entry] = size
            if size is not None or len(head) < length:
                break
    return found


def _told_size(head: bytes) -> Size | None:
    """None when it is not told there, or for what may not be decoded."""
    try:
        size = _webp_size(head) if head[8:12] == b"WEBP" else _opened_size(head)
    except (OSError, ValueError, EOFError, SyntaxError, Image.DecompressionBombError):
        return None
    return size if 0 < size[0] * size[1] <= MOST_PIXELS else None


def _opened_size(head: bytes) -> Size:
    with Image.open(io.BytesIO(head), formats=FORMATS) as image:
        return image.size


def _webp_size(head: bytes) -> Size:
    """By its first chunk: https://developers.google.com/speed/webp/docs/riff_container. Pillow wants all of it."""

    def number(start: int, length: int) -> int:
        return int.from_bytes(head[start : start + length], "little")

    match head[12:16]:
        case b"VP8X":
            return number(24, 3) + 1, number(27, 3) + 1
        case b"VP8L":
            return (number(21, 4) & 0x3FFF) + 1, (number(21, 4) >> 14 & 0x3FFF) + 1
        case _:
            return number(26, 2) & 0x3FFF, number(28, 2) & 0x3FFF


def drawing_size(raw: bytes, entry: str) -> Size | None:
    """Width and height of a drawing, or of its coordinates; None for what is no SVG, or must not be shown."""
    root = parse_xml(raw, entry) if len(raw) <= LARGEST_DRAWING else None
    if root is None or local_name(root) != "svg" or _is_endless(root):
        return None
    box = [float(number) for number in _LENGTH.findall(root.get("viewBox") or "")[2:4]]
    stated = [_LENGTH.match((root.get(name) or "").strip()) for name in ("width", "height")]
    if all(stated) and "%" not in f"{root.get('width')}{root.get('height')}":
        box = [float(match[0]) for match in stated if match]
    if len(box) != 2 or not all(0 < number < 100_000 for number in box):
        return None
    return max(1, round(box[0])), max(1, round(box[1]))


def _is_endless(root: Any) -> bool:
    """Whether a browser would be long at it: elements that repeat others which repeat others, or themselves; and
    what could hide such, another drawing in its own address or a reference that is animated."""
    named: dict[str, Any] = {}
    for element in root.iter("*"):
        named.setdefault(element.get("id"), element)
        if any("data:image/svg" in value.lower() for value in element.values()):
            return True
        if local_name(element) in ("set", "animate") and element.get("attributeName", "").endswith("href"):
            return True
    counted: dict[str, tuple[int, list[str]]] = {}
    pending = _repeated(root)
    drawn = 0
    while pending:
        name = pending.pop()
        if name not in counted:
            target = named.get(name)
            counted[name] = (1, []) if target is None else (sum(1 for _ in target.iter()), _repeated(target))
        size, repeated = counted[name]
        drawn += size
        if drawn > _MOST_REPEATED:
            return True
        pending += repeated
    return False


def _repeated(root: Any) -> list[str]:
    """The ids that the `use` elements from `root` on name, each as often as it is named."""
    return [
        unquote(value.rpartition("#")[2].strip())
        for element in root.iter("{*}use")
        for name, value in element.items()
        if name.rpartition("}")[2] == "href"
    ]
