"""The sentences of a small model, each held against the knowledge before it is shown.

A small model copies well and counts badly: it forgets the number behind a sentence, or gives a wrong one. So each
sentence gets the number of the snippet that holds most of its words, and one that no snippet holds is left out.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from wellread.events import Snippet
from wellread.grounding.quantities import claimed, held
from wellread.grounding.wording import Wording, closest_sentences
from wellread.text.sentences import sentences

_TOGETHER = 3
HELD = 0.6  # share of a sentence's words that a snippet must hold
_FRAMING = 16  # words of a sentence that only leads to what follows
_LEAD = re.compile(r"^\s*(?:\[\d+\][:.]?\s*|(?:note|notes)\s+\d+[:.]\s*|\(\d+\)\s*)+", re.I)
_ITEM = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+")
_MARK = re.compile(r"\s*\[\d+(?:,\s*\d+)*\]")


@dataclass(frozen=True, slots=True)
class Held:
    """A line of the answer with its numbers: how many sentences it has, and how many no snippet holds."""

    text: str
    sentences: int = 0
    left_out: int = 0


def attributed(line: str, snippets: Sequence[Snippet]) -> Held:
    """One line of a small model's text as it is shown; empty when nothing of it is."""
    lead = _LEAD.match(line)
    line = line[lead.end() :] if lead else line
    if not line.strip() or line.lstrip().startswith(("#", "|", "```")):
        return Held("")  # the form is ours
    item = _ITEM.match(line)
    prefix = "" if item is None else item[0].lstrip().replace("•", "-").replace("*", "-")
    body = _MARK.sub("", line[item.end() :] if item else line).replace("**", "").strip()
    found = [_held(body[start:end], snippets) for start, end in sentences(body)] if body else []
    kept = [sentence for sentence in found if sentence]
    text = f"{prefix}{' '.join(kept)}\n" if kept else ""
    return Held(text, len(kept), len(found) - len(kept))


def _held(sentence: str, snippets: Sequence[Snippet]) -> str:
    """The sentence with the numbers of what holds it; "" when nothing does."""
    text = _LEAD.sub("", sentence).strip()
    if text.endswith(("?", "？")):
        return ""  # it asks, where it should answer
    wording = Wording.of(text)
    if not wording.words:
        return ""
    shares = {s.number: _share(wording, s.text) for s in snippets}
    best = max(shares, key=shares.__getitem__)
    known = [held(s.text) for s in snippets]
    numbers_hold = all(any(quantity.stands_in(one) for one in known) for quantity in claimed(text))
    if shares[best] >= HELD and numbers_hold:
        return f"{text} [{best}]"
    return text if text.endswith(":") and len(text.split()) <= _FRAMING else ""


def _share(wording: Wording, source: str) -> float:
    """The share of a sentence's words that the few closest sentences of a source hold together."""
    closest = closest_sentences(wording, [source], _TOGETHER)
    return wording.coverage(frozenset().union(*(one.held for one in closest)))
