"""What kind of answer a question asks for, in the languages that have patterns."""

import pytest

from wellread.agent.state.question_form import asks_for_titles, chapter_asked, form_of
from wellread.agent.state.questions import names_and_numbers, words_within


@pytest.mark.parametrize(
    ("question", "form"),
    [
        ("Summarize the handbook", "overview"),
        ("What does chapter 3 say?", "overview"),
        ("Fasse das Buch zusammen", "overview"),
        ("Who wrote ⟦⟧?", "catalogue"),
        ("Which of my books are about gardens?", "catalogue"),
        ("Welche Bücher habe ich über Gärten?", "catalogue"),
        ("What talks do I have on sails?", "catalogue"),
        ("What does the talk Harbours say about dredging?", "other"),
        ("What did his books say about dredging?", "other"),
        ("What is the difference between a dock and a pier?", "comparison"),
        ("What share of the votes did she get?", "amount"),
        ("Wie viele Seiten braucht ein Bericht?", "amount"),
        ("Why do bridges sway?", "reason"),
        ("How do I prune a pear tree?", "steps"),
        ("Who is Queequeg?", "person"),
        ("When did the ferry sink?", "time"),
        ("What is a gam?", "definition"),
        ("Can I prune in spring?", "yes_no"),
        ("如何分配任务？", "other"),
    ],
)
def test_the_form_of_a_question(question, form):
    assert form_of(question).value == form


def test_a_chapter_is_told_by_its_number_however_it_is_written():
    asked = [chapter_asked(f"What does chapter {number} say?") for number in ("3", "iv", "two")]
    assert asked == [3, 4, 2]
    assert chapter_asked("What is a chapter?") == 0


def test_only_some_questions_are_answered_with_titles():
    assert asks_for_titles("Which books do I have about whales?")
    assert not asks_for_titles("Who wrote it?")


def test_capitals_tell_names_within_a_sentence_and_only_there():
    assert names_and_numbers("How do the leads work in Tokyo since RFC2119?") == {"Tokyo", "RFC2119"}
    assert names_and_numbers("Tokyo Office Hours") == frozenset()
    assert names_and_numbers("How many days are 90 days?") == frozenset()
    assert names_and_numbers("Wie arbeitet die Leitung am Standort in Tokio?") == frozenset()
    assert words_within("PySimpleGUI") == ["Py", "Simple", "GUI"]
