"""The tables of the catalog, of the runs and of the accounts. Their history is in `migrations/versions`.

What a file, a reader or a person may spell at any length is Text: a String(n) is what Wellread itself cuts or makes.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    false,
)

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)

products = Table(
    "products",
    METADATA,
    Column("product_id", String(80), primary_key=True),
    Column("edition_id", String(8), nullable=False),
    Column("indexed", String(8), nullable=False),  # the edition whose passages the index holds
    # The edition of which questions were tried, to suggest those that it answers well.
    Column("suggested", String(8), nullable=False, server_default=""),
    Column("collection", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("format", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("by_title", String(200), nullable=False, server_default=""),  # the title's beginning, to sort by
    Column("language", Text, nullable=False),
    Column("metadata", JSON, nullable=False),  # as it was read from the files
    Column("amendments", JSON(none_as_null=True)),  # what a person said in place of parts of that
    Column("words", Integer, nullable=False),
    Column("passages", Integer, nullable=False),
    Column("added_at", String(40), nullable=False),
    Index("ix_products_by_title", "by_title", "product_id"),
)

# By what a list can be narrowed, and counted. A value is cut at the length of its column.
product_facets = Table(
    "product_facets",
    METADATA,
    Column("facet", String(16), primary_key=True),  # kind, topic, author, collection
    Column("value", String(200), primary_key=True),
    Column("product_id", String(80), primary_key=True),
    Index("ix_product_facets_product_id", "product_id"),
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

# Questions that were tried and found good, the best by their score.
suggestions = Table(
    "suggestions",
    METADATA,
    Column("suggestion_id", String(32), primary_key=True),
    Column("question", Text, nullable=False),
    Column("score", Float, nullable=False, index=True),
)

# The titles that a suggestion is asked of, as they were read when it was tried, and what its answer cites of each.
suggestion_titles = Table(
    "suggestion_titles",
    METADATA,
    Column("suggestion_id", ForeignKey("suggestions.suggestion_id"), primary_key=True),
    Column("product_id", String(80), primary_key=True),
    Column("edition_id", String(8), nullable=False),
    Column("sections", JSON, nullable=False),  # ids
    Index("ix_suggestion_titles_product_id", "product_id"),
)

conversations = Table(
    "conversations",
    METADATA,
    Column("conversation_id", String(32), primary_key=True),
    Column(
        "caller", String(32), nullable=False, server_default=""
    ),  # an account, or "": whoever owns the library
    Column("title", Text, nullable=False),
    Column("created_at", String(40), nullable=False),
    Column("updated_at", String(40), nullable=False),
    Index("ix_conversations_caller", "caller", "updated_at"),
)

runs = Table(
    "runs",
    METADATA,
    Column("run_id", String(32), primary_key=True),
    Column("conversation_id", ForeignKey("conversations.conversation_id"), nullable=False, index=True),
    Column("question", Text, nullable=False),
    Column("created_at", String(40), nullable=False),
    # Whether servers work on it until its end; a run of the command line is worked on by that command alone.
    Column("queued", Boolean, nullable=False, server_default=false(), index=True),
    Column("worker", String(32), nullable=False, server_default=""),  # the server that is at work on it
    Column(
        "wish", String(8), nullable=False, server_default=""
    ),  # of the caller: "stop" (and write), "cancel"
    Column("outcome", String(16), nullable=False, server_default=""),  # completed, failed, cancelled
    Column("ended_at", String(40), nullable=False, server_default=""),
    Column("usage", JSON),  # events.Usage, once it has ended
)

events = Table(
    "events",
    METADATA,
    Column("run_id", ForeignKey("runs.run_id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("type", String(40), nullable=False, server_default=""),
    Column("body", Text, nullable=False),
)

# The keys by which a request that is sent twice begins one run.
idempotency_keys = Table(
    "idempotency_keys",
    METADATA,
    Column("caller", String(32), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("digest", String(64), nullable=False),  # SHA-256 of what was asked with it
    Column("run_id", String(32), nullable=False, index=True),
)

feedback = Table(
    "feedback",
    METADATA,
    Column("run_id", ForeignKey("runs.run_id"), primary_key=True),
    Column("rating", String(8), nullable=False),  # "up", "down"
    Column("comment", Text, nullable=False),
    Column("given_at", String(40), nullable=False),
)

# Links by which a conversation may be read without an account.
shares = Table(
    "shares",
    METADATA,
    Column("token", String(64), primary_key=True),
    Column("conversation_id", ForeignKey("conversations.conversation_id"), nullable=False, index=True),
    Column("created_at", String(40), nullable=False),
)

accounts = Table(
    "accounts",
    METADATA,
    Column("account_id", String(32), primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("password", Text, nullable=False),  # argon2id
    Column("is_admin", Boolean, nullable=False),
    Column("created_at", String(40), nullable=False),
)

sessions = Table(
    "sessions",
    METADATA,
    Column("digest", String(64), primary_key=True),  # SHA-256 of what the cookie holds
    Column("account_id", ForeignKey("accounts.account_id"), nullable=False, index=True),
    Column("created_at", String(40), nullable=False),
    Column("expires_at", String(40), nullable=False),
)

api_tokens = Table(
    "api_tokens",
    METADATA,
    Column("token_id", String(32), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),  # SHA-256 of the token
    Column("account_id", ForeignKey("accounts.account_id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("created_at", String(40), nullable=False),
    Column("used_at", String(40), nullable=False),
)

# Files on their way into the library; their bytes lie in the home's folder `uploads`.
uploads = Table(
    "uploads",
    METADATA,
    Column("upload_id", String(32), primary_key=True),
    Column("caller", String(32), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("created_at", String(40), nullable=False),
)

# Uploads that are being added together. Like a run, an import is its list of events.
imports = Table(
    "imports",
    METADATA,
    Column("import_id", String(32), primary_key=True),
    Column("caller", String(32), nullable=False, index=True),
    Column("collection", Text, nullable=False),
    Column("uploads", JSON, nullable=False),
    # Where the files lie that are no uploads: a folder of the server's machine, or "demo", which comes with Wellread.
    Column("folder", Text, nullable=False, server_default=""),
    Column("created_at", String(40), nullable=False),
    Column("ended_at", String(40), nullable=False),
)

import_events = Table(
    "import_events",
    METADATA,
    Column("import_id", ForeignKey("imports.import_id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("type", String(40), nullable=False, server_default=""),
    Column("body", Text, nullable=False),
)
