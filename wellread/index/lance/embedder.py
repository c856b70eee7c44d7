"""Whose vectors a LanceDB table holds, told without opening it as an index, which forgets those of others."""

from pathlib import Path

import lancedb

from wellread.index.lance.errors import ENGINE_ERRORS
from wellread.index.lance.table import EMBEDDER, TABLE, VECTOR


async def made_by(path: Path) -> str | None:
    """The embedder's name, "" without vectors, None for a table that cannot be opened."""
    try:
        connection = await lancedb.connect_async(path)
        if TABLE not in (await connection.list_tables()).tables:
            return ""
        schema = await (await connection.open_table(TABLE)).schema()
    except ENGINE_ERRORS:
        return None
    if VECTOR not in schema.names:
        return ""
    mark = (schema.field(VECTOR).metadata or {}).get(EMBEDDER, b"").decode()
    return mark.rpartition("/")[0] or None
