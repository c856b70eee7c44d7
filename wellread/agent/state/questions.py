"""From what the reader typed to the short questions that are asked of the titles, by rules.

The naming of titles, the frame of a role-play and what the reader tells of themselves are left out: they are
not in any book. Text that no rule fits, and other languages than English, go through as they are.
"""

import re
from collections.abc import Iterable, Sequence
from functools import partial

from wellread.text.sentences import sentences

MOST = 4
_SHORT = 100  # code points; longer text could keep the pattern of "what does X say?" busy for ever
LONGEST = 300  # code points of one question

_FRAME = re.compile(
    r"^(?:please\s+|now\s+|can you\s+|could you\s+|i want you to\s+)*"
    r"(?:pretend|imagine|act(?:ing)? (?:as|like)|role-?play|play the role|take (?:on )?the role|be my|"
    r"you are (?:now )?(?:the author|a mentor|an expert)|speak (?:as|like)|answer (?:as|like)|as if you were)\b",
    re.IGNORECASE,
)
_FRAMED_REQUEST = re.compile(
    r"(?:,|;|\band\b|\bthen\b)\s+(?:then\s+)?(?:tell (?:me|us)|explain(?: to me)?|answer(?: this)?|teach me|show me|"
    r"advise me(?: on)?|help me(?: with| to)?(?: understand)?)\b[:,]?\s*(?P<rest>.+)$",
    re.IGNORECASE,
)
_WISH = re.compile(
    r"\b(?:(?:struggling|trying|need|want|like|love|hoping|hard for me|difficult) to "
    r"(?:understand|know|learn|find out|see)|"
    r"(?:don'?t|do not|can'?t|cannot) (?:really |quite )?(?:understand|see|tell)|"
    r"(?:wonder(?:ing)?|unsure|confused about|curious about|not sure(?: about)?))\s+(?P<rest>.+)$",
    re.IGNORECASE,
)
_REQUEST = re.compile(
    r"^(?:please\s+|can you\s+|could you\s+|would you\s+)*"
    r"(?:tell (?:me|us)(?: about)?|explain(?: to me)?|describe|summari[sz]e|teach me(?: about)?|show me|give me)\s+"
    r"(?P<rest>.+)$",
    re.IGNORECASE,
)
_SAYS = re.compile(
    r"^(?:please\s+)?(?:(?:what|how) (?:do|does|did|would|can|is|are)|compare(?: what| how)?|contrast(?: what| how)?|"
    r"where do(?:es)?)\s+"
    r"(?:(?:the|both|two|authors?|speakers?|guests?|books?|talks?|and|of|in|his|her|their|they|it|he|she|you|video|"
    r"about|on|,)\s+|⟦⟧[,]?\s*)*"
    r""
    r"(?:say|says|said|think|thinks|advise|advises|recommend|recommends|suggest|suggests|write|writes|teach|teaches|argue|argues|"
    r"differ|disagree|agree|tell us|view|stand|mean|treat|handle|discuss|cover)\s+"
    r"(?:(?:about|on|of|regarding|over|for|by|to)\s+)?(?P<rest>.+)$",
    re.IGNORECASE,
)
_SAYS_ONLY = re.compile(
    r"^(?:and\s+)?(?:what|how) (?:do|does|did|would)\s+(?:⟦⟧|the\s+\w+|they|he|she|it|you|and|,|\s)+\s*"
    r"(?:say|think|differ|advise|recommend|suggest)\b[\s?.!]*$",
    re.IGNORECASE,
)
_GENERIC = re.compile(
    r"^(?:any|some|what)?\s*(?:advice|help|thoughts|ideas|tips|suggestions|opinions?)\b[\s?.!]*$|"
    r"^what (?:should|can|could|would|do) (?:i|we|you) (?:do|say|advise|suggest|recommend)\b[\s?.!]*$|"
    r"^(?:please )?help\b[^?]{0,12}$",
    re.IGNORECASE,
)
_AFTER_COLON = re.compile(
    r"^[^:?]{3,60}:\s+(?=(?:how|what|why|when|who|which|where|should|can|do|does|is|are)\b)", re.IGNORECASE
)
_POLITE = re.compile(r"(?:\s+to (?:me|us))?(?:,?\s*\bplease\b)?(?=[?.!]*$)", re.IGNORECASE)
_NAMED = re.compile(
    r"(?:,?\s*\b(?:according to|based on(?: what (?:you|i) read in)?|in|from|of|by|per|using|with)\s+)?"
    r""
    r"(?:"
    r"(?:the|his|her|their|your|my|this|that|both|books?|talks?|videos?|podcasts?|episodes?|manuals?|authors? of)\s+)*"
    r"⟦⟧(?:'s)?(?:\s+(?:book|talk|video|podcast|episode|manual|handbook|interview|pdf|epub|edition))*"
    r"(?:\s*(?:,|and|or|&)\s*"
    r"(?:(?:the|his|her|their|your|in|from|book|talk|video)\s+)*⟦⟧(?:'s)?(?:\s+(?:book|talk|video))?)*"
    r"(?:\s*[,:]\s+)?",
    re.IGNORECASE,
)
_SPLIT = re.compile(
    r"\s*(?:,|;)?\s+(?:and|or|but)\s+(?=(?:how|what|why|when|who|whom|which|where|should|can|could|do|does|is|are)\b)"
    r"|(?<=\?)\s+",
    re.IGNORECASE,
)
_DIFFERENCE = re.compile(
    r"\bdifferences? between\s+(?P<a>.+?)\s+(?:and|or)\s+(?P<b>.+?)(?=[?.,;:]|$|\s+(?:in|for|when|as)\b)",
    re.IGNORECASE,
)
_BOTH = re.compile(
    r"\b(?:both|these two|the two)\s+(?P<noun>roles?|of them|things|sides|ones|kinds|approaches)\b",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"^(?:what (?:is|are|was|were|does)|who (?:is|are|was)|why (?:is|are|do|does)|"
    r"how (?:do|does|can|should) (?:i|you|we|one))\s+"
    r"(?:an?\s+|the\s+)?(?P<subject>.+?)(?:\s+(?:mean|work|in|for|on|at|when)\b.*)?\??$",
    re.IGNORECASE,
)
_PRONOUN = re.compile(
    r"\b(?:it|them|they|this|that|these|those)\b(?!\s+\w+(?:s|ing)\b\s+\w+\s+\w+\s+\w+)", re.IGNORECASE
)
_ONE = re.compile(r"\bone(?=\W*$)", re.IGNORECASE)
_ASKING = re.compile(
    r"^"
    r"(?:how|what|why|when|who|whom|whose|which|where|should|shall|can|could|do|does|did|is|are|was|were|may|must|will|would|has|have)\b",
    re.IGNORECASE,
)
_FOLLOWS = re.compile(
    r"^(?:and|but|or|so|what about|how about|why|why not|more|go on|tell me more|for example)\b",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"\s*[“„«](?P<words>[^“”„«»]{30,})[”“»](?P<rest>.*)$", re.DOTALL
)  # a quotation, and a question
_ABOUT_SHOWN = 200  # code points of it
_MARK = "⟦⟧"


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
    units = [unit for start, end in sentences(text) for unit in _SPLIT.split(text[start:end].strip()) if unit]
    wanted: list[str] = []
    loose: list[str] = []
    for unit in units:
        question, certain = _question(unit)
        if question:
            (wanted if certain else loose).append(question)
    telling = [question for question in wanted if not _GENERIC.match(question)]
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
    return bool(_FOLLOWS.match(question)) or len(words) <= 3 or (bool(pronoun) and len(words) <= 10)


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
    if len(unit) <= _SHORT and _SAYS_ONLY.match(unit):
        return "", False
    unit = _AFTER_COLON.sub("", unit)
    if _FRAME.match(unit):
        framed = _FRAMED_REQUEST.search(unit)
        return (_clean(framed["rest"]), True) if framed else ("", False)
    says = _SAYS.match(unit)
    if says and (
        _MARK in unit[: says.start("rest")]
        or re.search(r"\b(?:authors?|books?|they|speakers?)\b", unit[: says.start("rest")])
    ):
        return _clean(says["rest"].rstrip("?.! ")), True
    for pattern in (_WISH, _REQUEST):
        wish = pattern.search(unit)
        if wish:
            return _clean(wish["rest"]), True
    cleaned = _clean(unit)
    return cleaned, unit.rstrip().endswith(("?", "？")) or bool(_ASKING.match(cleaned))


def _clean(text: str) -> str:
    text = _NAMED.sub(" ", text)
    text = " ".join(text.split()).strip(" ,;:")
    text = re.sub(r"\s+([?.!,])", r"\1", text)
    if len(re.findall(r"\w+", text)) == 0:
        return ""
    body = _POLITE.sub("", text.rstrip("?.! ")).rstrip(" ,")
    if not body:
        return ""
    if re.match(r"^(?:the )?differences? between\b", body, re.IGNORECASE):
        body = "What is " + (body if body.lower().startswith("the ") else f"the {body}")
        return body + "?"
    if _ASKING.match(body):
        return body[0].upper() + body[1:] + "?"
    return body[0].upper() + body[1:] + ("?" if text.endswith("?") else "")


def _resolve(questions: Sequence[str]) -> list[str]:
    """Later questions with "both roles" and "it" replaced by what the first one named."""
    resolved: list[str] = []
    pair: re.Match[str] | None = None
    subject = ""
    for question in questions:
        if pair:
            question = _BOTH.sub(partial(_both, pair), question)
        if subject and resolved:
            question = _ONE.sub(subject, _PRONOUN.sub(subject, question, count=1))
        pair = pair or _DIFFERENCE.search(question)
        named = _SUBJECT.match(question)
        if named and not subject and len(named["subject"].split()) <= 5:
            subject = named["subject"]
        resolved.append(question)
    return resolved


def _both(pair: re.Match[str], match: re.Match[str]) -> str:
    """The two things compared, in place of "both roles"."""
    noun = " roles" if match["noun"].lower().startswith("role") else ""
    return f"{pair['a']} and {pair['b']}{noun}"
