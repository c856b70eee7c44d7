"""`models serve-script`: a scripted model over HTTP."""

from pathlib import Path

from wellread.cli.output import console
from wellread.models.scripted.server import serve_script as serve


async def serve_script(file: Path, *, host: str, port: int) -> None:
    await serve(file, host, port, lambda line: console.print(line, markup=False))
