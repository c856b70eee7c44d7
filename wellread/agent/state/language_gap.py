"""A question in another language than the titles that it is put to."""

from collections.abc import Iterable
from dataclasses import dataclass

from wellread.agent.state.knowledge import Knowledge
from wellread.text.languages import name_of
from wellread.text.terms import evident_language, primary


@dataclass(frozen=True, slots=True)
class LanguageGap:
    """Both sides by their English names."""

    question: str
    titles: tuple[str, ...]

    @property
    def spoken(self) -> str:
        """The titles' languages as in a sentence."""
        *others, last = self.titles
        return f"{', '.join(others)} and {last}" if others else last


def language_gap(question: str, languages: Iterable[str]) -> LanguageGap | None:
    """`languages` are the titles' as BCP 47 tags. None when one of them is the question's, and when a language is not
    known or not evident: then nothing is said of it."""
    codes = tuple(dict.fromkeys(map(primary, languages)))
    asked = evident_language(question)
    names = tuple(map(name_of, codes))
    if not asked or not names or asked in codes or not all(names):
        return None
    return LanguageGap(name_of(asked), names)


def gap_of(knowledge: Knowledge) -> LanguageGap | None:
    """Of a run: between the reader's question and the titles in scope, or, without a scope, all of the library."""
    languages = [entry.language for entry in knowledge.scope] or knowledge.start.languages
    return language_gap(knowledge.start.question, languages)
