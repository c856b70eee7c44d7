"""`models pull`: a GGUF file from the hub."""

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from wellread.cli.output import console, progress_console
from wellread.models.pull import pull as pull_file
from wellread.settings import Settings


async def pull(name: str) -> int:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=progress_console) as progress:
        task = progress.add_task(name, total=None)
        path = await pull_file(
            name,
            Settings.load().home,
            lambda done, total: progress.update(task, completed=done, total=total or None),
        )
    console.print(f"Here it is: {path}\nUse it as --model local/{path.stem}", markup=False)
    return 0
