"""The author's voice, as far as honesty lets it go: who is said to speak, that it is simulated, what to ask
next."""

import re
from collections.abc import Iterable, Sequence
from functools import cache

from wellread.agent.quoting.brief import Brief
from wellread.events import ScopeEntry
from wellread.grounding.inline import inert
from wellread.text.languages import languages
from wellread.text.terms import language_of

_MOST_FURTHER = 2
_MOST_NAMED = 4
_ENGLISH = "en"
KIND_WORD = (
    "I am sorry that this is so hard. Please speak to somebody now: a person you trust, a doctor, or the crisis line "
    "or emergency number of your country. You do not have to be alone with it.\n\n"
)


def author_of(scope: Sequence[ScopeEntry]) -> str:
    """Who speaks in a role-play: the authors that all titles share, or "the author of *A* and *B*"."""
    return _authors(scope) or f"the author of {named(entry.title for entry in scope)}"


def simulated(scope: Sequence[ScopeEntry], question: str) -> str:
    """The line above an answer in the author's voice, in the language of the question: that it is simulated, of whom
    (when all titles share an author), and from which works."""
    code = language_of(question)
    words = languages()[code if "voice" in languages()[code] else _ENGLISH]["voice"]
    author = _authors(scope, words["and"])
    template = words["simulated"] if author else words["simulated_works"]
    works = named((entry.title for entry in scope), words["and"], words["more"])
    return f"_{template.replace('⟦author⟧', author).replace('⟦works⟧', works)}_\n\n"


def without_opening(answer: str) -> str:
    """An answer that somebody sends back, without the line that says whose voice it is, in whichever language."""
    match = _simulated_line().match(answer)
    return answer[match.end() :] if match else answer


@cache
def _simulated_line() -> re.Pattern[str]:
    """The line that `simulated` writes, known by the words with which it begins."""
    voices = [own["voice"] for own in languages().values() if "voice" in own]
    begins = {
        voice[name].partition("⟦")[0].strip() for voice in voices for name in ("simulated", "simulated_works")
    }
    return re.compile(rf"\s*_(?:{'|'.join(map(re.escape, sorted(begins)))})[^\n]*_\n")


def declined(brief: Brief) -> str:
    """Where a part was asked for that Wellread does not play: why it does not, and what comes instead."""
    if brief.flags.is_controversial_sensitive_topic:
        reason = "On this topic I speak for nobody."
    else:
        reason = "I speak only as the author of a title that you name or pick, so here I speak for nobody."
    titles = tuple(dict.fromkeys(snippet.title for snippet in brief.snippets))
    if not titles:
        return f"{reason}\n\n"
    return f"{reason} This is what {named(titles)} {'says' if len(titles) == 1 else 'say'}:\n\n"


def closing_offer(brief: Brief) -> str:
    """An offer to go on, with questions that the same titles answer well; "" if none is known."""
    if not brief.further:
        return ""
    questions = "".join(f"- {inert(question)}\n" for question in brief.further[:_MOST_FURTHER])
    return f"To go on, you could ask:\n\n{questions}\n"


def named(titles: Iterable[str], joint: str = " and ", more: str = "⟦⟧ more") -> str:
    """Titles in italics: "*A*", "*A* and *B*", "*A*, *B* and 3 more"."""
    marked = [f"*{inert(title)}*" for title in dict.fromkeys(titles)]
    if len(marked) > _MOST_NAMED:
        rest = more.replace("⟦⟧", str(len(marked) - _MOST_NAMED + 1))
        marked = [*marked[: _MOST_NAMED - 1], rest]
    return marked[0] if len(marked) == 1 else ", ".join(marked[:-1]) + joint + marked[-1]


def _authors(scope: Sequence[ScopeEntry], joint: str = " and ") -> str:
    """The authors that all titles in scope share; "" if they share none."""
    shared = [
        author
        for author in (scope[0].authors if scope else ())
        if all(author in entry.authors for entry in scope)
    ]
    return joint.join(inert(author) for author in shared)
