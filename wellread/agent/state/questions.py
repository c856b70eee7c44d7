"""From what the reader typed to the questions that are asked of the titles, by rules: the rows of the matrix.

A question is taken to pieces and nothing of it is dropped. Its rows are its parts, each whole and with what it leans
on, and the question itself as it was typed; only the frame of a role-play and the names of titles, which are in a
title's every passage, are left out. The patterns are those of text/language.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wellread.text.languages import found, languages, patterns, word_list, word_list_of
from wellread.text.sentences import sentences
from wellread.text.terms import language_of

MOST = 4  # parts, besides the question as a whole
LONGEST = 300  # code points of a part
_LONGEST_WHOLE = 1_000
_LOOKED_AT = 4_000  # code points of what was typed
_PATTERNS_READ = 600  # code points of a sentence in which a frame or a wish is looked for

# A quotation, and a question.
_ABOUT = re.compile(r"\s*[“„«](?P<words>[^“”„«»]{30,})[”“»](?P<rest>.*)$", re.DOTALL)
_ABOUT_SHOWN = 200  # code points of it
_MARK = "⟦⟧"
_WORD = re.compile(r"[^\W_]+(?:['’.+#-][^\W_]+|\+\+|#)*")
_FEW = 2  # telling words, up to which a part that points back cannot stand alone
_SHORT = 3  # words of a question that means nothing without the one before it
_SPOKEN = 3  # words in lower case, from which a question is a sentence in which capitals tell
_LONG = 14  # words of one that stands on its own


@dataclass(frozen=True, slots=True)
class AskedQuestions:
    """What a question asks, one thing each, and the whole of it, without its frame."""

    parts: tuple[str, ...]
    whole: str

    @property
    def rows(self) -> tuple[str, ...]:
        """The rows of the matrix: the parts, then the whole where that is more than one of them."""
        alone = _bare(self.whole).casefold() in {_bare(part).casefold() for part in self.parts}
        return self.parts if alone else (*self.parts, self.whole)


def asked_questions(asked: str, mentions: Sequence[tuple[int, int]] = ()) -> AskedQuestions:
    """Up to MOST parts of a question. `mentions` are the ranges of `asked` (code points) that name titles.

    When words of a book stand before the question, it is about them, one thing, and has their beginning.
    """
    about = _ABOUT.match(asked)
    if about is None:
        return _asked(asked, mentions)
    # Questions are told apart by their question marks, so there is none in what they are about.
    words = " ".join(about["words"].replace("?", ".").replace("？", "。").split())
    if len(words) > _ABOUT_SHOWN:
        words = words[:_ABOUT_SHOWN].rpartition(" ")[0] or words[:_ABOUT_SHOWN]
    if not about["rest"].strip():
        return AskedQuestions((words,), words)
    first = about.start("rest")
    rest = _asked(about["rest"], [(s - first, e - first) for s, e in mentions if s >= first])
    whole = f"“{words}” {rest.whole}"[: LONGEST + _ABOUT_SHOWN]
    return AskedQuestions((whole,), whole)


def separate(question: str) -> list[str]:
    """The questions that a model put into one."""
    return [one for one in re.split(r"(?<=[?？])\s+", question.strip()) if one] or [question]


def without_ids(question: str, product_ids: Iterable[str]) -> str:
    """A question without the product ids that a small model puts behind it."""
    for product_id in product_ids:
        question = re.sub(rf"\s*[(\[]?(?<!\w){re.escape(product_id)}(?!\w)[)\]]?", "", question)
    return question.strip() or "?"


def without_titles(question: str, titles: Iterable[str]) -> str:
    """A question to search inside titles, without their names. A name is told by its spelling: "green tea" does not
    mean *Green Tea*."""
    spans = [
        match.span()
        for title in titles
        if len(name := title.partition(":")[0].strip()) > 3
        for match in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", question)
    ]
    apart = {s for s in spans if not any(o != s and o[0] <= s[0] and s[1] <= o[1] for o in spans)}
    return _unmarked(marked(question, sorted(apart))) or question if apart else question


def without_mentions(question: str, mentions: Sequence[tuple[int, int]]) -> str:
    """A question without the names of titles, which may leave nothing that tells."""
    return _unmarked(marked(question, mentions))


def is_follow_up(question: str) -> bool:
    """Whether a question leans on the one before it: it begins like one, is very short, or points back before it has
    said what it is about."""
    words = _WORD.findall(question)
    if len(words) > _LONG or found("questions", "frame", question):
        return False
    return bool(found("questions", "follows", question)) or len(words) <= _SHORT or _points_back(question)


def self_contained(question: str, before: str, mentions: Sequence[tuple[int, int]] = ()) -> str:
    """A follow-up with what it leans on: the question `before` it (itself self-contained), in which `mentions` name
    titles."""
    if not is_follow_up(question):
        return question
    topic = topic_of(without_mentions(before, mentions) or before)
    return f"{question.strip().rstrip('?.!？')} ({topic})?" if topic else question


def telling_words(question: str) -> list[str]:
    """The words of a question that say what it is about."""
    stop = word_list("request_words") | word_list("comparing_words") | word_list("anaphora")
    own = word_list_of(language_of(question), "stop_words")
    return [
        word for word in _WORD.findall(question) if word.casefold() not in stop and word.casefold() not in own
    ]


def catalogue_topic(question: str) -> str:
    """What the titles are to be about that a question asks for; "" when it asks for all of them."""
    kinds = word_list("book") | word_list("spoken") | word_list("catalogue_words")
    return " ".join(word for word in telling_words(question) if word.casefold() not in kinds)


def words_within(name: str) -> list[str]:
    """The words that a name is put together of: "Py", "Simple" and "GUI"."""
    return re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)


def names_and_numbers(question: str) -> frozenset[str]:
    """The words of a question that stand for one thing only: with a capital within a sentence (in languages that keep
    capitals for names), of digits and letters, or a number that nobody writes out."""
    names = languages().get(language_of(question), {}).get("capitals", "names") == "names"
    if sum(word[0].islower() for word in _WORD.findall(question)) < _SPOKEN:  # key words, or a heading
        names = False
    found_ = set()
    for start, end in sentences(question):
        for place, match in enumerate(_WORD.finditer(question[start:end])):
            word = match[0]
            digits = sum(map(str.isdigit, word))
            if (digits and (len(word) > digits or digits > 2)) or (
                names and place and word[0].isupper() and len(word) > 1
            ):
                found_.add(word)
    return frozenset(found_)


def _asked(asked: str, mentions: Sequence[tuple[int, int]]) -> AskedQuestions:
    text = marked(asked, mentions)[:_LOOKED_AT]
    units = [unit for start, end in sentences(text) if (unit := _unframed(text[start:end].strip()))]
    whole = _unmarked(" ".join(units))[:_LONGEST_WHOLE]
    if not telling_words(whole):
        typed = " ".join(asked.split())[:_LONGEST_WHOLE]
        return AskedQuestions((typed,), typed)
    asking = _completed([part for unit in units for part, asks in _parts(unit) if asks])
    unique = {_bare(part).casefold(): part[:LONGEST] for part in reversed(asking)}
    return AskedQuestions(tuple(reversed(unique.values()))[:MOST] or (whole,), whole)


def marked(text: str, mentions: Sequence[tuple[int, int]]) -> str:
    """The text with a mark for each name of a title."""
    for start, end in sorted(mentions, reverse=True):
        text = f"{text[:start].rstrip(chr(34) + '“‘')}{_MARK}{text[end:].lstrip(chr(34) + '”’')}"
    return text


def _unmarked(text: str) -> str:
    """The text without the names of titles: gone where they say where to look ("in ⟦⟧"), else a pronoun."""
    if _MARK in text:
        for code in languages():
            text = _without_marks(text, code)
    text = re.sub(r"\s+([?.!,;:])", r"\1", " ".join(text.replace(_MARK, " ").split()))
    text = text.strip(" ,;:")
    return text[:1].upper() + text[1:]


def _without_marks(text: str, code: str) -> str:
    asking = languages()[code].get("questions", {})
    if "mention" not in asking or language_of(text.replace(_MARK, " ")) != code:
        return text
    written = asking["mention"]
    mention = re.compile(written if isinstance(written, str) else "".join(written), re.IGNORECASE)

    def replaced(match: re.Match[str]) -> str:
        if match["by"] or match.start() == 0:
            return " "
        return f" {asking['titles'] if match['more'] else asking['title']} "

    return mention.sub(replaced, text)


def _unframed(unit: str) -> str:
    """A sentence without the frame of a role-play and without "please"; "" when it was nothing else."""
    head = unit[:_PATTERNS_READ]
    if found("questions", "frame", head):
        request = found("questions", "framed_request", head)
        unit = request["rest"] if request else ""
    for polite in patterns("questions", "polite"):
        unit = polite.sub("", unit, count=1)
    return unit if any(map(str.isalnum, unit.replace(_MARK, ""))) else ""


def _parts(unit: str) -> list[tuple[str, bool]]:
    """What a sentence asks, one thing each, with what stands before it all; and whether it asks at all."""
    head = unit[:_PATTERNS_READ]
    asks = unit.rstrip().endswith(("?", "？")) or bool(found("questions", "asking", head))
    if not asks and (wish := found("questions", "wish", head)):
        unit, asks = _as_question(wish["rest"]), True
    if not asks:
        lead = found("questions", "lead", head)
        asks = bool(lead and found("questions", "asking", head[lead.end() :]))
        if not asks:
            return [(unit, False)]
    pieces = [unit]
    for pattern in patterns("questions", "part"):
        pieces = [piece for one in pieces for piece in pattern.split(one)]
    lead = found("questions", "lead", head)
    first = _MARK not in lead["lead"] if lead else False
    shared = f"{lead['lead']}, " if lead and first else ""
    joined = [pieces[0], *(f"{shared}{piece}" for piece in pieces[1:])]
    return [(piece, True) for piece in joined if piece.strip()]


def _as_question(wished: str) -> str:
    """What somebody wants to understand: "the difference …" is asked as "What is the difference …?"."""
    asking = languages().get(language_of(wished), {}).get("questions", {})
    thing = found("questions", "named_thing", wished)
    return f"{asking['what_is']} {wished.rstrip('.! ')}?" if thing and "what_is" in asking else wished


def _completed(parts: Sequence[str]) -> list[str]:
    """The parts as questions that make sense alone: one that points back has what the first was about behind it."""
    completed: list[str] = []
    topic = ""
    for part in parts:
        for joint in patterns("questions", "joint"):
            part = joint.sub("", part)
        plain = _unmarked(part)
        if not telling_words(plain) and not (topic and plain):
            continue
        question = _bare(plain)
        leans = _points_back(question) or bool(found("questions", "points_back", question))
        if topic and (leans or len(telling_words(question)) < _FEW):
            question = f"{question} ({topic})"
        completed.append(
            f"{question}?" if plain.endswith("?") or found("questions", "asking", plain) else question
        )
        topic = topic or topic_of(plain)
    return completed


def _bare(question: str) -> str:
    return question.rstrip("?.!？。 ")


def _points_back(question: str) -> bool:
    """Whether a pronoun stands in it before what it could stand for."""
    anaphora = word_list("anaphora")
    telling = set(telling_words(question))
    said = 0
    for word in _WORD.findall(question):
        if word.casefold() in anaphora:
            break
        said += word in telling
    else:
        return False
    return said < _FEW


def topic_of(question: str) -> str:
    """What a question is about: it without the words that ask."""
    words = list(_WORD.finditer(question))
    telling = set(telling_words(question))
    first = next((match.start() for match in words if match[0] in telling), 0)
    last = max((match.end() for match in words if match[0] in telling), default=0)
    return question[first:last]
