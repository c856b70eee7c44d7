"""How often titles speak of a topic: for the few of a library that are of a kind, and not for searching."""

import re
from collections import Counter
from collections.abc import Collection

import sqlalchemy as sa

from wellread.store.database import tables as t
from wellread.store.database.database import Database

MOST_WORDS = 2_000_000  # of all titles of the kinds together: reading them takes a tenth of a second

_SHORT = 4  # letters of a word whose "s" is no plural: "DNS", "bass"


def topic_counts(database: Database, kinds: Collection[str], topic: str) -> dict[str, int]:
    """How often the current text of each product of those kinds has the words of `topic` beside each other, in any
    case; products without them are left out. Empty when the library has too much text of the kinds."""
    words = topic.split()
    if not words:
        return {}
    of_kind = t.products.c.kind.in_(sorted(kinds))
    columns = t.sections.c
    query = (
        sa.select(columns.product_id, columns.text)
        .join(
            t.products,
            sa.and_(
                t.products.c.product_id == columns.product_id, t.products.c.edition_id == columns.edition_id
            ),
        )
        .where(
            of_kind,
            sa.func.lower(columns.text).contains(
                words[0].lower()[: max(1, len(words[0]) - 1)], autoescape=True
            ),
        )
    )
    last = words[-1].removesuffix("s") if len(words[-1]) > _SHORT else words[-1]
    phrase = r"\s+".join(map(re.escape, (*words[:-1], last)))
    said = re.compile(rf"(?<!\w){phrase}(?:e?s)?(?!\w)", re.IGNORECASE)
    counts: Counter[str] = Counter()
    with database.read() as connection:
        total = connection.scalar(sa.select(sa.func.sum(t.products.c.words)).where(of_kind)) or 0
        if total > MOST_WORDS:
            return {}
        for row in connection.execute(query):
            counts[row.product_id] += sum(1 for _ in said.finditer(row.text))
    return {product_id: times for product_id, times in counts.items() if times}
