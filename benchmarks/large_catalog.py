"""A catalog of many titles, made in bulk: what a library of 60,000 costs to list, to search by words and to ask of.

    python benchmarks/large_catalog.py HOME TITLES.jsonl --titles 60000

Each line of TITLES.jsonl is an object with `title`, and perhaps `subtitle`, `authors`, `topics`, `kind`, `date`,
`publisher` and `language`. Rows go into the tables by thousands, as `Catalog.save` would write them one by one, in a
fiftieth of the time. Each title has one section of a sentence and no passages.
"""

import argparse
import hashlib
import json
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import sqlalchemy as sa
from pydantic import TypeAdapter

from wellread.content import Metadata, Section, SectionRole
from wellread.store.catalog import catalog, title_index
from wellread.store.catalog.facets import facets_of
from wellread.store.catalog.section_rows import section_row
from wellread.store.database import tables as t
from wellread.store.database.database import Database

_METADATA = TypeAdapter(Metadata)
_AT_ONCE = 5_000  # titles whose rows are in memory
_WHEN = "2026-01-01T00:00:00+00:00"


def described(path: Path, limit: int) -> Iterator[Metadata]:
    """The metadata of the first `limit` titles of a file, each with a product id of its own."""
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(islice(lines, limit)):
            yield _METADATA.validate_python({**json.loads(line), "product_id": f"made-{number}"})


def fill(database: Database, titles: Iterable[Metadata]) -> int:
    """Write titles, each with a product id, into an empty catalog, all or none. Gives their number."""
    known: set[str] = set()  # words whose grams are written
    total = 0
    with database.begin() as connection:
        remaining = iter(titles)
        while some := list(islice(remaining, _AT_ONCE)):
            rows: dict[sa.Table, list[dict[str, object]]] = defaultdict(list)
            for metadata in some:
                words = _put(rows, metadata, total)
                rows[t.word_grams] += map(dict, title_index.gram_rows(words - known))
                known |= words
                total += 1
            for table, values in rows.items():
                connection.execute(sa.insert(table), values)
    return total


def _put(rows: dict[sa.Table, list[dict[str, object]]], metadata: Metadata, number: int) -> set[str]:
    """Add the rows of a title, and give its words, but without their grams."""
    product, mark = metadata.product_id, hashlib.sha256(f"made {number}".encode()).hexdigest()
    key: dict[str, object] = {"product_id": product, "edition_id": mark[:8]}
    collection = f"shelf {number % 12}"
    rows[t.products].append(
        {
            **key,
            "indexed": mark[:8],
            "suggested": mark[:8],
            "format": "markdown",
            "metadata": _METADATA.dump_python(metadata, mode="json"),
            "words": 5,
            "passages": 0,
            "added_at": _WHEN,
            "amendments": None,
            **catalog.columns_of(metadata, collection),
        }
    )
    rows[t.editions].append(
        {
            **key,
            "fingerprint": mark,
            "path": f"/made/{number}.md",
            "reader": "markdown 1",
            "warnings": [],
            "read_at": _WHEN,
        }
    )
    rows[t.source_files].append({**key, "role": "text", "sha256": mark, "name": f"{number}.md", "size": 1})
    text = "A sentence of this title."
    section = Section(f"{mark[:8]}-0", 0, metadata.title, (metadata.title,), SectionRole.BODY, text, ())
    rows[t.sections].append({**key, **section_row(section)})
    words = title_index.words_of(metadata)
    rows[t.title_words] += [{"word": word, "product_id": product} for word in sorted(words)]
    rows[t.product_facets] += [
        {"facet": facet, "value": value, "product_id": product}
        for facet, values in facets_of(metadata, collection).items()
        for value in values
    ]
    return words


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("home", type=Path)
    arguments.add_argument("titles", type=Path)
    arguments.add_argument("--titles", type=int, required=True, dest="number")
    chosen = arguments.parse_args()
    chosen.home.mkdir(parents=True, exist_ok=True)
    began = time.process_time()
    database = Database.open(chosen.home / "wellread.db")
    total = fill(database, described(chosen.titles, chosen.number))
    database.close()
    print(json.dumps({"titles": total, "cpu_seconds": round(time.process_time() - began, 1)}))


if __name__ == "__main__":
    main()
