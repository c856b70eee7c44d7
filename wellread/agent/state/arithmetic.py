"""A calculation that a question consists of, evaluated exactly."""

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt

_MOST_CHARACTERS = 200
_MOST_BITS = 2_048  # of a result's numerator or denominator
_MOST_DIGITS = 24
_PLEASE = re.compile(
    r"^[\s,!?.\"“']*(?:(?:hi|hello|hey)\b[\s,!.]*)?(?:please\s+)?(?:(?:can|could)\s+you\s+)?(?:please\s+)?(?:tell\s+me\s+)?"
    r"(?:what(?:'s|’s|\s+is|\s+are|\s+does)?|how\s+much\s+(?:is|are)|calculate|compute|evaluate|work\s+out|solve)?\s*",
    re.I,
)
_THOUSANDS = re.compile(r"(?<![\d.])\d{1,3}(?:,\d{3})+(?![\d,])")
_DATE = re.compile(r"\b\d{4}-\d{1,2}-\d{1,2}\b")
_ARITHMETIC = re.compile(r"(?:\d|[-+*/%().\s]|sqrt)+")
_SIGNS = (
    (r"%\s*of\b|\bpercent\s+of\b", "/100*"),
    (r"÷|\bdivided\s+by\b", "/"),
    (r"×|·|\btimes\b|(?<=[\d)])\s*x\s*(?=[\d(])|(?<=[\d)])\s*(?=\()", "*"),
    (r"\bplus\b", "+"),
    (r"−|–|\bminus\b", "-"),
    (r"\^", "**"),
)


class _CalculationError(ValueError):
    """An expression that has no value here; the message says why, for the reader."""


@dataclass(frozen=True, slots=True)
class Calculation:
    """An expression as it was understood, and its value as text, or why it has none."""

    expression: str
    result: str
    failed: bool = False


def calculation(question: str) -> Calculation | None:
    """The calculation that a question asks for and nothing else, evaluated exactly; None if it is another
    question.

    Numbers, + - * / % ** and brackets, "15% of 80", sqrt(…), and the words for them. Nothing but arithmetic is
    evaluated.
    """
    if len(question) > _MOST_CHARACTERS or _DATE.search(question):
        return None
    asked = " ".join(_PLEASE.sub("", question, count=1).split()).rstrip("?=.! ")
    text = _THOUSANDS.sub(lambda match: match[0].replace(",", ""), asked)
    for pattern, sign in _SIGNS:
        text = re.sub(pattern, sign, text, flags=re.I)
    if not (_ARITHMETIC.fullmatch(text) and re.search(r"\d", text)):
        return None
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, MemoryError, RecursionError):
        return None
    if not isinstance(tree.body, ast.BinOp | ast.Call):
        return None
    try:
        return Calculation(asked, _written(_value(tree.body)))
    except _CalculationError as error:
        return Calculation(asked, str(error), failed=True)


_BINARY: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
}


def _value(node: ast.expr) -> Fraction:
    match node:
        case ast.Constant(value=bool() | complex()):
            raise _CalculationError("that is no number")
        case ast.Constant(value=int() | float() as number):
            return _bounded(Fraction(str(number)))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _value(operand)
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return _power(_value(left), _value(right))
        case ast.BinOp(left=left, op=ast.Div() | ast.FloorDiv() | ast.Mod() as operator, right=right):
            dividend, divisor = _value(left), _value(right)
            if divisor == 0:
                raise _CalculationError("nothing can be divided by zero")
            if isinstance(operator, ast.Div):
                return _bounded(dividend / divisor)
            return Fraction(dividend // divisor) if isinstance(operator, ast.FloorDiv) else dividend % divisor
        case ast.BinOp(left=left, op=binary, right=right) if type(binary) in _BINARY:
            return _bounded(_BINARY[type(binary)](_value(left), _value(right)))
        case ast.Call(func=ast.Name(id="sqrt"), args=[argument], keywords=[]):
            return _root(_value(argument))
        case _:
            raise _CalculationError("I only add, subtract, multiply, divide and take powers and square roots")


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if exponent == Fraction(1, 2):
        return _root(base)
    if exponent.denominator != 1:
        raise _CalculationError("the power must be a whole number")
    size = max(base.numerator.bit_length(), base.denominator.bit_length())
    if abs(exponent) * size > _MOST_BITS and abs(base) not in (0, 1):
        raise _CalculationError("the result has too many digits")
    if base == 0 and exponent < 0:
        raise _CalculationError("nothing can be divided by zero")
    return Fraction(base**exponent.numerator)


def _root(number: Fraction) -> Fraction:
    """The square root, exact where there is one, else to 30 digits after the point."""
    if number < 0:
        raise _CalculationError("the square root of a negative number is not a real number")
    top, bottom = isqrt(number.numerator), isqrt(number.denominator)
    if top * top == number.numerator and bottom * bottom == number.denominator:
        return Fraction(top, bottom)
    scale = 10**30
    return Fraction(isqrt(number.numerator * scale * scale // number.denominator), scale)


def _bounded(number: Fraction) -> Fraction:
    if max(number.numerator.bit_length(), number.denominator.bit_length()) > _MOST_BITS:
        raise _CalculationError("the result has too many digits")
    return number


def _written(number: Fraction) -> str:
    """In decimals, with "≈" before a rounded value."""
    if number.denominator == 1:
        return f"{number.numerator:,}"
    sign, magnitude = ("-" if number < 0 else ""), abs(number)
    places = 0
    while places < 10 and (magnitude * 10**places).denominator != 1:
        places += 1
    exact = (magnitude * 10**places).denominator == 1
    if not exact:
        places = (
            6 if magnitude >= 1 else next((p + 5 for p in range(60) if magnitude * 10**p >= 1), _MOST_DIGITS)
        )
    scaled = round(magnitude * 10**places)
    whole, part = divmod(scaled, 10**places)
    written = f"{sign}{whole:,}.{part:0{places}d}".rstrip("0").rstrip(".")
    return written if exact else f"≈ {written}"
