"""A library of any size made of real sentences with real vectors, for measuring how things grow.

    python benchmarks/large_library.py POOL.npz --from BOOK_OR_FOLDER …            makes the pool
    python benchmarks/large_library.py POOL.npz --home HOME --passages 100000      makes a library of it, or adds to it

The pool holds sentences of the books, the terms that BM25 counts, and their vectors by the product's own embedder. A
title has 250 passages in sections of ten; a passage is seven sentences drawn at random with a few words of its title's
own, its vector the mean of theirs, its sentences' vectors their own. Rows go into the table in bulk, which skips the
embedder and the look-ups of `put`; the indexes are made by the product's own upkeep. Prints one JSON line.
"""

import argparse
import asyncio
import hashlib
import json
import random
import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import lancedb
import numpy as np
import pyarrow as pa

from wellread.content import (
    Block,
    BlockKind,
    FileOrigin,
    Metadata,
    PlacedBlock,
    Section,
    SectionRole,
)
from wellread.formats.discovery import find
from wellread.formats.document import Source
from wellread.formats.registry import reader_for
from wellread.index import upkeep
from wellread.index.embedding import MiniLmEmbedder
from wellread.index.lance import LanceIndex
from wellread.index.lance_table import COLUMNS, PENDING, SENTENCES, TABLE, VECTOR
from wellread.index.passages import SentenceVectors, Vectors
from wellread.index.sentence_vectors import packed
from wellread.ingest.identity import product_id
from wellread.store.catalog.catalog import Catalog, Edition
from wellread.store.catalog.source_files import StoredFile
from wellread.store.database.database import Database
from wellread.text.sentences import sentences
from wellread.text.terms import passage_terms

PER_TITLE = 250
_SECTION = 10  # passages
_SENTENCES = 7  # of a passage
_OWN = 40  # words that a title has for itself
_BULK = 50_000  # rows
_PROSE = range(40, 300)  # characters of a sentence that is taken


@dataclass(frozen=True)
class Pool:
    texts: list[str]
    terms: list[str]
    vectors: Vectors


def pool_of(paths: list[Path], size: int, cache: Path) -> Pool:
    held: dict[str, None] = {}
    for source in find(paths):
        if not isinstance(source, Source):
            continue
        for block in reader_for(source.path).read(source).blocks:
            if block.kind is BlockKind.PARAGRAPH:
                found = (block.text[start:end].replace("\n", " ") for start, end in sentences(block.text))
                held |= dict.fromkeys(one for one in found if len(one) in _PROSE)
    texts = list(held)
    random.Random(1).shuffle(texts)
    texts = texts[:size]
    terms = [" ".join(passage_terms(text, "", "en")) for text in texts]
    return Pool(texts, terms, MiniLmEmbedder(cache, threads=1).embed_passages(texts))


def title_of(number: int, pool: Pool) -> tuple[Edition, dict[str, list[object]]]:
    """The edition of a made title and the columns of its passages."""
    dice = random.Random(number)
    own = [
        "".join(dice.choice("bdfgklmnprstvz") + dice.choice("aeiou") for _ in range(3)) for _ in range(_OWN)
    ]
    name = f"{' '.join(dice.choices(own, k=3)).title()} {number}"
    metadata = Metadata(
        title=name, authors=(dice.choice(own).title(),), language="en", identifiers=(f"made:{number}",)
    )
    product = product_id(metadata, f"{number}.md")
    mark = hashlib.sha256(f"made {number}".encode()).hexdigest()
    edition = mark[:8]
    columns: dict[str, list[object]] = {name: [] for name in (*COLUMNS, VECTOR, SENTENCES)}
    parts = []
    for ordinal in range(PER_TITLE // _SECTION):
        heading = f"{' '.join(dice.choices(own, k=2)).title()} {ordinal}"
        blocks, texts, at = [], [], 0
        for _ in range(_SECTION):
            picks = [dice.randrange(len(pool.texts)) for _ in range(_SENTENCES)]
            extra = dice.choices(own, k=3)
            told = [pool.texts[pick] for pick in picks]
            text = " ".join([*told, " ".join(extra).capitalize() + "."])
            vectors = pool.vectors[picks]
            mean = vectors.mean(axis=0)
            stops = np.cumsum([len(one) + 1 for one in told])
            ranges = [
                (int(stop) - len(one) - 1, int(stop) - 1) for stop, one in zip(stops, told, strict=True)
            ]
            counts = [len(heading.split()), *(len(pool.terms[pick].split()) for pick in picks)]
            ends = np.cumsum(counts).tolist()
            row = {
                "passage_id": hashlib.sha256(f"{product}|{ordinal}|{at}".encode()).hexdigest()[:32],
                "product_id": product,
                "section_id": f"{edition}-{ordinal}",
                "start": at,
                "end": at + len(text),
                "text": text,
                "heading": heading,
                "language": "en",
                "terms": " ".join([heading.lower(), *(pool.terms[pick] for pick in picks), *extra]),
                VECTOR: mean / np.linalg.norm(mean),
                SENTENCES: packed(SentenceVectors(ranges, vectors, list(pairwise(ends)))),
            }
            for column, value in row.items():
                columns[column].append(value)
            origin = FileOrigin(f"{number}.md", "", len(blocks) + 1)
            blocks.append(PlacedBlock(Block(BlockKind.PARAGRAPH, text, origin), at, at + len(text)))
            texts.append(text)
            at += len(text) + 2
        parts.append(
            Section(
                f"{edition}-{ordinal}",
                ordinal,
                heading,
                (heading,),
                SectionRole.BODY,
                "\n\n".join(texts),
                tuple(blocks),
            )
        )
    made = Edition(
        product_id=product,
        edition_id=edition,
        fingerprint=mark,
        path=f"/made/{number}.md",
        reader="markdown 1",
        metadata=metadata,
        files={"text": StoredFile(mark, f"{number}.md", 1)},
        sections=parts,
    )
    return made, columns


def saved(catalog: Catalog, numbers: range, pool: Pool) -> Iterator[dict[str, list[object]]]:
    """Save the titles of these numbers; the columns of their rows, so many at once."""
    gathered: dict[str, list[object]] = {name: [] for name in (*COLUMNS, VECTOR, SENTENCES)}
    for number in numbers:
        edition, columns = title_of(number, pool)
        catalog.save(edition)
        catalog.mark_indexed(edition.product_id, edition.edition_id, "en", PER_TITLE)
        for name, values in columns.items():
            gathered[name] += values
        if len(gathered["passage_id"]) >= _BULK or number == numbers[-1]:
            yield gathered
            gathered = {name: [] for name in gathered}


async def grow(home: Path, pool: Pool, passages: int) -> None:
    home.mkdir(parents=True, exist_ok=True)
    database = Database.open(home / "wellread.db")
    catalog = Catalog(database)
    index = await LanceIndex.open(home / "index", MiniLmEmbedder(home / "cache"))
    table = await (await lancedb.connect_async(home / "index")).open_table(TABLE)
    schema = await table.schema()
    for columns in saved(catalog, range(catalog.count(), passages // PER_TITLE), pool):
        vectors = pa.array(np.concatenate(columns[VECTOR]).astype(np.float32))
        columns[PENDING] = [0] * len(columns["passage_id"])
        arrays = [
            pa.FixedSizeListArray.from_arrays(vectors, pool.vectors.shape[1])
            if field.name == VECTOR
            else pa.array(columns[field.name], field.type)
            for field in schema
        ]
        await table.add(pa.table(arrays, schema=schema))
    await index.close()
    upkeep.work(home / "index")  # what `optimize` would leave to a process of its own
    database.close()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("pool", type=Path)
    arguments.add_argument("--from", dest="books", nargs="+", type=Path, default=[])
    arguments.add_argument("--sentences", type=int, default=6_000)
    arguments.add_argument("--home", type=Path)
    arguments.add_argument("--passages", type=int, default=10_000)
    chosen = arguments.parse_args()
    began, cpu = time.perf_counter(), time.process_time()
    if chosen.books:
        pool = pool_of(chosen.books, chosen.sentences, chosen.pool.parent / "cache")
        np.savez(chosen.pool, texts=np.array(pool.texts), terms=np.array(pool.terms), vectors=pool.vectors)
    held = np.load(chosen.pool)
    pool = Pool(held["texts"].tolist(), held["terms"].tolist(), held["vectors"])
    if chosen.home:
        asyncio.run(grow(chosen.home, pool, chosen.passages))
    figures = {
        "sentences": len(pool.texts),
        "passages": chosen.passages if chosen.home else 0,
        "seconds": round(time.perf_counter() - began, 1),
        "processor seconds": round(time.process_time() - cpu, 1),
        "MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
