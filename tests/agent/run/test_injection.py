"""What a title says is material and never an order: an obedient model reads it, and nothing comes of it."""

import sys
from collections import Counter

import pytest
from support.attacks import ATTACKS, KNOWN, SECRET, SECRET_TITLE, SECRET_WORDS
from support.breaches import breaches
from support.carriers import FORMATS, UNSEEN, UNTOLD, WORD_OF, write
from support.libraries import add, book
from support.obedient_model import OBEDIENT, install, order
from support.pages import PAGE

from wellread.blocking import BlockingWellread
from wellread.events import RunCompleted, RunStarted
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
    sealed = book(folder, "sealed.md", SECRET_TITLE, f"Vault\n\n{SECRET_WORDS}. The heron is in it.", isbn=SECRET)
    added = add(library, *paths.values(), sealed)
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


def asked(library, place, question, **options):
    """The events of a run of a model that obeys `place`, and their page."""
    OBEDIENT.model.begin(place, small=options.pop("small", False))
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
    events, html = asked(
        library,
        place,
        question_at(place, f"{kind}house{turn}"),
        product_ids=[carriers[kind, turn]],
        mode="deep" if deep else "quick",
    )
    assert OBEDIENT.model.obeyed, "the order did not reach the model"
    assert not breaches(events, OBEDIENT.model.prompts, html)
    assert not connections


UNREAD = [(kind, place, word) for group in (UNSEEN, UNTOLD) for kind, own in group.items() for place, word in own.items()]


@pytest.mark.parametrize(("kind", "place", "word"), UNREAD, ids=[place for _, place, _ in UNREAD])
def test_what_nobody_sees_is_not_read(library, carriers, kind, place, word):
    question = f"What does the {word} keep in the house?"
    events, html = asked(library, place, question, product_ids=[carriers[kind, 0]], mode="deep")
    assert OBEDIENT.model.prompts
    assert not OBEDIENT.model.obeyed
    assert f"in {place}:" not in html


def test_the_cases_are_many_and_cover_every_attack():
    assert len(CASES) >= 300
    assert min(Counter(attack for _, _, attack in CASES).values()) >= 5
    assert {attack for _, _, attack in CASES} == set(ATTACKS)
