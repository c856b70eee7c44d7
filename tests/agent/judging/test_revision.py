"""A draft without the statements that its passages do not bear: what is left is whole Markdown."""

import pytest

from wellread.agent.judging.revision import revised, with_moved_citations
from wellread.events import Citation, Statement
from wellread.grounding.statements import claims
from wellread.grounding.tally import mostly_unsupported


def statements(markdown, **verdicts):
    """Each claim of the Markdown; those that contain a word of `bad` are not borne."""
    bad = verdicts.get("bad", "BAD")
    return [
        Statement(
            start=claim.start,
            end=claim.end,
            text=claim.text,
            verdict="unsupported" if bad in claim.text else "supported",
            voice="wellread",
            citations=(),
        )
        for claim in claims(markdown)
    ]


@pytest.mark.parametrize(
    ("draft", "left"),
    [
        ("Good one. [1] BAD one. [2] Good two. [3]\n", "Good one. [1] Good two. [3]\n"),
        ("BAD one. [1] Good two. [2]\n", "Good two. [2]\n"),
        ("- Good. [1]\n- BAD. [2]\n- Also good. [3]\n", "- Good. [1]\n- Also good. [3]\n"),
        ("1. **BAD head.** BAD all. [1]\n2. Good. [2]\n", "2. Good. [2]\n"),
        (
            "| a | b |\n|---|---|\n| x | good [1] |\n| y | BAD [2] |\n",
            "| a | b |\n|---|---|\n| x | good [1] |\n",
        ),
        ("## One\n\nBAD. [1]\n\n## Two\n\nGood. [2]\n", "## Two\n\nGood. [2]\n"),
        ("Good. [1]\n\n## Last\n\nBAD. [2]\n", "Good. [1]\n"),
        ("| a | b |\n|---|---|\n| y | BAD [2] |\n\nGood. [1]\n", "Good. [1]\n"),
    ],
)
def test_what_is_not_borne_goes_with_what_it_leaves_empty(draft, left):
    assert revised(draft, statements(draft), {}) == left


def test_what_is_rewritten_keeps_its_citations():
    draft = "Good. [1] It BAD takes two hours. [2][3] Good. [4]\n"
    bad = next(one for one in statements(draft) if "BAD" in one.text)
    text = revised(draft, statements(draft), {bad.start: "It takes ninety minutes."})
    assert text == "Good. [1] It takes ninety minutes. [2][3] Good. [4]\n"


def test_marks_move_to_the_passage_that_bears_their_statement():
    draft = "Trust comes first. [1][2] Plans fail. [3]\n"
    first, second = statements(draft)
    moved = first.model_copy(update={"misplaced": (1, 2), "citations": (0,)})
    citation = Citation(
        number=4, product_id="p", title="T", section="", place="", anchor="p/s/0-1", quote="q", link="/read/x"
    )
    text = with_moved_citations(draft, [moved, second], [citation])
    assert text == "Trust comes first. [4] Plans fail. [3]\n"


def test_an_answer_is_mostly_unsupported_by_what_it_claims():
    def of(*verdicts):
        return [
            Statement(start=0, end=1, text="x", verdict=verdict, voice="wellread", citations=())
            for verdict in verdicts
        ]

    assert mostly_unsupported(of("unsupported", "contradicted", "supported", "general", "general"))
    assert not mostly_unsupported(of("unsupported", "supported"))
    assert not mostly_unsupported(of("general", "not checked"))
    assert not mostly_unsupported([])
