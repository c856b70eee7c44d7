"""The quantities of a text, so that those of a statement can be looked for in its sources.

A quantity is a number with what it counts, where that is a unit. Numbers in words equal digits, "one in a hundred" is
1 %, and what a text may mean by "1.000" or "3,5" depends on who writes, so both readings count. A statement is read
strictly (`claimed`): what is no number for certain is none. A source is read generously (`held`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache

from wellread.text.folded import numbers_in
from wellread.text.languages import languages, word_list_of
from wellread.text.terms import language_of

_UNITS = """
% ‰ ns µs ms s min h kb mb gb tb pb kib mib gib tib kbit mbit gbit hz khz mhz ghz nm µm mm cm m km mg g kg t ml l kw
mw gw kwh v kv a w °c °f c° px pt dpi fps rpm usd eur gbp $ € £ ¥
"""
_SYMBOLS = frozenset(_UNITS.split())
_UNIT_BEHIND = re.compile(r"[ \u00a0\u202f-]?([%‰$€£¥]|°[CF]|[^\W\d_]+)")
_UNIT_BEFORE = re.compile(r"([$€£¥])\s?$")
_DATE = re.compile(r"\b(?:\d{4}-(\d{2})-\d{2}|\d{1,2}[./](\d{1,2})[./]\d{2,4})\b")
_GROUPS = re.compile(r"\d{1,3}(?:[.,'’ ]\d{3})+")
_DIGITS = re.compile(r"\d+(?:\.\d+)?")
_IN_A_WORD = re.compile(r"[^\W_][-/+–]?$|[+−]$")  # "x86", "OCT3/4", "Int-1", "+1"
_MONTH = "month"
_ONE = "1"  # "one" is a pronoun as often as a number


@dataclass(frozen=True, slots=True)
class Quantity:
    """`values` are the readings of one number, in digits; `unit` is a symbol, "" for none; `written` is how it stands
    in the text."""

    values: tuple[str, ...]
    unit: str
    written: str

    def stands_in(self, held: "HeldQuantities") -> bool:
        units = frozenset().union(*(held.units.get(value, frozenset()) for value in self.values))
        unnamed = "" in units and self.unit != _MONTH
        return bool(units) and (not self.unit or self.unit in units or unnamed)


@dataclass(frozen=True, slots=True)
class HeldQuantities:
    """The numbers that a text holds, each with the units that it has there ("" for none)."""

    units: dict[str, frozenset[str]]


def claimed(text: str) -> tuple[Quantity, ...]:
    """The quantities that a statement claims, in their order: a month of a date is one."""
    language = language_of(text)
    return tuple(_quantities(text, language, strict=True))


@lru_cache(maxsize=256)
def held(text: str) -> HeldQuantities:
    """The quantities of a source."""
    language = language_of(text)
    found: dict[str, set[str]] = {}
    for quantity in _quantities(text, language, strict=False):
        for value in quantity.values:
            found.setdefault(value, set()).add(quantity.unit)
    for match in _DATE.finditer(text):
        for group in match[0].replace("/", "-").replace(".", "-").split("-"):
            found.setdefault(group.lstrip("0") or "0", set()).update(("", _MONTH))
    for word, share in _fractions(language).items():
        if re.search(rf"\b{word}\b", text, re.IGNORECASE):
            found.setdefault(share, set()).add("%")
    return HeldQuantities({value: frozenset(units) for value, units in found.items()})


def _quantities(text: str, language: str, *, strict: bool) -> Iterator[Quantity]:
    yield from _months(text, language)
    numbers = list(numbers_in(text, language))
    index = 0
    while index < len(numbers):
        value, start, end = numbers[index]
        index += 1
        if value == "%":
            continue
        in_digits = text[start].isdecimal()
        if strict and in_digits and _IN_A_WORD.search(text[max(0, start - 2) : start]):
            continue
        of = numbers[index] if index < len(numbers) else None
        if of is not None and (share := _share(value, of[0], text[end : of[1]], language)):
            yield Quantity((share,), "%", text[start : of[2]])
            if strict:
                index += 1
                continue
        if strict and value == _ONE and not in_digits:
            continue
        unit, stop = _unit(text, start, end, language)
        if end - start == 4 and in_digits and value == text[start:end]:
            unit = unit if unit != "s" else ""  # "the 1990s"
        yield Quantity(_readings(text[start:end], value), unit, text[start:stop])


def _months(text: str, language: str) -> Iterator[Quantity]:
    for number, name in enumerate(_month_names(language), start=1):
        if name in text.casefold() and (
            match := re.search(rf"\b{re.escape(name)}\b(?=\s+\d)|(?<=\d)\.?\s+{name}\b", text, re.IGNORECASE)
        ):
            yield Quantity((str(number),), _MONTH, match[0].strip(" ."))


def _share(value: str, of: str, between: str, language: str) -> str:
    """What "one in a hundred" is in per cent; "" when the two numbers are no share."""
    words = between.casefold().split()
    part, whole = (Decimal(one) if _DIGITS.fullmatch(one) else Decimal(0) for one in (value, of))
    among = word_list_of(language, "shares")
    is_share = between.strip() == "/" or (0 < len(words) <= 3 and words[0] in among)
    if not is_share or not 0 < part < whole:
        return ""
    return _plain(part * 100 / whole)


def _unit(text: str, start: int, end: int, language: str) -> tuple[str, int]:
    """The unit beside a number, and where both end."""
    if before := _UNIT_BEFORE.search(text, max(0, start - 2), start):
        return before[1], end
    behind = _UNIT_BEHIND.match(text, end)
    if behind is None:
        return "", end
    word = behind[1].casefold()
    unit = _unit_words(language).get(word, word if word in _SYMBOLS else "")
    return unit, behind.end() if unit else end


def _readings(written: str, value: str) -> tuple[str, ...]:
    """What a number may be: with points and commas of either kind."""
    readings = [value]
    if written[0].isdecimal():
        if _GROUPS.fullmatch(written):
            readings.append(re.sub(r"\D", "", written))
        if re.fullmatch(r"[\d.]+,\d{1,3}", written):
            readings.append(_plain(Decimal(written.replace(".", "").replace(",", "."))))
    return tuple(dict.fromkeys(readings))


def _plain(number: Decimal) -> str:
    return f"{round(number, 2).normalize():f}"


@cache
def _unit_words(language: str) -> dict[str, str]:
    """Written-out units and the symbol of each, of a language and in English."""
    entries = word_list_of("en", "units") | word_list_of(language, "units")
    return dict(entry.split("=") for entry in entries)


@cache
def _month_names(language: str) -> tuple[str, ...]:
    return tuple(str(languages().get(language, {}).get("talk", {}).get("months", "")).split())


@cache
def _fractions(language: str) -> dict[str, str]:
    return dict(entry.split("=") for entry in word_list_of(language, "fractions"))
