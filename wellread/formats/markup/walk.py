"""The flow of a page: its tree, read once from top to bottom, as drafts of blocks with the place each comes
from.

White space is what a browser would show: inline elements neither add nor eat a space, a block element ends
a block. Nothing here recurses, so that no depth of nesting is too deep.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from wellread.content import BlockKind, SectionRole
from wellread.formats.markup.block_drafts import (
    LINE,
    Definitions,
    Draft,
    DraftRange,
    Flow,
    RoleRange,
    lines,
    listing,
    one_line,
)
from wellread.formats.markup.element_path import Trail
from wellread.formats.markup.elements import (
    Display,
    Displays,
    Meaning,
    heading_level,
    is_plain,
    programming_language,
    says_nothing,
)
from wellread.formats.markup.hidden import is_hidden
from wellread.formats.markup.list_markers import BULLET, ListNumbering
from wellread.formats.markup.mathml import linear
from wellread.formats.markup.printed_pages import PrintedPages, Watch
from wellread.formats.markup.tables import Grid, is_layout
from wellread.formats.markup.text_run import RunLinks, TextRun

_INLINE = (Display.INLINE, Display.BREAK, Display.IMAGE, Display.MATH)


@dataclass(slots=True)
class _Context:
    """What a run of text becomes. `part`: the term or definition that it belongs to."""

    kind: BlockKind = BlockKind.PARAGRAPH
    level: int = 0
    marker: str = ""
    language: str = ""
    part: Display | None = None


@dataclass(slots=True)
class _Frame:
    """An open block element. `emitted`: how many drafts there were when it opened; `before`: the context
    then."""

    display: Display
    depth: int
    emitted: int
    before: _Context
    role: SectionRole = SectionRole.BODY
    identifiers: tuple[str, ...] = ()
    figure: list[Draft] | None = None  # descriptions of its images, until its caption is known
    table: Draft | None = None


def read(
    root: Any,
    *,
    pages: Mapping[str, str] | None = None,
    watched: Mapping[Any, Watch] | None = None,
    page: str = "",
    left_out: frozenset[str] = frozenset(),
) -> Flow:
    """Read the page whose root element is `root`.

    `pages` maps ids to labels of printed pages, `page` is the label current before it. Elements with a
    class, id or role among `left_out` are skipped.
    """
    return _Walk(pages or {}, watched or {}, page, left_out).walk(root)


class _Walk:
    def __init__(
        self, pages: Mapping[str, str], watched: Mapping[Any, Watch], page: str, left_out: frozenset[str]
    ) -> None:
        self.flow = Flow()
        self.drafts = self.flow.drafts
        self.pages = PrintedPages(pages, page)
        self.watched, self.left_out = watched, left_out
        self.displays = Displays()
        self.trail = Trail()
        self.opened = self.trail.opened
        self.fragment = ""
        self.frames: list[_Frame] = []
        self.lists: list[ListNumbering] = []
        self.context = _Context()
        self.grid: Grid | None = None
        self.grid_links = RunLinks()
        # The depth of the heading or cell that is open: its text is one line, whatever stands in it.
        self.flat = 0
        self.pre = 0  # depth of the listing that is open
        self.figures = 0  # open
        self.definitions = Definitions(self.drafts)
        self.run = TextRun()

    def walk(self, root: Any) -> Flow:
        displays, watched = self.displays, self.watched
        trail, opened = self.trail, self.opened
        skipped = None
        walker = etree.iterwalk(root, events=("start", "end"))
        for event, element in walker:
            if event == "start":
                trail.enter(element)
                display = displays[element.tag]
                if display is Display.INLINE and not watched and is_plain(element):
                    self.open_inline(element)
                elif not self.open(element, display):
                    skipped = element
                    walker.skip_subtree()
            else:
                if element is not skipped:
                    self.close(element)
                trail.leave()
                if opened and (tail := element.tail):
                    self.add(tail)
        self.end_run()
        self.definitions.settle()
        self.flow.page = self.pages.current
        return self.flow

    # Elements

    def open(self, element: Any, display: Display) -> bool:
        """Take note of an element; whether what it holds is read."""
        attributes = dict(element.items())
        meaning = Meaning.of(attributes)
        if display is Display.PAGE_NUMBER or meaning.is_page_break:
            only_number = self.pages.at_break(element, attributes)
            self.note(element, attributes, whole=False)
            if not only_number:
                self.open_inline(element)
            return not only_number
        block = display not in _INLINE
        if display is Display.LEFT_OUT or (attributes and self.is_left_out(element, attributes, meaning)):
            if block and display is not Display.LEFT_OUT and not self.flat:
                self.end_run()
            self.note(element, attributes, whole=False)
            return False
        if block:
            self.open_block(element, display, attributes, meaning)
            return True
        if attributes or self.watched:
            self.note(element, attributes, whole=False)
        if display is Display.INLINE:
            href = attributes.get("href")
            if href is not None and not self.pre and element.tag.endswith("a"):
                self.run.open_link(len(self.opened), href, meaning.link)
            self.open_inline(element)
        elif display is Display.BREAK:
            self.run.pieces.append(LINE)
        elif display is Display.IMAGE:
            self.add_image(attributes)
        else:
            self.add(f" {linear(element)} " if attributes.get("display") == "block" else linear(element))
            return False
        return True

    def is_left_out(self, element: Any, attributes: Mapping[str, str], meaning: Meaning) -> bool:
        unwanted = self.left_out
        return (
            meaning.is_noise
            or not unwanted.isdisjoint(meaning.classes)
            or not unwanted.isdisjoint(meaning.words)
            or attributes.get("id") in unwanted
            or is_hidden(attributes, element)
        )

    def open_inline(self, element: Any) -> None:
        if element.tag.endswith("sup"):
            self.run.open_superscript(len(self.opened))
        if text := element.text:
            self.add(text)

    def open_block(
        self, element: Any, display: Display, attributes: Mapping[str, str], meaning: Meaning
    ) -> None:
        if self.flat:
            self.run.pieces.append("; " if display is Display.ROW else " ")
            self.note(element, attributes, whole=False)
            self.add(element.text or "")
            return
        self.end_run()
        if self.grid is not None and display in (Display.TABLE_PART, Display.ROW):
            self.grid.open(element, display)
            self.note(element, attributes, whole=False)
            return
        frame = _Frame(display, len(self.opened), len(self.drafts), self.context, meaning.role)
        self.frames.append(frame)
        frame.identifiers = self.note(element, attributes, whole=display is not Display.CELL)
        self.enter(element, frame, attributes, meaning)
        if (text := element.text) and display is not Display.TABLE:
            self.add(text)

    def enter(self, element: Any, frame: _Frame, attributes: Mapping[str, str], meaning: Meaning) -> None:
        """Set what the text of a block element becomes."""
        display, level = frame.display, max(len(self.lists), 1)
        in_figure = self.figures > 0
        heading = heading_level(element, attributes, display, meaning)
        if heading:
            titled = in_figure and (heading > 3 or meaning.is_title)
            self.context = _Context(BlockKind.CAPTION) if titled else _Context(BlockKind.HEADING, heading)
            self.flat = frame.depth
        elif display is Display.CAPTION or meaning.is_caption or (in_figure and meaning.is_title):
            self.context = _Context(BlockKind.CAPTION)
        elif display is Display.PRE:
            self.context = _Context(BlockKind.CODE, language=self.language(element))
            self.pre = self.pre or frame.depth
        elif meaning.is_code and element.tag.endswith("p"):
            self.context = _Context(BlockKind.CODE)
        elif display is Display.LIST:
            self.lists.append(ListNumbering.of(element))
        elif display is Display.ITEM:
            self.context = _Context(
                BlockKind.LIST_ITEM, level, self.lists[-1].marker(element) if self.lists else BULLET
            )
        elif display in (Display.TERM, Display.DEFINITION):
            marker, self.context.marker = self.context.marker, ""
            self.context = _Context(BlockKind.LIST_ITEM, level, marker, part=display)
        elif display is Display.TABLE and self.grid is None and not is_layout(element, self.displays):
            self.grid, self.grid_links = Grid(), RunLinks()
            frame.table = self.draft_here(self.trail.to_element(frame.depth))
        elif display is Display.CELL and self.grid is not None:
            self.flat = frame.depth
            self.run.linked = self.grid_links
        if meaning.is_note:
            self.context = _Context(BlockKind.FOOTNOTE, marker=self.context.marker)
        if meaning.is_figure or element.tag.endswith("figure"):
            frame.figure = []
            self.figures += 1

    def close(self, element: Any) -> None:
        depth = len(self.opened)
        if self.frames and self.frames[-1].depth == depth:
            self.close_block(self.frames[-1], element)
        elif (
            not self.run.close(depth, plain=self.pre > 0)
            and self.flat
            and self.displays[element.tag] not in (Display.INLINE, Display.LEFT_OUT)
        ):
            self.run.pieces.append(" ")

    def close_block(self, frame: _Frame, element: Any) -> None:
        if self.grid is not None and frame.display is Display.CELL:
            self.grid.cell(one_line(self.run.text()), element.attrib)
            self.run.clear()
        else:
            self.end_run()
        if frame.table is not None and self.grid is not None:
            self.close_table(frame.table, self.grid)
        if frame.display is Display.LIST:
            self.definitions.settle()
            self.lists.pop()
        if frame.figure is not None:
            self.figures -= 1
            self.close_figure(frame)
        if self.flat == frame.depth:
            self.flat = 0
        if self.pre == frame.depth:
            self.pre = 0
        self.context = frame.before
        self.frames.pop()
        end = len(self.drafts)
        for identifier in frame.identifiers:
            place = self.flow.places[identifier]
            if end > place.end and place.start == frame.emitted:
                self.flow.places[identifier] = DraftRange(place.start, end, place.whole)
        if frame.role is not SectionRole.BODY and end > frame.emitted:
            self.flow.roles.append(RoleRange(frame.emitted, end, frame.role))

    def close_table(self, draft: Draft, grid: Grid) -> None:
        self.grid = None
        draft.kind, draft.text = BlockKind.TABLE, grid.text()
        self.grid_links.give(draft)
        if draft.text:
            self.definitions.settle()
            self.drafts.append(draft)

    def close_figure(self, frame: _Frame) -> None:
        said = {
            word
            for draft in self.drafts[frame.emitted :]
            if draft.kind is BlockKind.CAPTION
            for word in draft.text.lower().split()
        }
        self.drafts += [
            image for image in frame.figure or () if not said.issuperset(image.text.lower().split())
        ]

    # Places

    def note(self, element: Any, attributes: Mapping[str, str], *, whole: bool) -> tuple[str, ...]:
        """Remember where the ids of an element are; turn the page if one begins there."""
        found = []
        if identifier := attributes.get("id"):
            found.append(identifier)
        if (name := attributes.get("name")) and name != identifier and element.tag.endswith("a"):
            found.append(name)
        if found:
            self.fragment = found[0]
        if self.watched and (watch := self.watched.get(element)):
            if watch.key:
                found.append(watch.key)
            self.pages.at_watched(watch)
        start = len(self.drafts)
        for identifier in found:
            self.flow.places.setdefault(identifier, DraftRange(start, start + 1, whole and not self.grid))
            self.pages.at_id(identifier)
        return tuple(found)

    def draft_here(self, steps: str) -> Draft:
        line = self.opened[-1].sourceline or 0
        return Draft(BlockKind.PARAGRAPH, "", steps, self.fragment, line, self.pages.current)

    def language(self, element: Any) -> str:
        around = self.opened[-3:]
        inside = element[0] if len(element) == 1 else element
        return next(
            filter(None, (programming_language(one.attrib) for one in (element, inside, *around))), ""
        )

    # Runs of text

    def add(self, text: str) -> None:
        if self.run.begun is None:
            if text.isspace() or not text:
                return
            frame = self.frames[-1] if self.frames else None
            if frame and frame.emitted == len(self.drafts):
                steps = self.trail.to_element(frame.depth)
            else:
                steps = self.trail.to_text()
            self.run.begun = self.draft_here(steps)
        self.run.pieces.append(text)

    def add_image(self, attributes: Mapping[str, str]) -> None:
        description = one_line(attributes.get("alt") or "")
        if says_nothing(description):
            return
        if self.flat or self.pre:
            self.add(f" {description} " if self.flat else description)
            return
        draft = self.draft_here(self.trail.to_element(len(self.opened)))
        draft.kind, draft.text = BlockKind.CAPTION, description
        self.run.add_image(draft)

    def end_run(self) -> None:
        """Make a draft of the text gathered so far."""
        run, context = self.run, self.context
        self.pages.after_run()
        if (draft := run.begun) is not None:
            raw = run.text()
            if context.kind is BlockKind.CODE and self.pre:
                draft.text = listing(raw)
            else:
                draft.text = one_line(raw) if context.kind is BlockKind.HEADING else lines(raw)
            if draft.text:
                draft.kind, draft.level, draft.marker = context.kind, context.level, context.marker
                draft.language = context.language
                run.linked.give(draft)
                context.marker = ""
                self.emit(draft, context.part)
        elif run.images:
            self.place_images()
        run.clear()

    def emit(self, draft: Draft, part: Display | None) -> None:
        if part is Display.TERM:
            self.definitions.term(draft)
        elif part is Display.DEFINITION and draft.kind is BlockKind.LIST_ITEM:
            self.definitions.definition(draft)
        else:
            self.definitions.settle()
            self.drafts.append(draft)

    def place_images(self) -> None:
        """Images without text beside them: their descriptions are captions, unless they say too little."""
        telling = [image for image in self.run.images if " " in image.text]
        figure = next((frame.figure for frame in reversed(self.frames) if frame.figure is not None), None)
        if figure is None:
            self.definitions.settle()
            self.drafts += telling
        else:
            figure += telling
