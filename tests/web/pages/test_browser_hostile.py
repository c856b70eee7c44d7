"""Texts that would act, in every place that a page shows: they are words there and nothing else, and no request leaves
the origin (which `visit` looks after)."""

import json
import re
from dataclasses import dataclass, field
from urllib.parse import quote

import pytest
from support import epub_builder
from support.browser import Visits, assert_fits, expect
from support.hostile_texts import ELEMENTS, SCRIPT, TEXTS, TRACES
from support.libraries import add
from support.running_server import client, running
from support.soak import sampled
from support.stores import runs_of

from wellread import events as e
from wellread.blocking import BlockingWellread
from wellread.import_events import ProductAdded
from wellread.settings import Settings

CONTEXTS = (
    "Some words {} [0].",
    "- {} [0]\n- and more [0]",
    "## {}",
    "> {} [0]",
    "| {} | b |\n|---|---|\n| {} | d [0] |",
    "**{}** [0]",
    "1. {} [0]",
)
# What a model says: one that repeats a sentence is stopped.
SAID = [text.replace("alert(1)", f"alert({at})") for at, text in enumerate(TEXTS) if len(text) < 400]
ANSWERS = 4  # each has half of them
QUESTION = (
    "How is green tea steeped, and what is different about the other teas? I ask as number {} of those who drink it, "
    "and struggle to understand how long each of them should take."
)
USAGE = e.Usage()
PAGE = f"""
<h1>Chapter &lt;script id="planted"&gt;{SCRIPT}&lt;/script&gt;</h1>
<p>Green tea <script id="planted">{SCRIPT}</script> is steeped
<img id="planted" src="http://foreign.test/a.png" alt="&lt;b&gt;" onerror="{SCRIPT}"/> at eighty degrees
<a id="planted" href="javascript:{SCRIPT}">here</a>, <a href="data:text/html,{SCRIPT}">there</a>
and <a href="http://foreign.test/" onclick="{SCRIPT}" ping="http://foreign.test/">elsewhere</a>.</p>
<p style="background: url(http://foreign.test/b.png)" onclick="{SCRIPT}" class="planted">A styled one.</p>
<svg id="planted" xmlns="http://www.w3.org/2000/svg" onload="{SCRIPT}"><script>{SCRIPT}</script>
<image href="http://foreign.test/c.png"/><text>drawn</text></svg>
<math xmlns="http://www.w3.org/1998/Math/MathML"><mi href="javascript:{SCRIPT}">x</mi>
<annotation-xml encoding="text/html"><img src="x" onerror="{SCRIPT}"/></annotation-xml></math>
<figure><img src="drawn.svg" alt="&lt;img src=x onerror={SCRIPT}&gt;"/>
<figcaption>&lt;i&gt;A figure</figcaption></figure>
<iframe id="planted" src="http://foreign.test/"></iframe><object id="planted" data="http://foreign.test/"></object>
<form id="planted" action="http://foreign.test/"><input name="planted" onfocus="{SCRIPT}" autofocus="autofocus"/></form>
<table><tr><td onclick="{SCRIPT}">&lt;td&gt;</td><td>{{{{ 7 * 191 }}}}</td></tr></table>
<pre><code class="language-html&quot; onload=&quot;x">&lt;script&gt;{SCRIPT}&lt;/script&gt;</code></pre>
"""
DRAWN = f"""<svg xmlns="http://www.w3.org/2000/svg" width="200" height="200" onload="{SCRIPT}"><script>{SCRIPT}</script>
<image href="http://foreign.test/d.png"/><rect width="200" height="200"/></svg>"""


@dataclass
class Hostile:
    """A server over a library of nothing but such texts."""

    address: str = ""
    ids: dict[str, str] = field(default_factory=dict)  # "epub", "talk", "plain"
    conversation: str = ""  # of runs that were stored as they are, with all texts in all of their events
    share: str = ""


def toml(text):
    """A string of TOML, on one line."""
    return json.dumps(re.sub(r"[\n\x7f\ufffe\uffff]", " ", text), ensure_ascii=False)


def markdown_books(folder):
    """A book for each text, which is in its title, its file's name, its headings and its words; others beside it."""
    folder.mkdir()
    for number, text in enumerate(TEXTS):
        after, last = TEXTS[(number + 1) % len(TEXTS)], TEXTS[(number + 2) % len(TEXTS)]
        front = (
            f"+++\ntitle = {toml(text)}\nsubtitle = {toml(after)}\nauthors = [{toml(last)}]\n"
            f"keywords = [{toml(text[:100])}]\ndescription = {toml(last)}\npublisher = {toml(after)}\n+++\n\n"
        )
        name = re.sub(r"[/\\\x00-\x1f\n]", "∕", f"{number} {text}".encode()[:150].decode(errors="ignore"))
        body = f"# {text}\n\nGreen tea is steeped at eighty degrees. {text}\n\n{last}\n"
        (folder / f"{name}.md").write_text(front + body, encoding="utf-8")
    (folder / "<img src=x onerror=alert(1)>.epub").write_text("no EPUB")
    return folder


def epub(path):
    escaped = "&lt;script id=planted&gt;" + SCRIPT + "&lt;/script&gt;"
    metadata = epub_builder.METADATA.replace("A Book", f"The Tea Book {escaped}")
    return epub_builder.Epub(
        {"a.xhtml": epub_builder.page(PAGE), "b.xhtml": epub_builder.page(PAGE)},
        metadata=metadata + f"<dc:creator>{escaped}</dc:creator><dc:subject>{escaped}</dc:subject>",
        nav=epub_builder.nav(f"a.xhtml|One {escaped}", "b.xhtml|&lt;img src=x onerror=alert(1)&gt;"),
        manifest='<item id="d" href="drawn.svg" media-type="image/svg+xml"/>',
        files={"OPS/drawn.svg": DRAWN},
    ).write(path)


def talk(folder):
    cues = [
        f"00:{number // 60:02}:{number % 60:02}.000 --> 00:{number // 60:02}:{number % 60:02}.900\n"
        f"<v {re.sub('[<>&]', '', text)[:40]}>Green tea {' '.join(text.split())} & so on\n"
        for number, text in enumerate(TEXTS)
    ]
    path = folder / "talk.vtt"
    path.write_text("WEBVTT\n\n" + "\n".join(cues), encoding="utf-8")
    (folder / "talk.toml").write_text(f"title = {toml(TEXTS[0])}\nauthors = [{toml(TEXTS[1])}]\n")
    return path


def script(product_id):
    """A model that puts the texts into all that it says; the n-th question's answer has them in the n-th contexts."""
    parts = []
    for number in range(ANSWERS):
        pieces = [
            CONTEXTS[(at + number) % len(CONTEXTS)].replace("{}", text)
            for at, text in enumerate(SAID[number % 2 :: 2])
        ]
        answer = json.dumps("\n\n".join(pieces).replace("\x7f", " "), ensure_ascii=False)
        asked = toml(TEXTS[number + 7])
        parts.append(
            f"""
[[reply]]
role = "choice"
when = "(?=.*number {number})(?=.*Choose step 1 )"
thinking = {toml(TEXTS[number])}
action = "search_inside_books"
parameters = {{ askBookQuestions = ["How is green tea steeped?", {asked}], productIds = ["{product_id}"] }}
[[reply]]
role = "choice"
when = "number {number}"
thinking = {toml(" ".join(SAID[:20]))}
action = "create_answer_draft"
[reply.parameters]
is_role_play_request = false
is_controversial_sensitive_topic = false
is_greeting_or_simple_calculation = false
is_who_are_you = false
relevant_knowledge_indices = [0]
[[reply]]
role = "text"
when = "number {number}"
text = {answer}
"""
        )
    return "tokens_per_second = 2000\n" + "".join(parts)


def store_run(runs, texts, **more):
    """A run whose every event is made of `texts`, as no model and no search of ours would have it."""
    first, *_ = texts
    entry = e.ScopeEntry(product_id=first[:60], title=first, found="named", authors=tuple(texts[:3]))
    snippets = tuple(
        e.Snippet(
            number=n, product_id=t[:60], title=t, section=t, anchor=t[:90], place=t[:90], text=t, score=0.5
        )
        for n, t in enumerate(texts)
    )
    citations = tuple(
        e.Citation(
            number=s.number,
            product_id=s.product_id,
            title=s.title,
            section=s.section,
            place=s.place,
            anchor=s.anchor,
            quote=s.text,
            link=f"javascript:{SCRIPT}",
        )
        for s in snippets
    )
    markdown = "\n\n".join(CONTEXTS[at % len(CONTEXTS)].replace("{}", text) for at, text in enumerate(texts))
    statement = e.Statement(
        start=0, end=len(markdown), text=markdown, verdict="partly", voice="author", citations=(0,)
    )
    found = {"step": 1, "question": first, "product_id": entry.product_id, "title": first}
    begun = runs.begin(
        e.RunStarted(
            run_id="",
            question=first[:2000],
            asked=first,
            mode="deep",
            model=first[:90],
            scope=(entry,),
            budget=e.Budget(steps=4),
            **{"conversation_id": "", **more},
        )
    )
    told = [
        e.ModelFailed(
            step=1, role="writer", model=first, status=500, message=first, hint=first, instead=first
        ),
        e.StepStarted(step=1, title=first),
        e.StepThinking(step=1, text="\n".join(texts)),
        e.StepAction(
            step=1,
            action="search_inside_books",
            label=first,
            parameters={
                "askBookQuestions": [first],
                "productIds": [entry.product_id],
                **dict.fromkeys(texts, texts),
            },
            chosen_by=first,
            note=first,
        ),
        e.ProductsFound(step=1, query=first, products=(entry,)),
        e.SearchCell(**found, found=snippets, best=0.5, knowledge=tuple(range(len(texts)))),
        e.EvidenceScored(step=1, number=0, score=5, summary=first),
        e.StepCompleted(step=1, summary=first, usage=USAGE, seconds=1),
        e.AnswerStarted(flags=e.Flags(), knowledge=(0,), voice="author"),
        e.AnswerOutlined(sections=(e.OutlineSection(heading=first, knowledge=(0,)),)),
        e.AnswerDelta(text=markdown),
        e.AnswerCompleted(
            markdown=markdown, citations=citations, statements=(statement,), usage=USAGE, written_by=first
        ),
    ]
    end = e.RunCompleted(usage=USAGE, seconds=1)
    if len(texts) % 2:
        end = e.RunFailed(usage=USAGE, seconds=1, status=500, message=first, hint=first, retryable=True)
    runs.append(begun.run_id, [*told, end], 1)
    return begun.events[0].conversation_id


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    made = Hostile()
    with BlockingWellread(settings=Settings(home=folder / "home", embedder="none")) as library:
        [made.ids["epub"]] = [one.product_id for one in add(library, epub(folder / "tea.epub"))]
        [made.ids["talk"]] = [one.product_id for one in add(library, talk(folder))]
        added = add(library, markdown_books(folder / "books"))
        plain = [one.product_id for one in added if isinstance(one, ProductAdded)]
        assert len(plain) > len(TEXTS) - 3
        made.ids["plain"] = plain[-1]
        runs = runs_of(library.library)
        for at in range(0, len(TEXTS), 7):
            more = {"conversation_id": made.conversation} if made.conversation else {}
            made.conversation = store_run(runs, TEXTS[at : at + 7], **more)
        for text in TEXTS:
            store_run(runs, [text])
    (folder / "script.toml").write_text(script(made.ids["epub"]), encoding="utf-8")
    settings = Settings(
        home=folder / "home",
        embedder="none",
        model=f"scripted/{folder / 'script.toml'}",
        quick_output_tokens=100_000,
    )
    with running(settings) as made.address:
        with client(made.address) as http:
            made.share = http.post(f"/api/v1/conversations/{made.conversation}/share").json()["token"]
        yield made


def check(page, *words):
    """The words are shown, as words, and fit."""
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(TRACES) == [], page.url
        assert_fits(page)
    text = page.locator("body").inner_text()
    for word in words:
        assert word in text, page.url
    assert "1337" not in text


@pytest.mark.soak
@pytest.mark.parametrize("first", sampled(range(0, ANSWERS, 2), 1))
def test_answers_that_are_written_before_the_readers_eyes(hostile, visit, first):
    page = visit(f"{hostile.address}/library")
    texts = []
    for number in (first, first + 1):
        with client(hostile.address) as http:
            asked = {"question": QUESTION.format(number), "product_ids": [hostile.ids["epub"]]}
            begun = http.post("/api/v1/runs", json=asked).json()
        page.goto(f"{hostile.address}/conversations/{begun['conversation_id']}")
        expect(page.locator(f"[data-run='{begun['run_id']}']")).to_have_attribute("data-state", "completed")
        check(page, "<script id=planted>")
        texts.append(page.locator(".answer-text").inner_text())
        page.reload()
        check(page, "<script id=planted>")
        with client(hostile.address) as http:
            assert http.get(f"/api/v1/runs/{begun['run_id']}").json()["answer"]["written_by"] != "extractive"
    for word in ("{{ 7 * 191 }}", "DROP TABLE", "right to left", "<iframe id=planted"):
        assert any(word in text for text in texts)


def test_runs_of_nothing_else(hostile, visit):
    page = visit(f"{hostile.address}/conversations/{hostile.conversation}", allowed=[r"404.*/cover\)"])
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    check(page, "{{ 7 * 191 }}", "<script id=planted>")
    page.goto(f"{hostile.address}/shared/{hostile.share}")
    check(page, "{{ 7 * 191 }}")


@pytest.mark.parametrize("path", ["/conversations", "/conversations?query=%3Cscript", "/library"])
def test_lists(hostile, visit, path):
    page = visit(hostile.address + path)
    check(page, "<")


@pytest.mark.parametrize("kind", ["epub", "talk", "plain"])
def test_titles_and_what_they_say(hostile, visit, kind):
    product = hostile.ids[kind]
    with client(hostile.address) as http:
        found = http.post(
            "/api/v1/search", json={"questions": ["green tea"], "product_ids": [product]}
        ).json()
    anchor = found["cells"][0]["found"][0]["anchor"]
    page = visit(f"{hostile.address}/library/{product}")
    check(page)
    for path in (f"/library/{product}/read", f"/read/{anchor}"):
        page.goto(hostile.address + path)
        check(page, "Green tea")


def test_what_comes_with_an_address(hostile, visit):
    text = f"\"'><script id=planted>{SCRIPT}</script>{{{{ 7 * 191 }}}}"
    asked = quote(text, safe="")
    page = visit(f"{hostile.address}/?question={asked}", allowed=["40[04]"])
    check(page)
    for path in (
        f"/library?query={asked}",
        f"/library?kind={asked}&topic={asked}&author={asked}&collection={asked}",
        f"/conversations?query={asked}",
        f"/library/{asked}",
        f"/read/{asked}",
        f"/shared/{asked}",
        f"/{asked}",
        f"/login?next={asked}",
        f"/login?next=javascript:{quote(SCRIPT)}",
        "/login?next=//foreign.test/",
        f"/library/{hostile.ids['epub']}/read?query={asked}",
    ):
        page.goto(hostile.address + path)
        check(page)


def test_what_is_looked_for_would_be_found(hostile, chromium):
    visits = Visits(chromium)
    page = visits(f"{hostile.address}/nowhere")
    noticed = 0
    for text in ELEMENTS:
        if "http-equiv=refresh" in text:
            continue  # it would lead away from here
        page.evaluate("(html) => { document.body.innerHTML = `<main>${html}</main>` }", text)
        found = page.evaluate(TRACES)
        assert found or not page.locator("main *").count(), text
        noticed += bool(found)
    assert noticed > 35
    with pytest.raises(AssertionError, match=r"another origin: http://foreign\.test"):
        visits.check()
