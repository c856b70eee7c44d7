"""A table that grows stays in order at a cost that follows what is new, whoever is killed at it."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import lancedb
import numpy as np
import pyarrow as pa
import pytest
from test_lance import HashingEmbedder, embed, passage, shelf

from wellread.index import upkeep
from wellread.index.lance import LanceIndex
from wellread.index.lance_table import TABLE
from wellread.index.passages import PassageQuery, Vectors
from wellread.index.ranking import Ranking
from wellread.index.upkeep import AT_ONCE, MOST_SEGMENTS, Segments

DATA = f"{TABLE}.lance/data"


def book(number: int, rows: int = 6) -> list:
    return [
        passage(row, f"book-{number}", f"Volume {number} speaks of lanterns, page {row}.")
        for row in range(rows)
    ]


async def add(index: LanceIndex, number: int) -> None:
    await index.put(book(number))
    await index.optimize()


def segments(path: Path) -> tuple[int, ...]:
    return upkeep.segments_of(upkeep.opened(path)).rows


async def check_books(path: Path, numbers: Sequence[int]) -> None:
    index = await LanceIndex.open(path)
    assert await index.products() == {
        f"book-{number}": 6 for number in sorted(numbers, key=lambda n: f"book-{n}")
    }
    for number in numbers:
        [hits] = await index.search([PassageQuery(f"volume {number}", (f"book-{number}",), 10)])
        assert len(hits) == 6
    await index.close()


def test_a_book_more_writes_its_own_rows_and_nothing_else(tmp_path: Path):
    async def story() -> None:
        embedder = HashingEmbedder()
        index = await LanceIndex.open(tmp_path, embedder)
        await index.put(shelf(200))
        await embed(index, embedder, 400)
        before = {file.name: file.stat().st_mtime_ns for file in (tmp_path / DATA).iterdir()}
        largest = max((tmp_path / DATA).iterdir(), key=lambda file: file.stat().st_size)
        await add(index, 1)
        await embed(index, embedder, 400)
        files = list((tmp_path / DATA).iterdir())
        assert {file.name: file.stat().st_mtime_ns for file in files if file.name in before} == before
        new = [file for file in files if file.name not in before]
        assert sum(file.stat().st_size for file in new) < largest.stat().st_size / 4
        stats = await index.stats()
        assert (
            stats.parts == len(segments(tmp_path)) > 1
        )  # its words are in the index, beside those of the others
        await index.close()

    asyncio.run(story())


@pytest.mark.parametrize(
    ("rows", "deleted", "merged"),
    [
        ((), 0, 0),
        ((0,), 0, 0),
        ((1_000_000,), 0, 0),
        ((1_000_000, *[120] * (MOST_SEGMENTS - 1)), 0, 0),
        ((1_000_000, *[120] * MOST_SEGMENTS), 0, MOST_SEGMENTS),
        ((1_000_000, 40_000, *[120] * (MOST_SEGMENTS - 1)), 0, MOST_SEGMENTS),
        ((1_000_000, 60_000, 60_000), 0, 3),  # a tenth lies outside
        ((1_000_000,), 100_000, 1),  # a tenth is deleted
        ((900, 400), 0, 0),  # so few that it does not pay
        (tuple(range(MOST_SEGMENTS + 1)), 0, MOST_SEGMENTS + 1),  # the largest came last
        ((6_000, AT_ONCE // 2), 0, 2),
    ],
)
def test_what_is_merged(rows: tuple[int, ...], deleted: int, merged: int):
    assert Segments(rows, deleted).to_merge == merged


def test_many_small_parts_become_one(tmp_path: Path):
    async def story() -> None:
        index = await LanceIndex.open(tmp_path)
        await index.put(shelf(200))
        await index.optimize()
        for number in range(MOST_SEGMENTS - 1):
            await add(index, number)
        assert len(segments(tmp_path)) == MOST_SEGMENTS
        await add(index, MOST_SEGMENTS - 1)
        assert len(segments(tmp_path)) <= 3
        assert len(upkeep.opened(tmp_path).get_fragments()) <= 3
        await index.keep_only("bees", ())
        for title in ("bread", "sails", "roses"):
            await index.keep_only(title, ())
        await index.close()
        await check_books(tmp_path, range(MOST_SEGMENTS))

    asyncio.run(story())


def test_writers_and_upkeep_do_not_lose_each_others_work(tmp_path: Path):
    async def story() -> None:
        embedder = HashingEmbedder()
        index = await LanceIndex.open(tmp_path, embedder)
        for number in range(MOST_SEGMENTS):
            await index.put(book(number))
            await asyncio.to_thread(upkeep.index_new_rows, tmp_path)
        done = threading.Event()
        rounds = 0

        def keep() -> None:
            nonlocal rounds
            while not done.is_set():
                for name in ("terms_idx", "passage_id_idx"):
                    upkeep.opened(tmp_path).optimize.optimize_indices(
                        num_indices_to_merge=99, index_names=[name]
                    )
                upkeep.work(tmp_path)
                upkeep.opened(tmp_path).optimize.compact_files(num_threads=1)
                rounds += 1

        def keep_on() -> None:
            while not done.is_set():
                try:
                    keep()
                except upkeep.ENGINE_ERRORS as error:
                    assert "onflict" in str(error)  # a writer was faster: it is tried again

        thread = threading.Thread(target=keep_on)
        thread.start()
        try:
            for number in range(MOST_SEGMENTS, MOST_SEGMENTS + 10):
                await add(index, number)
                await embed(index, embedder, 50)
                await index.keep_only(f"book-{number - MOST_SEGMENTS}", ())
        finally:
            done.set()
            thread.join()
        assert rounds
        assert (await index.stats()).without_sentence_vectors == 0
        await index.close()
        await check_books(tmp_path, range(10, MOST_SEGMENTS + 10))

    asyncio.run(story())


def test_upkeep_that_is_killed_leaves_the_table_as_it_was(tmp_path: Path):
    async def grown() -> None:
        index = await LanceIndex.open(tmp_path / "index", HashingEmbedder())
        for number in range(MOST_SEGMENTS + 2):
            await index.put(book(number))
            await embed(index, HashingEmbedder(), 50)
            await asyncio.to_thread(upkeep.index_new_rows, tmp_path / "index")
        await index.close()

    asyncio.run(grown())
    command = [sys.executable, "-m", "wellread.index.upkeep"]
    whole = tmp_path / "whole"
    shutil.copytree(tmp_path / "index", whole)
    began = time.monotonic()
    subprocess.run([*command, str(whole)], check=True)
    lasts = time.monotonic() - began
    assert len(segments(whole)) < MOST_SEGMENTS
    for part in range(6):
        copy = tmp_path / f"killed-{part}"
        shutil.copytree(tmp_path / "index", copy)
        process = subprocess.Popen([*command, str(copy)])
        time.sleep(lasts * (0.4 + 0.1 * part))
        process.send_signal(signal.SIGKILL)
        process.wait()
        asyncio.run(check_books(copy, range(MOST_SEGMENTS + 2)))
        upkeep.work(copy)
        assert len(segments(copy)) < MOST_SEGMENTS
        asyncio.run(check_books(copy, range(MOST_SEGMENTS + 2)))


def test_only_one_process_puts_it_in_order(tmp_path: Path):
    async def story() -> None:
        index = await LanceIndex.open(tmp_path)
        for number in range(MOST_SEGMENTS + 2):
            await index.put(book(number))
            await asyncio.to_thread(upkeep.index_new_rows, tmp_path)
        held = upkeep.upkeep_lock(tmp_path)
        with held:
            parts = len(segments(tmp_path))
            assert upkeep.is_busy(tmp_path)
            await asyncio.to_thread(upkeep.work, tmp_path)
            await add(index, 99)  # waits for nobody, and is found, though no index has it yet
            assert len(segments(tmp_path)) == parts
            [hits] = await index.search([PassageQuery("volume 99", ("book-99",))])
            assert hits
        await index.optimize()
        assert len(segments(tmp_path)) < MOST_SEGMENTS
        await index.close()

    asyncio.run(story())


def test_without_room_on_the_disk_nothing_is_begun(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    async def story() -> None:
        index = await LanceIndex.open(tmp_path)
        for number in range(MOST_SEGMENTS + 2):
            await index.put(book(number))
            await asyncio.to_thread(upkeep.index_new_rows, tmp_path)
        with (tmp_path / f"{TABLE}.lance" / "ballast").open(
            "wb"
        ) as ballast:  # sparse: it only looks so large
            ballast.truncate(shutil.disk_usage(tmp_path).free)
        parts = len(segments(tmp_path))
        await index.optimize()
        assert "index_not_put_in_order" in caplog.messages
        assert len(segments(tmp_path)) >= parts
        (tmp_path / f"{TABLE}.lance" / "ballast").unlink()
        await index.optimize()
        assert len(segments(tmp_path)) < MOST_SEGMENTS
        await index.close()
        await check_books(tmp_path, range(MOST_SEGMENTS + 2))

    asyncio.run(story())


# The vector index


def clustered(rows: int, dimensions: int, seed: int) -> Vectors:
    dice = np.random.default_rng(seed)
    centres = dice.standard_normal((50, dimensions))
    vectors = centres[dice.integers(50, size=rows)] + 0.5 * dice.standard_normal((rows, dimensions))
    unit: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit


class ClusteredEmbedder(HashingEmbedder):
    def embed_questions(self, texts: Sequence[str]) -> Vectors:
        return np.concatenate([clustered(1, self.dimensions, seed=len(text)) for text in texts])


async def large(path: Path, rows: int) -> None:
    """A table of so many rows with vectors, written past the embedder."""
    index = await LanceIndex.open(path, ClusteredEmbedder())
    await index.put(shelf())
    await embed(index, ClusteredEmbedder(), 400)
    await index.close()
    table = await (await lancedb.connect_async(path)).open_table(TABLE)
    model = (await table.query().limit(1).to_arrow()).combine_chunks()
    many = pa.concat_tables([model] * rows).combine_chunks()
    vectors = pa.array(clustered(rows, 64, seed=1).ravel())
    columns = {
        "passage_id": pa.array([f"many-{row}" for row in range(rows)]),
        "product_id": pa.array([f"title-{row // 500}" for row in range(rows)]),
        "vector": pa.FixedSizeListArray.from_arrays(vectors, 64),
    }
    for name, values in columns.items():
        at = many.schema.get_field_index(name)
        many = many.set_column(at, many.schema.field(at), values.cast(many.schema.field(at).type))
    await table.add(many)
    table.close()


def test_many_vectors_get_an_index_that_misses_hardly_anything(tmp_path: Path):
    async def story() -> None:
        await large(tmp_path, upkeep.VECTOR_ROWS)
        embedder = ClusteredEmbedder()
        index = await LanceIndex.open(tmp_path, embedder)
        cells = [PassageQuery("x" * length, (), 10) for length in range(1, 21)]
        exact = await index.search(cells, ranking=Ranking.VECTOR)
        assert await index.recall(10) is None
        await asyncio.to_thread(upkeep.work, tmp_path)
        assert upkeep.needed(tmp_path) is None
        stats = await index.stats()
        assert stats.by_vector_index == stats.rows
        found = await index.search(cells, ranking=Ranking.VECTOR)
        shares = [
            len({hit.passage.passage_id for hit in one} & {hit.passage.passage_id for hit in other}) / 10
            for one, other in zip(exact, found, strict=True)
        ]
        assert np.mean(shares) >= 0.98
        recall = await index.recall(50)
        assert recall and recall.questions == 50 and recall.at_10 >= 0.98

        # What is added later is found at once, and a scope is kept.
        new = passage(1, "late", "A late page.")
        await index.put([new])
        await index.put_vectors([new.passage_id], embedder.embed_questions(["x"]))
        [[first, *_], within] = await index.search(
            [PassageQuery("x", (), 5), PassageQuery("x", tuple(f"title-{n}" for n in range(60)), 10)],
            ranking=Ranking.VECTOR,
        )
        assert first.passage.product_id == "late"
        assert len(within) == 10
        assert {int(hit.passage.product_id.partition("-")[2]) for hit in within} <= set(range(60))

        # Deleted by hand: every vector is compared until it is made anew.
        [made] = [one for one in upkeep.opened(tmp_path).describe_indices() if one.name == "vector_idx"]
        for segment in made.segments:
            shutil.rmtree(tmp_path / f"{TABLE}.lance" / "_indices" / segment.uuid)
        await index.close()
        index = await LanceIndex.open(tmp_path, embedder)
        again = await index.search(cells, ranking=Ranking.VECTOR)
        assert [[hit.passage.passage_id for hit in one] for one in again[1:]] == [
            [hit.passage.passage_id for hit in one] for one in exact[1:]
        ]
        assert upkeep.needed(tmp_path) is not None
        await asyncio.to_thread(upkeep.work, tmp_path)
        assert upkeep.needed(tmp_path) is None
        [[first, *_]] = await index.search([cells[0]], ranking=Ranking.VECTOR)
        assert first.passage.product_id == "late"
        await index.close()

        # Another embedder: its vectors go, and so does what was made of them.
        index = await LanceIndex.open(tmp_path, HashingEmbedder(32))
        assert (await index.stats()).by_vector_index == 0
        assert await index.has_waiting()
        await index.close()

    asyncio.run(story())


def test_one_who_only_reads_needs_no_upkeep(tmp_path: Path):
    script = (
        "import asyncio, sys\nfrom pathlib import Path\n"
        "from wellread.index.lance import LanceIndex\nfrom wellread.index.passages import PassageQuery\n"
        "async def read():\n"
        "    index = await LanceIndex.open(Path(sys.argv[1]))\n"
        "    await index.search([PassageQuery('volume', (), 5)])\n"
        "    await index.close()\n"
        "asyncio.run(read())\nassert 'lance' not in sys.modules\n"
    )

    async def written() -> None:
        index = await LanceIndex.open(tmp_path)
        await add(index, 1)
        await index.close()

    asyncio.run(written())
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True, env=os.environ)
