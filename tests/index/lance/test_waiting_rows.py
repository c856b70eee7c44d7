"""In which order passages get their vectors: asked about, then small titles, and each once."""

import asyncio
import json
from pathlib import Path

import numpy as np
import pytest

from wellread.content import Passage
from wellread.index.lance.index import LanceIndex
from wellread.preferred_titles import prefer, preferred


class Zeroes:
    name, dimensions = "zeroes", 4

    def check(self) -> None: ...

    def embed_passages(self, texts):
        return np.full((len(texts), 4), 0.5, np.float32)

    embed_questions = embed_passages

    def fragmentation(self, text: str) -> float:
        return 0.0


def title(name: str, passages: int) -> list[Passage]:
    """The later a passage, the shorter its text."""
    texts = [f"{name} {'word ' * (passages - n)}" for n in range(passages)]
    return [Passage(f"{name}-{n}", name, "s", 0, len(text), text, "", "en") for n, text in enumerate(texts)]


async def order_of(index: LanceIndex, batch: int, *, meanwhile=None) -> list[Passage]:
    """As they come, each written before the next are asked for."""
    found: list[Passage] = []
    async for rows in index.without_vectors(batch):
        assert len(rows) <= batch
        found += rows
        await index.put_vectors([row.passage_id for row in rows], Zeroes().embed_passages(rows))
        if meanwhile and len(found) == batch:
            await meanwhile(index)
    return found


def titles_of(passages: list[Passage]) -> list[str]:
    return list(dict.fromkeys(passage.product_id for passage in passages))


SIZES = {"large": 900, "middle": 300, "small": 5, "tiny": 2}


def run(tmp_path: Path, story):
    async def opened():
        index = await LanceIndex.open(tmp_path, Zeroes())
        for name, passages in SIZES.items():
            await index.put(title(name, passages))
        result = await story(index)
        assert (await index.stats()).without_vectors == 0
        await index.close()
        return result

    return asyncio.run(opened())


def test_small_titles_come_first_and_short_passages_of_titles_that_are_taken_together(tmp_path):
    found = run(tmp_path, lambda index: order_of(index, 64))
    assert len(found) == len({passage.passage_id for passage in found}) == sum(SIZES.values())
    together = found[: 2 + 5 + 300]
    assert {passage.product_id for passage in together} == {"tiny", "small", "middle"}
    lengths = [len(passage.text) for passage in together]
    assert lengths == sorted(lengths)
    assert {passage.product_id for passage in found[2 + 5 + 300 :]} == {"large"}


def test_what_was_asked_about_comes_first_the_last_before_the_others(tmp_path):
    prefer(tmp_path, ["middle"])
    prefer(tmp_path, ["large", "gone"])
    assert titles_of(run(tmp_path, lambda index: order_of(index, 64)))[:2] == ["large", "middle"]


def test_a_title_that_is_asked_about_meanwhile_is_next(tmp_path):
    async def ask(index: LanceIndex) -> None:
        await index.put(title("new", 3))
        prefer(tmp_path, ["large"])

    found = run(tmp_path, lambda index: order_of(index, 307, meanwhile=ask))
    assert titles_of(found)[3:] == ["large", "new"]
    assert len(found) == len({passage.passage_id for passage in found}) == sum(SIZES.values()) + 3


def test_who_writes_nothing_is_given_each_once(tmp_path):
    async def read(index: LanceIndex) -> list[str]:
        ids = [row.passage_id async for rows in index.without_vectors(100) for row in rows]
        await order_of(index, 500)
        return ids

    ids = run(tmp_path, read)
    assert len(ids) == len(set(ids)) == sum(SIZES.values())


@pytest.mark.parametrize("garbage", ["", "{}", "[1, null, ", "[" * 100_000, "[[1], 2, null]", '"x"'])
def test_what_is_no_list_of_titles_is_none(tmp_path, garbage):
    (tmp_path / "asked-about.json").write_text(garbage)
    assert preferred(tmp_path) == []
    prefer(tmp_path, ["a"])
    assert preferred(tmp_path) == ["a"]


def test_only_the_last_are_remembered(tmp_path):
    for n in range(90):
        prefer(tmp_path, [f"title {n}"])
    assert preferred(tmp_path)[0] == "title 89"
    assert len(preferred(tmp_path)) == 50
    assert json.loads((tmp_path / "asked-about.json").read_text()) == preferred(tmp_path)
    prefer(tmp_path / "not there", ["a"])  # nothing depends on it
