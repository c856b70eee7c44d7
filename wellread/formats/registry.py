"""The readers that are installed, and which of them reads a file."""

from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

from wellread.errors import UnreadableError
from wellread.formats.document import Reader

GROUP = "wellread.readers"
HEAD_BYTES = 4096
MEDIA = (".mp4", ".m4v", ".mkv", ".webm", ".mov", ".avi", ".mp3", ".m4a", ".wav", ".ogg", ".opus", ".flac")


@cache
def readers() -> tuple[Reader, ...]:
    """All readers of the entry point group `wellread.readers`, by name."""
    points = sorted(entry_points(group=GROUP), key=lambda point: point.name)
    return tuple(point.load()() for point in points)


def signature(reader: Reader) -> str:
    """Name and version of a reader, as editions remember them: "epub 1"."""
    return f"{reader.name} {reader.version}"


def reader_for(path: Path) -> Reader:
    """The reader of a file or folder. Raises UnreadableError when no reader takes it."""
    head = b""
    if path.is_file():
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    for reader in readers():
        if reader.accepts(path, head):
            return reader
    if path.suffix.lower() in MEDIA:
        raise UnreadableError(
            f"{path.name} comes without a transcript.",
            hint=f"Add it together with what is said in it, as {path.stem}.vtt or {path.stem}.srt.",
        )
    formats = ", ".join(sorted({suffix for reader in readers() for suffix in reader.suffixes}))
    raise UnreadableError(
        f"{path.name} is in no format that Wellread reads.",
        hint=f"It reads {formats}, and folders of HTML or Markdown chapters with an index.",
    )
