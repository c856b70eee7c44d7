"""What the package imports is what it asks to be installed with it, and the other way round."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from importlib.metadata import packages_distributions
from pathlib import Path

import wellread

PACKAGE = Path(wellread.__file__).parent
PROJECT = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def normal(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def named(requirements: Iterable[str]) -> set[str]:
    return {normal(re.match(r"[\w.-]+", requirement)[0]) for requirement in requirements}


EXTRAS = {name: named(wanted) for name, wanted in PROJECT["optional-dependencies"].items() if name != "dev"}
DECLARED = named(PROJECT["dependencies"]).union(*EXTRAS.values())
PROVIDED = {module: set(map(normal, by)) for module, by in packages_distributions().items()}


def imported(tree: ast.AST) -> set[str]:
    """The packages that are imported, by their first name."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return {name.split(".")[0] for name in found}


def named_in_texts(tree: ast.AST) -> set[str]:
    """First names of what may be imported later: "ir_measures", "postgresql+psycopg", "xllamacpp.server"."""
    texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    names = [text for text in texts if isinstance(text, str) and re.fullmatch(r"[\w.+]+", text)]
    return {name.split(".")[0] for name in names} | {part for name in names for part in name.split("+")}


def undeclared(
    modules: Iterable[str], declared: set[str], provided: Mapping[str, set[str]] = PROVIDED
) -> set[str]:
    foreign = set(modules) - set(sys.stdlib_module_names) - {"wellread"}
    return {module for module in foreign if not provided.get(module, set()) & declared}


def idle(modules: Iterable[str], declared: set[str], provided: Mapping[str, set[str]] = PROVIDED) -> set[str]:
    used = set().union(*(provided.get(module, set()) for module in modules))
    return (declared & set().union(*provided.values())) - used


TREES = [ast.parse(path.read_text(encoding="utf-8")) for path in PACKAGE.rglob("*.py")]
IMPORTED = set().union(*map(imported, TREES))


def test_every_package_that_is_imported_is_declared():
    assert undeclared(IMPORTED, DECLARED) == set()


def test_every_package_that_is_declared_is_used():
    assert idle(IMPORTED.union(*map(named_in_texts, TREES)), DECLARED) == set()


def test_what_is_not_declared_or_not_used_is_found_out():
    provided = {"yaml": {"pyyaml"}, "tea": {"green-tea"}}
    assert undeclared({"yaml", "tea", "json"}, {"pyyaml"}, provided) == {"tea"}
    assert idle({"yaml", "json"}, {"pyyaml", "green-tea"}, provided) == {"green-tea"}
