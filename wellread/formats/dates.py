"""Dates as the metadata of books state them."""

import re

_ISO_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?!\d)")
_YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d)(?!\d)")


def iso_date(text: str) -> str:
    """The date as ISO 8601 without a time, shortened to what is known; "" without a year."""
    text = text.strip()
    if match := _ISO_DATE.match(text):
        year, month, day = match[1], match[2], match[3]
        if month and not 1 <= int(month) <= 12:
            return year
        return "-".join(part for part in (year, month, day) if part) if year != "0000" else ""
    found = _YEAR.search(text)
    return found[1] if found else ""
