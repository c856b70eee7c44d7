"""`eval claims`: one row a judge."""

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.progress import Progress

from wellread.agent.judging.choice import judge_opener
from wellread.agent.state.budget import Meter
from wellread.cli.output import console, print_json, print_table, progress_console
from wellread.errors import WellreadError
from wellread.evals.claims import (
    ClaimFigures,
    LabelledClaim,
    WordsJudge,
    measure_judge,
    read_claims,
    some_claims,
)
from wellread.grounding.entailment import open_classifier
from wellread.grounding.judgement import Judge
from wellread.models.resolve import CLASSIFIER, Models, classifier_folder
from wellread.run_values import WORDS, Budget
from wellread.settings import Settings

_ALL = "all"
_COLUMNS = "judge claims unjudged supported partly contradicted told accuracy F1 calibration claims/s"
_LEGEND = (
    "Area under the ROC curve of: supported against all others; supported or in part against the rest;\n"
    "contradicted against supported; whether the sentences tell at all. Accuracy and macro F1 of the verdicts;\n"
    "expected calibration error of the probability that a claim is supported. Without a judgement: not told."
)
_OF_WORDS = (
    "words gives no probabilities: its row takes the share of a claim's words that the sentences hold, 0 where\n"
    "words speak against it. In answers it says no more than quoted, conflict or not checked."
)


async def claims(
    file: Path, *, judges: Sequence[str], labels: Sequence[str], limit: int | None, as_json: bool
) -> int:
    """The exit status is 1 when one of several judges could not judge; that of a single one is raised."""
    chosen = some_claims(read_claims(file), labels, limit)
    settings = Settings.load()
    models = Models(settings)
    rows: list[ClaimFigures] = []
    try:
        names = await asyncio.to_thread(lambda: list(dict.fromkeys(_names(judges, models, settings))))
        for name in names:
            try:
                rows.append(await _measured(name, chosen, models, settings))
            except WellreadError as error:
                if len(names) == 1:
                    raise
                progress_console.print(f"{name}: {error.message} {error.hint}", style="yellow", markup=False)
                continue
            if as_json:
                print_json(rows[-1].model_dump(mode="json"))
    finally:
        await models.close()
    if rows and not as_json:
        print_table(_COLUMNS.split(), map(_cells, rows))
        console.print(_LEGEND, style="dim", markup=False)
        if any(row.judge == WORDS for row in rows):
            console.print(_OF_WORDS, style="dim", markup=False)
    return 0 if len(rows) == len(names) else 1


def _names(judges: Sequence[str], models: Models, settings: Settings) -> Iterable[str]:
    """The judges that are meant: none for the one of answers, and "all" for each that is here. Raises as
    Models.roles does."""
    for judge in judges or [""]:
        if judge == _ALL:
            yield WORDS
            yield from _classifiers(settings.home / "models")
        yield models.roles(judge="" if judge == _ALL else judge).judge


def _classifiers(folder: Path) -> list[str]:
    """Those in the library's own folder."""
    configured = sorted(path.parent for path in folder.glob("*/config.json"))
    return [f"{CLASSIFIER}{path.name}" for path in configured if any(path.rglob("*.onnx"))]


async def _measured(
    name: str, chosen: Sequence[LabelledClaim], models: Models, settings: Settings
) -> ClaimFigures:
    judge = await _opened(name, models, settings)
    with Progress(console=progress_console, transient=True) as progress:
        task = progress.add_task(judge.name, total=len(chosen))
        return await measure_judge(judge, chosen, report=lambda done: progress.update(task, completed=done))


async def _opened(name: str, models: Models, settings: Settings) -> Judge:
    """A judge without a budget; a classifier is loaded, so that what is wrong with it is said in its own words."""
    if name.startswith(CLASSIFIER):
        await asyncio.to_thread(open_classifier(classifier_folder(name, settings.home), name).load)
    opener = judge_opener(name, models)
    return opener(Meter(Budget(steps=0))) if opener else WordsJudge()


def _cells(row: ClaimFigures) -> tuple[str, ...]:
    areas = (row.supported, row.at_least_partly, row.contradicted, row.told)
    return (
        *(row.judge, str(row.claims), str(row.unjudged)),
        *map(_share, (*areas, row.accuracy, row.macro_f1, row.calibration_error)),
        f"{row.claims_per_second:.1f}",
    )


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
