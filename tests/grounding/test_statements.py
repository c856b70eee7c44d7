"""Statements: what an answer claims, where that stands in its Markdown, and what it cites."""

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from wellread.grounding.inline import inert, read_inline
from wellread.grounding.statements import claims

GFM = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def texts(markdown):
    return [(claim.text, claim.numbers) for claim in claims(markdown)]


def shown(markdown):
    """What a browser would show of inline Markdown, and whether any of it became markup."""
    tokens = GFM.parse(markdown)
    children = [child for token in tokens if token.type == "inline" for child in token.children]
    text = "".join(child.content for child in children)
    kinds = {token.type for token in tokens} | {child.type for child in children}
    return text, kinds - {"paragraph_open", "paragraph_close", "inline", "text", "text_special"}


def test_sentences_of_a_paragraph_keep_their_own_citations():
    markdown = "Teams drift. [1] **Someone must hold it.** [2] Both are work [1, 3], as we saw [4]."
    assert texts(markdown) == [
        ("Teams drift.", (1,)),
        ("Someone must hold it.", (2,)),
        ("Both are work, as we saw.", (1, 3, 4)),
    ]


def test_the_range_of_a_statement_is_its_markdown():
    markdown = "# Title\n\nOne thing. [1] **Another thing.** [2][3]\n\n- an *item* that claims [4]\n"
    assert [markdown[claim.start : claim.end] for claim in claims(markdown)] == [
        "One thing. [1]",
        "**Another thing.** [2][3]",
        "an *item* that claims [4]",
    ]


def test_ranges_hold_beyond_the_basic_plane_and_over_lines():
    markdown = "> 🎈 Ein Satz über\n> zwei Zeilen. [1]\n\n1. 𝄞 two\n   lines here [2]\n"
    found = claims(markdown)
    assert [claim.text for claim in found] == ["🎈 Ein Satz über zwei Zeilen.", "𝄞 two lines here"]
    assert markdown[found[0].start : found[0].end].endswith("zwei Zeilen. [1]")
    assert markdown[found[1].start : found[1].end] == "𝄞 two\n   lines here [2]"


def test_a_list_item_that_cites_at_its_end_is_one_statement():
    assert texts("- Hold it weekly. Never cancel it. [3]\n") == [("Hold it weekly. Never cancel it.", (3,))]
    assert texts("- Hold it weekly. [1] Never cancel it. [2]\n") == [
        ("Hold it weekly.", (1,)),
        ("Never cancel it.", (2,)),
    ]


def test_rows_are_statements_and_headers_are_not():
    found = claims("| A | B |\n|---|---|\n| one [1] | two \\| three [2] |\n")
    assert [(claim.text, claim.numbers) for claim in found] == [("one | two | three", (1, 2))]
    assert [(part.text, part.numbers) for part in found[0].parts] == [("one", (1,)), ("two | three", (2,))]


def test_a_listing_is_cited_by_the_line_after_it():
    markdown = "- Restart it: [1]\n\n  ```\n  a[7] = [8]\n  ```\n\n  [2]\n"
    assert texts(markdown) == [("Restart it:", (1,)), ("a[7] = [8]", (2,))]


def test_headings_notes_questions_and_introductions_claim_nothing():
    markdown = (
        "## What *it* says [1]\n\nFrom *Steady Hands*:\n\n**Steady Hands**\n\n---\n\n"
        "_A note. It has \\_two\\_ sentences._\n\nWould you like to go on?\n\n"
        "To go on, you could ask:\n\n- What next?\n"
    )
    assert texts(markdown) == []


def test_an_uncited_sentence_is_kept_with_no_numbers():
    assert texts("Delegation takes practice. Start small.") == [
        ("Delegation takes practice.", ()),
        ("Start small.", ()),
    ]


def test_what_only_looks_like_a_citation_is_none():
    assert texts("See \\[7\\] and `x[3]` and [4](https://example.org) there.") == [
        ("See [7] and x[3] and 4 there.", ())
    ]


def test_a_quotation_of_several_sentences_is_one_statement():
    assert texts("“One is here. Two is here.” [3] Then more.") == [
        ("“One is here. Two is here.”", (3,)),
        ("Then more.", ()),
    ]


HOSTILE = (
    "[7] **bold** <img src=x onerror=alert(1)> & &lt; `code` | cell",
    "# Not a heading",
    "1. not a list",
    "- not an item",
    "> not a quote ![x](http://evil.example/a.png)",
    "[click](javascript:alert(1)) <https://evil.example> www.evil.example me@evil.example ~~gone~~",
    "\\[3\\] \\\\ trailing \\",
    "=== a_b_c _d_ __e__ *f",
    "```",
)


def test_hostile_text_is_shown_and_does_nothing():
    for text in HOSTILE:
        assert shown(inert(text)) == (text, set())
        assert read_inline(inert(text)).text == text
        assert not read_inline(inert(text)).marks


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"))))
def test_any_text_survives_being_made_inert(text):
    folded = " ".join(text.split())
    assert read_inline(inert(text)).text == folded
    seen, markup = shown(inert(text))
    assert (seen, markup) == (folded, set())


@given(st.text(alphabet="ab *_`[]()<>|\\1,.\n-#“”&;!~", max_size=60))
def test_no_markdown_breaks_the_splitting(markdown):
    for claim in claims(markdown):
        assert 0 <= claim.start < claim.end <= len(markdown)
        assert claim.text


def test_bold_words_that_head_an_item_are_no_claim_of_their_own():
    found = claims(
        "1. **Trust first.** Teams that trust report errors early. [2]\n2. **Listen:** do it weekly. [3]\n"
    )
    assert [claim.spoken for claim in found] == ["Teams that trust report errors early.", "do it weekly."]
    found = claims("**Trust first.** Teams that trust report errors early. [2] They say so. [3]")
    assert [claim.spoken for claim in found] == ["Teams that trust report errors early.", "They say so."]


def test_a_row_is_judged_with_the_names_of_its_columns():
    [claim] = claims("| | Leadership | Management |\n|---|---|---|\n| Focus | people | work [1] |\n")
    assert claim.spoken == "Focus; Leadership: people; Management: work"


def test_offers_to_go_on_claim_nothing():
    assert texts("Teams drift. [1]\n\nIf you like, I can go on with Chapter 3.\n") == [("Teams drift.", (1,))]


def test_marks_of_every_form_are_read():
    assert texts("One. [1][2,3] Two. [1-4] Three. [0] Four. [99] Five. [7–5]") == [
        ("One.", (1, 2, 3)),
        ("Two.", (1, 2, 3, 4)),
        ("Three.", (0,)),
        ("Four.", (99,)),
        ("Five.", (7, 5)),
    ]
    assert texts("The index `a[1]` is code.") == [("The index a[1] is code.", ())]


def test_hard_texts_are_read_in_time():
    assert texts("") == []
    assert len(claims("word " * 10_000 + "[1]")) == 1
    rows = "".join(f"| {n} | cell [1] |\n" for n in range(500))
    assert len(claims("| a | b |\n|---|---|\n" + rows)) == 500
    assert claims("**broken *mark [1](\n\n```\nnever closed [2]\n")


def test_right_to_left_sentences_and_their_numbers():
    assert texts("القيادة ثقة. [1] هل هذا صحيح؟ الإدارة نظام. [2]") == [
        ("القيادة ثقة.", (1,)),
        ("الإدارة نظام.", (2,)),
    ]
