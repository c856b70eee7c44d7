"""A run as the page shows it: a fold over its events into parts, each of which can be drawn anew by itself.

The same parts make the whole page after a reload and what is sent while the run goes on, so both look alike.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, cast
from urllib.parse import quote

from wellread.agent.state.budget import usage_told
from wellread.agent.state.effective_events import UnderWay
from wellread.agent.telling.trace import failure_line
from wellread.events import (
    TERMINAL,
    AnswerChecked,
    AnswerCompleted,
    AnswerDelta,
    AnswerDrafted,
    AnswerOutlined,
    AnswerRevised,
    AnswerStarted,
    AnyEvent,
    Citation,
    Elsewhere,
    KnowledgeCarried,
    ModelFailed,
    ProductsFound,
    QuestionUnderstood,
    RevisedStatement,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunStarted,
    RunStopping,
    ScopeEntry,
    SearchCell,
    Snippet,
    StepCompleted,
    StepEvent,
    StepStarted,
    Usage,
    VerdictName,
)
from wellread.grounding.tally import mostly_unsupported, verdict_counts
from wellread.library.offered_questions import OfferedQuestion
from wellread.library.titles import Titles
from wellread.run_values import WORDS
from wellread.web.pages.conversation.answer_details import (
    CitedSource,
    authors_of,
    best_elsewhere,
    cited_sources,
    places_of,
    verdict_words,
)
from wellread.web.pages.conversation.answer_html import Link, completed, written
from wellread.web.pages.conversation.markdown_html import Growing
from wellread.web.pages.conversation.run_steps import Step
from wellread.web.pages.conversation.statement_notes import StatementNotes
from wellread.web.pages.page import Page

State = Literal["waiting", "working", "writing", "checking", "completed", "failed", "cancelled"]
Rating = Literal["", "up", "down"]


@dataclass(frozen=True, slots=True)
class RunPart:
    """A part as it looks now: `html` is one element with the `id`, which stands in the element `within` (both ids)."""

    id: str
    html: str
    within: str


class RunRendering:
    """Tell it the events of a run in their order. What it shows are its public names, for the templates."""

    def __init__(
        self,
        page: Page,
        run_id: str,
        *,
        titles: Titles | None = None,
        rating: Rating = "",
        link: Link | None = None,
    ) -> None:
        self.run_id = run_id
        self.rating = rating
        self.state: State = "waiting"
        self.steps: dict[int, Step] = {}
        self.failures: list[str] = []
        self.answer: AnswerCompleted | None = None
        self.begun: AnswerStarted | None = None
        self.outline: AnswerOutlined | None = None
        self.drafted: AnswerDrafted | None = None
        self.revised: tuple[RevisedStatement, ...] = ()  # of the draft
        self.judge = WORDS  # who judged the answer's statements
        self.is_checking = False  # whether a judge has the answer and has not spoken
        self.end: RunCompleted | RunFailed | RunCancelled | None = None
        self._under_way = UnderWay()
        self._carried: tuple[Snippet, ...] = ()
        self._meant: tuple[ScopeEntry, ...] = ()  # before any step found more
        self.doubtful: tuple[
            ScopeEntry, ...
        ] = ()  # titles that the question may mean, searched beside others
        self.options: tuple[ScopeEntry, ...] = ()  # works between which the reader must choose
        self.understood = ""
        self.stopping = False
        self.usage = Usage()
        self.seconds = 0.0
        self.last = 0  # number of the last event
        self._page = page
        self._titles = titles
        self._link = link or self._opens
        self._notes = StatementNotes(self.id, page.part, self._link)
        self._start: RunStarted | None = None
        self._growing = Growing()
        self.blocks: list[str] = []
        self._sent: list[str] = []
        self._changed: dict[tuple[str, ...], None] = {}  # parts, in the order in which they changed

    # What the templates read

    @property
    def id(self) -> str:
        return f"run-{self.run_id}"

    @property
    def start(self) -> RunStarted:
        if self._start is None:
            raise ValueError("a run begins with run.started")
        return self._start

    @property
    def scope(self) -> tuple[ScopeEntry, ...]:
        """The titles that are searched, with those that the steps so far have found."""
        titles = {entry.product_id: entry for entry in self._meant}
        for step in self.steps.values():
            for entry in step.found:
                titles.setdefault(entry.product_id, entry)
        return tuple(titles.values())

    @property
    def snippets(self) -> dict[int, Snippet]:
        """What the run knows so far, by knowledge number."""
        known = [*self._carried]
        for step in self.steps.values():
            for cell in step.cells.values():
                known += cell.found
            known += step.read.found if step.read else ()
            known += step.described.found if step.described else ()
        return {snippet.number: snippet for snippet in known}

    @property
    def cells(self) -> list[SearchCell]:
        return [cell for step in self.steps.values() for cell in step.cells.values()]

    @property
    def titles(self) -> int:
        """How many titles were looked into."""
        return len({cell.product_id for cell in self.cells})

    def name(self, product_id: str) -> str:
        """The title of a product that the run met."""
        known = {entry.product_id: entry.title for entry in (*self.start.scope, *self.scope)}
        return known.get(product_id, product_id)

    @property
    def verdicts(self) -> dict[VerdictName, int]:
        return verdict_counts(self.answer.statements) if self.answer else {}

    @property
    def is_mostly_unsupported(self) -> bool:
        return not self.is_checking and self.answer is not None and mostly_unsupported(self.answer.statements)

    @property
    def verdict_words(self) -> dict[VerdictName, str]:
        return verdict_words(self._page.say)

    @property
    def sources(self) -> list[CitedSource]:
        return cited_sources(self.answer.citations if self.answer else ())

    @property
    def elsewhere(self) -> list[Elsewhere]:
        return best_elsewhere(event for step in self.steps.values() for event in step.elsewhere)

    @property
    def suggestions(self) -> list[OfferedQuestion]:
        """Questions that the titles cited answer well, to be asked next; none for who has no library to ask."""
        if self._titles is None or self.answer is None:
            return []
        anchors = [citation.anchor for citation in self.answer.citations]
        return self._titles.to_go_on((self.start.question, self.understood or self.start.asked), anchors)

    @property
    def voices(self) -> list[str]:
        return authors_of(self.scope)

    def opens(self, position: int, citation: Citation) -> str:
        """Where a citation leads."""
        return self._link(position, citation)

    # Events

    def tell(self, event: AnyEvent) -> None:
        self.last = event.seq
        self._under_way, back = self._under_way.after(event)
        if back.step:  # it began anew; what it had found is not searched
            self._dirty("head")
        usage = usage_told(event)
        if usage is not None:
            self.usage = usage
            self._dirty("bar", "budget")
        match event:
            case RunStarted():
                self._start = event
                self._scoped(event)
                self.understood = event.asked if event.asked != event.question else ""
                self._dirty("head", "bar")
            case QuestionUnderstood():
                self.understood = event.asked
                self._scoped(event)
                self._dirty("head", "after")
            case KnowledgeCarried():
                self._carried = event.snippets
            case RunStopping():
                self.stopping = True
                self._dirty("bar", "controls")
            case ModelFailed():
                self.failures.append(failure_line(event))
                self._dirty("notes")
            case StepStarted() | StepEvent() | StepCompleted():
                self._tell_step(event)
            case _ if isinstance(event, TERMINAL):
                self._end(event)
            case _:
                self._tell_answer(event)

    def _scoped(self, event: RunStarted | QuestionUnderstood) -> None:
        self._meant, self.options = event.scope, event.options
        self.doubtful = tuple(e for e in event.scope if event.outside and e.found == "doubtful")

    def _tell_step(self, event: AnyEvent) -> None:
        if isinstance(event, StepStarted):
            self.state = "working"
            self.steps[event.step] = Step(event.step, event.title)
            self._dirty("bar", "budget", "controls")
            self._changed[("step", str(event.step))] = None
            return
        step = self.steps[cast(StepEvent, event).step]
        before = step.questions, step.product_ids
        step.tell(event)
        match event:
            case ProductsFound():
                self._dirty("head")
            case SearchCell():
                self._dirty("bar")
                if before == (step.questions, step.product_ids):
                    row, column = step.place(event)
                    self._changed[("cell", str(step.number), str(row), str(column))] = None
                    return
            case StepCompleted():
                self.seconds += event.seconds
                self._dirty("bar")
        self._changed[("step", str(step.number))] = None

    def _tell_answer(self, event: AnyEvent) -> None:
        match event:
            case AnswerStarted():
                self.state = "writing"
                self.begun, self.outline, self.drafted, self.revised = event, None, None, ()
                self._growing, self.blocks, self._sent = Growing(), [], []
                self._dirty("bar", "controls", "answer")
            case AnswerOutlined():
                self.outline = event
                self._dirty("answer")
            case AnswerDelta(text=text):
                self._growing.add(text)
                self._dirty("blocks")
            case AnswerDrafted():
                self.drafted = event
                self._dirty("answer")
            case AnswerRevised(statements=statements):
                self.revised = statements
            case AnswerCompleted():
                self.is_checking = self.start.roles.judge != WORDS and bool(event.statements)
                if self.is_checking:
                    self.state = "checking"
                    self._dirty("bar")
                self._show(event)
            case AnswerChecked() if self.answer is not None:
                self.judge, self.is_checking = event.judge, False
                self._show(self.answer.with_check(event))

    def _show(self, answer: AnswerCompleted) -> None:
        snippets = self.snippets
        notes = () if self.is_checking else self._notes(answer, snippets)
        places = places_of(self.cells, snippets)
        self.answer = answer
        self.blocks = completed(answer, snippets, self._link, self._page.say, notes, places)
        if self.outline or self.drafted or len(self.blocks) < len(self._sent):
            self._sent = []
            self._dirty("answer")
        self._dirty("blocks", "after")

    def _end(self, event: RunCompleted | RunFailed | RunCancelled) -> None:
        self.end = event
        self.seconds = event.seconds
        match event:
            case RunCompleted():
                self.state = "completed"
            case RunFailed():
                self.state = "failed"
            case RunCancelled():
                self.state = "cancelled"
        if self.is_checking and self.answer is not None:  # the judge will not speak any more
            self.is_checking = False
            self._show(self.answer)
        elif self.drafted and self.answer is None:
            self._dirty("answer")
        for step in self.steps.values():
            if step.done is None:  # nothing is searched any more
                self._changed[("step", str(step.number))] = None
        self._dirty("bar", "budget", "controls", "after")

    # Drawing

    def skip(self) -> None:
        """Take what there is now for drawn: whoever is told of the changes has it."""
        self._draw_blocks()
        self._changed, self._sent = {}, list(self.blocks)

    def changed(self) -> Iterator[RunPart]:
        """The parts that look otherwise than at the last call."""
        changed, self._changed = list(self._changed), {}
        steps = {number for kind, *rest in changed if kind == "step" for number in rest}
        for kind, *rest in changed:
            if kind == "blocks":
                yield from self._changed_blocks()
            elif kind == "step":
                step = self.steps[int(rest[0])]
                html = self._page.part("run/step.html", run=self, step=step)
                yield RunPart(f"{self.id}-step-{step.number}", html, f"{self.id}-steps")
            elif kind == "cell" and rest[0] not in steps:
                yield self._cell(self.steps[int(rest[0])], int(rest[1]), int(rest[2]))
            elif kind != "cell":
                html = self._page.part(f"run/{kind}.html", run=self)
                yield RunPart(f"{self.id}-{kind}", html, self.id)

    def html(self) -> str:
        """All of it."""
        self.skip()
        return self._page.part("run/run.html", run=self)

    def _dirty(self, *parts: str) -> None:
        for part in parts:
            self._changed[(part,)] = None

    def _cell(self, step: Step, row: int, column: int) -> RunPart:
        html = self._page.part(
            "run/cell.html",
            run=self,
            step=step,
            row=row,
            column=column,
            cell=step.cells.get((step.questions[row], step.product_ids[column])),
        )
        return RunPart(f"{self.id}-cell-{step.number}-{row}-{column}", html, "")

    def _draw_blocks(self) -> None:
        if self.begun is not None and self.answer is None:
            self.blocks = written(self._growing.blocks(), self.snippets, self._link, self._page.say)

    def _changed_blocks(self) -> Iterator[RunPart]:
        self._draw_blocks()
        for number, block in enumerate(self.blocks):
            if number >= len(self._sent) or self._sent[number] != block:
                html = self._page.part("run/block.html", run=self, number=number, block=block)
                yield RunPart(f"{self.id}-block-{number}", html, f"{self.id}-blocks")
        self._sent = list(self.blocks)

    def _opens(self, position: int | None, cited: Citation | Snippet) -> str:
        where = f"/read/{quote(cited.anchor)}?run={self.run_id}"
        return where if position is None else f"{where}&citation={position}"
