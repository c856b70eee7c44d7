"""Sentences beside their passages: which there are, how exactly their vectors are kept, and which of them tell."""

import asyncio
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from support.hashed_shelf import HashingEmbedder, embed, passage, shelf

from wellread.index.lance.index import LanceIndex
from wellread.index.passages import PassageQuery, SentenceVectors
from wellread.index.ranking import Ranking
from wellread.index.sentence_ranges import MOST, sentence_ranges
from wellread.index.sentence_vectors import embedded_sentences, packed, sentence_cosines
from wellread.text.terms import passage_terms

PROSE = (
    "Yes. A queen leaves the hive in May. Half of the bees go with her!\n\nThe others raise a new queen. So."
)


def test_short_pieces_go_with_their_neighbours():
    assert [PROSE[start:end] for start, end in sentence_ranges(PROSE)] == [
        "Yes. A queen leaves the hive in May.",
        "Half of the bees go with her!",
        "The others raise a new queen. So.",
    ]
    assert sentence_ranges("") == []
    assert sentence_ranges("Bees.") == [(0, 5)]


def test_speech_without_full_stops_is_cut_between_words():
    text = " ".join(f"word{number}" for number in range(200))
    ranges = sentence_ranges(text)
    assert [len(text[start:end].split()) for start, end in ranges] == pytest.approx([40] * 5, abs=5)
    assert " ".join(text[start:end] for start, end in ranges) == text
    sentence = " ".join(["word"] * 80) + "."
    assert len(sentence_ranges(sentence)) == 1  # a long one of an old novel stays whole


@pytest.mark.parametrize(
    "line", ["name | value of a cell | another", "x = call(a, b) if c else d", "一只蜂王离开蜂巢去找新家。"]
)
def test_a_long_table_or_listing_gives_a_bounded_number(line: str):
    text = "\n".join(f"{line} {number}" for number in range(300))
    ranges = sentence_ranges(text)
    assert MOST // 2 <= len(ranges) <= MOST
    assert all(before[1] <= after[0] for before, after in pairwise(ranges))
    assert (ranges[0][0], ranges[-1][1]) == (0, len(text))


def test_a_packed_vector_is_nearly_the_same():
    random = np.random.default_rng(1)
    vectors = random.standard_normal((40, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    sentences = SentenceVectors([(number, number + 1) for number in range(40)], vectors, [])
    nothing = SentenceVectors([], np.zeros((0, 384), np.float32), [])
    values = pa.array([packed(sentences), None, packed(nothing)], pa.large_binary())
    full, absent, empty = sentence_cosines(values, vectors[7])
    assert full is not None
    assert empty is not None
    assert absent is None
    assert np.abs(full.cosines - vectors @ vectors[7]).max() < 0.002
    assert full.ranges.tolist() == [[number, number + 1] for number in range(40)]
    assert empty.cosines.size == 0
    assert np.isnan(empty.best)
    assert sentence_cosines(pa.array([], pa.large_binary()), vectors[7]) == []


TEXT = (
    "The apiary lies behind the old mill. A swarm leaves the hive when the queen has no room left. "
    "On Sundays the keeper sells honey and candles at the gate."
)


def test_terms_are_told_apart_by_sentence():
    one, chained = (
        passage(1, "mill", TEXT, "Behind the mill"),
        passage(2, "mill", TEXT + " One-on-one talks help."),
    )
    [kept, unknown] = embedded_sentences([one, chained], HashingEmbedder())
    terms = passage_terms(one.text, one.heading, "en")
    [first, second, third] = [terms[start:end] for start, end in kept.term_ranges]
    assert first == passage_terms("The apiary lies behind the old mill.", "", "en")
    assert "hive" in second
    assert third[-1] == terms[-1]
    assert unknown.term_ranges == []  # a word is made of parts, and stands before all others


@pytest.mark.parametrize("embedded", [False, True])
def test_a_hit_names_the_sentence_that_tells(tmp_path: Path, embedded: bool):
    async def story() -> None:
        embedder = HashingEmbedder(256)
        index = await LanceIndex.open(tmp_path, embedder if embedded else None)
        await index.put([passage(1, "mill", TEXT), *shelf()])
        if embedded:
            await embed(index, embedder)
        [hits] = await index.search([PassageQuery("when does a swarm leave the hive?", ("mill",))])
        telling = hits[0].telling
        assert TEXT[telling[0].start : telling[0].end].startswith("A swarm leaves the hive")
        assert len(telling) == 3
        scores = [sentence.score for sentence in telling]
        assert scores == sorted(scores, reverse=True)
        assert 0 <= scores[-1] < 0.5 < scores[0] <= 1

    asyncio.run(story())


def test_sentences_come_after_passages_and_lift_what_says_it(tmp_path: Path):
    async def story() -> None:
        embedder = HashingEmbedder(256)
        index = await LanceIndex.open(tmp_path, embedder)
        await index.put(shelf())
        assert [rows async for rows in index.without_sentence_vectors(5)] == []  # passages come first
        async for rows in index.without_vectors(5):
            vectors = embedder.embed_passages([row.text for row in rows])
            await index.put_vectors([row.passage_id for row in rows], vectors)
        assert await index.waiting(["bees"]) == 0
        assert await index.has_waiting()
        stats = await index.stats()
        assert (stats.without_vectors, stats.without_sentence_vectors) == (0, 24)
        [before] = await index.search([PassageQuery("oven", ("bread",))], ranking=Ranking.VECTOR)
        await embed(index, embedder)
        assert not await index.has_waiting()
        assert (await index.stats()).without_sentence_vectors == 0
        [after] = await index.search([PassageQuery("oven", ("bread",))], ranking=Ranking.VECTOR)
        assert {hit.cosine for hit in before} != {hit.cosine for hit in after}

        await index.put([passage(0, "bees", "The text is another now. It has two sentences.")])
        stats = await index.stats()
        assert (stats.without_vectors, stats.without_sentence_vectors) == (1, 1)
        [hits] = await index.search([PassageQuery("two sentences", ("bees",), 10)])
        assert hits[0].passage.passage_id == "bees-0"
        assert all(sentence.end <= len(hit.passage.text) for hit in hits for sentence in hit.telling)

    asyncio.run(story())


def test_an_index_from_before_sentences_had_vectors_is_extended(tmp_path: Path):
    async def story() -> None:
        embedder = HashingEmbedder()
        index = await LanceIndex.open(tmp_path, embedder)
        await index.put(shelf())
        await embed(index, embedder)
        await index._table.drop_columns(["sentences"])
        [old] = await index.search([PassageQuery("swarm", ("bees",))])  # a process that opened it before
        assert old
        assert old[0].cosine is not None
        await index.close()

        index = await LanceIndex.open(tmp_path, embedder)
        stats = await index.stats()
        assert (stats.without_vectors, stats.without_sentence_vectors) == (0, 24)
        await embed(index, embedder)
        assert not await index.has_waiting()
        await index.close()

        index = await LanceIndex.open(tmp_path, HashingEmbedder(32))
        stats = await index.stats()
        assert (stats.without_vectors, stats.without_sentence_vectors) == (24, 24)

    asyncio.run(story())


def test_words_that_no_passage_has(tmp_path: Path):
    async def story() -> None:
        index = await LanceIndex.open(tmp_path)
        await index.put([*shelf(), passage(9, "towns", "Tokio and its 23 wards have houses.")])
        assert await index.absent("What is the queen of Osaka, and its 47 prefectures?") == (
            "Osaka", "47", "prefectures",
        )  # fmt: skip
        assert await index.absent("Is Tokio a house?") == ()
        assert await index.absent("Is Tokio a queen?", ("bees",)) == ("Tokio",)
        assert await index.absent("Is Tokio a queen?", ("bees", "towns")) == ()
        assert await index.absent("Tokio", ("not there",)) == ()
        assert await index.absent("", ()) == ()
        assert await index.absent("os.house 黑豹", ()) == ()

    asyncio.run(story())
