"""Opening a library's database: before its schema changes, its tables are backed up."""

from functools import partial
from pathlib import Path

from wellread.store.backup.backup import back_up_before_upgrade
from wellread.store.database.database import Database


def open_database(place: Path | str, *, backups: Path | None = None) -> Database:
    """`Database.open`, with a backup in `backups` before an upgrade (for SQLite by default in a folder beside it)."""
    if backups is None and isinstance(place, Path):
        backups = place.parent / "backups"
    return Database.open(
        place, before_upgrade=partial(back_up_before_upgrade, folder=backups) if backups else None
    )
