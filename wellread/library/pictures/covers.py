"""A drawn cover for a title that brings none: its words on a colour of its own."""

import hashlib
from collections.abc import Iterator
from textwrap import wrap

from markupsafe import Markup

from wellread.content import Product, ProductKind
from wellread.text.characters import harmless

_SIZES = ((10, 44, 6), (14, 34, 5), (18, 28, 6), (24, 22, 7))  # letters in a line, size, lines that fit
_FRAME = Markup(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 400" width="300" height="400">'
    '<rect width="300" height="400" fill="hsl({paper})"/>'
    '<rect width="14" height="400" fill="hsl({spine})"/>'
    '<rect x="24" y="36" width="56" height="4" fill="hsl({rule})"/>{words}</svg>'
)
_PLAY = Markup(
    '<circle cx="150" cy="318" r="24" fill="#fff" fill-opacity=".18"/><path d="M143 306l20 12-20 12z" fill="#fff"/>'
)


def drawn_cover(product: Product) -> str:
    """An SVG document without anything that could run or be fetched."""
    hue = int(hashlib.sha256(product.product_id.encode()).hexdigest()[:6], 16) % 360
    title = " ".join(harmless(product.title).split())
    lines, size = _lines(title)
    wide = _is_wide(title)
    text = Markup("").join(
        Markup('<text x="24" y="{}">{}</text>').format(84 + number * size * 1.18, line)
        for number, line in enumerate(lines)
    )
    author = " ".join(harmless(", ".join(product.metadata.authors[:2])).split())
    short = author if len(author) <= 34 else f"{author[:33]}…"
    words = Markup(
        '<g font-family="{family}" font-size="{size}" font-weight="600" fill="#fff">{text}</g>{play}'
        '<text x="24" y="372" font-family="system-ui, sans-serif" font-size="14" fill="#fff" fill-opacity=".85">'
        "{author}</text>"
    ).format(
        family="system-ui, sans-serif" if wide else "Palatino, 'Palatino Linotype', P052, Georgia, serif",
        size=size,
        text=text,
        play=_PLAY if product.kind is not ProductKind.BOOK else "",
        author=short,
    )
    return _FRAME.format(
        paper=f"{hue} 38% 32%", spine=f"{hue} 40% 24%", rule=f"{(hue + 40) % 360} 55% 72%", words=words
    )


def words_digest(product: Product) -> str:
    """Changes with the words of a drawn cover: a page keeps showing what it once fetched from an address."""
    words = "\0".join((product.title, *product.metadata.authors[:2]))
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def neutral_cover() -> str:
    """The cover of what is not in the library, or no longer: it tells nothing."""
    return _FRAME.format(paper="0 0% 46%", spine="0 0% 38%", rule="0 0% 72%", words="")


def _lines(title: str) -> tuple[list[str], int]:
    """The title in lines, in the largest letters in which all of it fits."""
    for across, size, most in _SIZES:
        lines = list(_wrapped(title, across // 2 if _is_wide(title) else across))
        is_broken = not _is_wide(title) and max(map(len, title.split()), default=0) > across
        if len(lines) <= most and not is_broken and size * 1.18 * len(lines) < 250:
            return lines, size
    across, size, most = _SIZES[-1]
    lines = list(_wrapped(title, across // 2 if _is_wide(title) else across))
    if len(lines) <= most:  # a word had to be broken
        return lines, size
    return [*lines[: most - 1], f"{lines[most - 1]} …"], size


def _wrapped(title: str, across: int) -> Iterator[str]:
    yield from wrap(title, across, break_long_words=True) or [""]


def _is_wide(title: str) -> bool:
    """Whether most letters are as wide as high, as Chinese ones are."""
    return sum(character > "\u2e7f" for character in title) > len(title) / 2
