"""What counts as one point of an answer, and what of it are its own words."""

from wellread.evals.points import own_words, quoted_points
from wellread.events import AnswerCompleted, Citation, Statement, Usage
from wellread.grounding.statements import claims


def completed(markdown: str) -> AnswerCompleted:
    """An answer whose marks cite as many passages, as it would be told."""
    numbers = sorted({number for claim in claims(markdown) for number in claim.numbers})
    citations = [
        Citation(
            number=n, product_id="p", title="T", section="S", place="", anchor=f"p/{n}", quote="", link=""
        )
        for n in numbers
    ]
    statements = [
        Statement(
            start=claim.start,
            end=claim.end,
            text=claim.text,
            verdict="quoted",
            voice="wellread",
            citations=tuple(map(numbers.index, claim.numbers)),
        )
        for claim in claims(markdown)
    ]
    return AnswerCompleted(
        markdown=markdown, citations=tuple(citations), statements=tuple(statements), usage=Usage()
    )


ANSWER = """From *Light Touch*:

A paragraph says one thing. [0] It says another. [1] And a third.

Nothing is cited here.

- An item. [2]
- An item of two sentences. [3] This is the second. [3]
  - One below it. [4]

> A quotation of a paragraph, [5]
>
> - and of a list. [6]

| What | How |
|---|---|
| a row [7] | of two cells [8] |

```
a listing
```
[9]

_No language model wrote this answer._
"""


def test_a_paragraph_an_item_a_row_a_listing_and_a_quotation_are_a_point_each():
    points = quoted_points(completed(ANSWER))
    assert [[citation.number for citation in point.citations] for point in points] == [
        [0, 1],
        [2],
        [3],
        [4],
        [5, 6],
        [7, 8],
        [9],
    ]
    assert points[0].text == "A paragraph says one thing.  It says another.  And a third."
    assert "of a list." in points[4].text


def test_an_answers_own_words_are_without_marks_and_notes():
    said = own_words(ANSWER)
    assert "An item." in said
    assert not any(word in said for word in ("[2]", "No language model"))
    assert own_words("See [12](https://example.org) and `a[1, 2]`. [1, 2]") == (
        "See [12](https://example.org) and `a`. "
    )
