"""Doubtful statements as a reader sees them: marked when the judge has spoken, each mark open to its note, by keyboard
and touch, on the page, the shared one and the saved one."""

from importlib.resources import files
from pathlib import Path

import lxml.html
import pytest
from support.browser import assert_accessible, assert_fits, expect
from support.marked_run import BUSY, JUDGE, QUESTION, RIGHT_TO_LEFT, STANDING, WEEKLY, marked
from support.running_server import client, running
from support.stores import runs_of

from wellread import events as e
from wellread.blocking import BlockingWellread
from wellread.settings import Settings

MARKS = ["in conflict", "contradicted", "contradicted", "not supported"]
BLOCKS = "[...document.querySelectorAll('.block')].map((one) => one.getBoundingClientRect().top + scrollY)"


class Served:
    """A server over the demo library, and what stores runs beside it."""

    def __init__(self, address, runs, answered):
        self.address, self.runs, self.answered = address, runs, answered

    def store(self, events, first=None):
        """A run of these events, or of the first of them only; its ids, and the events that are left."""
        events = list(events)
        begun = self.runs.begin(events[0])
        first = len(events) if first is None else first
        self.runs.append(begun.run_id, events[1:first], 1)
        return begun.run_id, begun.events[0].conversation_id, events[first:]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    settings = Settings(home=tmp_path_factory.mktemp("marks") / "home", embedder="none", model="extractive")
    with BlockingWellread(settings=settings) as library:
        list(library.add([Path(str(files("wellread") / "demo"))]))
        answered = list(library.ask(QUESTION))
        runs = runs_of(library)
    with running(settings) as address:
        yield Served(address, runs, answered)


@pytest.fixture(scope="module")
def conversation(served):
    return served.store(marked(served.answered))[1]


def words(mark):
    return mark.evaluate("(one) => one.firstChild.textContent.trim()")


@pytest.mark.parametrize("width", [1280, 390])
def test_a_doubtful_statement_is_marked_and_its_mark_opens_why(served, conversation, visit, width):
    page = visit(f"{served.address}/conversations/{conversation}", width=width)
    marks = page.locator(".answer-text .verdict:visible")
    assert [words(mark) for mark in marks.all()] == MARKS
    assert_fits(page)
    assert_accessible(page)
    mark = marks.nth(2)  # in a row of a table
    mark.focus()
    page.keyboard.press("Enter")
    note = page.locator(".statement-note:popover-open")
    for told in ("The passages say otherwise.", BUSY, f"Judged by {JUDGE}, which is quite sure."):
        expect(note).to_contain_text(told)
    assert_fits(page)
    assert_accessible(page)
    page.keyboard.press("Escape")
    expect(note).to_have_count(0)
    expect(mark).to_be_focused()
    page.keyboard.press("Enter")
    note.get_by_role("link").click()
    expect(note).to_have_count(0)
    expect(page.locator("#pane #quote")).to_contain_text(BUSY)


def test_all_statements_tell_what_they_are_when_that_is_asked_for(served, conversation, visit):
    page = visit(f"{served.address}/conversations/{conversation}", width=320)
    page.locator(".verdicts summary").click()
    expect(page.locator(".verdicts summary")).to_contain_text(f"judged by {JUDGE}")
    page.get_by_label("Colour the statements").check()
    marks = page.locator(".answer-text .verdict:visible")
    expect(marks).to_have_count(11)
    assert_fits(page)
    assert_accessible(page)
    moved = marks.nth(5)
    assert words(moved) == "partly supported"
    moved.click()
    note = page.locator(".statement-note:popover-open")
    expect(note).to_contain_text("rather than")
    expect(note).to_contain_text(STANDING)


def test_right_to_left_the_marks_stand_where_a_line_ends(served, visit):
    _, conversation, _ = served.store(marked(served.answered, RIGHT_TO_LEFT))
    page = visit(f"{served.address}/conversations/{conversation}")
    first = page.locator(".answer-text .verdict:visible").first
    assert first.bounding_box()["x"] < page.locator(".answer-text").bounding_box()["x"]
    assert_fits(page)
    expect(page.locator(".notice.fair")).to_contain_text(
        "Most of this answer is not borne by the passages it cites."
    )
    page.locator(".notice.fair a").first.click()
    expect(page.locator("#pane #quote")).to_contain_text(WEEKLY)


def test_the_marks_come_when_the_judge_has_spoken_and_nothing_moves(served, visit):
    events = list(marked(served.answered))
    run_id, conversation, left = served.store(events, len(events) - 2)
    page = visit(f"{served.address}/conversations/{conversation}")
    checking = page.locator(".run-after .checking")
    expect(checking).to_have_text("Checking the statements …")
    expect(page.locator(".verdict")).to_have_count(0)
    before = page.evaluate(BLOCKS)
    served.runs.append(run_id, left, len(events) - 2)
    expect(page.locator(".answer-text .verdict:visible")).to_have_count(len(MARKS))
    expect(checking).to_have_count(0)
    expect(page.locator("#announcer")).to_have_text(
        f"The answer is complete. Statements in it that are marked as doubtful: {len(MARKS)}."
    )
    assert page.evaluate(BLOCKS) == before


def test_where_marks_stand_within_the_text_what_is_read_stays_where_it_is(served, visit):
    events = list(marked(served.answered))
    run_id, conversation, left = served.store(events, len(events) - 2)
    page = visit(f"{served.address}/conversations/{conversation}", width=390, height=500)
    last = page.locator(".block").last
    expect(page.locator(".run-after .checking")).to_be_attached()
    last.evaluate("(one) => scrollTo(0, one.getBoundingClientRect().top + scrollY - 100)")
    before = last.bounding_box()["y"]
    served.runs.append(run_id, left, len(events) - 2)
    expect(page.locator(".answer-text .verdict:visible")).to_have_count(len(MARKS))
    expect(page.locator(".run")).to_have_attribute("data-state", "completed")
    assert abs(last.bounding_box()["y"] - before) < 2


def test_the_shared_and_the_saved_page_have_the_marks_without_a_script(served, conversation, visit, tmp_path):
    with client(served.address) as http:
        token = http.post(f"/api/v1/conversations/{conversation}/share").json()["token"]
        saved = http.get(f"/conversations/{conversation}/page.html").text
    (tmp_path / "saved.html").write_text(saved, encoding="utf-8")
    for address in (f"{served.address}/shared/{token}", (tmp_path / "saved.html").as_uri()):
        page = visit(address, java_script_enabled=False)
        marks = page.locator(".answer-text .verdict:visible")
        expect(marks).to_have_count(len(MARKS))
        marks.nth(1).click()
        note = page.locator(".statement-note:popover-open")
        expect(note).to_contain_text(STANDING)
        href = note.get_by_role("link").get_attribute("href")
        expect(page.locator(href)).to_contain_text(STANDING)
        page.keyboard.press("Escape")
        page.locator(".verdicts summary").click()
        page.locator(".show-verdicts").check()
        expect(marks).to_have_count(11)
    assert not lxml.html.document_fromstring(saved).xpath("//script")


def test_asking_there_asks_the_same_in_that_title_alone(served, visit):
    events = list(marked(served.answered))
    cell = next(event for event in events if isinstance(event, e.SearchCell) and event.found)
    there = e.Elsewhere(product_id=cell.product_id, title=cell.title, best=0.9, anchor=cell.found[0].anchor)
    at = events.index(cell) + 1
    events.insert(at, e.SearchElsewhere(step=cell.step, question=cell.question, products=(there,)))
    start = events[0].model_copy(
        update={"roles": e.Roles()}
    )  # so that another run of the kind can be made here
    _, conversation, _ = served.store([start, *events[1:]])
    page = visit(f"{served.address}/conversations/{conversation}")
    page.get_by_role("button", name=f"Ask there: {cell.title}").click()
    again = page.locator(".run").nth(1)
    expect(again).to_have_attribute("data-state", "completed")
    with client(served.address) as http:
        told = http.get(f"/api/v1/runs/{again.get_attribute('data-run')}").json()
    assert [entry["product_id"] for entry in told["scope"]] == [cell.product_id]
    assert told["question"] == QUESTION
