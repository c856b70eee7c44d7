"""What helps to ask: titles that are recognised and offered, titles that are not meant, suggestions, estimates."""

import lxml.html
import pytest
from support.running_server import client, running
from support.stores import catalog_of

from wellread.library.offered_questions import to_begin_with, to_go_on
from wellread.library.scope import scope_of
from wellread.library.suggestions import offered_titles
from wellread.settings import Settings


@pytest.fixture(scope="module")
def catalog(demo):
    return catalog_of(demo.library)


@pytest.fixture(scope="module")
def ids(catalog):
    return {product.title: product.product_id for product in catalog.products() if product.format != "pdf"}


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("What does Stea", "Steady Hands"),
        ("what does steady ha", "Steady Hands"),
        ("What does the talk Two", "Two Hats"),
        ("Wha", ""),
        ("What does Steady ", ""),
        ("", ""),
        ("What about xyzzy", ""),
    ],
)
def test_a_title_is_offered_while_its_words_are_typed(catalog, typed, offered):
    titles = {product.title for product in offered_titles(catalog, typed)}
    assert titles == ({offered} if offered else set())


def test_a_title_that_is_not_meant_is_not_searched(catalog, ids):
    question = "What do Steady Hands and Light Touch say about trust?"

    def titles(*excluded):
        scope = scope_of(catalog, question, excluded=[ids[title] for title in excluded], small_library=8)
        return {entry.title for entry in scope.entries}, {entry.found for entry in scope.entries}

    assert titles() == ({"Steady Hands", "Light Touch"}, {"named"})
    assert titles("Light Touch") == ({"Steady Hands"}, {"named"})
    assert titles("Light Touch", "Steady Hands")[1] == {"whole library"}
    assert "Steady Hands" not in titles("Light Touch", "Steady Hands")[0]


def test_suggestions_to_begin_with_are_four_and_ask_each_thing_once(catalog):
    offered = to_begin_with(catalog)
    assert len(offered) == len({one.question for one in offered}) == 4
    assert all(one.titles for one in offered)


def test_suggestions_to_go_on_are_near_to_what_was_cited_and_were_not_asked(catalog, ids):
    steady = ids["Steady Hands"]
    edition = catalog.product(steady).edition_id
    held = [one for one in catalog.suggestions.of([steady], 99) if one.product_ids == (steady,)]
    for suggestion in held:
        [title] = suggestion.titles
        anchors = [f"{steady}/{section}/0-10" for section in title.sections]
        assert to_go_on(catalog, ["Something else?"], anchors)[0].question == suggestion.question
        offered = to_go_on(catalog, [suggestion.question], anchors)
        assert offered
        assert suggestion.question not in [one.question for one in offered]
        assert all(steady in one.product_ids for one in offered)
    assert to_go_on(catalog, ["Something else?"], []) == []
    assert to_go_on(catalog, ["Something else?"], [f"gone/{edition}-1/0-10"]) == []


def test_an_empty_library_has_no_suggestions(tmp_path):
    settings = Settings(home=tmp_path / "home", embedder="none", model="extractive")
    with running(settings) as address, client(address) as http:
        page = http.get("/", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "data-suggestion" not in page.text


def test_suggestions_on_the_page(demo_home):
    settings = Settings(home=demo_home, model="extractive")
    with running(settings) as address, client(address) as http:
        page = lxml.html.fromstring(http.get("/", headers={"Accept": "text/html"}).text)
        offered = page.xpath("//*[@data-suggestion]")
        assert len(offered) == 4
        question = offered[0].xpath(".//*[@data-question]")[0].text_content()
        titles = offered[0].get("data-titles").split()
        run = http.post("/api/v1/runs", json={"question": question, "product_ids": titles}).json()
        with http.stream("GET", f"/api/v1/runs/{run['run_id']}/events") as events:
            list(events.iter_lines())
        path = f"/conversations/{run['conversation_id']}"
        after = lxml.html.fromstring(http.get(path, headers={"Accept": "text/html"}).text)
        chips = [
            chip.text_content().strip()
            for chip in after.xpath("//*[@class='run-after']//*[@data-suggestion]")
        ]
        assert chips
        assert question not in chips
        for title in http.get("/api/v1/library").json()["products"]:
            http.delete(f"/api/v1/library/{title['product_id']}")
        bare = lxml.html.fromstring(http.get(path, headers={"Accept": "text/html"}).text)
        assert not bare.xpath("//*[@data-suggestion]")


def test_over_http(demo_home):
    settings = Settings(home=demo_home, embedder="none", model="extractive")
    with running(settings) as address, client(address) as http:
        told = http.post("/api/v1/scope", json={"question": "What does Steady Hands say, and Two Ha"}).json()
        assert [(title["title"], title["start"], title["end"]) for title in told["named"]] == [
            ("Steady Hands", 10, 22)
        ]
        assert [title["title"] for title in told["offered"]] == ["Two Hats"]
        steady = told["named"][0]["product_id"]
        question = {"question": "What does Steady Hands say about trust?"}
        estimate = http.post("/api/v1/runs/estimate", json={**question, "mode": "deep"}).json()
        assert estimate["mode"] == "deep"
        assert estimate["titles"] == ["Steady Hands"]
        assert estimate["steps"][0] <= estimate["steps"][1]
        run = http.post("/api/v1/runs", json={**question, "excluded": [steady]}).json()
        assert "Steady Hands" not in [entry["title"] for entry in run["scope"]]
        assert http.post("/api/v1/scope", json={"question": "x" * 4_001}).status_code == 422
        assert http.post("/api/v1/runs/estimate", json={"question": " "}).status_code == 400
        page = http.get(f"/?question=Why%3F&in={steady}&in=nothing", headers={"Accept": "text/html"}).text
        assert ">Why?</textarea>" in page
        assert f'data-picked="{steady}"' in page
        assert "nothing" not in page.partition("ask-question")[0].partition("data-chips")[2]
        assert http.get("/").text.startswith("Wellread ")
