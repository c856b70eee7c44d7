"""The answer on the page: the same HTML while it is written and when it is whole, and nothing in it that runs."""

import random

import lxml.html
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.pages import PAGE

from wellread.events import AnswerCompleted, Citation, Snippet, Statement, Usage
from wellread.web.pages.conversation.answer_html import completed, written
from wellread.web.pages.conversation.markdown_html import Growing, blocks, shown, sign, without_signs
from wellread.web.pages.conversation.statement_notes import StatementNotes

ANSWER = """_A simulated voice_ [3].

## Leading **and [1].** managing

| one | other |
|--:|---|
| 1 [2] | x |

1. first
   - within `[3]` it

   more
2. second

```python
def f(): return "[3]"
```

> quoted [1, 2] twice

an end
===
last words"""


def say(message):
    return message


HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![picture](http://elsewhere.test/x.png)",
    "[link](javascript:alert(1))",
    "[link](http://elsewhere.test)",
    "<http://elsewhere.test>",
    "http://elsewhere.test",
    "[ref]\n\n[ref]: http://elsewhere.test",
    "<svg onload=alert(1)>",
    "<style>*{background:url(http://elsewhere.test)}</style>",
    "```\n</code></pre><script>alert(1)</script>\n```",
    "```html\n<script src=http://elsewhere.test></script>\n```",
    '```" onclick="alert(1)\nx\n```',
    "|a|\n|-|\n|<iframe src=http://elsewhere.test>|",
    "{{ 7 * 7 }} {% include 'base.html' %}",
    "\U00010a57c0\U00010a58 \U00010a57b0\U00010a58",
    "&lt;script&gt; &#60;script&#62;",
    "&#68183;c0&#68184; &#x10a57;v0&#x10a58; &#68183;zz&#68184; `&#68183;b0&#68184;`",
    "```&#68183;c0&#68184;\nx\n```",
    "```py&#68183;c0&#68184;\nx\n```",
    "[1](http://elsewhere.test) [2]: x",
)


def grown(text, seed):
    growing, at, pieces = Growing(), 0, random.Random(seed)
    while at < len(text):
        size = pieces.randint(1, 9)
        growing.add(text[at : at + size])
        at += size
        growing.blocks()
    return list(growing.blocks())


@pytest.mark.parametrize("seed", range(20))
def test_an_answer_looks_the_same_however_it_came(seed):
    assert grown(ANSWER, seed) == blocks(ANSWER)


@settings(max_examples=60)
@given(st.text(alphabet="ab #*_`>-|1.[2]\n\r\\~=", max_size=120), st.integers(0, 5))
def test_any_text_looks_the_same_however_it_came(text, seed):
    text = text.rstrip("\r")
    assert "".join(grown(text, seed)) == "".join(blocks(text))


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_written_makes_no_element_that_loads_or_runs(text):
    html = "".join(written(blocks(without_signs(text)), {}, lambda *_: "/read/x", say))
    root = lxml.html.fragment_fromstring(html, create_parent=True)
    tags = {element.tag for element in root.iter()}
    assert not tags & {"script", "img", "a", "svg", "style", "iframe", "link", "object"}
    assert not [
        name
        for element in root.iter()
        for name in element.attrib
        if name not in ("class", "start", "tabindex")
    ]
    assert "49" not in html


@pytest.mark.parametrize("text", HOSTILE)
def test_a_whole_answer_takes_nothing_for_a_mark_that_is_none(text):
    told = answer(text, (text[:3], "unsupported", ()))
    page = page_of(told)
    assert not [mark for mark in page.find_class("cite") if mark.tag == "a"]
    assert len(page.find_class("verdict")) <= 1
    assert not [
        element for element in page.iter() if any("\U00010a57" in value for value in element.attrib.values())
    ]


def test_signs_leave_the_emphasis_beside_them_alone():
    html = "".join(blocks(f"{sign('a')}_so_{sign('b')} **{sign('c')}it{sign('d')}** is"))
    assert shown(html, lambda text: f"<{text}>") == "<p><a><em>so</em><b> <strong><c>it<d></strong> is</p>\n"


def citation(number, anchor):
    return Citation(
        number=number,
        product_id="steady",
        title="Steady <Hands>",
        section="One",
        place="p. 4",
        anchor=anchor,
        quote="words",
        link=f"/read/{anchor}",
    )


def answer(markdown, *statements):
    """Statements are (text, verdict, citations) and what else there is to say of them."""
    return AnswerCompleted(
        markdown=markdown,
        citations=(
            citation(1, "steady/0a0a0a0a-1/0-5"),
            citation(1, "steady/0a0a0a0a-1/9-15"),
            citation(2, "steady/0a0a0a0a-2/0-5"),
        ),
        statements=tuple(
            Statement(
                start=markdown.index(text),
                end=markdown.index(text) + len(text),
                text=text,
                verdict=verdict,
                **{"voice": "wellread", "citations": cited, **dict(*more)},
            )
            for text, verdict, cited, *more in statements
        ),
        usage=Usage(),
    )


def leads(position, cited):
    return f"/read/{cited.anchor}" + ("" if position is None else f"?citation={position}")


def page_of(told, snippets=None, link=leads):
    snippets = snippets or {}
    notes = StatementNotes("run-1", PAGE.part, link)(told, snippets)
    html = "".join(completed(told, snippets, link, say, notes))
    return lxml.html.fragment_fromstring(html, create_parent=True)


def words_of(element):
    return " ".join(element.text_content().split())


def opened(page, mark):
    """The note that a mark opens."""
    [note] = page.xpath("//*[@popover and @id=$name]", name=mark.get("popovertarget"))
    return note


def test_each_mark_opens_its_own_citation():
    page = page_of(
        answer(
            "One. [1] Two. [1]\n\n- Three [2]\n",
            ("One. [1]", "quoted", (0,)),
            ("Two. [1]", "supported", (1,)),
            ("Three [2]", "partly", (2,)),
        )
    )
    marks = page.find_class("cite")
    assert [mark.get("data-citation") for mark in marks] == ["0", "1", "2"]
    assert [mark.get("href").partition("?")[0] for mark in marks] == [
        "/read/steady/0a0a0a0a-1/0-5",
        "/read/steady/0a0a0a0a-1/9-15",
        "/read/steady/0a0a0a0a-2/0-5",
    ]
    assert marks[0].get("aria-label") == "Source 1: Steady <Hands>, p. 4"


def test_each_statement_has_its_verdict_and_what_is_doubtful_is_marked():
    page = page_of(
        answer(
            "One. [1] Two.\n\n- Three\n\n| a | b |\n|---|---|\n| c | Four [2] |\n",
            ("One. [1]", "quoted", (0,)),
            ("Two.", "unsupported", ()),
            ("Three", "conflict", ()),
            ("| c | Four [2] |", "contradicted", (2,)),
        )
    )
    assert [(s.get("class"), s.text) for s in page.find_class("statement")] == [
        ("statement quoted", "One. "),
        ("statement unsupported doubtful", "Two."),
        ("statement conflict doubtful", "Three"),
    ]
    marks = page.find_class("verdict")
    assert [words_of(mark) for mark in marks] == [
        "quoted (why?)",
        "not supported (why?)",
        "in conflict (why?)",
        "contradicted (why?)",
    ]
    assert [mark for mark in marks if "doubtful" in mark.classes] == marks[1:]
    assert [mark.getparent().tag for mark in marks] == ["p", "p", "li", "td"]


def test_a_statement_that_crosses_other_markup_is_marked_piece_by_piece():
    markdown = "**Lead. Then [1] manage.** And 一。二。"
    page = page_of(
        answer(
            markdown,
            ("**Lead. Then [1] manage.** And", "quoted", (0,)),
            ("一。", "unsupported", ()),
            ("二。", "partly", ()),
        )
    )
    assert [(s.get("class"), words_of(s), s.getparent().tag) for s in page.find_class("statement")] == [
        ("statement quoted", "Lead. Then 1 manage.", "strong"),
        ("statement quoted", "And", "p"),
        ("statement unsupported doubtful", "一。", "p"),
        ("statement partly", "二。", "p"),
    ]


def test_a_mark_opens_what_there_is_to_say_of_its_statement():
    evidence = "A team of three ships twice a week."
    snippet = Snippet(
        number=4,
        product_id="steady",
        title="Steady <Hands>",
        section="Two",
        anchor="steady/0a0a0a0a-4/100-149",
        place="p. 9",
        text=f"Before it.\n {evidence}\nAnd.",
        score=0.5,
    )
    snippet = snippet.model_copy(update={"anchor": f"steady/0a0a0a0a-4/100-{100 + len(snippet.text)}"})
    said = {
        "evidence": evidence,
        "score": 0.97,
        "judge": "<b>judge</b>",
        "why": "“<i>five</i>” is not there.",
    }
    told = answer("Five ship daily [1].", ("Five ship daily [1].", "contradicted", (0,), said))
    page = page_of(told, {4: snippet})
    [mark] = page.find_class("verdict")
    note = opened(page, mark)
    words = words_of(note)
    for part in (
        "The passages say otherwise.",
        said["why"],
        evidence,
        "Judged by <b>judge</b>, which is almost certain.",
    ):
        assert part in words
    [link] = note.xpath(".//a")
    start = 100 + snippet.text.index(evidence)
    assert link.get("href") == f"/read/steady/0a0a0a0a-4/{start}-{start + len(evidence)}"
    assert words_of(link) == "Read it there: Steady <Hands>, p. 9"
    assert not note.xpath(".//b | .//i | .//script")


@pytest.mark.parametrize(
    ("score", "words"),
    [
        (0.95, "almost certain"),
        (0.9, "quite sure"),
        (0.7, "finds it likely"),
        (0.5, "not sure"),
        (None, "Judged by j."),
    ],
)
def test_how_sure_the_judge_is_is_said_in_words(score, words):
    told = answer("One [1].", ("One [1].", "unsupported", (0,), {"score": score, "judge": "j"}))
    page = page_of(told)
    assert words in words_of(opened(page, page.find_class("verdict")[0]))


def test_a_citation_that_was_moved_says_so_and_leads_to_the_right_place():
    told = answer("Three [1].", ("Three [1].", "supported", (2,), {"misplaced": (1,), "evidence": "words"}))
    page = page_of(told)
    assert page.find_class("cite")[0].get("href") == "/read/steady/0a0a0a0a-2/0-5?citation=2"
    note = opened(page, page.find_class("verdict")[0])
    assert "It rests on [2] rather than [1]." in words_of(note)
    assert note.xpath(".//a/@href") == ["/read/steady/0a0a0a0a-2/0-5?citation=2"]


@pytest.mark.parametrize(
    ("voice", "short", "long"),
    [
        ("said", "supported · said (why?)", "The author has said this."),
        ("inferred", "supported · inferred (why?)", "the author did not say it so"),
        ("advice", "supported · advice (why?)", "general advice"),
    ],
)
def test_in_an_authors_voice_each_statement_says_what_it_is(voice, short, long):
    page = page_of(answer("One [1].", ("One [1].", "supported", (0,), {"voice": voice})))
    [mark] = page.find_class("verdict")
    assert words_of(mark) == short
    assert long in words_of(opened(page, mark))


def test_who_may_open_nothing_is_shown_the_evidence_without_a_link():
    told = answer("One [1].", ("One [1].", "conflict", (), {"evidence": "words", "judge": "words"}))
    page = page_of(told, link=lambda *_: "")
    note = opened(page, page.find_class("verdict")[0])
    assert "no model was asked" in words_of(note)
    assert not note.xpath(".//a")


def test_while_nobody_has_judged_nothing_is_marked():
    told = answer("One [1].", ("One [1].", "conflict", (0,)))
    html = "".join(completed(told, {}, leads, say))
    assert "verdict" not in html
    assert "popover" not in html


def test_while_it_is_written_a_mark_opens_the_snippet_of_its_number():
    snippet = Snippet(
        number=1,
        product_id="steady",
        title="Steady",
        section="One",
        anchor="steady/0a0a0a0a-1/0-5",
        place="",
        text="words",
        score=0.5,
    )
    html = "".join(
        written(
            blocks("One [1], and [9]."),
            {1: snippet},
            lambda position, cited: f"/read/{cited.anchor}",
            say,
        )
    )
    page = lxml.html.fragment_fromstring(html, create_parent=True)
    assert [mark.get("href") for mark in page.find_class("cite") if mark.tag == "a"] == [
        "/read/steady/0a0a0a0a-1/0-5"
    ]
    assert [mark.text for mark in page.find_class("cite")] == ["1", "9"]


def test_an_address_is_a_link_where_its_statement_cites_it():
    known = Snippet(
        number=1,
        product_id="steady",
        title="Steady Hands",
        section="Hours",
        place="",
        anchor="steady/0a0a0a0a-1/0-5",
        text="The hours are at https://house.test/a?b=c&d.",
        score=1,
    )
    first, second = (
        "At <https://house.test/a?b=c&d> [1].",
        "At <https://house.test/a?b=c&d> and <https://x.test> [2].",
    )
    made = completed(
        answer(f"{first} {second}", (first, "supported", (0,)), (second, "supported", (2,))),
        {1: known},
        lambda _position, cited: f"/read/{cited.anchor}",
        say,
    )
    links = lxml.html.fromstring("".join(made)).xpath("//a[@rel]")
    assert [(one.get("href"), one.get("rel")) for one in links] == [
        ("https://house.test/a?b=c&d", "noopener noreferrer nofollow")
    ]


def test_an_anchor_in_code_opens_what_the_run_met():
    markdown = "See `steady/0a0a0a0a-9/0-5` and `steady/0a0a0a0a-8/0-5`."
    made = completed(answer(markdown), {}, lambda *_: "/", say, places={"steady/0a0a0a0a-8/0-5"})
    hrefs = lxml.html.fromstring("".join(made)).xpath("//a/@href")
    assert hrefs == ["/read/steady/0a0a0a0a-8/0-5"]
