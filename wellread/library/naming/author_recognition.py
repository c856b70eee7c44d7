"""Authors by whom a question means their works: by the full name, or the last name with a sign that he is meant."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wellread.content import Product
from wellread.library.naming.kinds import kinds_meant
from wellread.library.naming.mentions import Mention
from wellread.library.naming.words import (
    QuestionWord,
    Spellings,
    kinds_of,
    listed,
    same_word,
    slipped,
    title_words,
)
from wellread.library.naming.works import one_edition_each
from wellread.store.catalog.title_index import fold_title

_MOST_NAMESAKES = 2  # authors of one last name, beyond which it tells nobody


@dataclass(frozen=True, slots=True)
class _NameSpan:
    first: int
    last: int
    is_full: bool  # the whole name


def mentions_of_authors(
    question: str,
    words: Sequence[QuestionWord],
    spellings: Spellings,
    candidates: Sequence[Product],
    mentions: Sequence[Mention],
) -> Iterator[Mention]:
    """Mentions of authors none of whose titles is named otherwise: all their works, of the kinds meant."""
    explained = {fold_title(a) for m in mentions for product in m.products for a in product.metadata.authors}
    by_author: dict[str, list[Product]] = {}
    for product in candidates:
        for author in product.metadata.authors:
            by_author.setdefault(fold_title(author), []).append(product)
    known = {author for author in by_author if any(map(spellings.of, title_words(author)[-1:]))}
    spans = {author: span for author in by_author if author in known and (span := _span_of(author, words))}
    kinds = kinds_meant(question)
    for author, span in spans.items():
        start, end = words[span.first].start, words[span.last].end
        if author in explained or any(mention.overlaps(start, end) for mention in mentions):
            continue
        others = [other for name, other in spans.items() if name != author and _covers(other, span)]
        if any(other.is_full for other in others):
            continue  # "Ada Lovelace" is no other Lovelace
        if not span.is_full and len(others) >= _MOST_NAMESAKES:
            continue
        products = by_author[author]
        meant = [product for product in products if not kinds or product.kind in kinds] or products
        yield Mention(start, end, tuple(one_edition_each(meant, question)))


def _covers(one: _NameSpan, other: _NameSpan) -> bool:
    return one.first <= other.first and other.last <= one.last


def _span_of(author: str, words: Sequence[QuestionWord]) -> _NameSpan | None:
    name = [word for word in title_words(author) if len(word) > 1]
    if not name:
        return None
    size = len(name)
    for i in range(len(words) - size + 1):
        run = words[i : i + size]
        alike = all(same_word(one.word, other) for one, other in zip(run, name, strict=True))
        if alike and _is_name(i, run, words):
            return _NameSpan(i, i + size - 1, is_full=True)
    for i, word in enumerate(words):
        if size > 1 and len(name[-1]) > 3 and word.capital and _is_last_name(i, name[-1], words):
            return _NameSpan(i, i, is_full=False)
    return None


def _is_name(i: int, run: Sequence[QuestionWord], words: Sequence[QuestionWord]) -> bool:
    """Whether the words of a name stand there as one: "how will wood burn" is not about Will Wood."""
    if all(word.capital or word.begins for word in run) and (len(run) == 1 or any(w.capital for w in run)):
        return len(run) > 1 or _is_spoken_of(i, words)
    return not any(word.word.isascii() for word in run) or _is_spoken_of(i, words, len(run))


def _is_spoken_of(i: int, words: Sequence[QuestionWord], size: int = 1) -> bool:
    """Whether it is told, asked of or read: "what does Melville say", "by Melville", "Melville's book"."""
    said = listed("speech") | listed("says")
    before, after = words[max(0, i - 1) : i], words[i + size : i + size + 2]
    if any(near.word in said | listed("before_titles") or kinds_of(near.word) for near in before):
        return True
    return any(near.word in said or kinds_of(near.word) for near in after)


def _is_last_name(i: int, name: str, words: Sequence[QuestionWord]) -> bool:
    if any(following.capital for following in words[i + 1 : i + 2]):
        return False  # the given name of somebody else
    around = [*words[max(0, i - 2) : i], *words[i + 1 : i + 3]]
    spoken = any(near.word in listed("speech") or kinds_of(near.word) for near in around)
    played = i > 0 and words[i - 1].word in listed("personates")
    return (words[i].word == name and (spoken or played)) or (spoken and slipped(words[i].word, name))
