"""An export as Markdown: for each run the question as heading, what it was asked of, the answer and its sources."""

from collections.abc import Iterator, Mapping

from wellread.agent.run.loop import shortened
from wellread.agent.telling.export import Export, ExportedAnswer, ExportedRun
from wellread.agent.telling.headings import below, inert_heading
from wellread.agent.telling.sources import sources
from wellread.agent.writing.persona import named
from wellread.content import Product
from wellread.grounding.inline import inert
from wellread.grounding.tally import doubtful_lines, judge_of, verdict_line
from wellread.library.bibliography import entries, line

_LONGEST_HEADING = 190  # code points of a question; of a longer one the whole stands below


def as_markdown(export: Export, products: Mapping[str, Product] | None = None, *, steps: bool = False) -> str:
    """The runs one below the other, `steps` with what was done in each. `products`, by id, are told of with authors
    and years; of others their names are told."""
    return "\n".join("\n".join(_parts(run, products or {}, steps=steps)) for run in export.runs)


def _parts(run: ExportedRun, products: Mapping[str, Product], *, steps: bool) -> Iterator[str]:
    """Blocks, each ending with a line break."""
    question = line(run.question)
    heading = shortened(question, _LONGEST_HEADING)
    yield f"# {inert_heading(inert(heading))}\n"
    if heading != question:
        yield f"> {inert(question)}\n"
    yield _told(run)
    if steps and run.steps:
        yield "## Steps\n"
        yield "".join(_steps(run))
    if run.answer is not None:
        yield from _answer(run.answer, products, heading=steps and bool(run.steps))
    end = _end(run)
    if end:
        yield f"{end}\n"


def _told(run: ExportedRun) -> str:
    deep = "ON" if run.mode == "deep" else "OFF"
    titles = named(line(entry.title) for entry in run.scope) if run.scope else "none found"
    model = inert(line(run.model))
    told = f"DeepSearch {deep}, Model: {model}, Titles: {titles}, Asked: {run.asked_at:%Y-%m-%d %H:%M} UTC"
    understood = f"\nUnderstood as: {inert(line(run.understood_as))}" if run.understood_as else ""
    return f"{told}{understood}\n"


def _steps(run: ExportedRun) -> Iterator[str]:
    for step in run.steps:
        came = inert(line(step.summary)) or "not finished"
        yield f"{step.step}. {inert(line(step.label))}: {came}\n"
    for failure in run.model_failures:
        yield f"- {inert(line(failure))}\n"


def _answer(answer: ExportedAnswer, products: Mapping[str, Product], *, heading: bool) -> Iterator[str]:
    if heading:
        yield "## Answer\n"
    yield below(answer.markdown, 2 if heading else 1)
    if answer.verdicts:
        yield f"{inert(verdict_line(answer.verdicts, judge_of(answer.statements)))}\n"
        doubtful = doubtful_lines(answer.statements)
        if doubtful:
            yield "".join(f"- {inert(line)}\n" for line in doubtful)
    if answer.citations:
        yield "## Sources\n"
        yield sources(entries(answer.citations, products))


def _end(run: ExportedRun) -> str:
    """What there is to say of a run that did not come to its end."""
    if run.failure is not None:
        hint = f" {inert(line(run.failure.hint))}" if run.failure.hint else ""
        return f"**The run failed:** {inert(line(run.failure.message))}{hint}"
    part = "" if run.answer is None else " This is what there was of its answer."
    match run.state:
        case "cancelled" if run.answer is not None and run.answer.whole:
            return "**The run was cancelled** after its answer."
        case "cancelled":
            return f"**The run was cancelled.**{part}"
        case "unfinished":
            return f"**The run has not come to its end.**{part}"
        case _:
            return ""
