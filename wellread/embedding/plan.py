"""How vectors are made fastest on this machine: a choice by what was measured, and kept beside the models."""

import contextlib
import importlib
import json
import os
import platform
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from wellread.embedding.process import ProcessorEmbedder
from wellread.errors import BadRequestError
from wellread.index.passages import Embedder
from wellread.machine import available_bytes, usable_cores

MOST_PROCESSES = 16  # chosen by itself: what these make, one process can just write
_FILE = "embedding-plans.json"
_MEMORY_SHARE = 2  # of the memory that can be had, one part in so many is for vectors
_GAIN = 1.1  # what more processes, or texts read together, must bring to be chosen
_LARGEST = 4096  # of a number in a plan that is believed


@dataclass(frozen=True, slots=True)
class EmbeddingPlan:
    """So many `workers` (processes) of so many `threads`, that read `batch` texts at a time."""

    workers: int = 1
    threads: int = 1
    batch: int = 1

    @property
    def cores(self) -> int:
        return self.workers * self.threads

    def __str__(self) -> str:
        processes = "1 process" if self.workers == 1 else f"{self.workers} processes"
        threads = "1 thread" if self.threads == 1 else f"{self.threads} threads"
        return f"{processes} of {threads}, {'text by text' if self.batch == 1 else f'{self.batch} texts at a time'}"


@dataclass(frozen=True, slots=True)
class Machine:
    """What may be used of it: processor cores, and MiB of memory that are free, None where that is not known."""

    cores: int
    memory_mb: int | None = None
    processor: str = ""

    @classmethod
    def this(cls) -> "Machine":
        memory = available_bytes()
        return cls(
            usable_cores() or os.cpu_count() or 1, None if memory is None else memory >> 20, _processor()
        )

    def most_workers(self, memory_mb: int) -> int:
        """Processes that there is room for, at least one, when each takes so much memory."""
        room = MOST_PROCESSES if self.memory_mb is None else self.memory_mb // _MEMORY_SHARE // memory_mb
        return max(1, min(self.cores, room, MOST_PROCESSES))


def fastest(rates: Mapping[EmbeddingPlan, float]) -> EmbeddingPlan:
    """By passages a second of each, the fastest, of those that are nearly as fast the one that uses the fewest cores,
    then the fewest texts at a time."""
    best = max(rates.values())
    near = [plan for plan, rate in rates.items() if rate * _GAIN >= best]
    return min(near, key=lambda plan: (plan.cores, plan.batch, -rates[plan]))


def rate(plan: EmbeddingPlan, texts: int, seconds: float, cores: int) -> float:
    """Texts a second by the clock on so many free cores, of what took so many seconds of processor time in all: other
    work on the machine does not count."""
    return min(plan.cores, cores) * texts / max(seconds, 1e-9)


def checked_workers(wanted: int) -> int:
    """Raises BadRequestError for a number of processes that cannot be; one that is too large for the machine's
    processors is made smaller."""
    if wanted < 1:
        raise BadRequestError(
            f"{wanted} processes make no vectors.", hint="Give 1 or more, or leave it to be measured."
        )
    return min(wanted, os.cpu_count() or 1)


def plan_here(cache: Path, embedder: Embedder) -> str:
    """How vectors are made on this machine, in words."""
    if not isinstance(embedder, ProcessorEmbedder):
        return embedder.name
    if embedder.accelerated:
        return f"embedder_device, {embedder.batch} texts at a time"
    kept = EmbeddingPlans(cache, Machine.this()).kept(embedder)
    return f"{kept[0]}: {kept[1]:.0f} passages a second, as measured" if kept else "not measured yet"


class EmbeddingPlans:
    """The plans that were measured, a file in the folder `cache`. What is in it of another machine, processor, model or
    version is not used; a file that holds something else is as none."""

    def __init__(self, cache: Path, machine: Machine) -> None:
        self._file = cache / _FILE
        self._machine = machine

    def kept(self, embedder: Embedder) -> tuple[EmbeddingPlan, float] | None:
        """The plan, and the passages a second that it was measured to make."""
        found = self._all().get(self._key(embedder))
        if not isinstance(found, dict):
            return None
        numbers = [found.get(name) for name in ("workers", "threads", "batch")]
        per_second = found.get("per_second")
        if not all(type(n) is int and 1 <= n <= _LARGEST for n in numbers) or type(per_second) is not float:
            return None
        return EmbeddingPlan(found["workers"], found["threads"], found["batch"]), per_second

    def keep(self, embedder: Embedder, plan: EmbeddingPlan, per_second: float) -> None:
        """Where nothing can be written, it is measured again another time."""
        kept = self._all() | {self._key(embedder): asdict(plan) | {"per_second": round(per_second, 1)}}
        partial = self._file.with_name(f".{uuid.uuid4().hex}.partial")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            partial.write_text(json.dumps(kept, indent=1), encoding="utf-8")
            partial.replace(self._file)
        except OSError:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)

    def _key(self, embedder: Embedder) -> str:
        machine = self._machine
        return " | ".join(
            (
                f"{embedder.name}/{embedder.dimensions}",
                machine.processor,
                f"{machine.cores} cores",
                f"onnxruntime {importlib.import_module('onnxruntime').__version__}",
            )
        )

    def _all(self) -> dict[str, Any]:
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    # Names alone tell too little: a virtual machine's may be those of several, which differ in what they compute with.
    facts = dict(
        line.split("\t", 1) for line in lines if line.startswith(("model name", "flags", "Features"))
    )
    name = facts.get("model name", "").strip(": \t") or platform.machine()
    has = (facts.get("flags") or facts.get("Features") or "").split()
    return " ".join(
        [name, *(flag for flag in ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "asimddp") if flag in has)]
    )
