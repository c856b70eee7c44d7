"""The marker in front of a list item: a bullet, or the number or letter that a browser would show."""

from dataclasses import dataclass
from typing import Any

BULLET = "•"
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"))
_ROMAN_SMALL = ((50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))


@dataclass(slots=True)
class ListNumbering:
    """An open list and the number of its next item."""

    ordered: bool
    next: int
    step: int
    style: str  # HTML's `type`: "1", "a", "A", "i" or "I"

    @classmethod
    def of(cls, element: Any) -> "ListNumbering":
        ordered = element.tag.endswith("ol")
        backwards = ordered and element.get("reversed") is not None
        first = len(element) if backwards else 1
        return cls(
            ordered, _number(element.get("start"), first), -1 if backwards else 1, element.get("type") or "1"
        )

    def marker(self, item: Any) -> str:
        """The marker of the next item, whose element may state its number (`value`)."""
        if not self.ordered:
            return BULLET
        number = _number(item.get("value"), self.next)
        self.next = number + self.step
        return f"{_written(number, self.style)}."


def _written(number: int, style: str) -> str:
    if style in ("a", "A") and 0 < number <= 26:
        letter = chr(ord("a") + number - 1)
        return letter.upper() if style == "A" else letter
    if style in ("i", "I") and 0 < number < 4000:
        numeral = _roman(number)
        return numeral.upper() if style == "I" else numeral
    return str(number)


def _roman(number: int) -> str:
    numeral = ""
    for value, letters in (*_ROMAN, *_ROMAN_SMALL):
        count, number = divmod(number, value)
        numeral += letters * count
    return numeral


def _number(stated: str | None, otherwise: int) -> int:
    text = (stated or "").strip()
    return int(text) if text.removeprefix("-").isdecimal() and len(text) < 8 else otherwise
