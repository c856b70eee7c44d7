"""How a command calls what it does: modules that are loaded when it runs, and coroutines that may be interrupted."""

import importlib
import os
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Coroutine

EXIT_INTERRUPTED = 130
Json = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line where it is a stream.")]
Model = Annotated[
    str,
    typer.Option("--model", "-m", metavar="MODEL", help="provider/model, or `extractive` for none."),
]


def commands(module: str) -> Any:
    """The module of that name beside this one."""
    return importlib.import_module(f"wellread.cli.{module}")


def run(work: "Coroutine[Any, Any, int | None]") -> None:
    """Run a command's coroutine; the number that it gives is the exit status."""
    if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        commands("telemetry").start()
    asyncio = importlib.import_module("asyncio")  # `--help` does without its 50 ms
    try:
        status = asyncio.run(work)
    except (KeyboardInterrupt, asyncio.CancelledError):  # here, because Typer would end without a word
        sys.stderr.write("\nStopped. What was acknowledged is kept.\n")
        raise typer.Exit(EXIT_INTERRUPTED) from None
    if status:
        raise typer.Exit(status)
