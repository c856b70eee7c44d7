"""Questions about the library and about titles as a whole, and what an answer makes of the search's own order."""

import pytest

from wellread.events import AnswerCompleted, LibraryDescribed, SearchCell, StepAction
from wellread.wire.runs import AskOptions


def asked(library, question):
    """The actions of a run, its events, and its answer."""
    events = list(library.ask(question, AskOptions(model="extractive")))
    [answer] = [event for event in events if isinstance(event, AnswerCompleted)]
    return [event.action for event in events if isinstance(event, StepAction)], events, answer


def test_which_titles_are_about_something(demo):
    actions, _, answer = asked(demo, "What books do I have about hiring?")
    assert actions == ["describe_library", "create_answer_draft"]
    assert "Steady Hands" in answer.markdown
    assert {statement.verdict for statement in answer.statements} == {"quoted"}
    assert all(demo.read(citation.anchor) for citation in answer.citations)


def test_who_wrote_a_title_and_what_it_says_beyond(demo):
    actions, _, answer = asked(demo, "Who wrote Steady Hands?")
    assert actions == ["describe_library", "create_answer_draft"]
    assert "The Wellread Project" in answer.markdown
    beyond, _, _ = asked(demo, "Who wrote the decision records in Steady Hands?")
    assert "search_inside_books" in beyond


@pytest.mark.parametrize("question", ["Summarize Steady Hands for me", "Steady Hands"])
def test_an_overview_has_each_part_cited(demo, question):
    actions, _, answer = asked(demo, question)
    assert actions[0] == "describe_library"
    assert len({citation.section for citation in answer.citations}) >= 4
    assert all(s.citations for s in answer.statements if s.verdict == "quoted")
    assert answer.markdown.count("> ") >= 3


def test_a_chapter_is_told_from_its_own_sections(demo):
    _, _, answer = asked(demo, "What does chapter 4 of Steady Hands say?")
    assert answer.citations
    assert all("Chapter 4" in citation.section for citation in answer.citations)


def test_titles_are_compared_in_what_they_share(demo):
    actions, events, answer = asked(
        demo, "What do Light Touch and Steady Hands agree on, and where do they differ?"
    )
    assert actions == ["describe_library", "search_inside_books", "create_answer_draft"]
    [described] = [event for event in events if isinstance(event, LibraryDescribed)]
    assert 2 <= len(described.topics) <= 5
    for topic in described.topics:
        part = answer.markdown.partition(f"## {topic}\n")[2].partition("\n## ")[0]
        assert "**Light Touch**" in part or "**Steady Hands**" in part
    assert {citation.title for citation in answer.citations} == {"Light Touch", "Steady Hands"}


def test_the_snippet_that_the_search_ranked_first_is_quoted_at_its_telling_sentence(demo):
    _, events, answer = asked(demo, "What does Light Touch say about deleting code?")
    cell = next(event for event in events if isinstance(event, SearchCell) and event.found)
    first = cell.found[0]
    assert first.number in {citation.number for citation in answer.citations}
    bold = [line for line in answer.markdown.splitlines() if "**" in line and f"[{first.number}]" in line]
    told = [" ".join(first.text[t.start : t.end].split()) for t in first.telling]
    assert any(sentence[:40] in line for sentence in told for line in bold)


def test_a_name_that_no_passage_holds_leaves_the_question_unanswered(demo):
    _, events, answer = asked(demo, "How should a lead hold the one-on-ones in Tokyo?")
    assert any(event.absent == ("Tokyo",) for event in events if isinstance(event, SearchCell))
    assert answer.markdown.startswith("No passage in")
    assert "*Tokyo*" in answer.markdown
    assert "**The nearest passages**" in answer.markdown
    assert answer.citations == answer.statements == ()


@pytest.mark.parametrize("question", ["?", "🙂🙂"])
def test_a_question_without_a_word_is_told_so(demo, question):
    _, _, answer = asked(demo, question)
    assert "no word in the question" in answer.markdown
    assert "nearest" not in answer.markdown
