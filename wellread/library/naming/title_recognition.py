"""Which titles the words of a question name: by title, part of a title, or author.

A title is matched word by word, misspellings allowed, against the few candidates of the title index; what is a name of
those matches, `name_signs` says.
"""

from collections.abc import Callable, Sequence
from functools import cache

from wellread.content import Product
from wellread.library.naming.author_recognition import mentions_of_authors
from wellread.library.naming.mentions import Mention, Naming
from wellread.library.naming.name_signs import MOST_WORKS, Certainty, NameSigns
from wellread.library.naming.title_matches import TitleMatch, title_matches
from wellread.library.naming.words import Spellings, question_words, title_words
from wellread.library.naming.works import one_edition_each
from wellread.store.catalog.title_index import fold_title
from wellread.text.terms import language_of

_MOST_DOUBTFUL = 5  # works of one name that are searched though it may mean any of them
_AS_WELL = 0.05  # of a title's words, by which one match is no better than another

TitleCounter = Callable[[tuple[str, ...]], int]


def named_titles(
    question: str, candidates: Sequence[Product], titles_with: TitleCounter | None = None
) -> Naming:
    """What the question names among `candidates`. `titles_with` counts the titles of the library that have all of some
    words, exactly up to three; without it, those of the candidates are counted."""
    words = question_words(question)
    spellings = Spellings(word.word for word in words)
    signs = NameSigns(words, language_of(question), cache(titles_with or _counter(candidates)))
    matches = [match for product in candidates for match in title_matches(words, spellings, product)]
    left = _names(matches, signs)
    mentions: list[Mention] = []
    doubtful: list[Mention] = []
    ambiguous: list[Product] = []
    while left:
        sure, best = left[0]
        alike = [match for other, match in left if other == sure and _is_as_good(match, best)]
        works = one_edition_each([match.product for match in alike], question)
        mention = Mention(words[best.first].start, words[best.last].end, tuple(works[:_MOST_DOUBTFUL]))
        if len(works) > MOST_WORKS:
            doubtful += [mention] if len(works) <= _MOST_DOUBTFUL else []
        elif sure is Certainty.SURE:
            mentions.append(mention)
            ambiguous += works if len(works) > 1 else []
        else:
            doubtful.append(mention)
        left = [(other, match) for other, match in left if not _overlaps(match, best)]
    mentions += mentions_of_authors(question, words, spellings, candidates, mentions)
    mentions.sort(key=lambda mention: mention.start)
    return Naming(tuple(mentions), tuple(dict.fromkeys(ambiguous)), tuple(doubtful))


def _names(matches: Sequence[TitleMatch], signs: NameSigns) -> list[tuple[Certainty, TitleMatch]]:
    """The matches that are or may be names, the surest first, then the longest; without those that lie in a longer one
    which is a name."""
    found: list[tuple[Certainty, TitleMatch]] = []
    taken: list[TitleMatch] = []
    for match in sorted(matches, key=lambda one: (-one.weight, -one.coverage, one.product.product_id)):
        if any(_overlaps(match, best) and not _is_as_good(match, best) for best in taken):
            continue
        sure = signs.certainty(match)
        if sure is not Certainty.NONE:
            found.append((sure, match))
        if sure is Certainty.SURE:
            taken.append(match)
    return sorted(found, key=lambda one: -one[0])


def _is_as_good(match: TitleMatch, best: TitleMatch) -> bool:
    return (
        match.weight == best.weight and match.coverage >= best.coverage - _AS_WELL and _overlaps(match, best)
    )


def _overlaps(one: TitleMatch, other: TitleMatch) -> bool:
    return one.first <= other.last and other.first <= one.last


def _counter(candidates: Sequence[Product]) -> TitleCounter:
    texts = {
        fold_title(product.title): {*title_words(product.title), *title_words(product.metadata.subtitle)}
        for product in candidates
    }

    def count(words: tuple[str, ...]) -> int:
        return sum(text.issuperset(words) for text in texts.values())

    return count
