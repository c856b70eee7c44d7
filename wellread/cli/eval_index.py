"""`eval index`: how well a title is searched, by its own index."""

from wellread.cli.output import console, print_json, print_table, progress_console
from wellread.engine import Wellread
from wellread.errors import BadRequestError
from wellread.evals.back_of_book import IndexFigures, TermFigures, measured_index


async def index(product_id: str, *, depths: str, limit: int | None, as_json: bool) -> int:
    """`depths` are numbers with commas between."""
    async with Wellread() as library:
        figures = await measured_index(library, product_id, depths=_numbers(depths), limit=limit)
        if as_json:
            print_json(figures.model_dump(mode="json"))
        else:
            _show(figures)
            for term in figures.worst:
                console.print(f"  {await _line(library, term)}", markup=False)
    if not figures.with_vectors:
        progress_console.print("Searched by keyword: not all passages have vectors.", style="yellow")
    return 0


def _numbers(text: str) -> list[int]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() for part in parts):
        raise BadRequestError(f"{text!r} is no list of numbers.", hint="For instance --k 5,10.")
    return [int(part) for part in parts]


def _show(figures: IndexFigures) -> None:
    pages = figures.targets - figures.by_link
    console.print(f"{figures.title}: {figures.entries} entries in its index", style="bold", markup=False)
    console.print(
        f"Measured: {figures.terms} terms with {figures.targets} targets"
        f" ({figures.by_link} by link, {pages} by printed page)",
        markup=False,
    )
    if figures.first_page > 1:
        console.print(
            f"Its file does not label its pages; printed page 1 is its page {figures.first_page},"
            " told by where the terms stand.",
            markup=False,
        )
    for why, count in figures.skipped.items():
        console.print(f"Left out: {count} that {why}", markup=False)
    print_table(
        ["recall", "terms", "targets"],
        ([f"@{row.k}", f"{row.terms:.3f}", f"{row.targets:.3f}"] for row in figures.recall),
    )
    console.print("The worst:", markup=False)


async def _line(library: Wellread, term: TermFigures) -> str:
    missed = [one for one, rank in zip(term.locators, term.ranks, strict=True) if rank is None]
    ranks = [rank for rank in term.ranks if rank is not None]
    says = [f"found at rank {min(ranks)}"] if ranks else []
    if missed:
        says.append(f"not found: {', '.join(missed)}")
    if not ranks and term.found_instead:
        says.append(f"first passage: {(await library.read(term.found_instead)).path}")
    return f"{term.term} ({'; '.join(says)})"
