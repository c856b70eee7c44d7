"""The command line: every command, its options and its help. What they do is in the modules beside this one.

Those modules import search engines and models; they are loaded when their command runs, so that `--help` and a
typing error answer at once.
"""

import os
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from wellread import __version__
from wellread.cli.account_commands import token, user
from wellread.cli.command import Json, Model, commands, run
from wellread.cli.eval_commands import evaluation
from wellread.cli.setup_commands import setup
from wellread.errors import BadRequestError, WellreadError

app = typer.Typer(
    name="wellread",
    help="Cited answers from the books and videos you own.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: Rich's panels take 0.1 s to import
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(evaluation)
models = typer.Typer(
    name="models",
    help="Language models: what can be used, trying one, getting one.",
    invoke_without_command=True,
    rich_markup_mode=None,
)
app.add_typer(models)
app.add_typer(user)
app.add_typer(token)
app.add_typer(setup)

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_NOT_FOUND = 3
EXIT_UNAVAILABLE = 4
_EXIT_OF_STATUS = {400: EXIT_USAGE, 404: EXIT_NOT_FOUND, 503: EXIT_UNAVAILABLE}

LogLevel = Literal["debug", "info", "warning", "error"]
Role = Literal["web", "worker", "all"]
ProductIds = Annotated[
    list[str] | None, typer.Option("--product", "-p", help="Id of a title to search; repeat for several.")
]
ExcludedIds = Annotated[
    list[str] | None,
    typer.Option("--exclude", help="Id of a title that is not meant; repeat for several."),
]
Questions = Annotated[list[str], typer.Argument(help="One or more short questions.")]


@app.callback(invoke_without_command=True)
def wellread(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        typer.echo(f"wellread {__version__}")
        raise typer.Exit


@app.command()
def demo(
    model: Model = "",
    port: Annotated[
        int | None,
        typer.Option(help="Port; without it 8484 or, when taken, the next that is free.", min=0, max=65535),
    ] = None,
    open_page: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the page in the browser, if there is one.")
    ] = True,
    terminal: Annotated[
        bool, typer.Option("--terminal", help="Ask the question here, and serve no page.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="With --terminal: print JSON, one object a line.")
    ] = False,
) -> None:
    """Add the demo library and open its page, with a question ready to be asked."""
    demonstration = commands("demo")
    if terminal:
        run(demonstration.demo_in_terminal(model=model, as_json=as_json))
    elif as_json:
        raise BadRequestError("A page is not printed as JSON.", hint="Add --terminal.")
    else:
        run(demonstration.demo(model=model, port=port, open_page=open_page))


@app.command()
def add(
    paths: Annotated[
        list[Path], typer.Argument(readable=False, help="Files and folders; folders are searched through.")
    ],
    collection: Annotated[str, typer.Option(help="A name for this part of the library.")] = "",
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Wait for the vectors, or leave them to the background.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Add books, talks and videos. Each can be asked by keyword at once; its vectors follow."""
    run(commands("add").add(paths, collection=collection, wait=wait, as_json=as_json))


@app.command()
def embed(
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Print nothing, and end when another process is at it.")
    ] = False,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            metavar="N",
            min=1,
            help="Processes at once, as many as the machine's processors at most; else what is measured to be fastest.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Make the vectors that wait."""
    run(commands("add").embed(quiet=quiet, workers=workers or 0, as_json=as_json))


@app.command("ls")
def list_products(
    collection: Annotated[str, typer.Option(help="Only this part of the library.")] = "",
    limit: Annotated[int | None, typer.Option(help="At most so many.", min=1)] = None,
    offset: Annotated[int, typer.Option(help="Without the first ones, so many.", min=0)] = 0,
    as_json: Json = False,
) -> None:
    """List the products of the library by title."""
    listing = commands("library").list_products(
        collection=collection, limit=limit, offset=offset, as_json=as_json
    )
    run(listing)


@app.command()
def show(
    product_id: Annotated[str, typer.Argument(metavar="ID", help="Id of a product.")], as_json: Json = False
) -> None:
    """Show a product: metadata and table of contents."""
    run(commands("library").show(product_id, as_json=as_json))


@app.command()
def search(
    questions: Questions,
    product: ProductIds = None,
    limit: Annotated[int, typer.Option(min=1, max=50, help="Titles to search when none is named.")] = 5,
    as_json: Json = False,
) -> None:
    """Search questions × titles, and print the matrix with its snippets."""
    run(commands("library").search(questions, product_ids=product or [], limit=limit, as_json=as_json))


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help='The question; "-" reads it from standard input.')],
    product: ProductIds = None,
    exclude: ExcludedIds = None,
    deep: Annotated[bool, typer.Option("--deep", help="DeepSearch ON: more steps, reading around.")] = False,
    model: Model = "",
    planner: Annotated[str, typer.Option(metavar="MODEL", help="Another model for choosing the steps.")] = "",
    writer: Annotated[str, typer.Option(metavar="MODEL", help="Another model for writing.")] = "",
    judge: Annotated[
        str, typer.Option(metavar="JUDGE", help="Who judges statements: MODEL, onnx:FOLDER or words.")
    ] = "",
    fallback: Annotated[str, typer.Option(metavar="MODEL", help="What goes on when a model fails.")] = "",
    max_steps: Annotated[int | None, typer.Option(help="Steps the run may take at most.")] = None,
    max_seconds: Annotated[float | None, typer.Option(help="Seconds the run may take at most.")] = None,
    max_tokens: Annotated[
        int | None, typer.Option(help="Tokens that models may write in the run at most.")
    ] = None,
    max_input_tokens: Annotated[
        int | None, typer.Option(help="Tokens that models may read in the run at most.")
    ] = None,
    max_cost: Annotated[float | None, typer.Option(help="US dollars the run may cost at most.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what the run would take, and do not begin it.")
    ] = False,
    go_on: Annotated[bool, typer.Option("--continue", help="Go on with the last conversation.")] = False,
    trace: Annotated[
        bool, typer.Option("--trace/--no-trace", help="Show the steps, or only the answer.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Ask the library; every statement of the answer opens the place it rests on.

    Ctrl-C once stops the search, and the answer is written with what there is; twice cancels the run.
    """
    asking = commands("ask")
    options = asking.options_of(
        {
            "product_ids": product or [],
            "excluded": exclude or [],
            "mode": "deep" if deep else "quick",
            "model": model,
            "planner_model": planner,
            "writer_model": writer,
            "judge": judge,
            "fallback_model": fallback,
            "limits": {
                "steps": max_steps,
                "seconds": max_seconds,
                "input_tokens": max_input_tokens,
                "output_tokens": max_tokens,
                "cost": max_cost,
            },
        }
    )
    run(asking.ask(question, options, go_on=go_on, dry_run=dry_run, trace=trace, as_json=as_json))


@app.command()
def read(
    anchor: Annotated[str, typer.Argument(help="An anchor, as it stands behind every citation.")],
    around: Annotated[int, typer.Option(min=0, max=50, help="Blocks to show before and after.")] = 2,
    as_json: Json = False,
) -> None:
    """Open an anchor: the place, the quote marked, and a few blocks around it."""
    run(commands("library").read(anchor, around=around, as_json=as_json))


@app.command()
def rm(
    product_ids: Annotated[list[str], typer.Argument(metavar="ID…", help="Ids of products.")],
    as_json: Json = False,
) -> None:
    """Remove products from the library (the files you added them from stay)."""
    run(commands("add").remove(product_ids, as_json=as_json))


@app.command()
def reindex(
    product_id: Annotated[str, typer.Argument(metavar="[ID]", help="One product; all without.")] = "",
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Wait for the vectors, or leave them to the background.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Rebuild the index from the catalog, with the settings as they are now."""
    run(commands("add").reindex(product_id, wait=wait, as_json=as_json))


@app.command()
def doctor(
    full: Annotated[
        bool, typer.Option("--full", help="Also read every source file and check its hash.")
    ] = False,
    recall: Annotated[
        bool, typer.Option("--recall", help="Also compare the vector index with exact search.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Say what is installed, where things are, what waits, and what is wrong."""
    run(commands("doctor").doctor(full=full, recall=recall, as_json=as_json))


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; a new one.")], as_json: Json = False
) -> None:
    """Write the whole library to one file. Others may read, ask and answer meanwhile."""
    run(commands("backup").backup(file, as_json=as_json))


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `wellread backup` wrote.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Let it take the place of a library that is not empty.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Put a backup in place, on SQLite or PostgreSQL, after checking that it is whole."""
    run(commands("backup").restore(file, replace=replace, as_json=as_json))


@models.callback()
def list_models(
    context: typer.Context,
    attempt: Annotated[
        str,
        typer.Option(
            "--try",
            metavar="MODEL",
            help="Call this one: structured reply, streaming, speed. `auto` for the default.",
        ),
    ] = "",
    as_json: Json = False,
) -> None:
    """List the models that can be used, and say what is wrong with the rest."""
    if context.invoked_subcommand is None:
        modelling = commands("models")
        run(
            modelling.attempt(attempt, as_json=as_json) if attempt else modelling.list_models(as_json=as_json)
        )


@models.command("pull")
def pull_model(
    name: Annotated[
        str,
        typer.Argument(
            metavar="OWNER/REPO[/FILE]", help="On the Hugging Face hub; FILE ends in .gguf or .onnx."
        ),
    ],
    judge: Annotated[
        bool,
        typer.Option(
            "--judge", help="A classifier of entailment in ONNX, to be used as the judge onnx:REPO."
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --judge: do not ask.")] = False,
) -> None:
    """Download a GGUF file into the library's folder, to be used as local/FILE, or an embedder by a name that fastembed
    knows, or a judge. Run it again to go on."""
    modelling = commands("models")
    if not judge:
        run(modelling.pull(name))
        return
    run(modelling.show_classifier(name))
    if yes or modelling.agreed():
        run(modelling.pull_judge(name))


@app.command()
def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; 0 for any.", min=0, max=65535)] = 8484,
    token: Annotated[
        str, typer.Option(help="What callers must send as their token.", envvar="WELLREAD_TOKEN")
    ] = "",
    behind: Annotated[
        str, typer.Option(help="Addresses of trusted proxies in front of it, with commas between.")
    ] = "",
    open_page: Annotated[bool, typer.Option("--open", help="Open its address in the browser.")] = False,
    log_level: Annotated[
        LogLevel,
        typer.Option(metavar="LEVEL", help="Least level of what is logged: debug, info, warning, error."),
    ] = "info",
    role: Annotated[
        Role,
        typer.Option(
            metavar="ROLE",
            help="`web` answers requests, `worker` works on runs and imports and listens nowhere; `all` does both.",
        ),
    ] = "all",
) -> None:
    """Serve the library: its REST interface and the interfaces of chat programs and agents."""
    serving = commands("serve")
    if role == "worker":
        serving.refuse_addresses(context)
        run(serving.work(log_level=log_level))
        return
    run(
        serving.serve(
            host=host,
            port=port,
            token=token,
            behind=behind,
            open_page=open_page,
            log_level=log_level,
            works=role == "all",
        )
    )


@app.command("mcp")
def serve_mcp() -> None:
    """Serve the library to an MCP client over standard input and output; clients start it themselves."""
    run(commands("mcp").serve())


def main() -> None:
    """Run the command line; every expected error ends with its message, its hint and an exit status."""
    try:
        app()
    except WellreadError as error:
        _complain(error)
        sys.exit(_EXIT_OF_STATUS.get(error.status, EXIT_FAILED))
    except BrokenPipeError:
        # The reader of our output has gone (`| head`); what is still buffered has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def _complain(error: WellreadError) -> None:
    sys.stderr.write(f"Error: {error.message}\n")
    if error.hint:
        sys.stderr.write(f"  {error.hint}\n")
