"""Where a question shares words with a title: runs of words in the same order, misspellings and gaps allowed."""

from collections.abc import Sequence
from dataclasses import dataclass

from wellread.content import Product
from wellread.library.naming.words import (
    QuestionWord,
    Spellings,
    is_small,
    says_nothing,
    title_words,
    weight,
)

_STEPS = ((1, 1), (1, 2), (2, 1), (2, 2))  # on each side one word may be passed over
_LEAST_HALF = 4  # words of a subtitle that names by itself


@dataclass(frozen=True, slots=True)
class TitleMatch:
    """A run of a question's words (`first` to `last`, both inclusive) that stands in a title."""

    product: Product
    first: int
    last: int
    words: tuple[str, ...]  # of the run, as the title spells them, without small ones
    weight: float  # of the words matched: 1 each, small words 0.25
    coverage: float  # of the main title, 0 to 1, or of the subtitle where the run is in that alone
    leading: bool  # whether the run begins where the title does
    slips: int  # words that are spelled otherwise
    passed: int  # words of the question within the run that the title does not have

    @property
    def is_whole(self) -> bool:
        return self.coverage >= 0.85


def title_matches(words: Sequence[QuestionWord], spellings: Spellings, product: Product) -> list[TitleMatch]:
    """Every run of words that the question shares with the title or its parts."""
    main, _, rest = product.title.partition(":")
    subtitle = product.metadata.subtitle
    own = title_words(main)
    if says_nothing(own):
        return _verbatim(words, own, product)
    finder = _Runs(words, spellings, product)
    found = finder.of(own)
    unnumbered = [word for word in own if not word.isdigit()]
    if 2 <= len(unnumbered) < len(own):  # of which version it is, a question seldom says
        found += finder.of(unnumbered)
    if rest or subtitle:
        whole = product.title if rest else f"{main} {subtitle}"
        found += finder.of(title_words(whole), of_main=len(own))
    for half in (rest, subtitle):
        part = title_words(half)
        if len(part) >= _LEAST_HALF:
            found += finder.of(part)
    return found


def _verbatim(words: Sequence[QuestionWord], own: tuple[str, ...], product: Product) -> list[TitleMatch]:
    """Where a title of function words only stands as it is."""
    told = tuple(word.word for word in words)
    size = len(own)
    total = sum(map(weight, own))
    return [
        TitleMatch(product, i, i + size - 1, own, total, 1.0, True, 0, 0)
        for i in range(len(told) - size + 1)
        if size and told[i : i + size] == own
    ]


@dataclass(frozen=True, slots=True)
class _Runs:
    question: Sequence[QuestionWord]
    spellings: Spellings
    product: Product

    def of(self, words: Sequence[str], *, of_main: int | None = None) -> list[TitleMatch]:
        """The runs in a text of the title. `of_main`: how many of its words are the main title's, by which a run that
        begins in it is measured."""
        main = len(words) if of_main is None else of_main
        places: dict[str, list[int]] = {}
        for i, token in enumerate(self.question):
            places.setdefault(token.word, []).append(i)
        like = [self.spellings.of(word) for word in words]
        found = []
        for j, word in enumerate(words):
            if j >= main:
                break  # a subtitle's own runs are measured by itself
            if is_small(word):
                continue
            for spelled in like[j]:
                found += [self._run(i, j, words, like, main) for i in places[spelled]]
        return found

    def _run(
        self, i: int, j: int, words: Sequence[str], like: Sequence[frozenset[str]], main: int
    ) -> TitleMatch:
        question = self.question
        carried = in_main = 1.0
        at, in_title, last, passed = i, j, i, 0
        shared = [words[j]]
        slips = int(question[i].word != words[j])
        while True:
            step = next(
                (
                    (di, dj)
                    for di, dj in _STEPS
                    if at + di < len(question)
                    and in_title + dj < len(words)
                    and question[at + di].word in like[in_title + dj]
                ),
                None,
            )
            if step is None:
                break
            skips = step[0] == 2 and not is_small(question[at + 1].word)
            at, in_title = at + step[0], in_title + step[1]
            word = words[in_title]
            carried += weight(word)
            in_main += weight(word) if in_title < main else 0.0
            if not is_small(word):
                last = at
                shared.append(word)
                passed += skips
                slips += question[at].word != word
        before = words[:j]
        leading = all(map(is_small, before))
        small = sum(map(weight, filter(is_small, before)))
        first = i
        while leading and first > max(0, i - j) and question[first - 1].word == words[j - (i - first) - 1]:
            first -= 1  # "A First Course": the article is part of the name
        total = sum(map(weight, words[:main])) or 1.0
        coverage = min(1.0, (in_main + small) / total)
        return TitleMatch(self.product, first, last, tuple(shared), carried, coverage, leading, slips, passed)
