"""MathML as a line of text that a person can read and a search can find."""

from typing import Any

from wellread.ingest.markup import visible

_MAX_DEPTH = 60
_OPENING = frozenset("([{|‖⟨⌊⌈")
_CLOSING = frozenset(")]}|‖⟩⌋⌉,;:!.′")
_TIGHT = frozenset("\u2061\u2062\u2063\u2064")
_SPACED = frozenset("=<>≤≥≠≈≡∼≅∈∉⊂⊆⊃⊇→←⇒⇔↦∪∩+−-±×÷·∧∨")


def linear(math: Any) -> str:
    """The `alttext` of a `math` element if its author gave one, else its parts in reading order: x^2, (a + b)/c."""
    stated = math.get("alttext")
    return " ".join((stated or visible(_line(math, 0))).split())


def _line(element: Any, depth: int) -> str:
    if depth > _MAX_DEPTH:
        return "".join(element.itertext())
    tag = element.tag
    name = tag.rpartition("}")[2]
    text = element.text or ""
    if not len(element):
        return _token(name, text.strip())
    if name == "semantics":
        return _line(element[0], depth + 1)
    parts = [_line(child, depth + 1) for child in element]
    match name, parts:
        case ("msup" | "mover", [base, above]):
            return f"{base}^{_grouped(above)}" if name == "msup" else f"{base}{above}"
        case ("msub" | "munder", [base, below]):
            return f"{base}_{_grouped(below)}"
        case ("msubsup" | "munderover", [base, below, above]):
            return f"{base}_{_grouped(below)}^{_grouped(above)}"
        case ("mfrac", [over, under]):
            return f"{_grouped(over)}/{_grouped(under)}"
        case ("mroot", [radicand, index]):
            return f"root({radicand}, {index})"
        case ("msqrt", _):
            return f"√({''.join(parts)})"
        case ("mfenced", _):
            opening, closing = element.get("open", "("), element.get("close", ")")
            separators = element.get("separators", ",").strip()
            return opening + (separators[:1] + " " if separators else " ").join(parts) + closing
        case ("mtable", _):
            return "; ".join(parts)
        case ("mtr" | "mlabeledtr", _):
            return ", ".join(parts)
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


def _grouped(text: str) -> str:
    text = text.strip()
    return text if len(text) <= 1 or text.isalnum() or (text[0] in _OPENING and text[-1] in _CLOSING) else f"({text})"
