"""Collects what the page says into `wellread/web/locale/*.po`, where it is translated.

`python docs/messages.py` brings every catalogue up to date: new messages stand there without a translation, those that
are said no longer are dropped. `python docs/messages.py fr` begins one for another language.
"""

import sys
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

PACKAGE = Path(__file__).parents[1] / "wellread"
LOCALE = PACKAGE / "web" / "locale"
_SOURCES = (
    ([("**.py", "python")], {"say": None}),
    (
        [("web/templates/**.html", "jinja2.ext:babel_extract"), ("web/static/js/**.js", "javascript")],
        {"_": None, "gettext": None, "ngettext": (1, 2)},
    ),
)
_HEAD = """\
# What the page of Wellread says, in the language {language}. `python docs/messages.py` keeps it up to date.
msgid ""
msgstr ""
"Language: {language}\\n"
"Plural-Forms: {plural}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""
_OPTIONS = {"web/templates/**.html": {"trimmed": "true"}}


def collected() -> Catalog:
    """Every message with the files that say it."""
    catalog = Catalog(charset="utf-8", fuzzy=False)
    for methods, keywords in _SOURCES:
        found = extract_from_dir(PACKAGE, method_map=methods, options_map=_OPTIONS, keywords=keywords)
        for name, _, message, _, context in found:
            catalog.add(message, locations=[(f"wellread/{Path(name).as_posix()}", 0)], context=context)
    return catalog


def read(language: str) -> Catalog:
    path = LOCALE / f"{language}.po"
    if not path.exists():
        return Catalog(language, charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update(language: str) -> int:
    """Bring a language's catalogue up to date; how many messages wait for their translation."""
    catalog = read(language)
    catalog.update(collected(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    text = BytesIO()
    write_po(text, catalog, width=110, sort_output=True, omit_header=True)
    head = _HEAD.format(language=language, plural=catalog.plural_forms)
    (LOCALE / f"{language}.po").write_text(head + text.getvalue().decode(), encoding="utf-8")
    return sum(1 for message in catalog if message.id and not _is_translated(message))


def _is_translated(message: Message) -> bool:
    """In every form of its plural."""
    return all(message.string) if message.pluralizable else bool(message.string)


def main() -> None:
    languages = sys.argv[1:] or sorted(path.stem for path in LOCALE.glob("*.po"))
    for language in languages:
        sys.stdout.write(f"{language}: {update(language)} messages wait for a translation\n")


if __name__ == "__main__":
    main()
