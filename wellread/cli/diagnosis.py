"""`doctor`: versions, paths, counts, what waits, checksums, and what to do about each problem."""

import platform
import shutil
import sqlite3
from importlib.metadata import version

from rich.text import Text

from wellread import __version__
from wellread.cli.output import console, print_json
from wellread.engine import Wellread

_PACKAGES = ("lancedb", "fastembed", "onnxruntime", "pypdfium2", "lxml", "sqlalchemy", "pydantic")


async def doctor(*, full: bool, as_json: bool) -> int:
    async with Wellread() as library:
        index = await library.index(take_up=False)
        stats = await index.stats()
        catalog = library.catalog
        problems: list[dict[str, str]] = []
        if library.embedder_problem:
            problem = library.embedder_problem
            problems.append({"message": problem.message, "hint": problem.hint})
        integrity = library.database.check()
        if integrity != "ok":
            problems.append(
                {
                    "message": f"The catalog is damaged: {integrity}",
                    "hint": "Restore wellread.db from a backup.",
                }
            )
        files = catalog.files()
        missing = [f for _, f in files if not library.files.path(f.sha256).exists()]
        damaged = [f for _, f in files if full and f not in missing and library.files.damaged(f.sha256)]
        for file, what in [*((f, "missing") for f in missing), *((f, "damaged") for f in damaged)]:
            problems.append({"message": f"Source file {file.name} is {what}.", "hint": "Add it again."})
        to_index = catalog.to_index()
        if to_index:
            problems.append(
                {
                    "message": f"{len(to_index)} products wait to be indexed.",
                    "hint": "The next `wellread ask` or `wellread add` does it.",
                }
            )
        if stats.without_vectors and library.embedder:
            problems.append(
                {
                    "message": f"{stats.without_vectors:,} passages wait for vectors; keyword search has them.",
                    "hint": "`wellread embed` makes them now.",
                }
            )
        home = library.settings.home
        report: dict[str, object] = {
            "wellread": __version__,
            "python": platform.python_version(),
            "sqlite": sqlite3.sqlite_version,
            "packages": {name: version(name) for name in _PACKAGES},
            "home": str(home),
            "free_bytes": shutil.disk_usage(home).free,
            "embedder": library.embedder.name if library.embedder else "none (keyword search only)",
            "products": catalog.count(),
            "source_files": len(files),
            "passages": stats.rows,
            "passages_without_vectors": stats.without_vectors,
            "index_bytes": stats.size,
            "checksums": "all read and right"
            if full and not damaged and not missing
            else "not read (--full)",
            "problems": problems,
        }
    if as_json:
        print_json(report)
        return 1 if integrity != "ok" or missing or damaged else 0
    for name, value in report.items():
        if name == "problems":
            continue
        if isinstance(value, dict):
            value = ", ".join(f"{key} {number}" for key, number in value.items())
        console.print(
            Text(f"{name.replace('_', ' '):>26}  {f'{value:,}' if isinstance(value, int) else value}")
        )
    console.print()
    for problem_found in problems:
        console.print(Text(f"! {problem_found['message']} {problem_found['hint']}", style="yellow"))
    if not problems:
        console.print("No problems found.")
    return 1 if integrity != "ok" or missing or damaged else 0
