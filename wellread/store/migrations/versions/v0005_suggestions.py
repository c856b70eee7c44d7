"""Questions that were tried and found good, with the titles that answer them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("products", sa.Column("suggested", sa.String(8), nullable=False, server_default=""))
    op.create_table(
        "suggestions",
        sa.Column("suggestion_id", sa.String(32), primary_key=True),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("score", sa.Float, nullable=False),
    )
    op.create_index("ix_suggestions_score", "suggestions", ["score"])
    op.create_table(
        "suggestion_titles",
        sa.Column("suggestion_id", sa.String(32), primary_key=True),
        sa.Column("product_id", sa.String(80), primary_key=True),
        sa.Column("edition_id", sa.String(8), nullable=False),
        sa.Column("sections", sa.JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["suggestion_id"],
            ["suggestions.suggestion_id"],
            name="fk_suggestion_titles_suggestion_id",
        ),
    )
    op.create_index("ix_suggestion_titles_product_id", "suggestion_titles", ["product_id"])
