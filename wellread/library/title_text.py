"""A title as it is read for what could be asked of it: its headings without their numbers, and how words stand in its
sentences. What depends on its language is `[suggestions]` of text/language."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from wellread.content import Product, Section, SectionRole
from wellread.text.languages import languages, word_list_of
from wellread.text.terms import language_of, passage_terms, primary

_TREE = 20_000  # code points of a section and those below it that are looked at
_NUMBER = re.compile(r"^(?:[A-Z]\.)?\d+(?:\.\d+)*[.:)]?\s+")
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_WITHIN = re.compile(r"(?<=[\w,;] )[^\W_]+(?:['’-][^\W_]+)*")
_SHORTEST_TERM = 3  # letters
_TIMES = 2  # that words name a thing before they are taken for a name of it


@dataclass(frozen=True)
class TitleText:
    """A product with the sections of its current edition, in reading order."""

    product: Product
    sections: Sequence[Section]

    @cached_property
    def body(self) -> list[Section]:
        return [section for section in self.sections if section.role is SectionRole.BODY]

    @cached_property
    def language(self) -> str:
        said = primary(self.product.metadata.language)
        return said or language_of(" ".join(section.text[:500] for section in self.body[:8]))

    @cached_property
    def wordings(self) -> dict[str, Any]:
        """How questions are made in its language; empty where that is not known."""
        return dict(languages().get(self.language, {}).get("suggestions", {}))

    def below(self, section: Section) -> Iterator[Section]:
        """A section and those below it."""
        for other in self.body[self._places[section.section_id] :]:
            if other.path[: len(section.path)] != section.path:
                return
            yield other

    def section_ids(self, section: Section) -> frozenset[str]:
        return frozenset(other.section_id for other in self.below(section))

    def tree(self, section: Section) -> str:
        """The beginning of the text of a section and those below it."""
        text = ""
        for other in self.below(section):
            text += other.text[:_TREE] + "\n\n"
            if len(text) > _TREE:
                break
        return text[:_TREE]

    def heading(self, section: Section) -> str:
        """A section's title without its number."""
        heading = " ".join(section.title.split())
        if numbered := self.wordings.get("numbered"):
            heading = re.sub(numbered, "", heading, count=1, flags=re.IGNORECASE)
        return _NUMBER.sub("", heading, count=1).strip(" .:–—-")

    def terms(self, words: str) -> frozenset[str]:
        """The terms of a heading that say more than the title's own name does."""
        return frozenset(term for term in self._terms(words) if term not in self._own_terms)

    def thing(self, words: str, text: str, *, least: int = _TIMES) -> str:
        """Words as they stand within the sentences of a text, with their article, where they name a thing in it at
        `least` so often; "" where nothing shows that they do."""
        before = "|".join(self.wordings["before_things"].split())
        thing = self.without_article(words)
        named = r"\s+".join(map(re.escape, thing.split()))
        standing = re.compile(
            rf"(?<![\w-])(?P<before>{before})\s+{named}(?:\s+(?P<after>\w+)|[.,;:?!)])", re.IGNORECASE
        )
        articles = self.wordings["articles"].split()
        small = word_list_of(self.language, "stop_words")
        said = Counter[str]()
        for match in standing.finditer(text):
            if self.wordings["attributes"] and match["after"] and match["after"].casefold() not in small:
                continue  # they say of another thing what that is
            word = match["before"].casefold()
            said[f"{word} " if word in articles else ""] += 1
        article, times = said.most_common(1)[0] if said else ("", 0)
        return article + self.in_sentence(thing, is_first=False) if times >= least else ""

    def without_article(self, words: str) -> str:
        first, _, rest = words.partition(" ")
        return rest if rest and first.casefold() in word_list_of(self.language, "articles") else words

    def in_sentence(self, words: str, *, is_first: bool) -> str:
        """Words with small letters where the title has them so at least as often. The first stays if `is_first`, else
        it has small letters when it is an article."""

        def spelt(match: re.Match[str]) -> str:
            word, small = match[0], match[0].lower()
            if not match.start() and (is_first or small in word_list_of(self.language, "articles")):
                return word if is_first else small
            return small if self.spelt[small] >= max(1, self.spelt[word]) else word

        return _WORD.sub(spelt, " ".join(words.split()))

    @cached_property
    def spelt(self) -> Counter[str]:
        """How often each word stands in the title, as it is spelt behind another one of its sentence."""
        return Counter(word for section in self.body for word in _WITHIN.findall(section.text))

    @cached_property
    def _places(self) -> dict[str, int]:
        return {section.section_id: place for place, section in enumerate(self.body)}

    @cached_property
    def _own_terms(self) -> frozenset[str]:
        return frozenset(self._terms(self.product.title))

    def _terms(self, words: str) -> list[str]:
        return [term for term in passage_terms(words, "", self.language) if len(term) >= _SHORTEST_TERM]
