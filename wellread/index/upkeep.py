"""Keeping the LanceDB table in order as it grows, so that what a book more costs does not follow the library's size.

LanceDB's own `optimize` joins all files of less than a million rows and writes every index anew: a book more rewrites
the library. Here the steps are taken apart, by pylance:

* After a piece of work new rows go into the indexes as *segments* beside what is there (`index_new_rows`).
* When MOST_SEGMENTS have gathered, those after the first are merged and their files joined; when the rows outside the
  first are a tenth of all (`SHARE`), everything is.
* From VECTOR_ROWS vectors on there is a vector index. What is outside it is compared one by one, so it misses nothing
  new.

The last two are done where the rows to be written are few, else in a process of its own (`python -m
wellread.index.upkeep INDEX`), with the least priority. It holds no lock that a reader or writer waits for: LanceDB's
commits are optimistic, a writer that is overtaken tries again by itself, and so does this. One killed leaves files that
nothing refers to, and the table as it was. docs/decisions/024-growth.md has the measurements.
"""

import errno
import logging
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import lance
from filelock import FileLock, Timeout

from wellread.index.lance_errors import ENGINE_ERRORS
from wellread.index.lance_table import KEYWORD_INDEX, PENDING, TABLE, VECTOR, VECTOR_INDEX

MOST_SEGMENTS = 32
SHARE = 0.1  # of the rows outside the first segment, from which everything is joined
AT_ONCE = 10_000  # rows that are joined by whoever adds: half a second of processor time
VECTOR_ROWS = 50_000  # of fewer, comparing each is as fast
KEPT = timedelta(minutes=10)  # how long a reader in another process may use what was replaced
_PARTITION = 4_096  # vectors
_TRIES = 5  # of a step that a writer's commit overtook
_ROOM = 2  # times the size of what is written anew must be free on the disk


LOG = "upkeep.log"  # what the process of its own printed last
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Segments:
    """The rows of each segment of an index, in the order in which they were made, and how many rows of the table are
    deleted and not yet out of its files."""

    rows: tuple[int, ...]
    deleted: int = 0

    @property
    def largest(self) -> int:
        return max(range(len(self.rows)), key=self.rows.__getitem__, default=0)

    @property
    def to_merge(self) -> int:
        """How many of the last to make one of: 0 when there is no need."""
        total = sum(self.rows)
        outside = total - max(self.rows, default=0) + self.deleted
        if outside >= max(SHARE * total, AT_ONCE / 2) or self.largest >= MOST_SEGMENTS:
            return len(self.rows)
        return self.later if self.later >= MOST_SEGMENTS else 0

    @property
    def later(self) -> int:
        """How many were made after the largest."""
        return max(0, len(self.rows) - self.largest - 1)

    @property
    def rows_to_write(self) -> int:
        return sum(self.rows[-self.to_merge :]) if self.to_merge else 0


def index_new_rows(index: Path) -> None:
    """Bring the rows that no index has into all of them, and drop the files of what was replaced a while ago. Its cost
    follows the number of those rows. To be called within a write."""
    if not is_busy(index):  # whoever merges does it at the end: the two would overtake each other
        _retried(lambda: _index_new_rows(index))
        _drop_old_versions(index)


def _index_new_rows(index: Path) -> None:
    dataset = opened(index)
    indexed = {
        one for found in dataset.describe_indices() for part in found.segments for one in part.fragment_ids
    }
    new = [one.fragment_id for one in dataset.get_fragments() if one.fragment_id not in indexed]
    if len(new) > 1:  # the files of the new rows become one; no other is touched
        dataset.optimize.compact_files(num_threads=1, excluded_fragment_ids=sorted(indexed))
    dataset.optimize.optimize_indices(num_indices_to_merge=0)


def _drop_old_versions(index: Path) -> None:
    opened(index).cleanup_old_versions(older_than=KEPT)


def put_in_order(index: Path) -> None:
    """Do what is due: at once where it is little, else by a process of its own, which this one does not wait for. What
    fails is logged, and due again: the table is as it was."""
    try:
        due = needed(index)
        if due is None or is_busy(index):
            return
        if due <= AT_ONCE:
            work(index)
            return
        with (index / LOG).open("wb") as log:
            started = subprocess.Popen(
                [sys.executable, "-m", __name__, str(index)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # it ends its work when this one is stopped
            )
        threading.Thread(target=started.wait, daemon=True).start()
    except ENGINE_ERRORS:
        _log.warning("index_not_put_in_order", exc_info=True)


def needed(index: Path) -> int | None:
    """How many rows would be written to put the table in order; None when it is."""
    dataset = opened(index)
    rows = segments_of(dataset).rows_to_write
    if rows:
        return rows
    return dataset.count_rows() if _wants_vector_index(index) else None


def is_busy(index: Path) -> bool:
    """Whether a process is at it."""
    held = upkeep_lock(index)
    try:
        held.acquire(timeout=0)
    except Timeout:
        return True
    held.release()
    return False


def upkeep_lock(index: Path) -> FileLock:
    """Held by the process that puts the table in order."""
    return FileLock(index / "upkeep.lock", thread_local=False, preserve_lock_file=True)


def work(index: Path) -> None:
    """Put the table in order, unless another process is at it. Raises what the engine raises."""
    held = upkeep_lock(index)
    try:
        held.acquire(timeout=0)
    except Timeout:
        return
    try:
        _check_room(index)
        segments = segments_of(opened(index))
        is_all = 0 < segments.to_merge == len(segments.rows)
        if segments.to_merge:
            for name in _index_names(opened(index)):
                if name != VECTOR_INDEX or not is_all:
                    _retried(partial(_merge, index, name, is_all=is_all))
            _retried(lambda: opened(index).optimize.compact_files(num_threads=1))
        if is_all or _wants_vector_index(index):  # of all vectors it is made anew: their centres have moved
            _retried(lambda: _renew_vector_index(index))
        _retried(lambda: _index_new_rows(index))
        _drop_old_versions(index)
    finally:
        held.release()


def make_vector_index(index: Path) -> None:
    """An inverted file of RaBitQ codes, four bits a dimension: made in seconds where product quantization and graphs
    take minutes. The best by their codes are compared by the vectors themselves (index.search)."""
    dataset = opened(index)
    dataset.create_index(
        VECTOR,
        "IVF_RQ",
        name=VECTOR_INDEX,
        metric="dot",
        num_partitions=_partitions(_vectors_in(dataset)),
        num_bits=4,
        replace=True,
    )


def _renew_vector_index(index: Path) -> None:
    dataset = opened(index)
    if VECTOR in dataset.schema.names and _vectors_in(dataset) >= VECTOR_ROWS:
        make_vector_index(index)
    else:
        drop_vector_index(index)


def drop_vector_index(index: Path) -> None:
    """Compare each vector again, until upkeep makes the index anew."""
    dataset = opened(index)
    if VECTOR_INDEX in _index_names(dataset):
        dataset.drop_index(VECTOR_INDEX)


def opened(index: Path) -> "lance.LanceDataset":
    return lance.dataset(str(index / f"{TABLE}.lance"))


def segments_of(dataset: "lance.LanceDataset", index: str = KEYWORD_INDEX) -> Segments:
    fragments = {fragment.fragment_id: fragment for fragment in dataset.get_fragments()}
    rows = {name: fragment.count_rows() for name, fragment in fragments.items()}
    [described] = [found for found in dataset.describe_indices() if found.name == index]
    return Segments(
        tuple(sum(rows.get(one, 0) for one in segment.fragment_ids) for segment in described.segments),
        sum(fragment.num_deletions for fragment in fragments.values()),
    )


def _wants_vector_index(index: Path) -> bool:
    """Whether there are so many vectors that it pays, and it is not there, or its files were deleted by hand."""
    dataset = opened(index)
    if VECTOR not in dataset.schema.names or _vectors_in(dataset) < VECTOR_ROWS:
        return False
    made = [found for found in dataset.describe_indices() if found.name == VECTOR_INDEX]
    files = index / f"{TABLE}.lance" / "_indices"
    return not made or not all((files / segment.uuid).is_dir() for segment in made[0].segments)


def _vectors_in(dataset: "lance.LanceDataset") -> int:
    return int(dataset.count_rows() - dataset.count_rows(filter=f"{PENDING} = 2"))


def _partitions(vectors: int) -> int:
    return max(1, vectors // _PARTITION)


def _index_names(dataset: "lance.LanceDataset") -> list[str]:
    return [found.name for found in dataset.describe_indices()]


def _merge(index: Path, name: str, *, is_all: bool) -> None:
    dataset = opened(index)
    segments = segments_of(dataset, name)
    number = len(segments.rows) if is_all else segments.later
    if number > 1:
        dataset.optimize.optimize_indices(num_indices_to_merge=number, index_names=[name])


def _retried(step: Callable[[], object]) -> None:
    for tried in range(_TRIES):
        try:
            step()
        except ENGINE_ERRORS as error:
            if "onflict" not in str(error) or tried == _TRIES - 1:
                raise
        else:
            return


def _check_room(index: Path) -> None:
    """Raises OSError when the disk may fill up before what is replaced can be deleted."""
    size = sum(file.stat().st_size for file in (index / f"{TABLE}.lance").rglob("*") if file.is_file())
    if shutil.disk_usage(index).free < _ROOM * size:
        raise OSError(errno.ENOSPC, "No space left to put the index in order", str(index))


def main() -> None:
    os.nice(19)
    work(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
