"""`eval`: figures, as a table or as JSON."""

from pathlib import Path

from rich.table import Table

from wellread.cli.output import console, print_json, progress_console
from wellread.errors import UnavailableError
from wellread.evals.retrieval import evaluate
from wellread.index.choice import load_embedder
from wellread.settings import Settings


async def retrieval(folder: Path, *, as_json: bool) -> int:
    try:
        embedder = load_embedder(Settings.load())
    except UnavailableError as error:
        embedder = None
        progress_console.print(f"{error.message} {error.hint}", style="yellow")
    progress_console.print("Indexing the set and asking its queries; some 60 passages a second.", style="dim")
    figures = await evaluate(folder, embedder)
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
