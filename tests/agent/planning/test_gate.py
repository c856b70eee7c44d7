"""The gate, by property: some action is always allowed, no cell is asked twice, the last step writes."""

from hypothesis import given
from hypothesis import strategies as st

from wellread.agent.planning.gate import allowed, new_cells, objection
from wellread.agent.state.actions import Choice, CreateAnswerDraft, ReadSection, SearchInsideBooks
from wellread.agent.state.knowledge import Knowledge, fold_events
from wellread.events import (
    Budget,
    ProductsFound,
    RunStarted,
    ScopeEntry,
    SearchCell,
    SectionRead,
    Snippet,
    StepAction,
    StepCompleted,
    StepStarted,
    Usage,
)

QUESTIONS = ("What is delegation?", "what is  DELEGATION", "Why is it hard?")
PRODUCTS = ("a", "b", "c")


def started(scope=("a",), steps=4, mode="quick", outside=False, options=()):
    return RunStarted(
        run_id="r",
        conversation_id="c",
        question="q",
        asked="q",
        mode=mode,
        model="extractive",
        scope=tuple(ScopeEntry(product_id=p, title=p, found="named") for p in scope),
        outside=outside,
        options=tuple(ScopeEntry(product_id=p, title=p, found="named") for p in options),
        budget=Budget(steps=steps),
    )


def cell(question, product, numbers=()):
    found = tuple(
        Snippet(
            number=n,
            product_id=product,
            title=product,
            section="s",
            anchor=f"{product}/00000000-1/{n}-{n + 9}",
            place="",
            text="text",
            score=0.5,
        )
        for n in numbers
    )
    return SearchCell(
        step=1, question=question, product_id=product, title=product, found=found, best=0.5, knowledge=numbers
    )


def acted(action, step=1):
    parameters = {"missing": ["What else?"]} if action == "review_evidence" else {}
    return StepAction(step=step, action=action, label=action, parameters=parameters)


def done(step):
    return StepCompleted(step=step, summary="", usage=Usage(), seconds=0)


steps = st.sampled_from(
    ["find_products", "search_inside_books", "read_section", "review_evidence", "ask_clarifying_question"]
)


@st.composite
def states(draw) -> Knowledge:
    scope = draw(st.lists(st.sampled_from(PRODUCTS), unique=True))
    knowledge = fold_events(
        [
            started(
                scope,
                draw(st.integers(1, 6)),
                draw(st.sampled_from(["quick", "deep"])),
                draw(st.booleans()),
                draw(st.lists(st.sampled_from(PRODUCTS), unique=True)),
            )
        ]
    )
    for step, action in enumerate(draw(st.lists(steps, max_size=5)), 1):
        knowledge = knowledge.advance(acted(action, step))
        if action == "search_inside_books":
            for number, product in enumerate(scope, len(knowledge.snippets)):
                numbers = draw(st.sampled_from([(), (number,)]))
                knowledge = knowledge.advance(cell(draw(st.sampled_from(QUESTIONS)), product, numbers))
        if action == "find_products":
            found = tuple(ScopeEntry(product_id=p, title=p, found="discovered") for p in PRODUCTS[:1])
            knowledge = knowledge.advance(ProductsFound(step=step, query="q", products=found))
        knowledge = knowledge.advance(done(step))
    return knowledge


@given(states())
def test_something_is_always_allowed_and_the_last_step_writes(knowledge):
    names = allowed(knowledge)
    assert "create_answer_draft" in names
    if knowledge.steps_completed + 1 >= knowledge.start.budget.steps:
        assert names == {"create_answer_draft"}
        assert not objection(Choice(thinking="", action=CreateAnswerDraft()), knowledge)
    if not knowledge.scope:
        assert "search_inside_books" not in names
    if knowledge.start.mode == "quick":
        assert not names & {"read_section", "review_evidence"}


@given(
    states(),
    st.lists(st.sampled_from(QUESTIONS), min_size=1),
    st.lists(st.sampled_from(PRODUCTS), min_size=1),
)
def test_no_cell_is_asked_twice(knowledge, questions, products):
    action = SearchInsideBooks(askBookQuestions=tuple(questions), productIds=tuple(products))
    pairs = new_cells(action, knowledge)
    asked = {(" ".join(q.casefold().split()).rstrip("?"), p) for q, p in pairs}
    assert len(asked) == len(pairs)
    assert not asked & knowledge.searched


def test_review_comes_not_twice_in_a_row():
    knowledge = fold_events(
        [
            started(mode="deep"),
            acted("search_inside_books"),
            cell("q", "a", (0,)),
            done(1),
            acted("review_evidence", 2),
            done(2),
        ]
    )
    assert "review_evidence" not in allowed(knowledge)
    assert "read_section" in allowed(knowledge)


def test_titles_outside_the_scope_cannot_be_searched():
    action = SearchInsideBooks(askBookQuestions=("q",), productIds=("a", "stranger"))
    assert "stranger" in objection(Choice(thinking="", action=action), fold_events([started()]))


def test_only_sections_that_were_met_can_be_read():
    knowledge = fold_events(
        [started(mode="deep"), acted("search_inside_books"), cell("q", "a", (0,)), done(1)]
    )
    met = ReadSection(productId="a", sectionId="00000000-1")
    assert not objection(Choice(thinking="", action=met), knowledge)
    for other in (
        ReadSection(productId="a", sectionId="00000000-2"),
        ReadSection(productId="b", sectionId="00000000-1"),  # the section of another title
    ):
        assert objection(Choice(thinking="", action=other), knowledge)


def test_a_section_is_read_once():
    read = SectionRead(
        step=2, product_id="a", title="a", section_id="00000000-1", section="s", found=(), knowledge=()
    )
    knowledge = fold_events(
        [
            started(mode="deep", steps=9),
            acted("search_inside_books"),
            cell("q", "a", (0,)),
            cell("q", "b", (1,)),
            done(1),
            acted("read_section", 2),
            read,
            done(2),
        ]
    )
    again = ReadSection(productId="a", sectionId="00000000-1")
    assert objection(Choice(thinking="", action=again), knowledge)
    namesake = ReadSection(productId="b", sectionId="00000000-1")
    assert not objection(Choice(thinking="", action=namesake), knowledge)


def test_what_an_unfinished_step_brought_does_not_count():
    events = [started(mode="deep"), acted("search_inside_books"), cell("q", "a", (0,)), done(1)]
    finished = fold_events(events)
    begun = StepStarted(step=2, title="")
    cut = fold_events([*events, begun, acted("review_evidence", 2), cell("p", "a", (1,))])
    assert allowed(cut) == allowed(finished)
    assert (cut.snippets, cut.cells, cut.actions) == (finished.snippets, finished.cells, finished.actions)
    done_again = [acted("review_evidence", 2), done(2)]
    whole = fold_events([*events, begun, acted("read_section", 2), cell("p", "a", (1,)), begun, *done_again])
    assert [action.action for action in whole.actions] == ["search_inside_books", "review_evidence"]
    assert whole.snippets == finished.snippets


def test_out_of_time_there_is_only_the_draft():
    start = started(steps=9).model_copy(update={"budget": Budget(steps=9, seconds=2.0)})
    knowledge = fold_events([start])
    assert "search_inside_books" in allowed(knowledge)
    for step in (1, 2):
        knowledge = knowledge.advance(done(step).model_copy(update={"seconds": 1.0}))
    assert allowed(knowledge) == {"create_answer_draft"}
    assert not objection(Choice(thinking="", action=CreateAnswerDraft()), knowledge)


def test_clarification_only_before_anything_else():
    assert "ask_clarifying_question" in allowed(fold_events([started(options=("a", "b"))]))
    later = fold_events([started(options=("a", "b")), acted("search_inside_books"), cell("q", "a"), done(1)])
    assert "ask_clarifying_question" not in allowed(later)


def test_a_draft_needs_a_search_or_a_flag():
    knowledge = fold_events([started()])
    assert objection(Choice(thinking="", action=CreateAnswerDraft()), knowledge)
    assert not objection(Choice(thinking="", action=CreateAnswerDraft(is_who_are_you=True)), knowledge)
    assert "7" in objection(
        Choice(thinking="", action=CreateAnswerDraft(is_who_are_you=True, relevant_knowledge_indices=(7,))),
        knowledge,
    )
