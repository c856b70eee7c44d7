"""Small models: what they are left to decide, and how their sentences are held against the sources."""

import json

import pytest
from support import mentor as t

from wellread.agent.planning.action_forms import forms
from wellread.agent.state.knowledge import fold_events
from wellread.agent.writing.filters.attribution import attributed
from wellread.blocking import BlockingWellread
from wellread.events import (
    AnswerCompleted,
    Budget,
    Roles,
    RunStarted,
    ScopeEntry,
    SearchCell,
    Snippet,
    StepAction,
    StepCompleted,
    StepStarted,
    Usage,
)
from wellread.settings import Settings
from wellread.wire.runs import AskOptions


def snippet(number, text):
    return Snippet(
        number=number,
        product_id="a",
        title="A",
        section="s",
        anchor=f"a/00000000-1/{number * 1000}-{number * 1000 + len(text)}",
        place="",
        text=text,
        score=0.8,
    )


SNIPPETS = (
    snippet(0, "Management keeps the work on its track. It plans and budgets the work of the whole team."),
    snippet(2, "Leadership decides where the track goes. In 2019 the team had 14 members."),
)


@pytest.mark.parametrize(
    ("line", "shown", "left_out"),
    [
        ("Management keeps the work on its track.", "Management keeps the work on its track. [0]\n", 0),
        ("Management keeps the work on its track [2].", "Management keeps the work on its track. [0]\n", 0),
        ("[0] Leadership decides where the track goes.", "Leadership decides where the track goes. [2]\n", 0),
        (
            "Note 0: Leadership decides where the track goes.",
            "Leadership decides where the track goes. [2]\n",
            0,
        ),
        ("1. **Management plans the work.**", "1. Management plans the work. [0]\n", 0),
        ("* It budgets the work of the team.", "- It budgets the work of the team. [0]\n", 0),
        ("Foster a culture of collaboration and open communication.", "", 1),
        ("In 2021 the team had 15 members.", "", 1),  # its numbers are not the source's
        (
            "Management plans the work. Celebrate every success together.",
            "Management plans the work. [0]\n",
            1,
        ),
        (
            "Management keeps the work of the team, e.g. its plans, on its track [2].",
            "Management keeps the work of the team, e.g. its plans, on its track. [0]\n",
            0,
        ),
        ("When does the team keep the work on its track?", "", 1),  # it asks, where it should answer
        ("Follow these steps:", "Follow these steps:\n", 0),
        ("## A heading of its own", "", 0),
        ("| a | table |", "", 0),
        ("", "", 0),
    ],
)
def test_a_line_is_held_against_the_snippets(line, shown, left_out):
    held = attributed(line, SNIPPETS)
    assert (held.text, held.left_out) == (shown, left_out)


def test_the_rules_fill_what_a_small_model_would_guess():
    start = RunStarted(
        run_id="r",
        conversation_id="c",
        question="Pretend you are the author of A: what is management?",
        asked="What is management?",
        mode="quick",
        model="m",
        roles=Roles(planner="m", writer="m"),
        scope=(ScopeEntry(product_id="a", title="A", found="named"),),
        budget=Budget(steps=4),
    )
    [only] = forms(
        fold_events([start]), frozenset({"search_inside_books", "create_answer_draft"}), small=True
    )
    assert only.name == "search_inside_books"  # nothing was searched: there is nothing to write
    cell = SearchCell(
        step=1, question="q", product_id="a", title="A", found=SNIPPETS, best=0.8, knowledge=(0, 2)
    )
    action = StepAction(step=1, action="search_inside_books", label="", parameters={})
    done = StepCompleted(step=1, summary="", usage=Usage(), seconds=0)
    searched = fold_events([start, StepStarted(step=1, title=""), action, cell, done])
    [draft] = forms(searched, frozenset({"create_answer_draft"}), small=True)
    properties = draft.schema["properties"]
    assert properties["is_role_play_request"]["enum"] == [True]
    assert properties["is_who_are_you"]["enum"] == [False]
    assert properties["relevant_knowledge_indices"]["enum"] == [[0, 2]]
    [free] = forms(searched, frozenset({"create_answer_draft"}))
    assert free.schema["properties"]["is_role_play_request"]["enum"] == [True, False]


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    with BlockingWellread(settings=Settings(home=folder / "home", embedder="none")) as opened:
        list(opened.add(t.write_library(folder / "files")))
        yield opened


def asked(library, tmp_path, *texts):
    file = tmp_path / "small.toml"
    draft = """
[[reply]]
role = "choice"
thinking = "I write."
action = "create_answer_draft"
[reply.parameters]
relevant_knowledge_indices = [0]
"""
    written = "".join(f'[[reply]]\nrole = "text"\ntext = {json.dumps(text)}\n' for text in texts)
    file.write_text(f"small = true\n{draft}{written}", encoding="utf-8")
    model = f"scripted/{file}"
    events = list(library.ask(t.DIFFERENCE, AskOptions(model=model)))
    [answer] = [event for event in events if isinstance(event, AnswerCompleted)]
    return answer


def test_its_answer_is_cited_though_it_cites_nothing(library, tmp_path):
    answer = asked(
        library,
        tmp_path,
        "Management gives order and consistency; leadership gives movement. Great leaders inspire people every day. "
        "A company needs both, and neither makes the other unnecessary.",
    )
    assert answer.markdown.startswith(
        "Management gives order and consistency; leadership gives movement. [0]"
    )
    assert "Great leaders" not in answer.markdown
    assert answer.left_out == 1
    assert {statement.verdict for statement in answer.statements if statement.citations} <= {
        "quoted",
        "supported",
    }
    assert answer.written_by.startswith("scripted/")


def test_where_nothing_of_it_holds_the_sentences_themselves_are_shown(library, tmp_path):
    answer = asked(library, tmp_path, "Foster a culture of trust. Empower your people and celebrate success.")
    assert "Foster" not in answer.markdown
    assert answer.left_out == 2
    assert answer.citations
    assert all(citation.quote in " ".join(t._DEFINING.split()) for citation in answer.citations)


def test_one_that_runs_in_circles_is_cut_short(library, tmp_path):
    again = "Management gives order and consistency; leadership gives movement. " * 40
    answer = asked(library, tmp_path, again)
    assert answer.markdown.count("leadership gives movement") <= 3
    assert answer.citations
