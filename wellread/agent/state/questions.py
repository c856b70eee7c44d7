"""From what the reader typed to the short questions that are asked of the titles, by rules.

The naming of titles, the frame of a role-play and what the reader tells of themselves are left out: they are
not in any book. Text that no rule fits, and other languages than English, go through as they are.
"""

import re
from collections.abc import Iterable, Sequence
from functools import partial

from wellread.text.languages import pattern
from wellread.text.sentences import sentences

MOST = 4
_SHORT = 100  # code points; longer text could keep the pattern of "what does X say?" busy for ever
LONGEST = 300  # code points of one question

# A quotation, and a question.
_ABOUT = re.compile(r"\s*[“„«](?P<words>[^“”„«»]{30,})[”“»](?P<rest>.*)$", re.DOTALL)
_ABOUT_SHOWN = 200  # code points of it
_MARK = "⟦⟧"
_rule = partial(pattern, "questions")


def short_questions(asked: str, mentions: Sequence[tuple[int, int]] = ()) -> tuple[str, ...]:
    """One to MOST short questions. `mentions` are the ranges of `asked` (code points) that name titles.

    When words of a book stand before the question, each of the questions is about them and has their beginning.
    """
    about = _ABOUT.match(asked)
    if about is None:
        return _short_questions(asked, mentions)
    # Questions are told apart by their question marks, so there is none in what they are about.
    words = " ".join(about["words"].replace("?", ".").replace("？", "。").split())
    if len(words) > _ABOUT_SHOWN:
        words = words[:_ABOUT_SHOWN].rpartition(" ")[0] or words[:_ABOUT_SHOWN]
    if not about["rest"].strip():
        return (words,)
    first = about.start("rest")
    rest = _short_questions(about["rest"], [(s - first, e - first) for s, e in mentions if s >= first])
    return tuple(f"“{words}” {question}"[:LONGEST] for question in rest)


def _short_questions(asked: str, mentions: Sequence[tuple[int, int]]) -> tuple[str, ...]:
    text = _mask(asked, mentions)
    units = [
        unit
        for start, end in sentences(text)
        for unit in _rule("split").split(text[start:end].strip())
        if unit
    ]
    wanted: list[str] = []
    loose: list[str] = []
    for unit in units:
        question, certain = _question(unit)
        if question:
            (wanted if certain else loose).append(question)
    telling = [question for question in wanted if not _rule("generic").match(question)]
    found = _resolve(telling or loose or wanted)
    if not found:
        plain = " ".join(text.replace(_MARK, " ").split()) or asked
        found = [plain]
    unique = {question.casefold(): question[:LONGEST] for question in reversed(found)}
    return tuple(reversed(unique.values()))[:MOST]


def separate(question: str) -> list[str]:
    """The questions that a model put into one."""
    return [one for one in re.split(r"(?<=[?？])\s+", question.strip()) if one] or [question]


def without_ids(question: str, product_ids: Iterable[str]) -> str:
    """A question without the product ids that a small model puts behind it."""
    for product_id in product_ids:
        question = re.sub(rf"\s*[(\[]?(?<!\w){re.escape(product_id)}(?!\w)[)\]]?", "", question)
    return question.strip() or "?"


def without_titles(question: str, titles: Iterable[str]) -> str:
    """A question to search inside titles, without their names: those are in the title's every passage, and the rest of
    the question would not count. A name is told by its spelling: "green tea" does not mean *Green Tea*."""
    mentions = [
        match.span()
        for title in titles
        if len(name := title.partition(":")[0].strip()) > 3
        for match in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", question)
    ]
    apart = [
        span
        for span in mentions
        if not any(o != span and o[0] <= span[0] and span[1] <= o[1] for o in mentions)
    ]
    return short_questions(question, sorted(set(apart)))[0] if apart else question


def is_follow_up(question: str) -> bool:
    """Whether a question leans on the one before it: short, and beginning like one or with a pronoun."""
    words = question.split()
    if len(words) > 14:
        return False
    pronoun = re.search(
        r"\b(?:it|its|that|this|they|them|those|these|he|she|his|her)\b", question, re.IGNORECASE
    )
    return bool(_rule("follows").match(question)) or len(words) <= 3 or (bool(pronoun) and len(words) <= 10)


def self_contained(question: str, before: str) -> str:
    """A follow-up with what it leans on: the question `before` it (itself self-contained)."""
    if not is_follow_up(question):
        return question
    topic = short_questions(before)[0].rstrip("?.! ")
    return f"{question.rstrip()} ({topic})"


def _mask(text: str, mentions: Sequence[tuple[int, int]]) -> str:
    for start, end in sorted(mentions, reverse=True):
        text = f"{text[:start].rstrip(chr(34) + '“‘')}{_MARK}{text[end:].lstrip(chr(34) + '”’')}"
    return text


def _question(unit: str) -> tuple[str, bool]:
    """What a sentence asks, without frame and names; and whether it asks at all or only tells."""
    if len(unit) <= _SHORT and _rule("says_only").match(unit):
        return "", False
    unit = _rule("after_colon").sub("", unit)
    if _rule("frame").match(unit):
        framed = _rule("framed_request").search(unit)
        return (_clean(framed["rest"]), True) if framed else ("", False)
    says = _rule("says").match(unit)
    if says and (
        _MARK in unit[: says.start("rest")]
        or re.search(r"\b(?:authors?|books?|they|speakers?)\b", unit[: says.start("rest")])
    ):
        return _clean(says["rest"].rstrip("?.! ")), True
    for name in ("wish", "request"):
        if wish := _rule(name).search(unit):
            return _clean(wish["rest"]), True
    cleaned = _clean(unit)
    return cleaned, unit.rstrip().endswith(("?", "？")) or bool(_rule("asking").match(cleaned))


def _clean(text: str) -> str:
    text = _rule("named").sub(" ", text)
    text = " ".join(text.split()).strip(" ,;:")
    text = re.sub(r"\s+([?.!,])", r"\1", text)
    if len(re.findall(r"\w+", text)) == 0:
        return ""
    body = _rule("polite").sub("", text.rstrip("?.! ")).rstrip(" ,")
    if not body:
        return ""
    if re.match(r"^(?:the )?differences? between\b", body, re.IGNORECASE):
        body = "What is " + (body if body.lower().startswith("the ") else f"the {body}")
        return body + "?"
    if _rule("asking").match(body):
        return body[0].upper() + body[1:] + "?"
    return body[0].upper() + body[1:] + ("?" if text.endswith("?") else "")


def _resolve(questions: Sequence[str]) -> list[str]:
    """Later questions with "both roles" and "it" replaced by what the first one named."""
    resolved: list[str] = []
    pair: re.Match[str] | None = None
    subject = ""
    for question in questions:
        if pair:
            question = _rule("both").sub(partial(_both, pair), question)
        if subject and resolved:
            question = _rule("one").sub(subject, _rule("pronoun").sub(subject, question, count=1))
        pair = pair or _rule("difference").search(question)
        named = _rule("subject").match(question)
        if named and not subject and len(named["subject"].split()) <= 5:
            subject = named["subject"]
        resolved.append(question)
    return resolved


def _both(pair: re.Match[str], match: re.Match[str]) -> str:
    """The two things compared, in place of "both roles"."""
    noun = " roles" if match["noun"].lower().startswith("role") else ""
    return f"{pair['a']} and {pair['b']}{noun}"
