"""Elements that a reading system would not show, as far as their own attributes say so for certain.

What style sheets hide is not known here, nor text in the colour of a page that is told elsewhere. What some can see (an
`alt`, a closed `details`) is text.
"""

import re
from collections.abc import Mapping
from typing import Any

_FAR = 1_000  # pixels from which a place is off any page
_ZERO = r"(?:\+?0*\.?0+(?:px|r?em|pt|%)?)"
_STYLE = re.compile(
    r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|content-visibility\s*:\s*hidden"
    rf"|opacity\s*:\s*{_ZERO}\s*(?:;|!|$)|color\s*:\s*transparent|clip-path\s*:\s*inset\(\s*(?:50|100)%"
    rf"|clip\s*:\s*rect\(\s*{_ZERO}(?:[\s,]+{_ZERO}){{3}}\s*\))",
    re.I,
)
_DECLARATION = re.compile(r"([\w-]+)\s*:\s*([^;]*)")
_NO_SIZE = re.compile(rf"{_ZERO}\s*(?:!\s*important)?", re.I)
_PIXELS = re.compile(r"-(\d+(?:\.\d+)?)(px|r?em|vw|vh|%)", re.I)
_IN_PIXELS = {"px": 1, "em": 16, "rem": 16, "vw": 10, "vh": 10, "%": 10}
_PLACES = ("left", "top", "right", "bottom", "text-indent", "margin-left", "margin-top")


def is_hidden(attributes: Mapping[str, str], element: Any = None) -> bool:
    """Whether a reading system would not show the element. `element`, where it is known, tells whether something in it
    has a size of its own."""
    if "hidden" in attributes and attributes["hidden"].lower() != "until-found":
        return True
    if attributes.get("aria-hidden", "").lower() == "true":
        return True
    style = attributes.get("style")
    if style is None:
        return False
    if _STYLE.search(style):
        return True
    told = {name.lower(): value.strip().lower() for name, value in _DECLARATION.findall(style)}
    return _is_away(told) or _is_in_its_ground(told) or (_has_no_size(told) and not _has_sized(element))


def _is_away(told: Mapping[str, str]) -> bool:
    """Placed where no page is. An indent moves the first line only, and then all of it if it is as far."""
    if told.get("position") not in ("absolute", "fixed") and "text-indent" not in told:
        return False
    moves = (_PIXELS.match(told[name]) for name in _PLACES if name in told)
    return any(move and float(move[1]) * _IN_PIXELS[move[2].lower()] >= _FAR for move in moves)


def _is_in_its_ground(told: Mapping[str, str]) -> bool:
    """Of one colour with the ground that it states itself."""
    colour = told.get("color", "")
    return bool(colour) and colour in (told.get("background-color"), told.get("background"))


def _has_no_size(told: Mapping[str, str]) -> bool:
    return _NO_SIZE.fullmatch(told.get("font-size", "")) is not None


def _has_sized(element: Any) -> bool:
    """Whether anything within may have a size of its own: to close gaps, some set that of the whole to nothing."""
    if element is None:
        return False
    inner = (one for one in element.iter() if one is not element and isinstance(one.tag, str))
    return any("font" in (one.get("style") or "") or one.get("class") for one in inner)
