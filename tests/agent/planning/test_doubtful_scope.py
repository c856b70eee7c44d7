"""A title that the question may mean: it is searched, and shuts nothing out."""

import pytest

from wellread.agent.planning.gate import allowed, new_cells
from wellread.agent.planning.rules import RulePlanner
from wellread.agent.state.knowledge import fold_events
from wellread.agent.telling.trace import trace_lines
from wellread.events import Budget, ProductsFound, RunStarted, ScopeEntry, StepAction, StepCompleted, Usage


def started(found, *, outside, mode="quick"):
    return RunStarted(
        run_id="r",
        conversation_id="c",
        question="How did Emma meet her husband?",
        asked="How did Emma meet her husband?",
        mode=mode,
        model="extractive",
        scope=(ScopeEntry(product_id="emma-1", title="Emma", found=found),),
        outside=outside,
        budget=Budget(steps=6),
    )


def step(number, action, *events):
    chosen = StepAction(step=number, action=action, label=action, parameters={})
    return [chosen, *events, StepCompleted(step=number, summary="", usage=Usage(), seconds=0)]


@pytest.mark.parametrize("mode", ["quick", "deep"])
def test_others_are_looked_for_before_it_is_searched(mode):
    events = [started("doubtful", outside=True, mode=mode)]
    knowledge = fold_events(events)
    names = allowed(knowledge)
    assert "find_products" in names
    assert "search_inside_books" not in names
    choice = RulePlanner().choice(knowledge, names)
    assert choice.action.name == "find_products"
    assert "Emma" in choice.thinking

    other = ScopeEntry(product_id="weddings-2", title="Weddings", found="discovered")
    events += step(1, "find_products", ProductsFound(step=1, query="q", products=(other,)))
    knowledge = fold_events(events)
    choice = RulePlanner().choice(knowledge, allowed(knowledge))
    assert choice.action.name == "search_inside_books"
    assert choice.action.productIds == ("emma-1", "weddings-2")
    asked = {question for question, _ in new_cells(choice.action, knowledge)}
    assert all("Emma" in question for question in asked)  # it may be what is asked about


def test_when_nothing_else_is_found_it_is_searched_alone():
    events = [started("doubtful", outside=True)]
    events += step(1, "find_products", ProductsFound(step=1, query="q", products=()))
    knowledge = fold_events(events)
    choice = RulePlanner().choice(knowledge, allowed(knowledge))
    assert choice.action.name == "search_inside_books"
    assert choice.action.productIds == ("emma-1",)


def test_one_that_is_carried_over_is_searched_at_once():
    knowledge = fold_events([started("doubtful", outside=False)])
    assert "search_inside_books" in allowed(knowledge)
    assert "find_products" not in allowed(knowledge)


def test_the_trace_asks_and_says_what_to_do():
    line = "in Emma? Only there: --product emma-1. Not there: --exclude emma-1."
    assert line in trace_lines(started("doubtful", outside=True))
    assert line not in trace_lines(started("named", outside=False))
