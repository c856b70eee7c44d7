"""Where things are that tests read."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SCHEMAS = Path(__file__).with_name("schemas")
SHARED = ROOT.parent / "shared"  # real books and test sets; not on every machine
