"""A section's blocks as HTML: paragraphs, lists, tables, listings, notes, figures, with the quoted words marked.

All text is escaped here, and nothing of a book is ever taken over as markup.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from markupsafe import Markup, escape

from wellread.content import BlockKind, PlacedBlock
from wellread.library.pictures.book_figures import Figure
from wellread.web.pages.code_html import parts

_ORDERED = re.compile(r"(\d{1,9})[.):]?")
_BULLETS = frozenset("•◦▪‣·*-–—○●■□")
_CELLS = " | "
_LOWEST = 6  # headings of HTML
_MOST_COLOURED = 30_000  # code points of listings whose parts are told; the others are plain


@dataclass(frozen=True, slots=True)
class MarkedRange:
    """Quoted words: code points of a section's text."""

    start: int
    end: int


@dataclass(slots=True)
class SectionHtml:
    """Blocks of one section, made in reading order; `words` are what to say for a printed page and a note.

    `top` is the level of the heading that stands above the blocks. Every block has the id `at-ORDINAL-START`; the first
    piece of the quote has the id `quote`.
    """

    ordinal: int
    quote: MarkedRange | None
    top: int
    page_words: str = "{page}"  # what a printed page is called
    tells_pages: bool = True
    figures: Mapping[int, Sequence[Figure]] = field(
        default_factory=dict
    )  # by the start of the block before them
    page: str = ""  # the printed page that was told last
    marked: bool = False
    coloured: int = 0  # code points of the listings whose parts were told
    _level: int = field(init=False)

    def __post_init__(self) -> None:
        self._level = self.top

    def blocks(self, placed: Iterable[PlacedBlock]) -> Markup:
        """The blocks one after the other, list items as lists."""
        made: list[Markup] = []
        for is_list, group in groupby(_grouped(placed), key=lambda pair: pair[0]):
            members = [member for _, member in group]
            if is_list:
                made.append(self._lists(members))
            else:
                made += [self._block(member) for member in members]
        return Markup("\n").join(made)

    def text(self, text: str, start: int) -> Markup:
        """Characters that begin at `start` of the section, the quoted ones marked."""
        if self.quote is None:
            return escape(text)
        first = min(max(self.quote.start - start, 0), len(text))
        last = min(max(self.quote.end - start, 0), len(text))
        if first >= last or not text[first:last].strip():
            return escape(text)
        quoted = Markup("<mark{}>{}</mark>").format(self._mark_id(), text[first:last])
        return escape(text[:first]) + quoted + escape(text[last:])

    def shown_figures(self, start: int) -> Markup:
        """The figures behind the block that begins at `start` (-1: those before all)."""
        return Markup("").join(map(_figure, self.figures.get(start, ())))

    def all_figures(self) -> Markup:
        return Markup("").join(map(self.shown_figures, sorted(self.figures)))

    def _mark_id(self) -> Markup:
        if self.marked:
            return Markup("")
        self.marked = True
        return Markup(' id="quote"')

    def _block(self, placed: PlacedBlock) -> Markup:
        block = placed.block
        attributes = self._attributes(placed)
        page = self._page(block.page)
        match block.kind:
            case BlockKind.HEADING:
                made = self._heading(placed, attributes, page)
            case BlockKind.CODE:
                made = Markup(
                    '<div class="listing"{}>{}<pre tabindex="0"><code>{}</code></pre></div>'
                ).format(attributes, page, self._code(placed))
            case BlockKind.TABLE:
                made = Markup('<div class="table" tabindex="0" role="region"{}{}>{}{}</div>').format(
                    attributes,
                    Markup(' aria-label="{}"').format(block.text[:60].partition("\n")[0]),
                    page,
                    self._table(placed),
                )
            case BlockKind.FOOTNOTE:
                made = self._note(placed, attributes, page)
            case BlockKind.CAPTION:
                made = Markup('<p class="caption"{}>{}{}</p>').format(attributes, page, self._plain(placed))
            case _:
                made = Markup("<p{}>{}{}</p>").format(attributes, page, self._plain(placed))
        return made + self.shown_figures(placed.start)

    def _attributes(self, placed: PlacedBlock) -> Markup:
        return Markup(' id="at-{}-{}"').format(self.ordinal, placed.start)

    def _plain(self, placed: PlacedBlock) -> Markup:
        return self.text(placed.block.text, placed.start)

    def _page(self, label: str) -> Markup:
        """The number of the printed page that begins with a block."""
        if not self.tells_pages or not label or label == self.page:
            return Markup("")
        self.page = label
        return Markup('<span class="page-number" role="doc-pagebreak" aria-label="{}">{}</span>').format(
            self.page_words.format(page=label), label
        )

    def _heading(self, placed: PlacedBlock, attributes: Markup, page: Markup) -> Markup:
        level = min(self._level + 1, max(self.top + 1, placed.block.level + self.top - 1), _LOWEST)
        self._level = level
        return Markup("<h{0}{1}>{2}{3}</h{0}>").format(level, attributes, page, self._plain(placed))

    def _note(self, placed: PlacedBlock, attributes: Markup, page: Markup) -> Markup:
        marker = (
            Markup('<span class="marker">{}</span> ').format(placed.block.marker)
            if placed.block.marker
            else ""
        )
        return Markup('<div class="footnote" role="note"{}>{}{}{}</div>').format(
            attributes, page, marker, self._plain(placed)
        )

    def _code(self, placed: PlacedBlock) -> Markup:
        block, made = placed.block, []
        is_told = self.coloured + len(block.text) <= _MOST_COLOURED
        told = list(parts(block.text, block.language if is_told else ""))
        self.coloured += len(block.text) if len(told) > 1 else 0
        for start, kind, value in told:
            shown = self.text(value, placed.start + start)
            made.append(Markup('<span class="{}">{}</span>').format(kind, shown) if kind else shown)
        return Markup("").join(made)

    def _table(self, placed: PlacedBlock) -> Markup:
        at, rows = placed.start, []
        lines = placed.block.text.split("\n")
        for number, line in enumerate(lines):
            cells = []
            name = "th" if number == 0 and len(lines) > 1 else "td"
            scope = Markup(' scope="col"') if name == "th" else ""
            for cell in line.split(_CELLS):
                shown = self.text(cell, at) if cell != "—" else ""
                # An empty heading says nothing: a plain cell.
                tag, its = (name, scope) if shown or name == "td" else ("td", "")
                cells.append(Markup("<{0}{1}>{2}</{0}>").format(tag, its, shown))
                at += len(cell) + len(_CELLS)
            at += 1 - len(_CELLS)
            rows.append(Markup("<tr>{}</tr>").format(Markup("").join(cells)))
        head = Markup("<thead>{}</thead>").format(rows[0]) if len(rows) > 1 else ""
        body = rows[1:] if len(rows) > 1 else rows
        return Markup("<table>{}<tbody>{}</tbody></table>").format(head, Markup("\n").join(body))

    def _lists(self, members: Sequence[PlacedBlock]) -> Markup:
        """List items, with the notes that follow them, as lists in lists. Levels that are left out are passed over."""
        made: list[Markup] = []
        open_lists: list[tuple[int, str]] = []  # level and element; an item of each is open
        for placed in members:
            if placed.block.kind is BlockKind.FOOTNOTE:
                made.append(self._block(placed))
                continue
            level, (element, its, value, marker) = placed.block.level, _style(placed.block.marker)
            while open_lists and open_lists[-1][0] > level:
                made.append(Markup("</li></{}>").format(Markup(open_lists.pop()[1])))
            if open_lists and open_lists[-1][0] == level and open_lists[-1][1] != element:
                made.append(Markup("</li></{}>").format(Markup(open_lists.pop()[1])))
            if open_lists and open_lists[-1][0] == level:
                made.append(Markup("</li>"))
            else:
                made.append(Markup("<{}{}>").format(Markup(element), its))
                open_lists.append((level, element))
            made.append(
                Markup("<li{}{}>{}{}{}").format(
                    value,
                    self._attributes(placed),
                    self._page(placed.block.page),
                    marker,
                    self._plain(placed),
                )
            )
            made.append(self.shown_figures(placed.start))
        made += [Markup("</li></{}>").format(Markup(element)) for _, element in reversed(open_lists)]
        return Markup("").join(made)


def _figure(figure: Figure) -> Markup:
    return Markup(
        '<figure><img src="{}" alt="{}" width="{}" height="{}" loading="lazy" decoding="async"></figure>'
    ).format(figure.address, figure.alt, figure.width, figure.height)


def _grouped(placed: Iterable[PlacedBlock]) -> Iterable[tuple[bool, PlacedBlock]]:
    """Each block with whether it belongs to a list: an item, or a note to an item."""
    inside = False
    for one in placed:
        kind = one.block.kind
        inside = kind is BlockKind.LIST_ITEM or (inside and kind is BlockKind.FOOTNOTE)
        yield inside, one


def _style(marker: str) -> tuple[str, Markup, Markup, Markup]:
    """The element of a list with such a marker, the list's attributes, the item's, and what stands before its text."""
    number = _ORDERED.fullmatch(marker)
    if number:
        return "ol", Markup(""), Markup(' value="{}"').format(int(number[1])), Markup("")
    if not marker or marker in _BULLETS:
        return "ul", Markup(""), Markup(""), Markup("")
    told = Markup('<span class="marker">{}</span> ').format(marker)
    return "ul", Markup(' class="own-marks"'), Markup(""), told
