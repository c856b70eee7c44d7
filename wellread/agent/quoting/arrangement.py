"""How quotations become an answer: under themes and titles, as points, lists, tables and listings."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from wellread.agent.quoting import comparison, quotable
from wellread.agent.quoting.brief import Brief
from wellread.agent.quoting.candidates import Candidate
from wellread.agent.quoting.question_form import AnswerForm, Compared, compared, form_of, is_broad, theme
from wellread.agent.quoting.sentence_choice import SentenceChoice
from wellread.agent.quoting.text_shape import Quote, Shape, TextPart, parts
from wellread.events import Snippet
from wellread.grounding.inline import inert
from wellread.text.sentences import sentences
from wellread.text.terms import passage_terms, question_terms
from wellread.text.words import count_words

_JOINED_WORDS = 70  # neighbouring sentences up to this length are quoted as one
_TIPS = 4
_MOST_TWICE = 3  # titles, up to which each has two points
_TIP_WORTH = 0.5
_PAIRED_FROM = 14  # sentences among which parallels are looked for
_PAIRED_WORTH = 0.4
_LISTING_LINES = 30
_CODE_WANTED = re.compile(
    r"\b(?:code|commands?|command\s+line|examples?|snippets?|listings?|syntax|scripts?|config\w*|query|queries|"
    r"install\w*|run|sql|shell)\b",
    re.I,
)
_ABOUT_CODE = frozenset(("code", "command", "line", "exampl", "snippet", "list", "syntax", "script", "run"))
_ORDERED = re.compile(r"\b(?:steps?|stages?|order|sequence|procedure|first|levels?)\b", re.I)


@dataclass(slots=True)
class Arrangement:
    """One answer in the making. After `pieces` has run, `quoted` holds the snippet of each quotation in
    order, and `unanswered` the questions for which the snippets held nothing that can be quoted."""

    brief: Brief
    questions: tuple[str, ...]
    choice: SentenceChoice
    quoted: list[Snippet] = field(default_factory=list)
    unanswered: tuple[str, ...] = ()

    def pieces(self) -> Iterator[str]:
        """The body of the answer, a statement or a heading at a time."""
        for question in self.questions:
            body = list(self.section(question))
            if not body:
                if self.snippets_for(question):
                    self.unanswered += (question,)
                continue
            if len(self.questions) > 1:
                yield f"## {inert(theme(question))}\n\n"
            yield from body
        if self.brief.flags.is_role_play_request:
            yield from self.tips()

    def section(self, question: str) -> Iterator[str]:
        """What answers one of the questions."""
        snippets = self.snippets_for(question)
        numbers = frozenset(snippet.number for snippet in snippets)
        limit = self.points(question, snippets)
        pair = compared(question)
        if pair is not None:
            yield from self._compared(question, pair, snippets, limit)
            return
        taken = self.choice.take(question, numbers, limit)
        for group in _by_title(taken):
            yield from self._attribution(group[0].quote.snippet)
            yield from self._points(question, group)
        if _CODE_WANTED.search(question) and not any(self._listing_after(item.quote) for item in taken):
            yield from self._best_listing(question, snippets)

    def _compared(
        self, question: str, pair: Compared, snippets: Sequence[Snippet], limit: int
    ) -> Iterator[str]:
        """For each title its best sentence about both things, then a table (the source's own, else one of
        parallel sentences), then what else it says."""
        numbers = frozenset(snippet.number for snippet in snippets)
        ranked = self.choice.take(question, numbers, limit)
        self.choice.give_back(ranked)
        titles = dict.fromkeys(candidate.quote.snippet.product_id for candidate in ranked)
        for product_id in dict.fromkeys((*titles, *(snippet.product_id for snippet in snippets))):
            own = [snippet for snippet in snippets if snippet.product_id == product_id]
            body = list(self._compared_in(question, pair, own, max(1, round(limit / max(1, len(titles))))))
            if body:
                yield from self._attribution(own[0])
                yield from body

    def _compared_in(
        self, question: str, pair: Compared, own: Sequence[Snippet], limit: int
    ) -> Iterator[str]:
        numbers = frozenset(snippet.number for snippet in own)
        table = comparison.source_table(own, pair)
        if table is not None:
            self.choice.exclude(table.whole)
            yield from self._points(question, self.choice.take(question, numbers, limit))
            self.quoted.append(table.snippet)
            yield from comparison.table_pieces(table, deep=self.brief.deep)
            yield "\n"
            return
        pool = self.choice.take(question, numbers, _PAIRED_FROM, reserve=False, worth=_PAIRED_WORTH)
        pairs = comparison.pairs(pair, pool)
        used = [candidate for two in pairs for candidate in two]
        self.choice.give_back([candidate for candidate in pool if candidate not in used])
        taken = self.choice.take(question, numbers, limit)
        lead = [c for c in taken if not pairs or comparison.names_both(c, pair)]
        yield from self._points(question, lead)
        if pairs:
            self.quoted += [candidate.quote.snippet for candidate in used]
            yield from comparison.pair_pieces(pair, pairs)
            yield "\n"
        yield from self._points(question, [candidate for candidate in taken if candidate not in lead])

    def table(self, question: str) -> Iterator[str]:
        """Where a question compares two things: the best table of them, the source's own, else one of parallel
        sentences."""
        pair = compared(question)
        snippets = self.snippets_for(question)
        if pair is None:
            return
        table = comparison.source_table(snippets, pair)
        if table is not None:
            self.quoted.append(table.snippet)
            yield from comparison.table_pieces(table, deep=self.brief.deep)
            yield "\n"
            return
        numbers = frozenset(snippet.number for snippet in snippets)
        pool = self.choice.take(question, numbers, _PAIRED_FROM, reserve=False, worth=_PAIRED_WORTH)
        self.choice.give_back(pool)
        pairs = comparison.pairs(pair, pool)
        if pairs:
            self.quoted += [candidate.quote.snippet for two in pairs for candidate in two]
            yield from comparison.pair_pieces(pair, pairs)
            yield "\n"

    def _attribution(self, snippet: Snippet) -> Iterator[str]:
        if self._titles > 1:
            yield f"**{inert(snippet.title)}**\n\n"

    def _points(self, question: str, taken: Sequence[Candidate]) -> Iterator[str]:
        """Points of one title in the order of the source."""
        if not taken:
            return
        with_code = bool(_CODE_WANTED.search(question)) or form_of(question) is AnswerForm.STEPS
        for point in _joined([self.choice.grown(candidate) for candidate in taken]):
            self.quoted.append(point.quote.snippet)
            if point.items:
                yield from _list(point, numbered=_is_ordered(question, point))
                continue
            yield f"- {_cited(point.quote)}\n"
            listing = self._listing_after(point.quote) if with_code else None
            if listing is not None:
                yield "\n" + _fenced(listing, indent="  ")
        yield "\n"

    def tips(self) -> Iterator[str]:
        """Advice that has not been quoted yet: sentences that tell the reader what to do."""
        numbers = frozenset(snippet.number for snippet in self.brief.snippets)
        tips: list[Candidate] = []
        for question in reversed(self.questions):
            tips += self.choice.take(question, numbers, _TIPS - len(tips), advice=True, worth=_TIP_WORTH)
        tips = [tip for tip in tips if not tip.items]
        if len(tips) > 1:
            yield "## Practical\n\n"
            for number, tip in enumerate(tips, start=1):
                self.quoted.append(tip.quote.snippet)
                yield f"{number}. {_cited(self.choice.grown(tip).quote)}\n"
            yield "\n"

    def _best_listing(self, question: str, snippets: Sequence[Snippet]) -> Iterator[str]:
        """The listing that with the sentence before it holds most words of the question, half at least."""
        asked = [forms for forms in question_terms(question) if not set(forms) & _ABOUT_CODE]
        best: tuple[Quote | None, Quote] | None = None
        most = max(0.5 * len(asked), 1)
        for snippet in snippets:
            for before, part in pairwise((None, *parts(snippet.text))):
                if part is None or part.shape is not Shape.CODE or not _fits(snippet, part):
                    continue
                lead = _last_sentence(snippet, before)
                listing = Quote(snippet, part.start, part.end)
                terms = set(passage_terms(listing.text, lead.text if lead else "", "en"))
                held = sum(not terms.isdisjoint(forms) for forms in asked)
                if held >= most:
                    best, most = (lead, listing), held + 0.5
        if best is not None:
            lead, listing = best
            self.quoted.append(listing.snippet)
            if lead is not None:
                yield f"{_cited(lead)}\n\n"
            yield _fenced(listing) + "\n"

    def _listing_after(self, quote: Quote) -> Quote | None:
        """The listing that follows directly after the paragraph which `quote` ends."""
        shaped = parts(quote.snippet.text)
        for part, after in pairwise(shaped):
            if part.end == quote.end and after.shape is Shape.CODE and _fits(quote.snippet, after):
                return Quote(quote.snippet, after.start, after.end)
        return None

    def snippets_for(self, question: str) -> tuple[Snippet, ...]:
        """The snippets found for a question, and those that were read without asking one."""
        asked = self.brief.asked
        return tuple(
            snippet for snippet in self.brief.snippets if question in asked.get(snippet.number, (question,))
        )

    @property
    def _titles(self) -> int:
        return len({snippet.product_id for snippet in self.brief.snippets})

    def points(self, question: str, snippets: Sequence[Snippet]) -> int:
        """How many points answer a question: few for one fact, more for advice, two for each of a few titles,
        one at least for each of many."""
        if len(self.questions) == 1:
            limit = 5 if is_broad(question) or is_broad(self.brief.question) else 3
        else:
            limit = 4 if len(self.questions) == 2 else 3
        limit += 2 * self.brief.deep
        titles = len({snippet.product_id for snippet in snippets})
        return max(limit, titles, 2 * min(titles, _MOST_TWICE))


def _by_title(taken: Sequence[Candidate]) -> list[list[Candidate]]:
    """The title with the best candidate first."""
    groups: dict[str, list[Candidate]] = {}
    for candidate in taken:
        groups.setdefault(candidate.quote.snippet.product_id, []).append(candidate)
    return list(groups.values())


def _joined(group: Sequence[Candidate]) -> list[Candidate]:
    """In the order of the source, sentences that follow each other made one quotation."""
    joined: list[Candidate] = []
    for candidate in sorted(group, key=lambda candidate: candidate.place):
        last = joined[-1] if joined else None
        if last and not last.items and not candidate.items and last.quote.snippet == candidate.quote.snippet:
            between = last.quote.snippet.text[last.quote.end : candidate.quote.start]
            whole = Quote(last.quote.snippet, last.quote.start, candidate.quote.end)
            if not between.strip() and "\n\n" not in between and count_words(whole.text) <= _JOINED_WORDS:
                joined[-1] = Candidate(whole, last.terms | candidate.terms, last.place)
                continue
        joined.append(candidate)
    return joined


def _is_ordered(question: str, point: Candidate) -> bool:
    return form_of(question) is AnswerForm.STEPS or bool(_ORDERED.search(f"{question} {point.quote.text}"))


def _list(point: Candidate, *, numbered: bool) -> Iterator[str]:
    """A list of the source with the sentence that introduces it, its items in their order."""
    yield f"\n{_cited(point.quote)}\n\n"
    for number, item in enumerate(point.items, start=1):
        yield f"{f'{number}.' if numbered else '-'} {_cited(item)}\n"
    yield "\n"


def _last_sentence(snippet: Snippet, part: TextPart | None) -> Quote | None:
    """The sentence that leads from a paragraph to what follows it, if it is a whole one."""
    if part is None or part.shape is not Shape.PROSE:
        return None
    start, end = sentences(snippet.text[part.start : part.end])[-1]
    quote = Quote(snippet, part.start + start, part.start + end)
    whole = quotable.is_whole(quote.text.rstrip(":：") + ".") and not quotable.leans_back(quote.text)
    return quote if whole and count_words(quote.text) <= quotable.MOST_WORDS else None


def _cited(quote: Quote) -> str:
    return f"{inert(quote.text)} [{quote.snippet.number}]"


def _fits(snippet: Snippet, part: TextPart) -> bool:
    return snippet.text.count("\n", part.start, part.end) < _LISTING_LINES


def _fenced(quote: Quote, indent: str = "") -> str:
    """A listing as it stands, its citation on the line after it."""
    longest = max((len(run) for run in re.findall(r"`{3,}", quote.text)), default=2)
    fence = "`" * (longest + 1)
    lines = [fence, *quote.text.split("\n"), fence, "", f"[{quote.snippet.number}]"]
    return "".join(f"{indent}{line}".rstrip() + "\n" for line in lines)
