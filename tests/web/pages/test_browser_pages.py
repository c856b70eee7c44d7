"""Every page: what axe-core finds of WCAG 2.2 AA in light and dark, and whether it fits a phone of 320 px."""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import pytest
from support.browser import Visits, assert_accessible, assert_fits, expect
from support.running_server import client, running
from support.soak import sampled

from wellread.blocking import BlockingWellread
from wellread.settings import Settings

TOKEN = "a-token-of-four-words-1234567890"
QUESTION = "What do Steady Hands, Light Touch and Two Hats say about one-on-ones?"
PAGES = (
    "/",
    "/?question=What%20is%20delegation%3F",
    "/conversations",
    "/conversations?query=nothing+of+the+kind",
    "/conversations/{conversation}",
    "/shared/{share}",
    "/library",
    "/library?query=nothing+of+the+kind",
    "/library/{epub}",
    "/library/{talk}",
    "/library/{epub}/read",
    "/library/{epub}/read?query=delegation",
    "/read/{epub_anchor}",
    "/read/{pdf_anchor}",
    "/read/{talk_anchor}",
    "/settings",
    "/nowhere",
)


@dataclass
class Demo:
    """A server over the demo library, in which one question was asked; `names` fill the addresses of `PAGES`."""

    settings: Settings
    names: dict[str, str]
    address: str = ""


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    settings = Settings(home=tmp_path_factory.mktemp("pages") / "home", embedder="none", model="extractive")
    with BlockingWellread(settings=settings) as library:
        list(library.add([Path(str(files("wellread") / "demo"))]))
    with running(settings) as address, client(address) as http:
        yield Demo(settings, names(http), address)


def names(http):
    listed = http.get("/api/v1/library").json()["products"]
    ids = {one["format"]: one["product_id"] for one in listed}
    products = {"epub": ids.pop("epub"), "pdf": ids.pop("pdf"), "talk": ids.popitem()[1]}
    asked = {"questions": ["one-on-ones"], "product_ids": list(products.values())}
    cells = http.post("/api/v1/search", json=asked).json()["cells"]
    anchors = {cell["product_id"]: cell["found"][0]["anchor"] for cell in cells}
    begun = http.post("/api/v1/runs", json={"question": QUESTION}).json()
    http.get(f"/api/v1/runs/{begun['run_id']}/events")
    share = http.post(f"/api/v1/conversations/{begun['conversation_id']}/share").json()["token"]
    return {
        **products,
        **{f"{kind}_anchor": anchors[product] for kind, product in products.items()},
        "conversation": begun["conversation_id"],
        "share": share,
    }


@pytest.mark.soak
@pytest.mark.parametrize("path", sampled(PAGES, 8))
def test_everybody_can_use_it_on_any_screen(served, visit, path):
    page = visit(served.address + path.format(**served.names), allowed=["404"] if path == "/nowhere" else [])
    expect(page.locator("h1").first).to_be_attached()
    assert_accessible(page)
    page.set_viewport_size({"width": 320, "height": 700})
    assert_fits(page)


def test_the_login(served, visit):
    with running(served.settings, token=TOKEN) as address:
        page = visit(f"{address}/library")
        assert "/login" in page.url
        assert_accessible(page)
        page.set_viewport_size({"width": 320, "height": 700})
        assert_fits(page)
        page.context.close()


def test_the_first_run(tmp_path, visit):
    with running(Settings(home=tmp_path / "empty", embedder="none", model="extractive")) as address:
        for path in ("/", "/library", "/conversations"):
            page = visit(address + path)
            assert_accessible(page)
            page.set_viewport_size({"width": 320, "height": 700})
            assert_fits(page)
            page.context.close()


def test_what_no_page_may_do_is_noticed(served, chromium):
    visits = Visits(chromium)
    page = visits(f"{served.address}/settings")
    page.evaluate(
        """() => {
          document.body.insertAdjacentHTML("beforeend", "<img src='http://foreign.test/a.png' onerror='alert(2)'>");
          setTimeout(() => { throw Error("a mistake") });
          fetch("/api/v1/runs/none");
          alert("a dialog");
        }"""
    )
    page.wait_for_timeout(200)
    with pytest.raises(AssertionError) as error:
        visits.check()
    for word in (
        "another origin: http://foreign.test/a.png",
        "a mistake",
        "404",
        "a dialog",
        "Content-Security-Policy",
    ):
        assert word in str(error.value)


def test_what_is_missing_for_somebody_is_noticed(served, visit):
    page = visit(f"{served.address}/settings")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p id=wide><button></button></p>')")
    with pytest.raises(AssertionError, match="button-name"):
        assert_accessible(page)
    page.evaluate("document.getElementById('wide').style.width = '2000px'")
    with pytest.raises(AssertionError, match='id="wide"'):
        assert_fits(page)
