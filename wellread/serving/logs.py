"""What the server logs: one line for each thing that happened, JSON where no terminal reads it.

A line has an event's name, the time, the level and, of `FIELDS`, what is known. No text, no title, no name that a
caller chose and no secret is among them; what other packages log is told by the package's name only, and an error by
its type and where it was raised, because a message may quote anything.
"""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, TextIO

import structlog

Level = Literal["debug", "info", "warning", "error"]
FIELDS = (
    "run_id",
    "caller",
    "method",
    "route",
    "status",
    "seconds",
    "mode",
    "waited",
    "outcome",
    "steps",
    "first_token_seconds",
    "input_tokens",
    "output_tokens",
    "cost",
    "import_id",
    "tool",
    "role",
    "error",
)
_OWN = ("wellread", "uvicorn")
_FRAMES = 8  # of a traceback, the innermost ones


def configure(level: Level, stream: TextIO | None = None) -> None:
    """Have everything that is logged in this process go to `stream` (standard error), from `level` on."""
    stream = stream or sys.stderr
    shown = (
        structlog.dev.ConsoleRenderer(colors=True)
        if stream.isatty()
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
                structlog.stdlib.add_log_level,
                structlog.stdlib.ExtraAdder(FIELDS),
                _harmless,
            ],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, shown],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in _OWN:
        logging.getLogger(name).setLevel(level.upper())


def _harmless(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The event without words that came from elsewhere."""
    record: logging.LogRecord = event["_record"]
    package = record.name.partition(".")[0]
    if package not in _OWN:
        event["event"] = "logged_elsewhere"
        event["logger"] = record.name
    else:
        event["event"] = str(event["event"]).strip()
    raised = event.pop("exc_info", None)
    if raised and raised[1] is not None:
        event["exception"] = " < ".join(type(error).__name__ for error in _causes(raised[1]))
        event["raised_at"] = _frames(raised[2])
    return event


def _causes(error: BaseException) -> list[BaseException]:
    """The error and what it came from."""
    causes: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and following not in causes:
        causes.append(following)
        following = following.__cause__ or following.__context__
    return causes


def _frames(raised: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(raised)[-_FRAMES:]
    return [f"{_module(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]


def _module(filename: str) -> str:
    """The last two parts of a path, which tell the module and nothing of the machine."""
    return "/".join(Path(filename).parts[-2:])
