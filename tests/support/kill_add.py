"""Kills `wellread add` at random moments and looks whether anything is lost or there twice.

    python tests/support/kill_add.py --times 50            # ten books made for it
    python tests/support/kill_add.py --times 50 PATH...    # or your own

Each time: a new home, an add killed with SIGKILL (it and its worker), a look at what it had acknowledged, the
same add again to the end, and a comparison with an add that nobody disturbed.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from wellread.blocking import BlockingWellread
from wellread.settings import Settings

WORDS = "river lantern copper meadow whisper granite orchard velvet thunder harbour pebble saffron willow ember".split()


def make_books(folder: Path, number: int = 10, sections: int = 12) -> Path:
    """`number` Markdown books of about `sections` passages each."""
    folder.mkdir(parents=True, exist_ok=True)
    for book in range(number):
        dice = random.Random(book)
        text = [f"---\ntitle: Book number {book}\nauthor: The Wellread Project\n---\n"]
        for section in range(sections):
            words = " ".join(dice.choices(WORDS, k=120))
            text.append(f"# Chapter {section}\n\nMark{book}x{section} {words}.\n")
        (folder / f"book-{book}.md").write_text("\n".join(text), encoding="utf-8")
    return folder


def start_add(home: Path, paths: list[Path], embedder: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "wellread", "add", "--json", *map(str, paths)],
        env={**os.environ, "WELLREAD_HOME": str(home), "WELLREAD_EMBEDDER": embedder},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def acknowledged(output: str) -> dict[str, int]:
    """The products whose line was printed whole, with their passages."""
    products = {}
    for line in output.splitlines():
        try:
            event = json.loads(line)
        except json.JSONDecodeError:
            continue  # the line that the kill cut off
        if event["type"] == "added":
            products[event["product_id"]] = event["passages"]
    return products


def state(home: Path, embedder: str) -> dict[str, tuple[int, int]]:
    """Passages of each product by the catalog and by the index: one there twice makes the second larger."""
    with BlockingWellread(settings=Settings(home=home, embedder=embedder)) as library:
        index = library.run(library.library.index(take_up=False))
        rows = library.run(index.products())
        return {p.product_id: (p.passages, rows.get(p.product_id, 0)) for p in library.products()}


def kill_once(paths: list[Path], embedder: str, seconds: float, expected: dict[str, tuple[int, int]]) -> str:
    """One killed add and its completion; says at what the kill came. Raises AssertionError for a loss."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        process = start_add(home, paths, embedder)
        try:
            output, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
        before = acknowledged(output)
        if home.exists():
            held = state(home, embedder)
            for product, passages in before.items():
                assert held.get(product) == (passages, passages), (
                    f"{product} was acknowledged and is {held.get(product)}"
                )
        process = start_add(home, paths, embedder)
        process.communicate()
        assert process.returncode == 0
        held = state(home, embedder)
        assert held == expected, f"after the second add: {held}"
        with BlockingWellread(settings=Settings(home=home, embedder=embedder)) as library:
            index = library.run(library.library.index(take_up=False))
            waiting = library.run(index.stats()).without_vectors
        assert embedder == "none" or waiting == 0, f"{waiting} passages have no vector"
        return f"{len(before)} of {len(expected)} acknowledged"


def undisturbed(paths: list[Path], embedder: str) -> tuple[float, dict[str, tuple[int, int]]]:
    """Seconds that an add takes, and what it leaves."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        process = start_add(Path(folder), paths, embedder)
        process.communicate()
        return time.monotonic() - began, state(Path(folder), embedder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--embedder", default="minilm")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = arguments.paths or [make_books(Path(folder) / "books")]
        seconds, expected = undisturbed(paths, arguments.embedder)
        sys.stdout.write(f"undisturbed: {seconds:.1f} s, {len(expected)} products\n")
        for number in range(1, arguments.times + 1):
            moment = random.uniform(0.1, seconds)
            came = kill_once(paths, arguments.embedder, moment, expected)
            sys.stdout.write(f"{number}: killed after {moment:.2f} s, {came}: nothing lost, nothing twice\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
