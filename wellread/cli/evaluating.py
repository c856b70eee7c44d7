"""`eval`: figures, as a table or as JSON."""

from pathlib import Path

from rich.table import Table

from wellread.cli.output import console, print_json
from wellread.evals.retrieval import evaluate


async def retrieval(folder: Path, *, as_json: bool) -> int:
    figures = await evaluate(folder)
    if as_json:
        print_json(figures)
        return 0
    table = Table(box=None, pad_edge=False)
    table.add_column("ranking")
    measures = list(next(iter(figures.values())))
    for measure in measures:
        table.add_column(measure, justify="right")
    for ranking, row in figures.items():
        table.add_row(ranking, *(f"{row[measure]:.3f}" for measure in measures))
    console.print(table)
    return 0
