"""The pictures of an EPUB at their places: those that stand in a section's documents, between its blocks.

Photographs are decoded and encoded anew before they are shown. A drawing (SVG) is passed on as it is: a browser that
shows it as a picture runs nothing in it and fetches nothing for it, and opened by itself it stands in a sandbox.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Container, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from urllib.parse import quote

from wellread.content import Block, BlockKind, EpubOrigin, PlacedBlock, Section
from wellread.errors import UnreadableError
from wellread.formats.archive import Archive
from wellread.formats.markup import cfi
from wellread.formats.markup.parse import local_name, parse_xhtml, resolved
from wellread.library.pictures.picture_sizes import LARGEST_DRAWING, Size, drawing_size, picture_sizes

_MOST_UNPACKED = 6 << 20  # bytes of XHTML that are looked through for pictures at once
_MOST_DOCUMENTS = 200
_MOST_IN_DOCUMENT = 400
_MOST_MEASURED = 600  # pictures whose sizes are looked up at once; many may be small
_MOST_SHOWN = 300
_SMALL = 40  # pixels: icons and letters that are pictures stand in a line, where they cannot be put again
_NUMBER = re.compile(r"/(\d+)")
_UNOPENED = (UnreadableError, OSError)  # of a book: then it shows no pictures
_LINK = "{http://www.w3.org/1999/xlink}href"

Steps = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture as it is shown: where it is fetched from, and how large it is."""

    address: str
    alt: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class _Standing:
    """An image element of a document: the steps of its CFI, by which it is before or behind a block."""

    steps: Steps
    entry: str
    alt: str


def figures(
    path: Path,
    sha256: str,
    product_id: str,
    before: Section | None,
    section: Section,
    after: Section | None,
    shown: Sequence[PlacedBlock],
) -> dict[int, list[Figure]]:
    """The figures behind the blocks of a section that are `shown`, by the start of the block that they follow (-1:
    none, before all).

    `before` and `after` are the sections beside it, between whose blocks and its own a picture may stand. A picture
    that cannot be read, or that stands in a line of text, is left out; so are those beyond a few hundred.
    """
    hrefs = dict.fromkeys(origin.href for one in shown if (origin := _origin(one.block)) is not None)
    placed: dict[str, list[tuple[Steps, int]]] = {href: [] for href in islice(hrefs, _MOST_DOCUMENTS)}
    for one in section.blocks:
        origin = _origin(one.block)
        if origin is not None and origin.href in placed:
            placed[origin.href].append((_steps(origin), one.start))
    starts = [one.start for one in section.blocks]
    follows = {one.start for one in shown} | ({-1} if shown and shown[0].start == starts[0] else set())
    pictures = _pictures(path, sha256, tuple(placed))
    first_before, first_after = _firsts(before, placed), _firsts(after, placed)
    standing: list[tuple[int, _Standing]] = []
    for href, mine in placed.items():
        at = bisect_left(starts, min(start for _, start in mine))
        mine.sort()
        begins = mine[0][0] if href in first_before else ()
        ends = first_after.get(href)
        for picture in pictures.get(href, ()):
            if picture.steps < begins or (ends is not None and picture.steps >= ends):
                continue
            where = bisect_right(mine, (picture.steps, len(section.text)))
            follow = mine[where - 1][1] if where else starts[at - 1] if at else -1
            if follow in follows:
                standing.append((follow, picture))
    entries = dict.fromkeys(picture.entry for _, picture in standing)
    sizes = _sizes(path, sha256, tuple(islice(entries, _MOST_MEASURED)))
    large = [(follow, it) for follow, it in standing if min(sizes.get(it.entry, (0, 0))) >= _SMALL]
    found: dict[int, list[Figure]] = {}
    for follow, it in large[:_MOST_SHOWN]:
        address = f"/library/{quote(product_id)}/pictures/{quote(it.entry)}"
        found.setdefault(follow, []).append(Figure(address, it.alt, *sizes[it.entry]))
    return _without_repeated_words(section.blocks, found)


def _without_repeated_words(
    blocks: Sequence[PlacedBlock], found: Mapping[int, list[Figure]]
) -> dict[int, list[Figure]]:
    """What describes a picture and is a block of its own (a caption) is not said twice."""
    told = {" ".join(one.block.text.split()) for one in blocks if one.block.kind is BlockKind.CAPTION}
    return {
        start: [replace(figure, alt="") if figure.alt in told else figure for figure in figures]
        for start, figures in found.items()
    }


def _origin(block: Block) -> EpubOrigin | None:
    """Where a block stands; a note stands elsewhere than where it is shown."""
    origin = block.origin
    return origin if isinstance(origin, EpubOrigin) and block.kind is not BlockKind.FOOTNOTE else None


def _steps(origin: EpubOrigin) -> Steps:
    parts = cfi.split(origin.cfi)
    return _numbers(parts[1]) if parts else ()


def _numbers(steps: str) -> Steps:
    return tuple(int(number) for number in _NUMBER.findall(cfi.without_assertions(steps)))


def _firsts(section: Section | None, hrefs: Container[str]) -> dict[str, Steps]:
    """Where a section begins in those of the documents in which it stands."""
    found: dict[str, Steps] = {}
    for one in section.blocks if section else ():
        origin = _origin(one.block)
        if origin is not None and origin.href in hrefs:
            steps = _steps(origin)
            found[origin.href] = min(found.get(origin.href, steps), steps)
    return found


@lru_cache(maxsize=64)
def _pictures(path: Path, sha256: str, hrefs: tuple[str, ...]) -> Mapping[str, list[_Standing]]:  # noqa: ARG001  # the digest tells files of one path apart
    """The image elements of documents that show a file of the book, in the order of each. The archive is opened once,
    and documents that are too large, together with those before them, are left out."""
    found: dict[str, list[_Standing]] = {}
    left = _MOST_UNPACKED
    with suppress(*_UNOPENED), Archive(path) as archive:
        for href in hrefs:
            name = archive.find(href)
            if name is None or archive.size(name) > left:
                continue
            left -= archive.size(name)
            found[href] = _standing(archive, name, href)
    return found


def _standing(archive: Archive, name: str, href: str) -> list[_Standing]:
    try:
        root = parse_xhtml(archive.read(name), href).root
    except UnreadableError:
        return []
    found: list[_Standing] = []
    for element in root.iter() if root is not None else ():
        name = local_name(element) if isinstance(element.tag, str) else ""
        if name not in ("img", "image"):
            continue
        source = element.get("src") or element.get(_LINK) or element.get("href") or ""
        target = resolved(href, source)[0] if not source.startswith("data:") else ""
        entry = archive.find(target) if target else None
        if entry is None:
            continue
        found.append(
            _Standing(_numbers(cfi.of_element(element)), entry, " ".join((element.get("alt") or "").split()))
        )
        if len(found) == _MOST_IN_DOCUMENT:
            break
    return found


@lru_cache(maxsize=4_000)
def entry_name(path: Path, sha256: str, entry: str) -> str | None:  # noqa: ARG001
    """What an entry of the archive that is meant by `entry` is called; None when there is none."""
    with suppress(*_UNOPENED), Archive(path) as archive:
        return archive.find(entry)
    return None


def drawing(path: Path, entry: str) -> bytes | None:
    """An SVG file of the archive; None for what is none, defines entities or would keep a browser busy without end."""
    with suppress(*_UNOPENED), Archive(path) as archive:
        found = archive.find(entry)
        if found is not None and archive.size(found) <= LARGEST_DRAWING:
            raw = archive.read(found)
            return raw if drawing_size(raw, entry) else None
    return None


@lru_cache(maxsize=64)
def _sizes(path: Path, sha256: str, entries: tuple[str, ...]) -> Mapping[str, Size]:  # noqa: ARG001
    """The sizes of some pictures: the archive is opened once for all of them."""
    if not entries:
        return {}
    with suppress(*_UNOPENED), Archive(path) as archive:
        return picture_sizes(archive, entries)
    return {}
