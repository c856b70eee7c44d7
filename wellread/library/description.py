"""What the library says about itself: a title's metadata and contents, what it is about as a whole, which titles speak
of something, and what several titles have in common. Found passages, so that an answer can cite them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from wellread.content import Anchor, Product, ProductKind, Section, SectionRole, TimeOrigin, place_label
from wellread.events import FoundPassage
from wellread.library.matrix import TitleMatrix
from wellread.library.title_search import find_titles
from wellread.store.catalog.catalog import Catalog
from wellread.text.terms import passage_terms
from wellread.text.words import count_words, listed

_NEAR_BEST = 0.75  # of the best title's relevance, that another must have to be named beside it
_TITLES = 12  # that a question about the library is answered with
_PARTS = 8  # of a title, of each of which a passage tells
_CHAPTERS = 40  # that are listed
_DESCRIPTION = 900  # code points
_OPENING = (30, 160)  # words of the beginning of a part
_TOPICS = 4  # that titles share
_TOPIC_WORDS = 4  # of a heading that names one
_SURE = 1.0


@dataclass(frozen=True, slots=True)
class Description:
    """Passages with the titles that they are of, and the topics that the titles share."""

    found: tuple[tuple[Product, FoundPassage], ...] = ()
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LibraryDescription:
    """Describes titles of one library. Its methods read the database and are not for the event loop, but for those that
    search."""

    catalog: Catalog
    inside: TitleMatrix

    async def about(self, query: str, kinds: Sequence[ProductKind]) -> Description:
        """The titles that speak of something (all of them, when `query` is empty), with their facts."""
        if query:
            hits = await find_titles(self.catalog, self.inside, query, kinds=kinds, limit=_TITLES)
            least = _NEAR_BEST * max((hit.best for hit in hits), default=0.0)
            products = [hit.product for hit in hits if hit.is_named or hit.best >= least]
        else:
            every = self.catalog.products(limit=10 * _TITLES)
            products = [product for product in every if not kinds or product.kind in kinds][: 4 * _TITLES]
        return Description(tuple((product, self._facts(product)) for product in products))

    def titles(self, product_ids: Sequence[str], *, contents: bool) -> Description:
        """The facts of these titles, and with `contents` how they are divided."""
        found = []
        for product in self._products(product_ids):
            found.append((product, self._facts(product)))
            if contents:
                found += [(product, passage) for passage in self._contents(product)]
        return Description(tuple(found))

    async def overview(self, product_ids: Sequence[str], chapter: int = 0) -> Description:
        """What these titles, or a chapter of them, are about: their facts, their contents, and of each part the passage
        that says most."""
        found: list[tuple[Product, FoundPassage]] = []
        for product in self._products(product_ids):
            contents = [s for s in self.catalog.contents(product.product_id) if s.role is SectionRole.BODY]
            parts = _parts(contents)
            if chapter and (own := _chapter(contents, chapter)):
                parts = _below(contents, own) or [own]
            elif not chapter:
                found.append((product, self._facts(product, described=True)))
                found += [(product, passage) for passage in self._contents(product)]
            for passage in await self._telling(product, contents, _spread(parts, _PARTS)):
                found.append((product, passage))
        return Description(tuple(found))

    def shared(self, product_ids: Sequence[str]) -> Description:
        """The topics that these titles have in common, by the words of their headings: those that most of the headings
        and the fewest of one title alone speak of."""
        headings = {product.product_id: self._headings(product) for product in self._products(product_ids)}
        spoken = [Counter(term for terms in own.values() for term in terms) for own in headings.values()]
        if len(spoken) < 2:
            return Description()
        common = set.intersection(*(set(own) for own in spoken))
        named = {term for product in self._products(product_ids) for term in _terms(product.title, product)}
        ranked: dict[str, float] = {}
        for own in headings.values():
            for heading, terms in own.items():
                shared = (terms & common) - named
                if shared:
                    ranked[heading] = (
                        sum(1 / (1 + sum(c[t] for c in spoken)) for t in shared) * len(shared) / len(terms)
                    )
        topics: list[str] = []
        taken: set[str] = set()
        for heading in sorted(ranked, key=lambda heading: (-ranked[heading], heading)):
            terms = next(own[heading] for own in headings.values() if heading in own) & common
            if not terms & taken and len(topics) < _TOPICS:
                topics.append(heading)
                taken |= terms
        return Description(topics=tuple(topics))

    def _products(self, product_ids: Sequence[str]) -> list[Product]:
        known = self.catalog.products_by_id(list(product_ids))
        return [known[product_id] for product_id in product_ids if product_id in known]

    def _headings(self, product: Product) -> dict[str, frozenset[str]]:
        """The short headings of a title with their terms."""
        contents = self.catalog.contents(product.product_id)
        return {
            section.title: terms
            for section in contents
            if section.role is SectionRole.BODY
            and len(section.title.split()) <= _TOPIC_WORDS
            and (terms := frozenset(_terms(section.title, product)))
        }

    def _facts(self, product: Product, *, described: bool = False) -> FoundPassage:
        """A title's metadata as sentences, cited by its first section: the title page, where there is one."""
        contents = self.catalog.contents(product.product_id)
        first = self.catalog.section(product.product_id, contents[0].section_id) if contents else None
        told = _sentences_of(product, contents, self._length(product, contents))
        if described and product.metadata.description:
            told += " " + " ".join(product.metadata.description.split())[:_DESCRIPTION]
        return _passage(product, first, told)

    def _length(self, product: Product, contents: Sequence[Section]) -> str:
        """How long a recording is, or how many words a book has; "" when that is not known."""
        if product.kind is ProductKind.BOOK or not contents:
            return f"about {round(product.words, -2):,} words" if product.words >= 1_000 else ""
        last = self.catalog.section(product.product_id, contents[-1].section_id)
        ends = [b.block.origin.end_ms for b in last.blocks if isinstance(b.block.origin, TimeOrigin)]
        minutes = round(max(ends, default=0) / 60_000)
        return f"{minutes} minutes" if minutes else ""

    def _contents(self, product: Product) -> list[FoundPassage]:
        """The titles of a title's parts, a line each, cited by the page of contents, where there is one."""
        contents = self.catalog.contents(product.product_id)
        parts = _parts([section for section in contents if section.role is SectionRole.BODY])
        if len(parts) < 2:
            return []
        page = next((section for section in contents if section.role is SectionRole.CONTENTS), contents[0])
        whole = self.catalog.section(product.product_id, page.section_id)
        lines = [f"- {section.title}" for section in parts[:_CHAPTERS]]
        if len(parts) > _CHAPTERS:
            lines.append(f"- and {len(parts) - _CHAPTERS} more")
        return [_passage(product, whole, f"{product.title} has {len(parts)} parts:\n\n" + "\n".join(lines))]

    async def _telling(
        self, product: Product, contents: Sequence[Section], parts: Sequence[Section]
    ) -> list[FoundPassage]:
        """Of each part the passage that its own heading finds best, else its beginning."""
        cells = await self.inside.matrix([(part.title, product.product_id) for part in parts])
        told = []
        for part, cell in zip(parts, cells, strict=True):
            path = " › ".join(part.path)
            within = [p for p in cell.found if p.section == path or p.section.startswith(f"{path} › ")]
            opening = self._opening(product, [part, *_below(contents, part)])
            if within or opening:
                told.append(within[0] if within else opening[0])
        return told

    def _opening(self, product: Product, sections: Sequence[Section]) -> list[FoundPassage]:
        """The first paragraphs of a part that say something."""
        for outline in sections[:4]:
            section = self.catalog.section(product.product_id, outline.section_id)
            for first, placed in enumerate(section.blocks):
                end = placed.end
                for following in section.blocks[first + 1 :]:
                    if count_words(section.text[placed.start : following.end]) > _OPENING[1]:
                        break
                    end = following.end
                if count_words(section.text[placed.start : end]) >= _OPENING[0]:
                    anchor = Anchor(product.product_id, section.section_id, placed.start, end)
                    text = section.text[placed.start : end]
                    place = place_label(placed.block)
                    path = " › ".join(section.path)
                    return [
                        FoundPassage(anchor=str(anchor), section=path, place=place, text=text, score=_SURE)
                    ]
        return []


def _passage(product: Product, section: Section | None, text: str) -> FoundPassage:
    """Words of Wellread's own about a title, that open one of its sections."""
    opens = section.section_id if section else "00000000-0"
    anchor = Anchor(product.product_id, opens, 0, min(200, len(section.text)) if section else 0)
    path = " › ".join(section.path) if section else ""
    return FoundPassage(anchor=str(anchor), section=path, place="", text=text, score=_SURE)


def _sentences_of(product: Product, contents: Sequence[Section], length: str) -> str:
    metadata = product.metadata
    by = f" by {listed(metadata.authors)}" if metadata.authors else ""
    name = f"{product.title}: {metadata.subtitle}" if metadata.subtitle else product.title
    kind = "a " + metadata.kind.value
    with_ = f" with {listed(metadata.contributors)}" if metadata.contributors and not by else ""
    told = [f"{name} is {kind}{by}{with_}."]
    if metadata.date or metadata.publisher:
        when = f" in {metadata.date}" if metadata.date else ""
        whose = f" by {metadata.publisher}" if metadata.publisher else ""
        told.append(f"It was published{when}{whose}.")
    parts = _parts([section for section in contents if section.role is SectionRole.BODY])
    long = " and ".join(filter(None, (f"{len(parts)} parts" if len(parts) > 1 else "", length)))
    if long:
        told.append(
            f"It has {long}." if metadata.kind is ProductKind.BOOK else f"It is {length or long} long."
        )
    if metadata.topics:
        told.append(f"Its topics are {listed(metadata.topics[:12])}.")
    return " ".join(told)


def _parts(contents: Sequence[Section]) -> list[Section]:
    """The sections at the level at which a title has its chapters: the highest with more than one."""
    for depth in sorted({len(section.path) for section in contents}):
        parts = [section for section in contents if len(section.path) == depth]
        if len(parts) > 1:
            return parts
    return list(contents)


def _below(contents: Sequence[Section], part: Section) -> list[Section]:
    depth = len(part.path)
    return [s for s in contents if len(s.path) > depth and s.path[:depth] == part.path]


def _chapter(contents: Sequence[Section], number: int) -> Section | None:
    """The chapter with a number: the one that says so itself, else the one at that place."""
    said = [s for s in contents if _number_of(s.title) == number]
    parts = _parts(contents)
    if said:
        return min(said, key=lambda section: len(section.path))
    return parts[number - 1] if 0 < number <= len(parts) else None


def _number_of(title: str) -> int:
    words = title.replace(".", " ").replace(":", " ").split()
    numbers = [word for word in words[:2] if word.isdecimal() and len(word) < 4]
    return int(numbers[0]) if numbers else 0


def _spread(sections: Sequence[Section], most: int) -> list[Section]:
    if len(sections) <= most:
        return list(sections)
    return [sections[round(number * (len(sections) - 1) / (most - 1))] for number in range(most)]


def _terms(text: str, product: Product) -> list[str]:
    return [term for term in passage_terms(text, "", product.metadata.language) if len(term) > 2]
