"""Reading a file in a process of its own, with limits, so that a bad file ends only itself."""

from dataclasses import replace
from pathlib import Path
from typing import Self

from wellread.errors import LimitError, UnreadableError, WellreadError
from wellread.formats import sidecar
from wellread.formats.document import Document, Source
from wellread.formats.registry import reader_for, signature
from wellread.formats.sandbox import CrashedError, OutOfMemoryError, Sandbox, TooSlowError, serve
from wellread.text.characters import harmless, harmless_metadata

_TASKS = 50

Answer = tuple[str, Document] | WellreadError


class ReadingProcess:
    """A child that reads one source after another; a context manager that ends it, also in the middle of a source.

    `seconds` are of the processor: how busy the machine is does not count (Sandbox). A file that passes a limit or
    kills the child gives an error, and the next file a new child.
    """

    def __init__(self, *, seconds: float, memory_mb: int) -> None:
        self._seconds = seconds
        self._memory_mb = memory_mb
        self._sandbox = Sandbox(__name__, seconds=seconds, memory_mb=memory_mb, tasks=_TASKS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._sandbox.end()

    def read(self, source: Source) -> tuple[str, Document]:
        """The name and version of the reader ("epub 1"), and the document. Blocks; call it from a thread.

        Raises UnreadableError for what the reader refuses, LimitError when it takes too long or too much.
        """
        name = source.path.name
        try:
            answer: Answer = self._sandbox.ask(source)
        except CrashedError as error:
            if error.was_used:  # an earlier file may have done the damage: this one gets a child of its own
                return self.read(source)
            raise UnreadableError(
                f"The reader crashed on {name}; the file is probably damaged.",
                hint="Open it in another program and save or export it anew, then add that.",
            ) from error
        except TooSlowError as error:
            took = (
                f"did not come to an end in {self._sandbox.wall_seconds:g} seconds by the clock"
                if error.waited
                else f"took longer than {self._seconds:g} seconds of processor time to read"
            )
            raise LimitError(
                f"{name} {took}.",
                hint="Set WELLREAD_READ_SECONDS higher if the file is sound and this machine is slow.",
            ) from error
        except OutOfMemoryError as error:
            raise LimitError(
                f"{name} needs more than {self._memory_mb} MiB of memory to read.",
                hint="Set WELLREAD_READ_MEMORY_MB higher if the file is sound.",
            ) from error
        if isinstance(answer, WellreadError):
            if isinstance(answer, LimitError):
                self._sandbox.close()
            raise answer
        return answer


def _read(source: Source) -> Answer:
    """In the child."""
    try:
        reader = reader_for(source.path)
        document = reader.read(source)
        if "sidecar" in source.companions:
            metadata = sidecar.apply(document.metadata, Path(source.companions["sidecar"]))
            document = replace(document, metadata=metadata)
        document = replace(
            document,
            metadata=harmless_metadata(document.metadata),
            warnings=tuple(map(harmless, document.warnings)),
        )
    except WellreadError as error:
        return error
    except MemoryError:
        raise
    except RecursionError as error:
        raise MemoryError from error
    except OSError as error:
        return UnreadableError(
            f"{source.path.name} could not be read: {error.strerror or error}.",
            hint="Check that the file is still there and that you may read it, then add it again.",
        )
    except Exception as error:  # noqa: BLE001 - whatever a hostile file provokes must end that file only
        return UnreadableError(
            f"{source.path.name} could not be read ({type(error).__name__}: {error}).",
            hint="The file is probably damaged; if other programs open it, please report this.",
        )
    return signature(reader), document


if __name__ == "__main__":
    serve(_read)
