"""Verdicts: what a statement rests on, and the exact place its citation opens."""

import pytest

from wellread.content import Anchor
from wellread.events import Snippet
from wellread.grounding.verdicts import judge

SECTION = (
    "The section begins here.\n\n"
    "Leadership is granted by those who follow. It can be withdrawn\nwithout telling you.\n\n"
    "Kind | Hours\nOne-on-ones | 6\nPlanning session | 4\n\n"
    "The team met on 12 May 2019 and shipped three releases in Oslo."
)
HEADER = "| A | B |\n|---|---|\n"
START = SECTION.index("Leadership")


@pytest.fixture
def snippet():
    text = SECTION[START:]
    return Snippet(
        number=3,
        product_id="steady",
        title="Steady Hands",
        section="Two kinds of work",
        anchor=f"steady/0000abcd-4/{START}-{len(SECTION)}",
        place="p. 12",
        text=text,
        score=0.8,
    )


def only(markdown, snippets, **kwargs):
    statements, citations = judge(markdown, snippets, **kwargs)
    assert len(statements) == 1
    return statements[0], [citations[position] for position in statements[0].citations]


def test_a_quotation_opens_exactly_the_words_quoted(snippet):
    statement, [citation] = only("- It can be withdrawn without telling you. [3]", [snippet])
    assert statement.verdict == "quoted"
    anchor = Anchor.parse(citation.anchor)
    assert SECTION[anchor.start : anchor.end] == "It can be withdrawn\nwithout telling you."
    assert citation.quote == "It can be withdrawn\nwithout telling you."
    assert citation.link == f"/read/{citation.anchor}"
    assert (citation.number, citation.title, citation.place) == (3, "Steady Hands", "p. 12")


def test_quotation_marks_of_any_style_do_not_matter(snippet):
    statement, _ = only("“Leadership is granted by those who follow.” [3]", [snippet])
    assert statement.verdict == "quoted"


def test_a_changed_word_is_no_quotation(snippet):
    statement, _ = only("Leadership is granted by those who lead. [3]", [snippet])
    assert statement.verdict != "quoted"


def test_part_of_a_word_is_no_quotation(snippet):
    statement, _ = only("eadership is granted by those who foll [3]", [snippet])
    assert statement.verdict != "quoted"


def test_a_row_is_quoted_whole_or_cell_by_cell(snippet):
    statement, [citation] = only("| Kind | Hours |\n|---|---|\n| Planning session | 4 [3] |", [snippet])
    assert (statement.verdict, citation.quote) == ("quoted", "Planning session | 4")
    other = snippet.model_copy(update={"number": 4, "text": "A plan is a promise with a date."})
    cells = "| Leadership is granted by those who follow. [3] | A plan is a promise with a date. [4] |"
    statement, citations = only(HEADER + cells, [snippet, other])
    assert statement.verdict == "quoted"
    assert [citation.number for citation in citations] == [3, 4]


def test_a_row_with_one_cell_made_up_is_not_quoted(snippet):
    cells = "| Leadership is granted by those who follow. [3] | Managers wear a red hat. [3] |"
    statement, _ = only(HEADER + cells, [snippet])
    assert statement.verdict != "quoted"


def test_without_a_citation_a_statement_is_general(snippet):
    statement, citations = only("Leadership is granted by those who follow.", [snippet])
    assert (statement.verdict, citations) == ("general", [])


def test_a_number_that_no_snippet_has_supports_nothing(snippet):
    statement, citations = only("Leadership is granted by those who follow. [9]", [snippet])
    assert (statement.verdict, citations) == ("unsupported", [])


def test_a_close_paraphrase_is_supported_and_opens_its_sentence(snippet):
    statement, [citation] = only(
        "In May 2019, on the 12th, the team shipped three releases in Oslo. [3]", [snippet]
    )
    assert statement.verdict == "supported"
    assert citation.quote == "The team met on 12 May 2019 and shipped three releases in Oslo."


@pytest.mark.parametrize(
    "claim",
    [
        "The team met on 12 May 2020 and shipped three releases in Oslo. [3]",
        "The team met on 12 May 2019 and shipped four releases in Oslo. [3]",
        "The team met on 12 May 2019 and shipped three releases in Bergen. [3]",
        "The team met on 12 May 2019 and never shipped three releases in Oslo. [3]",
    ],
)
def test_another_number_name_or_a_negation_is_never_supported(claim, snippet):
    statement, _ = only(claim, [snippet])
    assert statement.verdict in ("partly", "unsupported")


def test_what_the_source_does_not_speak_of_is_unsupported(snippet):
    statement, _ = only("Bees communicate the position of flowers by dancing. [3]", [snippet])
    assert statement.verdict == "unsupported"


def test_a_citation_is_made_once_for_a_place(snippet):
    markdown = (
        "- Leadership is granted by those who follow. [3]\n- Leadership is granted by those who follow. [3]\n"
    )
    statements, citations = judge(markdown, [snippet])
    assert [statement.citations for statement in statements] == [(0,), (0,)]
    assert len(citations) == 1


def test_an_anchor_that_is_not_the_text_is_left_as_it_is(snippet):
    joined = snippet.model_copy(update={"anchor": "steady/0000abcd-4/0-9000"})
    _, [citation] = only("Leadership is granted by those who follow. [3]", [joined])
    assert citation.anchor == "steady/0000abcd-4/0-9000"
    assert citation.quote == "Leadership is granted by those who follow."


def test_the_voice_is_passed_on(snippet):
    statement, _ = only("Leadership is granted by those who follow. [3]", [snippet], voice="author")
    assert statement.voice == "said"
