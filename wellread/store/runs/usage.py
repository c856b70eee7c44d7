"""What runs took, summed over days or models. The database sums; no run is read."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import sqlalchemy as sa

from wellread.store.database import tables as t
from wellread.store.database.database import Database

Group = Literal["day", "model"]
_MODEL = r'"model":"((?:[^"\\]|\\.)*)"'  # in text, quotation marks stand behind a backslash


@dataclass(frozen=True, slots=True)
class UsageSum:
    """Runs that were begun, and the usage of those that have ended, as `events.Usage` has it."""

    key: str  # a day in UTC, as in "2026-11-02"; or what run.started calls `model`
    runs: int
    model_calls: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    cost: float
    unpriced_calls: int


class UsageStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    def sums(
        self, first: date, last: date, *, by: Group, caller: str | None = None, limit: int = 1000
    ) -> list[UsageSum]:
        """The runs begun from the first day to the last, of one caller or (None) of all: a sum for each day, in
        order, or for each model, the most used first."""
        key = self._model() if by == "model" else sa.func.substr(t.runs.c.created_at, 1, 10)
        key = key.label("key")
        runs = sa.func.count().label("runs")
        query = sa.select(
            key,
            runs,
            *(
                sa.cast(sa.func.coalesce(sa.func.sum(_number(name)), 0), sa.BigInteger).label(name)
                for name in (
                    "model_calls",
                    "input_tokens",
                    "cached_tokens",
                    "output_tokens",
                    "unpriced_calls",
                )
            ),
            sa.func.coalesce(sa.func.sum(t.runs.c.usage["cost"].as_float()), 0.0).label("cost"),
        ).where(
            t.runs.c.created_at >= first.isoformat(),
            t.runs.c.created_at < f"{last.isoformat()}U",  # after the T of that day's moments
        )
        if by == "model":
            started = sa.and_(t.events.c.run_id == t.runs.c.run_id, t.events.c.seq == 1)
            query = query.join_from(t.runs, t.events, started)
        if caller is not None:
            own = t.conversations.c.conversation_id == t.runs.c.conversation_id
            query = query.join(t.conversations, own).where(t.conversations.c.caller == caller)
        order = key if by == "day" else runs.desc()
        with self._database.read() as connection:
            return [
                UsageSum(**row._mapping)
                # By its place: PostgreSQL takes two bound expressions for two different ones.
                for row in connection.execute(query.group_by(sa.text("1")).order_by(order, key).limit(limit))
            ]

    def _model(self) -> sa.ColumnElement[str]:
        """`model` of a run's first event, taken out of its JSON where it lies."""
        body: sa.ColumnElement[Any] = t.events.c.body
        if (
            self._database.engine.dialect.name == "postgresql"
        ):  # whose JSON refuses what a question may hold: \u0000
            return sa.func.substring(body, _MODEL, type_=sa.Text)
        model: sa.ColumnElement[str] = sa.type_coerce(body, sa.JSON)["model"].as_string()
        return model


def _number(name: str) -> sa.ColumnElement[int]:
    return sa.cast(t.runs.c.usage[name].as_string(), sa.BigInteger)
