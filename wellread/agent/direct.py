"""Answers that need no search: a greeting, a calculation, and what Wellread is."""

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt

from wellread.events import Flags
from wellread.grounding.inline import inert

_MOST_BITS = 2_048  # of a result's numerator or denominator
_MOST_DIGITS = 24
_MOST_CHARACTERS = 200

_GREETING = re.compile(
    r"^\W*(?:hi|hello|hey|hiya|howdy|greetings|good\s+(?:morning|afternoon|evening|day)|hallo|guten\s+(?:morgen|tag|abend)"
    r"|thanks?(?:\s+you)?(?:\s+(?:so|very)\s+much)?|thx|danke|bye|goodbye|see\s+you)\b"
    r"(?:[\s,!.]*(?:there|everyone|all|again|wellread|you|how\s+are\s+you|how\s+do\s+you\s+do|and|a\s+lot)\b)*\W*$",
    re.I,
)
_THANKS = re.compile(r"^\W*(?:thanks?|thx|danke)\b", re.I)
_FAREWELL = re.compile(r"^\W*(?:bye|goodbye|see\s+you)\b", re.I)
_WHO = re.compile(
    r"^\W*(?:(?:hi|hello|hey)\b\W*)?(?:so|and|but)?\W*"
    r"(?:(?:ignore|forget|disregard)\s+(?:all\s+|any\s+|your\s+|the\s+|previous\s+|prior\s+)*instructions\W+(?:and\s+)?)?"
    r"(?:(?:(?:who|what)\s+(?:exactly\s+|really\s+)?are\s+you|what(?:'s|’s|\s+is)\s+(?:your\s+name|wellread)"
    r"|what\s+can\s+you\s+do|(?:who|what)\s+(?:made|built|created)\s+you"
    r"|which\s+(?:language\s+)?model\s+(?:are\s+you|do\s+you\s+use)|introduce\s+yourself|tell\s+me\s+about\s+yourself"
    r"|(?:what(?:'s|’s|\s+is|\s+are)|show(?:\s+me)?|print|repeat|reveal|tell\s+me)\s+(?:me\s+)?your\s+(?:system\s+)?"
    r"(?:prompts?|instructions)|are\s+you\s+(?:an?\s+)?(?:ai|chatgpt|gpt|bot|robot|human|llm|real\s+person)|wer\s+bist\s+du)"
    r"\b(?:\s+(?:exactly|really|then|wellread|for\s+me|please))*\W*(?:\band\b\W*)?)+$",
    re.I,
)
_PROMPT = re.compile(r"\b(?:prompts?|instructions)\b", re.I)
_PROMPTS_ARE_OPEN = "\nMy instructions are no secret: they are the files in `wellread/agent/prompts`.\n"
_PLEASE = re.compile(
    r"^[\s,!?.\"“']*(?:(?:hi|hello|hey)\b[\s,!.]*)?(?:please\s+)?(?:(?:can|could)\s+you\s+)?(?:please\s+)?(?:tell\s+me\s+)?"
    r"(?:what(?:'s|’s|\s+is|\s+are|\s+does)?|how\s+much\s+(?:is|are)|calculate|compute|evaluate|work\s+out|solve)?\s*",
    re.I,
)
_THOUSANDS = re.compile(r"(?<![\d.])\d{1,3}(?:,\d{3})+(?![\d,])")
_NUMBER = r"(?:\d+(?:\.\d+)?|\.\d+|\([^()]*\))"
_WORDED: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.I), replacement)
    for pattern, replacement in (
        (rf"(?:increase|raise)\s+({_NUMBER})\s+by\s+({_NUMBER})\s*(?:%|percent)", r"(\1*(1+(\2)/100))"),
        (
            rf"(?:decrease|reduce|lower)\s+({_NUMBER})\s+by\s+({_NUMBER})\s*(?:%|percent)",
            r"(\1*(1-(\2)/100))",
        ),
        (rf"({_NUMBER})\s*(?:%|percent|per\s+cent)\s+off\s+(?:of\s+)?({_NUMBER})", r"(\2*(1-(\1)/100))"),
        (rf"({_NUMBER})\s*(?:%|percent|per\s+cent)\s+(?:of|von)\s+({_NUMBER})", r"((\1)/100*(\2))"),
        (rf"(?:the\s+)?sum\s+of\s+({_NUMBER})\s+and\s+({_NUMBER})", r"(\1+\2)"),
        (rf"^\s*({_NUMBER})\s*([-+])\s*({_NUMBER})\s*(?:%|percent)\s*$", r"(\1*(1\2(\3)/100))"),
        (rf"({_NUMBER})\s*(?:%|percent\b|per\s+cent\b)(?!\s*[\d(])", r"((\1)/100)"),
        (rf"(?:the\s+)?square\s+root\s+of\s+({_NUMBER})", r"sqrt(\1)"),
        (r"√\s*(\d+(?:\.\d+)?)", r"sqrt(\1)"),
        (r"\bto\s+the\s+power\s+(?:of\s+)?|\braised\s+to\s+", "**"),
        (r"\bsquared\b", "**2"),
        (r"\bcubed\b", "**3"),
        (r"\bdivided\s+by\b|\bover\b|÷", "/"),
        (r"\bmultiplied\s+by\b|\btimes\b|×|·|(?<=[\d)])\s*x\s*(?=[\d(])", "*"),
        (r"\bplus\b", "+"),
        (r"\bminus\b|−|–", "-"),
        (r"\bmod(?:ulo)?\b", "%"),
        (r"\^", "**"),
        (r"(?<=[\d)])\s*(?=\()", "*"),
    )
)
_DATE = re.compile(r"\b\d{4}-\d{1,2}-\d{1,2}\b")
_ARITHMETIC = re.compile(r"(?:\d|[-+*/%().\s]|sqrt)+")


class _CalculationError(ValueError):
    """An expression that has no value here; the message says why, for the reader."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What Wellread can say of itself. `titles` is how many the library holds, None if that is not known."""

    titles: int | None = None
    model: str = "extractive"
    examples: tuple[str, ...] = ()  # a few titles of the library


@dataclass(frozen=True, slots=True)
class Calculation:
    """An expression as it was understood, and its value as text, or why it has none."""

    expression: str
    result: str
    failed: bool = False


def is_greeting(question: str) -> bool:
    return bool(_GREETING.match(question)) and len(question) <= _MOST_CHARACTERS


def is_who_are_you(question: str) -> bool:
    """Whether the reader asks about Wellread itself, and about nothing else."""
    return len(question) <= _MOST_CHARACTERS and bool(_WHO.match(question))


def calculation(question: str) -> Calculation | None:
    """The calculation that a question asks for and nothing else, evaluated exactly; None if it is another
    question.

    Numbers, + - * / % ** and brackets, percentages ("15% of 80", "20% off 50"), square roots, and their
    English words. Nothing but arithmetic is evaluated.
    """
    if len(question) > _MOST_CHARACTERS or _DATE.search(question):
        return None
    text = _PLEASE.sub("", question, count=1).strip().rstrip("?=.! ").strip()
    text = _THOUSANDS.sub(lambda match: match[0].replace(",", ""), text)
    for pattern, replacement in _WORDED:
        text = pattern.sub(replacement, text)
    if (
        not _ARITHMETIC.fullmatch(text)
        or len(re.findall(r"\d+", text)) < 1
        or not re.search(r"[-+*/%]|sqrt", text.strip("+-"))
    ):
        return None
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, MemoryError, RecursionError):
        return None
    if isinstance(tree.body, ast.Constant):
        return None
    asked = " ".join(_PLEASE.sub("", question, count=1).split()).rstrip("?=.! ")
    try:
        return Calculation(asked, _written(_value(tree.body)))
    except _CalculationError as error:
        return Calculation(asked, str(error), failed=True)


def is_calculation(question: str) -> bool:
    return calculation(question) is not None


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
    return flags.is_who_are_you or is_greeting(question) or is_calculation(question)


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
