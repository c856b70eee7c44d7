"""Makes tests/schemas/NNNN.db.gz: a small library at the schema of this checkout, a book with one run on it.

python tests/schemas/make.py

Run it once, when a version with a new schema is released; what it wrote for earlier ones is kept for ever.
"""

import gzip
import sys
import tempfile
from pathlib import Path

import sqlalchemy as sa
from support.stores import database_of

from wellread.blocking import BlockingWellread
from wellread.settings import Settings
from wellread.store.database.database import HEAD

_BOOK = """---
title: On Tea
author: The Wellread Project
lang: en
---

# Steeping

Tea is steeped for three minutes in water that has just boiled. Longer makes it bitter.

# Oolong

Oolong is partly oxidised tea. It stands between green and black tea.
"""


def main() -> int:
    target = Path(__file__).with_name(f"{HEAD}.db.gz")
    if target.exists():
        sys.stderr.write(f"{target.name} is there: a released schema does not change.\n")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        book = Path(folder) / "tea.md"
        book.write_text(_BOOK, encoding="utf-8")
        settings = Settings(home=Path(folder) / "home", embedder="none", model="extractive")
        with BlockingWellread(settings=settings) as library:
            list(library.add([book]))
            list(library.ask("How long is tea steeped?"))
            database = database_of(library.library)
            with database.begin() as connection:
                connection.execute(sa.text("UPDATE editions SET path = '/books/tea.md'"))
            with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        held = (settings.home / "wellread.db").read_bytes()
    target.write_bytes(gzip.compress(held, mtime=0))
    return 0


if __name__ == "__main__":
    sys.exit(main())
