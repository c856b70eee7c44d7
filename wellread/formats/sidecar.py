"""The sidecar: a TOML file beside a book or video that says what is to be known about it."""

import datetime
import re
import tomllib
from dataclasses import fields, replace
from pathlib import Path

from wellread.content import Metadata, ProductKind
from wellread.errors import UnreadableError
from wellread.formats.isbn import isbn13

_LISTS = frozenset({"authors", "contributors", "topics", "identifiers"})
_ALIASES = {"author": "authors", "id": "product_id"}
_KNOWN = tuple(field.name for field in fields(Metadata))
_FORMS = {  # of a field's text, and what it must be
    "title": (re.compile(".+"), "a text that is not empty"),
    "date": (
        re.compile(r"(?:\d{4}(?:-\d\d(?:-\d\d(?:T.*)?)?)?)?"),
        'a date such as "2024-05-31" or "2024"',
    ),
    "product_id": (
        re.compile(r"[A-Za-z0-9_.-]{1,80}"),
        "up to 80 letters, digits, dots, hyphens and underscores",
    ),
}


def apply(metadata: Metadata, sidecar: Path) -> Metadata:
    """`metadata` with what the sidecar says in place of what the file said.

    The keys are the fields of Metadata; `author` and `id` are accepted for `authors` and `product_id`, a
    string for a list of one, and `isbn` is put before the other identifiers. UnreadableError, naming the key,
    when one is unknown or its value has the wrong type.
    """
    try:
        content = tomllib.loads(sidecar.read_bytes().decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UnreadableError(
            f"{sidecar.name} is no TOML: {error}.",
            hint='Write one line for each key, as in: title = "My Book"',
        ) from error
    found: dict[str, object] = {}
    isbn = ""
    for key, value in content.items():
        field = _ALIASES.get(key, key)
        if key == "isbn":
            isbn = isbn13(_text(value, key, sidecar))
            if not isbn:
                raise _wrong(key, "an ISBN whose last digit fits the others", sidecar)
        elif field not in _KNOWN:
            known = ", ".join(sorted({*_KNOWN, *_ALIASES, "isbn"}))
            raise UnreadableError(
                f"{sidecar.name} has an unknown key, {key!r}.", hint=f"It may have: {known}."
            )
        elif field in found:
            raise UnreadableError(
                f"{sidecar.name} has {key!r} twice.", hint=f"Keep {field!r} and take out {key!r}."
            )
        elif field in _LISTS:
            found[field] = _texts(value, key, sidecar)
        else:
            found[field] = (_kind if field == "kind" else _text)(value, key, sidecar)
    if isbn:
        others = found.get("identifiers", metadata.identifiers)
        kept = others if isinstance(others, tuple) else ()
        found["identifiers"] = tuple(dict.fromkeys((f"urn:isbn:{isbn}", *kept)))
    return replace(metadata, **found)  # type: ignore[arg-type]  # each value was made for its field above


def _wrong(key: str, expected: str, sidecar: Path) -> UnreadableError:
    return UnreadableError(
        f"{sidecar.name}: the value of {key!r} must be {expected}.", hint=f"Correct the line of {key!r}."
    )


def _text(value: object, key: str, sidecar: Path) -> str:
    if isinstance(value, datetime.date | datetime.datetime):
        value = value.isoformat()
    elif type(value) is int and key in ("series_index", "date", "isbn", "id"):
        value = str(value)
    if not isinstance(value, str):
        raise _wrong(key, "a text in quotes", sidecar)
    text = " ".join(value.split()) if key != "description" else value.strip()
    form, expected = _FORMS.get(_ALIASES.get(key, key), (None, ""))
    if form is not None and not form.fullmatch(text):
        raise _wrong(key, expected, sidecar)
    return text


def _texts(value: object, key: str, sidecar: Path) -> tuple[str, ...]:
    texts: dict[str, None] = {}
    for item in value if isinstance(value, list) else [value]:
        if not isinstance(item, str):
            raise _wrong(key, "a list of texts in quotes", sidecar)
        texts[" ".join(item.split())] = None
    return tuple(text for text in texts if text)


def _kind(value: object, key: str, sidecar: Path) -> ProductKind:
    kinds = [kind.value for kind in ProductKind]
    if value not in kinds:
        raise _wrong(key, " or ".join(f'"{kind}"' for kind in kinds), sidecar)
    return ProductKind(value)
