"""Finding what to read below the paths that a user names: one Source for each product."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from wellread.errors import NotFoundError, WellreadError
from wellread.formats.document import Source
from wellread.formats.registry import HEAD_BYTES, MEDIA, readers

_CAPTIONS = (".vtt", ".srt", ".json")
_SKIPPED_FOLDERS = frozenset({"__pycache__", "node_modules", "__MACOSX"})


def find(paths: Iterable[Path]) -> Iterator[Source | WellreadError]:
    """Every product below `paths`, in order; an error in place of a path that cannot be looked into.

    A path that the user names is given even when no reader takes it, so that adding it says why; below a
    folder, files in formats that no reader knows are passed over.
    """
    seen: set[Path] = set()
    for path in paths:
        yield from _below(path.expanduser(), seen, named=True)


def find_together(folder: Path) -> list[Path]:
    """What to add of files that were sent together: the products among them, and each file that belongs to none, so
    that adding it says why. The same talk in other captions is passed over."""
    sources = [source for source in find([folder]) if isinstance(source, Source)]
    paths = [source.path for source in sources]
    if folder in paths:
        return [folder]
    used = {path for source in sources for path in (source.path, *source.companions.values())}
    stems = {path.stem for path in paths if path.suffix.lower() in _CAPTIONS}
    others = [path for path in sorted(folder.iterdir()) if path not in used and not path.name.startswith(".")]
    return paths + [p for p in others if p.suffix.lower() not in _CAPTIONS or p.stem not in stems]


def _below(path: Path, seen: set[Path], *, named: bool) -> Iterator[Source | WellreadError]:
    """What is at `path` and below it, but for what was `seen` before: links may lead in circles."""
    try:
        resolved = path.resolve()
        if resolved in seen:
            return
        seen.add(resolved)
        if path.is_dir():
            if any(reader.accepts(path, b"") for reader in readers()):
                yield _with_companions(path)
                return
            for child in sorted(path.iterdir(), key=lambda child: child.name.casefold()):
                if not child.name.startswith(".") and child.name not in _SKIPPED_FOLDERS:
                    yield from _below(child, seen, named=False)
        elif not path.exists():
            yield NotFoundError(f"{path} does not exist.", hint="Check the path; nothing was added for it.")
        elif not path.is_file():
            if named:
                yield NotFoundError(f"{path} is no file and no folder.", hint="Name a file or a folder.")
        elif named or _readable(path):
            yield _with_companions(_captions_of(path) or path)
    except (OSError, RuntimeError) as error:  # RuntimeError: a link that leads to itself, before Python 3.13
        yield NotFoundError(
            f"{path} cannot be looked into: {getattr(error, 'strerror', None) or error}.",
            hint="Give yourself the right to read it, or name the files that you may read.",
        )


def _readable(path: Path) -> bool:
    """Whether a file met below a folder is a product of its own: a known format and no companion."""
    suffix = path.suffix.lower()
    if path.name.endswith(".chapters.vtt") or not any(suffix in reader.suffixes for reader in readers()):
        return False
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not any(reader.accepts(path, head) for reader in readers()):
        return False
    # The same talk in two caption formats is one product: the first format in order is read.
    better = _CAPTIONS[: _CAPTIONS.index(suffix)] if suffix in _CAPTIONS else ()
    return not any(path.with_suffix(other).exists() for other in better)


def _captions_of(path: Path) -> Path | None:
    """For a video or audio file the captions beside it (`talk.vtt`, `talk.en.vtt`)."""
    if path.suffix.lower() not in MEDIA:
        return None
    for suffix in _CAPTIONS:
        beside = path.with_suffix(suffix)
        if beside.exists():
            return beside
    translated = sorted(path.parent.glob(f"{_glob_escape(path.stem)}.*.vtt"), key=_english_first)
    return next((p for p in translated if not p.name.endswith(".chapters.vtt")), None)


def _english_first(path: Path) -> tuple[bool, str]:
    return not path.name.lower().endswith((".en.vtt", ".en-us.vtt", ".en-gb.vtt")), path.name


def _with_companions(path: Path) -> Source:
    companions = {}
    stem = path.with_suffix("") if path.suffix else path
    for sidecar in (path.with_name(path.name + ".toml"), stem.with_name(stem.name + ".toml")):
        if sidecar.is_file():
            companions["sidecar"] = sidecar
            break
    if path.suffix.lower() in _CAPTIONS:
        chapters = path.with_name(stem.name + ".chapters.vtt")
        if chapters.is_file() and chapters != path:
            companions["chapters"] = chapters
        bases = (stem, stem.with_suffix(""))  # talk.vtt, else talk.en.vtt
        media = (base.with_name(base.name + suffix) for base in bases for suffix in MEDIA)
        found = next((m for m in media if m.is_file()), None)
        if found:
            companions["media"] = found
    return Source(path, companions)


def _glob_escape(name: str) -> str:
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)


def same_place(path: Path) -> str:
    """How the catalog remembers where a product was added from."""
    return os.fsencode(path.expanduser().resolve()).decode("utf-8", "backslashreplace")
