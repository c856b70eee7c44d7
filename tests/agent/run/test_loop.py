"""Runs that do not go straight to their end: cut off and resumed, broken off, failed, out of time."""

import asyncio
from importlib.resources import files
from pathlib import Path

import pytest
from support.libraries import add, book
from support.soak import sampled
from support.stores import journal_of, runs_of

from wellread.agent.planning.rules import Planned, RulePlanner
from wellread.agent.run.loop import Loop
from wellread.agent.run.recorder import Recorder, recorded
from wellread.agent.state.actions import ActionName
from wellread.agent.state.budget import Meter
from wellread.agent.state.intent import flags_of, plays_author
from wellread.agent.state.knowledge import Knowledge, fold_events
from wellread.agent.state.numbering import KnowledgeNumbering
from wellread.blocking import BlockingWellread
from wellread.cli.demo import QUESTION
from wellread.engine import Wellread
from wellread.errors import NotFoundError, StorageError
from wellread.events import (
    TERMINAL,
    AnswerCompleted,
    AnswerDelta,
    AnswerStarted,
    Budget,
    Flags,
    FoundPassage,
    Roles,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunStarted,
    ScopeEntry,
    SearchCell,
    SearchElsewhere,
    Snippet,
    StepAction,
    StepCompleted,
    StepStarted,
    Usage,
)
from wellread.import_events import WaitingFor
from wellread.settings import Settings
from wellread.wire.runs import AskOptions, RunLimits


def cut(library, events, length):
    """A stored run that was cut off after `length` events."""
    start, *further = events[:length]
    return runs_of(library.library).begin(start, *further).run_id


def one(events, kind):
    [event] = [event for event in events if isinstance(event, kind)]
    return event


def check_resumed(library, events, length):
    run_id = cut(library, events, length)
    rest = list(library.resume(run_id))
    stored = runs_of(library.library).events(run_id)
    assert [event.seq for event in stored] == list(range(1, len(stored) + 1))
    assert stored[length:] == rest
    assert isinstance(stored[-1], TERMINAL)
    answers = [event for event in stored if isinstance(event, AnswerCompleted)]
    assert [answer.markdown for answer in answers] == [one(events, AnswerCompleted).markdown], length
    last = max(n for n, event in enumerate(stored) if isinstance(event, AnswerStarted))
    streamed = "".join(event.text for event in stored[last:] if isinstance(event, AnswerDelta))
    assert streamed == answers[0].markdown
    finished = [event.step for event in stored if isinstance(event, StepCompleted)]
    assert finished == list(range(1, len(finished) + 1))
    assert fold_events(stored).snippets == fold_events(events).snippets
    return rest


@pytest.mark.soak
def test_a_run_cut_off_anywhere_comes_to_the_same_answer(library):
    list(library.add([Path(str(files("wellread") / "demo"))]))
    events = list(library.ask(QUESTION))
    for length in sampled(range(1, len(events)), 8):
        assert check_resumed(library, events, length)
    assert list(library.resume(events[0].run_id)) == []


def test_a_deep_run_goes_on_from_its_last_finished_step(demo):
    events = list(demo.ask("How do I handle incidents, and how do I hire?", AskOptions(mode="deep")))
    acted = [event.seq for event in events if isinstance(event, StepAction)]
    done = [event.seq for event in events if isinstance(event, StepCompleted)]
    assert len(done) >= 4
    for number, (action, end) in enumerate(zip(acted, done, strict=True), 1):
        assert check_resumed(demo, events, action)[0].step == number
        following = check_resumed(demo, events, end)[0]
        assert isinstance(following, AnswerStarted) if number == len(done) else following.step == number + 1


def test_a_question_back_is_asked_again(library, tmp_path):
    add(
        library,
        book(tmp_path / "a", "emma.md", "Emma", "One\n\nEmma Woodhouse, handsome, clever, and rich."),
    )
    other = book(tmp_path / "b", "emma.md", "Emma", "Two\n\nEmma is a framework for tests.")
    other.write_text(other.read_text().replace("The Wellread Project", "Somebody Else"))
    add(library, other)
    events = list(library.ask('What is "Emma" about?'))
    assert "Which of these" in one(events, AnswerCompleted).markdown
    for length in range(1, len(events)):
        check_resumed(library, events, length)


def test_an_unknown_run_cannot_be_resumed(library):
    with pytest.raises(NotFoundError, match="'nowhere'"):
        list(library.resume("nowhere"))


@pytest.mark.parametrize("kind", [RunStarted, StepAction, SearchCell, AnswerDelta, AnswerCompleted])
def test_a_run_that_is_broken_off_is_cancelled(demo, kind):
    run_id = ""
    for event in demo.ask("What does Light Touch say about estimates?"):
        if isinstance(event, RunStarted):
            run_id = event.run_id
        if isinstance(event, kind):
            break
    stored = runs_of(demo.library).events(run_id)
    assert isinstance(stored[-2], kind)
    assert isinstance(stored[-1], RunCancelled)
    assert stored[-1].seq == len(stored)
    assert list(demo.resume(run_id)) == []


def test_a_run_whose_task_is_cancelled_is_cancelled(demo):
    seen = []

    async def cancelled():
        begun = asyncio.Event()

        async def reading():
            async for event in demo.library.ask(QUESTION):
                seen.append(event)
                begun.set()

        task = asyncio.create_task(reading())
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    demo.run(cancelled())
    stored = runs_of(demo.library).events(seen[0].run_id)
    assert isinstance(stored[-1], RunCancelled)
    assert [event.seq for event in stored] == list(range(1, len(stored) + 1))


def test_a_stream_still_open_ends_with_the_library(home, tmp_path):
    settings = Settings(home=home, embedder="none")
    with BlockingWellread(settings=settings) as library:
        add(library, book(tmp_path, "t.md", "Tea", "Tea\n\nGreen tea is steeped for two minutes."))
        stream = library.ask("How long is green tea steeped?")
        run_id = next(stream).run_id
    with BlockingWellread(settings=settings) as library:
        assert isinstance(runs_of(library.library).events(run_id)[-1], RunCancelled)
    assert list(stream) == []


def test_adding_that_is_broken_off_lets_another_add_at_once(home, tmp_path):
    books = [
        book(tmp_path, f"{name}.md", f"On {name}", f"{name}\n\nThis is about {name}.")
        for name in ("tea", "ink")
    ]
    settings = Settings(home=home, embedder="none")
    with BlockingWellread(settings=settings) as first, BlockingWellread(settings=settings) as second:
        for _ in first.add(books):
            break
        assert not [event for event in second.add(books) if isinstance(event, WaitingFor)]
        assert len(second.products()) == 2


class Broken:
    """A planner with a defect."""

    name = "broken"

    async def choose(self, knowledge: Knowledge, allowed: frozenset[ActionName], meter: Meter) -> Planned:
        raise LookupError("no such step")


class Away(RulePlanner):
    """A planner to whom the store is away."""

    async def choose(self, knowledge: Knowledge, allowed: frozenset[ActionName], meter: Meter) -> Planned:
        raise StorageError("The catalog could not be used: the server has gone away.")


def test_a_store_that_is_away_leaves_the_run_to_be_gone_on_with(demo):
    [start, *_] = demo.ask("What is delegation?")
    begun = runs_of(demo.library).begin(start)

    async def interrupted():
        good = await demo.library._loop(Roles())
        loop = Loop(good.catalog, good.inside, [Away()], good.writers, good.discovered)
        record = Recorder(journal_of(demo.library), begun.run_id, begun.events)
        async for _ in recorded(record, begun.events, loop):
            pass

    with pytest.raises(StorageError):
        demo.run(interrupted())
    assert not isinstance(runs_of(demo.library).events(begun.run_id)[-1], TERMINAL)
    assert isinstance(list(demo.resume(begun.run_id))[-1], RunCompleted)


def test_a_stream_that_is_closed_after_the_library_ends(home, tmp_path):
    async def late():
        async with Wellread(settings=Settings(home=home, embedder="none")) as library:
            async for _ in library.add(
                [book(tmp_path, "t.md", "Tea", "Tea\n\nGreen tea takes two minutes.")]
            ):
                pass
            stream = library.ask("How long does green tea take?")
            await anext(stream)
        await asyncio.wait_for(stream.aclose(), 10)

    asyncio.run(late())


def test_what_the_answer_took_is_known_when_only_the_end_is_missing(demo):
    events = list(demo.ask("What is delegation?"))
    answer = one(events, AnswerCompleted).model_copy(update={"usage": Usage(model_calls=3, cost=0.5)})
    cut_off = [*events[: events.index(one(events, AnswerCompleted))], answer]
    assert fold_events(cut_off).usage.cost == 0.5
    *_, end = demo.resume(cut(demo, cut_off, len(cut_off)))
    assert end.usage.model_calls == 3


def test_an_unexpected_error_is_in_the_record_and_is_raised(demo):
    [start, *_] = demo.ask("What is delegation?")
    runs = runs_of(demo.library)
    begun = runs.begin(start)
    seen = [*begun.events]

    async def failing():
        good = await demo.library._loop(Roles())
        loop = Loop(good.catalog, good.inside, [Broken()], good.writers, good.discovered)
        record = Recorder(journal_of(demo.library), begun.run_id, begun.events)
        async for stored in recorded(record, begun.events, loop):
            seen.append(stored.event)

    with pytest.raises(LookupError):
        demo.run(failing())
    stored = runs.events(begun.run_id)
    assert stored == seen
    failed = stored[-1]
    assert isinstance(failed, RunFailed)
    assert (failed.status, failed.retryable) == (500, False)
    assert "LookupError" in failed.message
    assert "report" in failed.hint


def test_when_the_time_is_up_the_answer_is_written_with_what_there_is(demo):
    events = list(demo.ask(QUESTION, AskOptions(mode="deep", limits=RunLimits(seconds=0.0001))))
    assert events[0].budget.seconds == 0.0001
    done = [event for event in events if isinstance(event, StepCompleted)]
    assert len(done) == 2
    assert done[0].summary == "The time was up. Found 0 snippets until then."
    assert [event.action for event in events if isinstance(event, StepAction)][-1] == "create_answer_draft"
    assert "The time was up" in one(events, AnswerCompleted).markdown
    enough = list(demo.ask(QUESTION, AskOptions(limits=RunLimits(seconds=600))))
    assert len([event for event in enough if isinstance(event, SearchCell)]) == 6


# What the planner and the loop make of what was found


def snippet(number, product, score=0.5):
    return Snippet(
        number=number,
        product_id=product,
        title=product,
        section="s",
        anchor=f"{product}/00000000-1/{number * 100}-{number * 100 + 90}",
        place="",
        text="t" * 90,
        score=score,
    )


def state(*cells, products=(), mode="quick"):
    """The fold of a finished search; a cell is (question, product, numbers, best)."""
    start = RunStarted(
        run_id="r",
        conversation_id="c",
        question="q",
        asked="q",
        mode=mode,
        model="extractive",
        scope=tuple(ScopeEntry(product_id=p, title=p, found="named") for p in products),
        budget=Budget(steps=2 if mode == "quick" else 9),
    )
    found = [
        SearchCell(
            step=1,
            question=question,
            product_id=product,
            title=product,
            found=tuple(snippet(number, product, best) for number in numbers),
            best=round(best, 2),
            knowledge=numbers,
        )
        for question, product, numbers, best in cells
    ]
    action = StepAction(step=1, action="search_inside_books", label="", parameters={})
    done = StepCompleted(step=1, summary="", usage=Usage(), seconds=0)
    return fold_events([start, StepStarted(step=1, title=""), action, *found, done])


@pytest.mark.parametrize("titles", [5, 12])
def test_every_title_that_answered_has_its_share(titles):
    products = [f"p{n}" for n in range(titles)]
    questions = ["a?", "b?", "c?", "d?"]
    cells = [
        (question, product, (len(questions) * p + q,), 0.95 - 0.05 * p)
        for p, product in enumerate(products)
        for q, question in enumerate(questions)
    ]
    knowledge = state(*cells, products=products)
    choice = RulePlanner().choice(knowledge, frozenset({"create_answer_draft"}))
    chosen = choice.action.relevant_knowledge_indices
    assert len(chosen) == max(12, titles)
    assert {number // 4 for number in chosen} == set(range(titles))
    assert {number % 4 for number in chosen} == set(range(4))


def test_a_match_just_below_the_floor_is_no_answer():
    knowledge = state(("q", "a", (), 0.346), products=["a"], mode="deep")
    choice = RulePlanner().choice(knowledge, frozenset({"create_answer_draft", "review_evidence"}))
    assert choice.action.missing


def finding(start, end):
    anchor = f"a/00000000-1/{start}-{end}"
    return FoundPassage(anchor=anchor, section="s", place="", text="t" * (end - start), score=0.5)


def test_a_longer_finding_around_a_known_one_is_new():
    numbering = KnowledgeNumbering(state(("q", "a", (1,), 0.5), ("p", "a", (0,), 0.5), products=["a"]))
    inside, around = finding(110, 190), finding(100, 500)
    found = numbering.snippets([around, inside, finding(120, 185)], "a", "a")
    assert [(s.number, s.text) for s in found] == [(2, around.text), (1, "t" * 90)]


def test_what_an_earlier_step_answered_is_not_looked_for_elsewhere(library, tmp_path):
    books = {
        "Green Tea": "Green tea is steeped at eighty degrees for two minutes.",
        "More Tea": "Green tea is steeped twice in some houses, for two minutes each.",
        "Ink": "Printing ink is thinned with linseed oil before the run.",
    }
    for number, (title, text) in enumerate(books.items()):
        add(library, book(tmp_path, f"{number}.md", title, f"One\n\n{text}"))
    ids = {product.title: product.product_id for product in library.products()}
    events = list(
        library.ask(
            "How is green tea steeped?", AskOptions(product_ids=[ids["Green Tea"], ids["Ink"]], mode="deep")
        )
    )
    [tea, ink] = [event for event in events if isinstance(event, SearchCell)][:2]
    assert (tea.title, bool(tea.found), ink.title, bool(ink.found)) == ("Green Tea", True, "Ink", False)
    done = next(event.seq for event in events if isinstance(event, StepCompleted))
    one_asked = [event for event in events[:done] if event is not ink]
    rest = list(library.resume(cut(library, one_asked, len(one_asked))))
    assert [event.title for event in rest if isinstance(event, SearchCell)] == ["Ink"]
    assert not [event for event in rest if isinstance(event, SearchElsewhere)]


# What kind of request it is


@pytest.mark.parametrize(
    "question",
    [
        "How does leader election work in Raft?",
        "How do nodes vote for a candidate in a leader election?",
        "How do I deal with office politics?",
        "What does transaction abortion cost in a database?",
        "How do politicians give speeches?",
        "Is a religious use of tests good?",
    ],
)
def test_ordinary_questions_are_not_sensitive(question):
    assert not flags_of(question).is_controversial_sensitive_topic


@pytest.mark.parametrize(
    "question",
    [
        "Should abortion be legal?",
        "What do they say about gun control?",
        "Is the death penalty just?",
        "Was it a genocide?",
        "Should euthanasia be allowed?",
        "Who won the presidential election?",
        "Was the election rigged?",
        "Who should I vote for?",
    ],
)
def test_public_controversies_are_sensitive(question):
    assert flags_of(question).is_controversial_sensitive_topic


@pytest.mark.parametrize(
    ("found", "sensitive", "plays"),
    [
        ("named", False, True),
        ("picked", False, True),
        ("whole library", False, False),
        ("discovered", False, False),
        ("named", True, False),
    ],
)
def test_an_author_is_played_only_for_titles_that_were_meant(found, sensitive, plays):
    flags = Flags(is_role_play_request=True, is_controversial_sensitive_topic=sensitive)
    assert plays_author(flags, [ScopeEntry(product_id="a", title="A", found=found)]) is plays


def test_only_quotations_are_in_the_authors_voice(demo):
    question = "Pretend you are the author of Steady Hands: how do I hand over delegated work?"
    events = list(demo.ask(question))
    assert one(events, AnswerStarted).voice == "author"
    voices = {(s.verdict, s.voice) for s in one(events, AnswerCompleted).statements}
    assert ("quoted", "said") in voices
    assert {verdict for verdict, voice in voices if voice == "said"} == {"quoted"}
    declined = list(demo.ask("Pretend you are my mentor: how do I hand over delegated work?"))
    assert one(declined, AnswerStarted).voice == "wellread"
    assert "I speak only as the author of a title that you name" in one(declined, AnswerCompleted).markdown
