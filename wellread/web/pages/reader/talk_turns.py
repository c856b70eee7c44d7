"""A talk: its recording, and what was said in it, by whom and when, in chapters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from urllib.parse import quote as escaped

from markupsafe import Markup

from wellread.content import Anchor, Section, TimeOrigin
from wellread.library.open_anchor import OpenedPlace
from wellread.store.catalog.outline import OutlineEntry
from wellread.store.catalog.source_files import StoredFile
from wellread.web.pages.reader.section_html import MarkedRange, SectionHtml

_WHOLE = 40_000  # code points of a talk up to which all of it is shown
_VIDEO = (".mp4", ".m4v", ".webm", ".mov")


@dataclass(frozen=True, slots=True)
class TalkTurn:
    """A cue. `speaker` is "" when the same goes on."""

    identifier: str
    address: str  # opens the talk here
    start_ms: int
    end_ms: int
    speaker: str
    text: Markup


@dataclass(frozen=True, slots=True)
class TalkChapter:
    """A section of a talk. Without `turns` it is not shown yet; `address` is where it is."""

    section_id: str
    ordinal: int
    title: str
    start_ms: int
    address: str
    length: int  # of what is said, in code points
    turns: tuple[TalkTurn, ...] = ()


@dataclass(frozen=True, slots=True)
class Talk:
    """A talk as it is shown. `media` is "" when there is only what was said; `starts_ms` is where playing begins."""

    chapters: tuple[TalkChapter, ...]
    media: str
    is_video: bool
    captions: str
    starts_ms: int


def is_talk(section: Section) -> bool:
    return any(isinstance(one.block.origin, TimeOrigin) for one in section.blocks)


def shown_chapters(entries: Sequence[OutlineEntry], at: int) -> range:
    """Which sections of a talk are shown when that one is opened: all of a short talk, else it and its neighbours."""
    if sum(entry.length for entry in entries) <= _WHOLE:
        return range(len(entries))
    return range(max(0, at - 1), min(len(entries), at + 2))


def talk(
    product_id: str,
    chapters: Sequence[TalkChapter],
    place: OpenedPlace | None,
    files: Mapping[str, StoredFile],
) -> Talk:
    """The talk of these chapters, which plays from where the quote of `place` is said; `files` are those that are
    there, by role."""
    address = f"/api/v1/library/{escaped(product_id)}/files"
    media, captions = files.get("media"), files.get("text")
    has_captions = captions is not None and captions.name.lower().endswith(".vtt")
    return Talk(
        tuple(chapters),
        f"{address}/media" if media else "",
        media is not None and PurePath(media.name).suffix.lower() in _VIDEO,
        f"{address}/text" if has_captions else "",
        _moment(place) if place else 0,
    )


def _moment(place: OpenedPlace) -> int:
    """When the quote is said, in milliseconds."""
    return next((origin.start_ms for origin in place.origins if isinstance(origin, TimeOrigin)), 0)


def chapter_of(product_id: str, section: Section, place: OpenedPlace | None = None) -> TalkChapter | None:
    """A section with its cues, the quote of `place` marked if it is in it; None for one that has no cues."""
    is_quoted = place is not None and place.section.section_id == section.section_id
    quote = MarkedRange(place.anchor.start, place.anchor.end) if place and is_quoted else None
    html = SectionHtml(section.ordinal, quote, top=2)
    turns: list[TalkTurn] = []
    speaker = ""
    for placed in section.blocks:
        origin = placed.block.origin
        if not isinstance(origin, TimeOrigin):
            continue
        anchor = Anchor(product_id, section.section_id, placed.start, placed.end)
        turns.append(
            TalkTurn(
                f"at-{section.ordinal}-{placed.start}",
                f"/read/{anchor}",
                origin.start_ms,
                origin.end_ms,
                "" if origin.speaker == speaker else origin.speaker,
                html.text(placed.block.text, placed.start),
            )
        )
        speaker = origin.speaker
    if not turns:
        return None
    return TalkChapter(
        section.section_id,
        section.ordinal,
        section.title,
        turns[0].start_ms,
        turns[0].address,
        len(section.text),
        tuple(turns),
    )
