"""What trying questions costs, as a share of the time in which a library gets its vectors.

    python benchmarks/bench_suggestions.py FILE [FILE …]

The files are added to a library of their own; then their vectors are made, the sentences' too, and after them
questions are tried of each title, as `wellread add --wait` does. Printed are the seconds of both, and how many
questions are kept.
"""

import argparse
import asyncio
import json
import tempfile
import time
from pathlib import Path

from wellread.engine import Wellread
from wellread.import_events import QuestionsTried, VectorsMade


async def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("files", nargs="+", type=Path)
    files = arguments.parse_args().files
    with tempfile.TemporaryDirectory() as home:
        async with Wellread(home) as library:
            async for _ in library.add(files, vectors=False):
                pass
            passages = sum(product.passages for product in await library.products())
            began = embedded = time.perf_counter()
            kept: dict[str, int] = {}
            async for event in library.embed():
                if isinstance(event, VectorsMade):
                    embedded = time.perf_counter()
                elif isinstance(event, QuestionsTried):
                    kept[event.title] = event.kept
            ended = time.perf_counter()
    print(
        json.dumps(
            {
                "passages": passages,
                "vectors_seconds": round(embedded - began, 1),
                "suggestions_seconds": round(ended - embedded, 1),
                "share": round((ended - embedded) / (embedded - began), 3),
                "kept": kept,
            },
            indent=2,
        )
    )


asyncio.run(main())
