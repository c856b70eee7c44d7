"""What becomes of a title that a question may mean: in a scope, in a conversation, over HTTP and on the page."""

import lxml.html
import pytest
from support.libraries import add, cookbook
from support.running_server import client, running
from support.stores import catalog_of

from wellread.blocking import BlockingWellread
from wellread.library.scope import entry, scope_of
from wellread.settings import Settings

QUESTION = "How did Emma rest her soup for the second day?"


@pytest.fixture
def shelf(library, tmp_path):
    for name in ("Emma", "Slow Food", "Fast Food"):
        add(library, cookbook(tmp_path, f"{name}.md", name))
    return catalog_of(library.library)


def scoped(shelf, question, **options):
    scope = scope_of(shelf, question, **{"small_library": 1, **options})
    return [(e.title, e.found) for e in scope.entries], scope.outside


def test_it_widens_the_scope_and_does_not_close_it(shelf):
    assert scoped(shelf, QUESTION) == ([("Emma", "doubtful")], True)
    assert scope_of(shelf, QUESTION, small_library=1).mentions == ()
    assert scoped(shelf, "How is soup made in Emma?") == ([("Emma", "named")], False)


def test_beside_a_named_title_it_is_not_searched(shelf):
    question = "Does Slow Food say how Emma thickened her soup?"
    assert scoped(shelf, question) == ([("Slow Food", "named")], False)


def test_it_joins_what_is_carried_over(shelf):
    slow = next(product for product in shelf.products() if product.title == "Slow Food")
    carried = [entry(slow, "named")]
    titles, outside = scoped(shelf, QUESTION, carried=carried)
    assert (titles, outside) == ([("Slow Food", "named"), ("Emma", "doubtful")], False)


def test_one_that_is_not_meant_is_not_searched(shelf):
    emma = next(product.product_id for product in shelf.products() if product.title == "Emma")
    assert scoped(shelf, QUESTION, excluded=[emma]) == ([], True)


def test_a_small_library_is_searched_whole(shelf):
    titles, outside = scoped(shelf, QUESTION, small_library=8)
    assert ({found for _, found in titles}, len(titles), outside) == ({"whole library"}, 3, False)


def test_the_page_asks_whether_it_is_meant(home, tmp_path):
    with BlockingWellread(settings=Settings(home=home, embedder="none")) as library:
        for name in ("Emma", "Slow Food", "Fast Food"):
            add(library, cookbook(tmp_path, f"{name}.md", name))
    settings = Settings(home=home, embedder="none", model="extractive", discovered_titles=2)
    with running(settings) as address, client(address) as http:
        told = http.post("/api/v1/scope", json={"question": QUESTION}).json()
        assert told["named"] == []
        assert [(title["title"], title["start"], title["end"]) for title in told["doubtful"]] == [
            ("Emma", 8, 12)
        ]
        named = http.post("/api/v1/scope", json={"question": "How is soup made in Emma?"}).json()
        assert [title["title"] for title in named["named"]] == ["Emma"]
        assert named["doubtful"] == []
        run = http.post("/api/v1/runs", json={"question": QUESTION}).json()
        with http.stream("GET", f"/api/v1/runs/{run['run_id']}/events") as events:
            list(events.iter_lines())
        scope = http.get(f"/api/v1/runs/{run['run_id']}").json()["scope"]
        assert [title["found"] for title in scope] == ["doubtful", "discovered", "discovered"]
        path = f"/conversations/{run['conversation_id']}"
        page = lxml.html.fromstring(http.get(path, headers={"Accept": "text/html"}).text)
        [accept] = page.xpath("//button[@data-act='ask-in' and cite='Emma']")
        assert " ".join(accept.text_content().split()) == "in Emma?"
        [drop] = page.xpath("//button[@data-act='ask-without']")
        assert drop.get("data-product") == accept.get("data-product") == scope[0]["product_id"]
