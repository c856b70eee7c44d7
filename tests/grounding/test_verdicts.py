"""Verdicts: what a statement rests on, and the exact place its citation opens."""

import pytest

from wellread.content import Anchor
from wellread.events import Snippet
from wellread.grounding.assertions import Assertions
from wellread.grounding.judgement import Judgement
from wellread.grounding.verdicts import Comparison

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


def only(markdown, snippets, judgement=None, **kwargs):
    """The only statement of a text and its citations: by words, or with a judgement on it."""
    comparison = Comparison.of(markdown, snippets, **kwargs)
    verdicts = comparison.by_words() if judgement is None else comparison.by_judge([judgement], "a judge")
    [statement] = verdicts.statements
    return statement, [verdicts.citations[position] for position in statement.citations]


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


PARAPHRASE = "In May 2019, on the 12th, the team shipped three releases in Oslo. [3]"


def test_without_a_judge_a_paraphrase_is_not_checked_and_opens_its_sentence(snippet):
    statement, [citation] = only(PARAPHRASE, [snippet])
    assert (statement.verdict, statement.judge, statement.score) == ("not checked", "words", None)
    assert citation.quote == "The team met on 12 May 2019 and shipped three releases in Oslo."
    assert statement.evidence == citation.quote


@pytest.mark.parametrize(
    ("claim", "why"),
    [
        ("The team met on 12 May 2020 and shipped three releases in Oslo. [3]", "“2020” does not stand"),
        ("The team met on 12 June 2019 and shipped three releases in Oslo. [3]", "“June” does not stand"),
        ("The team met on 12 May 2019 and shipped seven releases in Oslo. [3]", "“seven” does not stand"),
        ("The team met on 12 May 2019 and shipped 30 % of releases in Oslo. [3]", "“30 %” does not stand"),
        ("The team met on 12 May 2019 and shipped three releases in Bergen. [3]", "“Bergen” is not named"),
        ("The team met on 12 May 2019 and never shipped three releases in Oslo. [3]", "says “not”"),
        ("It can be withdrawn only with telling you. [3]", "says “not”"),
        ("They write: “Leadership is seized by those who push”. [3]", "does not stand so in the passages"),
    ],
)
def test_words_tell_what_conflicts_and_why(claim, why, snippet):
    statement, _ = only(claim, [snippet])
    assert statement.verdict == "conflict"
    assert why in statement.why


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("One in a hundred calls fails. [3]", "Of all calls 1 % fail."),
        ("Three percent fail. [3]", "3 per hundred fail, that is 3%."),
        ("Twenty-one releases were made. [3]", "21 releases were made that year."),
        ("Im Mai waren es 1.000 Euro. [3]", "In May it was EUR 1,000."),
        ("The SLO holds. [3]", "A service level objective holds for a month."),
        ("Teams like Kubernetes clusters. [3]", "A kubernetes cluster is what teams like."),
    ],
)
def test_the_same_in_other_signs_is_no_conflict(claim, source, snippet):
    statement, _ = only(claim, [snippet.model_copy(update={"text": source, "anchor": "steady/0/0-9"})])
    assert statement.verdict == "not checked"


def test_what_no_source_speaks_of_is_unsupported(snippet):
    statement, _ = only("Bees dance for pollen. [3]", [snippet])
    assert (statement.verdict, statement.judge) == ("unsupported", "words")


def test_words_never_say_that_a_statement_is_supported(snippet):
    said = {only(f"{claim} [3]", [snippet])[0].verdict for claim in (PARAPHRASE, "Oslo saw three releases.")}
    assert said == {"not checked"}


@pytest.mark.parametrize(
    ("judgement", "verdict", "score"),
    [
        (Judgement(0.9, 0.05), "supported", 0.9),
        (Judgement(0.4, 0.1), "partly", 0.4),
        (Judgement(0.1, 0.8), "contradicted", 0.8),
        (Judgement(0.1, 0.2), "unsupported", 0.7),
    ],
)
def test_a_judge_decides_and_is_named(judgement, verdict, score, snippet):
    statement, _ = only(PARAPHRASE, [snippet], judgement)
    assert (statement.verdict, statement.score, statement.judge) == (verdict, score, "a judge")


def test_a_judge_overlooks_no_number(snippet):
    statement, _ = only("The team shipped nine releases in Oslo. [3]", [snippet], Judgement(0.9, 0.0))
    assert statement.verdict == "partly"
    assert "nine" in statement.why


def test_a_quotation_needs_no_judge(snippet):
    comparison = Comparison.of("Leadership is granted by those who follow. [3]", [snippet])
    assert comparison.questions() == []
    [statement] = comparison.by_judge([], "a judge").statements
    assert (statement.verdict, statement.judge, statement.score) == ("quoted", "quotation", 1.0)


def test_a_judge_that_says_nothing_leaves_a_statement_unchecked(snippet):
    comparison = Comparison.of(PARAPHRASE, [snippet])
    assert comparison.by_judge([None], "a judge").statements[0].verdict == "not checked"


def test_a_citation_that_does_not_bear_its_statement_gives_way_to_one_that_does(snippet):
    other = snippet.model_copy(update={"number": 4, "text": "A plan is a promise.", "anchor": "steady/0/0-9"})
    comparison = Comparison.of("Three releases were shipped in Oslo by the team. [4]", [snippet, other])
    [question] = comparison.questions()
    index = next(i for i, text in enumerate(question.sentences) if "Oslo" in text)
    verdicts = comparison.by_judge([Judgement(0.9, 0.0, index)], "a judge")
    [statement] = verdicts.statements
    assert (statement.verdict, statement.misplaced) == ("supported", (4,))
    assert [verdicts.citations[position].number for position in statement.citations] == [3]


@pytest.mark.parametrize(
    "claim",
    [
        "Some 40 % of teams drift.",
        "It was settled in Bergen.",
        "The book says that teams drift.",
        "As Steady Hands has it, teams drift.",
    ],
)
def test_a_sentence_that_would_be_taken_for_the_titles_own_is_a_claim_without_a_citation(claim, snippet):
    asserts = Assertions.about(["Steady Hands"])
    statement, _ = only(claim, [snippet], asserts=lambda one: asserts(one.text))
    assert statement.verdict in ("conflict", "unsupported", "not checked")


def test_general_advice_claims_nothing(snippet):
    asserts = Assertions.about(["Steady Hands"])
    statement, _ = only("Start small and listen.", [snippet], asserts=lambda one: asserts(one.text))
    assert (statement.verdict, statement.judge) == ("general", "")


def test_what_a_quotation_is_framed_by_does_not_matter(snippet):
    statement, [citation] = only(
        "They put it so: “Leadership is granted by those who follow.” [3]", [snippet]
    )
    assert (statement.verdict, citation.quote) == ("quoted", "Leadership is granted by those who follow.")


def test_a_citation_is_made_once_for_a_place(snippet):
    markdown = (
        "- Leadership is granted by those who follow. [3]\n- Leadership is granted by those who follow. [3]\n"
    )
    verdicts = Comparison.of(markdown, [snippet]).by_words()
    assert [statement.citations for statement in verdicts.statements] == [(0,), (0,)]
    assert len(verdicts.citations) == 1


def test_an_anchor_that_is_not_the_text_is_left_as_it_is(snippet):
    joined = snippet.model_copy(update={"anchor": "steady/0000abcd-4/0-9000"})
    _, [citation] = only("Leadership is granted by those who follow. [3]", [joined])
    assert citation.anchor == "steady/0000abcd-4/0-9000"
    assert citation.quote == "Leadership is granted by those who follow."


def test_the_voice_is_passed_on(snippet):
    statement, _ = only("Leadership is granted by those who follow. [3]", [snippet], voice="author")
    assert statement.voice == "said"
