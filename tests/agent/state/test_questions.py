"""From what the reader typed to short questions."""

import pytest
from support.titles import ADDY, LIBRARY

from wellread.agent.state.questions import (
    MOST,
    self_contained,
    separate,
    short_questions,
    without_ids,
    without_titles,
)
from wellread.library.title_recognition import named_titles


def asked(question):
    mentions = named_titles(question, LIBRARY).mentions
    return list(short_questions(question, [(m.start, m.end) for m in mentions]))


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (
            ADDY,
            [
                "What is the difference between leadership and management?",
                "How can I effectively balance leadership and management roles in my team?",
            ],
        ),
        ("What does Steady Hands say about one-on-ones?", ["One-on-ones"]),
        ("How do Steady Hands and Light Touch differ on estimates?", ["Estimates"]),
        ("In the Light Touch PDF, what is a quiet week?", ["What is a quiet week?"]),
        ("what is delegation and why is it hard?", ["What is delegation?", "Why is delegation hard?"]),
        ("Should a lead write code? What does the talk say?", ["Should a lead write code?"]),
        ("I want a short answer: how big should a team be?", ["How big should a team be?"]),
        ("Explain psychological safety to me, please.", ["Psychological safety"]),
        ("Who is Queequeg in Moby Dick?", ["Who is Queequeg?"]),
        (
            "Pretend you are the author of Steady Hands and tell me how to run a one-on-one.",
            ["How to run a one-on-one?"],
        ),
        (
            "I have a team of eight. Two people don't get along. Any advice from Steady Hands?",
            ["I have a team of eight", "Two people don't get along"],
        ),
        ("Wie gebe ich Feedback?", ["Wie gebe ich Feedback?"]),
        ("如何分配任务？", ["如何分配任务？"]),
    ],
)
def test_short_questions(question, expected):
    assert asked(question) == expected


@pytest.mark.parametrize("question", ["?", "Steady Hands", "tell me", "and", "a" * 20_000, "why? " * 500])
def test_something_is_always_asked(question):
    questions = asked(question)
    assert 1 <= len(questions) <= MOST
    assert all(0 < len(q) <= 300 for q in questions)


def test_follow_ups_lean_on_the_question_before():
    before = "What is delegation?"
    assert "delegation" in self_contained("And why is it hard?", before)
    whole = "How do I run a blameless incident review with a team in three time zones?"
    assert self_contained(whole, before) == whole


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("What does Two Hats say about salaries in Berlin?", "Salaries in Berlin?"),
        ("What is delegation according to Steady Hands?", "What is delegation?"),
        ("What is delegation?", "What is delegation?"),
        ("How do hats keep warm?", "How do hats keep warm?"),
        ("How do two hats fit one head?", "How do two hats fit one head?"),
        ("Two Hats", "Two Hats"),
    ],
)
def test_a_question_for_the_inside_of_a_title_does_not_name_it(question, asked):
    titles = ["Two Hats", "Steady Hands: Leading Engineers", "Emma"]
    assert without_titles(question, titles).rstrip("?") == asked.rstrip("?")


def test_a_question_for_the_inside_of_a_title_has_no_product_ids():
    ids = ["two-hats", "9781098148232"]
    assert without_ids("How do I hire? (two-hats)", ids) == "How do I hire?"
    assert without_ids("How do I hire in 9781098148232?", ids) == "How do I hire in?"
    assert without_ids("two-hats", ids) == "?"


@pytest.mark.parametrize(
    ("asked", "questions"),
    [
        (
            "“Delegation has five levels. Which one is meant has to be said aloud.” What does that mean?",
            ("“Delegation has five levels. Which one is meant has to be said aloud.” What does that mean?",),
        ),
        (
            "„Is delegation a gift, or is it a duty of the lead?“ Why? And who decides?",
            (
                "“Is delegation a gift, or is it a duty of the lead.” Why?",
                "“Is delegation a gift, or is it a duty of the lead.” And who decides?",
            ),
        ),
        (
            "“Delegation has five levels, from telling to leaving.”",
            ("Delegation has five levels, from telling to leaving.",),
        ),
    ],
)
def test_words_of_a_book_are_what_is_asked_about(asked, questions):
    assert short_questions(asked) == questions
    for question in questions:
        assert separate(question) == [question]


def test_long_words_of_a_book_are_cut_between_words():
    [question] = short_questions("“" + "delegation of work " * 40 + "” Who does it?")
    assert len(question) < 240
    assert question.rpartition("”")[0].endswith(("work", "of", "delegation"))
