"""`setup compare`: one question both ways, side by side where there is room."""

from rich.console import Group
from rich.markdown import Markdown
from rich.table import Table
from rich.text import Text

from wellread.cli.output import console, progress_console
from wellread.engine import Wellread
from wellread.errors import BadRequestError
from wellread.grounding.tally import judge_of, verdict_counts, verdict_line
from wellread.models.resolve import EXTRACTIVE
from wellread.setup.comparison import ComparedAnswer, both_ways, question_to_compare

_ROOM = 100  # columns for two answers beside each other


async def compare(model: str, question: str) -> int:
    """The exit status is 1 when the model did not write its answer."""
    if model == EXTRACTIVE:
        raise BadRequestError("Quoting is compared with a model.", hint="Name one as provider/model.")
    async with Wellread() as library:
        question = question or await question_to_compare(library)
        console.print(f"{question}\n", markup=False, style="bold" if console.is_terminal else None)
        answers: list[ComparedAnswer] = []
        async for answer in both_ways(library, question, model):
            answers.append(answer)
            if len(answers) == 1:
                progress_console.print(f"Asking {model} …", style="dim", markup=False)
    _show(answers)
    return 1 if answers[-1].written_by in ("", EXTRACTIVE) else 0


def _show(answers: list[ComparedAnswer]) -> None:
    if console.is_terminal and console.width >= _ROOM:
        table = Table(box=None, padding=(0, 2), expand=True)
        for answer in answers:
            table.add_column(_head(answer), ratio=1)
        table.add_row(*(Group(Markdown(answer.markdown), Text(""), *_foot(answer)) for answer in answers))
        console.print(table)
        return
    for answer in answers:
        console.print(f"── {_head(answer)} ──\n", markup=False)
        console.print(Markdown(answer.markdown) if console.is_terminal else Text(answer.markdown))
        console.print(*_foot(answer), "", sep="\n")


def _head(answer: ComparedAnswer) -> str:
    name = "By quoting" if answer.model == EXTRACTIVE else f"By {answer.model}"
    cost = f", ${answer.cost:.4f}" if answer.cost else ""
    return f"{name} ({answer.seconds:.1f} s{cost})"


def _foot(answer: ComparedAnswer) -> list[Text]:
    lines = [Text(f"What failed: {answer.problem}", style="yellow")] if answer.problem else []
    if answer.model == EXTRACTIVE or not answer.statements:
        return lines
    return [
        *lines,
        Text(verdict_line(verdict_counts(answer.statements), judge_of(answer.statements)), style="dim"),
    ]
