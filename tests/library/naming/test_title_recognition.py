"""Which titles a question names. Wrong scope is the costliest mistake of all, both ways."""

import pytest
from support.paths import SHARED
from support.titles import ADDY, LEET, LIBRARY, TALK, TUESDAY, product

from wellread.content import ProductKind
from wellread.library.naming.kinds import kind_mentions, kinds_meant
from wellread.library.naming.title_recognition import named_titles


@pytest.mark.parametrize(
    ("question", "titles"),
    [
        (ADDY, [LEET, TUESDAY]),
        ("What does Steady Hands say about one-on-ones?", ["Steady Hands"]),
        ("How do Steady Hands and Light Touch differ on estimates?", ["Steady Hands", "Light Touch"]),
        ("What does “Light Touch” say?", ["Light Touch"]),
        ("steddy hands on feedback", ["Steady Hands"]),
        ("In the Developers Reference, how do I orphan a package?", ["Debian Developer’s Reference"]),
        ("how do i set the keyboard layout in the live manual?", ["Live Systems Manual"]),
        ("according to the debian policy, what goes into the control file?", ["Debian Policy Manual"]),
        ("Who is Queequeg in Moby Dick?", ["Moby-Dick"]),
        ("What does Herman Melville write about whales?", ["Moby-Dick"]),
        ("What does Melville say about whales?", ["Moby-Dick"]),
        (
            "What did Kenneth Reitz say about HTTP?",
            ["Requests PyCon and Pythons future with Kenneth Rietz"],
        ),
        ("What did the talk about testing astronomy say about numpy?", ["Testing astronomy"]),
        ("What does a field guide to leading engineering teams say?", ["Steady Hands"]),
        ("Who is Ahab in Mobby Dick?", ["Moby-Dick"]),
        ("According to the Bash Refrence Manaul, what is an array?", ["Bash Reference Manual"]),
        ("What does Herman Melvile write about whales?", ["Moby-Dick"]),
        ("What does Melvile say about whales?", ["Moby-Dick"]),
        ("You are Herman Melville. Why does Ishmael go to sea?", ["Moby-Dick"]),
        ("You are Melville, and you tell me why he goes to sea.", ["Moby-Dick"]),
        ("Speak as Melville: why go to sea?", ["Moby-Dick"]),
        ("In the PostgreSQL documentation, how do I vacuum?", ["PostgreSQL 15.20 Documentation"]),
        ("What did the talk with Dee Lund say about kettles?", ["Kettles"]),
    ],
)
def test_names_are_found(question, titles):
    shelf = [*LIBRARY, product("PostgreSQL 15.20 Documentation"), product("Kettles", ["Dee Lund"], **TALK)]
    assert [p.title for p in named_titles(question, shelf).products] == titles


@pytest.mark.parametrize(
    "question",
    [
        "Should I keep a light touch with my team?",
        "How do astronomers go about testing their software?",
        "Do you have pytest tips for fixtures?",
        "A leader needs steady hands in a crisis, how do I get them?",
        "What is the policy on cancelled meetings?",
        "How do I wear two hats at once?",
        "How do I lead a team?",
        "What do they say about engineering teams",
        "What does she say about pytest tips",
        "hello",
        "???",
    ],
)
def test_ordinary_words_name_nothing(question):
    assert named_titles(question, LIBRARY).products == ()


@pytest.mark.parametrize(
    "question",
    [
        "Python",
        "What is Python?",
        "How does garbage collection work in Python?",
        "How do I write a command line tool?",
        "What should I do, and what does it do to a text?",
        "How many people talk to Herman?",
        "Are you happy as a Manual worker of Melvilleville?",
        "I",
        "What",
        "text",
    ],
)
def test_a_title_of_ordinary_words_needs_a_sign(question):
    names = ["Python", "Python in the Large", "Command Line Tools", "I", "What", "Text", "It", "Herman"]
    assert named_titles(question, [*LIBRARY, *map(product, names)]).products == ()


def test_a_hundred_ordinary_questions_name_no_title():
    path = SHARED / "scale" / "questions.txt"
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    questions = [line for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]
    assert len(questions) >= 100
    named = {q: named_titles(q, LIBRARY).products for q in questions}
    assert not [q for q, products in named.items() if products]


def test_a_title_of_one_word_is_named_by_its_place_or_quotation_marks():
    library = [product("Emma"), product("Python"), product("Python in the Large")]
    assert [p.title for p in named_titles("Who is Frank in Emma?", library).products] == ["Emma"]
    for question in ("What does the book Python say?", "How long is “Python”?"):
        assert [p.title for p in named_titles(question, library).products] == ["Python"]


@pytest.mark.parametrize(
    ("question", "format"),
    [
        ("In Light Touch, what is a quiet week?", "epub"),
        ("In the Light Touch PDF, what is a quiet week?", "pdf"),
    ],
)
def test_of_two_editions_one_is_searched(question, format):
    [found] = named_titles(question, LIBRARY).products
    assert (found.title, found.format) == ("Light Touch", format)


def test_two_works_of_one_name_are_ambiguous():
    library = [product("Emma", ["Jane Austen"]), product("Emma", ["Another Author"], format="pdf")]
    naming = named_titles('What happens in "Emma"?', library)
    assert len(naming.ambiguous) == 2


def test_mentions_are_the_words_that_name():
    question = "How do Steady Hands and Light Touch differ?"
    naming = named_titles(question, LIBRARY)
    assert [question[m.start : m.end] for m in naming.mentions] == ["Steady Hands", "Light Touch"]


def test_an_article_belongs_to_the_name():
    library = [product("A First Course in Linear Algebra", ["Robert A. Beezer"])]
    question = "According to A First Course in Linear Algebra, what is the rank of a matrix?"
    [mention] = named_titles(question, library).mentions
    assert question[mention.start : mention.end] == "A First Course in Linear Algebra"


def test_kinds():
    assert kinds_meant("what does the video say") == {ProductKind.VIDEO}
    assert kinds_meant("in his book") == {ProductKind.BOOK}
    assert kinds_meant("how do I lead") == frozenset()
    question = "What does Steady Hands say, and what does the talk say?"
    [talk] = kind_mentions(question, named_titles(question, LIBRARY))
    assert question[talk.start : talk.end] == "the talk"
