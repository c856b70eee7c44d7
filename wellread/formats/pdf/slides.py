"""Slides: pages in landscape with few words, each with its title; steps that build one up are one slide."""

from collections.abc import Sequence
from itertools import groupby
from statistics import median

from wellread.content import BlockKind
from wellread.formats.pdf.paragraphs import Paragraph, Typography
from wellread.formats.pdf.segments import Sheet

_WORDS = 150


def is_slides(sheets: Sequence[Sheet]) -> bool:
    """Whether most pages are wider than high and hold few words."""
    landscape = sum(sheet.width > 1.15 * sheet.height for sheet in sheets)
    words = [sum(segment.text.count(" ") + 1 for segment in sheet.segments) for sheet in sheets]
    return len(sheets) >= 3 and landscape > 0.8 * len(sheets) and median(words) < _WORDS


def final_slides(paragraphs: Sequence[Paragraph]) -> list[Paragraph]:
    """Without those slides whose text the next one repeats and goes on with."""
    slides = [list(group) for _, group in groupby(paragraphs, key=lambda paragraph: paragraph.first.page)]
    texts = [[line.text.strip() for paragraph in slide for line in paragraph.lines] for slide in slides]
    kept: list[Paragraph] = []
    for number, slide in enumerate(slides):
        if number + 1 < len(slides) and _grows(texts[number], texts[number + 1]):
            continue
        kept += slide
    return kept


def slide_titles(paragraphs: Sequence[Paragraph], style: Typography) -> None:
    """Make the first paragraph of each slide a heading if it is set larger or bold."""
    for _, group in groupby(paragraphs, key=lambda paragraph: paragraph.first.page):
        slide = list(group)
        title = slide[0]
        stands_out = title.first.size > 1.1 * style.body or title.first.bold
        if title.kind is BlockKind.PARAGRAPH and len(title.lines) <= 3 and stands_out and len(slide) > 1:
            title.kind, title.level = BlockKind.HEADING, 2


def _grows(before: list[str], after: list[str]) -> bool:
    remaining = list(after)
    if not before or before[0] != after[0] or len(after) < len(before):
        return False
    for line in before:
        if line not in remaining:
            return False
        remaining.remove(line)
    return True
