"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "products",
        sa.Column("product_id", sa.String(80), primary_key=True),
        sa.Column("edition_id", sa.String(8), nullable=False),
        sa.Column("indexed", sa.String(8), nullable=False),
        sa.Column("collection", sa.Text, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("format", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("metadata", sa.JSON, nullable=False),
        sa.Column("words", sa.Integer, nullable=False),
        sa.Column("passages", sa.Integer, nullable=False),
        sa.Column("added_at", sa.String(40), nullable=False),
    )
    op.create_table(
        "editions",
        sa.Column("product_id", sa.String(80), primary_key=True),
        sa.Column("edition_id", sa.String(8), primary_key=True),
        sa.Column("fingerprint", sa.String(64), nullable=False, index=True),
        sa.Column("path", sa.Text, nullable=False, index=True),
        sa.Column("reader", sa.Text, nullable=False),
        sa.Column("warnings", sa.JSON, nullable=False),
        sa.Column("read_at", sa.String(40), nullable=False),
    )
    op.create_table(
        "source_files",
        sa.Column("product_id", sa.String(80), primary_key=True),
        sa.Column("edition_id", sa.String(8), primary_key=True),
        sa.Column("role", sa.String(20), primary_key=True),
        sa.Column("sha256", sa.String(64), nullable=False, index=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "sections",
        sa.Column("product_id", sa.String(80), primary_key=True),
        sa.Column("edition_id", sa.String(8), primary_key=True),
        sa.Column("ordinal", sa.Integer, primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("path", sa.JSON, nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("blocks", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "title_words",
        sa.Column("word", sa.String(64), primary_key=True),
        sa.Column("product_id", sa.String(80), primary_key=True, index=True),
    )
    op.create_table(
        "word_grams",
        sa.Column("gram", sa.String(3), primary_key=True),
        sa.Column("word", sa.String(64), primary_key=True),
    )
    op.create_table("removals", sa.Column("product_id", sa.String(80), primary_key=True))
    op.create_table(
        "conversations",
        sa.Column("conversation_id", sa.String(32), primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("created_at", sa.String(40), nullable=False),
        sa.Column("updated_at", sa.String(40), nullable=False),
    )
    op.create_table(
        "runs",
        sa.Column("run_id", sa.String(32), primary_key=True),
        sa.Column(
            "conversation_id",
            sa.String(32),
            sa.ForeignKey("conversations.conversation_id"),
            nullable=False,
            index=True,
        ),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("created_at", sa.String(40), nullable=False),
    )
    op.create_table(
        "events",
        sa.Column("run_id", sa.String(32), sa.ForeignKey("runs.run_id"), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
    )
