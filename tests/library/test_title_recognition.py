"""Which titles a question names. Wrong scope is the costliest mistake of all, both ways."""

import pytest
from support.titles import ADDY, LEET, LIBRARY, TUESDAY, product

from wellread.content import ProductKind
from wellread.library.title_recognition import kind_mentions, kinds_meant, named_titles


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
    ],
)
def test_names_are_found(question, titles):
    assert [p.title for p in named_titles(question, LIBRARY).products] == titles


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
