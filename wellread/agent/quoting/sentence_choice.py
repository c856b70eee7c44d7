"""Which sentences of the sources answer a question best, without saying the same thing twice.

Each sentence is scored by its similarity to the question, the share of the question's words it holds, and its
form; the choice is by maximal marginal relevance (Carbonell and Goldstein, 1998) over the whole answer.
"""

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from wellread.agent.quoting import quotable
from wellread.agent.quoting.candidates import Candidate, place_of, shared_terms
from wellread.agent.quoting.question_form import AnswerForm, form_of
from wellread.agent.quoting.text_shape import Quote, parts
from wellread.index.passages import Vectors
from wellread.text.sentences import sentences
from wellread.text.terms import language_of, passage_terms, question_terms
from wellread.text.words import count_words

_MOST_EMBEDDED = 240  # a second or so of work on a laptop
_RELEVANCE_SHARE = 0.72  # λ of maximal marginal relevance
_SAME = 0.72  # shared words from which two sentences count as one
_SAME_COSINE = 0.92
WORTH = 0.55  # of the best score; what is below it is not worth the reader's time
_TITLED = 0.3  # on top of the words held, when the section's title nearly is the question
GROWN_WORDS = 48  # a point's length, up to which it is quoted on
_FEWEST_POINTS, _STILL_WORTH = 2, 0.4  # an answer of one sentence is helped by a weaker second
_CLEARLY = 0.1  # of the best score for a question
# Stems that say what is wanted, and not about what.
_COMMON_STEMS = """
    differ distinct between best way thing book author video talk effect good make use explain tell mean
    compar versus vs work someth anyth peopl get need over up out
"""
_COMMON = frozenset(_COMMON_STEMS.split())


class SentenceEmbedder(Protocol):
    """As much of index.passages.Embedder as is needed here: unit vectors of sentences and of questions."""

    def embed_passages(self, texts: Sequence[str]) -> Vectors: ...
    def embed_questions(self, texts: Sequence[str]) -> Vectors: ...


@dataclass(slots=True)
class SentenceChoice:
    """The candidates of an answer, their scores for each question, and what has been chosen so far."""

    candidates: tuple[Candidate, ...]
    questions: tuple[str, ...]
    scores: tuple[tuple[float, ...], ...]  # [question][candidate]
    vectors: Vectors | None
    works: Mapping[str, str] = field(default_factory=dict)  # product id → the first edition of the same work
    chosen: list[int] = field(default_factory=list)
    shown: list[Candidate] = field(default_factory=list)  # quoted besides: what a point has grown by, tables

    def take(
        self,
        question: str,
        among: Collection[int],
        limit: int,
        *,
        share: bool = True,
        advice: bool = False,
        reserve: bool = True,
        worth: float = WORTH,
    ) -> list[Candidate]:
        """The up to `limit` best candidates from the snippets numbered in `among`, in order of choice. They
        are not given a second time. With `share` each work has its turn before any has another, with
        `reserve` what suits a later question better is left to it; `worth` is the share of the best score
        that a candidate must reach."""
        row = self.scores[self.questions.index(question)]
        eligible = [
            index
            for index, candidate in enumerate(self.candidates)
            if candidate.quote.snippet.number in among
            and (not advice or candidate.advises)
            and not (reserve and self._belongs_elsewhere(question, index))
        ]
        top = max((row[index] for index in eligible), default=0.0)
        still = [index for index in eligible if row[index] >= min(worth, _STILL_WORTH) * top]
        worthy = [index for index in still if row[index] >= worth * top]
        if share:
            for work in {self._work(index) for index in still} - {self._work(index) for index in worthy}:
                worthy.append(max((i for i in still if self._work(i) == work), key=row.__getitem__))
        eligible = worthy if len(worthy) >= _FEWEST_POINTS else still
        taken: list[int] = []
        while eligible and len(taken) < limit:
            eligible = [index for index in eligible if not self._is_said(index)]
            turn = self._turn(eligible, taken) if share else eligible
            if not turn:
                break
            # The best itself comes first; only what joins it has to bring something new.
            best = max(turn, key=lambda index: self._marginal(index, row) if taken else row[index])
            taken.append(best)
            self.chosen.append(best)
            eligible.remove(best)
        return [self.candidates[index] for index in taken]

    def give_back(self, left: Sequence[Candidate]) -> None:
        """Undo the taking of these, so that they may be taken again."""
        self.chosen = [index for index in self.chosen if self.candidates[index] not in left]

    def exclude(self, quote: Quote) -> None:
        """Count this range as said: a table that is shown as a whole, say."""
        self.shown.append(Candidate(quote, frozenset(), place_of(quote)))

    def grown(self, candidate: Candidate) -> Candidate:
        """A candidate that was taken, with the sentences that follow it in its paragraph, as far as they add
        to it within the length of a point and have not been quoted."""
        if candidate.items:
            return candidate
        quote, text = candidate.quote, candidate.quote.snippet.text
        part = next(part for part in parts(text) if part.start <= quote.start and quote.end <= part.end)
        end = quote.end
        for start, stop in sentences(text[part.start : part.end]):
            following = Quote(quote.snippet, part.start + start, part.start + stop)
            if following.start < quote.end:
                continue
            words = count_words(text[quote.start : following.end])
            if words > GROWN_WORDS or not quotable.continues(following.text, text[quote.start : end]):
                break
            if self._is_shown(Candidate(following, frozenset(), place_of(following))):
                break
            end = following.end
        if end == quote.end:
            return candidate
        self.exclude(Quote(quote.snippet, quote.end, end))
        return replace(candidate, quote=Quote(quote.snippet, quote.start, end))

    def _is_shown(self, candidate: Candidate) -> bool:
        said = (*(self.candidates[index] for index in self.chosen), *self.shown)
        return any(candidate.overlaps(other) for other in said)

    def _belongs_elsewhere(self, question: str, index: int) -> bool:
        """Whether a candidate is better placed among those of a question that is answered later."""
        own = self.questions.index(question)
        standings = [row[index] / max(*row, 0.01) for row in self.scores[own:]]
        return max(standings) > standings[0] + _CLEARLY

    def _turn(self, eligible: list[int], taken: list[int]) -> list[int]:
        """Those of the titles that have had no turn yet, or all when every title has had one."""
        served = {self._work(index) for index in taken}
        return [index for index in eligible if self._work(index) not in served] or eligible

    def _work(self, index: int) -> str:
        product_id = self.candidates[index].quote.snippet.product_id
        return self.works.get(product_id, product_id)

    def _marginal(self, index: int, row: Sequence[float]) -> float:
        likeness = max((self._likeness(index, other) for other in self.chosen), default=0.0)
        return _RELEVANCE_SHARE * row[index] - (1 - _RELEVANCE_SHARE) * likeness

    def _is_said(self, index: int) -> bool:
        mine = self.candidates[index]
        return self._is_shown(mine) or any(
            shared_terms(mine, self.candidates[chosen]) >= _SAME
            or (
                self.vectors is not None and float(self.vectors[index] @ self.vectors[chosen]) >= _SAME_COSINE
            )
            for chosen in self.chosen
        )

    def _likeness(self, index: int, other: int) -> float:
        if self.vectors is not None:
            return max(0.0, float(self.vectors[index] @ self.vectors[other]))
        one, two = self.candidates[index].terms, self.candidates[other].terms
        return len(one & two) / max(1, len(one | two))


def weigh(
    questions: Sequence[str],
    offered: tuple[Candidate, ...],
    embedder: SentenceEmbedder | None = None,
    works: Mapping[str, str] | None = None,
) -> SentenceChoice:
    """The scores of all candidates for all questions. With an embedder this takes up to about a second."""
    vectors: Vectors | None = None
    asked: Vectors | None = None
    if embedder is not None and offered:
        offered = _foremost(questions, offered)
        vectors = embedder.embed_passages([candidate.text for candidate in offered])
        asked = embedder.embed_questions(list(questions))
    rarity = _rarity(offered)
    rows = []
    for number, question in enumerate(questions):
        lexical = _coverages(question, offered, rarity)
        cosines = (vectors @ asked[number]) if vectors is not None and asked is not None else None
        form = form_of(question)
        rows.append(
            tuple(
                _score(question, form, candidate, lexical[i], None if cosines is None else float(cosines[i]))
                for i, candidate in enumerate(offered)
            )
        )
    return SentenceChoice(offered, tuple(questions), tuple(rows), vectors, works or {})


def _score(
    question: str, form: AnswerForm, candidate: Candidate, covered: float, cosine: float | None
) -> float:
    """0 to about 1.2. The weights were set by reading answers, not by fitting."""
    text = candidate.text
    score = 0.65 * covered if cosine is None else 0.55 * max(cosine, 0.0) + 0.3 * covered
    score += 0.12 * candidate.quote.snippet.score
    score += 0.03 * candidate.opens
    score += _fit(question, form, candidate)
    if quotable.narrates(text):
        score -= 0.2
    if quotable.names_nobody(text):
        score -= 0.08
    if quotable.leans_back(text):
        score -= 0.25
    words = count_words(text)
    if not candidate.items and words < 9:
        score -= 0.04
    return score


def _fit(question: str, form: AnswerForm, candidate: Candidate) -> float:
    """What the form of a candidate adds for a question of a form."""
    text = candidate.text
    match form:
        case AnswerForm.DEFINITION:
            subject = quotable.subject_of(text)
            language = language_of(question)
            asked = {form for forms in question_terms(question, [language]) for form in forms}
            return 0.18 if subject and asked & set(passage_terms(subject, "", language)) else 0.0
        case AnswerForm.COMPARISON:
            return 0.08 if quotable.contrasts(text) else 0.0
        case AnswerForm.STEPS:
            if candidate.items:
                return 0.08
            return 0.08 if candidate.advises else 0.0
        case AnswerForm.REASON:
            return 0.1 if quotable.gives_reason(text) else 0.0
        case AnswerForm.AMOUNT:
            return 0.12 if quotable.gives_amount(text) else -0.05
        case AnswerForm.TIME:
            return 0.08 if quotable.gives_time(text) else 0.0
        case AnswerForm.OTHER:
            return 0.0


def _coverages(question: str, offered: tuple[Candidate, ...], rarity: dict[str, float]) -> list[float]:
    """For each candidate the share of the question's words it holds, rarer ones counting more; words that
    only its section's title holds count half."""
    languages = dict.fromkeys(language_of(candidate.quote.snippet.text) for candidate in offered)
    words = question_terms(question, languages)
    telling = [forms for forms in words if not _COMMON.intersection(forms)] or words
    weights = [max(rarity.get(form, 1.0) for form in forms) for forms in telling]
    total = sum(weights) or 1.0
    shares = []
    for candidate in offered:
        heading = frozenset(passage_terms(candidate.quote.snippet.section.rpartition("›")[2], "", "en"))
        held = 0.0
        for forms, weight in zip(telling, weights, strict=True):
            if not candidate.terms.isdisjoint(forms):
                held += weight
            elif not heading.isdisjoint(forms) or not candidate.in_items.isdisjoint(forms):
                held += weight / 2
        titled = sum(not heading.isdisjoint(forms) for forms in telling) / len(telling)
        shares.append(held / total + _TITLED * (titled >= 0.6))
    return shares


def _rarity(offered: tuple[Candidate, ...]) -> dict[str, float]:
    """An inverse document frequency over the candidates, damped: they were found by these very words."""
    counts = Counter(term for candidate in offered for term in candidate.terms)
    return {term: 1.0 + 0.5 * math.log(1 + len(offered) / (1 + count)) for term, count in counts.items()}


def _foremost(questions: Sequence[str], offered: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    if len(offered) <= _MOST_EMBEDDED:
        return offered
    rarity = _rarity(offered)
    best = np.max([_coverages(question, offered, rarity) for question in questions], axis=0)
    keep = sorted(np.argsort(-best, kind="stable")[:_MOST_EMBEDDED])
    return tuple(offered[index] for index in keep)
