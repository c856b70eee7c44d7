"""What Wellread itself remarks on the titles of an answer, beside what they say: two editions of one work, titles that
contradict each other, and where each stands on what is asked. Whoever writes the answer is told of none of it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from wellread.agent.judging.checking import Check
from wellread.agent.judging.disagreement import disagreements
from wellread.agent.judging.stance import OpenModel, stances
from wellread.agent.state.knowledge import Knowledge
from wellread.content import Product
from wellread.events import Snippet
from wellread.grounding.inline import inert
from wellread.library.editions import EditionOfWork, editions_among, year_of
from wellread.store.catalog.catalog import Catalog
from wellread.text.words import listed

_COUNTED = {2: "two", 3: "three", 4: "four", 5: "five"}


@dataclass(slots=True)
class Remarks:
    """The remarks on one answer, made once. Editions need nobody to judge; the rest is for DeepSearch with a judge, as
    long as the budget leaves something for it."""

    catalog: Catalog
    knowledge: Knowledge
    check: Check
    open_model: OpenModel | None = None  # that makes a claim of a question which no rule fits
    _text: str | None = field(default=None, init=False)

    async def text(self) -> str:
        """As Markdown, "" for none. What it quotes stands so in the snippets of the check."""
        if self._text is None:
            self._text = await self._made() if self.check.snippets else ""
        return self._text

    async def _made(self) -> str:
        ids = {snippet.product_id for snippet in self.check.snippets} | {
            entry.product_id for entry in self.knowledge.scope
        }
        products = await asyncio.to_thread(self.catalog.products_by_id, sorted(ids))
        editions = edition_lines(products, self.check.snippets)
        if self.knowledge.start.mode != "deep" or self.check.open_judge is None:
            return editions
        years = {product_id: year_of(product) for product_id, product in products.items()}
        described = {number for event in self.knowledge.described for number in event.knowledge}
        said = [snippet for snippet in self.check.snippets if snippet.number not in described]
        parts = [editions]
        if self.check.meter.can_write:
            parts.append(await disagreements(said, self.knowledge.plain_question, years, self.check))
        if self.check.meter.can_write:
            parts.append(await stances(self.knowledge, said, years, self.check, self.open_model))
        return "".join(parts)


def edition_lines(products: dict[str, Product], snippets: Sequence[Snippet]) -> str:
    """A line on each work that the snippets have in several editions, with the first snippet of each."""
    numbers: dict[str, int] = {}
    for snippet in snippets:
        numbers.setdefault(snippet.product_id, snippet.number)
    groups = editions_among(products[product_id] for product_id in numbers if product_id in products)
    return "".join(f"{_line(group, numbers)}\n\n" for group in groups)


def _line(editions: Sequence[EditionOfWork], numbers: dict[str, int]) -> str:
    title = min((edition.work.title for edition in editions), key=len)
    named = [f"{_named(edition)} [{numbers[edition.product_id]}]" for edition in editions]
    count = _COUNTED.get(len(editions), str(len(editions)))
    ordered = len({edition.year for edition in editions}) == len(editions) and all(e.year for e in editions)
    where = (
        "where they differ, the later one is usually meant"
        if ordered
        else "which of them is the later one, their dates do not tell"
    )
    return f"*{inert(title)}* is here in {count} editions: {listed(named)}; {where}."


def _named(edition: EditionOfWork) -> str:
    """ "2nd edition (2015)", "that of 2015", "3rd edition (no date)", "one without a date"."""
    if edition.label:
        return f"{inert(edition.label)} ({edition.year or 'no date'})"
    return f"that of {edition.year}" if edition.year else "one without a date"
