"""The table of contents of a long title, a part at a time."""

import re

import pytest
from support.browser import assert_accessible, assert_fits, expect
from support.libraries import add
from support.running_server import client, running

from wellread.blocking import BlockingWellread
from wellread.settings import Settings

HTML = {"Accept": "text/html"}
PARTS, CHAPTERS = 6, 30
FLAT = 450


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("contents")
    settings = Settings(home=folder / "home", embedder="none", model="extractive")
    parts = [
        f"## Part {part}\n\nOf part {part}.\n\n"
        + "\n\n".join(f"### Chapter {part}.{n}\n\nText of {part}.{n} is here." for n in range(CHAPTERS))
        for part in range(PARTS)
    ]
    (folder / "parts.md").write_text("# Book of parts\n\n" + "\n\n".join(parts) + "\n")
    flat = [f"# Entry {n}\n\nText of entry {n} is here." for n in range(FLAT)]
    (folder / "flat.md").write_text("---\ntitle: A flat book\n---\n\n" + "\n\n".join(flat) + "\n")
    with BlockingWellread(settings=settings) as library:
        ids = [added.product_id for added in add(library, folder / "parts.md", folder / "flat.md")]
    with running(settings) as address:
        yield address, *ids


def entries(page):
    return re.findall(r"(?:<summary>|/sections/[^\"]+\">)((?:Part|Chapter|Entry) [\d.]+)", page)


def links(page):
    """Where lines are that are not listed."""
    return re.findall(r'<li data-lines><a [^>]*?href="([^"]+)"', page)


def test_parts_are_closed_and_every_section_can_be_reached_by_links(served):
    address, parts, _ = served
    with client(address, headers=HTML) as http:
        page = http.get(f"/library/{parts}").text
        assert entries(page) == [f"Part {part}" for part in range(PARTS)]
        assert f"{1 + PARTS * (1 + CHAPTERS)} sections" in page
        assert len(links(page)) == PARTS
        seen = []
        for link in links(page):
            inside = http.get(link).text
            assert "<html" in inside
            seen += entries(inside)
            assert entries(http.get(f"{link}&part=lines").text) == entries(inside)
        assert seen == [f"Chapter {part}.{n}" for part in range(PARTS) for n in range(CHAPTERS)]
        assert "<html" not in http.get(f"{links(page)[0]}&part=lines").text


def test_very_many_sections_in_a_row_are_shown_piece_by_piece(served):
    address, _, flat = served
    with client(address, headers=HTML) as http:
        seen, link = [], f"/library/{flat}/contents"
        while link:
            page = http.get(link).text
            assert len(entries(page)) <= 200
            seen += entries(page)
            link = next(iter(links(page)), "").replace("&amp;", "&")
        assert seen == [f"Entry {n}" for n in range(FLAT)]
        section = re.findall(r'href="(/library/[^"]+/sections/[^"]+)"', page)[0]
        assert (
            f'href="/library/{flat}/contents"' in http.get(section).text
        )  # the reader lists not all of them


@pytest.mark.parametrize("query", ["?within=nothing", "?start=-1", "?start=x"])
def test_contents_that_are_not_there_are_said(served, query):
    address, parts, _ = served
    with client(address, headers=HTML) as http:
        assert http.get(f"/library/{parts}/contents{query}").status_code == 404
        assert http.get("/library/nobody/contents").status_code == 404
        assert http.get(f"/library/{parts}/contents?start=9999").status_code == 200


@pytest.mark.parametrize("width", [1280, 390])
def test_a_part_is_filled_when_it_is_opened(served, visit, width):
    address, parts, flat = served
    page = visit(f"{address}/library/{parts}", width=width)
    page.locator(".contents > summary").click()
    assert_fits(page)
    page.locator(".contents-part > summary", has_text="Part 3").click()
    expect(page.get_by_role("link", name="Chapter 3.29")).to_be_visible()
    expect(page.get_by_role("link", name="Chapter 2.0")).to_have_count(0)
    page.evaluate("scrollTo(0, 0)")
    assert_accessible(page)
    assert_fits(page)
    page.get_by_role("link", name="Chapter 3.29").click()
    expect(page.get_by_text("Text of 3.29 is here.")).to_be_visible()
    page = visit(f"{address}/library/{flat}/contents", width=width)
    page.get_by_role("link", name="Show more (250 left)").click()
    expect(page.get_by_role("link", name="Entry 399", exact=True)).to_be_visible()
    expect(page.locator(".contents a")).to_have_count(401)
    assert_accessible(page)
