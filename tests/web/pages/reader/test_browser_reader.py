"""The reader in a browser: the quote in sight, the pane beside an answer, a selection, and playing a talk."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

import pytest
from support.browser import assert_accessible, assert_fits, expect
from support.long_talk import CHAPTERS, write_long_talk
from support.running_server import running

from wellread.blocking import BlockingWellread
from wellread.events import AnswerCompleted, Citation
from wellread.settings import Settings
from wellread.wire.runs import AskOptions

PANE = """async () => {
  document.querySelector("wr-reader")?.remove();
  const pane = document.createElement("wr-reader");
  window.told = [];
  for (const name of ["wr-reader-opened", "wr-reader-close"])
    pane.addEventListener(name, (event) => window.told.push([name, event.detail]));
  document.querySelector("main").append(pane);
}"""
OPEN = "(url) => document.querySelector('wr-reader').open(url)"
SELECT = """() => {
  const text = document.querySelector("#quote").firstChild;
  getSelection().setBaseAndExtent(text, 0, text, 20);
}"""


@dataclass
class Served:
    address: str = ""
    ids: dict[str, str] = field(default_factory=dict)
    run: str = ""
    citations: tuple[Citation, ...] = ()

    def citation(self, position: int) -> str:
        return f"/read/{self.citations[position].anchor}?run={self.run}&citation={position}"

    def cited(self, name: str) -> str:
        return next(f"/read/{one.anchor}" for one in self.citations if one.product_id == self.ids[name])


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> Iterator[Served]:
    at = Served()
    settings = Settings(home=tmp_path_factory.mktemp("reader") / "home", embedder="none")
    with BlockingWellread(settings=settings) as library:
        list(library.add([Path(str(files("wellread") / "demo"))]))
        titles = library.products()
        at.ids = {product.format: product.product_id for product in titles if product.title != "Light Touch"}
        events = list(library.ask("What is delegation?", AskOptions(product_ids=list(at.ids.values()))))
        at.run = events[0].run_id
        at.citations = next(event.citations for event in events if isinstance(event, AnswerCompleted))
    assert set(at.ids) == {"epub", "pdf", "transcript"}
    with running(settings) as at.address:
        yield at


@pytest.mark.parametrize("width", [1280, 320])
def test_a_citation_opens_with_its_quote_in_sight(served, visit, width):
    for name in served.ids:
        page = visit(f"{served.address}{served.cited(name)}", width=width, height=700)
        expect(page.locator("#quote")).to_be_in_viewport()
        assert_fits(page)


def test_sections_are_turned_by_keys_and_reading_goes_on_where_it_was_left_off(served, visit):
    start = f"{served.address}/library/{served.ids['epub']}/read"
    page = visit(start)
    heading = page.locator("#reader-heading")
    first = heading.inner_text()
    expect(page.locator(".reader-contents nav")).to_be_visible()
    page.keyboard.press("n")
    expect(heading).not_to_have_text(first)
    page.keyboard.press("n")
    page.wait_for_load_state()
    second = heading.inner_text()
    page.keyboard.press("n")
    expect(heading).not_to_have_text(second)
    page.keyboard.press("p")
    expect(heading).to_have_text(second)
    page.set_viewport_size({"width": 600, "height": 300})
    page.mouse.wheel(0, 500)
    page.wait_for_function("() => localStorage.getItem('wellread-places')")
    page.goto(start)
    expect(heading).to_have_text(second)
    page.wait_for_function("() => scrollY > 100")
    assert page.url.split("/")[-2] == "sections"


def test_reading_does_not_go_on_in_an_edition_or_a_section_that_is_gone(served, visit):
    start = f"{served.address}/library/{served.ids['epub']}/read"
    page = visit(start, allowed=["404"])
    heading = page.locator("#reader-heading").inner_text()
    section = page.locator("article.reader").get_attribute("data-section")
    edition = section.rpartition("-")[0]
    keep = "(kept) => localStorage.setItem('wellread-places', JSON.stringify(kept))"
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    for gone, complaint in ((f"{'0' * len(edition)}-3", False), (f"{edition}-99999", True)):
        page.evaluate(keep, {served.ids["epub"]: {"section": gone, "block": "at-3-0"}})
        page.goto(start)
        page.wait_for_load_state("networkidle")
        expect(page.locator(".toast")).to_have_count(int(complaint))
        expect(page.locator("#reader-heading")).to_have_text(heading)
        assert page.url == start
        assert any(gone in url for url in asked) is complaint


def test_a_reader_that_is_gone_listens_no_more(served, visit):
    page = visit(f"{served.address}{served.cited('epub')}")
    page.evaluate(f"({SELECT})()")
    page.locator("#quote").dispatch_event("pointerup")
    expect(page.locator(".ask-about")).to_have_count(1)
    page.evaluate("""() => {
      const reader = document.querySelector("wr-reader");
      const around = reader.parentNode;
      reader.remove();
      window.left = reader.querySelectorAll(".ask-about").length;
      around.append(reader);
    }""")
    assert page.evaluate("left") == 0
    page.evaluate(f"({SELECT})()")
    page.locator("#quote").dispatch_event("pointerup")
    expect(page.locator(".ask-about")).to_have_count(1)


def test_the_pane_opens_places_and_tells_its_owner(served, visit):
    page = visit(f"{served.address}/library/{served.ids['epub']}/read")
    before = page.url
    page.evaluate(PANE)
    page.evaluate(OPEN, served.citation(0))
    pane = page.locator("wr-reader")
    expect(pane.locator("#reader-heading")).to_be_focused()
    expect(pane.locator("#quote")).to_be_in_viewport()
    expect(pane).to_contain_text(f"Citation 1 of {len(served.citations)}")
    assert page.evaluate("told.at(-1)") == ["wr-reader-opened", {"url": served.citation(0), "citation": 0}]
    assert page.evaluate("document.querySelector('wr-reader').previous()") is False
    page.evaluate("document.querySelector('wr-reader').next()")
    expect(pane).to_contain_text("Citation 2 of")
    assert page.evaluate("told.at(-1)[1]") == {"url": served.citation(1), "citation": 1}
    assert_accessible(page)
    # The last that was asked for is shown, whichever comes first.
    page.evaluate(
        "(urls) => urls.forEach((url) => document.querySelector('wr-reader').open(url))",
        [served.cited("pdf"), f"/library/{served.ids['epub']}/read"],
    )
    expect(pane).not_to_have_attribute("aria-busy", "true")
    expect(pane.locator("article")).to_have_attribute("data-product", served.ids["epub"])
    expect(pane.locator("#quote")).to_have_count(0)
    # A search and what it finds are opened in place, too.
    pane.get_by_role("searchbox").fill("delegate")
    pane.get_by_role("searchbox").press("Enter")
    pane.locator(".found-list a").first.click()
    expect(pane.locator("#quote")).to_have_text("delegate", ignore_case=True)
    # Its owner may keep the focus, and the page around it is not scrolled.
    page.evaluate("document.querySelector('.brand').focus()")
    page.evaluate(
        """(url) => {
      const pane = document.querySelector("wr-reader");
      Object.assign(pane.style, { height: "300px", overflow: "auto" });
      document.querySelector("main").style.paddingBlock = "200px 3000px";
      return pane.open(url, { keepFocus: true });
    }""",
        served.cited("transcript"),
    )
    page.wait_for_function("() => document.querySelector('wr-reader').scrollTop > 0")
    expect(page.locator(".brand")).to_be_focused()
    assert page.evaluate("scrollY") == 0
    assert page.url == before
    page.keyboard.press("Escape")
    assert page.evaluate("told.at(-1)[0]") == "wr-reader-close"
    pane.get_by_role("button", name="Close the reader").click()
    assert page.evaluate("told.filter(([name]) => name === 'wr-reader-close').length") == 2


COVERED = """() => {
  const box = (selector) => document.querySelector(`wr-reader ${selector}`).getBoundingClientRect();
  const bar = document.querySelector("wr-reader[alone]") ? document.querySelector("body > header") : null;
  const top = (bar || document.querySelector("wr-reader .reader-bar")).getBoundingClientRect().bottom;
  const video = document.querySelector("wr-reader video") ? box("video").bottom : top;
  return [box("#quote").top - Math.max(top, video), box("#quote").bottom - innerHeight, box(".reader-book").top - top];
}"""
UNDER = """() => {
  const pane = document.querySelector("wr-reader");
  Object.assign(pane.style, { position: "fixed", inset: "0", zIndex: 50, background: "white", overflow: "auto" });
}"""


@pytest.mark.parametrize(("width", "height"), [(700, 640), (390, 700)])
def test_quoted_words_of_a_talk_stand_below_its_picture(served, visit, width, height):
    page = visit(f"{served.address}{served.cited('transcript')}", width=width, height=height)
    address = page.evaluate("""() => {
      const cues = [...document.querySelectorAll(".cue")].slice(4);
      const longest = cues.reduce((one, other) => (other.offsetHeight > one.offsetHeight ? other : one));
      return longest.querySelector(".seek").getAttribute("href");
    }""")
    page.goto(f"{served.address}{address}")
    page.wait_for_function("() => scrollY > 300")
    above, below, _ = page.evaluate(COVERED)
    assert above >= 0 and below <= 0
    page.evaluate(PANE)
    page.evaluate(UNDER)
    page.evaluate(OPEN, address)
    page.wait_for_function("() => document.querySelector('wr-reader').scrollTop > 300")
    above, below, _ = page.evaluate(COVERED)
    assert above >= 0 and below <= 0


def test_a_place_that_is_seen_from_the_top_on_is_opened_with_its_titles(served, visit):
    page = visit(f"{served.address}/library/{served.ids['epub']}/read", width=390, height=560)
    first = page.locator(".reader-text p").first
    section = page.locator("article").get_attribute("data-section")
    number = int(first.get_attribute("id").split("-")[2])
    address = f"/read/{served.ids['epub']}/{section}/{number + 60}-{number + 150}"
    page.evaluate(PANE)
    page.evaluate(UNDER)
    page.evaluate(OPEN, address)
    page.wait_for_timeout(100)
    above, below, title = page.evaluate(COVERED)
    assert above >= 0 and below <= 0 and title >= 0


def test_from_wherever_one_goes_in_the_pane_a_link_leads_back_to_the_citation(served, visit):
    page = visit(f"{served.address}/library/{served.ids['epub']}/read")
    page.evaluate(PANE)
    page.evaluate("addEventListener('wr-reader-opened', (event) => (window.heard = event.detail))")
    position = next(n for n, one in enumerate(served.citations) if one.product_id == served.ids["epub"])
    page.evaluate(OPEN, served.citation(position))
    pane = page.locator("wr-reader")
    back = pane.get_by_role("link", name="Back to the citation")
    counter = f"Citation {position + 1} of {len(served.citations)}"
    expect(back).to_have_count(0)
    page.keyboard.press("n")
    expect(back).to_be_visible()
    expect(pane).to_contain_text(counter)
    pane.get_by_role("searchbox").fill("delegate")
    pane.get_by_role("searchbox").press("Enter")
    expect(pane.locator(".found-list")).not_to_have_count(0)
    expect(pane).to_contain_text(counter)
    assert page.evaluate("heard.citation") == position
    pane.locator(".found-list a").last.click()
    expect(pane.locator("#quote")).to_have_count(1)
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        expect(back).to_be_visible()
        assert_fits(page)
    back.click()
    expect(back).to_have_count(0)
    assert page.evaluate("heard") == {"url": served.citation(position), "citation": position}
    step = "next" if position + 1 < len(served.citations) else "previous"
    other = position + (1 if step == "next" else -1)
    pane.locator(f'[data-citation-step="{step}"]').click()
    page.wait_for_function("(citation) => window.heard.citation === citation", arg=other)
    assert page.evaluate("heard.url") == served.citation(other)


def test_a_place_that_cannot_be_opened_is_told(served, visit):
    page = visit(f"{served.address}/library/{served.ids['epub']}/read", allowed=["404"])
    page.evaluate(PANE)
    page.evaluate(OPEN, "/read/nobody/00000000-1/0-5")
    expect(page.get_by_role("status")).to_contain_text("There is no product")


def test_asking_about_a_selection(served, visit):
    page = visit(f"{served.address}{served.cited('epub')}")
    text = page.evaluate(f"({SELECT})() || document.querySelector('#quote').firstChild.data")
    words = text[: re.compile(r"\b").search(text, 20).start()].strip()
    page.locator("#quote").dispatch_event("pointerup")
    page.evaluate(
        "addEventListener('wr-ask-about', (event) => { event.preventDefault(); window.asked = event.detail; }, "
        "{ once: true })"
    )
    page.get_by_role("button", name="Ask about this").click()
    assert page.evaluate("asked") == {
        "productId": served.ids["epub"],
        "title": "Steady Hands",
        "quote": words,
    }
    page.evaluate(SELECT)
    page.locator("#quote").dispatch_event("pointerup")
    page.get_by_role("button", name="Ask about this").click()
    page.wait_for_url(f"**/?in={served.ids['epub']}&about=*")


def test_what_is_asked_about_is_whole_words(served, visit):
    page = visit(f"{served.address}{served.cited('epub')}")
    page.evaluate(
        "addEventListener('wr-ask-about', (event) => { event.preventDefault(); window.asked = event.detail.quote; })"
    )

    def asked(text: str, start: int, end: int) -> str:
        page.evaluate(
            """([text, start, end]) => {
          const block = document.querySelector(".reader-text p");
          block.textContent = text;
          const node = block.firstChild;
          getSelection().setBaseAndExtent(node, start, node, end);
        }""",
            [text, start, end],
        )
        page.locator(".reader-text p").first.dispatch_event("pointerup")
        page.get_by_role("button", name="Ask about this").click()
        return page.evaluate("asked")

    assert asked("To delegate is to hand over.", 5, 16) == "delegate is to"
    assert asked("To delegate is to hand over.", 3, 14) == "delegate is"
    words = "responsibility " * 60
    quote = asked(words, 4, len(words) - 20)
    assert (
        quote.endswith("responsibility…") and quote.startswith("responsibility ") and 380 < len(quote) <= 400
    )
    assert len(asked("x" * 900, 0, 900)) == 400


def test_a_talk_starts_at_the_quote_and_its_transcript_follows(served, visit):
    page = visit(f"{served.address}{served.cited('transcript')}")
    page.wait_for_function("() => document.querySelector('video').readyState >= 1")
    start = page.evaluate("Number(document.querySelector('video').src.split('#t=')[1])")
    page.wait_for_function(
        "(start) => Math.abs(document.querySelector('video').currentTime - start) < 1", arg=start
    )
    assert page.evaluate("document.querySelector('video').paused")
    expect(page.locator(".cue[aria-current]")).to_have_count(1)
    last = page.locator(".cue").last
    last.locator(".seek").click()
    expect(last).to_have_attribute("aria-current", "true")
    expect(page.locator(".reader-contents a[aria-current]")).to_contain_text("One Piece of Advice")


@pytest.fixture
def long_talk(tmp_path):
    """The address of the middle of a long talk, with a recording that is as short as that of the demo."""
    settings = Settings(home=tmp_path / "home", embedder="none")
    shutil.copy(Path(str(files("wellread") / "demo")) / "two-hats.mp4", tmp_path / "long-talk.mp4")
    path = write_long_talk(tmp_path)
    with BlockingWellread(settings=settings) as library:
        list(library.add([path]))
        [talk] = library.products()
        sections = library.library.titles.contents(talk.product_id)
    with running(settings) as address:
        yield f"{address}/library/{talk.product_id}/sections/{sections[20].section_id}"


@pytest.mark.parametrize("width", [1280, 390])
def test_the_chapters_of_a_long_talk_come_when_they_are_near(long_talk, visit, width):
    page = visit(long_talk, width=width)
    chapters = page.locator(".chapter")
    expect(chapters).to_have_count(CHAPTERS)
    expect(page.get_by_text("Cue 20-0 says")).to_be_visible()
    assert_fits(page)
    assert_accessible(page)
    assert page.locator(".chapter[data-later]").count() > CHAPTERS // 2
    chapters.nth(35).scroll_into_view_if_needed()
    expect(page.get_by_text("Cue 35-0 says")).to_be_visible()
    expect(chapters.nth(35).locator("h2 a")).to_have_count(0)
    expect(chapters.nth(5)).to_have_attribute("data-later", re.compile("/sections/"))
    page.locator(".reader-contents").evaluate("(contents) => (contents.open = true)")
    page.locator(".reader-contents .seek").first.click()  # to the beginning of the recording
    expect(page.get_by_text("Cue 0-0 says")).to_be_visible()
    expect(page.locator(".cue[aria-current]")).to_have_count(1)


def test_where_a_long_talk_was_left_off_is_in_the_chapter_that_was_read(long_talk, visit):
    page = visit(long_talk)
    page.locator(".chapter").nth(30).scroll_into_view_if_needed()
    expect(page.get_by_text("Cue 30-0 says")).to_be_visible()
    page.locator(".chapter").nth(30).locator(".cue").last.evaluate("(cue) => cue.scrollIntoView()")
    page.wait_for_function("() => /at-30-/.test(localStorage.getItem('wellread-places'))")
    page.goto(re.sub(r"/sections/.*", "/read", long_talk))
    expect(page.locator(".chapter").nth(30).locator(".cue").last).to_be_in_viewport()
    assert "-30?from=" in page.url


def test_a_long_talk_can_be_read_without_scripts(long_talk, visit):
    page = visit(long_talk, java_script_enabled=False)
    page.get_by_role("link", name="Chapter 9 of the talk", exact=True).click()
    expect(page.get_by_text("Cue 9-0 says")).to_be_visible()


def test_the_reader_is_whole_without_scripts(served, visit):
    page = visit(f"{served.address}{served.cited('epub')}", java_script_enabled=False)
    expect(page.locator("#quote")).to_be_visible()
    page.locator(".reader-contents summary").click()
    page.locator(".reader-contents a[aria-current]").click()
    page.get_by_role("searchbox").fill("delegate")
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator(".found-list mark").first).to_have_text("delegate", ignore_case=True)
