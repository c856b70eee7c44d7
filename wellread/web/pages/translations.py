"""The page in the reader's language: catalogues of messages, and the choice between them.

English is what the templates say. `locale/LANGUAGE.po` translates it; it is read as it is, so a new language is one
file, and `docs/messages.py` collects what there is to translate.
"""

import json
from functools import cache
from importlib.resources import files
from io import BytesIO

from babel import Locale, negotiate_locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

SOURCE = "en"
_FOLDER = files("wellread.web") / "locale"
_MOST_WISHES = 20  # languages of a request's header that are looked at


@cache
def languages() -> dict[str, str]:
    """What the page can be shown in: the code of each language and its name in itself."""
    translated = sorted(
        path.name.removesuffix(".po") for path in _FOLDER.iterdir() if path.name.endswith(".po")
    )
    return {code: _name(code) for code in (SOURCE, *translated)}


def language_for(chosen: str, accepted: str) -> str:
    """The language of a page: the `chosen` one if it is there, else the first of an Accept-Language header that is."""
    if chosen in languages():
        return chosen
    wishes: list[tuple[float, int, str]] = []
    for part in accepted.split(",")[:_MOST_WISHES]:
        tag, _, weight = "".join(part.split()).lower().partition(";q=")
        if _weight(weight) > 0:
            wishes.append((-_weight(weight), len(wishes), tag.replace("-", "_")))
    found = negotiate_locale([tag for *_, tag in sorted(wishes)], list(languages())) or SOURCE
    # What was found is written as it was wished for, and a catalogue is named as it is named.
    return next(code for code in languages() if code.lower() == found.lower())


@cache
def translations(language: str) -> NullTranslations:
    """What the templates' `_` and `ngettext` say in a language of `languages`."""
    if language == SOURCE:
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, _catalog(language))
    compiled.seek(0)
    return Translations(compiled)


@cache
def script_words(language: str) -> str:
    """The messages of the scripts with their translations, as JSON; "{}" for English."""
    if language == SOURCE:
        return "{}"
    found = {
        str(message.id): str(message.string)
        for message in _catalog(language)
        if message.id and message.string and any(path.endswith(".js") for path, _ in message.locations)
    }
    return json.dumps(found, ensure_ascii=False, sort_keys=True)


@cache
def _catalog(language: str) -> Catalog:
    with (_FOLDER / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


def _name(code: str) -> str:
    return Locale.parse(code).get_display_name(code) or code


def _weight(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0
