"""The text of a model as it streams: citations put right, nothing that acts, the same however it is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from wellread.agent.writing.filters.citation_filter import CitationFilter
from wellread.agent.writing.filters.repetition import Unrepeated
from wellread.errors import UnusableReplyError

KNOWN = (0, 1, 3)


def filtered(text, sizes=(10_000,), given=()):
    """The text that is shown when `text` comes in pieces of these sizes, in turn."""
    citations = CitationFilter(KNOWN, given)
    shown, start, turn = "", 0, 0
    while start < len(text):
        size = sizes[turn % len(sizes)]
        shown += citations.feed(text[start : start + size])
        start, turn = start + size, turn + 1
    return shown + citations.close(), citations.dropped


@pytest.mark.parametrize(
    ("text", "shown", "dropped"),
    [
        ("A fact [0]. Another [7]. Third [3].", "A fact [0]. Another. Third [3].", 1),
        ("Two [0, 1] and [1; 9].", "Two [0][1] and [1].", 1),
        ("The same [0][0] [0] thing.", "The same [0] thing.", 0),
        ("A wall [0][1][3][0][1][2][5][6].", "A wall [0][1][3].", 3),
        ("Marks [knowledge 3], 【1】 and [Source 0].", "Marks [3], [1] and [0].", 0),
        ("A [number](#0) as link: [1](#note).", "A number as link: [1].", 0),
        ("See [this](http://x.y/z) and ![that](http://x.y/i.png).", "See this and that.", 0),
        ("Bare http://x.y here.", "Bare `http://x.y` here.", 0),
        ("A <script>alert(1)</script> and a < b.", "A \\<script>alert(1)\\</script> and a < b.", 0),
        ("| a<br>b [0] |", "| a b [0] |", 0),
        ("[ref]: http://x.y", "\\[ref]\\: `http://x.y`", 0),
        (
            "Code `a[7]` and:\n\n```py\nx[7] = '<b>'\n```\nafter [7].",
            "Code `a[7]` and:\n\n```py\nx[7] = '<b>'\n```\nafter.",
            1,
        ),
        ("```markdown\n# Title\n\nText [0].\n```", "# Title\n\nText [0].\n", 0),
        ("Open [ bracket", "Open \\[ bracket", 0),
        ("Escaped \\[0] stays", "Escaped \\[0] stays", 0),
    ],
)
def test_what_is_shown(text, shown, dropped):
    assert filtered(text) == (shown, dropped)


@given(
    st.text(alphabet="ab [](){}<>/`~!0179,;.:\\\n|【】", max_size=60),
    st.lists(st.integers(1, 5), min_size=1, max_size=4),
)
def test_it_does_not_matter_how_the_text_is_cut(text, sizes):
    assert filtered(text, sizes) == filtered(text)


GIVEN = ("The hours are at https://house.test/hours?of=day. See also (http://house.test/a_(b)).",)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("See https://house.test/hours?of=day.", "See <https://house.test/hours?of=day>."),
        ("See <https://house.test/hours?of=day>.", "See <https://house.test/hours?of=day>."),
        (
            "See [them](https://house.test/hours?of=day) [0].",
            "See them <https://house.test/hours?of=day> [0].",
        ),
        ("See **http://house.test/a_(b)**!", "See **<http://house.test/a_(b)>**!"),
        ("![p](https://house.test/hours?of=day)", "p"),
        ("https://house.test/hours?of=day&q=secret", "`https://house.test/hours?of=day&q=secret`"),
        ("https://house.test/hours", "`https://house.test/hours`"),
        ("https://h\u043euse.test/hours?of=day", "`https://h\u043euse.test/hours?of=day`"),
        ("HTTPS://house.test/hours?of=day", "`HTTPS://house.test/hours?of=day`"),
        ("https:\\//house.test/other", "`https://house.test/other`"),
        ("https&#58;//house.test/other", "`https://house.test/other`"),
        ("a@house.test and www.house.test", "`a@house.test` and `www.house.test`"),
        ("Node.js, 10:30, C:\\\\x, a:b and x@y", "Node.js, 10:30, C:\\\\x, a:b and x@y"),
    ],
)
def test_an_address_is_a_link_when_it_stands_in_the_knowledge(text, shown):
    assert filtered(text, given=GIVEN) == (shown, 0)
    for size in (1, 2, 3, 7):
        assert filtered(text, (size,), GIVEN) == (shown, 0)


HOSTILE = [
    "[1](http://evil/a(b))",
    "【1】(http://evil)",
    "!【1】(http://evil/x.png)",
    "[1]: http://evil\n\nfoo [1]",
    "[1][99](a)(http://evil)",
    "It is ` see [click](http://evil) [99]\n\nx",
    "a ``` b\n\n[click](http://evil) <img src=x>",
    "> ```\n\n[click](http://evil)\n",
    "- ```\n  code\n\ntext [click](http://evil)",
    "1. x\n   ```\n   a\n\nb [c](http://evil)",
    "![a][1]\n\n[1]: http://evil",
    "> [1]: http://evil\n\n[1]",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_hostile_acts(text):
    check_harmless(text)


@given(st.text(alphabet="ab [](){}<>/`~!01:\\\n|\"'=h【】->\t", max_size=80))
def test_nothing_becomes_a_link_an_image_or_raw_html(text):
    check_harmless(text)


def check_harmless(text):
    shown, _ = filtered(text)
    tokens = MarkdownIt("commonmark", {"html": True}).parse(shown)
    kinds = {token.type for token in tokens} | {c.type for token in tokens for c in token.children or ()}
    assert not kinds & {"link_open", "image", "html_inline", "html_block"}


def test_a_model_that_runs_in_circles_is_stopped():
    unrepeated = Unrepeated()
    sentence = "The lead decides what the team does not do. "
    assert unrepeated.feed(sentence) + unrepeated.feed(sentence) == 2 * sentence
    with pytest.raises(UnusableReplyError):
        unrepeated.feed(sentence)


def test_what_stands_already_is_not_said_again():
    said = "The lead decides what the team does not do [1]. "
    unrepeated = Unrepeated(said)
    text = "The lead decides what the team does not do [0]. Then the lead says why it is so."
    shown = "".join(unrepeated.feed(text[start : start + 7]) for start in range(0, len(text), 7))
    assert (shown + unrepeated.close()).strip() == "Then the lead says why it is so."
