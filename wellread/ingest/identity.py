"""Which product a file is: the id that it keeps when it is added again, in another folder or a new version."""

import hashlib
import re
import unicodedata

from wellread.content import Metadata

_ISBN = re.compile(r"urn:isbn:(97[89]\d{10})")
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]+")
_SLUG_LENGTH = 40


def product_id(metadata: Metadata, name: str) -> str:
    """The id that a publisher or sidecar gave, else the ISBN-13, else one derived from identifier and title.

    `name` is the file's name; it takes the identifier's place for files that have none. A title is part of a
    derived id because careless tools write the same identifier into every book.
    """
    if metadata.product_id:
        return _UNSAFE.sub("-", metadata.product_id).strip("-.")[:80] or "product"
    for identifier in metadata.identifiers:
        isbn = _ISBN.fullmatch(identifier)
        if isbn:
            return isbn[1]
    own = metadata.identifiers[0] if metadata.identifiers else f"{name}|{'|'.join(metadata.authors)}"
    digest = hashlib.sha256(f"{own}|{metadata.title}".encode()).hexdigest()[:6]
    return f"{_slug(metadata.title) or metadata.kind.value}-{digest}"


def apart(product: str, place: str) -> str:
    """The id of another product that would have the id `product`: told apart by where it was added from."""
    return f"{product[:70]}-{hashlib.sha256(place.encode()).hexdigest()[:6]}"


def has_firm_identity(metadata: Metadata) -> bool:
    """Whether the id comes from a publisher or an ISBN, and not from title and file name."""
    return bool(metadata.product_id) or any(_ISBN.fullmatch(i) for i in metadata.identifiers)


def edition_id(product: str, fingerprint: str, reader: str) -> str:
    """Eight hexadecimal digits for one reading (`reader` with its version) of one set of source files."""
    return hashlib.sha256(f"{product}|{fingerprint}|{reader}".encode()).hexdigest()[:8]


def _slug(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)
    slug = ""
    for word in words:
        if slug and len(slug) + 1 + len(word) > _SLUG_LENGTH:
            break
        slug = f"{slug}-{word}" if slug else word[:_SLUG_LENGTH]
    return slug
