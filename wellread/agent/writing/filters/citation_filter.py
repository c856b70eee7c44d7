"""The text of a model as it streams, with its citations put right and everything removed that could act.

A number that is not among the knowledge given to the writer is dropped, and counted. Nothing that the text holds
becomes an image or raw HTML, whatever a renderer makes of the rest. An address of the web is a link, shown as it is, if
it stands in the knowledge given to the writer, code point by code point: while the text streams, the numbers behind the
statement are not yet known (the page looks at those). Any other address is code, which no renderer makes a link of.
Code stays as it is, as far as it is code for certain: a span that ends on its line, and a fence that begins a line and
ends no later than what it stands in.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from wellread.events import Snippet
from wellread.text import addresses

_NUMBERS = re.compile(
    r"[\[【]\s*(?:(?:knowledge|source|quelle|no\.|nr\.|#)\s*)?(\d{1,6}(?:\s*[,;]\s*\d{1,6})*)\s*[\]】]", re.I
)
_LINK = re.compile(
    r"!?\[([^\[\]\n]*)\]\(\s*(<[^<>\n]*>|[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)"
    r"(?:\s+(?:\"[^\"\n]*\"|'[^'\n]*'))?\s*\)"
)
_BREAK = re.compile(r"<br\s*/?>", re.I)
_FENCE = re.compile(r"([ \t]*)(`{3,}|~{3,})([^`\n]*)$")
_PERHAPS_FENCE = re.compile(r"[ \t]*(?:`{1,}[^\n]*|~{1,}[^\n]*)?$")
_WAITS = 400  # code points after an opening mark within which its end must come
_TOGETHER = 4  # numbers behind one statement at most
# What may begin or be an address, with escapes that mean nothing in it, and what may follow that in one.
_WORD = re.compile(r"(?:[^\s\[\]【】!<`\\|*\"\x7f-\U0010ffff]|\\[/:.@&?=#%+-])+")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,30}(?::\S*)?", re.I)  # an address of which more may come
_BARE_SLASHES = re.compile(r":(?=//)")
_ACTS_BEHIND_BRACKET = "(:"  # a link's address, and a reference's


@dataclass(frozen=True, slots=True)
class _Fence:
    indent: int
    marks: str

    def ends_with(self, line: str) -> bool:
        stripped = line.strip()
        return len(stripped) >= len(self.marks) and set(stripped) == {self.marks[0]}

    def is_left_by(self, line: str) -> bool:
        """A line further out than the fence may have ended what the fence stands in."""
        return bool(line.strip()) and len(line) - len(line.lstrip(" \t")) < self.indent


class CitationFilter:
    """Feed it the pieces of a text; what it gives back is the text to show. `dropped` counts the numbers that were
    not `known`, and those beyond the first few behind one statement."""

    def __init__(self, known: Collection[int], given: Iterable[str] = ()) -> None:
        """`known` are the numbers of the knowledge, `given` its texts."""
        self._known = frozenset(known)
        self._addresses = addresses.web_addresses(given)
        self._pending = ""
        self._fence: _Fence | None = None
        self._last = ""  # the last character given out
        self._at_line_start = True
        self._cited: list[int] = []  # behind the statement that is being written
        self._wrapped: bool | None = None  # whether the whole text stands in a fence
        self.dropped = 0

    def feed(self, piece: str) -> str:
        self._pending += piece
        return self._take(final=False)

    def close(self) -> str:
        """What was held back, at the end of the text; it ends a listing that is open."""
        rest = self._take(final=True)
        if self._fence is not None:
            rest += f"\n{self._fence.marks}\n"
            self._fence = None
        return rest

    def _take(self, *, final: bool) -> str:
        if self._wrapped is None and not self._unwrap(final=final):
            return ""
        out: list[str] = []
        while self._pending:
            used, shown = self._next(final=final)
            if not used:
                break
            self._at_line_start = self._pending[used - 1] == "\n"
            self._pending = self._pending[used:]
            if shown:
                out.append(shown)
                self._last = shown[-1]
        return "".join(out)

    def _unwrap(self, *, final: bool) -> bool:
        """Leave out a fence that a model put around its whole answer. False while that cannot be told."""
        start = self._pending.lstrip()
        if not final and len(start) < 12 and "```markdown\n".startswith(start):
            return False
        self._wrapped = start.startswith(("```markdown\n", "```md\n"))
        self._pending = start.partition("\n")[2] if self._wrapped else start
        return True

    def _next(self, *, final: bool) -> tuple[int, str]:
        """How much of what is pending is decided, and what is shown of it. (0, "") while more must come first."""
        text = self._pending
        if self._fence is not None:
            return self._in_fence(self._fence, final=final)
        if self._at_line_start and (fence := self._opens_fence(final=final)) is not None:
            return fence
        if self._last == "]" and text[0] in _ACTS_BEHIND_BRACKET:
            return 1, f"\\{text[0]}"
        if word := _WORD.match(text):
            return self._words(word[0], final=final)
        match text[0]:
            case "\n":
                return 1, "\n"
            case " " if text[1:2] in (
                "",
                "[",
                "【",
            ):  # it goes with the citation that follows it, if that is dropped
                if len(text) == 1:
                    return (1, " ") if final else (0, "")
                used, shown = self._bracket(text[1:], final=final)
                return (used + 1, f" {shown}" if shown else "") if used else (0, "")
            case "\\":
                return (0, "") if len(text) < 2 and not final else (min(2, len(text)), text[:2])
            case "`":
                return self._span(final=final)
            case "<":
                return self._angle(final=final)
            case "[" | "【" | "!":
                return self._bracket(text, final=final)
            case other:
                return 1, self._plain(other)

    def _words(self, word: str, *, final: bool) -> tuple[int, str]:
        """A run of ASCII without white space, and with an address what goes on with it."""
        length = len(word)
        if addresses.BEGINNING.search(word.replace("\\", "")):
            length += addresses.REST.match(self._pending, length).end() - length  # type: ignore[union-attr]  # anywhere
        goes_on = self._pending[length:] in ("", "\\")  # or an escape that means nothing in an address
        if goes_on and not final and length < _WAITS:
            return 0, ""
        plain = re.sub(r"\\(.)", r"\1", self._pending[:length])
        if (spelt := addresses.spelt(plain)) != plain:
            return length, self._plain("`{}`".format(spelt.replace("`", "'")))
        places = addresses.found(plain)
        if not places:
            return length, self._plain(_BARE_SLASHES.sub(r"\:", self._pending[:length]))
        shown, at = "", 0
        for start, end in places:
            shown += self._plain(plain[at:start]) + self._address(plain[start:end])
            at = end
        return length, shown + self._plain(plain[at:])

    def _address(self, address: str) -> str:
        """An address as a link, or as code."""
        self._cited = []
        return f"<{address}>" if address in self._addresses else f"`{address}`"

    def _plain(self, plain: str) -> str:
        """Text without marks; words of it begin another statement."""
        if self._cited and any(map(str.isalnum, plain)):
            self._cited = []
        return plain

    def _opens_fence(self, *, final: bool) -> tuple[int, str] | None:
        """A line that opens a listing; None when it is another line."""
        line, newline, _ = self._pending.partition("\n")
        if not newline and not final:
            return (0, "") if _PERHAPS_FENCE.match(line) and len(line) < _WAITS else None
        match = _FENCE.match(line)
        if match is None:
            return None
        if self._wrapped and match[2].startswith("```") and not match[3].strip():
            return len(line) + len(newline), ""  # the end of the fence around the whole answer
        self._fence = _Fence(len(match[1]), match[2])
        return len(line) + len(newline), line + newline

    def _in_fence(self, fence: _Fence, *, final: bool) -> tuple[int, str]:
        """A whole line of a listing."""
        line, newline, _ = self._pending.partition("\n")
        if not newline and not final:
            return 0, ""
        if fence.ends_with(line):
            self._fence = None
        elif fence.is_left_by(line):
            self._fence = None
            return self._next(final=final)
        return len(line) + len(newline), line + newline

    def _span(self, *, final: bool) -> tuple[int, str]:
        """Code within a line, or marks that are none."""
        line, newline, _ = self._pending.partition("\n")
        run = len(line) - len(line.lstrip("`"))
        end = re.search(rf"(?<!`)`{{{run}}}(?!`)", line[run:])
        decided = bool(newline) or final or len(line) >= _WAITS
        if end is not None and (decided or run + end.end() < len(line)):
            return run + end.end(), line[: run + end.end()]
        return (run, "\\`" * run) if decided else (0, "")

    def _bracket(self, text: str, *, final: bool) -> tuple[int, str]:
        image = text[0] == "!"
        if image and text[1:2] not in ("[", "【"):
            return (0, "") if len(text) == 1 and not final else (1, "!")
        start = 1 if image else 0
        closing = "】" if text[start] == "【" else "]"
        line = text.partition("\n")[0]
        decided = final or len(line) < len(text) or len(line) >= _WAITS
        end = line.find(closing, start)
        if not decided and (end < 0 or end == len(line) - 1):
            return 0, ""
        if link := _LINK.match(line):
            numbered = link[1].strip().isdigit()
            return link.end(), self._citation(link[1]) if numbered else self._linked(
                link[1], "" if image else link[2]
            )
        if not decided and line[end + 1 : end + 2] == "(" and ")" not in line[end:]:
            return 0, ""
        if numbers := _NUMBERS.match(line, start):
            return numbers.end(), self._citation(numbers[1])
        return start + 1, f"\\{text[start]}" if text[start] == "[" else text[: start + 1]

    def _linked(self, text: str, target: str) -> str:
        """The text of a link, and behind it the address if it may be one; of a picture too."""
        inner = CitationFilter(self._known)
        inner._addresses = self._addresses
        inner._wrapped, inner._at_line_start = False, False
        shown = inner.feed(text) + inner.close()
        self.dropped += inner.dropped
        address = target.strip("<>")
        if address not in self._addresses or f"<{address}>" in shown:
            return shown
        return f"{shown} <{address}>".lstrip()

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
        end = addresses.REST.match(text, 1).end()  # type: ignore[union-attr]  # it matches anywhere
        if addresses.BEGINNING.match(text, 1) and text[end : end + 1] == ">":
            return end + 1, self._address(text[1:end])
        if end == len(text) < _WAITS and not final and _SCHEME.fullmatch(text, 1):
            return 0, ""
        if len(text) < 6 and not final and "<br />".startswith(text[:3].lower()):
            return 0, ""
        if line_break := _BREAK.match(text):
            return line_break.end(), " "
        if len(text) == 1 and not final:
            return 0, ""
        acts = text[1:2].isalpha() or text[1:2] in ("/", "!", "?")
        return 1, "\\<" if acts else "<"


def filter_for(snippets: Iterable[Snippet]) -> CitationFilter:
    """The filter of a text that is written from these."""
    given = tuple(snippets)
    return CitationFilter([snippet.number for snippet in given], [snippet.text for snippet in given])
