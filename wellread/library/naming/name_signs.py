"""Whether words that a question shares with a title are its name: the signs that they are one.

Words of a title are also ordinary language ("Policy", "command line tool"), and the more titles there are, the more
questions have words of one by chance. So they are a name only with a sign: quotation marks, a kind word beside them
("the book …"), a verb of saying ("… says"), capitals, the title's beginning behind a preposition ("in Emma"). What many
titles have is what they are about, and then a weak sign is none. Between the two it is doubtful.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise

from wellread.library.naming.title_matches import TitleMatch
from wellread.library.naming.words import (
    QuestionWord,
    is_function_word,
    is_small,
    kinds_of,
    listed,
    says_nothing,
    words_as_written,
)
from wellread.text.languages import languages

MOST_WORKS = 2  # that one name may mean; what more titles have is a topic
_MANY = 10  # titles that have the words of one: then the words are a topic though one title is called just so
_NEAR = 3  # words between a kind and the name


class Certainty(IntEnum):
    NONE = 0
    DOUBTFUL = 1
    SURE = 2


@dataclass(frozen=True, slots=True)
class NameSigns:
    """The signs of one question. `titles_with` counts the titles that have all of some words, at least up to eleven."""

    words: Sequence[QuestionWord]
    language: str  # of the question
    titles_with: Callable[[tuple[str, ...]], int]

    def certainty(self, match: TitleMatch) -> Certainty:
        """How surely a run of shared words is the name of its title."""
        run = self.words[match.first : match.last + 1]
        telling = [
            word for word in run if not is_function_word(word.word, self.language) and not word.word.isdigit()
        ]
        if not telling or says_nothing(match.words):
            return self._of_function_words(match, run)
        if self._in_quotes(run):
            return self._of_quoted(match, telling)
        if all(_is_kind(word.word) for word in telling) or (match.passed and len(telling) < 4):
            return Certainty.NONE
        if match.slips > (len(telling) + 1) // 2:
            return Certainty.NONE
        match len(telling):
            case 1:
                return self._of_one(match, telling[0])
            case 2:
                return self._of_two(match, telling)
            case _:
                return self._of_several(match, telling)

    def _of_function_words(self, match: TitleMatch, run: Sequence[QuestionWord]) -> Certainty:
        """ "What If": never by its words alone."""
        if not match.is_whole or match.slips or match.passed or not _is_capital(run[0]):
            return Certainty.NONE
        quoted = self._in_quotes(run)
        kind = self._kind_beside(match)
        if quoted:
            return (
                Certainty.SURE
                if kind or self._is_said(match) or self._is_placed(match)
                else Certainty.DOUBTFUL
            )
        return Certainty.SURE if kind and all(map(_is_capital, run)) else Certainty.NONE

    def _of_quoted(self, match: TitleMatch, telling: Sequence[QuestionWord]) -> Certainty:
        """Names stand in quotation marks, and so do terms that are asked about."""
        signed = self._kind_beside(match) or self._is_said(match) or self._is_placed(match)
        if len(telling) == 1 and not match.is_whole:
            return Certainty.NONE
        if match.is_whole:
            if signed or len(telling) > 2:
                return Certainty.SURE
            run = self.words[match.first : match.last + 1]
            capital = all(map(_is_capital, telling)) or (_is_capital(run[0]) and _as_written(match, run))
            if self._is_topic(match):
                return Certainty.DOUBTFUL if capital else Certainty.NONE
            verbatim = match.slips == 0 and self._is_caseless(telling)
            return Certainty.SURE if capital or verbatim else Certainty.DOUBTFUL

        if match.coverage < 0.4 or self._is_topic(match, most=MOST_WORKS):
            return Certainty.NONE
        return Certainty.SURE if signed or match.leading else Certainty.DOUBTFUL

    def _of_one(self, match: TitleMatch, word: QuestionWord) -> Certainty:
        if not match.is_whole or len(word.word) < 2 or (match.slips and len(word.word) < 6):
            return Certainty.NONE
        if self._kind_before(match):
            if word.capital or self._is_only_name(match):
                return Certainty.SURE
            return Certainty.NONE if self._is_topic(match) else Certainty.DOUBTFUL
        capital = word.capital and not self._capitals_are_of_nouns
        if self._kind_beside(match):
            if capital:
                return Certainty.SURE if self._is_only_name(match) else Certainty.DOUBTFUL
            return Certainty.DOUBTFUL if self._is_only_name(match) else Certainty.NONE
        if match.slips or self._is_of_longer_name(match):
            return Certainty.NONE
        if word.capital and self._is_said(match) and (capital or not self._has_article(match)):
            return Certainty.SURE if self._is_only_name(match) else Certainty.DOUBTFUL
        if capital and self._is_placed(match):
            if self._is_only_name(match):
                return Certainty.SURE
            return Certainty.NONE if self._is_topic(match, most=MOST_WORKS) else Certainty.DOUBTFUL
        alone = len(self.words) == match.last - match.first + 1
        is_signed = capital or alone or (self._is_said(match) and not self._has_article(match))
        return Certainty.DOUBTFUL if is_signed and self._is_only_name(match) else Certainty.NONE

    def _of_two(self, match: TitleMatch, telling: Sequence[QuestionWord]) -> Certainty:
        capital = self._is_capital_run(match, telling)
        kind, said, placed = self._kind_beside(match), self._is_said(match), self._is_placed(match)
        if match.is_whole:
            if kind or self._begins_question(match) or (capital and said):
                return Certainty.SURE
            if capital:
                return Certainty.DOUBTFUL if self._is_topic(match) else Certainty.SURE
            if said or self._is_caseless(telling):
                return Certainty.DOUBTFUL
            return Certainty.DOUBTFUL if placed and not self._is_topic(match) else Certainty.NONE
        guest = said and capital and match.last - match.first == 1
        begun = match.coverage >= 0.5 and (kind or placed or (capital and match.leading))
        if not (guest or begun) or self._is_topic(match, most=MOST_WORKS):
            return Certainty.NONE
        if guest or (kind and (capital or match.leading)):
            return Certainty.SURE
        return Certainty.SURE if placed and (capital or self._is_attributed(match)) else Certainty.DOUBTFUL

    def _of_several(self, match: TitleMatch, telling: Sequence[QuestionWord]) -> Certainty:
        capital = self._is_capital_run(match, telling)
        kind, said, placed = self._kind_beside(match), self._is_said(match), self._is_placed(match)
        signed = capital or kind or said
        if match.is_whole:
            is_long = match.weight > 3  # three telling words and another
            if signed or placed or is_long or self._begins_question(match):
                return Certainty.SURE
            return Certainty.NONE if self._is_topic(match) else Certainty.DOUBTFUL
        if match.coverage < 0.4 or not signed or self._is_topic(match, most=MOST_WORKS):
            return Certainty.NONE
        if match.leading or kind or len(telling) > 3:
            return Certainty.SURE
        return Certainty.DOUBTFUL if capital else Certainty.NONE

    # The signs

    def _is_topic(self, match: TitleMatch, *, most: int = _MANY) -> bool:
        """Whether more titles than `most` have these words."""
        return self.titles_with(match.words) > most

    def _is_only_name(self, match: TitleMatch) -> bool:
        return not self._is_topic(match, most=1)

    def _in_quotes(self, run: Sequence[QuestionWord]) -> bool:
        """Whether the run is what stands in a pair of quotation marks, or the most of it."""
        span = run[0].quoted
        if span is None or any(word.quoted != span for word in run):
            return False
        return len(run) >= 0.6 * sum(word.quoted == span for word in self.words)

    def _is_capital_run(self, match: TitleMatch, telling: Sequence[QuestionWord]) -> bool:
        """Whether capitals stand where a name has them: at each word, or as in the title, as in "Война и мир"."""
        if not any(word.capital for word in telling):
            return False
        run = self.words[match.first : match.last + 1]
        return all(map(_is_capital, telling)) or (_is_capital(run[0]) and _as_written(match, run))

    def _is_of_longer_name(self, match: TitleMatch) -> bool:
        """Whether another word with a capital stands next to it: the European Union is not *European*."""
        before = self.words[max(0, match.first - 1) : match.first + 1]
        after = self.words[match.last : match.last + 2]
        return any(
            one.capital and other.capital and one.end + 1 == other.start
            for one, other in (*pairwise(before), *pairwise(after))
        )

    @property
    def _capitals_are_of_nouns(self) -> bool:
        return bool(languages().get(self.language, {}).get("capitals") == "nouns")

    def _is_caseless(self, telling: Sequence[QuestionWord]) -> bool:
        """Whether the script has no capitals that could be a sign."""
        return all(word.word.upper() == word.word.lower() for word in telling)

    def _kind_beside(self, match: TitleMatch) -> bool:
        """Whether the product's own kind is said with the name: "the talk about X", "book X", "the X podcast", "the X
        Manual". To talk about X is something else."""
        after = self.words[match.last + 1 : match.last + 2]
        if after and self._is_own_kind(match, after[0]):
            return True
        ends = listed("book") | listed("title_ends")
        if match.last > match.first and self.words[match.last].word in ends:
            return True
        return self._kind_before(match)

    def _kind_before(self, match: TitleMatch) -> bool:
        """ "The book X", "his book, X", "the talk about X"; "the best book on X" only asks for one."""
        before = self.words[max(0, match.first - _NEAR - 2) : match.first]
        for at in range(len(before) - 1, -1, -1):
            word = before[at]
            if self._is_own_kind(match, word):
                said = at > 0 and before[at - 1].word in listed("determiners")
                return said or (at == len(before) - 1 and self.words[match.first].capital)
            if not (is_small(word.word) or word.word in listed("about")):
                return False
        return False

    def _is_own_kind(self, match: TitleMatch, word: QuestionWord) -> bool:
        return match.product.kind in kinds_of(word.word)

    def _is_said(self, match: TitleMatch) -> bool:
        """ "X says", "what does X recommend", "according to X"; "was sagt X", but "explain X" is a request."""
        after = self.words[match.last + 1 : match.last + 2]
        before = self.words[max(0, match.first - 1) : match.first] if self.language != "en" else ()
        return any(word.word in listed("says") for word in (*before, *after)) or self._is_attributed(match)

    def _has_article(self, match: TitleMatch) -> bool:
        return any(
            word.word in listed("articles") for word in self.words[max(0, match.first - 1) : match.first]
        )

    def _is_attributed(self, match: TitleMatch) -> bool:
        """ "According to X", "per X"."""
        before = [word.word for word in self.words[max(0, match.first - _NEAR) : match.first]]
        while before and is_small(before[-1]):
            if before[-1] in listed("attributes_to"):
                break
            before.pop()
        return bool(before) and before[-1] in listed("attributes_to")

    def _is_placed(self, match: TitleMatch) -> bool:
        """Whether the title's beginning follows a preposition, as in "in Emma"."""
        before = [word.word for word in self.words[max(0, match.first - 2) : match.first]]
        if not match.leading or not before:
            return False
        if before[-1] in listed("articles") and len(before) > 1:
            before.pop()
        return before[-1] in listed("before_titles") or self._is_attributed(match)

    def _begins_question(self, match: TitleMatch) -> bool:
        """ "steady hands on feedback", or nothing but the name."""
        after = self.words[match.last + 1 : match.last + 2]
        return match.first == 0 and all(word.word in listed("about") for word in after)


def _is_capital(word: QuestionWord) -> bool:
    return word.capital or word.begins or word.word[0].isdigit()


def _as_written(match: TitleMatch, run: Sequence[QuestionWord]) -> bool:
    return words_as_written(match.product.title)[: len(run)] == tuple(word.text for word in run)


def _is_kind(word: str) -> bool:
    return bool(kinds_of(word)) or word in listed("title_ends")
