"""The library in a browser: files that are chosen, dropped and sent, the shelf, a title's page."""

import base64
import json
import shutil
from importlib.resources import files
from pathlib import Path

import pytest
from support.browser import assert_accessible, assert_fits, expect
from support.libraries import cookbook
from support.running_server import client, running

from wellread.blocking import BlockingWellread
from wellread.settings import Settings

DEMO = Path(str(files("wellread") / "demo"))
TALK = ("two-hats.mp4", "two-hats.vtt", "two-hats.chapters.vtt", "two-hats.toml")
DROP = """([files, folder]) => {
  const transfer = new DataTransfer();
  for (const [name, bytes] of files) {
    transfer.items.add(new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], name));
  }
  const options = { bubbles: true, cancelable: true, dataTransfer: transfer };
  document.body.dispatchEvent(new DragEvent("dragenter", options));
  window.dropNow = () => {
    const target = document.querySelector(".drop-target");
    target.dispatchEvent(new DragEvent("dragover", options));
    target.dispatchEvent(new DragEvent("drop", options));
  };
}"""


APART = """() => {
  const [pill, send] = ["wr-adding", ".send"].map((name) => document.querySelector(name).getBoundingClientRect());
  return pill.bottom <= send.top || pill.top >= send.bottom || pill.right <= send.left || pill.left >= send.right;
}"""


@pytest.fixture
def empty(tmp_path):
    with running(Settings(home=tmp_path / "home", embedder="none", model="extractive")) as address:
        yield address


@pytest.fixture(scope="module")
def shelf_home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shelf")
    with BlockingWellread(settings=Settings(home=folder / "home", embedder="none")) as library:
        list(library.add([DEMO / "steady-hands.epub", DEMO / "two-hats.vtt"], collection="leads"))
        books = [cookbook(folder, f"{n}.md", f"Soup {n:02}", topics=("soup",)) for n in range(52)]
        list(library.add(books))
    return folder / "home"


@pytest.fixture
def served(shelf_home, tmp_path):
    home = Path(shutil.copytree(shelf_home, tmp_path / "home"))
    with running(Settings(home=home, embedder="none", model="extractive")) as address:
        yield address


def titles(address):
    with client(address) as http:
        return {product["title"] for product in http.get("/api/v1/library?limit=200").json()["products"]}


def dropped(page, *paths):
    """Drag files in, and drop them."""
    content = [[path.name, base64.b64encode(path.read_bytes()).decode()] for path in paths]
    page.evaluate(DROP, [content, ""])
    expect(page.get_by_text("Drop to add to the library")).to_be_visible()
    page.evaluate("dropNow()")


def test_books_and_a_talk_that_are_chosen_can_be_asked(empty, visit, tmp_path):
    refused = tmp_path / "none.bin"
    refused.write_bytes(bytes(3000))
    page = visit(f"{empty}/library")
    assert_accessible(page)
    with page.expect_file_chooser() as choosing:
        page.get_by_role("button", name="Choose files").click()
    chosen = [DEMO / "steady-hands.epub", DEMO / "light-touch.pdf", *(DEMO / name for name in TALK), refused]
    choosing.value.set_files([str(path) for path in chosen])
    panel = page.get_by_role("region", name="Adding to the library")
    expect(panel.locator("li[data-state]")).to_have_count(4)  # the talk with what belongs to it is one
    expect(panel.get_by_text("Adding has ended")).to_be_visible()
    expect(panel.locator('[data-state="bad"]')).to_contain_text("in no format that Wellread reads")
    expect(page.get_by_role("heading", name="Library")).to_be_visible()  # no longer the first run
    read = panel.get_by_role("link", name="Read")
    assert {link.get_attribute("href").split("/")[-1] for link in read.all()} == {"read"}
    assert read.count() == 3
    assert_accessible(page)
    assert titles(empty) == {
        "Steady Hands",
        "Two Hats",
        "Light Touch: Running Software Teams with Less Management",
    }
    with client(empty) as http:
        [talk] = http.get("/api/v1/library?kind=video").json()["products"]
        held = http.get(f"/api/v1/library/{talk['product_id']}").json()["files"]
        assert {file["role"] for file in held} == {"text", "media", "chapters", "sidecar"}
        assert http.get("/api/v1/uploads").json() == []
    panel.get_by_role("button", name="Close", exact=True).first.click()
    expect(panel).to_be_hidden()


def test_a_drop_on_any_page_is_gone_on_with_on_the_next(served, visit, tmp_path):
    large = cookbook(tmp_path, "large.md", "Stews", more="\n\nAnd so on, until it is done. " * 400)
    page = visit(f"{served}/settings")
    held = []
    page.route("**/api/v1/uploads/*", lambda route: held.append(route))  # the bytes do not get through
    dropped(page, large)
    panel = page.get_by_role("region", name="Adding to the library")
    expect(panel).to_contain_text("Sending")
    page.wait_for_function("indexedDB.databases().then((all) => all.length > 0)")
    page.wait_for_timeout(300)
    page.unroute_all()
    page.goto(f"{served}/library?query=stews")
    expect(page.get_by_role("region", name="Adding to the library")).to_contain_text("large.md")
    expect(page.locator(".title-card")).to_contain_text("Stews")
    with client(served) as http:
        assert len(http.get("/api/v1/imports").json()) == 1


def test_what_is_being_sent_is_given_up(served, visit, tmp_path):
    page = visit(f"{served}/library")
    page.route(
        "**/api/v1/uploads/*", lambda route: None if route.request.method == "PATCH" else route.continue_()
    )
    dropped(page, cookbook(tmp_path, "stews.md", "Stews"))
    panel = page.get_by_role("region", name="Adding to the library")
    expect(panel).to_contain_text("Sending")
    panel.get_by_role("button", name="Cancel").click()
    expect(panel).to_be_hidden()
    with client(served) as http:
        page.wait_for_function("!localStorage.getItem('wellread-adding')")
        assert http.get("/api/v1/imports").json() == []
    assert "Stews" not in titles(served)


def test_what_was_removed_again_leaves_the_first_run_alone(empty, visit, tmp_path):
    """An import that refused something is watched until it is closed."""
    cookbook(tmp_path / "books", "a.md", "Soups")
    (tmp_path / "books" / "b.epub").write_bytes(b"PK\x03\x04 no book")
    page = visit(f"{empty}/library")
    page.get_by_label("Path of the folder").fill(str(tmp_path / "books"))
    page.get_by_role("button", name="Add it").click()
    expect(page.locator(".title-card")).to_contain_text("Soups")
    panel = page.get_by_role("region", name="Adding to the library")
    expect(panel).to_contain_text("Adding has ended")
    with client(empty) as http:
        [product] = http.get("/api/v1/library").json()["products"]
        http.delete(f"/api/v1/library/{product['product_id']}").raise_for_status()
    page.goto(f"{empty}/library")
    expect(panel).to_contain_text("b.epub")
    page.evaluate("window.isSame = true")
    page.wait_for_timeout(700)
    assert page.evaluate("window.isSame")


def test_a_browser_that_keeps_nothing_adds_too(served, visit, tmp_path):
    page = visit(f"{served}/settings")
    forbidden = "{ get() { throw new DOMException('no', 'SecurityError'); } }"
    page.add_init_script(
        f"for (const name of ['localStorage', 'indexedDB']) Object.defineProperty(window, name, {forbidden});"
    )
    page.goto(f"{served}/library")
    dropped(page, cookbook(tmp_path, "stews.md", "Stews"))
    panel = page.get_by_role("region", name="Adding to the library")
    expect(panel.locator('[data-state="good"]')).to_contain_text("stews.md")
    expect(panel).to_contain_text("Adding has ended")


def test_text_can_be_dragged_after_files_were(served, visit):
    page = visit(f"{served}/library")
    page.evaluate(DROP, [[["a.md", ""]], ""])
    expect(page.get_by_text("Drop to add to the library")).to_be_visible()
    page.keyboard.press("Escape")
    taken = page.evaluate(
        """[true, false].map((hasFiles) => {
          const transfer = new DataTransfer();
          if (hasFiles) transfer.items.add(new File(["x"], "a.md"));
          else transfer.setData("text/plain", "words");
          const event = new DragEvent("dragover", { bubbles: true, cancelable: true, dataTransfer: transfer });
          document.querySelector("[type=search]").dispatchEvent(event);
          return event.defaultPrevented;
        })"""
    )
    assert taken == [True, False]


def test_whoever_has_gone_down_the_shelf_stays_there_when_a_title_is_added(served, visit, tmp_path):
    page = visit(f"{served}/library")
    page.locator("[data-further]").scroll_into_view_if_needed()
    expect(page.locator(".title-card")).to_have_count(54)
    dropped(page, cookbook(tmp_path, "a.md", "A Beginning"))
    show = page.get_by_role("button", name="There are new titles")
    expect(show).to_be_in_viewport()
    assert page.locator(".title-card").count() == 54
    assert_accessible(page)
    show.click()
    expect(page.locator(".title-card").first).to_contain_text("A Beginning")
    expect(page.get_by_role("searchbox")).to_be_focused()
    expect(show).to_be_hidden()


def test_a_page_goes_on_with_a_long_import_where_it_stands(empty, visit, tmp_path):
    for n in range(7):
        cookbook(tmp_path / "books", f"{n}.md", f"Soup {n}", more=str(n))
    (tmp_path / "books" / "b.epub").write_bytes(b"PK\x03\x04 no book")
    page = visit(f"{empty}/library")
    page.get_by_label("Path of the folder").fill(str(tmp_path / "books"))
    page.get_by_role("button", name="Add it").click()
    panel = page.get_by_role("region", name="Adding to the library")
    for place in ("/settings", "/library", ""):
        expect(panel).to_contain_text("7 titles added")
        expect(panel).to_contain_text("Titles before these: 3")
        expect(panel.locator(".outcomes a")).to_have_count(4)
        expect(panel).to_contain_text("b.epub")
        if place:
            page.goto(empty + place)  # where the panel begins with what the server says of it
    with client(empty) as http:
        events = f"/api/v1/imports/{http.get('/api/v1/imports').json()[0]['import_id']}/events"
    asked = page.evaluate("performance.getEntriesByType('resource').map((one) => one.name)")
    assert [one for one in asked if "/events" in one] == [f"{empty}{events}?after=17"]


def test_the_shelf_is_searched_while_one_types(served, visit):
    page = visit(f"{served}/library")
    expect(page.locator(".title-card")).to_have_count(48)
    page.locator("[data-further]").scroll_into_view_if_needed()
    expect(page.locator(".title-card")).to_have_count(54)
    page.keyboard.press("/")
    page.keyboard.type("soup 07")
    expect(page.locator(".title-card")).to_have_count(1)
    assert page.url.endswith("?query=soup+07")
    page.get_by_role("link", name="Take away").click()
    expect(page.locator(".title-card")).to_have_count(48)
    page.keyboard.type("soup")
    narrow = page.get_by_role("navigation", name="Narrow down")
    expect(narrow).to_have_count(0)  # when typing rests: all of these are of one kind and topic
    page.get_by_role("link", name="Take away").click()
    expect(narrow.get_by_role("link", name="soup 52")).to_be_visible()
    page.keyboard.type("s")
    narrow.get_by_role("link", name="soup 52").click()  # once its links are of what was typed
    page.wait_for_url("**/library?query=s&topic=soup")
    page.goto(f"{served}/library")
    page.get_by_role("link", name="List").click()
    page.reload()
    expect(page.locator("#found")).to_have_attribute("data-shelf", "list")
    page.get_by_role("link", name="Video 1").click()
    expect(page.locator(".title-card")).to_contain_text("Two Hats")


def test_a_title_is_edited_and_says_what_is_wrong(served, visit):
    page = visit(f"{served}/library?query=steady", allowed=["422"])
    page.locator(".title-card a").click()
    cover = page.locator(".product-cover img")
    drawn = cover.get_attribute("src")
    page.get_by_role("button", name="Edit").click()
    dialog = page.get_by_role("dialog")
    assert_accessible(page)
    dialog.get_by_label("Date").fill("soon")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_text("A date looks like")).to_be_visible()
    expect(dialog.get_by_label("Date")).to_be_focused()
    dialog.get_by_label("Date").fill("2025")
    dialog.get_by_label("Title", exact=True).fill("Calm Hands")
    dialog.get_by_label("Topics").fill("calm\nhands\n")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Calm Hands")
    expect(page.get_by_role("link", name="calm", exact=True)).to_be_visible()
    expect(cover).not_to_have_attribute("src", drawn)  # the words on it are others
    page.get_by_role("button", name="Edit").click()
    page.get_by_role("button", name="Back to what the files say").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Steady Hands")


def test_a_removal_can_be_undone_on_the_pages_to_come_too(served, visit):
    page = visit(f"{served}/settings")
    page.wait_for_function(
        "() => document.cookie.includes('wellread_zone=')"
    )  # else a title's page is loaded twice
    page.goto(f"{served}/library?query=soup+07")
    page.locator(".title-card a").click()
    page.wait_for_load_state("networkidle")
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Remove")).to_be_focused()
    place = page.url
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("Soup 07 will be removed.")).to_be_visible()
    page.goto(f"{served}/settings")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Soup 07 will be removed.")).to_be_hidden()
    page.goto(place)
    page.get_by_role("button", name="Remove").click()
    assert "Soup 07" in titles(served)
    overdue = "localStorage.setItem(name, JSON.stringify(JSON.parse(localStorage.getItem(name)).map("
    page.evaluate(f"name => {overdue}(one) => ({{ ...one, due: 1 }}))))", "wellread-removing")
    page.goto(f"{served}/library?query=soup+08")  # as when the browser was closed meanwhile
    page.wait_for_function(
        "fetch('/api/v1/library?query=soup').then((r) => r.json()).then((l) => l.total === 51)"
    )
    assert {"Soup 07", "Soup 08"} & titles(served) == {"Soup 08"}


def test_the_panel_is_out_of_the_way_and_forgets_what_was_removed(served, visit, tmp_path):
    page = visit(f"{served}/library")
    dropped(page, cookbook(tmp_path, "stews.md", "Stews"))
    panel = page.get_by_role("region", name="Adding to the library")
    expect(panel).to_contain_text("Adding has ended")
    expect(panel.get_by_role("link", name="Read")).to_be_hidden()  # it folded when all of it could be asked
    page.goto(f"{served}/?in=stews")
    expect(panel).to_have_attribute("folded", "")
    assert page.evaluate(APART)
    page.get_by_role("textbox", name="Your question").fill("What is a stew?")
    page.get_by_role("button", name="Ask", exact=True).click()
    page.wait_for_url("**/conversations/*")
    expect(panel).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 700})
    page.wait_for_function(f"({APART})()")
    panel.get_by_role("button", name="Show").click()
    page.goto(f"{served}/library?query=stews")
    read = panel.get_by_role("link", name="Read")
    expect(read).to_be_visible()  # as it was left
    place = read.get_attribute("href").rpartition("/")[0]
    with client(served) as http:
        http.delete(f"/api/v1{place}").raise_for_status()
    page.goto(f"{served}/library")
    expect(page.locator(".title-card").first).to_be_visible()
    page.wait_for_timeout(500)
    expect(panel).to_be_hidden()


def test_what_takes_long_says_for_how_long_and_what_can_be_done_meanwhile(served, visit):
    page = visit(f"{served}/settings")
    told = """async (changes) => {
      const script = (name) => import(new URL(name, document.querySelector('script[src*="page.js"]').src));
      const [{ AddingItem }, { fresh }] = await Promise.all([script("adding_item.js"), script("imports.js")]);
      const standing = { ...fresh(), since: Date.now() - 65_500, ...changes };
      const one = new AddingItem({ phase: "begun", names: ["a.pdf"], folder: "", files: [], standing }, {});
      one.update();
      return [one.state.textContent, one.progress.hasAttribute("value")];
    }"""
    assert page.evaluate(told, {"state": "reading"}) == ["Reading (for 1:05)", False]
    searchable = {"state": "searchable", "added": 1, "products": [{"product_id": "a", "title": "A"}]}
    text = "Can be asked meanwhile; indexing by meaning: {}% of 1,200 passages (for 1:05)"
    for done, percent in ((0, 0), (300, 25)):
        shown = page.evaluate(told, {**searchable, "vectors": {"done": done, "total": 1200}})
        assert shown == [text.format(percent), done > 0]


def test_the_first_page_says_of_how_many_titles_it_answers_now(served, visit, tmp_path):
    page = visit(f"{served}/")
    expect(page.locator("[data-lead]")).to_contain_text("54 titles")
    page.get_by_role("textbox", name="Your question").fill("What is")
    dropped(page, cookbook(tmp_path, "stews.md", "Stews"))
    expect(page.locator("[data-lead]")).to_contain_text("55 titles")
    expect(page.get_by_role("textbox", name="Your question")).to_have_value("What is")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_fit_and_can_be_used_by_everybody(served, visit, scheme):
    for path in ("/library", "/library?shelf=list"):
        page = visit(served + path, width=320, scheme=scheme)
        assert_fits(page)
        page.get_by_text("Narrow down").first.click()
        page.evaluate("scrollTo(0, 0)")
        assert_accessible(page)
        assert_fits(page)
    page = visit(f"{served}/library?query=hands", width=320, scheme=scheme)
    page.locator(".title-card a").first.click()
    page.wait_for_load_state("networkidle")  # it is loaded anew in the reader's time zone
    page.locator(".contents summary").click()
    page.evaluate("scrollTo(0, 0)")  # the bar would hide half of something
    assert_accessible(page)
    assert_fits(page)


def test_the_first_run_fits(empty, visit):
    page = visit(f"{empty}/library", width=320, scheme="dark", allowed=["404", "400"])
    assert_fits(page)
    page.get_by_label("Path of the folder").fill("/none/of/that")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("alert")).to_contain_text("There is no")
    assert_accessible(page)
    page.get_by_role("button", name="Add the demo library").click()
    expect(page.get_by_role("heading", name="Library")).to_be_visible()
    expect(page.get_by_role("region", name="Adding to the library")).to_contain_text("The demo library")
    assert_fits(page)
    assert json.loads(page.evaluate("localStorage.getItem('wellread-adding')"))
