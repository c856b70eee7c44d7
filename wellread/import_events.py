"""What adding tells, as it is printed and sent. An import over HTTP is the list of these, numbered from 1.

Paths are whole here; what a server's callers may read of them, `serving.import_files` says.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter

from wellread.errors import WellreadError
from wellread.events import Event

Outcome = Literal["added", "replaced", "unchanged"]


class ImportStarted(Event):
    type: Literal["import.started"] = "import.started"
    import_id: str
    collection: str
    files: tuple[str, ...]


class FileReading(Event):
    """The `number`-th of `total` sources is being read."""

    type: Literal["reading"] = "reading"
    path: str
    number: int
    total: int


class ProductAdded(Event):
    """A product is in the library and can be searched by keyword."""

    type: Literal["added"] = "added"
    path: str
    product_id: str
    title: str
    passages: int
    outcome: Outcome
    seconds: float
    warnings: tuple[str, ...]


class FileRefused(Event):
    """A source could not be added; the others go on."""

    type: Literal["refused"] = "refused"
    path: str  # "" where it is no fault of one file
    status: int
    message: str
    hint: str

    @classmethod
    def of(cls, error: WellreadError, path: Path | None = None) -> "FileRefused":
        return cls(
            path=str(path) if path else "", status=error.status, message=error.message, hint=error.hint
        )


class VectorsMade(Event):
    """How many passages have vectors now: of those that waited for them, in an import of those of its products.

    Those of their `sentences` follow those of all `passages`, and are counted by passages too.
    """

    type: Literal["embedded"] = "embedded"
    of: Literal["passages", "sentences"] = "passages"
    done: int
    total: int


class QuestionsTried(Event):
    """Questions that a product may answer were tried; so many are suggested from now on."""

    type: Literal["suggested"] = "suggested"
    product_id: str
    title: str
    kept: int


class WaitingFor(Event):
    """Another process is doing the same work; this one waits for it."""

    model_config = ConfigDict(frozen=True, serialize_by_alias=True)

    type: Literal["waiting"] = "waiting"
    what: str = Field(alias="for")


class ImportCompleted(Event):
    type: Literal["import.completed"] = "import.completed"
    added: int
    replaced: int
    unchanged: int
    refused: int
    note: str = ""  # why there are no vectors, if there are none


class ImportFailed(Event):
    """The import ended before all of it was added. Where it is `retryable` its files were kept."""

    type: Literal["import.failed"] = "import.failed"
    status: int
    message: str
    hint: str
    retryable: bool


Progress = FileReading | ProductAdded | FileRefused | VectorsMade | QuestionsTried | WaitingFor
ImportEvent = Annotated[
    ImportStarted | Progress | ImportCompleted | ImportFailed, Field(discriminator="type")
]
IMPORT_EVENT = TypeAdapter[ImportEvent](ImportEvent)
IMPORT_ENDS = (ImportCompleted, ImportFailed)
