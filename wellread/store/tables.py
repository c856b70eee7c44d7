"""The tables of the catalog and of the runs. Their history is in `migrations/versions`.

What a file, a reader or a person may spell at any length is Text: a String(n) is what Wellread itself cuts or makes.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

products = Table(
    "products",
    METADATA,
    Column("product_id", String(80), primary_key=True),
    Column("edition_id", String(8), nullable=False),
    Column("indexed", String(8), nullable=False),  # the edition whose passages the index holds
    Column("collection", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("format", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("metadata", JSON, nullable=False),
    Column("words", Integer, nullable=False),
    Column("passages", Integer, nullable=False),
    Column("added_at", String(40), nullable=False),
)

editions = Table(
    "editions",
    METADATA,
    Column("product_id", String(80), primary_key=True),
    Column("edition_id", String(8), primary_key=True),
    Column("fingerprint", String(64), nullable=False, index=True),
    Column("path", Text, nullable=False, index=True),  # where it was added from
    Column("reader", Text, nullable=False),
    Column("warnings", JSON, nullable=False),
    Column("read_at", String(40), nullable=False),
)

source_files = Table(
    "source_files",
    METADATA,
    Column("product_id", String(80), primary_key=True),
    Column("edition_id", String(8), primary_key=True),
    Column("role", String(20), primary_key=True),
    Column("sha256", String(64), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
)

sections = Table(
    "sections",
    METADATA,
    Column("product_id", String(80), primary_key=True),
    Column("edition_id", String(8), primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("title", Text, nullable=False),
    Column("path", JSON, nullable=False),
    Column("role", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("blocks", LargeBinary, nullable=False),  # zlib-compressed JSON of the placed blocks
)

# The title index: which products a word of a question may mean, and which words a misspelt one may be.
title_words = Table(
    "title_words",
    METADATA,
    Column("word", String(64), primary_key=True),
    Column("product_id", String(80), primary_key=True),
    Index("ix_title_words_product_id", "product_id"),
)

word_grams = Table(
    "word_grams",
    METADATA,
    Column("gram", String(3), primary_key=True),
    Column("word", String(64), primary_key=True),
)

# Products that are gone from the catalog and whose passages are still to be taken out of the index.
removals = Table("removals", METADATA, Column("product_id", String(80), primary_key=True))

conversations = Table(
    "conversations",
    METADATA,
    Column("conversation_id", String(32), primary_key=True),
    Column("title", Text, nullable=False),
    Column("created_at", String(40), nullable=False),
    Column("updated_at", String(40), nullable=False),
)

runs = Table(
    "runs",
    METADATA,
    Column("run_id", String(32), primary_key=True),
    Column("conversation_id", ForeignKey("conversations.conversation_id"), nullable=False, index=True),
    Column("question", Text, nullable=False),
    Column("created_at", String(40), nullable=False),
)

events = Table(
    "events",
    METADATA,
    Column("run_id", ForeignKey("runs.run_id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("body", Text, nullable=False),
)
