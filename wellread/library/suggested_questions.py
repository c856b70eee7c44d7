"""Questions that titles may answer, made of what they really say: their headings, what they define and set apart, the
questions that they ask themselves, what two of them speak of. Whether the answer is good, `agent.run.rehearsal` tries.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from importlib.resources import files

from wellread.content import Section
from wellread.library.title_text import TitleText
from wellread.text.languages import found, patterns, word_list_of
from wellread.text.sentences import sentences
from wellread.text.terms import content_words

_WORDS = (3, 14)  # of a heading that is a question
_TEXT_WORDS = 6  # of a question within a text, at least
_CHARACTERS = (6, 140)  # of one
_SUBJECT_WORDS = 5
_OPENING = 3  # sentences of a section, in which its heading is defined
_SECTION_WORDS = 60  # of a section that can answer something
_MENTIONS = 3  # of its heading in a section that is about it
_PLAIN = re.compile(r"[^\W\d_]+(?:['’+#-]+[^\W\d_]*)*(?: [^\W\d_]+(?:['’+#-]+[^\W\d_]*)*)*")
_QUOTED = re.compile(r"[\"“”«»„()\[\]{}<>=^|\\:…]|\.\.|\s[–—-]+\s")
_SPOKEN = re.compile("[,'’]")  # what a question within a text has that was only said
_HEADING = "⟦⟧"  # where a pattern of `[suggestions]` has the heading


class Origin(IntEnum):
    """What a question was made of: the earlier, the likelier it is good."""

    WRITTEN = 0  # by a person, for these titles
    HEADING = 1  # that is a question
    DISAGREEMENT = 2  # headings of two titles on the same
    DEFINITION = 3
    DIFFERENCE = 4
    SUBJECT = 5  # a heading that the text below it speaks of again and again
    TEXT = 6  # a question within the text


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question, and of each title that it is to be asked of the sections that should answer it, by their ids: none
    where nobody knows them."""

    question: str
    origin: Origin
    sections: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class _Made:
    """A question that was made of a section; `weight` is how much speaks for it among those of its origin."""

    question: str
    section: Section
    weight: float = 0.0


def written(product_id: str) -> list[Candidate]:
    """The questions that a person wrote for the titles that come with Wellread, of which the product is one."""
    every = tomllib.loads((files("wellread") / "demo" / "questions.toml").read_text(encoding="utf-8"))
    return [
        Candidate(one["question"], Origin.WRITTEN, dict.fromkeys(one["titles"], frozenset()))
        for one in every["questions"]
        if product_id in one["titles"]
    ]


def candidates(title: TitleText) -> list[Candidate]:
    """The questions of one title, the likeliest first, and those of an origin from all over the title in turn."""
    made: dict[Origin, list[_Made]] = {origin: [] for origin in Origin}
    for section in title.body:
        for origin, question in _of(title, section):
            made[origin].append(question)
    unique: dict[str, Candidate] = {}
    asked: set[str] = set()  # sections of whose heading a question is made
    for origin, questions in made.items():
        for one in _in_turn(questions):
            if origin is not Origin.TEXT and one.section.section_id in asked:
                continue
            asked.add(one.section.section_id)
            expected = {title.product.product_id: title.section_ids(one.section)}
            unique.setdefault(one.question.casefold(), Candidate(one.question, origin, expected))
    return list(unique.values())


def disagreements(title: TitleText, other: TitleText) -> list[Candidate]:
    """Where two titles of one language may differ: on what stands in a heading of both, and both speak of again and
    again; the most particular first."""
    if not title.wordings or title.language != other.language:
        return []
    mine, its = headings(title), headings(other)
    counts = Counter(term for _, terms in (*mine, *its) for term in terms)
    spoken = {terms: section for section, terms in its if _mentions(other, section) >= _MENTIONS}
    names = {"one": _short(title.product.title), "other": _short(other.product.title)}
    differing: list[tuple[float, Candidate]] = []
    for section, terms in mine:
        if terms not in spoken or _mentions(title, section) < _MENTIONS:
            continue
        if topic := title.thing(title.heading(section), title.tree(section)):
            expected = {
                title.product.product_id: title.section_ids(section),
                other.product.product_id: other.section_ids(spoken[terms]),
            }
            question = title.wordings["disagreement"].format(topic=topic, **names)
            weight = sum(1 / counts[term] for term in terms)
            differing.append((weight, Candidate(question, Origin.DISAGREEMENT, expected)))
    return [candidate for _, candidate in sorted(differing, key=lambda one: -one[0])]


def _of(title: TitleText, section: Section) -> Iterator[tuple[Origin, _Made]]:
    heading = title.heading(section)
    tree = title.tree(section)
    if _asks(heading):
        if _stands_alone(heading, title.language, 1):
            question = title.in_sentence(heading, is_first=True)
            yield Origin.HEADING, _Made(question, section)
    elif title.wordings and len(tree.split()) >= _SECTION_WORDS and _names(heading):
        for origin, question, weight in _of_heading(title, section, heading, tree):
            yield origin, _Made(question, section, weight)
    if title.wordings:
        personal = frozenset(title.wordings["personal"].split())
        for start, end in sentences(section.text):
            sentence = " ".join(section.text[start:end].split())
            if (
                _asks(sentence)
                and _stands_alone(sentence, title.language, 3)
                and len(_words(sentence)) >= _TEXT_WORDS
                and sentence[0].isupper()
                and found("questions", "asking", sentence)
                and not found("questions", "follows", sentence)
                and not found("forms", "yes_no", sentence)
                and not _SPOKEN.search(sentence)
                and personal.isdisjoint(_words(sentence))
            ):
                yield Origin.TEXT, _Made(sentence, section)


def _of_heading(
    title: TitleText, section: Section, heading: str, tree: str
) -> Iterator[tuple[Origin, str, float]]:
    wordings = title.wordings
    if question := _definition(title, heading, section.text or tree):
        yield Origin.DEFINITION, question, 0.0
    if question := _difference(title, heading, tree):
        yield Origin.DIFFERENCE, question, 0.0
    words = _words(title.without_article(heading))
    mentions = _mentions(title, section)
    if title.terms(heading) and mentions >= _MENTIONS and (thing := title.thing(heading, tree)):
        everywhere = max(title.spelt[word] + title.spelt[word.capitalize()] for word in words)
        weight = mentions * mentions / max(everywhere, mentions)  # what all sections speak of tells little
        yield Origin.SUBJECT, wordings["subject"].format(thing=thing), weight


def _definition(title: TitleText, heading: str, text: str) -> str:
    """ "What is X?", where one of the first sentences says what it is; "" elsewhere."""
    *words, last = map(re.escape, title.without_article(heading).split())
    named = r"\s+".join(
        [*words, rf"{last[:-1]}\w{{0,3}}"]
    )  # the heading is often the plural of what is defined
    for start, end in sentences(text)[:_OPENING]:
        for pattern, question in title.wordings["definitions"]:
            match = re.match(pattern.replace(_HEADING, named), text[start:end], re.IGNORECASE)
            if match:
                thing = title.in_sentence(match["thing"], is_first=False)
                return str(question).format(thing=thing, verb=match["verb"])
    return ""


def _difference(title: TitleText, heading: str, tree: str) -> str:
    """What sets two things apart that a heading names together, where a paragraph below it does that; "" elsewhere."""
    pair = re.fullmatch(title.wordings["pair"], heading, re.IGNORECASE)
    if not pair:
        return ""
    sides = [" ".join(_words(title.without_article(pair[side]))) for side in ("one", "other")]
    apart = any(
        re.search(title.wordings["contrast"], paragraph) and all(side in paragraph for side in sides)
        for paragraph in tree.casefold().split("\n\n")
    )
    if not apart:
        return ""
    one, other = (title.thing(pair[side], tree, least=1) for side in ("one", "other"))
    return str(title.wordings["difference"]).format(one=one, other=other) if one and other else ""


def _mentions(title: TitleText, section: Section) -> int:
    """How often a section and those below it say the words of its heading."""
    said = Counter(_words(title.tree(section)))
    return min((said[word] for word in _words(title.without_article(title.heading(section)))), default=0)


def headings(title: TitleText) -> list[tuple[Section, frozenset[str]]]:
    """The sections whose short heading names something, with its terms."""
    named = ((section, title.heading(section)) for section in title.body)
    return [
        (section, terms) for section, heading in named if _names(heading) and (terms := title.terms(heading))
    ]


def _in_turn(questions: Sequence[_Made]) -> list[_Made]:
    """Those with most weight first, one of each chapter, then the next of each."""
    taken = Counter[tuple[str, ...]]()
    ordered = []
    for one in sorted(questions, key=lambda made: -made.weight):
        chapter = one.section.path[:2]
        ordered.append((taken[chapter], one))
        taken[chapter] += 1
    return [one for _, one in sorted(ordered, key=lambda pair: pair[0])]


def _asks(text: str) -> bool:
    return text.endswith(("?", "？", "؟"))


def _names(heading: str) -> bool:
    """Whether a heading is a few plain words that may name something."""
    return (
        bool(_PLAIN.fullmatch(heading))
        and len(heading.split()) <= _SUBJECT_WORDS
        and not (heading.isupper() and " " in heading)
    )


def _stands_alone(question: str, language: str, telling: int) -> bool:
    """Whether a question means the same without what stands before it, with so many words that say what it is about."""
    words = _words(question)
    return (
        _CHARACTERS[0] <= len(question) <= _CHARACTERS[1]
        and len(words) <= _WORDS[1]
        and (len(words) >= _WORDS[0] or not question.isascii())
        and not _QUOTED.search(question)
        and sum(map(_asks, question.split())) == 1
        and word_list_of(language, "anaphora").isdisjoint(words)
        and not any(leans.match(question) for leans in patterns("forms", "leans_back"))
        and (len(content_words(question)) >= telling or " " not in question)
    )


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", text.casefold())


def _short(title: str) -> str:
    return title.partition(":")[0].strip()
