"""The templates, one environment for each language."""

import json
from functools import cache
from typing import Any
from urllib.parse import quote

from babel import Locale
from babel.numbers import format_currency, format_decimal, format_percent
from babel.units import format_unit
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from wellread import __version__
from wellread.content import clock
from wellread.library.pictures.covers import words_digest
from wellread.web.pages.place_words import place_words
from wellread.web.pages.static import address, text_of
from wellread.web.pages.translations import languages, script_words, translations

_UNITS = ("byte", "kilobyte", "megabyte", "gigabyte", "terabyte")


@cache
def environment(language: str) -> Environment:
    """Templates that say all in a language. What they are given is escaped; a name that is not given is an error."""
    made = Environment(
        loader=PackageLoader("wellread.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]  # of i18n
    locale = Locale.parse(language)
    made.globals.update(
        static=address,
        text_of=lambda path: Markup(text_of(path)),  # our own files
        icon=icon,
        language=language,
        direction=locale.text_direction,
        languages=languages(),
        script_words=script_words(language),
        version=__version__,
    )
    made.filters.update(
        number=lambda value: format_decimal(value, locale=locale),
        percent=lambda value: format_percent(value, locale=locale),
        size=lambda count: size_in(language, count),
        clock=clock,
        place=lambda place: place_words(place, translations(language).ugettext),
        duration=lambda seconds: format_unit(*_span(seconds), length="short", locale=locale),
        dollars=lambda value: format_currency(
            value, "USD", _money(locale), locale=locale, currency_digits=False
        ),
        pretty=lambda value: json.dumps(value, indent=2, ensure_ascii=False),
        script_json=_script_json,
        address=quote,
        words_digest=words_digest,
    )
    return made


def icon(name: str, kind: str = "") -> Markup:
    """A picture of one colour from `img/icons.svg`; it says nothing that the words beside it do not say."""
    return Markup('<svg class="icon {}" aria-hidden="true"><use href="{}#{}"/></svg>').format(
        kind, address("img/icons.svg"), name
    )


def render(template: str, language: str, **values: Any) -> str:
    """A template's text."""
    return environment(language).get_template(template).render(**values)


def size_in(language: str, count: int) -> str:
    """A number of bytes, in a unit of which there are less than a thousand."""
    size, unit = float(count), 0
    while size >= 999.5 and unit < len(_UNITS) - 1:
        size, unit = size / 1000, unit + 1
    digits = "#,##0.0" if unit and size < 100 else "#,##0"
    return format_unit(size, f"digital-{_UNITS[unit]}", "short", format=digits, locale=Locale.parse(language))


def _script_json(text: str) -> Markup:
    """JSON that may stand in a script element: nothing in it ends that."""
    return Markup(text.replace("<", "\\u003c"))  # no tag can begin in it


def _span(seconds: float) -> tuple[float, str]:
    """A number and its unit, as CLDR names it."""
    if seconds < 90:
        return round(seconds, 1 if seconds < 10 else None), "second"
    return round(seconds / 60, 1), "minute"


def _money(locale: Locale) -> str:
    """The language's own pattern, with room for a fraction of a cent."""
    pattern: str = locale.currency_formats["standard"].pattern
    return pattern.replace("0.00", "0.00##")
