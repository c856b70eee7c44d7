"""Runs whose answer a model judges: quick ones are shown at once, deep ones only as they were checked."""

import pytest
from support import mentor as t
from support.judged_runs import JUDGING, copied, opened, rewritten, verdicts, written

from wellread.events import (
    AnswerChecked,
    AnswerCompleted,
    AnswerDelta,
    AnswerDrafted,
    AnswerRevised,
    ModelFailed,
    RunCompleted,
    answer_of,
)
from wellread.wire.runs import AskOptions

TRUE = "Management is what keeps the work on its track [0]."
FALSE = "Management decides where the track goes [0]."
INVENTED = "Most leads need a year of training [0]."
QUOTED = "Management gives order and consistency; leadership gives movement."


@pytest.fixture
def home(mentor_home, tmp_path):
    return copied(mentor_home, tmp_path)


def asked(home, script, mode="quick", **settings):
    with opened(home, script, **settings) as (library, served):
        events = list(library.ask(t.DIFFERENCE, AskOptions(product_ids=[t.BOOK], mode=mode)))
    assert isinstance(events[-1], RunCompleted), events[-1]
    return events, served


def one(events, kind):
    [event] = [event for event in events if isinstance(event, kind)]
    return event


def told(statements):
    return {statement.text: statement.verdict for statement in statements}


def test_the_model_that_writes_judges_in_one_call_after_the_last_word(home):
    script = written(f"{TRUE} {FALSE} {INVENTED} {QUOTED} [0]") + verdicts(
        "supported", "contradicted", "not told"
    )
    events, served = asked(home, script)
    completed, checked = one(events, AnswerCompleted), one(events, AnswerChecked)
    assert set(told(completed.statements).values()) == {"not checked", "quoted"}  # by words
    assert list(told(checked.statements).values()) == ["supported", "contradicted", "unsupported", "quoted"]
    assert checked.judge == "openai/gpt-4.1"
    assert [s.judge for s in checked.statements] == ["openai/gpt-4.1"] * 3 + ["quotation"]
    order = [type(event) for event in events]
    assert order.index(AnswerCompleted) < order.index(AnswerChecked) < order.index(RunCompleted)
    [request] = [r for r in served.requests if JUDGING in r.prompt]
    assert "Statement 2: Management decides where the track goes." in request.prompt
    assert QUOTED.partition(";")[0] not in request.prompt.partition("Statement 1")[0]
    assert answer_of(events).statements == checked.statements
    assert answer_of(events).markdown == "".join(e.text for e in events if isinstance(e, AnswerDelta))
    assert checked.usage.model_calls == completed.usage.model_calls + 1


def test_a_judge_that_says_nothing_of_use_leaves_statements_unchecked(home):
    script = written(TRUE) + f"[[reply]]\nwhen = '{JUDGING}'\njson = '{{\"verdicts\": \"all fine\"}}'\n"
    events, _ = asked(home, script)
    assert told(one(events, AnswerChecked).statements) == {TRUE.removesuffix(" [0].") + ".": "not checked"}


def test_a_judge_that_fails_is_named_and_words_are_compared(home):
    events, _ = asked(home, written(TRUE))  # the script has no reply for the judge
    failed = one(events, ModelFailed)
    assert (failed.role, failed.instead) == ("judge", "words")
    assert one(events, AnswerChecked).judge == "words"


def test_words_alone_need_no_call(home):
    events, served = asked(home, written(FALSE), judge="words")
    assert one(events, AnswerChecked).judge == "words"
    assert len(served.requests) == 1


def test_an_answer_without_a_model_is_checked_by_its_words(home):
    with opened(home, "") as (library, _):
        events = list(library.ask(t.DIFFERENCE, AskOptions(product_ids=[t.BOOK], model="extractive")))
    assert {statement.verdict for statement in one(events, AnswerChecked).statements} <= {"quoted", "general"}


def test_deep_shows_only_what_holds_and_says_what_became_of_the_rest(home):
    draft = f"{TRUE} {FALSE} {INVENTED} {QUOTED} [0]"
    mended = "Leadership decides where the track goes."
    script = (
        written(draft)
        + verdicts("supported", "contradicted", "not told")
        + rewritten(mended, "")
        + verdicts("supported")
    )
    events, served = asked(home, script, mode="deep")
    drafted, revised = one(events, AnswerDrafted), one(events, AnswerRevised)
    assert drafted.statements == 3
    assert [(s.verdict, s.became) for s in revised.statements] == [
        ("contradicted", mended),
        ("unsupported", ""),
    ]
    shown = "".join(event.text for event in events if isinstance(event, AnswerDelta))
    answer = answer_of(events)
    assert answer.markdown == shown
    assert f"{mended} [0]" in shown
    assert "training" not in shown
    assert "decides where the track goes [0]" not in shown.replace(f"{mended[:-1]} [0]", "")
    assert set(told(answer.statements).values()) == {"supported", "quoted"}
    order = [type(event) for event in events]
    assert order.index(AnswerRevised) < order.index(AnswerDelta)
    assert sum(JUDGING in request.prompt for request in served.requests) == 2  # what stays is judged once


def test_what_is_still_not_borne_after_rewriting_is_dropped(home):
    script = (
        written(f"{TRUE} {QUOTED} [0] {FALSE}")
        + verdicts("supported", "contradicted")
        + rewritten("Management goes where the track decides.")
        + verdicts("contradicted")
    )
    events, _ = asked(home, script, mode="deep")
    assert "where the track decides" not in answer_of(events).markdown
    assert TRUE.removesuffix(".") in answer_of(events).markdown


def test_a_draft_that_is_mostly_not_borne_is_not_shown(home):
    script = written(f"{TRUE} {FALSE} {INVENTED}") + verdicts("supported", "contradicted", "not told")
    events, _ = asked(home, script, mode="deep")
    answer = answer_of(events)
    assert "is not borne by the passages" in answer.markdown
    assert answer.written_by == "extractive"
    assert FALSE not in answer.markdown
    assert {s.verdict for s in answer.statements} <= {"quoted", "general"}
    assert any(s.verdict == "quoted" for s in answer.statements)


def test_a_deep_draft_is_shown_as_it_is_when_its_judge_fails(home):
    events, _ = asked(home, written(f"{TRUE} {FALSE}"), mode="deep")
    assert FALSE in answer_of(events).markdown
    assert one(events, ModelFailed).role == "judge"
    assert one(events, AnswerChecked).judge == "words"
