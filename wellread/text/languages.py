"""What depends on a language: its words, from `language/CODE.toml`, one file a language, read when first asked for.

A file has the language's `name` in English. All else may be missing: the `letters` by which it is told from others
(a range of characters), where its script says so much, the `stemmer` of Snowball, and lists of words:

- `stop_words`: too frequent to find anything by. They serve twice: passages and questions lose them, and a text's
  language is told by them. Casefolded, split at apostrophes. Short on purpose, since a word that is missing costs
  little (BM25 gives it a small weight) while one too many cannot be searched for.
- Before a full stop, without it: `goes_on` are always followed by more of the same sentence; `numbered` by a number or
  a letter that names something ("Fig. 3", "App. B"), else they are ordinary words; `may_end` end a sentence before a
  capital; `before_names` may end one or stand before a name, and only `sentence_openers` tell that they end it.
- `after_ordinal`: "am 3. Oktober", "im 19. Jahrhundert", where the full stop makes an ordinal.
- Of titles: `title_small` count little in one, and `articles` say nothing at its beginning; `book` and `spoken` (a
  video or a recording; `video` only that) say which kind is meant, as in "the talk", with `determiners` before them;
  `speech` near an author's name says that the author is meant, and one of `personates` before it that he is to speak;
  `title_ends` are the last words of titles only, and `about` stands between a kind and a topic ("the talk about …").
  What stands before one of `says` may be the name of a title, as what stands behind one of `attributes_to` ("according
  to …") and, where it is a title's beginning, of `before_titles` ("in …").
- `numbers`: how numbers are written out, each with its value ("three=3"); "+" is what may stand within one
  ("one hundred and five"), "%" a word for that sign. None where words are not divided by spaces: there a sign for a
  number is part of other words as often. `fractions` have per cents, `units` (of time, length and mass; those of data
  have only symbols in most languages) their symbols; `shares` stand between the two numbers of "one in a hundred".
- `opposites`: pairs of words of which a statement and its source may not have one each ("increase/decrease").
- Of authors: `name_particles` stand before a family name, `corporate` words in the name of no person.
- `capitals`: "nouns" where they do not tell a name.
- Of questions: `request_words` and `comparing_words` say that something is wanted and not about what, `anaphora` stand
  for what was said before, `catalogue_words` are those of a question about the library itself.

Besides, `[questions]`, `[forms]` and `[intent]` have patterns for how readers ask, each of which may be missing. In
`[forms]`, `claims` are patterns of questions whether something is so, each with the statement that it gives: only such
as leave no doubt where the subject ends. `[editions]` has the words by which a title says its edition (`named`).
`[talk]` has those of what a recording says of itself at its beginning, and the names of the `months` in order;
`[byline]` those of a line that names authors: how it begins (`written`, `edited`), and what stands `between` two names.
`[voice]` is about answers in an author's voice: `simulated`, the line above one, that it is simulated, of ⟦author⟧ and
from ⟦works⟧, and `simulated_works` without an author (both begin with words of their own, by which the line is known
again), the word `and` between two titles, and `more` for ⟦⟧ further ones; `experience`, patterns for a sentence in
which he tells what he lived through ("I have seen", "my first team", "at Google we"), which hit no advice ("I would"),
no condition ("if I had") and nobody else's; `experience_frame`, patterns for the beginning of such a sentence where the
rest, with a capital, is a sentence without it ("In my experience, "): not where a language then orders words otherwise.
`[wording]` has `negation`, a pattern for the words that negate a sentence: of its own language only, since "no" and
"ne" are other words elsewhere; and `offer`, one for the beginning of a sentence that offers to go on.
`[book_index]` has the words of a title that tell of an index at the end of a book (`title`), and those by which one
entry of it refers to another (`see`).
`[suggestions]`, all or none of it, says how questions are made of a title: its headings may be `numbered`; a thing
stands behind one of `before_things` and keeps its `articles`; `attributes` says whether a noun may tell of the one
behind it what that is; a question with `personal` words is asked of somebody; `definitions` are patterns with the
question that each gives; a `pair` is set apart by `contrast`; the rest are questions.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any


@cache
def languages() -> Mapping[str, Mapping[str, Any]]:
    """What each file has, by the language's code, in alphabetical order."""
    found = {path.name: path for path in (files("wellread.text") / "language").iterdir()}
    return {
        name.removesuffix(".toml"): tomllib.loads(found[name].read_text(encoding="utf-8"))
        for name in sorted(found)
        if name.endswith(".toml")
    }


@cache
def word_list(kind: str) -> frozenset[str]:
    """The words of one list, in all languages."""
    return frozenset().union(*(word_list_of(code, kind) for code in languages()))


def name_of(code: str) -> str:
    """The English name of a language, "" for one that is not known."""
    return str(languages().get(code, {}).get("name", ""))


@lru_cache(maxsize=256)  # a book may state any language
def word_list_of(code: str, kind: str) -> frozenset[str]:
    """Those of one language; none for a language that is not known."""
    return frozenset(languages().get(code, {}).get(kind, "").split())


@lru_cache(maxsize=256)
def pattern_of(code: str, table: str, name: str) -> re.Pattern[str] | None:
    """A pattern of one language, without regard to case; None where it has none."""
    written = languages().get(code, {}).get(table, {}).get(name)
    if not written:
        return None
    return re.compile(written if isinstance(written, str) else "".join(written), re.IGNORECASE)


@cache
def patterns(table: str, name: str) -> tuple[re.Pattern[str], ...]:
    """A pattern of `[questions]`, `[forms]` or `[intent]` in each language that has it, without regard to case."""
    return tuple(own for code in languages() if (own := pattern_of(code, table, name)))


@cache
def languages_with(table: str, name: str) -> frozenset[str]:
    """The codes of the languages that have a pattern."""
    return frozenset(code for code, own in languages().items() if own.get(table, {}).get(name))


def found(table: str, name: str, text: str) -> re.Match[str] | None:
    """The first match of a pattern in `text`, in whichever language."""
    return next((match for own in patterns(table, name) if (match := own.search(text))), None)


@lru_cache(maxsize=256)
def alternatives_of(code: str, table: str, name: str) -> tuple[re.Pattern[str], ...]:
    """Those of a list of patterns in one language, without regard to case."""
    written = languages().get(code, {}).get(table, {}).get(name, ())
    return tuple(re.compile(one, re.IGNORECASE) for one in written)


@dataclass(frozen=True, slots=True)
class RewritingRule:
    """A pattern, and what is made of the groups that it names (`str.format`)."""

    pattern: re.Pattern[str]
    template: str


@lru_cache(maxsize=256)
def rules_of(code: str, table: str, name: str) -> tuple[RewritingRule, ...]:
    """The rules of one language, without regard to case, in the order in which they are tried."""
    written = languages().get(code, {}).get(table, {}).get(name, ())
    return tuple(RewritingRule(re.compile(pattern, re.IGNORECASE), made) for pattern, made in written)


@cache
def alternatives(table: str, name: str, of_name: str = "") -> tuple[re.Pattern[str], ...]:
    """Those of a list of patterns, in all languages that have it, without regard to case. `of_name` is put where ⟦⟧
    stands."""
    written = [one for tables in languages().values() for one in tables.get(table, {}).get(name, ())]
    return tuple(re.compile(one.replace("⟦⟧", of_name), re.IGNORECASE) for one in written)
