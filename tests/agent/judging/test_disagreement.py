"""Editions and contradictions among the titles of an answer."""

import pytest
from support.judged_runs import JUDGING, article, opened, verdicts, written
from support.libraries import add

from wellread.agent.judging.disagreement import SentencePair
from wellread.agent.judging.remark_table import SaidSentence
from wellread.blocking import BlockingWellread
from wellread.events import AnswerCompleted, ModelFailed, RunCompleted, Snippet, answer_of
from wellread.grounding.judgement import Judgement
from wellread.settings import Settings
from wellread.wire.runs import AskOptions

QUESTION = "What happens to sourdough starter that is kept in the fridge?"
COLD = "A sourdough starter that is kept in the fridge keeps its strength for two weeks."
DEAD = "A sourdough starter that is kept in the fridge loses its strength within two days."
ALIKE = "For a fortnight the strength of a sourdough starter survives in the fridge, where it is kept cold."
FILLER = (
    "Flour comes from a mill, and the mill stands beside the river where the bakers meet on market day. " * 4
)
DIFFER = "**Where the titles differ**"


def titles(folder, *said, dates=("2015", "2021")):
    names = ["Bread at Home", "The Baker's Year"]
    return [
        article(
            folder, f"{number}.md", names[number], ("Keeping a starter", text, FILLER), date=dates[number]
        )
        for number, text in enumerate(said)
    ]


def home_of(folder, paths):
    with BlockingWellread(settings=Settings(home=folder / "home", embedder="none")) as library:
        return [added.product_id for added in add(library, *paths)]


def asked(folder, paths, script, mode="deep", question=QUESTION, **settings):
    ids = home_of(folder, paths)
    with opened(folder / "home", script, **settings) as (library, served):
        events = list(library.ask(question, AskOptions(product_ids=ids, mode=mode)))
    assert isinstance(events[-1], RunCompleted), events[-1]
    return events, served


def test_titles_that_contradict_each_other_are_set_side_by_side(tmp_path):
    script = written(f"{COLD} [0]\n") + verdicts(*["contradicted"] * 16)
    events, served = asked(tmp_path, titles(tmp_path, COLD, DEAD), script)
    answer = answer_of(events)
    assert DIFFER in answer.markdown, answer.markdown
    assert answer.markdown.index(COLD) < answer.markdown.index(DIFFER)
    table = answer.markdown.partition(DIFFER)[2]
    assert f"*Bread at Home* (2015) | {COLD} [" in table, table
    assert f"*The Baker's Year* (2021) | {DEAD} [" in table
    rows = [s for s in answer.statements if s.start > answer.markdown.index(DIFFER)]
    assert [s.verdict for s in rows] == ["quoted", "quoted"]
    assert all(answer.citations[position].quote in (COLD, DEAD) for s in rows for position in s.citations)
    prompts = [request.prompt for request in served.requests if JUDGING not in request.prompt]
    assert not any(DIFFER in prompt for prompt in prompts)  # who writes is not told


def test_titles_that_agree_in_other_words_are_not_said_to_differ(tmp_path):
    script = written(f"{COLD} [0]\n") + verdicts(*["supported"] * 16)
    events, served = asked(tmp_path, titles(tmp_path, COLD, ALIKE), script)
    assert any(JUDGING in request.prompt for request in served.requests)  # it was looked at
    assert DIFFER not in answer_of(events).markdown


@pytest.mark.parametrize(
    ("there", "back", "one", "other", "told"),
    [
        (Judgement(0, 0.9), Judgement(0, 0.8), COLD, DEAD, True),
        (Judgement(0, 0.9), Judgement(0.1, 0.2), COLD, ALIKE, False),  # one way, and no word tells of it
        (Judgement(0, 0.9), Judgement(0.1, 0.2), "Dough never needs salt.", "Dough always needs salt.", True),
        (
            Judgement(0, 0.9),
            Judgement(0.6, 0.2),
            "Dough never needs salt.",
            "Dough always needs salt.",
            False,
        ),
        (Judgement(0, 0.6), Judgement(0, 0.6), COLD, DEAD, False),
        (Judgement(0, 0.9), None, COLD, DEAD, False),
    ],
)
def test_a_contradiction_needs_both_ways_or_a_word_that_tells(there, back, one, other, told):
    assert SentencePair.of(said(one, 0), said(other, 1)).contradicts(there, back) is told


def said(text, number):
    snippet = Snippet(
        anchor=f"p{number}@s",
        section="",
        place="",
        text=text,
        score=1,
        number=number,
        product_id=f"p{number}",
        title="T",
    )
    return SaidSentence.of(snippet, 0, len(text))


def test_an_answer_whose_judge_fails_comes_without(tmp_path):
    events, _ = asked(tmp_path, titles(tmp_path, COLD, DEAD), written(f"{COLD} [0]\n"))
    answer = answer_of(events)
    assert COLD in answer.markdown
    assert DIFFER not in answer.markdown
    assert [event.role for event in events if isinstance(event, ModelFailed)] == ["judge"]


@pytest.mark.parametrize("mode", ["quick", "deep"])
@pytest.mark.parametrize("model", ["openai/gpt-4.1", "extractive"])
def test_two_editions_are_named_with_their_dates(tmp_path, mode, model):
    paths = [
        article(tmp_path, "1.md", "Sourdough, 3rd Edition", ("Keeping", DEAD, FILLER), date="2021"),
        article(tmp_path, "2.md", "Sourdough, 2nd Edition", ("Keeping", COLD, FILLER), date="2015-05"),
    ]
    script = written("The starter stays cold [0].\n") + verdicts("supported", times=4)
    events, _ = asked(tmp_path, paths, script, mode=mode, writer_model=model)
    answer = answer_of(events)
    line = next(line for line in answer.markdown.split("\n") if "two editions" in line)
    assert line.startswith("*Sourdough* is here in two editions: 2nd Edition (2015) [")
    assert "and 3rd Edition (2021) [" in line
    assert "the later one is usually meant" in line
    [statement] = [s for s in answer.statements if "two editions" in s.text]
    assert statement.verdict == "general"
    named = {answer.citations[position].title for position in statement.citations}
    assert named == {"Sourdough, 2nd Edition", "Sourdough, 3rd Edition"}
    completed = next(event for event in events if isinstance(event, AnswerCompleted))
    assert answer.markdown == completed.markdown


def test_where_no_date_is_known_it_is_not_said_which_edition_is_the_later(tmp_path):
    paths = [
        article(tmp_path, "1.md", "Sourdough, 3rd Edition", ("Keeping", DEAD, FILLER)),
        article(tmp_path, "2.md", "Sourdough, 2nd Edition", ("Keeping", COLD, FILLER), date="2015"),
    ]
    events, _ = asked(tmp_path, paths, "", mode="quick", writer_model="extractive")
    markdown = answer_of(events).markdown
    assert "3rd Edition (no date) [" in markdown
    assert "later one is usually meant" not in markdown
    assert "their dates do not tell" in markdown


def test_one_title_has_nothing_to_differ_from(tmp_path):
    events, served = asked(tmp_path, titles(tmp_path, COLD), written(f"{COLD} [0]\n"))
    markdown = answer_of(events).markdown
    assert DIFFER not in markdown
    assert "editions" not in markdown
    assert not any(JUDGING in request.prompt for request in served.requests)
