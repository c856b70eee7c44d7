"""What the page says, in its other languages: the catalogues are whole and true, and a page in one of them is in it."""

import ast
import json
import re
import string
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import lxml.html
import pytest
from babel.messages.catalog import Catalog, Message
from support import mentor as t
from support.paths import ROOT
from support.running_server import client, running

from wellread.settings import Settings
from wellread.web.pages.templating import environment
from wellread.web.pages.translations import language_for, languages, script_words, translations

WEB = ROOT / "wellread" / "web"
CATALOGUES = sorted(path.stem for path in (WEB / "locale").glob("*.po"))
HTML = {"Accept": "text/html"}
GERMAN = {**HTML, "Accept-Language": "de-DE,de;q=0.9,en;q=0.8"}
_PERCENT = re.compile(r"%(?:\((\w+)\))?(.)", re.DOTALL)
_CALL = re.compile(r"(?<![\w.$])(?<!function )_\(\s*(.)")
_LITERAL = re.compile(r"""(?<![\w.$])_\(\s*"((?:[^"\\]|\\.)*)"\s*[,)]""")


@pytest.fixture(scope="module")
def messages():
    """The script that collects them."""
    spec = spec_from_file_location("messages", ROOT / "docs" / "messages.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def said(messages) -> list[Message]:
    """Every message in English."""
    return [message for message in messages.collected() if message.id]


@pytest.fixture(scope="module", params=CATALOGUES)
def catalog(messages, request) -> Catalog:
    return messages.read(request.param)


def test_there_are_messages_in_all_that_the_page_is_made_of(said):
    assert {Path(path).suffix for message in said for path, _ in message.locations} == {".py", ".html", ".js"}
    assert any(message.pluralizable for message in said)
    assert "de" in CATALOGUES


# The messages


def test_a_message_is_words(said):
    for message in said:
        for text in forms(message.id):
            assert text.strip() == text, "the words around it are glued to it"
            assert any(character.isalpha() for character in text), text
            assert not re.search(r"</?[a-z]|&\w+;", text), f"HTML is no message: {text}"


def test_a_placeholder_has_a_name(said):
    """Other languages put them in another order."""
    for message in said:
        for text in forms(message.id):
            assert all(name for name in placeholders(text)), text


@pytest.mark.parametrize("script", sorted((WEB / "static" / "js").rglob("*.js")), ids=lambda path: path.name)
def test_what_a_script_says_can_be_collected(script, collected_ids):
    """Nothing else than a literal, and none within a template literal: both are passed over by the collecting."""
    source = script.read_text(encoding="utf-8")
    literals = [json.loads(f'"{found}"') for found in _LITERAL.findall(source)]
    assert len(_CALL.findall(source)) == len(literals), "`_` is called with something that is no literal"
    for literal in literals:
        assert literal in collected_ids, f"{literal!r} is not collected"


def test_what_the_program_says_can_be_collected(collected_ids):
    calls = [
        call
        for path in (ROOT / "wellread").rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] == "say"
    ]
    assert calls
    for call in calls:
        [argument] = call.args
        assert isinstance(argument, ast.Constant), ast.unparse(call)
        assert argument.value in collected_ids, ast.unparse(call)


@pytest.fixture(scope="module")
def collected_ids(said) -> set[str]:
    return {text for message in said for text in forms(message.id)}


# The catalogues


def test_a_catalogue_has_every_message(catalog, said):
    missing = [
        message.id for message in said if (found := catalog.get(message.id)) is None or not whole(found)
    ]
    assert not missing, f"run docs/messages.py, and translate in {catalog.locale}.po"


def test_a_catalogue_has_no_other_message(catalog, said):
    known = {message.id for message in said}
    assert [message.id for message in catalog if message.id and message.id not in known] == []
    assert not catalog.obsolete
    assert not [message.id for message in catalog if message.id and message.fuzzy]


def test_a_translation_has_the_placeholders_of_its_message(catalog):
    for message in catalog:
        if not message.id:
            continue
        asked, given = forms(message.id), forms(message.string)
        for number, text in enumerate(given if whole(message) else ()):
            # What a plural names is there for every form: some languages say 21 with the form of 1.
            known = {name for form in asked for name in placeholders(form)}
            needed = placeholders(asked[0 if len(asked) == 1 or number == 0 else 1])
            assert set(placeholders(text)) <= known, text
            if number or not message.pluralizable:
                assert sorted(placeholders(text)) == sorted(needed), text


def test_a_translation_has_as_many_forms_as_its_language(catalog):
    for message in catalog:
        if message.id and message.pluralizable:
            assert len(forms(message.string)) == catalog.num_plurals, message.id


def test_a_translation_is_words_too(catalog):
    for message in catalog:
        for text in forms(message.string) if message.id else ():
            assert text.strip() == text
            assert not re.search(r"</?[a-z]|&\w+;", text), text


def test_a_german_translation_has_german_punctuation(messages):
    for message in messages.read("de"):
        for text in forms(message.string) if message.id else ():
            assert not re.search(r"[\"“][^\"“”]*[”\"]|\s-\s|\.\.\.", text), text
            assert text.count("„") == text.count("“"), text


@pytest.mark.parametrize("language", CATALOGUES)
def test_the_scripts_are_told_their_own_words_only(language, said):
    words = json.loads(script_words(language))
    own = {message.id for message in said if any(path.endswith(".js") for path, _ in message.locations)}
    assert set(words) == own
    assert all(words.values())
    assert script_words("en") == "{}"


# The choice of a language


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("de", "de"),
        ("de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7", "de"),
        ("en-GB,en;q=0.9,de;q=0.8", "en"),
        ("de;q=0.3,en;q=0.5", "en"),
        ("en;q=0.3,de-AT;q=0.5", "de"),
        ("fr,it;q=0.9,de-CH;q=0.2", "de"),
        ("de_DE", "de"),
        ("fr", "en"),
        ("zh-Hant-TW,*;q=0.1", "en"),
        ("", "en"),
        ("*", "en"),
    ],
)
def test_the_first_language_that_is_there_is_chosen(accepted, language):
    assert language_for("", accepted) == language


@pytest.mark.parametrize(
    "accepted",
    [
        ",,,;;;q=",
        ";q=0.5",
        "../../etc/passwd,/;q=1",
        "de\x00,en",
        "x" * 100_000,
        "de-" * 10_000,
        ",".join(["fr"] * 50_000),
        "-_-,__;q=__",
        "en;q=1e999,de;q=-1e999",
        "en;q=nan,de;q=nan",
        "٣;q=٣",
    ],
)
def test_any_header_gets_a_language_that_is_there(accepted):
    assert language_for("", accepted) in languages()


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("DE", "de"),
        ("EN-US", "en"),
        ("De-de,en;q=0.5", "de"),
        ("en;q=0.5, de; q=0.9", "de"),
        ("en;q=0.5,de;Q=0.9", "de"),
        ("fr, de;q=0", "en"),
    ],
)
def test_a_header_may_be_written_in_any_way(accepted, language):
    assert language_for("", accepted) == language


@pytest.mark.parametrize("chosen", ["", "fr", "DE", "../de", "de.po", "e" * 9999])
def test_what_is_not_there_cannot_be_chosen(chosen):
    assert language_for(chosen, "de") == "de"
    assert language_for(chosen, "") == "en"
    assert language_for("en", "de") == "en"


# Pages


def test_numbers_dates_and_durations_are_in_the_language():
    filters = environment("de").filters
    told = {
        name: " ".join(str(filters[name](value)).split())
        for name, value in [
            ("number", 1_234_567.5),
            ("percent", 0.42),
            ("size", 2_500_000_000),
            ("duration", 3.25),
        ]
    }
    assert told == {
        "number": "1.234.567,5",
        "percent": "42 %",
        "size": "2,5 GB",
        "duration": "3,2 Sek.",
    }
    assert environment("en").filters["number"](1_234_567.5) == "1,234,567.5"


def test_money_is_in_the_language():
    dollars = environment("de").filters["dollars"]
    assert [" ".join(dollars(value).split()) for value in (1234.5, 0.0123)] == ["1.234,50 $", "0,0123 $"]
    assert environment("en").filters["dollars"](1234.5) == "$1,234.50"


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 Fragen"), (1, "1 Frage"), (2, "2 Fragen"), (21, "21 Fragen")]
)
def test_plurals_are_those_of_the_language(count, words):
    told = translations("de").ungettext("%(count)s question", "%(count)s questions", count)
    assert told % {"count": count} == words


@pytest.fixture(scope="module")
def http(mentor_home):
    with (
        running(Settings(home=mentor_home, embedder="none", model="extractive")) as address,
        client(address, headers=GERMAN) as http,
    ):
        yield http


@pytest.fixture(scope="module")
def run(http):
    run = http.post("/api/v1/runs", json={"question": t.BALANCE}).json()
    http.get(f"/api/v1/runs/{run['run_id']}/events")  # to its end
    return run


def test_the_pages_are_german(http, run):
    conversation = f"/conversations/{run['conversation_id']}"
    places = {
        "/": ["Was möchten Sie wissen?", "Titeln dieser Bibliothek", "Ihre Frage"],
        "/library": ["2 Titel", "In der Bibliothek suchen", "Buch", "Video"],
        "/conversations": ["Gespräche", "Heute", "1 Frage"],
        conversation: ["Quellen", "Weiterfragen …", "Schritt 1", "DeepSearch aus", "Sek."],
        f"/library/{t.BOOK}": ["Diesen Titel befragen", "Wörter", "Abschnitte", "Eingelesen am", "Englisch"],
        f"/library/{t.BOOK}/read": ["In diesem Titel suchen", "Inhalt"],
        "/settings/models": ["Fragen, die kein Modell nennen, gehen an", "Ein Modell ausprobieren"],
        "/settings/usage": ["30 Tage", "Kosten", "0,00 $"],
    }
    for place, told in places.items():
        page = http.get(place)
        root = lxml.html.document_fromstring(page.text)
        assert (root.get("lang"), root.get("dir")) == ("de", "ltr")
        assert "Accept-Language" in page.headers["vary"]
        said = " ".join(page.text.split())
        assert [words for words in told if words not in said] == [], place
        assert json.loads(root.get_element_by_id("words").text)["Copy"] == "Kopieren"


def test_dates_of_a_page_are_german(http, run):
    when, *_ = lxml.html.document_fromstring(http.get(f"/library/{t.BOOK}").text).xpath("//section//time")
    assert re.fullmatch(r"\d{1,2}\. \w+\.? \d{4}", when.text)


def test_the_readers_choice_goes_before_the_browsers(http):
    page = http.get("/library", headers={"Cookie": "wellread_language=en"}).text
    assert '<html lang="en"' in page
    assert 'id="words"' not in page
    assert "Bibliothek" not in page


def test_no_page_says_an_english_message_in_german(http, run, messages, said):
    """Whole messages of more than one word, wherever a template says them, are translated on the way."""
    english = {text for message in said for text in forms(message.id) if " " in text and "%" not in text}
    same = {message.id for message in messages.read("de") if message.id == message.string}
    for place in (
        "/",
        "/library",
        "/conversations",
        f"/library/{t.BOOK}",
        "/settings/budgets",
        "/settings/tokens",
    ):
        root = lxml.html.document_fromstring(http.get(place).text)
        root.get_element_by_id("words").drop_tree()
        shown = {
            " ".join(text.split())
            for text in root.xpath("//text() | //@aria-label | //@title | //@placeholder")
        }
        assert shown & (english - same) == set(), place


def forms(text: object) -> tuple[str, ...]:
    """One text, or those of a plural."""
    return (text,) if isinstance(text, str) else tuple(map(str, text or ()))


def whole(message: Message) -> bool:
    return all(forms(message.string)) and bool(message.string)


@cache
def placeholders(text: str) -> tuple[str, ...]:
    """Those of templates and of Python, `%(name)s`, and those of scripts, `{name}`; "" for one without a name."""
    named = [name for name, kind in _PERCENT.findall(text) if kind != "%" and (name or kind in "sdrf")]
    return (*named, *(name for _, name, _, _ in string.Formatter().parse(text) if name is not None))
