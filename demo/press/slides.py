"""The slides of a talk, drawn: the chapter above, title and bullets, and how far the talk has come below."""

import re
from functools import cache

from PIL import Image, ImageDraw, ImageFont

from press.source import Metadata
from press.talk import Slide

WIDTH, HEIGHT = 1280, 720
LEFT = 110
TEXT_WIDTH = 900
PAPER, INK, ACCENT, SECOND, FAINT = "#f7f3e8", "#2a2622", "#b5472f", "#2f5d62", "#8d867a"


def draw_title_card(metadata: Metadata) -> Image.Image:
    """Draw what is shown before the talk begins."""
    image, canvas = _blank(discs=(1010, 330, 190))
    canvas.text((LEFT, 220), metadata.title, INK, _font("Lato-Bold", 96))
    top = 350
    for line in _wrapped(metadata.subtitle, _font("Lato-Regular", 40), 640):
        canvas.text((LEFT, top), line, INK, _font("Lato-Regular", 40))
        top += 54
    canvas.text((LEFT, 610), ", ".join(metadata.authors), FAINT, _font("Lato-Regular", 28))
    return image


def draw_slide(title: str, chapter: str, slide: Slide, chapter_number: int, chapters: int) -> Image.Image:
    """Draw a slide of the talk called `title`; a slide without a title of its own shows the chapter's."""
    image, canvas = _blank(discs=(1140, 110, 58))
    canvas.text((LEFT, 92), chapter, ACCENT, _font("Lato-Regular", 28))
    top = 150
    for line in _wrapped(slide.title or chapter, _font("Lato-Bold", 62), TEXT_WIDTH):
        canvas.text((LEFT, top), line, INK, _font("Lato-Bold", 62))
        top += 76
    top += 40
    for bullet in slide.bullets:
        top = _draw_bullet(canvas, bullet, top)
    canvas.text((LEFT, 640), title, FAINT, _font("Lato-Regular", 22))
    _draw_progress(canvas, chapter_number, chapters)
    return image


def _blank(discs: tuple[int, int, int]) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """Give an empty slide with the two discs of the covers; `discs` is centre and radius of the larger."""
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    x, y, radius = discs
    # Drawn four times as large, for smooth edges.
    layer = Image.new("RGB", (WIDTH * 4, HEIGHT * 4), PAPER)
    both = ImageDraw.Draw(layer)
    small = radius * 3 // 4
    for centre, size, colour in ((x - radius // 2, radius, ACCENT), (x + radius // 2, small, SECOND)):
        box = ((centre - size) * 4, (y - size) * 4, (centre + size) * 4, (y + size) * 4)
        both.ellipse(box, fill=colour)
    image.paste(layer.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS))
    return image, ImageDraw.Draw(image)


def _draw_bullet(canvas: ImageDraw.ImageDraw, text: str, top: int) -> int:
    """Draw a bullet and give where the next one begins."""
    canvas.ellipse((LEFT + 2, top + 19, LEFT + 16, top + 33), fill=SECOND)
    font = _font("Lato-Regular", 42)
    for line in _wrapped(text, font, TEXT_WIDTH):
        canvas.text((LEFT + 46, top), line, INK, font)
        top += 54
    return top + 26


def _draw_progress(canvas: ImageDraw.ImageDraw, number: int, of: int) -> None:
    for each in range(of):
        left = WIDTH - LEFT - (of - each) * 44
        canvas.rectangle((left, 652, left + 34, 656), fill=ACCENT if each < number else "#d9d2c3")


def _wrapped(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    lines: list[str] = []
    for word in _typographic(text).split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _typographic(text: str) -> str:
    """Give the quotation marks and apostrophes that print has."""
    return re.sub(r'(^|[\s(])"', r"\1“", text).replace('"', "”").replace("'", "’")


@cache
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    """Find a font by its file's name among those that the system has."""
    return ImageFont.truetype(f"{name}.ttf", size)
