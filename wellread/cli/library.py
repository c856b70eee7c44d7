"""`ls`, `show`, `search` and `read`."""

import asyncio
from collections.abc import Sequence

from rich.console import Group
from rich.table import Table
from rich.text import Text

from wellread.cli.add import start_embedding
from wellread.cli.output import command_name, console, print_json
from wellread.content import BlockKind, PlacedBlock, Product, place_label
from wellread.engine import Wellread
from wellread.library.open_anchor import OpenedPlace
from wellread.library.scope import describe
from wellread.wire.library import ProductView, SectionEntry

_NARROW = 16  # characters that a collection has in any case
_COLUMNS = ("id", "title", "authors", "kind", "words", "collection")


async def list_products(*, collection: str, limit: int | None, offset: int, as_json: bool) -> int:
    """Prints them as they come: those of a large library are not waited for."""
    widths: list[int] = []  # of the columns, as the first page has them
    is_listed = False
    async with Wellread() as library:
        for products in library.titles.pages(collection=collection, offset=offset, limit=limit):
            if as_json:
                for product in products:
                    print_json(ProductView.of_product(product).model_dump(mode="json"))
            else:
                rows = [_row(product) for product in products]
                widths = widths or [max(map(len, column)) for column in zip(_COLUMNS, *rows, strict=True)]
                console.print(_table(rows, widths, header=not is_listed))
            is_listed = True
        total = await asyncio.to_thread(library.titles.count)
    if not total and not as_json:
        console.print(
            f"The library is empty. Add something: {command_name()} add PATH, or try: {command_name()} demo"
        )
    elif not is_listed and not as_json:
        console.print(f"None of the {total:,} titles of the library is among these.")
    return 0


def _row(product: Product) -> tuple[str, ...]:
    return (
        product.product_id,
        product.title,
        ", ".join(product.metadata.authors),
        product.kind.value,
        f"{product.words:,}",
        product.collection,
    )


def _table(rows: Sequence[Sequence[str]], widths: Sequence[int], *, header: bool) -> Table:
    """A piece of a table whose columns are as wide as those of the first, where they can be."""
    table = Table(box=None, pad_edge=False, show_header=header)
    table.add_column("id", no_wrap=True, min_width=widths[0])  # to be copied
    for name, width in zip(_COLUMNS[1:4], widths[1:4], strict=True):
        table.add_column(name, overflow="fold", min_width=width if name == "kind" else None)
    table.add_column("words", justify="right", min_width=widths[4])
    table.add_column("collection", min_width=min(widths[5], _NARROW))
    for row in rows:
        table.add_row(*map(Text, row))
    return table


async def show(product_id: str, *, as_json: bool) -> int:
    async with Wellread() as library:
        product = await library.product(product_id)
        contents = await library.contents(product_id)
        warnings = library.titles.warnings(product)
    if as_json:
        print_json(
            {
                **ProductView.of_product(product).model_dump(mode="json"),
                "warnings": warnings,
                "contents": [SectionEntry.of(section).model_dump(mode="json") for section in contents],
            }
        )
        return 0
    metadata = product.metadata
    console.print(Text(product.title, style="bold"))
    rows = {
        "subtitle": metadata.subtitle,
        "authors": ", ".join(metadata.authors),
        "contributors": ", ".join(metadata.contributors),
        "publisher": metadata.publisher,
        "date": metadata.date,
        "language": metadata.language,
        "series": " ".join(filter(None, (metadata.series, metadata.series_index))),
        "identifiers": ", ".join(metadata.identifiers),
        "topics": ", ".join(metadata.topics),
        "rights": metadata.rights,
        "id": product.product_id,
        "kind": f"{product.kind.value} ({product.format})",
        "collection": product.collection,
        "size": f"{product.words:,} words, {product.passages:,} passages",
        "description": metadata.description,
    }
    for name, value in rows.items():
        if value:
            console.print(Text(f"{name:>13}  {value}"))
    for warning in warnings:
        console.print(Text(f"{'note':>13}  {warning}", style="yellow"))
    console.print("\nContents", style="bold")
    for section in contents:
        console.print(Text("  " * (len(section.path) - 1) + section.title))
    return 0


async def search(questions: Sequence[str], *, product_ids: Sequence[str], limit: int, as_json: bool) -> int:
    async with Wellread() as library:
        cells = await library.search(questions, product_ids=product_ids, limit=limit)
        if await library.vectors_wait():
            start_embedding()
    for cell in cells:
        if as_json:
            print_json(cell.model_dump(mode="json"))
            continue
        console.print(Text(f"\n{cell.question} — {cell.title} (best match {cell.best:.2f})", style="bold"))
        if not cell.found:
            console.print("  nothing above the floor", style="dim")
        for finding in cell.found:
            place = f" · {finding.place}" if finding.place else ""
            console.print(
                Text(f"  {finding.section}{place} · {finding.score:.2f}\n  {finding.anchor}", style="dim")
            )
            console.print(Text(f"  {' '.join(finding.text.split())}"))
    if not cells and not as_json:
        console.print("No title of the library fits.")
    return 0


async def read(anchor: str, *, around: int, as_json: bool) -> int:
    async with Wellread() as library:
        place = await library.read(anchor)
    if as_json:
        print_json(place.view(around).model_dump(mode="json"))
        return 0
    label = f", {place.label}" if place.label else ""
    console.print(
        Text(f"{describe(place.product.title, ' › '.join(place.section.path))}{label}", style="bold")
    )
    notes = {
        "moved": "This title was added anew since; the same words are now here.",
        "changed": "This title was changed since; these words are the nearest to those quoted.",
        "superseded": "This title was changed since and no longer has these words; this is the earlier text.",
    }
    if place.state in notes:
        console.print(notes[place.state], style="yellow")
    console.print()
    console.print(Group(*[_block(placed, place) for placed in place.around(around, around)]))
    return 0


def _block(placed: PlacedBlock, place: OpenedPlace) -> Text:
    """A block as text, the part that the anchor names marked: highlighted on a terminal, «» elsewhere."""
    block = placed.block
    text = Text()
    if block.kind is BlockKind.LIST_ITEM:
        text.append("  " * (block.level - 1) + f"{block.marker or '•'} ")
    if block.kind is BlockKind.CUE:
        speaker = getattr(block.origin, "speaker", "")
        text.append(f"{place_label(block)} {speaker + ': ' if speaker else ''}", style="dim")
    start = max(0, place.anchor.start - placed.start)
    end = min(len(block.text), place.anchor.end - placed.start)
    style = "bold" if block.kind is BlockKind.HEADING else ""
    if placed in place.blocks and start < end:
        marks = ("", "") if console.is_terminal else ("«", "»")
        text.append(block.text[:start], style=style)
        text.append(f"{marks[0]}{block.text[start:end]}{marks[1]}", style="black on yellow")
        text.append(block.text[end:], style=style)
    else:
        text.append(block.text, style=style)
    text.append("\n")
    return text
