"""The events of a run that was cut off and went on, without what was cut off."""

from hypothesis import given
from hypothesis import strategies as st

from wellread.agent.state.effective_events import effective_events
from wellread.agent.state.knowledge import fold_events
from wellread.events import (
    EVENT,
    AnswerCompleted,
    AnswerDelta,
    AnswerOutlined,
    AnswerStarted,
    Budget,
    EvidenceScored,
    Flags,
    LibraryDescribed,
    ModelFailed,
    OutlineSection,
    ProductsFound,
    QuestionUnderstood,
    RunCompleted,
    RunStarted,
    RunStopping,
    SearchCell,
    SearchElsewhere,
    SectionRead,
    StepAction,
    StepCompleted,
    StepStarted,
    StepThinking,
    Usage,
)

START = RunStarted(
    run_id="r",
    conversation_id="c",
    question="Why?",
    asked="Why?",
    mode="deep",
    model="m",
    scope=(),
    budget=Budget(steps=9),
)
FAILED = ModelFailed(step=1, role="planner", model="a/b", status=503, message="m", hint="h", instead="rules")
UNDERSTOOD = QuestionUnderstood(asked="Why is it so?", mentions=(), scope=(), outside=True)


def results(step):
    return (
        ProductsFound(step=step, query="q", products=()),
        SearchCell(step=step, question="q", product_id="p", title="t", found=(), best=0.1, knowledge=()),
        SearchElsewhere(step=step, question="q", products=()),
        LibraryDescribed(step=step, question="q", found=(), knowledge=()),
        SectionRead(
            step=step, product_id="p", title="t", section_id="s", section="S", found=(), knowledge=()
        ),
        EvidenceScored(step=step, number=0, score=5, summary="s"),
    )


def beginning(step):
    return [
        StepStarted(step=step, title=f"Step {step}"),
        StepThinking(step=step, text="I "),
        StepThinking(step=step, text="think."),
        StepAction(step=step, action="search_inside_books", label="l", parameters={}),
    ]


def completed(step):
    return StepCompleted(step=step, summary="done", usage=Usage(model_calls=step), seconds=1.0)


@st.composite
def runs(draw):
    """A run that nothing interrupted."""
    events = [START]
    if draw(st.booleans()):
        events.append(UNDERSTOOD)
    for step in range(1, draw(st.integers(1, 4)) + 1):
        events += [
            *beginning(step),
            *draw(st.lists(st.sampled_from(results(step)), max_size=4)),
            completed(step),
        ]
    texts = draw(st.lists(st.sampled_from(["a", "b", "c "]), max_size=5))
    events.append(AnswerStarted(flags=Flags(), knowledge=(), voice="wellread"))
    if draw(st.booleans()):
        events.append(AnswerOutlined(sections=(OutlineSection(heading="h", knowledge=()),)))
    events += [AnswerDelta(text=text) for text in texts]
    events.append(AnswerCompleted(markdown="".join(texts), citations=(), statements=(), usage=Usage()))
    return [*events, RunCompleted(usage=Usage(), seconds=3.0)]


def goes_on_at(whole, reached):
    """Where a run goes on that had come to `reached`: after its last finished step, or with its answer."""
    for position in range(reached, 0, -1):
        if isinstance(whole[position - 1], StepCompleted | AnswerCompleted | QuestionUnderstood | RunStarted):
            return position
    return 0


def interrupted(whole, cuts, between=()):
    """The stored events of a run that was cut off after so many of the events that were still to come; `between` are
    stored whenever it goes on."""
    stored, position = list(whole[:1]), 1
    for cut in cuts:
        reached = min(position + cut, len(whole) - 1)
        stored += [*whole[position:reached], *between]
        position = goes_on_at(whole, reached)
    return stored + list(whole[position:])


def numbered(events):
    return [event.model_copy(update={"seq": number}) for number, event in enumerate(events, 1)]


def unnumbered(events):
    return [event.model_copy(update={"seq": 0}) for event in events]


CUTS = st.lists(st.integers(0, 12), max_size=4)


@given(whole=runs(), cuts=CUTS)
def test_a_run_that_was_cut_off_anywhere_settles_to_the_uninterrupted_one(whole, cuts):
    stored = numbered(interrupted(whole, cuts))
    kept = effective_events(stored)
    assert unnumbered(kept) == whole
    assert effective_events(kept) == kept
    assert [event.seq for event in kept] == sorted(event.seq for event in kept)
    assert fold_events(kept) == fold_events(stored)


@given(whole=runs(), cuts=CUTS)
def test_failures_of_models_and_the_wish_to_stop_stay(whole, cuts):
    stored = interrupted(whole, cuts, between=(FAILED, RunStopping()))
    kept = effective_events(stored)
    assert [e for e in kept if not isinstance(e, ModelFailed | RunStopping)] == whole
    assert kept.count(FAILED) == kept.count(RunStopping()) == len(cuts)
    assert effective_events(kept) == kept


@given(whole=runs(), length=st.integers(1, 40))
def test_what_is_not_done_again_stays(whole, length):
    begun = whole[:length]
    assert effective_events(begun) == begun


@given(
    st.lists(st.sampled_from([*beginning(1), *results(1), completed(1), *beginning(2), completed(2), FAILED]))
)
def test_any_order_of_events_settles_once_and_for_all(events):
    kept = effective_events(events)
    assert effective_events(kept) == kept


def test_a_step_that_goes_on_where_it_was_keeps_what_it_had():
    first, second = results(1)[:2]
    events = [START, *beginning(1), first, second, completed(1)]
    assert effective_events(events) == events


def test_a_completed_step_is_never_dropped():
    events = [START, *beginning(1), completed(1), *beginning(1)]
    assert effective_events(events) == events


def test_of_two_understandings_the_second_holds():
    again = UNDERSTOOD.model_copy(update={"asked": "Why is that so?"})
    assert effective_events([START, UNDERSTOOD, *beginning(1), again]) == [START, *beginning(1), again]


def test_every_event_of_a_step_is_one_that_a_redone_step_drops():
    """A new kind of event with a `step` must be named in `settled`, too."""
    kinds = EVENT.json_schema()["$defs"].values()
    with_step = {
        kind["title"]
        for kind in kinds
        if "step" in kind.get("properties", {}) and "type" in kind["properties"]
    }
    again = effective_events([START, *beginning(1), *results(1), *beginning(1)])
    assert again == [START, *beginning(1)]
    known = {type(event).__name__ for event in (*beginning(1), *results(1))}
    assert with_step - known == {"ModelFailed", "StepCompleted"}
