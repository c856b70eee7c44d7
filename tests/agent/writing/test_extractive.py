"""The answer that needs no language model: verbatim, cited, arranged, and honest about what it is."""

import asyncio
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from wellread.agent.quoting.brief import Brief
from wellread.agent.quoting.text_shape import Shape, parts
from wellread.agent.state.budget import Meter
from wellread.agent.writing.extractive import CLOSING, ExtractiveWriter
from wellread.content import Anchor
from wellread.events import (
    Budget,
    Elsewhere,
    Flags,
    FoundPassage,
    ScopeEntry,
    SearchCell,
    Snippet,
    TellingSentence,
)
from wellread.grounding.verdicts import Comparison
from wellread.library.editions import works

DELEGATION = (
    "Delegation\n\n"
    '"I delegated it" usually means that a task was thrown over a wall. '
    "Real delegation is an agreement about who decides what, made before the work begins.\n\n"
    "This is why it fails so often. "
    "Delegation levels belong to a person and a subject together, as chapter 7 explains.\n\n"
    "A good handover of delegated work covers three points:\n\n"
    "The outcome wanted, and how both of you will recognize it.\n\n"
    "The limits: budget, deadline, what must not break.\n\n"
    "When you will talk about it next.\n\n"
    "Then ask for three lines on what was understood. Never take delegated work back without saying so."
)
LIGHT = (
    "The surest way to delegate a task is to become unable to do it yourself. "
    "Some people say that delegation is a sign of laziness.\n\n"
    "Delegation is lending only, when a lead takes a second decision back."
)
POINTS = "\n\n".join(
    f"Delegation {rest}"
    for rest in (
        "needs trust between two people who meet often.",
        "takes more time in the first month than the task itself.",
        "fails where nobody has named the level.",
        "ends with three written lines from the engineer.",
        "of pay and hiring is no option for anyone.",
        "frees mornings that used to go into repairs.",
    )
)
QUESTION = "What is delegation?"
HANDOVER = "How do I hand over delegated work?"


def snippet(number, text, product_id="steady", title="Steady Hands", section="Delegation", score=0.7):
    return Snippet(
        number=number,
        product_id=product_id,
        title=title,
        section=section,
        anchor=f"{product_id}/0000abcd-{number}/100-{100 + len(text)}",
        place="",
        text=text,
        score=score,
    )


STEADY = snippet(0, DELEGATION)
TOUCH = snippet(1, LIGHT, "light", "Light Touch")


def open_cell(question, title, best, *nearest):
    return SearchCell(
        step=1,
        question=question,
        product_id="p",
        title=title,
        found=(),
        best=best,
        knowledge=(),
        nearest=nearest,
    )


def test_a_name_that_no_passage_holds_is_said_first():
    cell = open_cell("How do leads work in Tokyo?", "Steady Hands", 0.3)
    markdown = answer(brief(scope=brief(STEADY).scope, open_cells=(cell,), absent=("Tokyo",)))
    assert markdown.startswith("No passage in *Steady Hands* speaks of *Tokyo*")


def test_who_may_need_help_gets_a_kind_word_first():
    cell = open_cell("q", "Steady Hands", 0.1)
    markdown = answer(
        brief(questions=("I want to die. What now?",), scope=brief(STEADY).scope, open_cells=(cell,))
    )
    assert markdown.startswith("I am sorry")
    assert "crisis line" in markdown


def brief(*snippets, questions=(QUESTION,), asked=None, flags=None, **more):
    scope = {
        s.product_id: ScopeEntry(
            product_id=s.product_id, title=s.title, found="named", authors=("The Wellread Project",)
        )
        for s in snippets
    }
    given_ = {
        "question": " ".join(questions),
        "questions": tuple(questions),
        "parts": tuple(questions),
        "flags": flags or Flags(),
        "scope": tuple(scope.values()),
        "snippets": snippets,
        "asked": asked if asked is not None else {s.number: tuple(questions) for s in snippets},
        "open_cells": (),
        "elsewhere": (),
    }
    return Brief(**(given_ | more))


def pieces(brief_, writer=None):
    async def drain():
        return [piece async for piece in (writer or ExtractiveWriter()).write(brief_, Meter(Budget(steps=2)))]

    return asyncio.run(drain())


def answer(brief_, writer=None):
    return "".join(pieces(brief_, writer))


def judge(markdown, snippets):
    """The statements and citations of an answer, compared by words."""
    verdicts = Comparison.of(markdown, snippets).by_words()
    return verdicts.statements, verdicts.citations


def quotes(markdown, *snippets):
    """The quotations of an answer; every statement must be one."""
    statements, citations = judge(markdown, snippets)
    assert {statement.verdict for statement in statements} <= {"quoted", "general"}
    assert all(
        statement.verdict == "quoted"
        for statement in statements
        if "[" in markdown[statement.start : statement.end]
    )
    return [citations[position].quote for statement in statements for position in statement.citations]


def test_every_sentence_is_the_sources_own_and_its_citation_opens_it():
    markdown = answer(brief(STEADY, TOUCH))
    statements, citations = judge(markdown, [STEADY, TOUCH])
    assert len(citations) >= 3
    assert {statement.verdict for statement in statements} == {"quoted"}
    for citation in citations:
        source = (STEADY, TOUCH)[citation.number].text
        anchor = Anchor.parse(citation.anchor)
        assert source[anchor.start - 100 : anchor.end - 100] == citation.quote


def test_it_says_that_no_model_wrote_it():
    assert pieces(brief(STEADY))[-1] == CLOSING
    assert "No language model" in CLOSING


def test_the_definition_comes_first():
    found = quotes(answer(brief(STEADY)), STEADY)
    assert any("Real delegation is an agreement" in quote for quote in found[:1])


def test_what_points_back_has_what_it_points_to_before_it():
    source = snippet(
        0,
        "Work moves slowly.\n\nIt fails so often for a reason: delegation is never said aloud. "
        + "It grows. " * 3,
    )
    markdown = answer(brief(source, questions=("Why does delegation fail so often?",)))
    assert "> Work moves slowly. [0]" in markdown


def test_the_telling_sentence_is_marked():
    markdown = answer(brief(STEADY, questions=("What does real delegation mean for who decides?",)))
    assert (
        "**Real delegation is an agreement about who decides what, made before the work begins.**" in markdown
    )


def test_an_answer_is_a_few_excerpts_and_no_bouquet():
    long = " ".join(
        f"Delegation number {n} is work of the {w} kind and of no other."
        for n, w in enumerate("abcdefghijklmnop")
    )
    source = snippet(0, f"{long}\n\n{long.replace('work', 'toil')}\n\n{long.replace('work', 'labour')}")
    blocks = [b for b in answer(brief(source)).split("\n\n") if b.startswith(">")]
    assert 1 <= len(blocks) <= 3
    assert all(len(block.split()) < 320 for block in blocks)


def test_the_sentence_that_the_search_found_telling_is_quoted():
    told = {
        (0, QUESTION): (TellingSentence(start=POINTS.index("Delegation frees"), end=len(POINTS), score=0.9),)
    }
    markdown = answer(brief(snippet(0, POINTS), telling=told))
    assert "**Delegation frees mornings that used to go into repairs.**" in markdown


def test_every_title_that_was_named_has_its_share_and_is_named():
    strong = snippet(0, POINTS)
    weak = snippet(
        1,
        "A month of delegation is long for a lead who likes to be needed.",
        "light",
        "Light Touch",
        score=0.4,
    )
    markdown = answer(brief(strong, weak, questions=("What does delegation need in the first month?",)))
    assert "[1]" in markdown[markdown.index("**Light Touch**") :]
    assert "[0]" in markdown[markdown.index("**Steady Hands**") :]


def test_nothing_is_said_twice_where_snippets_overlap():
    start = DELEGATION.index("Real delegation")
    inner = snippet(1, DELEGATION[start:])
    inner = inner.model_copy(update={"anchor": f"steady/0000abcd-0/{100 + start}-{100 + len(DELEGATION)}"})
    found = quotes(answer(brief(STEADY, inner, deep=True)), STEADY, inner)
    assert len(found) == len(set(found))
    assert sum("Real delegation" in quote for quote in found) == 1


def test_nothing_is_said_twice_where_editions_differ_in_their_marks():
    text = "Delegation is an agreement about who decides what in a team's work."
    epub, pdf = snippet(0, text), snippet(1, text.replace("'", "’"), "pdf", "Steady Hands (PDF)")
    assert len(quotes(answer(brief(epub, pdf)), epub, pdf)) == 1


def test_a_list_of_the_source_stays_whole_and_in_order():
    markdown = answer(brief(STEADY, questions=(HANDOVER,)))
    items = [line for line in markdown.splitlines() if line.startswith("> - ")]
    assert items == [
        "> - The outcome wanted, and how both of you will recognize it. [0]",
        "> - The limits: budget, deadline, what must not break. [0]",
        "> - When you will talk about it next. [0]",
    ]
    assert "A good handover of delegated work covers three points:" in markdown[: markdown.index(items[0])]
    quotes(markdown, STEADY)


def test_several_questions_have_a_heading_each():
    asked = {0: (HANDOVER,), 1: (QUESTION,)}
    markdown = answer(brief(STEADY, TOUCH, questions=(QUESTION, HANDOVER), asked=asked))
    assert re.findall(r"^## (.+)$", markdown, re.M) == [QUESTION, HANDOVER]


def test_a_listing_is_kept_as_it_stands():
    text = (
        "To restart the print server, run the following command as root.\n\n"
        "$ sudo systemctl restart cups\n$ systemctl status cups --lines=3\n\n"
        "The print server keeps its queue while it restarts."
    )
    source = snippet(2, text, section="Printing")
    question = "Which command restarts the print server?"
    markdown = answer(brief(source, questions=(question,)))
    assert "```\n$ sudo systemctl restart cups\n$ systemctl status cups --lines=3\n```\n\n[2]\n" in markdown
    assert "$ sudo systemctl restart cups\n$ systemctl status cups --lines=3" in quotes(markdown, source)


def test_captions_without_full_stops_are_still_quoted():
    text = "so delegation is really about who gets to decide and when you tell people " * 4
    source = snippet(0, text.strip(), section="Talk")
    assert quotes(answer(brief(source)), source)


def test_role_play_is_framed_and_stays_in_the_authors_own_words():
    flags = Flags(is_role_play_request=True)
    other = snippet(
        2, "Feedback is due within a day, in private, about one event.", section="People › Feedback"
    )
    further = ("How soon is feedback due?", "What is *delegation*?", "Why?")
    markdown = answer(replace(brief(STEADY, other, flags=flags), further=further))
    assert markdown.startswith("_A simulated voice of The Wellread Project, from *Steady Hands*.")
    assert markdown.count("simulated") == 1
    assert "you could ask:\n\n- How soon is feedback due?\n- What is \\*delegation\\*?\n\n" in markdown
    assert "you could ask" not in answer(brief(STEADY, other, flags=flags))
    quotes(markdown, STEADY, other)


def test_on_a_sensitive_topic_no_author_is_played():
    flags = Flags(is_role_play_request=True, is_controversial_sensitive_topic=True)
    markdown = answer(brief(STEADY, TOUCH, flags=flags))
    assert "simulated" not in markdown
    assert "I speak for nobody" in markdown


@pytest.mark.parametrize("found", ["whole library", "discovered"])
def test_where_no_title_is_named_no_author_is_played_and_the_answer_says_so(found):
    scope = tuple(
        ScopeEntry(product_id=s.product_id, title=s.title, found=found, authors=("Somebody",))
        for s in (STEADY, TOUCH)
    )
    flags = Flags(is_role_play_request=True)
    markdown = answer(brief(STEADY, TOUCH, flags=flags, scope=scope))
    assert markdown.startswith("I speak only as the author of a title that you name or pick")
    assert "simulated" not in markdown
    nothing = answer(brief(flags=flags, scope=scope, open_cells=(open_cell("Why?", "Light Touch", 0.1),)))
    assert nothing.startswith("I speak only as the author")
    assert "I found nothing" in nothing


def test_when_nothing_was_found_it_shows_what_came_nearest_and_where_else_to_look():
    near = FoundPassage(
        anchor="steady/0000abcd-1/0-40",
        section="Work › Moby",
        place="p. 3",
        text="A whale of a project.",
        score=0.2,
    )
    markdown = answer(
        brief(
            scope=(ScopeEntry(product_id="steady", title="Steady Hands", found="named"),),
            open_cells=(open_cell("Who wrote Moby-Dick?", "Steady Hands", 0.151, near),),
            elsewhere=(
                Elsewhere(product_id="x", title="Sea Stories", best=0.4, anchor="x/0000abcd-1/0-9"),
                Elsewhere(product_id="moby", title="Moby-Dick", best=0.83, anchor="moby/0000abcd-1/0-9"),
            ),
        )
    )
    assert markdown.startswith("I found nothing in *Steady Hands* that answers this.")
    assert "**The nearest passages**" in markdown
    assert "- Steady Hands › Moby › p. 3: A whale of a project. `steady/0000abcd-1/0-40`" in markdown
    assert "**Not here, but there:** *Moby-Dick* speaks to it. So may *Sea Stories*." in markdown
    assert judge(markdown, []) == ((), ()) or all(s.verdict == "general" for s in judge(markdown, [])[0])
    assert "No language model" in markdown


def test_a_question_that_stays_open_is_named():
    left = (open_cell("How are leads paid?", "Steady Hands", 0.2), open_cell(QUESTION, "Light Touch", 0.1))
    markdown = answer(
        brief(
            STEADY,
            questions=(QUESTION, "How are leads paid?"),
            asked={0: (QUESTION,)},
            open_cells=left,
            scope=brief(STEADY, TOUCH).scope,
        )
    )
    assert "- How are leads paid? — nothing found" in markdown
    assert "- What is delegation? — nothing in *Light Touch*" in markdown


def test_a_book_cannot_make_a_link_a_citation_or_markup():
    text = (
        "Delegation is <img src=x onerror=alert(1)> a risk that [every lead](http://evil.example) has. "
        "Delegation is **bold** work, as [7] and [1] say in the margin of the manuscript."
    )
    source = snippet(0, text)
    markdown = answer(brief(source))
    statements, citations = judge(markdown, [source])
    assert {citation.number for citation in citations} == {0}
    assert {statement.verdict for statement in statements} == {"quoted"}
    tokens = [
        child
        for token in MarkdownIt("gfm-like", {"linkify": False}).parse(markdown)
        for child in token.children or ()
    ]
    assert {token.type for token in tokens} <= {
        "text",
        "text_special",
        "em_open",
        "em_close",
        "strong_open",
        "strong_close",
    }


def test_titles_that_nobody_named_must_speak_to_the_question():
    found = tuple(
        ScopeEntry(product_id=s.product_id, title=s.title, found="whole library") for s in (STEADY, TOUCH)
    )
    weak = TOUCH.model_copy(update={"score": 0.3})
    assert "Light Touch" not in answer(brief(STEADY, weak, scope=found))
    assert "Light Touch" in answer(brief(STEADY, weak))


def test_editions_of_one_work_share_a_turn():
    entries = [
        ScopeEntry(product_id="epub", title="Light Touch", found="named"),
        ScopeEntry(product_id="pdf", title="Light Touch: Less Management", found="named"),
        ScopeEntry(product_id="talk", title="Light Touch: The Talk", found="named", kind="video"),
        ScopeEntry(product_id="other", title="Light Touchstones", found="named"),
    ]
    assert works(entries) == {"epub": "epub", "pdf": "epub", "talk": "talk", "other": "other"}
    volumes = [
        ScopeEntry(product_id=name, title=f"The Cart: {name}", found="named") for name in ("Wheels", "Axles")
    ]
    assert works(volumes) == {"Wheels": "Wheels", "Axles": "Axles"}


def test_scripts_without_spaces_are_quoted_too():
    source = snippet(0, "绿茶\n\n绿茶应该用八十度的水冲泡两分钟。红茶需要沸水。", section="绿茶")
    found = quotes(answer(brief(source, questions=("绿茶应该怎么冲泡？",))), source)
    assert any("八十度" in quote for quote in found)


def test_deep_answers_say_more():
    sources = [snippet(number, text) for number, text in enumerate(POINTS.split("\n\n"))]
    quick, deep = (len(quotes(answer(brief(*sources, deep=deep)), *sources)) for deep in (False, True))
    assert quick < deep


def test_arithmetic_needs_no_source():
    flags = Flags(is_greeting_or_simple_calculation=True)
    assert answer(brief(questions=("What is 15% of 80?",), flags=flags)) == "15% of 80 = **12**\n"


def test_parts_are_told_apart():
    text = (
        "A heading\n\nOne sentence here. Another one.\n\nKind | Hours\nPlanning | 4\n\n"
        "- first item\n- second item\n\n$ ls -l\n$ cd /tmp"
    )
    assert [(part.shape, text[part.start : part.end]) for part in parts(text)] == [
        (Shape.LINE, "A heading"),
        (Shape.PROSE, "One sentence here. Another one."),
        (Shape.TABLE, "Kind | Hours\nPlanning | 4"),
        (Shape.ITEM, "first item"),
        (Shape.ITEM, "second item"),
        (Shape.CODE, "$ ls -l\n$ cd /tmp"),
    ]


WORDS = st.sampled_from(
    [
        "Delegation",
        "is",
        "a",
        "This",
        "[1]",
        "<b>",
        "|",
        "work.",
        "Why?",
        "team:",
        "\n\n",
        "\n",
        "`x`",
        "*",
        "3.",
        "it",
        "“so”",
        "- ",
    ]
)


@given(st.lists(WORDS, min_size=1, max_size=60))
def test_any_text_gives_a_verbatim_answer(words):
    text = " ".join(words).strip()
    if not text:
        return
    source = snippet(0, text)
    statements, _ = judge(answer(brief(source)), [source])
    assert {statement.verdict for statement in statements} <= {"quoted", "general"}


@pytest.mark.parametrize("flags", [Flags(), Flags(is_role_play_request=True)])
def test_a_scope_of_many_titles_is_named_briefly(flags):
    many = [
        snippet(n, f"Delegation number {n} is an agreement on who decides what.", f"t{n}", f"Title {n}")
        for n in range(7)
    ]
    opening = pieces(brief(*many, flags=flags))[0]
    assert "*Title 0*, *Title 1*, *Title 2* and 4 more" in opening
