"""A run on the page: what is drawn while it goes on comes to the same as what a reload draws."""

import random

import lxml.html
import pytest
from support import mentor as t
from support.pages import PAGE
from support.running_server import client, running

from wellread.agent.state.effective_events import effective_events
from wellread.blocking import BlockingWellread
from wellread.events import (
    AnswerChecked,
    AnswerCompleted,
    AnswerDelta,
    AnswerDrafted,
    AnswerOutlined,
    AnswerRevised,
    AnswerStarted,
    Flags,
    OutlineSection,
    ProductsFound,
    RevisedStatement,
    RunCancelled,
    RunStarted,
    ScopeEntry,
    SearchCell,
    StepAction,
    StepStarted,
    StepThinking,
    Usage,
)
from wellread.settings import Settings
from wellread.web.pages.conversation.run_view import RunRendering


@pytest.fixture(scope="module")
def events(mentor_home, tmp_path_factory):
    """The run of DESIGN §1, by a scripted model."""
    script = tmp_path_factory.mktemp("script") / "mentor.toml"
    script.write_text(t.SCRIPT, encoding="utf-8")
    with BlockingWellread(
        settings=Settings(home=mentor_home, embedder="none", model=f"scripted/{script}")
    ) as library:
        return list(library.ask(t.QUESTION))


class Browser:
    """What the page's script does with the parts that it is sent."""

    def __init__(self, html):
        self.root = lxml.html.fragment_fromstring(html, create_parent=True)

    def draw(self, part):
        made = lxml.html.fragment_fromstring(part.html)
        assert made.get("id") == part.id
        old = self.find(part.id)
        if old is not None:
            made.tail = old.tail
            old.getparent().replace(old, made)
        else:
            self.find(part.within).append(made)

    def find(self, name):
        found = self.root.xpath("//*[@id=$name]", name=name)
        assert len(found) < 2
        return found[0] if found else None

    def text(self):
        """What is there, element by element, without what only a browser keeps (open details) and white space."""
        told = []
        for element in self.root.iter():
            attributes = {
                k: v for k, v in element.attrib.items() if k not in ("open", "data-state", "data-live")
            }
            told.append((element.tag, attributes, " ".join((element.text or "").split())))
        return told


def drawn(events, seed):
    """The page of a run that is drawn in pieces."""
    pieces = random.Random(seed)
    picture = RunRendering(PAGE, events[0].run_id)
    at = pieces.randint(1, 4)
    for event in events[:at]:
        picture.tell(event)
    browser = Browser(picture.html())
    while at < len(events):
        size = pieces.randint(1, 5)
        for event in events[at : at + size]:
            picture.tell(event)
        at += size
        for part in picture.changed():
            browser.draw(part)
    return browser


def reloaded(events, usage=None):
    """`usage`: what was spent; what a step took that was cut off is spent all the same."""
    picture = RunRendering(PAGE, events[0].run_id)
    for event in events:
        picture.tell(event)
    picture.usage = usage or picture.usage
    return Browser(picture.html())


@pytest.mark.parametrize("seed", range(12))
def test_drawn_in_pieces_a_run_looks_as_after_a_reload(events, seed):
    assert drawn(events, seed).text() == reloaded(events).text()


def cut_off(events):
    """The run with a step that finds a title and one that searches, each cut off and begun anew, and an answer begun
    twice."""
    answered = next(i for i, event in enumerate(events) if isinstance(event, AnswerStarted))
    step = next(event for event in events if isinstance(event, StepStarted))
    began = events.index(step)
    lost = ScopeEntry(product_id="lost", title="A lost title", found="discovered")
    told = [
        *events[: began + 1],
        StepThinking(step=1, text="Something that is lost."),
        StepAction(step=1, action="find_products", label="Catalog Search Agent", parameters={"query": "tea"}),
        ProductsFound(step=1, query="tea", products=(lost,)),
        *events[began : began + 4],
        *events[began:answered],
        AnswerStarted(flags=Flags(), knowledge=(), voice="wellread", usage=Usage()),
        AnswerDelta(text="One.\n\nTwo.\n\nThree.\n\n" * 30),
        *events[answered:],
    ]
    return [event.model_copy(update={"seq": number}) for number, event in enumerate(told, 1)]


@pytest.mark.parametrize("interrupted", [False, True])
def test_after_every_event_the_page_is_what_a_reload_shows_of_the_events_that_count(events, interrupted):
    events = cut_off(events) if interrupted else events
    picture = RunRendering(PAGE, events[0].run_id)
    picture.tell(events[0])
    browser = Browser(picture.html())
    for number, event in enumerate(events[1:], 2):
        picture.tell(event)
        for part in picture.changed():
            browser.draw(part)
        if number % 10 == 0 or not isinstance(event, AnswerDelta):
            told = effective_events(events[:number])
            assert browser.text() == reloaded(told, picture.usage).text(), (number, event.type)


def test_a_step_and_an_answer_that_were_cut_off_begin_anew(events):
    assert drawn(cut_off(events), 3).text() == reloaded(events).text()


def test_the_matrix_has_every_cell_and_says_what_was_not_found(events):
    page = reloaded(events)
    cells = page.root.find_class("cell")
    assert [cell.get("class") for cell in cells].count("cell found") == 3
    [empty] = [cell for cell in cells if cell.get("class") == "cell empty"]
    assert "nothing" in empty.text_content()
    assert "Step 1" in page.root.text_content()
    assert "Book Content Snippet Search Agent" in page.root.text_content()
    assert '"askBookQuestions"' in page.root.text_content()
    assert "2 steps · 4 searches · 2 titles" in " ".join(page.root.text_content().split())


def searched(events, parameters, *cells, end=True):
    """The run with a step that asks with these parameters and searches these cells."""
    start = events[0]
    step = [
        StepStarted(step=1, title="Step 1"),
        StepAction(step=1, action="search_inside_books", label="Search", parameters=parameters),
        *(
            SearchCell(
                step=1, question=question, product_id=product, title=product, found=(), best=0.1, knowledge=()
            )
            for question, product in cells
        ),
    ]
    ended = [RunCancelled(usage=Usage(), seconds=1)] if end else []
    return [start, *step, *ended]


@pytest.mark.parametrize(
    ("said", "asked", "rows"),
    [
        (["What does A say on tea?", "Why?"], ["What on tea?", "Why?"], ["What on tea?", "Why?"]),
        (["Tea? And coffee?"], ["Tea?", "And coffee?"], ["Tea?", "And coffee?"]),
        (["Tea?", "Coffee?"], ["Tea?"], ["Tea?", "Coffee?"]),
    ],
)
def test_the_matrix_shows_what_was_asked(events, said, asked, rows):
    told = searched(
        events, {"askBookQuestions": said, "productIds": ["a"]}, *((question, "a") for question in asked)
    )
    page = reloaded(told)
    assert [head.text_content() for head in page.root.iter("th") if head.get("scope") == "row"] == rows
    assert not page.root.find_class("pending")
    assert len(page.root.find_class("empty")) == len(asked)
    for seed in range(4):
        assert drawn(told, seed).text() == page.text()


def test_what_is_still_searched_says_so(events):
    told = searched(
        events, {"askBookQuestions": ["Tea?"], "productIds": ["a", "b"]}, ("Tea?", "a"), end=False
    )
    assert len(reloaded(told).root.find_class("pending")) == 1


def test_an_outline_stands_there_until_the_answer_is_whole(events):
    answered = next(i for i, event in enumerate(events) if isinstance(event, AnswerStarted))
    outlined = AnswerOutlined(sections=(OutlineSection(heading="First of all", knowledge=(0,)),))
    told = [*events[: answered + 1], outlined, *events[answered + 1 :]]
    assert "First of all" in reloaded(told[: answered + 3]).root.text_content()
    assert "First of all" not in reloaded(told).root.text_content()
    for seed in range(4):
        assert drawn(told, seed).text() == reloaded(told).text()


def test_the_voice_is_said_to_be_simulated(events):
    assert "A simulated voice" in reloaded(events).root.find_class("voice")[0].text_content()


JUDGED = "anthropic/claude-sonnet-4-5"


def judged(events, verdict="contradicted"):
    """The run with a judge that is a model, and its answer judged: the first statement has that verdict, and the draft
    lost two."""
    answered = next(event for event in events if isinstance(event, AnswerCompleted))
    first, *others = answered.statements
    checked = AnswerChecked(
        statements=(first.model_copy(update={"verdict": verdict, "judge": JUDGED}), *others),
        citations=answered.citations,
        judge=JUDGED,
    )
    lost = (
        RevisedStatement(text="Five <b>ship</b>.", verdict="contradicted", became="Three ship."),
        RevisedStatement(text="Nobody leaves.", verdict="unsupported", became=""),
    )
    told = []
    for event in events:
        match event:
            case RunStarted():
                told.append(
                    event.model_copy(update={"roles": event.roles.model_copy(update={"judge": JUDGED})})
                )
            case AnswerStarted():
                told += [event, AnswerDrafted(words=90, statements=7), AnswerRevised(statements=lost)]
            case AnswerChecked():
                told.append(checked)
            case _:
                told.append(event)
    return [event.model_copy(update={"seq": number}) for number, event in enumerate(told, 1)]


def until(events, kind):
    return events[: next(at for at, event in enumerate(events) if isinstance(event, kind)) + 1]


def text_of(page):
    return " ".join(page.root.text_content().split())


def test_while_a_judge_is_at_work_it_is_said_and_nothing_is_marked(events):
    told = judged(events)
    drafted = text_of(reloaded(until(told, AnswerDrafted)))
    assert "Checking 7 statements of the draft …" in drafted
    whole = reloaded(until(told, AnswerCompleted))
    assert "Checking the statements …" in text_of(whole)
    assert "of the draft" not in text_of(whole)
    assert whole.find(f"run-{events[0].run_id}").get("data-state") == "checking"
    assert not whole.root.find_class("verdict")
    checked = reloaded(until(told, AnswerChecked))
    assert "Checking the statements …" not in text_of(checked)
    assert len(checked.root.find_class("verdict")) == len(told[-2].statements)
    assert [
        mark.text_content().strip()[:12]
        for mark in checked.root.find_class("doubtful")
        if mark.tag == "button"
    ]


def test_a_judge_that_will_not_speak_any_more_is_not_waited_for(events):
    told = until(judged(events), AnswerCompleted)
    end = RunCancelled(seq=len(told) + 1, usage=Usage(), seconds=1)
    page = reloaded([*told, end])
    assert "Checking" not in text_of(page)
    assert page.root.find_class("verdict")
    drafted = until(judged(events), AnswerDrafted)
    assert "Checking" not in text_of(reloaded([*drafted, end.model_copy(update={"seq": len(drafted) + 1})]))


def test_below_the_answer_stand_who_judged_and_what_became_of_the_draft(events):
    text = text_of(reloaded(judged(events)))
    assert f"(judged by {JUDGED})" in text
    assert "Five <b>ship</b>. (contradicted) → Three ship." in text
    assert "Nobody leaves. (not supported) — dropped" in text
    assert "(words compared; no model asked)" in text_of(reloaded(events))


def test_an_answer_mostly_without_support_says_so_above_its_sources(events):
    notice = "Most of this answer is not borne by the passages it cites."
    told = judged(events)
    checked = next(event for event in told if isinstance(event, AnswerChecked))
    unsupported = checked.model_copy(
        update={
            "statements": tuple(
                one.model_copy(update={"verdict": "unsupported"}) for one in checked.statements
            )
        }
    )
    text = text_of(reloaded([unsupported if event is checked else event for event in told]))
    assert notice in text
    assert text.index(notice) < text.index("Sources")
    assert notice not in text_of(reloaded(judged(events, "quoted")))


@pytest.mark.parametrize("seed", range(3))
def test_drawn_in_pieces_a_judged_run_looks_as_after_a_reload(events, seed):
    assert drawn(judged(events), seed).text() == reloaded(judged(events)).text()


def test_each_mark_opens_a_place(events, mentor_home):
    marks = [mark for mark in reloaded(events).root.find_class("cite") if mark.tag == "a"]
    assert len(marks) >= 8
    with (
        running(Settings(home=mentor_home, embedder="none", model="extractive")) as address,
        client(address) as http,
    ):
        for mark in marks:
            assert http.get(mark.get("href")).status_code == 200


def test_a_run_is_followed_from_any_event_on(mentor_home):
    with (
        running(Settings(home=mentor_home, embedder="none", model="extractive")) as address,
        client(address) as http,
    ):
        run = http.post("/api/v1/runs", json={"question": t.BALANCE}).json()
        live = f"/runs/{run['run_id']}/live"
        whole = http.get(live).text
        assert whole.startswith("retry: 1000\n\n")
        last = int(whole.rpartition("\nid: ")[2].partition("\n")[0])
        assert '"ended": true' in whole.rpartition("\ndata: ")[2]
        part = http.get(live, headers={"Last-Event-ID": str(last - 1)}).text
        assert 0 < len(part) < len(whole)
        assert http.get(live, headers={"Last-Event-ID": str(last)}).status_code == 204
        assert http.get("/runs/0000/live").status_code == 404
