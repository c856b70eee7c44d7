"""The sentences of a small model, each held against the knowledge before it is shown.

A small model copies well and counts badly: it forgets the number behind a sentence, or gives a wrong one. So each
sentence gets the numbers of the snippets that hold its words, and one that no snippet holds is left out.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from wellread.events import Snippet
from wellread.grounding.wording import Wording, best_sentences

HELD = 0.6  # share of a sentence's words that a snippet must hold
_NEARLY = 0.9  # of the best snippet's share, from which the model's own number is kept
_FRAMING = 16  # words of a sentence that only leads to what follows
_END = re.compile(r"(?<=[.!?。！？])[\"'”’)\]]*(?:\s*\[\d+\])*(?:\s+|$)|(?<=[。！？])")
_LEAD = re.compile(r"^\s*(?:\[\d+\][:.]?\s*|(?:note|notes)\s+\d+[:.]\s*|\(\d+\)\s*)+", re.I)
_ITEM = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+")
_MARK = re.compile(r"\s*\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Held:
    """A line of the answer with its numbers; `left_out` counts the sentences that no snippet holds."""

    text: str
    left_out: int = 0


def attributed(line: str, snippets: Sequence[Snippet]) -> Held:
    """One line of a small model's text as it is shown; empty when nothing of it is."""
    lead = _LEAD.match(line)
    line = line[lead.end() :] if lead else line
    if not line.strip() or line.lstrip().startswith(("#", "|", "```")):
        return Held("")  # the form is ours
    item = _ITEM.match(line)
    prefix = "" if item is None else item[0].lstrip().replace("•", "-").replace("*", "-")
    body = line[item.end() :] if item else line
    kept: list[str] = []
    left_out = 0
    for sentence in _sentences(body):
        shown = _held(sentence, snippets)
        kept += [shown] if shown else []
        left_out += not shown
    return Held(f"{prefix}{' '.join(kept)}\n" if kept else "", left_out)


def _sentences(body: str) -> list[str]:
    found, start = [], 0
    for match in _END.finditer(body):
        found.append(body[start : match.end()].strip())
        start = match.end()
    return [sentence for sentence in (*found, body[start:].strip()) if sentence]


def _held(sentence: str, snippets: Sequence[Snippet]) -> str:
    """The sentence with the numbers of what holds it; "" when nothing does."""
    given = [int(number) for number in _MARK.findall(sentence)]
    plain = sentence.replace("**", "").strip()
    text = _MARK.sub("", _LEAD.sub("", plain)).strip()
    wording = Wording.of(text)
    if not wording.words:
        return ""
    shares = {s.number: wording.coverage(best_sentences(wording, s.text).held) for s in snippets}
    best = max(shares, key=shares.__getitem__)
    if shares[best] >= HELD and wording.numbers <= Wording.of(" ".join(s.text for s in snippets)).numbers:
        own = [n for n in given if shares.get(n, 0.0) >= _NEARLY * shares[best]]
        return f"{text} [{(own or [best])[0]}]"
    return text if text.endswith(":") and len(text.split()) <= _FRAMING else ""
