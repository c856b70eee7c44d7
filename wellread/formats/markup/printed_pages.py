"""The pages of the printed book, as an e-book marks where they begin."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wellread.formats.markup.block_drafts import one_line

MAX_LABEL = 24  # characters; a longer text in a page break is no page number
_PREFIX = re.compile(r"^(?:page|pg|p|seite)[\s._-]*(?=[\divxlc]+\W*$)", re.I)


@dataclass(frozen=True, slots=True)
class Watch:
    """An element to look out for because a table of contents or page list means it by CFI.

    Its place is noted under `key`; the page `label` begins with it, or, if `inside`, somewhere in its text.
    """

    key: str = ""
    label: str = ""
    inside: bool = False


def page_label(text: str) -> str:
    """The label of a page without the word in front of it: "12" for "Page 12" and for "page_12"."""
    return _PREFIX.sub("", text.strip()).strip(" .")


class PrintedPages:
    """Which page is `current`. `labels` tells which pages begin at which ids."""

    def __init__(self, labels: Mapping[str, str], current: str) -> None:
        self.current = current
        self._labels = labels
        self._next = ""

    def at_id(self, identifier: str) -> None:
        self.current = self._labels.get(identifier) or self.current

    def at_watched(self, watch: Watch) -> None:
        if watch.inside:
            self._next = watch.label
        else:
            self.current = watch.label or self.current

    def at_break(self, element: Any, attributes: Mapping[str, str]) -> bool:
        """Turn the page at a page break; whether it holds only the page's number, which is not to be read."""
        text = one_line("".join(element.itertext()))
        stated = attributes.get("title") or attributes.get("aria-label") or text or attributes.get("id") or ""
        label = page_label(stated)
        if label and len(label) <= MAX_LABEL:
            self.current = label
        return len(text) <= MAX_LABEL

    def after_run(self) -> None:
        """A page that began inside a run of text is current for what follows."""
        if self._next:
            self.current, self._next = self._next, ""
