"""Which excerpts answer a question: by how well their telling sentences do, each place and each saying once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from wellread.agent.quoting.brief import Brief
from wellread.agent.quoting.excerpt import Excerpt, excerpt_around
from wellread.agent.quoting.text_shape import Shape, parts
from wellread.agent.state.question_form import QuestionForm, form_of, is_broad
from wellread.events import Snippet, TellingSentence
from wellread.library.editions import works
from wellread.text.languages import found
from wellread.text.sentences import sentences
from wellread.text.terms import language_of, passage_terms, question_terms
from wellread.text.words import count_words

_SNIPPET_SHARE = 0.4  # of the snippet's relevance in an excerpt's score
NEXT_WORTH = 0.8  # of the best excerpt's score, from which another is worth the reader's time
_SAME = 0.8  # of the shorter one's words, from which two excerpts say the same
_MOST, _MOST_BROAD, _MOST_DEEP = 2, 3, 5
_TOLD = 6  # sentences of a snippet
_FEWEST_WORDS = 3  # a shorter run of words stands in any text
_FORMS = {
    QuestionForm.AMOUNT: ("says_amount", 0.1),
    QuestionForm.TIME: ("says_time", 0.08),
    QuestionForm.REASON: ("says_reason", 0.08),
    QuestionForm.DEFINITION: ("says_definition", 0.05),
}
_SUBJECT = 0.12  # for a definition whose subject is what was asked about
_LISTED = 0.06  # for steps that stand in a list


@dataclass(slots=True)
class ExcerptChoice:
    """The excerpts of one answer. What has been taken is not given again."""

    brief: Brief
    worth: float = NEXT_WORTH  # of the best excerpt's score, that another must reach
    taken: list[Excerpt] = field(default_factory=list)

    def take(self, question: str, snippets: Sequence[Snippet], limit: int = 0) -> list[Excerpt]:
        """What answers a question, the best first: at most `limit` (0: as many as fit its form), and one at least of
        each title that the reader named."""
        form = form_of(question)
        limit = limit or self._limit(question, form)
        found_in = [e for snippet in snippets for e in self._offered(question, form, snippet)]
        ranked = sorted(found_in, key=lambda excerpt: -excerpt.score)
        chosen: list[Excerpt] = []
        best = ranked[0].score if ranked else 0.0
        for excerpt in ranked:
            if len(chosen) >= limit or excerpt.score < self.worth * best:
                break
            self._add(excerpt, chosen)
        for product_id in self._named():
            own = [e for e in ranked if e.snippet.product_id == product_id]
            if own and not any(e.snippet.product_id == product_id for e in (*chosen, *self.taken)):
                self._add(own[0], chosen)
        self.taken += chosen
        return chosen

    def _add(self, excerpt: Excerpt, chosen: list[Excerpt]) -> None:
        """Put an excerpt among the chosen, joined with a neighbour, unless it is there or says what one says."""
        for at, other in enumerate(chosen):
            if excerpt.overlaps(other):
                return
            if joined := other.with_(excerpt):
                chosen[at] = joined
                return
        if not any(excerpt.overlaps(o) or _same(excerpt, o) for o in (*chosen, *self.taken)):
            chosen.append(excerpt)

    def _offered(self, question: str, form: QuestionForm, snippet: Snippet) -> Iterable[Excerpt]:
        told = self.brief.telling.get((snippet.number, question)) or snippet.telling
        for sentence in told or told_by_words(question, snippet):
            text = snippet.text[sentence.start : sentence.end]
            score = sentence.score + _SNIPPET_SHARE * snippet.score + _fit(question, form, text)
            excerpt = excerpt_around(snippet, (sentence.start, sentence.end), score)
            if count_words(excerpt.text) < _FEWEST_WORDS:
                continue
            if form is QuestionForm.STEPS and any(
                part.shape in (Shape.ITEM, Shape.CODE) for part in excerpt.ranges
            ):
                excerpt = excerpt_around(snippet, (sentence.start, sentence.end), score + _LISTED)
            yield excerpt

    def _limit(self, question: str, form: QuestionForm) -> int:
        broad = is_broad(question) or form in (
            QuestionForm.STEPS,
            QuestionForm.OVERVIEW,
            QuestionForm.COMPARISON,
        )
        if self.brief.deep:
            return _MOST_DEEP
        return _MOST_BROAD if broad and len(self.brief.parts) < 3 else _MOST

    def _named(self) -> list[str]:
        """Of each work that the reader named or picked, the product."""
        editions = works(self.brief.scope)
        meant = [entry.product_id for entry in self.brief.scope if entry.found in ("named", "picked")]
        return list({editions.get(product_id, product_id): product_id for product_id in meant}.values())


def told_by_words(question: str, snippet: Snippet) -> tuple[TellingSentence, ...]:
    """The sentences of a snippet by the share of the question's words that they hold, the best first: for one that no
    search has scored."""
    language = language_of(snippet.text)
    words = question_terms(question, [language])
    told = []
    for part in parts(snippet.text):
        if part.shape is Shape.LINE:
            continue
        for start, end in sentences(snippet.text[part.start : part.end]):
            start, end = part.start + start, part.start + end
            terms = set(passage_terms(snippet.text[start:end], "", language))
            held = sum(not terms.isdisjoint(forms) for forms in words) / max(1, len(words))
            told.append(TellingSentence(start=start, end=end, score=round(held, 3)))
    return tuple(sorted(told, key=lambda sentence: -sentence.score)[:_TOLD])


def _fit(question: str, form: QuestionForm, text: str) -> float:
    """What the form of a sentence adds for a question of a form."""
    if form not in _FORMS:
        return 0.0
    name, bonus = _FORMS[form]
    match = found("forms", name, text)
    if match and form is QuestionForm.DEFINITION:
        language = language_of(question)
        asked = {term for forms in question_terms(question, [language]) for term in forms}
        return bonus + _SUBJECT * (not asked.isdisjoint(passage_terms(match[0], "", language)))
    return bonus if match else 0.0


def _same(one: Excerpt, other: Excerpt) -> bool:
    words, others = (set(excerpt.text.casefold().split()) for excerpt in (one, other))
    return len(words & others) >= _SAME * max(1, min(len(words), len(others)))
