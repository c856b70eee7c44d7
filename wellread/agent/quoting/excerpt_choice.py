"""Which excerpts answer a question: one of each of the snippets that the search ranked first, each saying once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from wellread.agent.quoting.brief import Brief
from wellread.agent.quoting.excerpt import WORDS, Excerpt, excerpt_around
from wellread.agent.quoting.text_shape import Shape, parts
from wellread.agent.state.question_form import QuestionForm, form_of
from wellread.content import Anchor
from wellread.events import Snippet, TellingSentence
from wellread.library.editions import works
from wellread.text.languages import found
from wellread.text.sentences import sentences
from wellread.text.terms import language_of, passage_terms, question_terms
from wellread.text.words import count_words

# Measured on questions over sixteen titles: of the second snippet, a third bears on the question; where it has less
# than this share of the first one's relevance, a sixth.
NEXT_WORTH = 0.83
_SAME = 0.8  # of the shorter one's pairs of words, from which two excerpts say the same
_MOST, _MOST_DEEP = 2, 5
_FEWEST_WORDS = 3  # a shorter run of words stands in any text
_TOLD = 6  # sentences of a snippet
_FORMS = {
    QuestionForm.AMOUNT: ("says_amount", 0.1),
    QuestionForm.TIME: ("says_time", 0.08),
    QuestionForm.REASON: ("says_reason", 0.08),
    QuestionForm.DEFINITION: ("says_definition", 0.05),
}
_ASKS = -0.3
_OPENS, _OPENING = 0.15, 200  # for a definition in the first code points of a section: there it stands
_ENTRY, _ENTRY_WORDS, _ENTRY_TERM = 0.3, 1, 6
_SUBJECT = 0.12  # for a definition whose subject is what was asked about


@dataclass(slots=True)
class ExcerptChoice:
    """The excerpts of one answer. What has been taken is not given again."""

    brief: Brief
    worth: float = NEXT_WORTH  # of the first snippet's relevance, that another must reach
    taken: list[Excerpt] = field(default_factory=list)

    def take(self, question: str, snippets: Sequence[Snippet], limit: int = 0) -> list[Excerpt]:
        """What answers a question, the best first: at most `limit` (0: as many as the mode allows), and one at least of
        each title that the reader named."""
        form = form_of(question)
        limit = limit or (_MOST_DEEP if self.brief.deep else _MOST)
        ranked = sorted(snippets, key=lambda snippet: (self._rank(snippet, question), -snippet.score))
        least = self.worth * max((snippet.score for snippet in ranked[:1]), default=0.0)
        chosen: list[Excerpt] = []
        named = self._named()
        for product_id in named if len(named) > 1 else ():  # each speaks first
            own = [snippet for snippet in ranked if snippet.product_id == product_id]
            first = next(
                (snippet for snippet in own if not self._tells_of_another(snippet)), *own[:1] or (None,)
            )
            if first is not None:
                self._add(self._excerpt(question, form, first), chosen)
        for snippet in ranked:
            if len(chosen) < limit and (not chosen or snippet.score >= least):
                self._add(self._excerpt(question, form, snippet), chosen)
        self.taken += chosen
        return chosen

    def _tells_of_another(self, snippet: Snippet) -> bool:
        """Whether a title names another one in scope: what it says of that is not what that says."""
        others = (entry.title for entry in self.brief.scope if entry.product_id != snippet.product_id)
        return any(
            " " in (name := title.partition(":")[0].strip()) and name in snippet.text for title in others
        )

    def _add(self, excerpt: Excerpt, chosen: list[Excerpt]) -> None:
        """Put an excerpt among the chosen, unless it is there or says what one says."""
        said = (*chosen, *self.taken)
        whole = count_words(excerpt.text) >= _FEWEST_WORDS
        if whole and not any(excerpt.overlaps(other) or _same(excerpt, other) for other in said):
            chosen.append(excerpt)

    def _rank(self, snippet: Snippet, question: str) -> int:
        """The place that the search gave a snippet for the question, or for a wider one."""
        asked = self.brief.asked.get(snippet.number, ())
        own = [self.brief.ranks[snippet.number, q] for q in asked if (snippet.number, q) in self.brief.ranks]
        return self.brief.ranks.get((snippet.number, question), min(own, default=0))

    def _excerpt(self, question: str, form: QuestionForm, snippet: Snippet) -> Excerpt:
        told = list(self.brief.telling.get((snippet.number, question)) or snippet.telling)
        headings = [part for part in parts(snippet.text) if part.shape is Shape.LINE]
        told = [t for t in told if not any(h.start <= t.start and t.end <= h.end for h in headings)]
        told = told or list(told_by_words(question, snippet))
        if not told:
            return excerpt_around(snippet, (0, 0))
        anchor = Anchor.parse(snippet.anchor)
        opens = form is QuestionForm.DEFINITION and anchor is not None and anchor.start == 0
        headed = _about(question, snippet.section.rpartition("›")[2])

        def worth(sentence: TellingSentence) -> float:
            text = snippet.text[sentence.start : sentence.end]
            first = opens and sentence.start < _OPENING and (headed or _about(question, text))
            return sentence.score + _fit(question, form, text) + _OPENS * first

        best = max(told, key=worth)
        entry = form is QuestionForm.DEFINITION and _is_entry(question, snippet.text[best.start : best.end])
        return excerpt_around(snippet, (best.start, best.end), _ENTRY_WORDS if entry else WORDS)

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
    """What the form of a sentence adds for a question of a form. One that asks itself does not answer."""
    if text.rstrip("\"'”’)").endswith(("?", "？")):
        return _ASKS
    if form not in _FORMS:
        return 0.0
    name, bonus = _FORMS[form]
    if form is QuestionForm.DEFINITION and _is_entry(question, text):
        return _ENTRY
    match = found("forms", name, text)
    if match and form is QuestionForm.DEFINITION:
        language = language_of(question)
        asked = {term for forms in question_terms(question, [language]) for term in forms}
        return bonus + _SUBJECT * (not asked.isdisjoint(passage_terms(match[0], "", language)))
    return bonus if match else 0.0


def _is_entry(question: str, text: str) -> bool:
    """Whether a text is the entry of a glossary: "quiet week: One week in …", "Index. Provides access …"."""
    term, colon, meaning = text.partition(": ") if ": " in text else text.partition(". ")
    return bool(colon and meaning) and len(term.split()) <= _ENTRY_TERM and _about(question, term)


def _about(question: str, text: str) -> bool:
    """Whether a text holds each word of a question."""
    language = language_of(question)
    terms = set(passage_terms(text, "", language))
    return all(not terms.isdisjoint(forms) for forms in question_terms(question, [language]))


def _same(one: Excerpt, other: Excerpt) -> bool:
    pairs, others = (set(pairwise(excerpt.text.casefold().split())) for excerpt in (one, other))
    return len(pairs & others) >= _SAME * max(1, min(len(pairs), len(others)))
