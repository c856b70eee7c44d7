"""The title index: from the words of a question to the few products that they may name."""

import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from rapidfuzz.fuzz import ratio
from sqlalchemy.dialects.sqlite import insert

from wellread.content import Metadata
from wellread.store import tables as t
from wellread.store.database import Database

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_SPACELESS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uac00-\ud7af]+")
_SIMILAR = 80  # rapidfuzz ratio from which a word may be a misspelling of another
_MOST_WORDS = 400  # of a question that are looked up
_MOST_VARIANTS = 40


@dataclass(frozen=True, slots=True)
class TitleCandidate:
    """A product that shares rare words with a question; `weight` is the sum of their idf."""

    product_id: str
    weight: float


class TitleIndex:
    """Words of titles, subtitles, authors and series; found also when misspelt, through their trigrams."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, connection: sa.Connection, product_id: str, metadata: Metadata) -> None:
        """Replace the words of a product, within the caller's transaction."""
        connection.execute(sa.delete(t.title_words).filter_by(product_id=product_id))
        fields = {
            "title": [metadata.title],
            "subtitle": [metadata.subtitle],
            "author": [*metadata.authors, *metadata.contributors],
            "series": [metadata.series],
        }
        rows = {
            (word, field) for field, texts in fields.items() for text in texts for word in title_terms(text)
        }
        if not rows:
            return
        connection.execute(
            sa.insert(t.title_words),
            [{"word": word, "product_id": product_id, "field": field} for word, field in sorted(rows)],
        )
        grams = {(gram, word) for word, _ in rows for gram in _grams(word)}
        connection.execute(
            insert(t.word_grams).on_conflict_do_nothing(),
            [{"gram": gram, "word": word} for gram, word in sorted(grams)],
        )

    def candidates(self, question: str, *, limit: int = 60) -> list[TitleCandidate]:
        """The products that most likely are named in `question`, best first, at most `limit`."""
        words = list(dict.fromkeys(title_terms(question)))[:_MOST_WORDS]
        if not words:
            return []
        weights: dict[str, float] = defaultdict(float)
        with self._database.read() as connection:
            total = connection.scalar(sa.select(sa.func.count()).select_from(t.products)) or 1
            for variants in self._variants(connection, words).values():
                found = self._products_with(connection, variants)
                rarity = math.log(1 + total / len(found)) if found else 0.0
                for product_id in found:
                    weights[product_id] += rarity
        best = sorted(weights.items(), key=lambda item: (-item[1], item[0]))[:limit]
        return [TitleCandidate(product_id, weight) for product_id, weight in best]

    def _variants(self, connection: sa.Connection, words: list[str]) -> dict[str, set[str]]:
        """For each word of the question the words of the index it may stand for."""
        known = set(
            connection.scalars(
                sa.select(t.title_words.c.word).where(t.title_words.c.word.in_(words)).distinct()
            )
        )
        variants = {word: {word} for word in words if word in known}
        for word in words:
            if word not in known and len(word) >= 4:
                near = self._near(connection, word)
                if near:
                    variants[word] = near
        return variants

    def _near(self, connection: sa.Connection, word: str) -> set[str]:
        shared = sa.func.count().label("shared")
        query = (
            sa.select(t.word_grams.c.word, shared)
            .where(t.word_grams.c.gram.in_(sorted(_grams(word))))
            .group_by(t.word_grams.c.word)
            .order_by(shared.desc())
            .limit(_MOST_VARIANTS)
        )
        rows = connection.execute(query)
        return {row.word for row in rows if ratio(word, row.word) >= _SIMILAR}

    def _products_with(self, connection: sa.Connection, words: Iterable[str]) -> set[str]:
        query = sa.select(t.title_words.c.product_id).where(t.title_words.c.word.in_(sorted(words)))
        return set(connection.scalars(query.distinct()))


def title_terms(text: str) -> list[str]:
    """Words as the title index holds them: folded for case and accents; of Chinese and Japanese, bigrams."""
    folded = fold_title(text)
    terms = []
    for word in _WORD.findall(folded):
        if _SPACELESS.search(word):
            terms += [word[i : i + 2] for i in range(max(1, len(word) - 1))]
        else:
            terms.append(word.removesuffix("'s")[:64])
    return terms


def fold_title(text: str) -> str:
    """`text` without case and accents, apostrophes made alike."""
    decomposed = unicodedata.normalize("NFKD", text.replace("’", "'").casefold())
    return unicodedata.normalize("NFC", "".join(c for c in decomposed if not unicodedata.combining(c)))


def _grams(word: str) -> set[str]:
    padded = f"^{word}$"
    return {padded[i : i + 3] for i in range(len(padded) - 2)}
