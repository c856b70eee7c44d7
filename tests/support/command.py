"""The command line, called in this process, where its libraries are not loaded anew for each command."""

import io
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout

import pytest

from wellread.cli.main import main


def command(*arguments: object, text: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """What `wellread ARGUMENTS` prints and its exit status, with this standard input and in this environment."""
    out, errors = io.StringIO(), io.StringIO()
    status: int | str | None = 0
    with pytest.MonkeyPatch.context() as own, redirect_stdout(out), redirect_stderr(errors):
        for name, value in environment.items():
            own.setenv(name, value)
        own.setattr(sys, "argv", ["wellread", *map(str, arguments)])
        own.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8"))
        try:
            main()
        except SystemExit as end:
            status = end.code
    return subprocess.CompletedProcess(arguments, int(status or 0), out.getvalue(), errors.getvalue())
