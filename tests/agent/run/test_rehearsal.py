"""Questions that are tried at the end of an import, over real libraries with the bundled embedder."""

import re

import pytest
from support.libraries import add, book
from support.stores import catalog_of, database_of

from wellread.agent.run.rehearsal import MOST_KEPT
from wellread.blocking import BlockingWellread
from wellread.content import Anchor
from wellread.events import AnswerCompleted, SearchCell
from wellread.import_events import ProductAdded, QuestionsTried, VectorsMade
from wellread.library.suggested_questions import written
from wellread.settings import Settings
from wellread.store.database import tables as t
from wellread.wire.runs import AskOptions

DEMO = (
    "Should I cancel one-on-ones?",
    "How many people should one lead have?",
    "My team missed its date twice: estimate better, or stop estimating?",
    "Act as the author and coach me through my first 90 days.",
)
JASMINE = (
    "Jasmine\n\nMuch is said about jasmine. The best jasmine is picked at noon, before its buds open, and the scent "
    "of jasmine goes over to the leaves during the night: green tea lies between layers of fresh flowers until "
    "morning, then the flowers are taken out and the leaves are dried. Good jasmine is scented five times or more, "
    "with new flowers each time, and never sold with petals in it, since petals taste bitter. Nothing is said about "
    "jasmine on cheap boxes. "
)
PERFUME = (
    "Jasmine\n\nNo flower is harder to buy than jasmine. Pickers go out with lamps, for jasmine is open only while "
    "it is dark, and by sunrise half of its scent is gone. A kilogram of jasmine takes eight thousand blossoms. It is "
    "never heated: fat takes the scent up, and alcohol washes it out again. Whoever smells bananas in cheap soap "
    "smells one of the two hundred substances of jasmine, made in a factory, and it is the one that a nose tires of "
    "first. "
)
SUGAR = (
    "Why Is Sugar Left Out?\n\nSugar is left out because it hides the taste of the leaves, and because whoever "
    "begins with one spoon ends with three. The exception is mint tea, which is bitter without it. In a cold month a "
    "piece of rock sugar may lie in the cup before the tea is poured over it, and is never stirred, so that each sip "
    "is sweeter. "
)
OTHER = "Cups\n\nThe saucer stands on the left. Cups are warmed, dried, and put down without a sound on the tray. "


@pytest.fixture
def tea(home):
    with BlockingWellread(settings=Settings(home=home, model="extractive")) as library:
        yield library


def tried(library, *paths):
    return [event for event in library.add(paths) if isinstance(event, QuestionsTried)]


def offered(library):
    return [one.question for one in library.library.titles.to_begin_with()]


def stored(library):
    with database_of(library).read() as connection:
        return len(connection.execute(t.suggestions.select()).all()), len(
            connection.execute(t.suggestion_titles.select()).all()
        )


def test_the_demo_library_begins_with_the_questions_written_for_it(demo):
    assert set(offered(demo)) == set(DEMO)
    catalog = catalog_of(demo)
    ids = {product.product_id for product in catalog.products()}
    for product_id in ids:
        assert {title for one in written(product_id) for title in one.sections} <= ids
        own = [one for one in catalog.suggestions.of([product_id], 99) if one.score < 1]
        assert len(own) <= MOST_KEPT


def test_what_is_suggested_is_answered_from_where_it_was_made(demo):
    catalog = catalog_of(demo)
    suggestions = catalog.suggestions.best(99)
    assert len(suggestions) >= 8
    for suggestion in suggestions:
        options = AskOptions(product_ids=list(suggestion.product_ids), model="extractive")
        events = list(demo.ask(suggestion.question, options))
        [answer] = [event for event in events if isinstance(event, AnswerCompleted)]
        assert "**Still open**" not in answer.markdown, suggestion
        cited = {Anchor.parse(citation.anchor).section_id for citation in answer.citations}
        assert cited >= {section for title in suggestion.titles for section in title.sections}, suggestion
        assert any(cell.found for cell in events if isinstance(cell, SearchCell))


def test_an_import_ends_with_questions_and_stores_no_run(tea, tmp_path):
    [event] = tried(tea, book(tmp_path, "tea.md", "On Tea", JASMINE, SUGAR, OTHER))
    assert (event.title, event.kept) == ("On Tea", 2)
    assert set(offered(tea)) == {"Why is sugar left out?", "What should I know about jasmine?"}
    with database_of(tea).read() as connection:
        assert connection.execute(t.runs.select()).all() == []
    assert [event for event in tea.embed() if isinstance(event, QuestionsTried)] == []
    tea.remove(event.product_id)
    assert offered(tea) == []
    assert stored(tea) == (0, 0)


def test_a_question_that_is_answered_elsewhere_is_not_kept(tea, tmp_path):
    """The heading asks what another section answers."""
    moved = SUGAR.replace("Why Is Sugar Left Out?", "Sugar")
    promised = (
        "Why is sugar left out?\n\nOf cups, saucers and trays there is more to say in the last chapter. "
    )
    tried(tea, book(tmp_path, "tea.md", "On Tea", promised + OTHER[6:], moved))
    assert "Why is sugar left out?" not in offered(tea)


def test_a_title_that_is_read_anew_is_tried_anew(tea, tmp_path):
    tried(tea, book(tmp_path, "tea.md", "On Tea", JASMINE, SUGAR))
    [event] = tried(tea, book(tmp_path, "tea.md", "On Tea", JASMINE, OTHER))
    assert offered(tea) == ["What should I know about jasmine?"]
    assert event.kept == stored(tea)[0] == 1


def test_what_two_titles_say_is_asked_of_both_and_goes_with_one(tea, tmp_path):
    tried(tea, book(tmp_path, "tea.md", "On Tea", JASMINE))
    [event] = tried(tea, book(tmp_path, "scents.md", "On Scents", PERFUME))
    pairs = [one for one in catalog_of(tea).suggestions.best(9) if len(one.titles) == 2]
    assert [one.question for one in pairs] == ["Where do On Scents and On Tea differ on jasmine?"]
    tea.remove(event.product_id)
    assert offered(tea) == ["What should I know about jasmine?"]


def test_titles_without_an_embedder_and_libraries_without_titles(library, tmp_path):
    add(library, book(tmp_path, "tea.md", "On Tea", JASMINE, SUGAR))
    assert offered(library) == []
    assert [event for event in library.embed() if isinstance(event, QuestionsTried)] == []


def test_a_title_that_is_removed_before_it_is_tried(tea, tmp_path):
    path = book(tmp_path, "tea.md", "On Tea", JASMINE, SUGAR)
    product_ids = [event.product_id for event in add_without_vectors(tea, path)]
    for event in tea.embed():
        if isinstance(event, VectorsMade) and event.of == "sentences" and product_ids:
            tea.remove(product_ids.pop())
    assert (offered(tea), stored(tea)) == ([], (0, 0))


def add_without_vectors(library, *paths):
    return [event for event in library.add(paths, vectors=False) if isinstance(event, ProductAdded)]


def test_the_role_play_offers_questions_that_hold(demo):
    [steady] = [one for one in catalog_of(demo).products() if one.title == "Steady Hands"]
    options = AskOptions(product_ids=[steady.product_id], model="extractive")
    events = list(demo.ask("Act as the author: how do I delegate?", options))
    [answer] = [event for event in events if isinstance(event, AnswerCompleted)]
    offers = re.findall(r"^- (.+)$", answer.markdown.partition("To go on, you could ask:")[2], re.MULTILINE)
    held = {one.question for one in catalog_of(demo).suggestions.of([steady.product_id], 99)}
    assert len(offers) == 2
    assert set(offers) <= held
