"""The text of a page as segments: what is read from pdfium, and what the layout is found in."""

import unicodedata
from dataclasses import dataclass

from wellread.content import PageBox

_SYMBOLS = {0xF0B7: "•", 0xF0A7: "▪", 0xF0D8: "▶", 0xF0FC: "✓", 0xF076: "❖", 0xF02D: "-", 0xF06F: "○"}
_CONTROLS = dict.fromkeys((*range(32), *range(127, 160), 65279, 8203, 65535))
_PLAIN = str.maketrans({**_CONTROLS, **_SYMBOLS})


@dataclass(frozen=True, slots=True)
class Font:
    name: str
    bold: bool
    italic: bool
    mono: bool


@dataclass(frozen=True, slots=True)
class FontRun:
    """Text in one font and size (points). `bottom` is where its letters end, as in `Segment`."""

    text: str
    font: Font
    size: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Segment:
    """Words that stand beside each other without a wide gap, in the frame of their sheet (points, y down).

    `order` counts as the file gives them. `hyphen` tells that it ends with a hyphen at a line's end.
    """

    runs: tuple[FontRun, ...]
    x0: float
    y0: float
    x1: float
    y1: float
    order: int
    hyphen: bool = False

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)

    @property
    def size(self) -> float:
        return max(self.runs, key=lambda run: len(run.text)).size


@dataclass(frozen=True, slots=True)
class Sheet:
    """The text of a page that runs in one direction, in a frame in which it is upright.

    `turn` is how many quarter turns (counterclockwise) the text is away from upright on the page as shown.
    """

    page: int
    label: str
    width: float
    height: float
    turn: int
    segments: tuple[Segment, ...]

    def page_box(self, x0: float, y0: float, x1: float, y1: float) -> PageBox:
        """The box on the page as it is shown."""
        if self.turn == 1:
            x0, y0, x1, y1 = y0, self.width - x1, y1, self.width - x0
        elif self.turn == 2:
            x0, y0, x1, y1 = self.width - x1, self.height - y1, self.width - x0, self.height - y0
        elif self.turn == 3:
            x0, y0, x1, y1 = self.height - y1, x0, self.height - y0, x1
        return PageBox(self.page, round(x0, 1), round(y0, 1), round(x1, 1), round(y1, 1))


def plain(text: str) -> str:
    """`text` without control characters, NFC. Ligatures are resolved by pdfium already."""
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\xa0", " ")
    if any("\ud800" <= char <= "\udfff" for char in text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return unicodedata.normalize("NFC", text.translate(_PLAIN))
