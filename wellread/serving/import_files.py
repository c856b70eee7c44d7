"""Which files an import adds, and how they are called to the callers, who need not know the server's folders."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from wellread.errors import BadRequestError, NotFoundError, WellreadError, public_error
from wellread.formats.discovery import find, find_together
from wellread.formats.document import Source
from wellread.import_events import FileReading, FileRefused, ImportFailed, ProductAdded, Progress
from wellread.store.imports.imports import DEMO, StoredImport


@dataclass(frozen=True, slots=True)
class ImportFiles:
    """The products among the files of an import, as paths to add, and what could not be looked into."""

    folder: Path
    names: tuple[str, ...]  # of uploads, which all lie in the folder itself
    paths: tuple[Path, ...]
    problems: tuple[WellreadError, ...] = ()

    @classmethod
    def uploaded(cls, folder: Path, names: Sequence[str]) -> "ImportFiles":
        """Of uploads that were gathered in a folder."""
        paths = [folder / names[0]] if len(names) == 1 else find_together(folder)
        return cls(folder, tuple(names), tuple(paths))

    @classmethod
    def lying(cls, import_: StoredImport) -> "ImportFiles":
        """Of an import of a folder of this machine, or of the demo library."""
        folder = Path(str(files("wellread") / "demo")) if import_.folder == DEMO else Path(import_.folder)
        found = list(find([folder]))
        return cls(
            folder,
            (),
            tuple(source.path for source in found if isinstance(source, Source)),
            tuple(problem for problem in found if isinstance(problem, WellreadError)),
        )

    def to_add(self, done: Collection[str]) -> list[Path]:
        """The paths of all that is not `done`, as it is shown."""
        return [path for path in self.paths if self.shown(path) not in done]

    def shown(self, path: Path) -> str:
        """What callers are told of a path."""
        if path == self.folder:
            return " + ".join(sorted(self.names)) or path.name
        return path.relative_to(self.folder).as_posix() if path.is_relative_to(self.folder) else path.name

    def without_folder(self, event: Progress) -> Progress:
        """`event` as callers may read it: without the server's folders."""
        changes: dict[str, object] = {}
        if isinstance(event, FileReading | ProductAdded | FileRefused) and event.path:
            changes["path"] = self.shown(Path(event.path))
        if isinstance(event, FileRefused):
            changes["message"] = _names_only(event.message, self.folder)
            changes["hint"] = _names_only(event.hint, self.folder)
        if isinstance(event, ProductAdded):
            changes["warnings"] = tuple(_names_only(warning, self.folder) for warning in event.warnings)
        return event.model_copy(update=changes)


def failure_of(error: WellreadError, folder: Path) -> ImportFailed:
    """Why an import of the files of a folder ended early, as callers may read it."""
    told = public_error(error)
    return ImportFailed(
        status=told.status,
        message=_names_only(told.message, folder),
        hint=_names_only(told.hint, folder),
        retryable=told.retryable,
    )


def existing_folder(text: str, home: Path) -> Path:
    """The folder that a person names. Raises NotFoundError or BadRequestError when there is none that can be added."""
    name = text.strip().strip("'\"")  # as file managers copy it
    try:
        path = Path(name).expanduser()
        if not path.is_absolute():
            raise BadRequestError(
                f"{name!r} is not a whole path.", hint="Begin with / or ~/, or with a drive as in C:\\."
            )
        folder = path.resolve()
        if not folder.exists():
            raise NotFoundError(f"There is no {name!r} on this machine.", hint="Check the path.")
        if not folder.is_dir():
            raise BadRequestError(
                f"{name!r} is a file.", hint="Name the folder that it is in, or choose the file."
            )
        next(folder.iterdir(), None)
    except (OSError, RuntimeError, ValueError) as error:  # no such user, no right to look, a NUL
        raise BadRequestError(
            f"{name!r} cannot be looked into.", hint="Check the path, and that you may read what is in it."
        ) from error
    if folder == Path(folder.anchor):
        raise BadRequestError("That is the whole disk.", hint="Name a folder on it.")
    if folder.is_relative_to(home.resolve()):
        raise BadRequestError(
            f"{name!r} is in the library's own folder.", hint="Name a folder outside of it."
        )
    return folder


def _names_only(text: str, folder: Path) -> str:
    return text.replace(f"{folder}/", "").replace(str(folder), "the folder")
