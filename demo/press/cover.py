"""A cover drawn in SVG: the title over two overlapping discs, in colours that follow from the slug."""

import textwrap
from xml.sax.saxutils import escape
from zlib import crc32

from press.source import Metadata

WIDTH, HEIGHT = 1200, 1600
# Ground, larger disc, smaller disc, lettering.
PALETTES = (
    ("#1f3d4a", "#d9a441", "#7fa7a0", "#f7f3e8"),
    ("#f2ead8", "#c4553b", "#2f5d62", "#2a2622"),
    ("#3b2f4a", "#c98a6b", "#8fa3c7", "#f6f0ea"),
)


def draw_cover(metadata: Metadata) -> bytes:
    """Draw the cover. The words stand in it as text, so that they can be read out and searched."""
    ground, large, small, ink = PALETTES[crc32(metadata.slug.encode()) % len(PALETTES)]
    title = _lines(textwrap.wrap(metadata.title, 8), top=300, step=170, size=160, weight="bold")
    subtitle = _lines(textwrap.wrap(metadata.subtitle, 30), top=660, step=70, size=54, weight="normal")
    authors = _lines([", ".join(metadata.authors)], top=1480, step=0, size=48, weight="normal")
    return f"""<?xml version="1.0" encoding="utf-8"?>
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">
<title>{escape(metadata.title)}</title>
<rect width="{WIDTH}" height="{HEIGHT}" fill="{ground}"/>
<circle cx="470" cy="1110" r="270" fill="{large}"/>
<circle cx="760" cy="1110" r="200" fill="{small}" fill-opacity="0.85"/>
<g fill="{ink}" font-family="Georgia, 'Times New Roman', serif">
{title}{subtitle}{authors}</g>
</svg>
""".encode()


def _lines(lines: list[str], *, top: int, step: int, size: int, weight: str) -> str:
    font = f'font-size="{size}" font-weight="{weight}"'
    return "".join(
        f'<text x="110" y="{top + step * number}" {font}>{escape(line)}</text>\n'
        for number, line in enumerate(lines)
    )
