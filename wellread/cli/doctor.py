"""`doctor`: versions, paths, counts, what waits, checksums, and what to do about each problem."""

import platform
import shutil
import sqlite3
from dataclasses import dataclass
from importlib.metadata import version

from rich.text import Text

from wellread import __version__
from wellread.cli.output import console, print_json
from wellread.engine import Wellread
from wellread.index.passages import IndexStats
from wellread.store.catalog.source_files import StoredFile

_PACKAGES = ("lancedb", "fastembed", "onnxruntime", "pypdfium2", "lxml", "sqlalchemy", "pydantic")


@dataclass(frozen=True, slots=True)
class Symptom:
    """`serious`: something is lost or damaged, and the exit status says so; else it mends itself."""

    message: str
    hint: str
    serious: bool = False


async def doctor(*, full: bool, as_json: bool) -> int:
    async with Wellread() as library:
        index = await library.index(take_up=False)
        stats = await index.stats()
        wrong = _wrong_files(library, full=full)
        problems = [*_problems(library, stats), *wrong]
        report = _report(library, stats)
    report["checksums"] = (
        "not read (--full)" if not full else f"{len(wrong)} files wrong" if wrong else "all right"
    )
    status = 1 if any(problem.serious for problem in problems) else 0
    if as_json:
        report["problems"] = [{"message": p.message, "hint": p.hint} for p in problems]
        print_json(report)
        return status
    for name, value in report.items():
        if isinstance(value, dict):
            value = ", ".join(f"{key} {number}" for key, number in value.items())
        shown = f"{value:,}" if isinstance(value, int) else value
        console.print(Text(f"{name.replace('_', ' '):>26}  {shown}"))
    console.print()
    for problem in problems:
        console.print(
            Text(f"! {problem.message} {problem.hint}", style="red" if problem.serious else "yellow")
        )
    if not problems:
        console.print("No problems found.")
    return status


def _report(library: Wellread, stats: IndexStats) -> dict[str, object]:
    home = library.settings.home
    return {
        "wellread": __version__,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "packages": {name: version(name) for name in _PACKAGES},
        "home": str(home),
        "database": library.database.place,
        "free_bytes": shutil.disk_usage(home).free,
        "embedder": library.embedder.name if library.embedder else "none (keyword search only)",
        "products": library.catalog.count(),
        "source_files": len(library.catalog.files()),
        "passages": stats.rows,
        "passages_without_vectors": stats.without_vectors,
        "index_bytes": stats.size,
    }


def _problems(library: Wellread, stats: IndexStats) -> list[Symptom]:
    found = []
    if library.embedder_problem:
        found.append(Symptom(library.embedder_problem.message, library.embedder_problem.hint))
    integrity = library.database.check()
    if integrity != "ok":
        message = f"The catalog is damaged: {integrity}."
        found.append(
            Symptom(message, "Put a backup in its place: wellread restore FILE --replace.", serious=True)
        )
    to_index = len(library.catalog.to_index())
    if to_index or stats.rows != library.catalog.passages():
        message = (
            f"{to_index} products wait to be indexed." if to_index else "Index and catalog do not agree."
        )
        found.append(Symptom(message, "The next `wellread ask` or `wellread add` mends it."))
    if stats.without_vectors and library.embedder:
        message = f"{stats.without_vectors:,} passages wait for vectors; keyword search has them."
        found.append(Symptom(message, "`wellread embed` makes them now."))
    return found


def _wrong_files(library: Wellread, *, full: bool) -> list[Symptom]:
    """The source files that are missing or, if their bytes are read (`full`), damaged."""

    def wrong(file: StoredFile) -> str:
        if not library.files.path(file.sha256).exists():
            return "missing"
        return "damaged" if full and library.files.damaged(file.sha256) else ""

    return [
        Symptom(f"Source file {file.name} is {what}.", "Add it again.", serious=True)
        for _, file in library.catalog.files()
        if (what := wrong(file))
    ]
