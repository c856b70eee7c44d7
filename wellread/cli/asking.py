"""`ask`: the trace, the answer as it is written, and its sources."""

import sys
from collections.abc import Sequence

from rich.markdown import Markdown

from wellread.cli.adding import start_embedding
from wellread.cli.output import command_name, console, print_json
from wellread.cli.trace import trace_lines
from wellread.engine import Wellread
from wellread.events import AnswerCompleted, AnswerDelta, AnswerStarted, AnyEvent, Citation, RunFailed
from wellread.library.scope import describe

_QUOTE_LENGTH = 90


async def ask(
    question: str,
    *,
    product_ids: Sequence[str],
    deep: bool,
    max_steps: int | None,
    go_on: bool,
    trace: bool,
    as_json: bool,
) -> int:
    if question == "-":
        question = sys.stdin.read()
    async with Wellread() as library:
        conversation = library.runs.last_conversation() if go_on else None
        events = library.ask(
            question,
            product_ids=product_ids,
            mode="deep" if deep else "quick",
            max_steps=max_steps,
            conversation_id=conversation.conversation_id if conversation else "",
        )
        status = 0
        page = AnswerPage(trace=trace)
        async for event in events:
            if as_json:
                print_json(event.model_dump(mode="json"))
            else:
                page.show(event)
            if isinstance(event, RunFailed):
                status = 1
        if await library.vectors_wait():
            start_embedding()
            if not as_json:
                console.print(
                    "\nVectors are still being made: until then answers rest mostly on the words they share "
                    "with the question. Ask again later.",
                    style="dim",
                )
    return status


class AnswerPage:
    """Prints a run for people. A block of the answer appears as soon as it is whole."""

    def __init__(self, *, trace: bool) -> None:
        self._trace = trace
        self._pending = ""

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
            case AnswerCompleted(citations=citations):
                self._flush(whole=True)
                self._sources(citations)
            case RunFailed(message=message, hint=hint):
                console.print(f"The run failed: {message}\n  {hint}", style="red", markup=False)
            case _:
                pass

    def _flush(self, *, whole: bool) -> None:
        """Print the pending text: as it is in a pipe; on a terminal rendered, block by block."""
        if not console.is_terminal:
            sys.stdout.write(self._pending + ("\n" if whole else ""))
            sys.stdout.flush()
            self._pending = ""
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
