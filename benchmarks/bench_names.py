"""What questions name among many titles: false names, true ones, and what telling them apart costs.

    python benchmarks/bench_names.py TITLES.jsonl QUESTIONS.txt [--sizes 1000,10000,60000] [--named 300] [--show]

TITLES.jsonl is what `large_catalog.py` reads. QUESTIONS.txt holds a question a line, none of which means a title:
counted are those whose scope a title closes (nothing else is searched), and those that a title is searched for besides.
Then questions are made that do name one, drawn from the catalogue, in five ways; counted is whether the title is in
scope, whether the scope is closed, and whether on that title alone. Processor time, in milliseconds, is that of
`scope_of`.
"""

import argparse
import gc
import json
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from large_catalog import described, fill

from wellread.content import Metadata
from wellread.library.scope import Scope, scope_of
from wellread.store.catalog.catalog import Catalog
from wellread.store.database.database import Database

WAYS = (
    "What does {title} say about testing?",
    "What is said about testing in {title}?",
    "In the book “{title}”, how is testing done?",
    "what does {lower} say about testing",
    "Compare {title} with what others say about testing.",
)
_SMALL_LIBRARY = 5

_T = TypeVar("_T")


class Clock:
    """The processor time of calls, each in milliseconds."""

    def __init__(self) -> None:
        self._spent: list[float] = []

    def time(self, work: Callable[[], _T]) -> _T:
        began = time.process_time()
        result = work()
        self._spent.append(1000 * (time.process_time() - began))
        return result

    def figures(self) -> dict[str, float]:
        spent = sorted(self._spent)
        last = len(spent) - 1
        figures = {"median": statistics.median(spent), "p95": spent[round(0.95 * last)], "most": spent[last]}
        return {name: round(value, 1) for name, value in figures.items()}


def ordinary(catalog: Catalog, questions: Sequence[str], *, show: bool) -> dict[str, object]:
    """What questions name that name nothing."""
    clock, counts = Clock(), Counter[str]()
    for question in questions:
        scope = clock.time(lambda question=question: _scope(catalog, question))  # type: ignore[misc]  # a default argument of a lambda
        if not scope.entries:
            continue
        found = "doubtful" if scope.outside else "closed"
        counts[found] += 1
        if show:
            print(f"{found}: {question} → {', '.join(entry.title for entry in scope.entries)}")
    return {
        "asked": len(questions),
        "closed on a false name": counts["closed"],
        "a doubtful one searched besides": counts["doubtful"],
        "cpu_ms": clock.figures(),
    }


def naming(catalog: Catalog, titles: Sequence[Metadata], *, show: bool) -> dict[str, object]:
    """What questions name that name a title."""
    clock, ways = Clock(), {}
    for way in WAYS:
        counts = Counter[str]({"asked": 0, "in scope": 0, "closed": 0, "alone": 0})
        for metadata in titles:
            question = way.format(title=metadata.title, lower=metadata.title.lower())
            scope = clock.time(lambda question=question: _scope(catalog, question))  # type: ignore[misc]  # as above
            found = [entry.product_id for entry in scope.entries]
            is_found = metadata.product_id in found
            counts["asked"] += 1
            counts["in scope"] += is_found
            counts["closed"] += is_found and not scope.outside
            counts["alone"] += found == [metadata.product_id] and not scope.outside
            if show and not is_found:
                print(f"missed: {question}")
        ways[way] = dict(counts)
    return {**ways, "cpu_ms": clock.figures()}


def _scope(catalog: Catalog, question: str) -> Scope:
    return scope_of(catalog, question, small_library=_SMALL_LIBRARY)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("titles", type=Path)
    arguments.add_argument("questions", type=Path)
    arguments.add_argument("--sizes", default="1000,10000,60000")
    arguments.add_argument("--named", type=int, default=300)
    arguments.add_argument("--seed", type=int, default=5)
    arguments.add_argument("--show", action="store_true")
    chosen = arguments.parse_args()
    questions = [line for line in chosen.questions.read_text(encoding="utf-8").splitlines() if line.strip()]
    figures = {}
    for size in map(int, chosen.sizes.split(",")):
        titles = list(described(chosen.titles, size))
        dice = random.Random(chosen.seed)
        drawn = [titles[dice.randrange(len(titles))] for _ in range(chosen.named)]
        with tempfile.TemporaryDirectory() as home:
            database = Database.open(Path(home) / "wellread.db")
            fill(database, titles)
            del titles
            gc.collect()
            gc.freeze()  # what was made for the measurement is not walked through during it
            catalog = Catalog(database)
            _scope(catalog, questions[0])
            figures[size] = {
                "ordinary": ordinary(catalog, questions, show=chosen.show),
                "naming": naming(catalog, drawn, show=chosen.show),
            }
            database.close()
    print(json.dumps(figures, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
