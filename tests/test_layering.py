"""The layers of docs/architecture.md: a module imports from its own row and the rows above it."""

import ast
from pathlib import Path

import wellread

PACKAGE = Path(wellread.__file__).parent
ROWS = (
    ("errors", "content", "events"),
    ("settings", "tracing"),
    ("ingest",),
    ("client",),
    ("store",),
    ("index",),
    ("models",),
    ("ingest.pipeline",),
    ("library",),
    ("grounding",),
    ("agent",),
    ("engine", "blocking"),
    ("evals",),
    ("web",),
    ("cli",),
)


def row_of(module: str) -> int:
    """The row of a module's longest name that has one; the package itself (its version) is above all."""
    parts = module.removeprefix("wellread").strip(".").split(".")
    for length in range(len(parts), 0, -1):
        name = ".".join(parts[:length])
        for number, names in enumerate(ROWS):
            if name in names:
                return number
    if module in ("wellread", "wellread.__main__"):
        return -1
    raise AssertionError(f"{module} has no row; give it one here and in docs/architecture.md")


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("wellread"):
            found.add(node.module)
            found |= {
                f"{node.module}.{alias.name}" for alias in node.names if is_module(node.module, alias.name)
            }
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.startswith("wellread")}
    return found


def is_module(package: str, name: str) -> bool:
    folder = PACKAGE.joinpath(*package.split(".")[1:])
    return (folder / f"{name}.py").exists() or (folder / name / "__init__.py").exists()


def test_modules_import_from_their_own_row_and_above():
    wrong = []
    for path in PACKAGE.rglob("*.py"):
        module = ".".join(("wellread", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(
            ".__init__"
        )
        if module == "wellread.__main__" or ".migrations" in module:
            continue
        wrong += [f"{module} imports {other}" for other in imports(path) if row_of(other) > row_of(module)]
    assert not wrong


def test_every_package_has_a_row():
    for path in PACKAGE.iterdir():
        if path.suffix == ".py" or (path / "__init__.py").exists():
            row_of(f"wellread.{path.stem}" if path.stem != "__init__" else "wellread")


def test_each_large_library_has_one_home():
    for library, home in {
        "sqlalchemy": "store",
        "alembic": "store",
        "lancedb": "index",
        "fastembed": "index",
        "pydantic_ai": "models",
        "openai": "models",
        "xllamacpp": "models",
    }.items():
        for path in PACKAGE.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if any(name.split(".")[0] == library for name in names):
                    assert path.relative_to(PACKAGE).parts[0] == home, f"{path} imports {library}"
