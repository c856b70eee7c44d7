"""Takes pictures of the pages over the demo library, in four forms: wide and narrow, light and dark.

`python docs/pictures.py` renews those that docs/ shows; `python docs/pictures.py FOLDER` takes all. It needs Debian's
chromium, or another one that WELLREAD_TEST_CHROMIUM names.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from importlib.resources import files
from io import BytesIO
from itertools import product
from pathlib import Path

import httpx2
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from wellread.cli.demo import QUESTION
from wellread.store.database.database import Database
from wellread.store.runs.runs import RunStore

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from support import marked_run  # of the tests, which are no package

SHOWN = Path(__file__).parent / "pictures"
CHROMIUM = os.environ.get("WELLREAD_TEST_CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
SIZES = {"wide": (1280, 860), "narrow": (390, 844)}
KEPT = (
    "ask-wide-light",
    "steps-wide-light",
    "answer-wide-light",
    "answer-narrow-dark",
    "verdicts-wide-light",
    "verdicts-narrow-dark",
    "talk-wide-dark",
    "pdf-wide-light",
    "library-wide-light",
    "product-narrow-light",
)


@contextmanager
def served(home: Path) -> Iterator[httpx2.Client]:
    """The demo library behind a server."""
    environment = {**os.environ, "WELLREAD_HOME": str(home), "WELLREAD_MODEL": "extractive"}
    command = [sys.executable, "-m", "wellread"]
    subprocess.run(
        [*command, "add", str(files("wellread") / "demo"), "--collection", "demo"],
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    subprocess.run([*command, "embed"], env=environment, check=False, stdout=subprocess.DEVNULL)
    serving = [*command, "serve", "--port", "0"]
    with subprocess.Popen(serving, env=environment, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None  # a pipe
            address = next(word for word in server.stdout.readline().split() if word.startswith("http"))
            with httpx2.Client(base_url=address, timeout=60) as http:
                yield http
        finally:
            server.terminate()


def marked_conversation(http: httpx2.Client, home: Path) -> str:
    """A conversation whose answer has a statement of each kind, as if a model had written and judged it."""
    run = http.post("/api/v1/runs", json={"question": marked_run.QUESTION}).json()
    http.get(f"/api/v1/runs/{run['run_id']}/events")
    with closing(Database.open(home / "wellread.db")) as database:
        runs = RunStore(database)
        start, *events = marked_run.marked(runs.events(run["run_id"]))
        begun = runs.begin(start)
        runs.append(begun.run_id, events, 1)
    return begun.events[0].conversation_id


def open_note(page: Page) -> None:
    """Open the note of the first statement that its passage contradicts."""
    mark = page.locator(".verdict.contradicted").first
    mark.scroll_into_view_if_needed()
    mark.click()


def pages(http: httpx2.Client, home: Path) -> dict[str, tuple[str, Callable[[Page], object] | None]]:
    """The name of each page, its address, and what is done there before the picture is taken."""
    run = http.post("/api/v1/runs", json={"question": QUESTION}).json()
    http.get(f"/api/v1/runs/{run['run_id']}/events")
    citations = http.get(f"/api/v1/runs/{run['run_id']}").json()["answer"]["citations"]
    talk = next(number for number, cited in enumerate(citations) if cited["product_id"] == "two-hats")
    products = {
        found["format"]: found["product_id"] for found in http.get("/api/v1/library").json()["products"]
    }
    [cell] = http.post(
        "/api/v1/search", json={"questions": ["forecasting from counts"], "product_ids": [products["pdf"]]}
    ).json()["cells"]
    conversation = f"/conversations/{run['conversation_id']}"
    anchor = cell["found"][0]["anchor"]

    def cite(number: int) -> Callable[[Page], object]:
        return lambda page: page.click(f'.answer-text a.cite[data-citation="{number}"]')

    return {
        "ask": (
            "/",
            lambda page: page.fill("textarea", "What do Steady Hands and Two Hats say about one-on-ones?"),
        ),
        "steps": (conversation, lambda page: page.click(".work-bar")),
        "answer": (conversation, cite(0)),
        "verdicts": (f"/conversations/{marked_conversation(http, home)}", open_note),
        "talk": (conversation, cite(talk)),
        "book": (f"/library/{products['epub']}/read", None),
        "pdf": (f"/read/{anchor}", None),
        "library": ("/library", None),
        "product": (f"/library/{products['epub']}", None),
        "conversations": ("/conversations", None),
        "settings": ("/settings/models", None),
        "connect": ("/settings/models/connect", None),
        "login": ("/login", None),
        "problem": ("/nothing", None),
    }


def take(http: httpx2.Client, home: Path, folder: Path, wanted: tuple[str, ...]) -> None:
    """Pictures of all pages, or of those that are `wanted`."""
    folder.mkdir(parents=True, exist_ok=True)
    shown = pages(http, home)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for name, (size, (width, height)), scheme in product(shown, SIZES.items(), ("light", "dark")):
            picture = f"{name}-{size}-{scheme}"
            if wanted and picture not in wanted:
                continue
            address, prepare = shown[name]
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme="dark" if scheme == "dark" else "light",
            )
            page = context.new_page()
            page.goto(f"{str(http.base_url).rstrip('/')}{address}", wait_until="networkidle")
            if prepare is not None:
                prepare(page)
            page.wait_for_timeout(1500)  # fonts, pictures of pages, the scrolling to a mark
            with Image.open(BytesIO(page.screenshot())) as taken:
                taken.save(folder / f"{picture}.webp", quality=80, method=6)
            context.close()
        browser.close()


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else SHOWN
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary) / "home"
        with served(home) as http:
            take(http, home, folder, () if len(sys.argv) > 1 else KEPT)


if __name__ == "__main__":
    main()
