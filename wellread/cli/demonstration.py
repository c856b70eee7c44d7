"""`demo`: the library that comes with Wellread, added and asked."""

from importlib.resources import as_file, files

from wellread.cli import adding, asking
from wellread.cli.output import console
from wellread.engine import Wellread

COLLECTION = "demo"
QUESTION = (
    "Pretend that you are the author of Steady Hands, based on what you wrote in that book and said in the talk "
    "Two Hats, and act as a mentor. I'm a new engineering leader and I'm struggling to understand the difference "
    "between leadership and management. How can I effectively balance both roles in my team?"
)


async def demo(*, model: str, as_json: bool) -> int:
    with as_file(files("wellread") / "demo") as folder:
        async with Wellread() as library:
            report = adding.AddReport(as_json=as_json)
            await report.follow(library.add([folder], collection=COLLECTION))
    if not as_json:
        console.print(f"\n> {QUESTION}\n", markup=False)
    return await asking.ask(QUESTION, asking.Asking(model=model), as_json=as_json)
