"""The tables as JSON lines, the same from every database.

The first line of a table names its columns, each further one is a row. Bytes are written as base64. Tables and types
are those that the database has, not those of the code, so a dump can be made and read at any schema.
"""

import base64
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import sqlalchemy as sa

from wellread.store.database import tables as t

# What belongs to this installation and not to the library: who is logged in, and files on their way in.
_LEFT_OUT = {"sessions", "uploads"}
_ROWS = 100  # read or written at once: a section may have a megabyte of text


def tables(connection: sa.Connection) -> list[sa.Table]:
    """The store's tables that the database has, each after those that it refers to."""
    names = t.METADATA.tables.keys() & set(sa.inspect(connection).get_table_names())
    metadata = sa.MetaData()
    metadata.reflect(connection, only=sorted(names))
    return metadata.sorted_tables


def dumped_tables(connection: sa.Connection) -> list[sa.Table]:
    return [table for table in tables(connection) if table.name not in _LEFT_OUT]


def has_rows(connection: sa.Connection) -> bool:
    """Whether anything is in the database that a dump would hold."""
    return any(
        connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first()
        for table in dumped_tables(connection)
    )


def dump(connection: sa.Connection, table: sa.Table) -> Iterator[bytes]:
    """The lines of a table."""
    columns = list(table.columns)
    binary = {number for number, column in enumerate(columns) if isinstance(column.type, sa.LargeBinary)}
    yield _line([column.name for column in columns])
    with connection.execute(sa.select(table), execution_options={"yield_per": _ROWS}) as rows:
        for row in rows:
            yield _line(
                [
                    base64.b64encode(value).decode() if number in binary and value is not None else value
                    for number, value in enumerate(row)
                ]
            )


def load(connection: sa.Connection, table: sa.Table, lines: Iterable[bytes]) -> Iterator[int]:
    """Insert the lines of a dump; gives the number of rows after each some. Raises ValueError for lines that are none
    of this table."""
    rows = iter(lines)
    names: list[str] = json.loads(next(rows, b"[]"))
    if set(names) != set(table.columns.keys()):
        raise ValueError(f"the columns of {table.name} are {names}")
    binary = {name for name in names if isinstance(table.columns[name].type, sa.LargeBinary)}
    for column in table.columns:
        if isinstance(column.type, sa.JSON):
            column.type.none_as_null = True
    done = 0
    while some := list(islice(rows, _ROWS)):
        values = [dict(zip(names, json.loads(line), strict=True)) for line in some]
        for row in values:
            row |= {name: base64.b64decode(row[name]) for name in binary if row[name] is not None}
        connection.execute(sa.insert(table), values)
        done += len(values)
        yield done


def _line(values: list[Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False).encode() + b"\n"
