"""Ask, watch, read: from the question box to the sentence in the book and the second of the talk."""

import re
from importlib.resources import files
from pathlib import Path

import pytest
from support import mentor as t
from support.browser import assert_accessible, assert_fits, expect
from support.running_server import Process, client, running

from wellread.blocking import BlockingWellread
from wellread.settings import Settings

QUESTION = "What do Steady Hands, Light Touch and Two Hats say about one-on-ones?"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    settings = Settings(home=tmp_path_factory.mktemp("ask") / "home", embedder="none", model="extractive")
    with BlockingWellread(settings=settings) as library:
        list(library.add([Path(str(files("wellread") / "demo"))]))
    with running(settings) as address:
        yield address


def answered(page):
    expect(page).to_have_url(re.compile("/conversations/"))
    run = page.locator(".run").last
    expect(run).to_have_attribute("data-state", "completed")
    return run


@pytest.mark.parametrize("width", [1280, 390])
def test_a_question_becomes_an_answer_whose_marks_open_their_sources(served, visit, width):
    page = visit(f"{served}/?question={QUESTION.replace(' ', '+')}", width=width)
    box = page.get_by_role("textbox", name="Your question")
    expect(box).to_have_value(QUESTION)
    box.press("Enter")
    run = answered(page)
    expect(run.locator(".matrix").first).to_be_attached()
    with client(served) as http:
        told = http.get(f"/api/v1/runs/{run.get_attribute('data-run')}").json()["answer"]["citations"]
    first = {citation["product_id"]: at for at, citation in reversed(list(enumerate(told)))}
    assert len(first) >= 3  # two books and a talk
    for product, at in first.items():
        run.locator(f".answer-text [data-citation='{at}']").first.click()
        pane = page.locator("#pane")
        expect(pane).to_be_visible()
        expect(pane.locator("article")).to_have_attribute("data-product", product)
        expect(pane.locator("#quote")).to_be_in_viewport()
        assert_fits(page)
        page.keyboard.press("Escape")
        expect(pane).to_be_hidden()


@pytest.mark.parametrize("width", [1280, 390])
def test_a_suggestion_is_asked_by_one_click_and_others_stand_below_its_answer(demo_home, visit, width):
    with running(Settings(home=demo_home, model="extractive")) as address:
        page = visit(address, width=width)
        expect(page.locator("[data-suggestion]")).to_have_count(4)
        assert_accessible(page)
        assert_fits(page)
        first = page.locator("[data-suggestion]").first
        question = first.locator("[data-question]").inner_text()
        first.click()
        run = answered(page)
        expect(run).to_contain_text(question)
        assert_fits(page)
        chip = run.locator("[data-suggestion]").first
        following = chip.inner_text()
        assert following != question
        page.get_by_role("textbox", name="Your question").fill("What is half typed")
        chip.click()
        expect(page.locator(".run")).to_have_count(2)
        expect(answered(page)).to_contain_text(following)
        expect(page.get_by_role("textbox", name="Your question")).to_have_value("What is half typed")
        page.context.close()


def test_by_keyboard_alone(served, visit):
    page = visit(f"{served}/conversations")
    page.keyboard.press("/")
    expect(page).to_have_url(f"{served}/")
    page.keyboard.press("/")
    page.keyboard.type("What does Steady Hands say about delegation?")
    page.keyboard.press("Enter")
    run = answered(page)
    expect(run.locator("a.cite").first).to_be_visible()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("j")
    focused = page.locator("a.cite:focus")
    expect(focused).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("#pane #quote")).to_be_in_viewport()
    assert_accessible(page)
    page.keyboard.press("Escape")
    expect(page.locator("#pane")).to_be_hidden()
    expect(run.locator("a.cite:focus")).to_have_count(1)


def test_a_run_that_is_looked_at_survives_a_reload_and_the_death_of_its_server(mentor_home, visit, tmp_path):
    script = tmp_path / "script.toml"
    script.write_text("tokens_per_second = 60\n" + t.SCRIPT.replace("[[reply]]", "[[reply]]\ntimes = 0"))
    with Process(mentor_home, WELLREAD_MODEL=f"scripted/{script}") as server:
        server.start()
        port = server.address.rpartition(":")[2]
        with client(server.address) as http:
            begun = http.post("/api/v1/runs", json={"question": t.QUESTION}).json()
        page = visit(f"{server.address}/conversations/{begun['conversation_id']}", allowed=["ERR_"])
        run = page.locator(f"[data-run='{begun['run_id']}']")
        expect(run.locator(".cell.found").first).to_be_attached()
        page.reload()
        expect(run.locator(".cell.found").first).to_be_attached()
        expect(run).to_have_attribute("data-state", "writing")
        server.kill()
        server.start("--port", port)
        expect(run).to_have_attribute("data-state", "completed")
        expect(run.locator(".answer-text")).to_contain_text("Would you like to go on with delegation")
        seen = run.locator(".answer-text").inner_text()
        page.reload()
        expect(run.locator(".answer-text")).to_have_text(seen, use_inner_text=True)
        page.context.close()


def test_an_answer_is_shared_by_a_link_that_can_be_taken_back(served, visit):
    page = visit(f"{served}/?question={QUESTION.replace(' ', '+')}")
    page.get_by_role("button", name="Ask", exact=True).click()
    answered(page)
    page.get_by_role("button", name="Share").click()
    field = page.get_by_role("textbox", name="The link")
    link = field.input_value()
    other = visit(link)
    expect(other.locator(".answer-text")).to_contain_text("one-on-one")
    assert_accessible(other)
    assert_fits(other)
    page.get_by_role("button", name="Take the link back").click()
    expect(page.get_by_role("button", name="Share")).to_be_visible()
    assert (
        visit(link, allowed=["404"])
        .get_by_role("heading")
        .first.inner_text()
        .startswith("There is nothing at this link")
    )


def test_the_next_citation_takes_the_mark_along_and_words_can_be_asked_about(served, visit):
    page = visit(f"{served}/?question={QUESTION.replace(' ', '+')}")
    page.get_by_role("button", name="Ask", exact=True).click()
    run = answered(page)
    run.locator(".answer-text [data-citation='0']").first.click()
    pane = page.locator("#pane")
    expect(pane.locator("#quote")).to_be_in_viewport()
    pane.get_by_role("link", name="Next citation").click()
    expect(run.locator(".answer-text a.here")).to_have_attribute("data-citation", "1")
    pane.locator("#quote").click(click_count=3)  # selects its paragraph
    page.get_by_role("button", name="Ask about this").click()
    expect(page.get_by_label("Your question")).to_have_value(re.compile(r"^“.{20,}” $"))
    page.get_by_label("Your question").press_sequentially("What does that mean?")
    page.get_by_label("Your question").press("Enter")
    further = page.locator(".run").nth(1)
    expect(further).to_have_attribute("data-state", "completed")
    expect(further.locator(".cell.found")).to_have_count(1)
    expect(further.locator(".source")).to_have_count(1)
