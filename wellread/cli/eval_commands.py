"""`eval`: the commands, their options and their help."""

from pathlib import Path
from typing import Annotated

import typer

from wellread.cli.command import Json, Model, commands, run

evaluation = typer.Typer(
    name="eval",
    help="Figures about retrieval, answers and judges.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@evaluation.command("retrieval")
def eval_retrieval(
    folder: Annotated[
        Path, typer.Argument(help="A BEIR-style folder: corpus.jsonl, queries.jsonl, qrels.tsv.")
    ],
    as_json: Json = False,
) -> None:
    """nDCG@10, recall@100 and MRR of keyword, vector and fused search on a test set."""
    run(commands("eval").retrieval(folder, as_json=as_json))


@evaluation.command("answers")
def eval_answers(
    file: Annotated[
        Path,
        typer.Argument(
            help="Judged questions, a JSON object a line; or a run that was saved, to show it again."
        ),
    ],
    model: Model = "",
    deep: Annotated[bool, typer.Option("--deep", help="DeepSearch ON.")] = False,
    only: Annotated[str, typer.Option(metavar="KIND", help="Only the questions of this kind.")] = "",
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many questions.")] = None,
    against: Annotated[
        Path | None, typer.Option(metavar="RUN", help="Compare with a run: what --json printed.")
    ] = None,
    answers: Annotated[
        bool, typer.Option("--answers", help="Print each answer, and which facts it holds.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Ask the library judged questions: facts found and said, points that bear, silence where nothing answers."""
    evals = commands("eval")
    run(
        evals.answers(
            file,
            evals.AskOptions(model=model, mode="deep" if deep else "quick"),
            only=only,
            limit=limit,
            against=against,
            show_answers=answers,
            as_json=as_json,
        )
    )


@evaluation.command("claims")
def eval_claims(
    file: Annotated[Path, typer.Argument(help="Claims with sentences and labels, a JSON object a line.")],
    judge: Annotated[
        list[str] | None,
        typer.Option(
            metavar="JUDGE",
            help="words, onnx:FOLDER, provider/model, or all that are here; repeat for several. Without it the one "
            "that judges answers.",
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="LABEL", help="Only claims with this label; repeat for several."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Only so many claims, spread over the file.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Have claims judged by their sentences: how well each judge tells supported, contradicted and silent apart."""
    run(
        commands("eval_claims").claims(
            file, judges=judge or [], labels=only or [], limit=limit, as_json=as_json
        )
    )


@evaluation.command("index")
def eval_index(
    product_id: Annotated[str, typer.Argument(metavar="ID", help="Id of a title with an index at its end.")],
    k: Annotated[
        str, typer.Option("--k", metavar="K,K", help="How many passages of a search count.")
    ] = "5,10",
    limit: Annotated[
        int | None, typer.Option(min=1, help="Only so many terms, spread over the index.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Search a title for the terms of its own index: how often its pages or links are found."""
    run(commands("eval_index").index(product_id, depths=k, limit=limit, as_json=as_json))
