"""EPUB Canonical Fragment Identifiers (EPUB CFI 1.1): the place of an element in a package, and back.

A step `/n` counts child nodes: even numbers are elements (the first is 2), odd ones the stretches of text
before, between and after them; comments and processing instructions do not count. `[id]` after a step
asserts the id of the element it leads to, `!` goes from a spine item into its document. Trees must have
been parsed without comments.
"""

import re
from dataclasses import dataclass
from typing import Any

_SPECIAL = re.compile(r"([\^\[\](),;=])")
_STEP = re.compile(r"/(\d+)(?:\[((?:\^.|[^\]^])*)\])?")
_OFFSET = re.compile(r":(\d+)")
_ESCAPED = re.compile(r"\^(.)")
_ESCAPE = r"^\1"


@dataclass(frozen=True, slots=True)
class CfiPlace:
    """What a CFI leads to: an element, and, if it goes on into text, the odd `text` step and `offset` there.

    `text` 0: the element itself. `offset` counts UTF-16 code units, as the specification has it.
    """

    element: Any
    text: int = 0
    offset: int = 0


def assertion(identifier: str | None) -> str:
    """The `[id]` that may follow a step, its special characters escaped; empty without an id."""
    return "[" + _SPECIAL.sub(_ESCAPE, identifier) + "]" if identifier else ""


def of_element(element: Any) -> str:
    """The steps from the root of `element`'s tree down to it, "" for the root. Linear in siblings and
    depth."""
    steps = []
    parent = element.getparent()
    while parent is not None:
        steps.append(f"/{2 * parent.index(element) + 2}{assertion(element.get('id'))}")
        element, parent = parent, parent.getparent()
    return "".join(reversed(steps))


def join(package_steps: str, local_steps: str) -> str:
    """The whole CFI of a place: steps to the spine item in the package, then those in its document."""
    return f"epubcfi({package_steps}!{local_steps})"


def split(cfi: str) -> tuple[str, str] | None:
    """Package steps and local steps of a CFI (with or without `epubcfi(…)`; of a range, its start), or
    None."""
    body = cfi.strip()
    if body.startswith("epubcfi(") and body.endswith(")"):
        body = body[8:-1]
    parts = _split_outside_brackets(body, ",")
    if len(parts) == 3:
        body = parts[0] + parts[1]
    package, *local = _split_outside_brackets(body, "!")
    if len(local) != 1 or not _STEP.match(package):
        return None
    return package, local[0]


def resolve(root: Any, steps: str) -> CfiPlace | None:
    """The place that local `steps` lead to in the tree of `root`, or None.

    An id assertion wins over the numbers when the document has changed and the two disagree.
    """
    element = root
    position = 0
    while match := _STEP.match(steps, position):
        position = match.end()
        number, asserted = int(match[1]), _ESCAPED.sub(r"\1", match[2] or "")
        if number % 2:
            offset = _OFFSET.match(steps, position)
            return CfiPlace(element, number, int(offset[1]) if offset else 0)
        index = number // 2 - 1
        child = element[index] if 0 <= index < len(element) else None
        if asserted and (child is None or child.get("id") != asserted):
            found = root.xpath("//*[@id = $id]", id=asserted)
            child = found[0] if found else child
        if child is None:
            return None
        element = child
    return CfiPlace(element)


def without_assertions(steps: str) -> str:
    """The numbers alone, by which two spellings of a place compare equal."""
    return "".join(f"/{match[1]}" for match in _STEP.finditer(steps))


def _split_outside_brackets(text: str, separator: str) -> list[str]:
    parts, start, depth, position = [], 0, 0, 0
    while position < len(text):
        character = text[position]
        if character == "^":
            position += 1
        elif character == "[":
            depth += 1
        elif character == "]":
            depth -= 1
        elif character == separator and depth <= 0:
            parts.append(text[start:position])
            start = position + 1
        position += 1
    parts.append(text[start:])
    return parts
