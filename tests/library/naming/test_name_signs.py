"""What makes words the name of a title: signs of one, and what only may be one."""

import pytest
from support.titles import LIBRARY, TALK, product

from wellread.library.naming.title_recognition import named_titles

NOVELS = [product("Emma", ["Jane Austen"]), product("Middlemarch"), product("What If"), product("It")]
TOPICS = [product(f"Python for {thing}") for thing in ("Cooks", "Sailors", "Poets")]
SHELF = [*LIBRARY, *NOVELS, *TOPICS, product("Python"), product("Unit Tests"), product("S")]


def names(question, shelf=SHELF):
    """The titles that are named, and those that may be."""
    naming = named_titles(question, shelf)
    return [p.title for p in naming.products], [p.title for p in naming.doubtful_products]


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("Who marries whom in “Emma”?", "Emma"),
        ("What does Emma say about matchmaking?", "Emma"),
        ("Who is Frank in Emma?", "Emma"),
        ("Wer ist Frank laut Emma?", "Emma"),
        ("How does the book Python begin?", "Python"),
        ("According to Unit Tests, what is a fixture?", "Unit Tests"),
        ("Which chapter of Unit Tests is about fixtures?", "Unit Tests"),
        ("unit tests on fixtures", "Unit Tests"),
        ("What happens in the book What If?", "What If"),
        ("Who is Pennywise in “It”?", "It"),
        ("Who loses the ship in the book “S”?", "S"),
        ("Steady Hands", "Steady Hands"),
        ("In Testing Astronomy, what is numpy for?", "Testing astronomy"),
    ],
)
def test_a_name_with_a_sign(question, title):
    assert names(question) == ([title], [])


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("Emma", "Emma"),
        ("How did Emma meet her husband?", "Emma"),
        ("what does emma say about love", "Emma"),
        ("what do unit tests say about trust", "Unit Tests"),
        ("What does “unit tests” mean?", "Unit Tests"),
        ("What does Python say about poets?", "Python"),
        ("Where does “It” come from?", "It"),
    ],
)
def test_a_weak_sign_leaves_it_in_doubt(question, title):
    assert names(question) == ([], [title])


@pytest.mark.parametrize(
    "question",
    [
        "How does garbage collection work in Python?",
        "What should I do, and what if it fails?",
        "What If",
        "It",
        "is it true that it is in it",
        "How Do I Write Good Unit Tests?",
        "Which video explains unit tests?",
        "Which is the best book on python?",
        "What does an index of a book contain?",
        "How do I plan S and M sizes?",
        "What does the manual say about keyboards?",
        "What does it say about me?",
        "Who is Emma Watson?",
        "emma watson and middle marches",
    ],
)
def test_ordinary_words_are_no_name(question):
    assert names(question) == ([], [])


def test_german_nouns_have_capitals_and_are_no_names():
    shelf = [product("Freiheit"), product("Musik"), product("Agile Entwicklung")]
    assert names("Was sagt die Musik im Film über Freiheit?", shelf) == ([], [])
    assert names("Worum geht es in „Freiheit“?", shelf) == (["Freiheit"], [])
    assert names("Was ist in Agile Entwicklung ein Sprint?", shelf) == (["Agile Entwicklung"], [])


def test_what_fits_more_than_two_works_is_a_topic():
    two, three = ([product("Emma", [f"Author {n}"]) for n in range(count)] for count in (2, 3))
    named = named_titles("What happens in “Emma”?", two)
    assert (len(named.products), len(named.ambiguous)) == (1, 2) or len(named.products) == 2
    naming = named_titles("What happens in “Emma”?", three)
    assert naming.products == naming.ambiguous == ()
    many = [product("Emma", [f"Author {n}"]) for n in range(40)]
    assert names("What happens in “Emma”?", many) == ([], [])


def test_a_phrase_that_many_titles_have_is_what_they_are_about():
    shelf = [product(f"Machine Learning for {n}") for n in "Cooks Sailors Poets".split()]
    for question in (
        "Is machine learning art?",
        "What is Machine Learning good for?",
        "Who works in machine learning?",
    ):
        assert names(question, shelf) == ([], [])
    question = "What does Machine Learning for Poets say?"
    assert names(question, shelf) == (["Machine Learning for Poets"], [])


def test_titles_of_the_library_count_though_they_are_no_candidates():
    question = "What is Technical Debt?"
    shelf = [product("Technical Debt")]
    assert named_titles(question, shelf, lambda words: 1).products == tuple(shelf)
    naming = named_titles(question, shelf, lambda words: 11)
    assert (naming.products, naming.doubtful_products) == ((), tuple(shelf))


@pytest.mark.parametrize(
    ("question", "title", "is_sure"),
    [
        ("《三体》讲了什么？", "三体", True),
        ("『坊っちゃん』の主人公は誰ですか", "坊っちゃん", True),
        ("О чём говорится в книге «Война и мир»?", "Война и мир", True),
        ("Что было до события Война и мир?", "Война и мир", True),
        ("Τι γίνεται στην «Οδύσσεια»;", "Οδύσσεια", True),
        ("מה קורה ב״זכרון דברים״", "זכרון דברים", False),
        ("ماذا يحدث في موسم الهجرة إلى الشمال", "موسم الهجرة إلى الشمال", True),
    ],
)
def test_titles_in_other_scripts(question, title, is_sure):
    sure, doubtful = names(question, [product(title), product("Emma")])
    assert (sure if is_sure else doubtful) == [title]
    assert (doubtful if is_sure else sure) == []


def test_an_author_is_named_by_a_name_and_not_by_words():
    shelf = [product("On Ash", ["Will Wood"]), product("On Oak", ["Grace Field"]), product("Kettles", **TALK)]
    assert names("How will wood burn in a grace field?", shelf) == ([], [])
    assert names("What does Will Wood say about ash?", shelf) == (["On Ash"], [])
    assert names("what does grace field say about oak", shelf) == (["On Oak"], [])
    namesakes = [product(f"Volume {n}", [f"{name} Wood"]) for n, name in enumerate(("Ada", "Bo", "Cy"))]
    assert names("What does Wood say about ash?", namesakes) == ([], [])
    assert names("What does Bo Wood say about ash?", namesakes) == (["Volume 1"], [])


def test_a_huge_question_is_read_to_its_limit():
    question = "What does Emma say? " + "Then she says some more of everything there is. " * 2_000
    assert names(question)[0] == ["Emma"]
    assert names("i " * 10_000) == ([], [])
