"""`demo`: the library that comes with Wellread, and a question ready to be asked of it."""

from dataclasses import replace
from importlib.resources import as_file, files
from urllib.parse import urlencode

from wellread import malloc
from wellread.cli import add, ask
from wellread.cli.output import console, show_page
from wellread.cli.serve import access_of, address_of, listen
from wellread.engine import Wellread
from wellread.serving import logs
from wellread.settings import Settings
from wellread.web.server import bound, bound_from
from wellread.wire.runs import AskOptions

COLLECTION = "demo"
QUESTION = (
    "Pretend that you are the author of Steady Hands, based on what you wrote in that book and said in the talk "
    "Two Hats, and act as a mentor. I'm a new engineering leader and I'm struggling to understand the difference "
    "between leadership and management. How can I effectively balance both roles in my team?"
)
PORT = 8484
_HOST = "127.0.0.1"


async def demo(*, model: str, port: int | None, open_page: bool) -> None:
    """The page over the demo library, with the question in its box."""
    logs.configure("warning")
    malloc.hold_little()
    settings = Settings.load()
    async with Wellread(settings=replace(settings, model=model) if model else settings) as library:
        access = access_of(library, _HOST)
        await library.roles()  # a model that cannot be had is told now, and not by the first answer
        await _add(library, add.AddReport(as_json=False, summary=False))
        listening = bound_from(_HOST, PORT) if port is None else bound(_HOST, port)
        got = listening.getsockname()[1]
        if port is None and got != PORT:
            console.print(f"Port {PORT} is taken by another program: taking {got}.")
        address = address_of(_HOST, listening)

        def ready() -> None:
            page = f"{address}/?{urlencode({'question': QUESTION})}"
            shown = open_page and show_page(page)
            console.print(f"\nWellread is at {address}   (Ctrl-C stops it)")
            if not shown:
                console.print(f"With a question to begin with:\n{page}", markup=False, soft_wrap=True)

        await listen(library, access, listening, ready)


async def demo_in_terminal(*, model: str, as_json: bool) -> int:
    """The question asked at once, and answered here."""
    async with Wellread() as library:
        await _add(library, add.AddReport(as_json=as_json))
    if not as_json:
        console.print(f"\n> {QUESTION}\n", markup=False)
    return await ask.ask(QUESTION, AskOptions(model=model), as_json=as_json)


async def _add(library: Wellread, report: add.AddReport) -> None:
    with as_file(files("wellread") / "demo") as folder:
        await report.follow(library.add([folder], collection=COLLECTION))
