"""International Standard Book Numbers (ISO 2108): of ten and of thirteen digits."""

import re

_WRITTEN = re.compile(r"(?<![\dXx])(?:97[89][- ]?)?(?:\d[- ]?){9}[\dXx](?![\dXx])")
_NOISE = re.compile(r"[\s\u2010-\u2015-]|^(?:urn:)?isbn(?:-1[03])?:?", re.I)


def isbn13(text: str) -> str:
    """The thirteen digits of an ISBN of either length, with or without hyphens; "" if it is none."""
    digits = _NOISE.sub("", text.strip()).upper()
    if re.fullmatch(r"97[89]\d{10}", digits) and _weighted(digits) % 10 == 0:
        return digits
    if re.fullmatch(r"\d{9}[\dX]", digits):
        values = (10 if digit == "X" else int(digit) for digit in digits)
        if sum(weight * value for weight, value in zip(range(10, 0, -1), values, strict=True)) % 11 == 0:
            body = "978" + digits[:9]
            return body + str(-_weighted(body) % 10)
    return ""


def isbn_in(text: str) -> str:
    """The thirteen digits of the first ISBN that stands in a text; "" if there is none."""
    return next(filter(None, (isbn13(match[0]) for match in _WRITTEN.finditer(text))), "")


def _weighted(digits: str) -> int:
    return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
