"""MathML as a line of text that a person can read and a search can find."""

import re
from typing import Any

from wellread.formats.markup.elements import visible

_SAYS_NOTHING = re.compile(
    r"\W*|.*\b(?:not available|alternative text|alt text)\b.*|(?:equation|formula|math)\W*\d*", re.I
)
_SIGN = re.compile(r"(^|[(\[{]|[=,] )([−+-]) (?=\S)")
_INSIDE_BRACKETS = re.compile(r"(?<=[(\[{]) | (?=[)\]},])")
_MAX_DEPTH = 60
_OPENING = frozenset("([{|‖⟨⌊⌈")
_CLOSING = frozenset(")]}|‖⟩⌋⌉,;:!.′")
_TIGHT = frozenset("\u2061\u2062\u2063\u2064")
_SPACED = frozenset("=<>≤≥≠≈≡∼≅∈∉⊂⊆⊃⊇→←⇒⇔↦∪∩+−-±×÷·∧∨")


def linear(math: Any) -> str:
    """The `alttext` of a `math` element if its author gave one, else its parts in reading order: x^2, (a +
    b)/c."""
    stated = math.get("alttext") or ""
    text = visible(_line(math, 0)) if _SAYS_NOTHING.fullmatch(stated) else stated
    return _SIGN.sub(r"\1\2", _INSIDE_BRACKETS.sub("", " ".join(text.split())))


def _line(element: Any, depth: int) -> str:
    if depth > _MAX_DEPTH:
        return str("".join(element.itertext()))
    tag = element.tag
    name = tag.rpartition("}")[2]
    text = element.text or ""
    if not len(element):
        return _token(name, text.strip())
    if name == "semantics":
        return _line(element[0], depth + 1)
    parts = [_line(child, depth + 1) for child in element]
    match name, parts:
        case ("mover", [base, above]):
            return f"{base}{above}"
        case ("msup", [base, above]):
            return base + _script("^", above)
        case ("msub" | "munder", [base, below]):
            return base + _script("_", below)
        case ("msubsup" | "munderover", [base, below, above]):
            return base + _script("_", below) + _script("^", above)
        case ("mfrac", [over, under]):
            return f"{_grouped(over)}/{_grouped(under)}"
        case ("mroot", [radicand, index]):
            return f"root({radicand}, {index})"
        case ("msqrt", _):
            return f"√({''.join(parts)})"
        case ("mfenced", _):
            opening, closing = element.get("open", "("), element.get("close", ")")
            separators = element.get("separators", ",").strip()
            glue = separators[:1] + " " if separators else " "
            return f"{opening}{glue.join(parts)}{closing}"
        case ("mtable", _):
            return "; ".join(part for part in parts if part.strip())
        case ("mtr" | "mlabeledtr", _):
            cells = [part for part in parts if part.strip()]
            aligned = any(cell.strip()[0] in _SPACED for cell in cells[1:])
            return (" " if aligned else ", ").join(cells)
        case ("annotation" | "annotation-xml" | "mphantom", _):
            return ""
    return "".join(parts)


def _token(name: str, text: str) -> str:
    if name == "mo":
        if text in _SPACED:
            return f" {text} "
        if text in (",", ";"):
            return f"{text} "
        if text in _TIGHT:
            return ""
        return f" {text} " if text.isalpha() else text
    if name == "mtext":
        return f" {text} " if text else " "
    if name in ("annotation", "annotation-xml", "mphantom"):
        return ""
    return " " if name == "mspace" else text


def _script(mark: str, text: str) -> str:
    text = text.strip()
    return f"{mark}{text}" if len(text) == 1 else f"{mark}{{{text}}}" if text else ""


def _grouped(text: str) -> str:
    text = text.strip()
    return (
        text
        if len(text) <= 1 or text.isalnum() or (text[0] in _OPENING and text[-1] in _CLOSING)
        else f"({text})"
    )
