"""Answers without a search: arithmetic, greetings, and what Wellread says of itself."""

import pytest

from wellread.agent.state.arithmetic import calculation
from wellread.agent.state.intent import is_greeting, is_who_are_you
from wellread.agent.writing.direct_answers import Facts, direct_answer, introduction
from wellread.events import Flags


@pytest.mark.parametrize(
    ("question", "result"),
    [
        ("What is 15% of 80?", "12"),
        ("2+2", "4"),
        ("hello, what's 12 times 7?", "84"),
        ("How much is 3 * (4+5)?", "27"),
        ("-7 + 3", "-4"),
        ("0.1 + 0.2", "0.3"),
        ("1,234.5 * 2", "2,469"),
        ("10 divided by 4", "2.5"),
        ("1/3", "≈ 0.333333"),
        ("2^10", "1,024"),
        ("sqrt(2)", "≈ 1.414214"),
        ("3(4+5)", "27"),
    ],
)
def test_arithmetic_is_exact(question, result):
    assert calculation(question).result == result


@pytest.mark.parametrize(
    "question",
    [
        "What is leadership?",
        "chapter 3",
        "5",
        "2026-11-22",
        "(1).__class__",
        "__import__('os')",
        "what is 50 and 60",
        "(2+3",
        "Which 3 books + 2 talks are about delegation?",
        "1+" * 150 + "1",
        "",
    ],
)
def test_what_is_no_calculation_is_left_to_the_search(question):
    assert calculation(question) is None


@pytest.mark.parametrize(
    "question", ["9**9**9**9", "2**100000", "(10**600)*(10**600)", "1/0", "0**-1", "sqrt(0-4)"]
)
def test_what_cannot_be_computed_is_said_at_once(question):
    found = calculation(question)
    assert found.failed
    answer = direct_answer(question, Flags(is_greeting_or_simple_calculation=True), Facts())
    assert answer.startswith("I cannot work that out: ")


def test_the_expression_is_shown_and_is_no_markup():
    answer = direct_answer("what is 2*3*4?", Flags(is_greeting_or_simple_calculation=True), Facts())
    assert answer == "2\\*3\\*4 = **24**\n"


def test_a_greeting_is_short_and_says_what_there_is():
    answer = direct_answer(
        "Hello!", Flags(is_greeting_or_simple_calculation=True), Facts(titles=2, examples=("A *b*", "C"))
    )
    assert answer == "Hello! Your library holds 2 titles: *A \\*b\\**, *C*. What would you like to know?\n"


def test_greetings_are_told_from_questions():
    assert is_greeting("Hi there!")
    assert is_greeting("thanks a lot")
    assert not is_greeting("Hello, what is delegation?")


def test_who_are_you_names_the_model_and_the_library():
    assert is_who_are_you("Who are you?")
    assert not is_who_are_you("What is delegation?")
    with_model = introduction(Facts(titles=1, model="openai/gpt-4.1", examples=("Steady Hands",)))
    assert "`openai/gpt-4.1`" in with_model
    assert "*Steady Hands*" in with_model
    assert "No language model" in introduction(Facts())
    assert "empty" in introduction(Facts(titles=0))
    assert "empty" not in introduction(Facts())


def test_other_questions_are_not_answered_here():
    assert direct_answer("What is delegation?", Flags(), Facts()) is None
