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
from wellread.library.diagnosis import Diagnosis

_RECALL_QUESTIONS = 200
_PACKAGES = ("lancedb", "pylance", "fastembed", "onnxruntime", "pypdfium2", "lxml", "sqlalchemy", "pydantic")


@dataclass(frozen=True, slots=True)
class Symptom:
    """`serious`: something is lost or damaged, and the exit status says so; else it mends itself."""

    message: str
    hint: str
    serious: bool = False


async def doctor(*, full: bool, recall: bool, as_json: bool) -> int:
    async with Wellread() as library:
        found = await library.diagnose(full=full)
        measured = await (await library.index(take_up=False)).recall(_RECALL_QUESTIONS) if recall else None
        problems = _problems(library, found)
        report = _report(library, found)
    wrong = len(found.missing) + len(found.damaged)
    report["checksums"] = (
        "not read (--full)" if not full else f"{wrong} files wrong" if wrong else "all right"
    )
    if recall:
        report["vector_index_recall"] = (
            f"{measured.at_10:.3f} of the best ten, over {measured.questions} questions"
            if measured
            else "1: there is no vector index, every vector is compared"
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


def _report(library: Wellread, found: Diagnosis) -> dict[str, object]:
    home = library.settings.home
    return {
        "wellread": __version__,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "packages": {name: version(name) for name in _PACKAGES},
        "home": str(home),
        "database": found.place,
        "free_bytes": shutil.disk_usage(home).free,
        "embedder": library.embedder.name if library.embedder else "none (keyword search only)",
        "products": found.products,
        "source_files": found.source_files,
        "passages": found.index.rows,
        "passages_without_vectors": found.index.without_vectors,
        "by_vector_index": found.index.by_vector_index,
        "index_parts": found.index.parts,
        "index_bytes": found.index.size,
    }


def _problems(library: Wellread, found: Diagnosis) -> list[Symptom]:
    problems = []
    if library.embedder_problem:
        problems.append(Symptom(library.embedder_problem.message, library.embedder_problem.hint))
    if found.integrity != "ok":
        message = f"The catalog is damaged: {found.integrity}."
        problems.append(
            Symptom(message, "Put a backup in its place: wellread restore FILE --replace.", serious=True)
        )
    if found.to_index or not found.is_in_step:
        message = (
            f"{found.to_index} products wait to be indexed."
            if found.to_index
            else "Index and catalog do not agree."
        )
        problems.append(Symptom(message, "The next `wellread ask` or `wellread add` mends it."))
    if found.index.without_vectors and library.embedder:
        message = f"{found.index.without_vectors:,} passages wait for vectors; keyword search has them."
        problems.append(Symptom(message, "`wellread embed` makes them now."))
    for what, names in (("missing", found.missing), ("damaged", found.damaged)):
        problems += [
            Symptom(f"Source file {name} is {what}.", "Add it again.", serious=True) for name in names
        ]
    return problems
