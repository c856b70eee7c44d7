"""Runs as Markdown and as JSON, however they ended."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from support import mentor as t

from wellread.agent.telling.export import Export, export
from wellread.agent.telling.headings import below, inert_heading
from wellread.agent.telling.markdown import as_markdown
from wellread.blocking import BlockingWellread
from wellread.events import (
    AnswerCompleted,
    AnswerDelta,
    AnswerStarted,
    Budget,
    Citation,
    Flags,
    ModelFailed,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunStarted,
    ScopeEntry,
    StepAction,
    StepCompleted,
    StepStarted,
    Usage,
)
from wellread.grounding.inline import inert
from wellread.settings import Settings
from wellread.wire.runs import AskOptions

MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")
FOLLOW_UP = "How do I hold one-on-ones?"


@pytest.fixture(scope="module")
def mentor(tmp_path_factory):
    """The runs of a conversation with a scripted model, and the products."""
    folder = tmp_path_factory.mktemp("mentor")
    script = folder / "script.toml"
    script.write_text(t.SCRIPT, encoding="utf-8")
    settings = Settings(home=folder / "home", embedder="none", model=f"scripted/{script}", model_tries=1)
    with BlockingWellread(settings=settings) as library:
        list(library.add(t.write_library(folder / "files")))
        first = list(library.ask(t.QUESTION))
        library.library.settings = Settings(home=folder / "home", embedder="none")
        second = list(
            library.ask(FOLLOW_UP, AskOptions(model="extractive", conversation_id=first[0].conversation_id))
        )
        products = {product.product_id: product for product in library.products()}
    return [first, second], products


def outline(markdown):
    """The headings as (depth, text)."""
    tokens = MARKDOWN.parse(markdown)
    return [
        (
            int(token.tag[1:]),
            "".join(" " if c.type == "softbreak" else c.content for c in content.children or ()),
        )
        for token, content in pairwise(tokens)
        if token.type == "heading_open"
    ]


def kinds(markdown):
    tokens = MARKDOWN.parse(markdown)
    return {token.type for token in tokens} | {c.type for token in tokens for c in token.children or ()}


def started(question="Why?", **fields):
    scope = (ScopeEntry(product_id="p", title="A Title", found="named"),)
    values = {"mode": "quick", "model": "openai/gpt-4.1", "scope": scope, "budget": Budget(steps=4), **fields}
    return RunStarted(run_id="r", conversation_id="c", question=question, asked=question, **values)


def answered(markdown, *citations):
    return [
        AnswerStarted(flags=Flags(), knowledge=(), voice="wellread"),
        AnswerDelta(text=markdown),
        AnswerCompleted(markdown=markdown, citations=citations, statements=(), usage=Usage()),
    ]


DONE = RunCompleted(usage=Usage(), seconds=1.0)


def test_the_mentors_run_as_markdown(mentor):
    [first, _], products = mentor
    text = as_markdown(export([first]), products)
    assert text.startswith("# Pretend that you are Addy Osmani, based on what you read in his book, Leading")
    assert f"\n> {t.QUESTION}\n" in text
    assert "\nDeepSearch OFF, Model: scripted/" in text
    assert f"Titles: *{t.BOOK_TITLE}* and *{t.TALK_TITLE}*" in text
    assert "\n_A simulated voice of Addy Osmani" in text
    assert "Management keeps the work on its track; leadership decides where it goes [0].\n" in text
    assert "\nStatements: " in text
    assert [depth for depth, _ in outline(text)] == [1, 2, 2, 3, 3, 2, 2]
    assert outline(text)[-1] == (2, "Sources")
    sources = text.partition("\n## Sources\n")[2]
    [answer] = [event for event in first if isinstance(event, AnswerCompleted)]
    for citation in answer.citations:
        assert f"[{citation.number}] {citation.section}, {citation.place}: “" in sources
        assert f"`{citation.anchor}`" in sources
    assert f"\n1. Addy Osmani: *{t.BOOK_TITLE}*, ISBN {t.BOOK}\n" in sources
    assert "The run" not in text


def test_steps_are_told_when_they_are_wanted(mentor):
    [first, _], products = mentor
    text = as_markdown(export([first]), products, steps=True)
    assert (
        "\n## Steps\n\n"
        "1. Book Content Snippet Search Agent: Ask books complete. Found 4 snippets.\n"
        "2. Answer Generation Agent: Ready to provide a comprehensive answer\n\n"
        "## Answer\n"
    ) in text
    assert [depth for depth, _ in outline(text)] == [1, 2, 2, 3, 3, 4, 4, 3, 2]


def test_a_conversation_is_its_runs_one_below_the_other(mentor):
    runs, products = mentor
    text = as_markdown(export(runs), products)
    assert [words for depth, words in outline(text) if depth == 1][1:] == [FOLLOW_UP]
    assert text.count("\n## Sources\n") == 2
    assert text == "\n".join(as_markdown(export([run]), products) for run in runs)


def test_json_has_what_happened_and_reads_back(mentor):
    runs, _ = mentor
    made = export(runs)
    fields = json.loads(made.model_dump_json())
    assert Export.model_validate(fields) == made
    first = fields["runs"][0]
    assert (first["question"], first["state"], first["failure"]) == (t.QUESTION, "completed", None)
    assert [step["action"] for step in first["steps"]] == ["search_inside_books", "create_answer_draft"]
    assert first["steps"][0]["thinking"] == t.FIRST_THOUGHT
    assert first["steps"][0]["parameters"]["productIds"] == [t.BOOK, t.TALK]
    [answer] = [event for event in runs[0] if isinstance(event, AnswerCompleted)]
    assert first["answer"]["markdown"] == answer.markdown
    assert first["answer"]["citations"] == [c.model_dump(mode="json") for c in answer.citations]
    assert sum(first["answer"]["verdicts"].values()) == len(answer.statements)
    assert {run["conversation_id"] for run in fields["runs"]} == {runs[0][0].conversation_id}


def test_a_run_from_the_demo_library(demo):
    events = list(demo.ask("What is delegation?"))
    text = as_markdown(export([events]))
    assert outline(text)[0] == (1, "What is delegation?")
    assert "\n## Sources\n" in text
    assert not kinds(text) & {"link_open", "image", "html_inline", "html_block"}


def test_every_beginning_of_a_run_can_be_exported(mentor):
    [first, _], _ = mentor
    for length in range(1, len(first)):
        events = first[:length]
        made = export([events])
        text = as_markdown(made, steps=True)
        assert made.runs[0].state == "unfinished"
        assert "**The run has not come to its end.**" in text
        assert Export.model_validate_json(made.model_dump_json()) == made


def test_a_part_that_was_done_again_is_told_once(mentor):
    [first, _], _ = mentor
    cut = next(n for n, event in enumerate(first) if isinstance(event, StepCompleted))
    begins = next(n for n, event in enumerate(first) if isinstance(event, StepStarted))
    answer = next(n for n, event in enumerate(first) if isinstance(event, AnswerStarted))
    stored = [*first[:cut], *first[begins : answer + 2], *first[answer:]]
    assert export([stored]) == export([first])


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (
            RunFailed(
                usage=Usage(),
                seconds=2.0,
                status=503,
                message="It *broke*.",
                hint="Try again.",
                retryable=True,
            ),
            "**The run failed:** It \\*broke\\*. Try again.\n",
        ),
        (
            RunCancelled(usage=Usage(), seconds=2.0),
            "**The run was cancelled.** This is what there was of its answer.\n",
        ),
        (None, "**The run has not come to its end.** This is what there was of its answer.\n"),
    ],
)
def test_a_run_without_its_end_says_so_and_shows_what_there_is(end, said):
    events = [started(), *answered("```python\nx = 1")[:2], *([end] if end else [])]
    text = as_markdown(export([events]))
    assert text.endswith(f"\n```python\nx = 1\n```\n\n{said}")
    assert "Sources" not in text


def test_a_run_that_was_cancelled_after_its_answer_has_all_of_it():
    events = [started(), *answered("Because."), RunCancelled(usage=Usage(), seconds=1.0)]
    assert as_markdown(export([events])).endswith(
        "\nBecause.\n\n**The run was cancelled** after its answer.\n"
    )


def test_an_unfinished_step_and_a_failed_model_are_told_with_the_steps():
    action = StepAction(step=1, action="search_inside_books", label="Search", parameters={})
    failure = ModelFailed(
        step=1, role="planner", model="a/b", status=503, message="a/b is *down*.", hint="", instead="rules"
    )
    events = [started(), StepStarted(step=1, title="Step 1"), failure, action]
    text = as_markdown(export([events]), steps=True)
    assert "\n1. Search: not finished\n- a/b is \\*down\\*.\n" in text


def test_hostile_words_stay_words():
    evil = "[x](https://example.org) <b>b</b> `c` # h #\n\n# H | ![i](y)\x1b"
    scope = (ScopeEntry(product_id="p", title=evil, found="named"),)
    citation = Citation(
        number=0, product_id="p", title=evil, section=evil, place=evil, anchor=evil, quote=evil, link=evil
    )
    end = RunFailed(usage=Usage(), seconds=1.0, status=500, message=evil, hint=evil, retryable=False)
    events = [started(evil, scope=scope, model=evil), *answered("Because [0].", citation), end]
    text = as_markdown(export([events]))
    assert not kinds(text) & {"link_open", "image", "html_inline", "html_block"}
    assert [depth for depth, _ in outline(text)] == [1, 2]
    assert outline(text)[0][1].endswith("# h # # H | ![i](y)\ufffd")
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("# A\n\n## B\n\ntext", "## A\n\n### B\n\ntext\n"),
        ("## A\n\n### B", "## A\n\n### B\n"),
        ("A\n=\n\nB\n---\n\nC", "## A\n\n### B\n\nC\n"),
        ("A\nb #\n===\n", "## A b \\#\n"),
        ("- # A\n> # B\n\n1. # C", "- ## A\n> ## B\n\n1. ## C\n"),
        ("# A #\n", "## A #\n"),
        ("#\n", "##\n"),
        ("```\n# no heading\n```\n\n# A", "```\n# no heading\n```\n\n## A\n"),
        ("# A\n\n###### F", "## A\n\n###### F\n"),
        ("# A\r\n\r\n# B", "## A\n\n## B\n"),
        ("no heading", "no heading\n"),
        ("~~~~\nopen", "~~~~\nopen\n~~~~\n"),
        ("```\nopen\n\n", "```\nopen\n```\n"),
        ("", "\n"),
    ],
)
def test_headings_move_below(markdown, expected):
    assert below(markdown, 1) == expected


PIECES = st.lists(
    st.sampled_from(
        [
            "# A",
            "## B #",
            "###### F",
            "C\n===",
            "D\ne\n--",
            "- # G",
            "> H\n> ===",
            "text [0]",
            "```\n# x\n```",
            "1. I\n   ---",
        ]
    ),
    max_size=8,
)


@given(pieces=PIECES, level=st.integers(1, 4))
def test_all_headings_are_kept_below_and_in_order(pieces, level):
    markdown = "\n\n".join(pieces)
    before, after = outline(markdown), outline(below(markdown, level))
    assert all(depth > level for depth, _ in after)
    assert len(before) == len(after)
    by = max(0, level + 1 - min((depth for depth, _ in before), default=6))
    assert [depth for depth, _ in after] == [min(6, depth + by) for depth, _ in before]
    assert [words for _, words in after] == [words for _, words in before]


@given(st.text())
def test_a_moved_text_can_be_followed_by_another(text):
    following = outline(below(text, 1) + "\n## Sources\n")
    opened = MARKDOWN.parse(text)
    if not any(token.type == "html_block" for token in opened):
        assert following[-1] == (2, "Sources")


@given(st.text())
def test_a_question_is_the_whole_of_its_heading(text):
    words = " ".join(text.split())
    made = outline(f"# {inert_heading(inert(words))}\n")
    assert made == [(1, words.replace("\x00", "\ufffd"))]
