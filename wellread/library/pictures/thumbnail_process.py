"""Pictures are made in a process of its own, with limits of time and memory: a hostile PDF ends only its picture."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from wellread.formats.pdf.page_image import page_sizes
from wellread.formats.sandbox import Sandbox, serve
from wellread.library.pictures import thumbnail

_SECONDS = 20.0
_MEMORY_MB = 1500
_TASKS = 500
_DRAWINGS: dict[str, Callable[..., Any]] = {
    "epub_cover": thumbnail.epub_cover,
    "epub_picture": thumbnail.epub_picture,
    "pdf_cover": thumbnail.pdf_cover,
    "pdf_page": thumbnail.pdf_page,
    "pdf_sizes": page_sizes,
}
Task = tuple[str, Path, tuple[str | int, ...]]


class ThumbnailProcess:
    """The process, begun when something is first to be drawn. One picture is drawn at a time."""

    def __init__(self, *, seconds: float = _SECONDS) -> None:
        self.sandbox = Sandbox(__name__, seconds=seconds, memory_mb=_MEMORY_MB, tasks=_TASKS)

    def draw(self, name: str, path: Path, *arguments: str | int) -> Any:
        """What the function of that name gives; None also when it fails. Raises UnfinishedError: another time it may
        go well. Blocks."""
        task: Task = (name, path, arguments)
        return self.sandbox.ask(task)

    def close(self) -> None:
        """End the process. Something that is drawn later begins another."""
        self.sandbox.close()


def _drawn(task: Task) -> Any:
    """In the child."""
    name, path, arguments = task
    try:
        return _DRAWINGS[name](path, *arguments)
    except Exception:  # noqa: BLE001 - whatever a hostile file provokes, there is no picture of it
        return None


if __name__ == "__main__":
    serve(_drawn)
