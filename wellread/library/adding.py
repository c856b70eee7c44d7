"""What the pipeline does while it adds, as it is told: `ingest.progress`."""

from collections.abc import Callable
from pathlib import Path

from wellread.import_events import FileReading, FileRefused, ProductAdded, Progress, VectorsMade, WaitingFor
from wellread.ingest.pipeline import Added, Embedded, Reading, Refused, Waiting

AddEvent = Reading | Added | Refused | Waiting | Embedded


def told(event: AddEvent, *, shown: Callable[[Path], str] = str) -> Progress:
    """`event` to be printed or sent; `shown` is what is told of a path."""
    match event:
        case Reading(path=path, number=number, total=total):
            return FileReading(path=shown(path), number=number, total=total)
        case Added(path=path, product=product, outcome=outcome, seconds=seconds, warnings=warnings):
            return ProductAdded(
                path=shown(path),
                product_id=product.product_id,
                title=product.title,
                passages=product.passages,
                outcome=outcome,
                seconds=round(seconds, 3),
                warnings=warnings,
            )
        case Refused(path=path, error=error):
            return FileRefused(
                path=shown(path) if path else "",
                status=error.status,
                message=error.message,
                hint=error.hint,
            )
        case Embedded(done=done, total=total):
            return VectorsMade(done=done, total=total)
        case Waiting(what=what):
            return WaitingFor.model_validate({"for": what})
