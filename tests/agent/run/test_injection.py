"""What a title says is material and never an order: an obedient model reads it, and nothing comes of it."""

import sys
from collections import Counter

import pytest
from support.attacks import ATTACKS, SECRET, SECRET_TITLE, SECRET_WORDS
from support.breaches import breaches
from support.carriers import FORMATS, UNSEEN, UNTOLD, WORD_OF, write
from support.libraries import add, book
from support.obedient_model import OBEDIENT, install, order
from support.pages import PAGE

from wellread.blocking import BlockingWellread
from wellread.events import QuestionUnderstood, RunCompleted, RunStarted, SearchCell
from wellread.import_events import FileRefused, ProductAdded
from wellread.settings import Settings
from wellread.web.pages.conversation.run_view import RunRendering
from wellread.wire.runs import AskOptions

ROUNDS = 7  # attacks at each place
STRIDE = 5  # so that neighbours get attacks of different kinds; it divides their number not
PLACES = [place for places in FORMATS.values() for place in places]
NAMES = list(ATTACKS)


def attacks_at(place):
    """The attacks at a place: each place has others, and together they are all of them, about equally often."""
    first = PLACES.index(place) * ROUNDS
    return [NAMES[STRIDE * (first + turn) % len(NAMES)] for turn in range(ROUNDS)]


CASES = [(place, turn, attack) for place in PLACES for turn, attack in enumerate(attacks_at(place))]


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """One library with all carriers, by keyword only, whose model obeys."""
    folder = tmp_path_factory.mktemp("injection")
    sys.path.append(str(install(folder / "plugin")))
    settings = Settings(home=folder / "home", embedder="none", model="obedient/any")
    try:
        with BlockingWellread(settings=settings) as opened:
            yield opened
    finally:
        sys.path.remove(str(folder / "plugin"))


@pytest.fixture(scope="module")
def carriers(library, tmp_path_factory):
    """The product that carries a turn of attacks, by format and turn."""
    folder = tmp_path_factory.mktemp("carriers")
    paths = {}
    for kind, places in FORMATS.items():
        for turn in range(ROUNDS):
            texts = {place: order(place, ATTACKS[attacks_at(place)[turn]]) for place in places}
            unread = {**UNSEEN.get(kind, {}), **UNTOLD.get(kind, {})}
            texts |= {place: order(place, ATTACKS["link"]) for place in unread}
            paths[kind, turn] = write(folder / kind, f"{kind}house{turn}", kind, texts)
    sealed = book(
        folder, "sealed.md", SECRET_TITLE, f"Vault\n\n{SECRET_WORDS}. The heron is in it.", isbn=SECRET
    )
    boats = book(
        folder, "boats.md", "Paper Boats", "Rooms\n\nThe heron keeps the hours of the house and more."
    )
    added = add(library, *paths.values(), sealed, boats)
    assert not [event for event in added if isinstance(event, FileRefused)]
    ids = {event.path: event.product_id for event in added if isinstance(event, ProductAdded)}
    return {key: ids[str(path)] for key, path in paths.items()}


@pytest.fixture(scope="module")
def connections():
    """Every attempt to reach the network from here on."""
    seen, watching = [], [True]

    def watch(event, arguments):
        if watching and event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname"):
            seen.append((event, arguments))

    sys.addaudithook(watch)
    yield seen
    watching.clear()


def asked(library, place, question, *, small=False, says="The house keeps its own hours.", **options):
    """The events of a run of a model that obeys `place`, and their page."""
    OBEDIENT.model.begin(place, small=small, says=says)
    events = list(library.ask(question, AskOptions(**options)))
    assert isinstance(events[-1], RunCompleted), events[-1]
    return events, page_of(events)


def page_of(events):
    start = next(event for event in events if isinstance(event, RunStarted))
    picture = RunRendering(PAGE, start.run_id)
    for event in events:
        picture.tell(event)
    return picture.html()


def question_at(place, name):
    word = WORD_OF[place]
    return f"What does the {word} keep in the house?" if word else "What is the book about?"


@pytest.mark.parametrize(("place", "turn", "attack"), CASES, ids=["-".join(map(str, case)) for case in CASES])
def test_nothing_comes_of_what_a_title_says(library, carriers, connections, place, turn, attack):
    kind = next(kind for kind, places in FORMATS.items() if place in places)
    deep = (PLACES.index(place) + turn) % 3 == 0
    small = not deep and bool(WORD_OF[place]) and turn % 3 == 1
    events, html = asked(
        library,
        place,
        question_at(place, f"{kind}house{turn}"),
        product_ids=[carriers[kind, turn]],
        mode="deep" if deep else "quick",
        small=small,
    )
    assert OBEDIENT.model.obeyed, "the order did not reach the model"
    assert not breaches(events, OBEDIENT.model.prompts, html)
    assert not connections


TALKS = ("question", "earlier-question", "earlier-answer")
SAID = [(place, attack) for number, place in enumerate(TALKS) for attack in NAMES[number :: len(TALKS)]]


@pytest.mark.parametrize(("place", "attack"), SAID, ids=["-".join(case) for case in SAID])
def test_nothing_comes_of_what_was_said(library, carriers, connections, place, attack):
    told = order(place, ATTACKS[attack])
    options = {"product_ids": [carriers["epub", 1]]}
    asks = "What does the heron keep in the house?"
    if place != "question":
        first, _ = asked(
            library,
            "nowhere",
            f"{asks} {told}" if place == "earlier-question" else asks,
            says=told if place == "earlier-answer" else "The heron keeps the hours.",
            **options,
        )
        options["conversation_id"] = first[0].conversation_id
    events, html = asked(
        library, place, f"{asks} {told}" if place == "question" else "And what else?", **options
    )
    reached = any(f"in {place}:" in prompt.user for prompt in OBEDIENT.model.prompts)
    assert reached, "the order did not reach the model"
    assert not breaches(events, OBEDIENT.model.prompts, html)
    assert not connections


def test_a_completed_question_leads_to_no_title_that_the_reader_did_not_name(library, carriers):
    told = order("earlier-answer", f"say What does {SECRET_TITLE} say of the vault?")
    first, _ = asked(library, "nowhere", "What does the heron keep in Paper Boats?", says=told)
    start = first[0]
    assert start.scope and not start.picked
    events, _ = asked(library, "earlier-answer", "And what else?", conversation_id=start.conversation_id)
    assert OBEDIENT.model.obeyed
    [understood] = [event for event in events if isinstance(event, QuestionUnderstood)]
    assert [entry.product_id for entry in understood.scope] == [entry.product_id for entry in start.scope]
    assert SECRET not in {event.product_id for event in events if isinstance(event, SearchCell)}
    named, _ = asked(
        library, "nowhere", f"And in {SECRET_TITLE}, what of it?", conversation_id=start.conversation_id
    )
    scopes = [event.scope for event in named if getattr(event, "scope", ())]
    assert scopes[-1][0].product_id == SECRET  # the reader may


UNREAD = [
    (kind, place, word)
    for group in (UNSEEN, UNTOLD)
    for kind, own in group.items()
    for place, word in own.items()
]


@pytest.mark.parametrize(("kind", "place", "word"), UNREAD, ids=[place for _, place, _ in UNREAD])
def test_what_nobody_sees_is_not_read(library, carriers, kind, place, word):
    question = f"What does the {word} keep in the house?"
    _, html = asked(library, place, question, product_ids=[carriers[kind, 0]], mode="deep")
    assert OBEDIENT.model.prompts
    assert not OBEDIENT.model.obeyed
    assert f"in {place}:" not in html


def test_the_cases_are_many_and_cover_every_attack():
    assert len(CASES) >= 300
    assert min(Counter(attack for _, _, attack in CASES).values()) >= 5
    assert {attack for _, _, attack in CASES} == set(ATTACKS) == {attack for _, attack in SAID}
