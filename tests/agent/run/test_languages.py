"""A question in another language than the titles: who is told what."""

from pathlib import Path

import pytest
from support.libraries import add, book
from support.served_script import serving

from wellread.blocking import BlockingWellread
from wellread.events import AnswerCompleted, StepAction
from wellread.settings import Settings

HIVE = "Swarms\n\nThe colony leaves the hive in spring, when the queen finds no free cells."
GERMAN = "Wann verlassen die Bienen ihren Stock, und was ist der Grund?"
WHY = "Your question is in German and these titles are in English; without a language model"


def answer(library: BlockingWellread, question: str) -> str:
    [completed] = [event for event in library.ask(question) if isinstance(event, AnswerCompleted)]
    return completed.markdown


@pytest.fixture
def bees(tmp_path: Path) -> Path:
    return book(tmp_path, "bees.md", "The Quiet Hive", HIVE)


def test_without_a_model_the_reader_is_told_why_nothing_was_found(library, bees):
    add(library, bees)
    told = answer(library, GERMAN)
    assert WHY in told
    assert "Ask in English, set a model, or choose a multilingual embedder (setting `embedder`)" in told


def test_so_is_who_asks_a_large_library_in_which_no_title_is_meant(library, tmp_path):
    titles = [
        "The Quiet Hive",
        "Sails and Wind",
        "Bread at Home",
        "A Garden Year",
        "On Foot",
        "Low Tide",
        "Ink",
    ]
    add(library, *(book(tmp_path, f"{n}.md", title, HIVE) for n, title in enumerate(titles)))
    assert WHY in answer(library, GERMAN)


@pytest.mark.parametrize(
    "question",
    [
        "When is the tide highest, and how often does it come?",  # in the titles' own language
        "Ebbe Flut Mondphasen?",  # nobody can tell
    ],
)
def test_nothing_is_said_of_languages_where_they_are_not_the_reason(library, bees, question):
    add(library, bees)
    told = answer(library, question)
    assert "found nothing" in told
    assert "Your question is in" not in told


def test_nothing_is_said_when_one_title_is_in_the_language_or_one_is_unknown(library, bees, tmp_path):
    add(
        library,
        bees,
        book(tmp_path, "brot.md", "Das Brot", "Teig\n\nDer Teig ruht eine Stunde.", language="de"),
    )
    assert "Your question is in" not in answer(library, GERMAN)


SCRIPT = """
[[reply]]
role = "choice"
thinking = "Gefragt ist, wann die Bienen ausziehen."
action = "search_inside_books"
parameters = { askBookQuestions = ["When does the colony leave the hive?"], productIds = ["PRODUCT"] }
[[reply]]
role = "choice"
thinking = "Das genügt."
action = "create_answer_draft"
[reply.parameters]
is_role_play_request = false
is_controversial_sensitive_topic = false
is_greeting_or_simple_calculation = false
is_who_are_you = false
relevant_knowledge_indices = [0]
[[reply]]
role = "text"
text = "Die Bienen verlassen den Stock im Frühling, wenn die Königin keine freien Zellen mehr findet [0]."
"""


def test_a_model_asks_in_the_titles_language_and_answers_in_the_readers(tmp_path, bees):
    settings = Settings(home=tmp_path / "home", embedder="none")
    with BlockingWellread(settings=settings) as library:
        [added] = add(library, bees)
    with serving(SCRIPT.replace("PRODUCT", added.product_id)) as served:
        address = f"{served.address}/v1"
        chosen = Settings(
            home=settings.home,
            embedder="none",
            judge="words",
            openai_base_url=address,
            model="openai/gpt-4.1",
        )
        with BlockingWellread(settings=chosen) as library:
            events = list(library.ask(GERMAN))
    search = next(event for event in events if isinstance(event, StepAction))
    assert search.chosen_by == "openai/gpt-4.1"  # the rules would search in German
    [completed] = [event for event in events if isinstance(event, AnswerCompleted)]
    assert completed.markdown.startswith("Die Bienen verlassen den Stock im Frühling")
    planner, _, writer = [request.prompt for request in served.script.requests]
    assert "The question is in German and the titles are in English" in planner
    assert "what is searched for in English" in planner
    assert "the reader reads in German" in planner
    assert "The knowledge is in English, and the reader reads German: write in that." in writer
