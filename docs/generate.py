"""Writes the parts of the documentation that the code knows: docs/commands.md and the table in docs/settings.md.

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

DOCS = Path(__file__).parent
_TABLE = re.compile(r"(?<=<!-- settings -->\n).*?(?=<!-- /settings -->)", re.DOTALL)


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


def main() -> int:
    page = DOCS / "settings.md"
    wanted = {DOCS / "commands.md": commands(), page: settings(page.read_text(encoding="utf-8"))}
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
