"""What a task may take is of the processor: a machine that is busy with other things is no fault of a file."""

import os
import signal
import threading
from pathlib import Path

import pytest

from wellread.formats.sandbox import CrashedError, Sandbox, TooSlowError

FOREVER = 1_000_000.0


@pytest.fixture
def begun(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]), prepend=os.pathsep)
    made = []

    def begin(seconds: float, tasks: int = 50) -> Sandbox:
        made.append(Sandbox("support.sandbox_child", seconds=seconds, memory_mb=2048, tasks=tasks))
        return made[-1]

    yield begin
    for sandbox in made:
        sandbox.end()


def test_waiting_is_not_counted_and_computing_is(begun):
    sandbox = begun(seconds=1)
    for _ in range(2):
        assert sandbox.ask(("sleep", 2.5)) == ("sleep", 2.5)
    for _ in range(4):  # each task has its own second
        assert sandbox.ask(("compute", 0.6)) == ("compute", 0.6)
    with pytest.raises(TooSlowError) as caught:
        sandbox.ask(("compute", FOREVER))
    assert not caught.value.waited
    assert sandbox.ask(("compute", 0.1)) == ("compute", 0.1)


def test_what_waits_for_ever_is_given_up(begun):
    sandbox = begun(seconds=0.05)
    with pytest.raises(TooSlowError) as caught:
        sandbox.ask(("sleep", FOREVER))
    assert caught.value.waited


def test_a_kill_is_no_slowness(begun):
    sandbox = begun(seconds=100)
    sandbox.ask(("sleep", 0))
    os.kill(sandbox.pid, signal.SIGKILL)
    with pytest.raises(CrashedError) as caught:
        sandbox.ask(("sleep", 0))
    assert caught.value.was_used


def test_it_ends_in_the_middle_of_a_task(begun):
    sandbox = begun(seconds=100)
    sandbox.ask(("sleep", 0))
    errors = []

    def ask() -> None:
        try:
            sandbox.ask(("sleep", FOREVER))
        except CrashedError as error:
            errors.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    sandbox.end()
    asking.join(60)
    assert not asking.is_alive()
    assert len(errors) == 1
    assert not errors[0].was_used  # no new child is to try it again
    assert sandbox.pid is None
