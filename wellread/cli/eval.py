"""`eval`: figures, as a table or as JSON."""

from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path
from typing import TypeVar

from rich.table import Table

from wellread.cli.output import console, print_json, print_table, progress_console
from wellread.embedding.choice import load_embedder
from wellread.engine import Wellread
from wellread.errors import BadRequestError, UnavailableError
from wellread.evals.answer_report import KindFigures, RunChange, by_kind, changes, in_both, is_run, read_run
from wellread.evals.answers import AnswerFigures, measured
from wellread.evals.questions import JudgedQuestion, read_questions
from wellread.evals.retrieval import evaluate
from wellread.settings import Settings
from wellread.wire.runs import AskOptions

_Kinded = TypeVar("_Kinded", JudgedQuestion, AnswerFigures)

_TOTAL = "total"
_LEGEND = (
    "Score: a proxy computed from the rest, 0 to 3. Facts: found in any snippet, in the evidence chosen for the\n"
    "answer, in the answer. Bearing: of the points quoted, those that hold a fact or stand beside one. Words: of\n"
    "the evidence. Silent: unanswerable questions that were not answered; denied: answerable ones that were not."
)


async def retrieval(folder: Path, *, as_json: bool) -> int:
    try:
        embedder = load_embedder(Settings.load())
    except UnavailableError as error:
        embedder = None
        progress_console.print(f"{error.message} {error.hint}", style="yellow")
    progress_console.print("Indexing the set and asking its queries; some 60 passages a second.", style="dim")
    figures = await evaluate(folder, embedder)
    if as_json:
        print_json(figures)
        return 0
    table = Table(box=None, pad_edge=False)
    table.add_column("ranking")
    measures = list(next(iter(figures.values())))
    for measure in measures:
        table.add_column(measure, justify="right")
    for ranking, row in figures.items():
        table.add_row(ranking, *(f"{row[measure]:.3f}" for measure in measures))
    console.print(table)
    return 0


async def answers(
    file: Path,
    options: AskOptions,
    *,
    only: str,
    limit: int | None,
    against: Path | None,
    show_answers: bool,
    as_json: bool,
) -> int:
    """`file` has questions to ask, or is a run that was saved and is shown again."""
    before = read_run(against) if against else []
    if is_run(file):
        every = _some(read_run(file), only, limit)
        for figures in every:
            _show_one(figures, show_answer=show_answers, as_json=as_json)
    else:
        every = await _asked(_some(read_questions(file), only, limit), options, show_answers, as_json)
    if as_json:
        print_json({"type": "summary", "model": options.model, "mode": options.mode, **_summary(every)})
    else:
        _show_summary(every)
    if before:
        _compare(*in_both(before, every), as_json=as_json)
    return 0


def _some(every: Sequence[_Kinded], only: str, limit: int | None) -> list[_Kinded]:
    kinds = dict.fromkeys(one.kind for one in every)
    if only and only not in kinds:
        raise BadRequestError(
            f"There is no question of the kind {only!r}.", hint=f"Kinds: {', '.join(filter(None, kinds))}."
        )
    return [one for one in every if only in ("", one.kind)][:limit]


async def _asked(
    questions: Sequence[JudgedQuestion], options: AskOptions, show_answers: bool, as_json: bool
) -> list[AnswerFigures]:
    every: list[AnswerFigures] = []
    async with Wellread() as library, aclosing(measured(library, questions, options)) as stream:
        async for figures in stream:
            every.append(figures)
            _show_one(figures, show_answer=show_answers, as_json=as_json)
            progress_console.print(
                f"{len(every)}/{len(questions)}  {figures.score}  {figures.id}", style="dim", markup=False
            )
    return every


def _show_one(figures: AnswerFigures, *, show_answer: bool, as_json: bool) -> None:
    if as_json:
        print_json(figures.model_dump(mode="json"))
    elif show_answer:
        console.print(f"### {figures.question}", style="bold", markup=False)
        if figures.after:
            console.print(f"After: {figures.after}", markup=False)
        console.print(f"Searched: {' | '.join(figures.searched) or 'nothing'}", markup=False)
        console.print(f"Scope: {', '.join(figures.scope)}", markup=False)
        for fact in figures.facts:
            where = "in the answer" if fact.answer else "in the evidence" if fact.evidence else ""
            where = where or ("found, not chosen" if fact.found else "not found")
            console.print(f"{'+' if fact.answer else '-'} {fact.fact}: {where}", markup=False)
        console.print(
            f"Score {figures.score}; {figures.bearing} of {figures.points} points bear; "
            f"{'answered' if figures.answered else 'not answered'}"
            f"{', and is unanswerable' if figures.unanswerable else ''}; {figures.seconds:.1f} s",
            markup=False,
        )
        console.print(f"\n{figures.failure or figures.markdown}\n", markup=False)


def _summary(every: Sequence[AnswerFigures]) -> dict[str, object]:
    kinds = {kind: figures.model_dump(mode="json") for kind, figures in by_kind(every).items()}
    return {"kinds": kinds, _TOTAL: KindFigures.of(every).model_dump(mode="json")}


def _show_summary(every: Sequence[AnswerFigures]) -> None:
    names = "kind questions score title found evidence answer bearing silent denied words seconds tokens"
    rows = {**by_kind(every), _TOTAL: KindFigures.of(every)}
    print_table(
        names.split(),
        (
            (
                *(kind or "–", str(row.questions), f"{row.score:.2f}", str(row.title_found), str(row.found)),
                *(str(row.evidence), str(row.answer), str(row.bearing), str(row.silent), str(row.denied)),
                *(f"{row.evidence_words:.0f}", f"{row.seconds:.2f}", f"{row.tokens:.0f}"),
            )
            for kind, row in rows.items()
        ),
    )
    console.print(_LEGEND, style="dim", markup=False)
    for figures in every:
        if figures.failure:
            console.print(f"Failed: {figures.id}: {figures.failure}", style="red", markup=False)


def _compare(before: Sequence[AnswerFigures], after: Sequence[AnswerFigures], *, as_json: bool) -> None:
    differing = changes(before, after)
    if as_json:
        print_json(
            {
                "type": "comparison",
                "before": _summary(before),
                "after": _summary(after),
                "changed": [_change(one) for one in differing],
            }
        )
        return
    console.print(f"\nOf {len(after)} questions in both runs, {len(differing)} came out differently.\n")
    was, now = by_kind(before), by_kind(after)
    was[_TOTAL], now[_TOTAL] = KindFigures.of(before), KindFigures.of(after)
    print_table(
        "kind score title found evidence answer bearing silent denied seconds".split(),
        ((kind or "–", *_cells(was.get(kind), row)) for kind, row in now.items()),
    )
    for change in differing:
        _show_change(change)


def _cells(was: KindFigures | None, now: KindFigures) -> list[str]:
    def both(name: str) -> str:
        one, other = (_number(getattr(figures, name, "–")) for figures in (was, now))
        return other if one == other else f"{one} → {other}"

    return [*map(both, "score title_found found evidence answer bearing silent denied seconds".split())]


def _number(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _show_change(change: RunChange) -> None:
    console.print(f"\n{change.before.score} → {change.after.score}  {change.after.id}", markup=False)
    if change.searched_otherwise:
        console.print(f"  searched before: {' | '.join(change.before.searched)}", markup=False)
        console.print(f"  searched now:    {' | '.join(change.after.searched)}", markup=False)
    for sign, facts in (("+", change.gained), ("-", change.lost)):
        for fact in facts:
            console.print(f"  {sign} {fact}", markup=False)
    if change.before.answered != change.after.answered:
        console.print(f"  {'now' if change.after.answered else 'no longer'} answered", markup=False)


def _change(change: RunChange) -> dict[str, object]:
    return {
        "id": change.after.id,
        "score": [change.before.score, change.after.score],
        "answered": [change.before.answered, change.after.answered],
        "searched": [change.before.searched, change.after.searched],
        "gained": change.gained,
        "lost": change.lost,
    }
