"""The index as the library uses it: what is put is found, once, by everyone, whatever happens in between."""

import asyncio
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.hashed_shelf import TOPICS, HashingEmbedder, embed, passage, shelf

from wellread.errors import StorageError
from wellread.index.lance.index import LanceIndex
from wellread.index.passages import PassageQuery
from wellread.index.ranking import Ranking
from wellread.index.relevance import FLOOR


def test_a_passage_is_found_at_once_and_better_later(tmp_path: Path):
    async def story() -> None:
        embedder = HashingEmbedder()
        index = await LanceIndex.open(tmp_path, embedder)
        await index.put(shelf())
        [hits] = await index.search([PassageQuery("when does a colony swarm?", ("bees",))])
        assert {hit.passage.product_id for hit in hits} == {"bees"}
        assert hits[0].cosine is None
        assert hits[0].keyword > 0
        assert hits[0].passage == shelf()[int(hits[0].passage.passage_id.split("-")[1])]

        assert (await index.stats()).without_vectors == 24
        assert await embed(index, embedder) == 24
        stats = await index.stats()
        assert (stats.rows, stats.without_vectors) == (24, 0)
        assert stats.size > 1000
        [hits] = await index.search([PassageQuery("when does a colony swarm?", ("bees",))])
        assert len(hits) == 6
        assert all(hit.cosine is not None and hit.relevance >= FLOOR for hit in hits)
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
        await index.close()

    asyncio.run(story())


def test_every_title_has_its_own_share(tmp_path: Path):
    async def story() -> None:
        embedder = HashingEmbedder()
        index = await LanceIndex.open(tmp_path, embedder)
        loud = [passage(number, "loud", f"swarm swarm swarm colony queen {number}") for number in range(300)]
        await index.put([*shelf(), *loud])
        await embed(index, embedder, 400)
        questions = ["the colony and its swarm", "mainsail in the wind"]
        cells = [
            PassageQuery(question, (title,), 3)
            for question in questions
            for title in ("bees", "sails", "loud")
        ]
        found = await index.search(cells)
        for cell, hits in zip(cells, found, strict=True):
            assert len(hits) == 3
            assert {hit.passage.product_id for hit in hits} == set(cell.product_ids)
        assert found[0][0].relevance >= FLOOR > found[1][0].relevance  # sails know nothing of swarms
        # One at a time gives what all at once gave.
        for cell, hits in zip(cells, found, strict=True):
            assert (await index.search([cell]))[0] == hits
        [both] = await index.search([PassageQuery(questions[0], ("bees", "sails"), 100)])
        assert len(both) == 12
        [everywhere] = await index.search([PassageQuery(questions[1], (), 1)])
        assert everywhere[0].passage.product_id == "sails"

    asyncio.run(story())


def test_a_scope_too_large_to_be_read_gives_the_same_best(tmp_path: Path):
    async def story() -> None:
        embedder = HashingEmbedder()
        index = await LanceIndex.open(tmp_path, embedder)
        await index.put(shelf(40))
        await embed(index, embedder, 400)
        cell = PassageQuery("prune roses in winter", (), 5)
        [read] = await index.search([cell])
        asking = await LanceIndex.open(tmp_path, embedder, read_rows=10)
        [asked] = await asking.search([cell])
        assert [hit.passage for hit in asked] == [hit.passage for hit in read]
        assert asked[0].relevance == pytest.approx(read[0].relevance, abs=1e-6)
        [named] = await asking.search([PassageQuery("prune roses in winter", ("roses", "bees"), 5)])
        assert {hit.passage.product_id for hit in named} == {"roses"}

        await index.put([passage(1, "new", "Prune the roses again in summer.")])
        [hits] = await asking.search([PassageQuery("prune roses again in summer", (), 5)])
        assert [hit.passage.product_id for hit in hits if hit.cosine is None] == ["new"]

    asyncio.run(story())


def test_headings_are_searched(tmp_path: Path):
    async def story() -> None:
        index = await LanceIndex.open(tmp_path)
        await index.put(
            [passage(1, "x", "Hand over the work.", "Part I › Delegation"), passage(2, "x", "Hand in.")]
        )
        [hits] = await index.search([PassageQuery("delegation")])
        assert [hit.passage.passage_id for hit in hits] == ["x-1"]

    asyncio.run(story())


def test_a_shelf_in_several_languages(tmp_path: Path):
    async def story() -> None:
        index = await LanceIndex.open(tmp_path)
        await index.put(
            [
                passage(1, "de", "Die Häuser am Fluss sind alt.", language="de"),
                passage(1, "en", "Old houses near the river.", language="en"),
                passage(1, "zh", "黑豹队的防守只丢了分", language="zh"),
            ]
        )
        cells = [PassageQuery("ein altes Haus", ("de",)), PassageQuery("house", ()), PassageQuery("防守", ())]
        german, english, chinese = await index.search(cells)
        assert [hit.passage.product_id for hit in german] == ["de"]
        assert [hit.passage.product_id for hit in english] == ["en"]
        assert [hit.passage.product_id for hit in chinese] == ["zh"]

    asyncio.run(story())


def test_putting_again_changes_nothing_and_keep_only_removes(tmp_path: Path):
    async def story() -> None:
        embedder = HashingEmbedder()
        index = await LanceIndex.open(tmp_path, embedder)
        await index.put([*shelf(), *shelf()])
        await embed(index, embedder)
        await index.put(shelf())
        assert await index.count() == 24
        assert (await index.stats()).without_vectors == 0
        await index.keep_only("bees", ["bees-0", "bees-1", "sails-3"])
        assert await index.products() == {"bees": 2, "bread": 6, "roses": 6, "sails": 6}
        await index.keep_only("bread", [])
        await index.keep_only("never there", [])
        assert (await index.search([PassageQuery("sourdough oven", ("bread",))]))[0] == []
        assert await index.products() == {"bees": 2, "roses": 6, "sails": 6}

    asyncio.run(story())


@pytest.mark.parametrize("embedded", [False, True])
def test_no_question_is_refused(tmp_path: Path, embedded: bool):
    async def story() -> None:
        embedder = HashingEmbedder()
        index = await LanceIndex.open(tmp_path, embedder if embedded else None)
        odd = "it's \"odd\" -- %_\\ '); DROP"
        assert await index.search([PassageQuery("anything"), PassageQuery("x", ("bees",))]) == [[], []]
        assert await index.search([]) == []
        await index.put([*shelf(), passage(1, odd, "The text of an oddly named product.")])
        questions = [
            "", "   ", "???", "the of and", "\ud800", "\x00", "a" * 100_000, "swarm " * 20_000,
            "'; DROP TABLE passages; --", "(swarm AND", "swarm*~2^", "黑豹",
        ]  # fmt: skip
        for scope in ((), ("bees",), ("not there",), (odd,), ("not there", "bees")):
            assert len(await index.search([PassageQuery(question, scope) for question in questions])) == len(
                questions
            )
        assert (await index.search([PassageQuery("swarm", (), 0)])) == [[]]
        [hits] = await index.search([PassageQuery("oddly named product", (odd,))])
        assert [hit.passage.product_id for hit in hits] == [odd]
        await index.keep_only(odd, [])
        assert await index.count() == 24

    asyncio.run(story())


def test_vectors_of_another_embedder_are_forgotten(tmp_path: Path):
    async def story() -> None:
        index = await LanceIndex.open(tmp_path, HashingEmbedder())
        await index.put(shelf())
        await embed(index, HashingEmbedder())
        await index.close()

        index = await LanceIndex.open(tmp_path)  # keyword only: they stay
        assert (await index.stats()).without_vectors == 0
        [hits] = await index.search([PassageQuery("swarm")])
        assert hits
        assert hits[0].cosine is None
        await index.close()

        other = HashingEmbedder(32)
        index = await LanceIndex.open(tmp_path, other)
        assert (await index.stats()).without_vectors == 24
        assert (await index.search([PassageQuery("swarm")]))[0]
        await embed(index, other)
        [hits] = await index.search([PassageQuery("swarm")], ranking=Ranking.VECTOR)
        assert len(hits) == 10
        with pytest.raises(ValueError, match="vector"):
            await index.put_vectors(["bees-0"], np.zeros((1, 64), np.float32))

    asyncio.run(story())


def test_a_reader_sees_what_another_process_writes(tmp_path: Path):
    async def story() -> None:
        reader = await LanceIndex.open(tmp_path, HashingEmbedder())
        writer = await LanceIndex.open(tmp_path, HashingEmbedder())
        for number in range(3):
            await writer.put([passage(number, "bees")])
            [hits] = await reader.search([PassageQuery("swarm", ("bees",))])
            assert len(hits) == number + 1
        await embed(writer, HashingEmbedder())
        [hits] = await reader.search([PassageQuery("swarm", ("bees",))])
        assert [hit.cosine is None for hit in hits] == [False] * 3

    asyncio.run(story())


def test_readers_and_a_writer_of_the_same_rows_do_not_meet(tmp_path: Path):
    """Rows that get vectors move in the table, and a pass names them by where they are."""

    async def story() -> None:
        embedder = HashingEmbedder()
        index = await LanceIndex.open(tmp_path, embedder)
        rows = shelf(30)
        await index.put(rows)
        vectors = embedder.embed_passages([row.text for row in rows])
        done = asyncio.Event()

        async def write() -> None:
            for _ in range(30):
                await index.put_vectors([row.passage_id for row in rows], vectors)
            done.set()

        async def read(number: int) -> None:
            while not done.is_set():
                [hits] = await index.search([PassageQuery(f"swarm of bees {number}", ("bees",), 30)])
                assert len({hit.passage.passage_id for hit in hits}) == 30

        async def look() -> None:
            while not done.is_set():
                assert await index.absent("swarm zeppelin", ("bees",)) == ("zeppelin",)

        await asyncio.gather(write(), *map(read, range(3)), look(), look())
        await index.close()

    asyncio.run(story())


WRITER = """
import asyncio, sys
from pathlib import Path
sys.path[:0] = {tests!r}
from support.hashed_shelf import HashingEmbedder, embed, passage, shelf
from wellread.index.lance.index import LanceIndex

async def write():
    embedder = HashingEmbedder()
    index = await LanceIndex.open(Path({folder!r}), embedder)
    for round in range({rounds}):
        notes = [passage(round * 10 + number, {product!r}, "swarm") for number in range(10)]
        await index.put(notes + shelf(2))
        print(round, flush=True)
        await embed(index, embedder, 16)

asyncio.run(write())
"""


def _writer(folder: Path, product: str, rounds: int) -> subprocess.Popen[str]:
    tests = [str(Path(__file__).parents[2])]
    program = WRITER.format(tests=tests, folder=str(folder), product=product, rounds=rounds)
    return subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)


def test_two_processes_write_at_once(tmp_path: Path):
    writers = [_writer(tmp_path, product, 2) for product in ("one", "two")]
    for writer in writers:
        writer.communicate(timeout=60)
        assert writer.returncode == 0

    async def story() -> None:
        index = await LanceIndex.open(tmp_path, HashingEmbedder())
        assert await index.products() == {"one": 20, "two": 20, **dict.fromkeys(TOPICS, 2)}
        await embed(index, HashingEmbedder())
        assert (await index.stats()).without_vectors == 0

    asyncio.run(story())


def test_a_process_killed_in_a_write_leaves_an_index_that_works(tmp_path: Path):
    killed = _writer(tmp_path, "one", 1_000)
    assert killed.stdout
    killed.stdout.readline()
    time.sleep(0.13)
    killed.kill()
    killed.communicate()

    async def story() -> None:
        embedder = HashingEmbedder()
        index = await LanceIndex.open(tmp_path, embedder)
        rows = await index.count()
        assert rows >= 18
        await index.put([passage(number, "one", "swarm") for number in range(10)])
        assert await index.count() == rows
        await embed(index, embedder)
        [hits] = await index.search([PassageQuery("swarm", ("one",), 1000)])
        ids = [hit.passage.passage_id for hit in hits]
        assert len(ids) == len(set(ids)) >= 10

    asyncio.run(story())


def test_disk_does_not_grow_with_writes(tmp_path: Path):
    async def story() -> None:
        index = await LanceIndex.open(tmp_path, HashingEmbedder())
        for number in range(40):
            await index.put([passage(number, "bees")])
        assert len(list(tmp_path.rglob("data/*.lance"))) < 80
        [hits] = await index.search([PassageQuery("swarm", ("bees",), 100)])
        assert len(hits) == 40

    asyncio.run(story())


def test_a_folder_that_is_no_index_is_an_error_that_says_what_to_do(tmp_path: Path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StorageError) as caught:
        asyncio.run(LanceIndex.open(tmp_path / "file"))
    assert "reindex" in caught.value.hint


def test_a_passage_that_a_newer_reader_gives_otherwise_replaces_the_old(tmp_path: Path):
    async def story() -> None:
        embedder = HashingEmbedder()
        index = await LanceIndex.open(tmp_path, embedder)
        await index.put(shelf())
        await embed(index, embedder)
        same, moved, reworded, renamed = shelf()[:4]
        moved = replace(moved, section_id="elsewhere", start=7, end=7 + len(moved.text))
        reworded = replace(reworded, text="The drones leave in autumn.")
        renamed = replace(renamed, heading="Beekeeping")
        await index.put([same, moved, reworded, renamed])
        assert await index.count() == 24
        [hits] = await index.search([PassageQuery("drones in autumn: swarm of beekeeping", ("bees",), 9)])
        found = {hit.passage.passage_id: hit for hit in hits}
        for kept in (same, moved, reworded, renamed):
            assert found[kept.passage_id].passage == kept
        assert [found[p.passage_id].cosine is None for p in (same, moved, reworded, renamed)] == [
            False, False, True, True,
        ]  # fmt: skip
        [hits] = await index.search([PassageQuery("drones")], ranking=Ranking.KEYWORD)
        assert [hit.passage for hit in hits] == [reworded]
        assert await embed(index, embedder) == 2

    asyncio.run(story())


def test_all_that_wait_are_given_once_also_those_that_come_meanwhile(tmp_path: Path):
    async def story() -> None:
        index = await LanceIndex.open(tmp_path, HashingEmbedder(8))
        await index.put(
            [passage(number, "large", f"note {number} " + "x" * (number % 50)) for number in range(9000)]
        )
        writer = await LanceIndex.open(tmp_path, HashingEmbedder(8))
        given: list[str] = []
        longest = 0
        async for waiting in index.without_vectors(1500):
            sizes = [len(row.text) for row in waiting]
            assert sizes == sorted(sizes)
            longest = max(longest, *sizes)
            given += [row.passage_id for row in waiting]
            if len(given) == 1500:
                assert longest < 50  # the shortest of thousands come first
                await writer.put(shelf())
                await writer.keep_only("roses", [])
            # The embedder gives nothing for the large book's last notes: they go on waiting, and no more.
            reached = [row.passage_id for row in waiting if row.passage_id < "large-8990"]
            await index.put_vectors(reached, np.full((len(reached), 8), 8**-0.5, np.float32))
        assert len(given) == len(set(given)) == 9000 + 18
        assert (await index.stats()).without_vectors == len([name for name in given if name >= "large-8990"])

    asyncio.run(story())


def test_whether_passages_wait(tmp_path: Path):
    async def story() -> None:
        embedder = HashingEmbedder()
        index = await LanceIndex.open(tmp_path, embedder)
        other = await LanceIndex.open(tmp_path, embedder)
        for number in range(2):
            assert not await index.has_waiting()
            await other.put([passage(number, "bees")])
            assert await index.has_waiting()
            assert await index.waiting(["bees", "nobody's"]) == 1
            assert await index.waiting(["nobody's"]) == await index.waiting([]) == 0
            await embed(other, embedder)
            assert await index.waiting(["bees"]) == 0
            assert not await index.has_waiting()
            assert not await index.has_waiting()
        await index.optimize()
        assert not await (await LanceIndex.open(tmp_path, embedder)).has_waiting()
        assert await (await LanceIndex.open(tmp_path, HashingEmbedder(32))).has_waiting()

    asyncio.run(story())


def _truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:20])


def _scribble(file: Path) -> None:
    file.write_bytes(b"\x5a" * file.stat().st_size)


@pytest.mark.parametrize("how", [_truncate, _scribble, Path.unlink], ids=["cut", "scribbled", "gone"])
@pytest.mark.parametrize("part", ["data", "_indices", "_versions"])
def test_a_damaged_index_is_told_with_what_to_do_or_made_anew(
    tmp_path: Path, part: str, how: Callable[[Path], None]
):
    async def fill() -> None:
        index = await LanceIndex.open(tmp_path / "index", HashingEmbedder())
        await index.put(shelf())
        await embed(index, HashingEmbedder())
        await index.close()

    async def use() -> None:
        index = await LanceIndex.open(tmp_path / "index", HashingEmbedder())
        for use in (
            lambda: index.search([PassageQuery("swarm", ("bees",)), PassageQuery("oven")]),
            lambda: index.put(shelf(12)),
            lambda: index.put_vectors(["bees-1"], np.zeros((1, 64), np.float32)),
            lambda: embed(index, HashingEmbedder()),
            lambda: index.keep_only("bees", []),
            index.stats,
            index.products,
            index.has_waiting,
            lambda: index.waiting(["bees"]),
            index.optimize,
        ):
            try:
                await use()
            except StorageError as error:
                troubles.append(error)

    troubles: list[StorageError] = []
    asyncio.run(fill())
    for file in list((tmp_path / "index").rglob(f"{part}/**/*")):
        if file.is_file():
            how(file)
    asyncio.run(use())
    if (
        part == "_versions"
    ):  # nothing can be opened: an empty index, filled from the catalog by whoever counts it
        assert not troubles
        assert [folder.name for folder in (tmp_path / "index").glob("*.damaged")] == [
            "passages-3.lance.damaged"
        ]
    else:
        assert troubles
        assert all("damaged" in error.message and "wellread reindex" in error.hint for error in troubles)
        shutil.rmtree(tmp_path / "index")
    troubles.clear()
    asyncio.run(fill())
    asyncio.run(use())
    assert not troubles


def test_a_disk_that_takes_no_more_is_told_and_harms_nothing(tmp_path: Path):
    resource = pytest.importorskip("resource", reason="no limit of file sizes to stand for a full disk")

    async def story() -> None:
        index = await LanceIndex.open(tmp_path, HashingEmbedder())
        await index.put([passage(1, "bees")])
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
        try:
            with pytest.raises(StorageError, match="cannot be used") as caught:
                await index.put([passage(number, "bees", f"{number} " * 99) for number in range(2_000)])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert "room on the disk" in caught.value.hint
        assert await index.count() == 1
        await index.put([passage(number, "bees") for number in range(1, 9)])
        assert len((await index.search([PassageQuery("swarm")]))[0]) == 8

    asyncio.run(story())
