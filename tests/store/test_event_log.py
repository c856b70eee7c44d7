"""The log of events that runs and imports share: numbers without gaps, all of a transaction or nothing."""

import json

import pytest
import sqlalchemy as sa
from support.interleaving import amid

from wellread.errors import ConflictError
from wellread.events import AnswerDelta, Budget, RunStarted, StepStarted, StepThinking
from wellread.store.backup.opening import open_database
from wellread.store.database import tables as t
from wellread.store.event_log import Batch
from wellread.store.runs.runs import RunStore

STEP = StepStarted(step=1, title="Look")
THINKING = StepThinking(step=1, text="Hm.")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    sqlite = request.param == "sqlite"
    opened = open_database(tmp_path / "wellread.db" if sqlite else request.getfixturevalue("postgresql_url"))
    yield opened
    opened.close()


@pytest.fixture
def runs(database):
    return RunStore(database)


def begun(runs):
    start = RunStarted(
        run_id="",
        conversation_id="",
        question="?",
        asked="?",
        mode="quick",
        model="extractive",
        scope=(),
        budget=Budget(steps=4),
    )
    return runs.begin(start).run_id


def test_the_events_of_many_subjects_are_stored_together(runs):
    one, other = begun(runs), begun(runs)
    first, second, third = runs.append_all(
        [Batch(one, [STEP, THINKING], 1), Batch(other, [STEP], 1), Batch(one, [AnswerDelta(text="a")], 3)]
    )
    assert [event.seq for event in (*first, *third)] == [2, 3, 4]
    assert [event.seq for event in second] == [2]
    assert runs.log.types(one) == [
        (1, "run.started"),
        (2, "step.started"),
        (3, "step.thinking"),
        (4, "answer.delta"),
    ]
    assert runs.log.ends([one, other, "nobody"]) == {one: 4, other: 2}
    assert runs.log.firsts([one, other]).keys() == {one, other}
    assert [event.seq for event in runs.log.numbered(one, [4, 2])] == [2, 4]


def test_what_is_stored_is_what_was_said_and_is_parsed_only_when_it_is_read_again(runs):
    run = begun(runs)
    [stored] = runs.append(run, [THINKING], 1)
    [read] = runs.log.stored(run, 1)
    assert (read.seq, read.type, read.body) == (stored.seq, stored.type, stored.body)
    assert json.loads(stored.body)["type"] == stored.type == "step.thinking"
    assert read.event == stored.event
    assert stored.event.model_dump_json() == stored.body
    assert read.event is read.event


@pytest.mark.parametrize("after", [0, 1, 3, 9])
def test_a_number_that_does_not_follow_is_refused_and_so_is_all_that_came_with_it(runs, after):
    run, other = begun(runs), begun(runs)
    kept = runs.append(run, [STEP], 1)
    with pytest.raises(ConflictError):
        runs.append_all([Batch(other, [STEP], 1), Batch(run, [THINKING], after)])
    assert [event.seq for event in runs.log.stored(run, 1)] == [kept[0].seq]
    assert runs.log.ends([other]) == {other: 1}
    assert runs.append(run, [THINKING], 2)[0].seq == 3


def test_of_two_processes_that_go_on_with_a_run_at_once_one_is_refused(database, runs):
    run = begun(runs)
    with amid(database, "INSERT INTO events", lambda: runs.append(run, [THINKING], 1)) as other:
        runs.append(run, [STEP], 1)
    with pytest.raises(ConflictError):
        other.result()
    assert [event.type for event in runs.events(run)] == ["run.started", "step.started"]


def test_events_of_a_subject_that_is_gone_are_refused(runs):
    with pytest.raises(ConflictError):
        runs.append("nobody", [STEP], 1)
    assert runs.log.stored("nobody") == []


def test_the_type_stands_beside_every_event(database, runs):
    run = begun(runs)
    runs.append(run, [AnswerDelta(text="\0")], 1)
    with database.read() as connection:
        rows = connection.execute(sa.select(t.events.c.type, t.events.c.body)).all()
    assert [row.type for row in rows] == [json.loads(row.body)["type"] for row in rows]
