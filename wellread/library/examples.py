"""Questions that a newcomer to a library could begin with, made of its titles and of what their sections are called."""

from collections.abc import Callable

from wellread.content import Product, Section, SectionRole
from wellread.library.title_recognition import one_edition_each
from wellread.store.catalog.catalog import Catalog

_TITLES = 3
_LOOKED_AT = 12  # titles
_WORDS = (1, 6)  # of a heading that names a subject
_DEEPEST = 3


def example_questions(catalog: Catalog, say: Callable[[str], str]) -> list[str]:
    """Up to four: about a section of each of a few titles, and one that compares two of them. `say` translates."""
    products = one_edition_each(catalog.products(limit=_LOOKED_AT), "")[:_TITLES]
    told = []
    for product in products:
        subject = _subject(catalog.contents(product.product_id))
        if subject:
            told.append(
                say("What does %(title)s say about “%(subject)s”?")
                % {"title": product.title, "subject": subject}
            )
    if len(products) > 1:
        told.insert(1, _compared(products, say))
    return told


def _compared(products: list[Product], say: Callable[[str], str]) -> str:
    return say("What do %(one)s and %(other)s agree on, and where do they differ?") % {
        "one": products[0].title,
        "other": products[1].title,
    }


def _subject(sections: list[Section]) -> str:
    """The title of a section from the middle of a book, where its matter is; "" for none that names one."""
    named = [
        section.title
        for section in sections
        if section.role is SectionRole.BODY
        and _WORDS[0] <= len(section.title.split()) <= _WORDS[1]
        and len(section.path) <= _DEEPEST
        and not any(character.isdigit() for character in section.title)
    ]
    return named[len(named) // 2] if named else ""
