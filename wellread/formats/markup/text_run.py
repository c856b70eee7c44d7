"""The run of text between two block elements, as it is gathered: with the links, superscripts and images in it."""

import re
from dataclasses import dataclass, field

from wellread.formats.markup.block_drafts import (
    Draft,
    Hyperlink,
    Link,
    image_token,
    link_token,
    one_line,
    superscript,
    with_images,
)

_MARK = re.compile(
    r"[\[({]?\s*(?:\d{1,4}|[ivxlc]{1,6}|[a-z]|[*†‡§¶#]{1,4}|[↩↑^⏎⤴↵]\ufe0e?|back|return)\s*[\])}.:]?", re.I
)


@dataclass(slots=True)
class _Anchor:
    """An open link, and where in the gathered text it began."""

    depth: int
    start: int
    href: str
    stated: str
    raised: bool


@dataclass(slots=True)
class RunLinks:
    """The links of a text: those that are or look like marks of notes, and all."""

    marks: list[Link] = field(default_factory=list)
    hyperlinks: list[Hyperlink] = field(default_factory=list)

    def give(self, draft: Draft) -> None:
        draft.links, draft.hyperlinks = tuple(self.marks), tuple(self.hyperlinks)


class TextRun:
    """`begun` is the draft made where its first text stands, `linked` the links that it has; a table gives its own."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.begun: Draft | None = None
        self.linked = RunLinks()
        self.images: list[Draft] = []
        self._anchors: list[_Anchor] = []
        self._raised: list[tuple[int, int]] = []  # depth and place in the pieces

    def text(self) -> str:
        return with_images("".join(self.pieces), [image.text for image in self.images])

    def clear(self) -> None:
        """Open superscripts stay open: they may hold blocks."""
        self.pieces.clear()
        self._anchors.clear()
        self.begun = None
        self.linked = RunLinks()
        self.images = []

    def add_image(self, draft: Draft) -> None:
        self.pieces.append(image_token(len(self.images)))
        self.images.append(draft)

    def open_link(self, depth: int, href: str, stated: str) -> None:
        self._anchors.append(_Anchor(depth, len(self.pieces), href, stated, bool(self._raised)))

    def open_superscript(self, depth: int) -> None:
        self._raised.append((depth, len(self.pieces)))
        if self._anchors:
            self._anchors[-1].raised = True

    def close(self, depth: int, *, plain: bool) -> bool:
        """Close the link or superscript that is open at a depth, if one is; in `plain` text superscripts stay as they
        are."""
        if self._anchors and self._anchors[-1].depth == depth:
            self._close_link(self._anchors.pop())
        elif self._raised and self._raised[-1][0] == depth:
            start = self._raised.pop()[1]
            if not self._anchors and not plain:
                self.pieces[start:] = [superscript("".join(self.pieces[start:]))]
        else:
            return False
        return True

    def _close_link(self, anchor: _Anchor) -> None:
        text = one_line("".join(self.pieces[anchor.start :]))
        if text:
            self.linked.hyperlinks.append(Hyperlink(text, anchor.href))
        looks = len(text) <= 8 and _MARK.fullmatch(text) is not None
        if not looks and not anchor.stated:
            return
        keep = not looks and anchor.stated == "reference"
        if not keep:
            del self.pieces[anchor.start :]
        self.pieces.append(link_token(len(self.linked.marks)))
        self.linked.marks.append(Link(anchor.href, text, anchor.raised, anchor.stated, keep))
