"""The house of docs/architecture.md: which folders may know which, how large they are, and what stands in them once.

All of it is read from the tree; no file is listed here. Each rule is a function that names what breaks it, and is tried
on a house that is built wrong.
"""

import ast
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

import pytest

import wellread

PACKAGE = Path(wellread.__file__).parent
MOST_MODULES = 20  # in a folder
MOST_LINES = 400  # in a module
SIBLINGS = ("client", "formats", "grounding", "index", "models", "store")  # they do not know each other
HTTP = ("fastapi", "starlette", "uvicorn", "h11", "httpx2", "wellread.web")
STORES = ("catalog", "database", "files", "journal", "runs")  # of the engine, and nobody else's
ABOVE_THE_ENGINE = ("serving", "web", "cli")
HOMES = {
    "sqlalchemy": "store",
    "alembic": "store",
    "lancedb": "index",
    "fastembed": "embedding",
    "pydantic_ai": "models",
    "openai": "models",
    "xllamacpp": "models",
    "pypdfium2": "formats",
}


class Module:
    """A module by its name below the package, as `agent.run.loop`."""

    def __init__(self, name: str, source: str) -> None:
        self.name = name
        self.source = source
        self.tree = ast.parse(source)

    @property
    def folder(self) -> str:
        """Where it lies; what lies in the package itself is a folder of its own."""
        return self.name.rpartition(".")[0] or self.name

    @cached_property
    def imported(self) -> set[str]:
        """Every name that it imports, in full: modules, and what is taken out of them."""
        found = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
            elif isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
        return found

    @property
    def classes(self) -> list[str]:
        return [node.name for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef)]


class House:
    def __init__(self, modules: Iterable[Module]) -> None:
        self.modules = {module.name: module for module in modules}

    @classmethod
    def read(cls, package: Path = PACKAGE) -> "House":
        paths = {
            ".".join(path.relative_to(package).with_suffix("").parts): path for path in package.rglob("*.py")
        }
        return cls(
            Module(name, path.read_text(encoding="utf-8"))
            for name, path in paths.items()
            if path.name != "__init__.py"
        )

    def imports(self) -> Iterable[tuple[Module, Module]]:
        for module in self.modules.values():
            for name in module.imported:
                other = self.modules.get(name.removeprefix("wellread."))
                if other is not None and other is not module:
                    yield module, other


def circles(house: House) -> list[str]:
    """Folders that lead back to themselves, each with an import on the way: by the folder itself, and by the folders
    that hold both, however deep the two modules lie in them."""
    ways: dict[tuple[str, str], str] = {}
    for module, other in house.imports():
        said = f"{module.name} imports {other.name}"
        if module.folder != other.folder:
            ways.setdefault((module.folder, other.folder), said)
        mine, its = module.folder.split("."), other.folder.split(".")
        for depth, (one, another) in enumerate(zip(mine, its, strict=False)):
            if one != another:
                where = ".".join(mine[:depth])
                ways.setdefault((f"{where}/{one}", f"{where}/{another}"), said)
                break
    leads: dict[str, set[str]] = defaultdict(set)
    for one, another in ways:
        leads[one].add(another)

    def reached(start: str) -> set[str]:
        seen, left = set(), [start]
        while left:
            for place in leads[left.pop()] - seen:
                seen.add(place)
                left.append(place)
        return seen

    return sorted(
        f"{one.strip('/')} → {another.strip('/')}: {said}"
        for (one, another), said in ways.items()
        if one in reached(another)
    )


def siblings_that_meet(house: House) -> list[str]:
    return sorted(
        f"{module.name} imports {other.name}"
        for module, other in house.imports()
        if {module.name.split(".")[0], other.name.split(".")[0]} <= set(SIBLINGS)
        and module.name.split(".")[0] != other.name.split(".")[0]
    )


def full_folders(house: House) -> list[str]:
    held = Counter(module.name.rpartition(".")[0] for module in house.modules.values())
    return sorted(
        f"{folder} holds {number} modules" for folder, number in held.items() if number > MOST_MODULES
    )


def long_modules(house: House) -> list[str]:
    lengths = {name: len(module.source.splitlines()) for name, module in house.modules.items()}
    return sorted(f"{name} has {lines} lines" for name, lines in lengths.items() if lines > MOST_LINES)


def twice_named(house: House) -> list[str]:
    places = defaultdict(list)
    for module in house.modules.values():
        for name in module.classes:
            places[name].append(module.name)
    return sorted(f"{name}: {', '.join(sorted(where))}" for name, where in places.items() if len(where) > 1)


def stores_opened_above(house: House) -> list[str]:
    """Reads of `….catalog`, `….runs` and so on where only the engine is to be asked, and imports of the store's
    classes that read or write."""
    found = []
    for module in house.modules.values():
        if module.name.split(".")[0] not in ABOVE_THE_ENGINE:
            continue
        found += [
            f"{module.name}:{node.lineno} reads .{node.attr}"
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Attribute)
            and node.attr in STORES
            and isinstance(node.value, ast.Name | ast.Attribute)
            and _named(node.value) in ("library", "_library", "engine", "wellread")
        ]
    return sorted(found)


def _named(node: ast.Name | ast.Attribute) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr


def http_in_serving(house: House) -> list[str]:
    return sorted(
        f"{module.name} imports {name}"
        for module in house.modules.values()
        if module.name.split(".")[0] == "serving"
        for name in module.imported
        if any(name == http or name.startswith(f"{http}.") for http in HTTP)
    )


def strayed_libraries(house: House) -> list[str]:
    return sorted(
        f"{module.name} imports {name}"
        for module in house.modules.values()
        for name in module.imported
        if (home := HOMES.get(name.split(".")[0])) and module.name.split(".")[0] != home
    )


RULES = {
    "folders lead in circles": circles,
    "siblings know each other": siblings_that_meet,
    f"folders hold more than {MOST_MODULES} modules": full_folders,
    f"modules have more than {MOST_LINES} lines": long_modules,
    "class names stand twice": twice_named,
    "stores are opened above the engine": stores_opened_above,
    "serving knows HTTP": http_in_serving,
    "large libraries are used outside their folder": strayed_libraries,
}


@pytest.fixture(scope="module")
def house() -> House:
    return House.read()


@pytest.mark.parametrize("rule", RULES)
def test_the_house_is_in_order(house, rule):
    broken = RULES[rule](house)
    assert not broken, f"{rule} (docs/architecture.md says where things live):\n" + "\n".join(broken)


WRONG = {
    "folders lead in circles": {
        "agent.run.loop": "from wellread.agent.state import gate",
        "agent.state.gate": "from wellread.agent.run.loop import Loop",
    },
    "siblings know each other": {
        "index.lance": "from wellread.store.catalog import Catalog",
        "store.catalog": "class Catalog: ...",
    },
    f"folders hold more than {MOST_MODULES} modules": {f"text.m{n}": "" for n in range(MOST_MODULES + 1)},
    f"modules have more than {MOST_LINES} lines": {"text.words": "\n" * (MOST_LINES + 1)},
    "class names stand twice": {"text.words": "class Word: ...", "index.words": "class Word: ..."},
    "stores are opened above the engine": {
        "web.rest.runs": "def get(library): return library.catalog.count()"
    },
    "serving knows HTTP": {"serving.worker": "from starlette.requests import Request"},
    "large libraries are used outside their folder": {"agent.run.loop": "import sqlalchemy as sa"},
}


@pytest.mark.parametrize("rule", RULES)
def test_a_house_built_wrong_is_found_out(rule):
    house = House(Module(name, source) for name, source in WRONG[rule].items())
    assert RULES[rule](house)
    assert not [other for other in RULES if other != rule and RULES[other](house)]


def test_tests_lie_where_what_they_test_lies():
    """A test lies in a folder that the package has, too."""
    tests = Path(__file__).parent
    folders = {path.parent.relative_to(tests) for path in tests.rglob("test_*.py")}
    assert [str(folder) for folder in folders if folder.parts[:1] != ("support",)
            and not (PACKAGE / folder).is_dir()] == []  # fmt: skip
