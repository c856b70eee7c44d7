"""Peak memory of adding a library: 5 books and 40 books of the same size. It must not grow with their number."""

import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

WORDS = "river lantern copper meadow whisper granite orchard velvet thunder harbour pebble saffron willow ember".split()
SECTIONS = 150


def make(folder: Path, number: int) -> None:
    folder.mkdir()
    for book in range(number):
        dice = random.Random(book)
        chapters = [f"# Chapter {n}\n\n{' '.join(dice.choices(WORDS, k=150))}.\n" for n in range(SECTIONS)]
        (folder / f"{book}.md").write_text(f"---\ntitle: Book {book}\n---\n\n" + "\n".join(chapters))


def peak(folder: Path, number: int) -> float:
    """MiB of the largest process of an add (the command or its worker)."""
    make(folder / f"books{number}", number)
    code = (
        "import resource, subprocess, sys\n"
        "subprocess.run([sys.executable, '-m', 'wellread', 'add', sys.argv[1]], stdout=-3, check=True)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    environment = {**os.environ, "WELLREAD_HOME": str(folder / f"home{number}"), "WELLREAD_EMBEDDER": "none"}
    command = [sys.executable, "-c", code, str(folder / f"books{number}")]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return int(result.stdout) / (1024 if sys.platform == "linux" else 1 << 20)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        few, many = peak(Path(folder), 5), peak(Path(folder), 40)
    print(f" 5 books   {few:6.0f} MiB")
    print(f"40 books   {many:6.0f} MiB   {many / few:.2f} ×   (aim: about 1)")


if __name__ == "__main__":
    main()
