"""What may be asked of titles, made of what they say: in English and German, in another language, of two together."""

import pytest
from support.libraries import add, book
from support.stores import catalog_of

from wellread.library.suggested_questions import Origin, candidates, disagreements
from wellread.library.title_text import TitleText

FILL = "The pot is warmed first, and whoever is late drinks what is left of it in the afternoon. " * 8
GERMAN = "Die Kanne wird zuerst gewärmt, und wer zu spät kommt, trinkt am Nachmittag den Rest davon. " * 8


@pytest.fixture
def read(library, tmp_path):
    def read(title, *chapters, language="en"):
        [added] = add(library, book(tmp_path, f"{title}.md", title, *chapters, language=language))
        catalog = catalog_of(library)
        return TitleText(catalog.product(added.product_id), list(catalog.sections(added.product_id)))

    return read


def made(title, origin):
    return [candidate.question for candidate in candidates(title) if candidate.origin is origin]


def test_headings_that_ask(read):
    title = read(
        "On Tea",
        f"1.2 Why Is the Pot Warmed?\n\n{FILL}",
        f"Is this book for you?\n\n{FILL}",
        f"Why?\n\n{FILL}",
    )
    assert made(title, Origin.HEADING) == ["Why is the pot warmed?"]
    [candidate] = [c for c in candidates(title) if c.origin is Origin.HEADING]
    [section] = [s for s in title.body if "Warmed" in s.title]
    assert candidate.sections == {title.product.product_id: {section.section_id}}


def test_what_is_defined_where_its_heading_stands(read):
    title = read(
        "On Tea",
        f"Quiet Hours\n\nA quiet hour is an hour without tea. {FILL}",
        f"Caddy\n\nThe word Caddy means a box. Nobody knows why. {FILL}",
        f"The Kettle\n\nSome say that a kettle is a pot. {FILL}",
    )
    assert made(title, Origin.DEFINITION) == ["What is a quiet hour?"]


def test_what_is_set_apart(read):
    apart = "Unlike green tea, black tea is fermented. The taste differs, of green tea and of black tea. "
    title = read("On Tea", f"Green Tea and Black Tea\n\n{apart} {FILL}", f"Cups and Saucers\n\n{FILL}")
    assert made(title, Origin.DIFFERENCE) == ["What is the difference between green tea and black tea?"]


def test_what_a_section_speaks_of_again_and_again(read):
    said = "Much depends on the water. For the water, patience helps. Hard water spoils it. "
    title = read(
        "On Tea",
        f"Water\n\n{said}{FILL}",
        f"Pour It Out\n\nPour it out. Then pour it out again. Pour it out. {FILL}",
        f"Conclusion\n\n{FILL}",
    )
    assert made(title, Origin.SUBJECT) == ["What should I know about the water?"]


def test_questions_that_a_text_asks_itself(read):
    title = read(
        "On Tea",
        f"Pots\n\n{FILL}How long should green leaves stay in hot water? {FILL}Who would not like it? "
        f"What did you drink before you came here? “Where does the best porcelain come from?” {FILL}",
    )
    assert made(title, Origin.TEXT) == ["How long should green leaves stay in hot water?"]


def test_in_german(read):
    title = read(
        "Vom Tee",
        f"Kapitel 3: Wozu dient die Kanne?\n\n{GERMAN}",
        f"Der Sud\n\nDer Sud ist das, was bleibt. {GERMAN}",
        f"Wasser\n\nAlles hängt von Wasser ab. Mit Wasser beginnt es. Hartes Wasser schadet. {GERMAN}",
        language="de",
    )
    assert [candidate.question for candidate in candidates(title)] == [
        "Wozu dient die Kanne?",
        "Was ist der Sud?",
        "Was sollte man über Wasser wissen?",
    ]


def test_in_another_language_only_headings_that_ask(read):
    french = "Le thé est une boisson. Pour l’eau, il faut attendre. Que faire de l’eau qui est froide? "
    title = read(
        "Du thé", f"Thé\n\n{french * 9}", f"Pourquoi chauffer la théière?\n\n{french * 9}", language="fr"
    )
    assert [candidate.question for candidate in candidates(title)] == ["Pourquoi chauffer la théière?"]


def test_what_two_titles_speak_of(read):
    said = "Much depends on the water. For the water, patience helps. Hard water spoils it. "
    tea = read("On Tea: A Study", f"Water\n\n{said}{FILL}", f"Milk\n\n{FILL}")
    coffee = read("On Coffee", f"The Water\n\n{said}{FILL}", f"Milk\n\n{FILL}")
    [candidate] = disagreements(tea, coffee)
    assert candidate.question == "Where do On Tea and On Coffee differ on the water?"
    assert candidate.sections.keys() == {tea.product.product_id, coffee.product.product_id}
    assert disagreements(tea, read("On Maté", f"Sugar\n\n{FILL}")) == []
    assert disagreements(tea, read("Vom Tee", f"Water\n\n{said}{GERMAN}", language="de")) == []


def test_a_title_without_sections_of_its_own(read):
    assert candidates(read("On Nothing", "…")) == []
