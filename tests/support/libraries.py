"""Small libraries to test with, made of Markdown files."""

from pathlib import Path

from wellread.blocking import BlockingWellread
from wellread.import_events import FileRefused, ProductAdded

TEXT = "A soup is better on the second day, when it has rested. " * 12


def add(library: BlockingWellread, *paths: Path) -> list[ProductAdded | FileRefused]:
    """What became of each source."""
    return [event for event in library.add(paths) if isinstance(event, ProductAdded | FileRefused)]


def book(folder: Path, name: str, title: str, *chapters: str, language: str = "en", isbn: str = "") -> Path:
    """A Markdown book; each chapter is its text, the first line its heading."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    lines = [f"title: {title}", "author: The Wellread Project", f"lang: {language}"]
    lines += [f"isbn: {isbn}"] if isbn else []
    front = "\n".join(["---", *lines, "---", "", ""])
    path.write_text(front + "\n\n".join(f"# {chapter}" for chapter in chapters), encoding="utf-8")
    return path


def cookbook(folder: Path, name: str, title: str, *, authors=(), topics=(), lang="en", more="") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    listed = [("author", authors), ("tags", topics)]
    front = "".join(f"{key}:\n" + "".join(f'  - "{v}"\n' for v in values) for key, values in listed if values)
    path = folder / name
    path.write_text(
        f"---\ntitle: {title}\nlang: {lang}\n{front}---\n\n# Soup\n\n{TEXT}{more}\n", encoding="utf-8"
    )
    return path
