"""The prompts, one Markdown file for each role, as they are sent."""

from functools import cache
from importlib.resources import files


@cache
def prompt(name: str) -> str:
    """The text of `name`.md."""
    return (files(__name__) / f"{name}.md").read_text(encoding="utf-8").strip()
