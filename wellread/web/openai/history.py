"""What was said before a question, for interfaces whose clients send all of it each time."""

import re
from collections import deque
from collections.abc import Iterable

from wellread.agent.run.start import shortened
from wellread.agent.state.questions import self_contained
from wellread.agent.writing.persona import without_opening
from wellread.events import Exchange
from wellread.web.openai.footnotes import without_footnotes

MOST_MESSAGES = 10_000  # of a request
MOST_EXCHANGES = 20
_PIECES = 8  # of an answer that comes in several messages
_MARKS = re.compile(r" (?:\[\d{1,6}\])+")  # numbers of a knowledge that the new run does not have

Turn = tuple[str, str]  # role and text


def history_of(turns: Iterable[Turn]) -> tuple[Exchange, ...]:
    """The last exchanges, oldest first, of `turns`, which come the last first and are read no further than needed.

    Each question is made self-contained with the one before it, and each answer is bare. Roles other than `user` and
    `assistant` are passed over.
    """
    found: list[Exchange] = []
    pieces: deque[str] = deque(maxlen=_PIECES)  # when there are more, the first ones stay
    for role, text in turns:
        if role == "assistant" and text:
            pieces.appendleft(text)
        elif role == "user" and text.strip():
            answer = "\n\n".join(filter(None, map(bare, pieces)))
            found.append(shortened(Exchange(question=text, answer=answer)))
            pieces.clear()
            if len(found) == MOST_EXCHANGES:
                break
    return _self_contained(found[::-1])


def bare(answer: str) -> str:
    """An answer as it came over these interfaces, without what stands around its words."""
    return _MARKS.sub("", without_opening(without_footnotes(answer))).strip()


def _self_contained(exchanges: list[Exchange]) -> tuple[Exchange, ...]:
    told = exchanges[:1]
    for exchange in exchanges[1:]:
        asked = self_contained(exchange.question, told[-1].question)
        told.append(exchange.model_copy(update={"question": asked}))
    return tuple(told)
