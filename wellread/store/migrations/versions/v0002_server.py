"""The server: who asked, how runs ended, accounts, uploads."""

import json
from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_OUTCOMES = {"run.completed": "completed", "run.failed": "failed", "run.cancelled": "cancelled"}


def upgrade() -> None:
    op.add_column("conversations", sa.Column("caller", sa.String(32), nullable=False, server_default=""))
    op.create_index("ix_conversations_caller", "conversations", ["caller", "updated_at"])
    op.add_column("runs", sa.Column("queued", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_index("ix_runs_queued", "runs", ["queued"])
    for name, length in (("worker", 32), ("wish", 8), ("outcome", 16), ("ended_at", 40)):
        op.add_column("runs", sa.Column(name, sa.String(length), nullable=False, server_default=""))
    op.add_column("runs", sa.Column("usage", sa.JSON))
    _tell_outcomes()
    _accounts()
    op.create_table(
        "idempotency_keys",
        sa.Column("caller", sa.String(32), primary_key=True),
        sa.Column("key", sa.String(200), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("run_id", sa.String(32), nullable=False, index=True),
    )
    op.create_table(
        "feedback",
        sa.Column("run_id", sa.String(32), sa.ForeignKey("runs.run_id"), primary_key=True),
        sa.Column("rating", sa.String(8), nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("given_at", sa.String(40), nullable=False),
    )
    op.create_table(
        "shares",
        sa.Column("token", sa.String(64), primary_key=True),
        sa.Column(
            "conversation_id",
            sa.String(32),
            sa.ForeignKey("conversations.conversation_id"),
            nullable=False,
            index=True,
        ),
        sa.Column("created_at", sa.String(40), nullable=False),
    )
    op.create_table(
        "uploads",
        sa.Column("upload_id", sa.String(32), primary_key=True),
        sa.Column("caller", sa.String(32), nullable=False, index=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.String(40), nullable=False),
    )
    op.create_table(
        "imports",
        sa.Column("import_id", sa.String(32), primary_key=True),
        sa.Column("caller", sa.String(32), nullable=False, index=True),
        sa.Column("collection", sa.Text, nullable=False),
        sa.Column("uploads", sa.JSON, nullable=False),
        sa.Column("created_at", sa.String(40), nullable=False),
        sa.Column("ended_at", sa.String(40), nullable=False),
    )
    op.create_table(
        "import_events",
        sa.Column("import_id", sa.String(32), sa.ForeignKey("imports.import_id"), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
    )


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("account_id", sa.String(32), primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("password", sa.Text, nullable=False),
        sa.Column("is_admin", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.String(40), nullable=False),
        sa.UniqueConstraint("name", name="uq_accounts_name"),
    )
    op.create_table(
        "sessions",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column(
            "account_id", sa.String(32), sa.ForeignKey("accounts.account_id"), nullable=False, index=True
        ),
        sa.Column("created_at", sa.String(40), nullable=False),
        sa.Column("expires_at", sa.String(40), nullable=False),
    )
    op.create_table(
        "api_tokens",
        sa.Column("token_id", sa.String(32), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column(
            "account_id", sa.String(32), sa.ForeignKey("accounts.account_id"), nullable=False, index=True
        ),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_at", sa.String(40), nullable=False),
        sa.Column("used_at", sa.String(40), nullable=False),
        sa.UniqueConstraint("digest", name="uq_api_tokens_digest"),
    )


def _tell_outcomes() -> None:
    """How the runs that are there ended, from their last events."""
    connection = op.get_bind()
    events = sa.table("events", *map(sa.column, ("run_id", "seq", "body")))
    runs = sa.table(
        "runs", sa.column("run_id"), sa.column("outcome"), sa.column("ended_at"), sa.column("usage", sa.JSON)
    )
    last = (
        sa.select(events.c.run_id, sa.func.max(events.c.seq).label("seq"))
        .group_by(events.c.run_id)
        .subquery()
    )
    query = sa.select(events.c.run_id, events.c.body).join(
        last, sa.and_(events.c.run_id == last.c.run_id, events.c.seq == last.c.seq)
    )
    for run_id, body in connection.execute(query).all():
        event = json.loads(body)
        if event["type"] in _OUTCOMES:
            connection.execute(
                sa.update(runs)
                .where(runs.c.run_id == run_id)
                .values(
                    outcome=_OUTCOMES[event["type"]],
                    ended_at=datetime.fromisoformat(event["at"]).isoformat(timespec="microseconds"),
                    usage=event["usage"],
                )
            )
