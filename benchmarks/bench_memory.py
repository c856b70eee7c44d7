"""Peak memory of adding a library, with few books and with many of the same size. It must not grow with their
number.

    python benchmarks/bench_memory.py
    python benchmarks/bench_memory.py --growth 2000 [--sections 30]    # MiB that each further book takes, in one add

Without arguments twice: by keyword only, 5 and 40 books of 150 sections; and with vectors, 3 and 15 books of 60, so
that it ends in two minutes on two cores. The second includes the embedder with its model. `--growth` adds so many books
by keyword and reads the memory of the process as it goes (Linux).
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

WORDS = "river lantern copper meadow whisper granite orchard velvet thunder harbour pebble saffron willow ember".split()


def make(folder: Path, number: int, sections: int) -> None:
    folder.mkdir()
    for book in range(number):
        dice = random.Random(book)
        chapters = [f"# Chapter {n}\n\n{' '.join(dice.choices(WORDS, k=150))}.\n" for n in range(sections)]
        (folder / f"{book}.md").write_text(f"---\ntitle: Book {book}\n---\n\n" + "\n".join(chapters))


def peak(number: int, sections: int, embedder: str) -> float:
    """MiB of the largest process of an add (the command or its worker)."""
    code = (
        "import resource, subprocess, sys\n"
        "command = [sys.executable, '-m', 'wellread', 'add', '--wait', sys.argv[1]]\n"
        "subprocess.run(command, stdout=-3, check=True)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    with tempfile.TemporaryDirectory() as scratch:
        books = Path(scratch) / "books"
        make(books, number, sections)
        environment = {**os.environ, "WELLREAD_HOME": f"{scratch}/home", "WELLREAD_EMBEDDER": embedder}
        command = [sys.executable, "-c", code, str(books)]
        result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return int(result.stdout) / (1024 if sys.platform == "linux" else 1 << 20)


def growth(number: int, sections: int) -> None:
    """Prints the memory of an add at each tenth of the books, and what a book took from the first tenth on."""
    read: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as scratch:
        books = Path(scratch) / "books"
        make(books, number, sections)
        environment = {**os.environ, "WELLREAD_HOME": f"{scratch}/home", "WELLREAD_EMBEDDER": "none"}
        command = [sys.executable, "-m", "wellread", "add", "--json", str(books)]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as adding:
            assert adding.stdout
            added = 0
            for line in adding.stdout:
                added += json.loads(line)["type"] == "added"
                if added and added % max(1, number // 10) == 0 and added not in read:
                    read[added] = _resident(adding.pid)
                    print(f"{added:5} books of {sections} passages  {read[added]:6.0f} MiB", flush=True)
    first, last = min(read), max(read)
    print(f"    {(read[last] - read[first]) / (last - first):.3f} MiB a book, from {first} to {last}")


def _resident(pid: int) -> float:
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--growth", type=int, default=0, metavar="BOOKS")
    arguments.add_argument("--sections", type=int, default=30)
    chosen = arguments.parse_args()
    if chosen.growth:
        growth(chosen.growth, chosen.sections)
        return
    for embedder, sections, few, many in (("none", 150, 5, 40), ("minilm", 60, 3, 15)):
        sizes = {number: peak(number, sections, embedder) for number in (few, many)}
        print("by keyword only" if embedder == "none" else f"with vectors ({embedder})")
        for number, size in sizes.items():
            print(f"{number:3} books of {sections} passages  {size:6.0f} MiB")
        print(f"    growth {sizes[many] / sizes[few]:.2f} ×   (aim: about 1)")


if __name__ == "__main__":
    main()
