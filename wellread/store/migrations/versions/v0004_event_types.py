"""The type of an event beside its JSON, so that nobody reads the JSON for it."""

import json
from itertools import groupby
from operator import itemgetter

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_ROWS = 1000  # events read at once


def upgrade() -> None:
    for table, subject in (("events", "run_id"), ("import_events", "import_id")):
        op.add_column(table, sa.Column("type", sa.String(40), nullable=False, server_default=""))
        _fill(table, subject)


def _fill(table: str, subject: str) -> None:
    """From the JSON of the events that are there."""
    # In Python: PostgreSQL's own functions refuse an event that has a NUL or half a surrogate in any of its texts.
    connection = op.get_bind()
    events = sa.table(table, *map(sa.column, (subject, "seq", "type", "body")))
    key = (events.c[subject], events.c.seq)
    change = (
        sa.update(events)
        .where(key[0] == sa.bindparam("of"), key[1].between(sa.bindparam("first"), sa.bindparam("last")))
        .values(type=sa.bindparam("said"))
    )
    last = ("", 0)
    while True:
        beyond = sa.tuple_(*key) > sa.tuple_(*map(sa.literal, last))
        query = sa.select(*key, events.c.body).where(beyond).order_by(*key).limit(_ROWS)
        some = [(of, number, json.loads(body)["type"]) for of, number, body in connection.execute(query)]
        if not some:
            return
        last = some[-1][:2]
        # The pieces of an answer follow each other and are most of all events: one change for all of them.
        together = [list(rows) for _, rows in groupby(some, key=itemgetter(0, 2))]
        connection.execute(
            change,
            [
                {"of": rows[0][0], "first": rows[0][1], "last": rows[-1][1], "said": rows[0][2]}
                for rows in together
            ],
        )
