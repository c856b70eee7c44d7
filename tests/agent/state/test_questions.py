"""From what the reader typed to short questions."""

import re

import pytest
from support.titles import ADDY, LIBRARY

from wellread.agent.state.questions import (
    MOST,
    asked_questions,
    self_contained,
    without_ids,
    without_titles,
)
from wellread.library.naming.title_recognition import named_titles


def asked(question):
    mentions = named_titles(question, LIBRARY).mentions
    return asked_questions(question, [(m.start, m.end) for m in mentions])


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        (
            ADDY,
            [
                "What is the difference between leadership and management",
                "How can I effectively balance both roles in my team (leadership and management)?",
                "I'm a new engineering leader and I'm struggling to understand the difference between leadership and "
                "management. How can I effectively balance both roles in my team?",
            ],
        ),
        (
            "In Rust, when should I call panic! and when should I return a Result?",
            [
                "In Rust, when should I call panic",
                "In Rust, when should I return a Result?",
                "In Rust, when should I call panic! and when should I return a Result?",
            ],
        ),
        ("What does Steady Hands say about one-on-ones?", ["What does it say about one-on-ones?"]),
        ("How do Steady Hands and Light Touch differ on estimates?", ["How do they differ on estimates?"]),
        ("In the Light Touch PDF, what is a quiet week?", ["What is a quiet week?"]),
        (
            "what is delegation and why is it hard?",
            ["What is delegation?", "Why is it hard (delegation)?", "What is delegation and why is it hard?"],
        ),
        ("Explain psychological safety to me, please.", ["Explain psychological safety"]),
        ("Summarize Steady Hands for me", ["Summarize Steady Hands for me"]),
        ("Who is Queequeg in Moby Dick?", ["Who is Queequeg?"]),
        ("You are Herman Melville. Why does Ishmael go to sea?", ["Why does Ishmael go to sea?"]),
        (
            "Pretend you are the author of Steady Hands and tell me how to run a one-on-one.",
            ["How to run a one-on-one"],
        ),
        (
            "I have a team of eight. Two people don't get along. Any advice from Steady Hands?",
            ["Any advice?", "I have a team of eight. Two people don't get along. Any advice?"],
        ),
        (
            "My team missed its date twice: estimate better, or stop?",
            ["My team missed its date twice: estimate better, or stop?"],
        ),
        ("Wie gebe ich Feedback?", ["Wie gebe ich Feedback?"]),
        (
            "Was sagt Steady Hands über Feedback, und wie oft soll man es geben?",
            [
                "Was sagt es über Feedback?",
                "Wie oft soll man es geben (Feedback)?",
                "Was sagt es über Feedback, und wie oft soll man es geben?",
            ],
        ),
        ("如何分配任务？", ["如何分配任务？"]),
        ("Who wrote Moby-Dick?", ["Who wrote it?"]),
        ("Python", ["Python"]),
    ],
)
def test_what_was_typed_becomes_the_rows_of_the_matrix(question, rows):
    found = [row.rstrip("?.？") for row in asked(question).rows]
    assert found == [row.rstrip("?.？") for row in rows]


@pytest.mark.parametrize(
    "question",
    [
        "How large may a team grow, and who decides when it is split?",
        "We run Debian 12 on forty laptops. Which users can install packages, and how do I stop them?",
        "Erklär mir bitte Feedback, und warum ist es so schwer zu geben?",
    ],
)
def test_nothing_that_was_typed_is_dropped(question):
    words = re.findall(r"\w+", question.casefold())
    searched = re.findall(r"\w+", " ".join(asked(question).rows).casefold())
    assert set(words) - {"bitte"} <= set(searched)


@pytest.mark.parametrize("question", ["?", "Steady Hands", "tell me", "and", "a" * 20_000, "why? " * 500])
def test_something_is_always_asked(question):
    questions = asked(question)
    assert 1 <= len(questions.parts) <= MOST
    assert all(0 < len(q) <= 1_000 for q in questions.rows)


@pytest.mark.parametrize(
    ("question", "before", "whole"),
    [
        ("And why is it hard?", "What is delegation?", "And why is it hard (delegation)?"),
        ("Why?", "What is a quiet week?", "Why (quiet week)?"),
        (
            "How often should they be held?",
            "What are one-on-ones for?",
            "How often should they be held (one-on-ones)?",
        ),
        ("Und wie oft soll man es geben?", "Was ist Feedback?", "Und wie oft soll man es geben (Feedback)?"),
    ],
)
def test_a_follow_up_is_searched_with_what_it_leans_on(question, before, whole):
    completed = self_contained(question, before)
    assert completed == whole
    [topic] = re.findall(r"\(.+\)", whole)
    assert all(topic in row for row in asked(completed).rows)


@pytest.mark.parametrize(
    "question",
    [
        "How do I run a blameless incident review with a team in three time zones?",
        "How do I install a package and remove it again?",
        "Who may upload packages to the archive?",
    ],
)
def test_a_question_that_says_what_it_is_about_is_no_follow_up(question):
    assert self_contained(question, "What is delegation?") == question


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("What does Two Hats say about salaries in Berlin?", "What does it say about salaries in Berlin?"),
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
            ("“Is delegation a gift, or is it a duty of the lead.” Why? And who decides?",),
        ),
        (
            "“Delegation has five levels, from telling to leaving.”",
            ("Delegation has five levels, from telling to leaving.",),
        ),
    ],
)
def test_words_of_a_book_are_what_is_asked_about(asked, questions):
    assert asked_questions(asked).parts == questions


def test_long_words_of_a_book_are_cut_between_words():
    [question] = asked_questions("“" + "delegation of work " * 40 + "” Who does the work?").parts
    assert len(question) < 240
    assert question.rpartition("”")[0].endswith(("work", "of", "delegation"))
