"""The documentation is true: every command, setting and event is on a page, and what is generated is fresh."""

import re
import subprocess
import sys
from typing import get_args

import pytest
from support.paths import ROOT

from wellread import events, settings
from wellread.agent.state import actions

DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]


def test_what_is_generated_is_fresh():
    result = subprocess.run(
        [sys.executable, DOCS / "generate.py", "--check"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr


def test_every_setting_is_on_its_page():
    page = (DOCS / "settings.md").read_text(encoding="utf-8")
    for row in settings.rows():
        assert f"| `{row.name}` | `{row.default}` |" in page


def test_every_event_and_its_fields_are_on_their_page():
    page = (DOCS / "events.md").read_text(encoding="utf-8")
    union = get_args(get_args(events.AnyEvent)[0])
    assert len(union) > 10
    for model in union:
        kind = model.model_fields["type"].default
        [line] = [
            line for line in page.splitlines() if line.startswith("| ") and f"`{kind}`" in line.split("|")[1]
        ]
        for name in model.model_fields:
            if name not in ("seq", "at", "type"):
                assert f"`{name}`" in line, f"{model.__name__}.{name}"


def test_every_action_is_on_its_page():
    page = (DOCS / "asking.md").read_text(encoding="utf-8")
    for action in actions.Action.__subclasses__():
        assert f"| `{action.name}` | {action.label} |" in page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_work(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_modules_that_a_page_names_are_there(page):
    """By their path in the package or the repository, or by their name alone beside one."""
    named = set(re.findall(r"`((?:[a-z_0-9]+/)*[a-z_0-9]+\.py)`", page.read_text(encoding="utf-8")))
    known = {path.name for path in (ROOT / "wellread").rglob("*.py")}
    places = (ROOT, ROOT / "wellread")
    assert not [
        name
        for name in named
        if not any((place / name).exists() for place in places) and not ("/" not in name and name in known)
    ]


def test_every_page_is_linked_from_the_readme_or_another_page():
    linked = set()
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)", page.read_text(encoding="utf-8")):
            path = (page.parent / target).resolve()
            linked |= set(path.glob("*.md")) if path.is_dir() else {path}
    assert [page.name for page in PAGES if page.resolve() not in linked and page.name != "README.md"] == []


def test_the_python_examples_run(demo_home):
    for page in (ROOT / "README.md", DOCS / "asking.md", DOCS / "models.md"):
        [code] = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
        result = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=False,
            env={"WELLREAD_HOME": str(demo_home), "PATH": ""},
        )
        assert result.returncode == 0, result.stderr
        assert "delegation" in result.stdout.lower()
