"""Makes the constants of index.fusion and index.relevance anew from judged sets, and says how well they
hold.

    python benchmarks/fit_retrieval.py SETS_FOLDER INDEX_FOLDER

SETS_FOLDER holds BEIR sets, each a folder; every one becomes a title of one index in INDEX_FOLDER (kept
for the next run). Parallel translations, whose names differ only after an underscore (`xquad_en`,
`xquad_de`), are one group: left out together, and never taken as each other's wrong title.

Fusion: the three logistic weights that give the largest mean gain in nDCG@10 over the better of keyword
and vector. Each set counts twice: as it is, and asked in other words (three fifths of the question's
words no longer match), which is where a fixed weight fails. Relevance: a logistic regression on judged
passages (positive), the others among the first ten, and the first ten of titles about something else, at
even odds. Both are fitted on all groups, and on all but each one in turn for the figures that are
reported.
"""

import argparse
import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wellread.embedding.queue import EmbeddingQueue
from wellread.evals.retrieval import JudgedSet
from wellread.index.embedding import MiniLmEmbedder
from wellread.index.fusion import TOP, fuse, lead
from wellread.index.lance.index import LanceIndex
from wellread.index.lance.rarity import COMMON
from wellread.index.passages import Embedder, Hit, PassageQuery
from wellread.index.ranking import Ranking
from wellread.ingest.vectors import embed
from wellread.text.terms import passage_terms, question_terms

Floats = NDArray[np.float64]

_OWN = 400  # questions of a set
_WRONG = 60  # questions of a set put to each other set
_BATCH = 64


@dataclass(frozen=True, slots=True)
class Asked:
    """One question in one title: what the fits see of it. Arrays have an entry for each candidate."""

    group: str
    judged_set: str
    own: bool
    grades: Floats
    ideal: float  # the discounted gain of a perfect first ten
    keyword: Floats
    cosine: Floats
    present: Floats  # shape (words, candidates): 1 where the candidate has the word
    rarity: Floats  # of each word
    fragmentation: float

    @property
    def coverage(self) -> Floats:
        return self.present.mean(axis=0) if len(self.present) else np.zeros(len(self.keyword))

    def in_other_words(self, random: np.random.Generator) -> "Asked":
        """The same with three fifths of the words matching nothing; BM25 shrinks by their share."""
        kept = self.present * (random.random(len(self.present)) > 0.6)[:, None]
        share = kept.sum(axis=0) / np.maximum(self.present.sum(axis=0), 1)
        return replace(self, present=kept, keyword=self.keyword * share)

    def traits(self) -> Floats:
        top = np.argsort(-self.keyword, kind="stable")[:TOP]
        coverage = self.coverage[top][self.keyword[top] > 0].max(initial=0.0)
        return np.array([1.0, coverage, lead(self.keyword)])


async def gather(sets: Path, folder: Path, embedder: Embedder) -> list[Asked]:
    judged = {
        path.name: JudgedSet.read(path) for path in sorted(sets.iterdir()) if (path / "qrels.tsv").is_file()
    }
    index = await LanceIndex.open(folder, embedder)
    for name, one in judged.items():
        await index.put(
            [replace(p, passage_id=f"{name}/{p.passage_id}", product_id=name) for p in one.passages]
        )
    async with EmbeddingQueue.of(embedder) as queue:
        async for _ in embed(index, queue, 512):
            pass
    frequencies = Counter[str]()
    for one in judged.values():
        for p in one.passages:
            frequencies.update(set(passage_terms(p.text, p.heading, p.language)))
    rows = await index.count()
    random = np.random.default_rng(1)
    asked: list[Asked] = []
    for name, one in judged.items():
        queries = random.permutation(list(one.judgements)).tolist()[:_OWN]
        for title, other in judged.items():
            if title == name or _group(title) != _group(name):
                some = queries if title == name else queries[:_WRONG]
                language = other.passages[0].language
                for start in range(0, len(some), _BATCH):
                    batch = some[start : start + _BATCH]
                    cells = [PassageQuery(one.queries[query], (title,), 200) for query in batch]
                    for query, hits in zip(
                        batch, await index.search(cells, ranking=Ranking.FUSED), strict=True
                    ):
                        grades = one.judgements[query] if title == name else {}
                        words = question_terms(one.queries[query], [language])
                        common = [max(frequencies[form] for form in forms) for forms in words]
                        rarity = np.log1p(rows / (np.minimum(common, COMMON) + 1.0))
                        asked.append(
                            _asked(name, one.queries[query], title, language, grades, hits, embedder, rarity)
                        )
    await index.close()
    return asked


def _asked(
    name: str,
    question: str,
    title: str,
    language: str,
    grades: Mapping[str, int],
    hits: Sequence[Hit],
    embedder: Embedder,
    rarity: Floats,
) -> Asked:
    words = question_terms(question, [language])
    held = [set(passage_terms(hit.passage.text, hit.passage.heading, language)) for hit in hits]
    best = sorted((float(max(grade, 0)) for grade in grades.values()), reverse=True)[:10]
    return Asked(
        group=_group(name),
        judged_set=name,
        own=title == name,
        grades=np.array(
            [max(grades.get(hit.passage.passage_id[len(title) + 1 :], 0), 0) for hit in hits], float
        ),
        ideal=float(_discount(len(best)) @ np.array(best)) if best else 0.0,
        keyword=np.array([hit.keyword for hit in hits], float),
        cosine=np.array([np.nan if hit.cosine is None else hit.cosine for hit in hits], float),
        present=np.array([[not terms.isdisjoint(word) for terms in held] for word in words], float).reshape(
            len(words), len(hits)
        ),
        rarity=rarity,
        fragmentation=embedder.fragmentation(question),
    )


def _group(name: str) -> str:
    return name.partition("_")[0]


def _discount(length: int) -> Floats:
    discount: Floats = 1 / np.log2(np.arange(length) + 2.0)
    return discount


def ndcg(asked: Asked, score: Floats) -> float:
    grades = asked.grades[np.argsort(-score, kind="stable")[:10]]
    return float(_discount(len(grades)) @ grades) / asked.ideal


@dataclass(frozen=True, slots=True)
class FusionSet:
    name: str
    group: str
    asked: list[Asked]
    traits: Floats
    single: float  # the better of the two rankings alone
    reworded: bool

    def fused(self, weights: Floats) -> float:
        foreign = np.array([one.fragmentation for one in self.asked])
        shares = 1 - (1 - 1 / (1 + np.exp(-self.traits @ weights))) * (1 - foreign**2)
        return float(
            np.mean(
                [
                    ndcg(one, fuse(one.keyword, one.cosine, share))
                    for one, share in zip(self.asked, shares, strict=True)
                ]
            )
        )


def fusion_sets(asked: Sequence[Asked]) -> list[FusionSet]:
    random = np.random.default_rng(2)
    sets = []
    for name in dict.fromkeys(one.judged_set for one in asked):
        own = [one for one in asked if one.own and one.judged_set == name]
        for label, ones in (
            (name, own),
            (f"{name}, other words", [one.in_other_words(random) for one in own]),
        ):
            single = max(
                float(np.mean([ndcg(one, one.keyword) for one in ones])),
                float(np.mean([ndcg(one, one.cosine) for one in ones])),
            )
            traits = np.array([one.traits() for one in ones])
            sets.append(FusionSet(label, ones[0].group, ones, traits, single, ones is not own))
    return sets


def fit_fusion(sets: Sequence[FusionSet], steps: int) -> Floats:
    """Hill climbing from an even start; the objective is not smooth. A group counts once, however many sets it
    has, and a set asked in other words half; the worst loss counts on top."""
    sizes = Counter(one.group for one in sets)
    shares = np.array([(0.5 if one.reworded else 1.0) / sizes[one.group] for one in sets])

    def gain(weights: Floats) -> float:
        gains = np.array([one.fused(weights) - one.single for one in sets])
        return float(gains @ shares / shares.sum() + 0.3 * min(gains.min(), 0))

    random = np.random.default_rng(3)
    best = np.array([-2.0, 1.0, 1.0])
    reached = gain(best)
    for step in range(steps):
        tried = best + random.normal(0, 0.8 * (1 - step / steps) + 0.1, 3)
        if (now := gain(tried)) > reached:
            best, reached = tried, now
    return best


Features = Callable[[Asked], Floats]


def with_vector(asked: Asked) -> Floats:
    known = asked.cosine[:10] * (1 - asked.fragmentation)
    return np.stack(
        [np.ones(len(known)), known, _match(asked), np.full(len(known), asked.fragmentation)], axis=1
    )


def by_words(asked: Asked) -> Floats:
    match = _match(asked)
    return np.stack([np.ones(len(match)), match], axis=1)


def _match(asked: Asked) -> Floats:
    # Not by the plain coverage, which the fusion's weight follows.
    match: Floats = (asked.rarity @ asked.present[:, :10] / max(asked.rarity.sum(), 1e-9)) * np.log1p(
        len(asked.present)
    )
    return match


def fit_relevance(asked: Sequence[Asked], features: Features) -> Floats:
    """Weighted logistic regression (Newton's method, a little ridge)."""
    x = np.concatenate([features(one) for one in asked])
    positive = np.concatenate([one.grades[:10] > 0 for one in asked])
    own = np.concatenate([np.full(len(one.grades[:10]), one.own) for one in asked])
    source = np.concatenate([np.full(len(one.grades[:10]), hash(one.judged_set)) for one in asked])
    weight = np.zeros(len(x))
    for each in np.unique(source):
        for mask, share in ((positive, 0.5), (~positive & own, 0.2), (~positive & ~own, 0.3)):
            chosen = mask & (source == each)
            weight[chosen] = share / max(1, chosen.sum())
    found = np.zeros(x.shape[1])
    for _ in range(30):
        chance = 1 / (1 + np.exp(-x @ found))
        slope = x.T @ (weight * (positive - chance)) - 1e-3 * found
        bend = (x * (weight * chance * (1 - chance))[:, None]).T @ x + 1e-3 * np.eye(len(found))
        found = found + np.linalg.solve(bend, slope)
    return found


def best_relevance(asked: Asked, features: Features, weights: Floats) -> float:
    return float((1 / (1 + np.exp(-features(asked) @ weights))).max(initial=0.0))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("sets", type=Path)
    arguments.add_argument("index", type=Path)
    arguments.add_argument("--steps", type=int, default=120)
    chosen = arguments.parse_args()
    report(
        asyncio.run(gather(chosen.sets, chosen.index, MiniLmEmbedder(chosen.index / "cache"))), chosen.steps
    )


def report(asked: Sequence[Asked], steps: int) -> None:
    groups = list(dict.fromkeys(one.group for one in asked))
    for title, features in (("relevance with vector", with_vector), ("relevance by words", by_words)):
        print(title, fit_relevance(asked, features).round(2))
        best: list[tuple[bool, float]] = []
        for group in groups:
            weights = fit_relevance([one for one in asked if one.group != group], features)
            best += [(one.own, best_relevance(one, features, weights)) for one in asked if one.group == group]
        own = np.array([value for is_own, value in best if is_own])
        wrong = np.array([value for is_own, value in best if not is_own])
        floors = np.arange(0.05, 0.95, 0.01)
        lost = np.array([np.mean(own < floor) for floor in floors])
        kept = np.array([np.mean(wrong >= floor) for floor in floors])
        at = int(np.argmin(lost + kept))
        print(
            f"  floor {floors[at]:.2f}: own questions below {lost[at]:.3f}, wrong titles above {kept[at]:.3f}"
        )

    sets = fusion_sets(asked)
    print("fusion, fitted on all", fit_fusion(sets, steps).round(2))
    for group in groups:
        weights = fit_fusion([one for one in sets if one.group != group], steps)
        for one in sets:
            if one.group == group:
                print(
                    f"  without {group}: {one.name} {one.fused(weights):.4f} (better single {one.single:.4f})"
                )


if __name__ == "__main__":
    main()
