"""Days and times as the reader's own clock and calendar have them."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_skeleton, format_time
from fastapi import Request

ZONE_COOKIE = "wellread_zone"  # a browser says its time zone with it: see static/js/zone.js
_ZONE = re.compile(r"[A-Za-z0-9_+/-]{1,64}")


@dataclass(frozen=True, slots=True)
class Day:
    """A day by its `name`; `near` says that it is today or yesterday."""

    date: date
    name: str
    near: Literal["today", "yesterday", ""]


@dataclass(frozen=True, slots=True)
class Clock:
    """Tells moments, as the store writes them, to a reader of a language in a time zone (None: the server's own)."""

    language: str
    zone: tzinfo | None

    def day(self, moment: str) -> Day:
        """Its day; the year is told when it is another than this one."""
        day = self._local(moment).date()
        today = datetime.now(self.zone).date()
        skeleton = "MMMMEEEEd" if day.year == today.year else "yMMMMEEEEd"
        name = format_skeleton(skeleton, day, locale=Locale.parse(self.language))
        yesterday = today - timedelta(days=1)
        return Day(day, name, "today" if day == today else "yesterday" if day == yesterday else "")

    def time(self, moment: str) -> str:
        """Its time of day, to the minute."""
        return format_time(self._local(moment).time(), "short", locale=Locale.parse(self.language))

    def short(self, moment: str) -> str:
        """Its day in a few characters."""
        return format_skeleton("yMMMd", self._local(moment).date(), locale=Locale.parse(self.language))

    def _local(self, moment: str) -> datetime:
        return datetime.fromisoformat(moment).astimezone(self.zone)


def clock_for(request: Request, language: str) -> Clock:
    """The clock of whoever sent a request."""
    return Clock(language, _zone(request.cookies.get(ZONE_COOKIE, "")))


def _zone(name: str) -> tzinfo | None:
    if not _ZONE.fullmatch(name):
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # no zone, no name of one, or a folder of zones
        return None
