"""The text of a model as it streams, with its citations put right and everything removed that could act.

A number that is not among the knowledge given to the writer is dropped, and counted. Nothing that the text holds
becomes a link, an image or raw HTML. Code stays as it is.
"""

import re
from collections.abc import Collection
from enum import Enum, auto

_NUMBERS = re.compile(
    r"[\[【]\s*(?:(?:knowledge|source|quelle|no\.|nr\.|#)\s*)?(\d{1,6}(?:\s*[,;]\s*\d{1,6})*)\s*[\]】]", re.I
)
_LINK = re.compile(r"!?\[([^\[\]\n]*)\]\(\s*(?:<[^<>\n]*>|[^()\s]*)(?:\s+(?:\"[^\"\n]*\"|'[^'\n]*'))?\s*\)")
_BREAK = re.compile(r"<br\s*/?>", re.I)
_FENCE = re.compile(r"(`{3,}|~{3,})([^\n`]*)")
_WAITS = 400  # code points after an opening mark within which its end must come
_TOGETHER = 4  # numbers behind one statement at most
_SPECIAL = re.compile(r" (?=[\[【]|$)|[\[【!<`~:\\]")


class _Within(Enum):
    TEXT = auto()
    SPAN = auto()  # inline code
    FENCE = auto()


class CitationFilter:
    """Feed it the pieces of a text; what it gives back is the text to show. `dropped` counts the numbers that were
    not `known`, and those beyond the first few behind one statement."""

    def __init__(self, known: Collection[int]) -> None:
        self._known = frozenset(known)
        self._pending = ""
        self._within = _Within.TEXT
        self._closes = ""  # the run of marks that ends the code
        self._last = ""  # the last character given out
        self._cited: list[int] = []  # behind the statement that is being written
        self._wrapped: bool | None = None  # whether the whole text stands in a fence
        self.dropped = 0

    def feed(self, piece: str) -> str:
        self._pending += piece
        return self._take(final=False)

    def close(self) -> str:
        """What was held back, at the end of the text."""
        return self._take(final=True)

    def _take(self, *, final: bool) -> str:
        if self._wrapped is None and not self._unwrap(final=final):
            return ""
        out: list[str] = []
        while self._pending:
            used, shown = self._next(final=final)
            if not used:
                break
            self._pending = self._pending[used:]
            if shown:
                out.append(shown)
                self._last = shown[-1]
        return "".join(out)

    def _unwrap(self, *, final: bool) -> bool:
        """Leave out a fence that a model put around its whole answer. False while that cannot be told."""
        start = self._pending.lstrip()
        if not final and (len(start) < 12 and "```markdown\n".startswith(start[:12])):
            return False
        self._wrapped = start.startswith(("```markdown\n", "```md\n"))
        self._pending = start.partition("\n")[2] if self._wrapped else start
        return True

    def _next(self, *, final: bool) -> tuple[int, str]:
        """How much of what is pending is decided, and what is shown of it. (0, "") while more must come first."""
        text = self._pending
        if self._within is not _Within.TEXT:
            return self._code(final=final)
        match = _SPECIAL.search(text)
        if match is None or match.start() > 0:
            plain = text if match is None else text[: match.start()]
            return len(plain), self._plain(plain)
        mark = text[0]
        if mark == " ":  # it goes with the citation that follows it, if that is dropped
            if len(text) == 1:
                return (1, " ") if final else (0, "")
            used, shown = self._bracket(text[1:], final=final)
            return (used + 1, f" {shown}" if shown else "") if used else (0, "")
        if mark == "\\":
            return (0, "") if len(text) < 2 and not final else (min(2, len(text)), text[:2])
        if mark in "`~":
            return self._opens_code(final=final)
        if mark == ":":
            if len(text) < 3 and not final:
                return 0, ""
            return 1, "\\:" if text.startswith("://") else ":"
        if mark == "<":
            return self._angle(final=final)
        return self._bracket(text, final=final)

    def _plain(self, plain: str) -> str:
        """Text without marks; words of it begin another statement."""
        if self._cited and any(map(str.isalnum, plain)):
            self._cited = []
        return plain

    def _bracket(self, text: str, *, final: bool) -> tuple[int, str]:
        if text[0] == "!":
            if len(text) == 1 and not final:
                return 0, ""
            if text[1:2] != "[":
                return 1, "!"
        start = 1 if text[0] == "!" else 0
        end = text.find("】" if text[start] == "【" else "]", start)
        if end < 0 or (end == len(text) - 1 and text[start] == "["):
            newline = text.find("\n")
            if not final and newline < 0 and len(text) < _WAITS:
                return 0, ""
        if link := _LINK.match(text):
            numbered = link[1].strip().isdigit()
            return link.end(), self._citation(link[1]) if numbered else self._link_text(link[1])
        if (
            end >= 0
            and text[end + 1 : end + 2] == "("
            and not final
            and len(text) < _WAITS
            and ")" not in text
        ):
            return 0, ""
        if numbers := _NUMBERS.match(text, start):
            return numbers.end(), self._citation(numbers[1])
        return start + 1, "\\[" if text[start] == "[" else text[start]

    def _link_text(self, text: str) -> str:
        inner = CitationFilter(self._known)
        inner._wrapped = False
        shown = inner.feed(text) + inner.close()
        self.dropped += inner.dropped
        return shown

    def _citation(self, numbers: str) -> str:
        """`[n]` for each number that is known and does not stand behind the statement already."""
        shown = []
        for number in map(int, re.findall(r"\d+", numbers)):
            if number in self._cited:
                continue
            if number not in self._known or len(self._cited) >= _TOGETHER:
                self.dropped += 1
                continue
            self._cited.append(number)
            shown.append(f"[{number}]")
        return "".join(shown)

    def _angle(self, *, final: bool) -> tuple[int, str]:
        text = self._pending
        if len(text) < 6 and not final and "<br />".startswith(text[:3].lower()[:3]):
            return 0, ""
        if line_break := _BREAK.match(text):
            return line_break.end(), " "
        if len(text) == 1 and not final:
            return 0, ""
        acts = text[1:2].isalpha() or text[1:2] in ("/", "!", "?")
        return 1, "\\<" if acts else "<"

    def _opens_code(self, *, final: bool) -> tuple[int, str]:
        text = self._pending
        run = re.match(r"`+|~+", text)
        assert run
        if run.end() == len(text) and not final:
            return 0, ""
        at_start = self._last in ("", "\n") or self._last.isspace()
        if len(run[0]) >= 3 and at_start:
            if "\n" not in text and not final:
                return 0, ""
            if self._wrapped and run[0].startswith("```") and not text[run.end() :].strip():
                return len(text), ""  # the end of the fence around the whole answer
            line = text.partition("\n")[0]
            self._within, self._closes = _Within.FENCE, run[0]
            return len(line), line
        if run[0][0] == "`":
            self._within, self._closes = _Within.SPAN, run[0]
        return run.end(), run[0]

    def _code(self, *, final: bool) -> tuple[int, str]:
        text = self._pending
        if self._within is _Within.FENCE:
            end = re.search(
                rf"\n[ \t]*{re.escape(self._closes[0])}{{{len(self._closes)},}}[ \t]*(?=\n|$)", text
            )
            if end and (final or end.end() < len(text)):
                self._within = _Within.TEXT
                return end.end(), text[: end.end()]
            keep = 0 if final else max(0, len(text) - text.rfind("\n")) if "\n" in text else 0
            return len(text) - keep, text[: len(text) - keep]
        end = re.search(rf"(?<!`){self._closes}(?!`)", text)
        if end and (final or end.end() < len(text)):
            self._within = _Within.TEXT
            return end.end(), text[: end.end()]
        if "\n\n" in text:  # it was no code after all
            self._within = _Within.TEXT
            cut = text.index("\n\n")
            return cut, text[:cut]
        undecided = re.search(r"`|\n$", text)
        upto = undecided.start() if undecided and not final else len(text)
        return upto, text[:upto]
