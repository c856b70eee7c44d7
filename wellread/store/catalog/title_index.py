"""The title index: from the words of a question to the few products that they may name."""

import math
import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import accumulate, islice

import sqlalchemy as sa
from rapidfuzz.fuzz import ratio

from wellread.content import Metadata
from wellread.store.catalog.facets import LONGEST
from wellread.store.database import tables as t
from wellread.store.database.database import Database

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_SPACELESS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uac00-\ud7af]+")
_SIMILAR = 80  # rapidfuzz ratio from which a word may be a misspelling of another
_MOST_WORDS = 400  # of a question that are looked up
_MOST_VARIANTS = 40
_MOST_SOUGHT = 20  # words of a query that all have to be there
_COMMON, _COMMON_SHARE = 2000, 0.05  # a word in more titles than both (number, share of all) says nothing
_MOST_ROWS = 6000  # of products that have the words of one question, to be ranked
_NAMESAKES = 8  # products of one title, beyond which it is the name of none
_COUNTED = 12  # titles that have some words, beyond which nobody asks how many there are
_LOOKED_THROUGH = 40  # products that have some words, of which the titles are counted
_LOOKED_THROUGH_ONE = 400  # that have a single word, which may be an author's


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
        words = words_of(metadata)
        held = self._words_of(connection, product_id)
        self._take_out(connection, product_id, held - words)
        fresh = words - held
        unknown = fresh - set(connection.scalars(_with_grams(fresh)))
        _insert(connection, t.title_words, ({"word": w, "product_id": product_id} for w in sorted(fresh)))
        _insert(connection, t.word_grams, gram_rows(unknown))

    def remove(self, connection: sa.Connection, product_id: str) -> None:
        """Take a product's words out, within the caller's transaction."""
        self._take_out(connection, product_id, self._words_of(connection, product_id))

    def _take_out(self, connection: sa.Connection, product_id: str, words: set[str]) -> None:
        if not words:
            return
        connection.execute(
            sa.delete(t.title_words).where(
                t.title_words.c.product_id == product_id, t.title_words.c.word.in_(words)
            )
        )
        still = sa.exists().where(t.title_words.c.word == t.word_grams.c.word)
        gone = gram_rows(connection.scalars(_with_grams(words).where(~still)))
        if gone:
            grams = t.word_grams.c
            connection.execute(
                sa.delete(t.word_grams).where(
                    grams.gram == sa.bindparam("old_gram"), grams.word == sa.bindparam("old_word")
                ),
                [{"old_gram": row["gram"], "old_word": row["word"]} for row in gone],
            )

    def candidates(self, question: str, *, limit: int = 60) -> list[TitleCandidate]:
        """The products that most likely are named in `question`, best first, at most `limit`.

        Words that very many titles have ("the", "of") do not count, and common ones only as far as few are found by
        them.
        """
        words = list(dict.fromkeys(title_terms(question)))[:_MOST_WORDS]
        if not words:
            return []
        with self._database.read() as connection:
            total = connection.scalar(sa.select(sa.func.count()).select_from(t.products)) or 1
            common = max(_COMMON, _COMMON_SHARE * total)
            terms = self._terms(connection, words, common)
            rare = _telling([term for term in terms if term.products <= common])
            if not rare:
                return []
            matches = sa.union_all(*(_matches(term, total) for term in rare)).subquery()
            weight = sa.func.sum(matches.c.rarity).label("weight")
            query = (
                sa.select(matches.c.product_id, weight)
                .group_by(matches.c.product_id)
                .order_by(weight.desc(), matches.c.product_id)
                .limit(limit)
            )
            return [TitleCandidate(row.product_id, row.weight) for row in connection.execute(query)]

    def sought(self, query: str) -> list["SoughtWord"]:
        """The words of a query, each once and no more than are looked up; titles are found that have all of them."""
        return [SoughtWord(word) for word in list(dict.fromkeys(title_terms(query)))[:_MOST_SOUGHT]]

    def called(self, texts: Collection[str]) -> list[str]:
        """The products whose title is one of `texts`, but for case; none of a title that many have."""
        titles = sorted({text.lower()[:LONGEST] for text in texts})
        if not titles:
            return []
        by_title = t.products.c.by_title
        counts = (
            sa.select(by_title)
            .where(by_title.in_(titles))
            .group_by(by_title)
            .having(sa.func.count() <= _NAMESAKES)
        )
        with self._database.read() as connection:
            few = list(connection.scalars(counts))
            found = sa.select(t.products.c.product_id).where(by_title.in_(few))
            return list(connection.scalars(found.order_by(t.products.c.product_id))) if few else []

    def titles_with(self, words: Collection[str]) -> int:
        """How many different titles have all of some words, in the title, the subtitle or a maker's name; at most
        twelve are counted. A single word must be in the title itself: the given names of authors are words, too."""
        terms = list(dict.fromkeys(term for word in words for term in title_terms(word)))
        if not terms:
            return 0
        held = t.title_words.c
        holding = sa.select(held.product_id).where(held.word == terms[0])
        for term in terms[1:]:
            other = t.title_words.alias()
            also = sa.exists().where(other.c.word == term, other.c.product_id == held.product_id)
            holding = holding.where(also)
        some = holding.limit(_LOOKED_THROUGH if len(terms) > 1 else _LOOKED_THROUGH_ONE).subquery()
        title = t.products.c.by_title
        titles = sa.select(title).join(some, some.c.product_id == t.products.c.product_id).distinct()
        with self._database.read() as connection:
            found = connection.scalars(titles).all()
        meant = (title for title in found if len(terms) > 1 or terms[0] in title_terms(title))
        return sum(1 for _ in islice(meant, _COUNTED))

    def _terms(self, connection: sa.Connection, words: list[str], common: float) -> list["_Term"]:
        """Those words of a question that stand for words of the index."""
        counts = self._counts(connection, words)
        terms = []
        for word in words:
            if word in counts:
                terms.append(_Term((word,), counts[word]))
            elif len(word) >= 4:
                near = self._counts(connection, self._near(connection, word))
                # "thee" may be "three" misspelt; were it "the", nothing is lost.
                variants = tuple(sorted(near_word for near_word, count in near.items() if count <= common))
                if variants:
                    terms.append(_Term(variants, sum(near[variant] for variant in variants)))
        return terms

    def _near(self, connection: sa.Connection, word: str) -> set[str]:
        """The words of the index that `word` may be a misspelling of."""
        shared = sa.func.count().label("shared")
        query = (
            sa.select(t.word_grams.c.word, shared)
            .where(t.word_grams.c.gram.in_(sorted(_grams(word))))
            .group_by(t.word_grams.c.word)
            .order_by(shared.desc(), t.word_grams.c.word)
            .limit(_MOST_VARIANTS)
        )
        rows = connection.execute(query)
        return {row.word for row in rows if ratio(word, row.word) >= _SIMILAR}

    def _counts(self, connection: sa.Connection, words: Collection[str]) -> dict[str, int]:
        """How many products have each of the words that any has."""
        if not words:
            return {}
        query = (
            sa.select(t.title_words.c.word, sa.func.count().label("products"))
            .where(t.title_words.c.word.in_(sorted(words)))
            .group_by(t.title_words.c.word)
        )
        return {row.word: row.products for row in connection.execute(query)}

    def _words_of(self, connection: sa.Connection, product_id: str) -> set[str]:
        return set(connection.scalars(sa.select(t.title_words.c.word).filter_by(product_id=product_id)))


@dataclass(frozen=True, slots=True)
class SoughtWord:
    """A word of a query, or the part of one that is typed so far. As conditions on titles each comes in two forms that
    say the same: the database makes the list of one that few titles meet (`is_held`, `is_whole`), and for one that many
    do it goes through the titles in their order and looks at each (`is_held_by_each`, `is_whole_in_each`)."""

    word: str

    @property
    def is_held(self) -> sa.ColumnElement[bool]:
        """A title has the word, or one that it is a part of: "hand" is in "handbook". A word of one or two letters must
        begin one."""
        return _among(t.title_words.c.word.in_(self._words))

    @property
    def is_held_by_each(self) -> sa.ColumnElement[bool]:
        return _in_each(t.title_words.c.word.in_(self._words))

    @property
    def is_whole(self) -> sa.ColumnElement[bool]:
        """A title has the word as it is."""
        return _among(t.title_words.c.word == self.word)

    @property
    def is_whole_in_each(self) -> sa.ColumnElement[bool]:
        return _in_each(t.title_words.c.word == self.word)

    @property
    def _words(self) -> sa.Select[str]:
        grams = t.word_grams.c
        match len(self.word):
            case 1:
                # LIKE alone would have SQLite go through all grams; nothing that begins so comes before its beginning.
                beginning = f"^{self.word}"
                return sa.select(grams.word).where(
                    grams.gram >= beginning, grams.gram.startswith(beginning, autoescape=True)
                )
            case 2:
                return sa.select(grams.word).where(grams.gram == f"^{self.word}")
            case _:  # its first gram finds the few words that may have it
                return sa.select(grams.word).where(
                    grams.gram == self.word[:3], grams.word.contains(self.word, autoescape=True)
                )


def _among(word: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return t.products.c.product_id.in_(sa.select(t.title_words.c.product_id).where(word))


def _in_each(word: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return sa.exists().where(t.title_words.c.product_id == t.products.c.product_id, word)


@dataclass(frozen=True, slots=True)
class _Term:
    """A word of a question: the words of the index it may stand for, and how many products have one (at most)."""

    variants: tuple[str, ...]
    products: int


def _telling(terms: list[_Term]) -> list[_Term]:
    """The rarest of the terms: as many as few thousand products have, since the others would find them no sooner."""
    rarest = sorted(terms, key=lambda term: term.products)
    reached = list(accumulate(term.products for term in rarest))
    return [term for term, products in zip(rarest, reached, strict=True) if products <= _MOST_ROWS] or rarest[
        :1
    ]


def _matches(term: _Term, total: int) -> sa.Select[tuple[str, float]]:
    """The products that a term is found in, each once, with the term's idf."""
    rarity = sa.literal(math.log(1 + total / term.products), sa.Float).label("rarity")
    words = t.title_words.c
    if len(term.variants) == 1:
        return sa.select(words.product_id, rarity).where(words.word == term.variants[0])
    return sa.select(words.product_id, rarity).where(words.word.in_(term.variants)).distinct()


def _insert(connection: sa.Connection, table: sa.Table, rows: Iterable[dict[str, str]]) -> None:
    values = list(rows)
    if values:
        connection.execute(sa.insert(table), values)


def _with_grams(words: Collection[str]) -> sa.Select[str]:
    """Those of the words that any product has, told by their first gram: "the" need not be counted for it."""
    grams = t.word_grams.c
    return sa.select(grams.word).where(
        grams.gram.in_(sorted({f"^{word}$"[:3] for word in words})),
        grams.word.in_(sorted(words)),
        sa.func.substr(sa.literal("^") + grams.word + sa.literal("$"), 1, 3) == grams.gram,
    )


def words_of(metadata: Metadata) -> set[str]:
    """The words by which a product is found: of its title, subtitle and series, and of who made it."""
    texts = (metadata.title, metadata.subtitle, metadata.series, *metadata.authors, *metadata.contributors)
    return {word for text in texts for word in title_terms(text)}


def gram_rows(words: Iterable[str]) -> list[dict[str, str]]:
    """The rows of `word_grams` by which words that are new to the index are found when misspelt."""
    return [{"gram": gram, "word": word} for word in sorted(words) for gram in sorted(_grams(word))]


def title_terms(text: str) -> list[str]:
    """Words as the title index holds them: folded for case and accents; of Chinese and Japanese, bigrams."""
    folded = fold_title(text)
    terms = []
    for word in _WORD.findall(folded):
        if is_spaceless(word):
            terms += [word[i : i + 2] for i in range(max(1, len(word) - 1))]
        else:
            terms.append(word.removesuffix("'s")[:64])
    return terms


def is_spaceless(text: str) -> bool:
    """Whether a text has a word of a script that puts no spaces between words."""
    return _SPACELESS.search(text) is not None


def fold_title(text: str) -> str:
    """`text` without case and accents, apostrophes made alike."""
    if text.isascii():
        return text.casefold()
    decomposed = unicodedata.normalize("NFKD", text.replace("’", "'").casefold())
    return unicodedata.normalize("NFC", "".join(c for c in decomposed if not unicodedata.combining(c)))


def _grams(word: str) -> set[str]:
    padded = f"^{word}$"
    return {padded[i : i + 3] for i in range(len(padded) - 2)}
