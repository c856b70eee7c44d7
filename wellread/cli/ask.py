"""`ask`: the trace, the answer as it is written, and its sources."""

import asyncio
import signal
import sys
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing, contextmanager

from pydantic import ValidationError
from rich.markdown import Markdown

from wellread.agent.run.estimate import Estimate
from wellread.agent.state.control import Control
from wellread.agent.telling.trace import failure_line, trace_lines
from wellread.cli.add import start_embedding
from wellread.cli.output import command_name, console, print_json, progress_console
from wellread.engine import Wellread
from wellread.errors import BadRequestError
from wellread.events import (
    AnswerChecked,
    AnswerCompleted,
    AnswerDelta,
    AnswerStarted,
    AnyEvent,
    Citation,
    ModelFailed,
    RunCompleted,
    RunFailed,
    Usage,
)
from wellread.grounding.tally import doubtful_lines, verdict_counts, verdict_line
from wellread.library.scope import describe
from wellread.models.resolve import EXTRACTIVE
from wellread.wire.runs import AskOptions

_QUOTE_LENGTH = 90
_LEAST = {
    "steps": "at least one step",
    "seconds": "some time",
    "input_tokens": "some input tokens",
    "output_tokens": "some output tokens",
    "cost": "some cost",
}


async def ask(
    question: str,
    options: AskOptions,
    *,
    go_on: bool = False,
    dry_run: bool = False,
    trace: bool = True,
    as_json: bool = False,
) -> int:
    """`go_on`: with the last conversation."""
    if question == "-":
        question = sys.stdin.read()
    async with Wellread() as library:
        if go_on and (last := await library.last_conversation()):
            options = options.model_copy(update={"conversation_id": last})
        if dry_run:
            estimate = await library.estimate(await library.request(question, options))
            print_json(estimate.model_dump(mode="json")) if as_json else show_estimate(estimate)
            return 0
        control = Control()
        events = library.ask(question, options, control=control)
        status = await _followed(events, control, AnswerPage(trace=trace), as_json=as_json)
        if await library.vectors_wait():
            start_embedding()
            if not as_json:
                console.print(
                    "\nVectors are still being made: until then answers rest mostly on the words they share "
                    "with the question. Ask again later.",
                    style="dim",
                )
    return status


def options_of(given: dict[str, object]) -> AskOptions:
    """Raises BadRequestError for a value that cannot be."""
    try:
        return AskOptions.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][-1])
        message = f"{name.replace('_', ' ').capitalize()}: {first['msg']}."
        if first["type"].startswith("greater_than"):
            message = f"A run needs {_LEAST[name]}."
        raise BadRequestError(
            message,
            hint="Give more, or no limit. Without a model (`--model extractive`) a run costs nothing.",
        ) from error


async def _followed(
    events: AsyncGenerator[AnyEvent, None], control: Control, page: "AnswerPage", *, as_json: bool
) -> int:
    """Print the run; the exit status. The first Ctrl-C stops the search, the second cancels the run."""
    with on_interrupt(control):
        async with aclosing(events) as run:
            status = 0
            async for event in run:
                if as_json:
                    print_json(event.model_dump(mode="json"))
                else:
                    page.show(event)
                if isinstance(event, RunFailed):
                    status = 1
    return status


@contextmanager
def on_interrupt(control: Control) -> Iterator[None]:
    """While it lasts, Ctrl-C first stops the search and then cancels, as without it."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def interrupted() -> None:
        if control.stopped and task is not None:
            task.cancel()
            return
        control.stop()
        progress_console.print(
            "\nI stop searching and write with what there is. Ctrl-C again cancels.", style="dim"
        )

    try:
        before = signal.getsignal(signal.SIGINT)
        loop.add_signal_handler(signal.SIGINT, interrupted)
    except (NotImplementedError, ValueError):  # Windows; not the main thread
        yield
        return
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, before)


def show_estimate(estimate: Estimate) -> None:
    """Prints what a run would take."""
    console.print(
        f"DeepSearch {'ON' if estimate.mode == 'deep' else 'OFF'}, Model: {estimate.model}", markup=False
    )
    titles = ", ".join(estimate.titles)
    if estimate.outside:
        titles = f"in {titles}? and others, " if titles else ""
        titles += "to be found by a search of the catalog"
    console.print(f"Titles: {titles}", markup=False)
    for name, (least, most) in (
        ("Steps", estimate.steps),
        ("Calls of models", estimate.calls),
        ("Tokens read", estimate.input_tokens),
        ("Tokens written", estimate.output_tokens),
    ):
        console.print(f"{name}: {least:,} to {most:,}")
    console.print(f"Seconds: {estimate.seconds[0]:.0f} to {estimate.seconds[1]:.0f}")
    cost = "not known" if estimate.cost is None else f"${estimate.cost[0]:.4f} to ${estimate.cost[1]:.4f}"
    console.print(f"Cost: {cost}")


class AnswerPage:
    """Prints a run for people. A block of the answer appears as soon as it is whole."""

    def __init__(self, *, trace: bool) -> None:
        self._trace = trace
        self._pending = ""
        self._by_model = False

    def show(self, event: AnyEvent) -> None:
        if self._trace:
            for line in trace_lines(event):
                console.print(line, markup=False, style="dim" if console.is_terminal else None)
        match event:
            case AnswerStarted():
                console.print()
            case AnswerDelta(text=text):
                self._pending += text
                self._flush(whole=False)
            case AnswerCompleted(citations=citations, statements=statements, written_by=author):
                self._flush(whole=True)
                self._sources(citations)
                self._by_model = author != EXTRACTIVE and bool(citations or statements)
            case AnswerChecked(statements=statements, judge=judge) if self._by_model:
                console.print(f"\n{verdict_line(verdict_counts(statements), judge)}", markup=False)
                for line in doubtful_lines(statements):
                    console.print(f"  {line}", markup=False, style="yellow")
            case ModelFailed() if not self._trace:
                console.print(failure_line(event), style="yellow", markup=False)
            case RunCompleted(usage=usage, seconds=seconds) if usage.model_calls:
                console.print(f"\n{usage_line(usage, seconds)}", style="dim", markup=False)
            case RunFailed(message=message, hint=hint):
                console.print(f"The run failed: {message}\n  {hint}", style="red", markup=False)
            case _:
                pass

    def _flush(self, *, whole: bool) -> None:
        """Print the pending text: as it is in a pipe; on a terminal rendered, block by block."""
        if not console.is_terminal:
            text = self._pending.rstrip("\n")  # what ends the answer is ours
            sys.stdout.write(text + ("\n" if whole else ""))
            sys.stdout.flush()
            self._pending = "" if whole else self._pending[len(text) :]
            return
        cut = len(self._pending) if whole else self._pending.rfind("\n\n")
        if cut > 0:
            block, self._pending = self._pending[:cut], self._pending[cut:].lstrip("\n")
            # Rich puts its own blank lines around some blocks and none around others: one after each is enough.
            with console.capture() as rendered:
                console.print(Markdown(block))
            sys.stdout.write(rendered.get().strip("\n") + "\n\n")

    def _sources(self, citations: Sequence[Citation]) -> None:
        if not citations:
            return
        console.print(f"{'' if console.is_terminal else chr(10)}Sources", style="bold")
        by_number: dict[int, list[Citation]] = {}
        for citation in citations:
            by_number.setdefault(citation.number, []).append(citation)
        for number, quotes in sorted(by_number.items()):
            first = quotes[0]
            console.print(f"[{number}] {describe(first.title, first.section)}", markup=False)
            for citation in quotes:
                place = f"{citation.place}  " if citation.place else ""
                quote = " ".join(citation.quote.split())
                if len(quote) > _QUOTE_LENGTH:
                    quote = quote[: quote.rfind(" ", 0, _QUOTE_LENGTH)] + " …"
                line = f"    {citation.anchor}  {place}“{quote}”"
                console.print(
                    line, markup=False, style="dim", no_wrap=console.is_terminal, overflow="ellipsis"
                )
        console.print(f"\nOpen one: {command_name()} read {citations[0].anchor}", markup=False)


def usage_line(usage: Usage, seconds: float) -> str:
    """What a run took, in one line."""
    calls = "1 call" if usage.model_calls == 1 else f"{usage.model_calls} calls"
    cached = f" ({usage.cached_tokens:,} of them from the cache)" if usage.cached_tokens else ""
    cost = (
        f"${usage.cost:.4f}" if usage.unpriced_calls < usage.model_calls or usage.cost else "cost not known"
    )
    if usage.cost and usage.unpriced_calls:
        cost += f" and {usage.unpriced_calls} calls without a known price"
    tokens = f"{usage.input_tokens:,} tokens read{cached}, {usage.output_tokens:,} written"
    return f"{calls}, {tokens}, {cost}, {seconds:.1f} s"
