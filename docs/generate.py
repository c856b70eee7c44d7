"""Writes the parts of the documentation that the code knows: docs/commands.md and the tables in docs/settings.md and
docs/api.md.

python docs/generate.py          # rewrite
python docs/generate.py --check  # exit status 1 when something is stale
"""

import re
import sys
from pathlib import Path

import typer
from typer.main import get_command

from wellread.cli.main import app
from wellread.settings import rows
from wellread.web.app import interface

DOCS = Path(__file__).parent
_TABLE = re.compile(r"(?<=<!-- settings -->\n).*?(?=<!-- /settings -->)", re.DOTALL)
_OPERATIONS = re.compile(r"(?<=<!-- operations -->\n).*?(?=<!-- /operations -->)", re.DOTALL)


def commands() -> str:
    """Every command's own help, as it prints it."""
    root = get_command(app)
    pages = ["# Commands\n\nWhat `wellread COMMAND --help` prints. This page is generated.\n"]
    for name, command in _walk(root, "wellread"):
        context = typer.Context(
            command,
            info_name=name,
            terminal_width=100,
            max_content_width=100,
            help_option_names=["-h", "--help"],
        )
        pages.append(f"## {name}\n\n```\n{command.get_help(context).strip()}\n```\n")
    return "\n".join(pages)


def _walk(command, name):
    if name != "wellread" and (not hasattr(command, "commands") or command.invoke_without_command):
        yield name, command
    for child in getattr(command, "commands", {}).values():
        yield from _walk(child, f"{name} {child.name}")


def settings(page: str) -> str:
    """`page` with its table of settings as the code has them."""
    lines = ["", "| setting | default | what it does |", "|---|---|---|"]
    lines += [f"| `{row.name}` | `{row.default}` | {row.sentence} |" for row in rows()]
    return _TABLE.sub("\n".join([*lines, "", ""]), page)


def operations(page: str) -> str:
    """`page` with its table of operations as the OpenAPI document has them."""
    lines = ["", "| request | what it does |", "|---|---|"]
    for path, methods in sorted(interface().openapi()["paths"].items()):
        for method, operation in methods.items():
            said = [operation["summary"], *operation.get("description", "").split("\n\n")]
            what = " ".join(f"{part.strip().rstrip('.')}." for part in said if part.strip())
            lines.append(f"| `{method.upper()} {path}` | {' '.join(what.split())} |")
    return _OPERATIONS.sub(lambda _: "\n".join([*lines, "", ""]), page)


def main() -> int:
    tables = {DOCS / "settings.md": settings, DOCS / "api.md": operations}
    wanted = {path: write(path.read_text(encoding="utf-8")) for path, write in tables.items()}
    wanted[DOCS / "commands.md"] = commands()
    stale = [
        path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    if "--check" not in sys.argv:
        for path in stale:
            path.write_text(wanted[path], encoding="utf-8")
        return 0
    for path in stale:
        sys.stderr.write(f"{path.name} is stale: run python docs/generate.py\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
