"""Answers that need no search: a greeting, a calculation, and what Wellread is."""

import re
from dataclasses import dataclass

from wellread.agent.state.arithmetic import calculation
from wellread.agent.state.intent import is_greeting
from wellread.events import Flags
from wellread.grounding.inline import inert

_THANKS = re.compile(r"^\W*(?:thanks?|thx|danke)\b", re.I)
_FAREWELL = re.compile(r"^\W*(?:bye|goodbye|see\s+you)\b", re.I)
_PROMPT = re.compile(r"\b(?:prompts?|instructions)\b", re.I)
_PROMPTS_ARE_OPEN = "\nMy instructions are no secret: they are the files in `wellread/agent/prompts`.\n"


@dataclass(frozen=True, slots=True)
class Facts:
    """What Wellread can say of itself. `titles` is how many the library holds, None if that is not known."""

    titles: int | None = None
    model: str = "extractive"
    examples: tuple[str, ...] = ()  # a few titles of the library


def direct_answer(question: str, flags: Flags, facts: Facts) -> str | None:
    """The Markdown of an answer that needs no search, or None when the flags ask for one."""
    if flags.is_who_are_you:
        return introduction(facts) + (_PROMPTS_ARE_OPEN if _PROMPT.search(question) else "")
    if not flags.is_greeting_or_simple_calculation:
        return None
    found = calculation(question)
    if found and found.failed:
        return f"I cannot work that out: {found.result}.\n"
    if found:
        return f"{inert(found.expression)} = **{found.result}**\n"
    return greeting(question, facts)


def is_known_direct(question: str, flags: Flags) -> bool:
    """Whether `direct_answer` knows what to say, and need not take it for a greeting on somebody's word."""
    return flags.is_who_are_you or is_greeting(question) or calculation(question) is not None


def greeting(question: str, facts: Facts) -> str:
    if _THANKS.match(question):
        return "You are welcome. Ask on whenever you like.\n"
    if _FAREWELL.match(question):
        return "Goodbye, and good reading.\n"
    return " ".join(filter(None, ("Hello!", _library(facts), "What would you like to know?"))) + "\n"


def introduction(facts: Facts) -> str:
    """What Wellread is, what its library holds, and what writes its answers."""
    if facts.model == "extractive":
        writer = (
            "No language model is set up, so my answers are sentences of the titles themselves, chosen for "
            "your question, arranged and cited."
        )
    else:
        writer = (
            f"The language model `{facts.model}` writes my answers from what I find, and each statement is "
            "checked against the passages it cites."
        )
    return (
        "I am Wellread. I answer questions from the books, videos and recordings in your library, and every "
        "statement that rests on one opens the passage, the page or the second it comes from.\n\n"
        + " ".join(filter(None, (_library(facts), writer)))
        + "\n"
    )


def _library(facts: Facts) -> str:
    if facts.titles is None:
        return ""
    if not facts.titles:
        return "Your library is still empty: add a book with `wellread add`, and then ask me about it."
    held = "one title" if facts.titles == 1 else f"{facts.titles:,} titles"
    named = ", ".join(f"*{inert(title)}*" for title in facts.examples[:3])
    if not named:
        return f"Your library holds {held}."
    return (
        f"Your library holds {held}: {named}."
        if facts.titles <= 3
        else f"Your library holds {held}, among them {named}."
    )
