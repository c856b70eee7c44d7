"""Moments as the store writes them: UTC, to the microsecond, so that their order as text is their order in time."""

from datetime import UTC, datetime


def written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def now() -> str:
    return written(datetime.now(UTC))
