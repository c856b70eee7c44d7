"""Opening a citation in a book of 1,500 pages, at the server, beside reading the section from the catalog."""

import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

from starlette.testclient import TestClient

from wellread.blocking import BlockingWellread
from wellread.content import Anchor
from wellread.engine import Wellread
from wellread.settings import Settings
from wellread.store.catalog.product_query import Listing
from wellread.web.app import create_app
from wellread.web.http.access import access_for

SECTIONS, PARAGRAPHS, WORDS = 1500, 6, 55  # some 500,000 words
PLACES = 60
LIMIT = 150.0  # ms


def book(folder: Path) -> Path:
    random.seed(5)
    words = [f"word{n}" for n in range(4000)]
    path = folder / "long.md"
    with path.open("w", encoding="utf-8") as file:
        for number in range(SECTIONS):
            file.write(f"\n{'##' if number % 12 else '#'} Section {number}\n")
            for _ in range(PARAGRAPHS):
                file.write("\n" + " ".join(random.choices(words, k=WORDS)) + ".\n")
    return path


def seconds(work) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def timed(library: Wellread) -> tuple[list[float], list[float]]:
    """What pages took, and what their sections did."""
    titles = library.titles
    [product] = titles.page(Listing())[1]
    web = TestClient(
        create_app(library, access_for("127.0.0.1", "", library.accounts)),
        base_url="http://127.0.0.1",
        headers={"Accept": "text/html"},
    )
    pages, rows = [], []
    for section in random.sample(titles.contents(product.product_id), PLACES):
        anchor = Anchor(product.product_id, section.section_id, 0, 9)
        pages.append(seconds(lambda anchor=anchor: web.get(f"/read/{anchor}").raise_for_status()))
        rows.append(seconds(lambda one=section: titles.section(product.product_id, one.section_id)))
    return pages, rows


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        settings = Settings(home=Path(name) / "home", embedder="none")
        with BlockingWellread(settings=settings) as opened:
            list(opened.add([book(Path(name))]))
            pages, rows = timed(opened.library)
    page = statistics.median(pages) * 1000
    worst = sorted(pages)[int(len(pages) * 0.95)] * 1000
    print(
        f"a citation among {SECTIONS:,} sections: {page:.0f} ms, 95th percentile {worst:.0f} (aim: at most {LIMIT:.0f})"
    )
    print(f"  beside reading its row: {statistics.median(pages) / statistics.median(rows):.0f} times")
    return 0 if page <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
