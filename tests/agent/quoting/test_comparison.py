"""Comparing two things: told from the question, shown as the source's table or as parallel sentences."""

import pytest

from wellread.agent.quoting.comparison import parallel_table, parallels, source_table
from wellread.agent.quoting.excerpt_markdown import table
from wellread.agent.state.question_form import Compared, QuestionForm, compared, form_of
from wellread.events import Snippet

TABLE = (
    "The comparison\n\n"
    "| Leadership | Management\n"
    "Question it answers | Where are we going? | Who does what by when?\n"
    "Time horizon | Quarters and years | Days and weeks\n"
    "With *people* | Gives a reason | Gives expectations\n\n"
    "Leadership and management compared"
)
PROSE = (
    "Leadership is the work of deciding where a team should go. "
    "Management is the work of making sure that the team can get there.\n\n"
    "A team without leadership works diligently on the wrong thing. "
    "A team without management knows the right thing and fails to deliver it.\n\n"
    "The weather was fine on the day of the release."
)
PAIR = Compared("leadership", "management")


def snippet(text, number=0, product_id="steady"):
    return Snippet(
        number=number,
        product_id=product_id,
        title="Steady Hands",
        section="Two kinds of work",
        anchor=f"{product_id}/0000abcd-1/0-{len(text)}",
        place="",
        text=text,
        score=0.7,
    )


@pytest.mark.parametrize(
    ("question", "first", "second"),
    [
        ("What is the difference between leadership and management?", "leadership", "management"),
        (
            "what's the difference between a hard link and a symbolic link in Debian?",
            "hard link",
            "symbolic link",
        ),
        ("Compare RAID-0 with RAID-1", "RAID-0", "RAID-1"),
        ("How does delegation differ from micromanagement?", "delegation", "micromanagement"),
        ("Stable vs. Testing", "Stable", "Testing"),
        ("What changes when an engineer becomes a lead?", "engineer", "lead"),
    ],
)
def test_the_two_things_are_found(question, first, second):
    assert compared(question) == Compared(first, second)
    assert form_of(question) is QuestionForm.COMPARISON


@pytest.mark.parametrize(
    "question",
    ["How do I balance leadership and management?", "What is delegation?", "Share a lead between teams"],
)
def test_other_questions_compare_nothing(question):
    assert compared(question) is None


def test_the_sources_own_table_is_shown_with_a_citation_in_each_row():
    found = source_table([snippet(PROSE), snippet(TABLE, number=4)], PAIR)
    lines = "".join(table(found, found.ranges[0])).splitlines()
    assert lines[0] == "|  | Leadership | Management |"
    assert lines[2] == "| Question it answers | Where are we going? | Who does what by when? [4] |"
    assert lines[4] == "| With \\*people\\* | Gives a reason | Gives expectations [4] |"
    assert all(line.endswith("[4] |") for line in lines[2:])


def test_a_table_about_something_else_is_not_taken():
    assert source_table([snippet(TABLE)], Compared("delegation", "control")) is None


def test_parallel_sentences_stand_beside_each_other():
    chosen = parallels([snippet(PROSE, number=2)], PAIR)
    lines = "".join(parallel_table(PAIR, chosen)).splitlines()
    assert lines[0] == "| Leadership | Management |"
    assert (
        "| A team without leadership works diligently on the wrong thing. [2] | "
        "A team without management knows the right thing and fails to deliver it. [2] |"
    ) in lines
    assert not any("weather" in row for row in lines)


def test_one_thing_alone_makes_no_table():
    only_one = (
        "Leadership is the work of deciding where a team should go. Leadership has to be granted by others."
    )
    assert parallels([snippet(only_one)], PAIR) == []
