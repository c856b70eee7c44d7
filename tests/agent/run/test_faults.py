"""Providers that fail: every fault, on every wire, at every call, ends in an answer and one last event."""

import asyncio
import shutil
from itertools import groupby, pairwise
from pathlib import Path

import pytest
from support import mentor as t
from support.script_server.server import serve
from support.soak import sampled

from wellread.engine import Wellread
from wellread.events import (
    TERMINAL,
    AnswerCompleted,
    AnswerDelta,
    AnyEvent,
    ModelFailed,
    RunCompleted,
    StepAction,
    StepCompleted,
)
from wellread.models.scripted.script import Script
from wellread.settings import Settings
from wellread.wire.runs import AskOptions, RunLimits

WIRES = ("openai", "openai-responses", "anthropic")
STATUSES = (400, 401, 402, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 529)
FAULTS = [f'kind = "status", status = {status}' for status in STATUSES] + [
    'kind = "status", status = 429, retry_after = 0.1',
    'kind = "status", status = 429, retry_after = 3600',
    'kind = "reset"',
    'kind = "reset_stream", after = 3',
    'kind = "close"',
    'kind = "cut", after = 0',
    'kind = "cut", after = 5',
    'kind = "stall", seconds = 20',
    'kind = "stall_headers", seconds = 20',
    'kind = "stall_stream", after = 3, seconds = 20',
    'kind = "malformed", at = 0',
    'kind = "malformed", at = 60',
    'kind = "not_json"',
    'kind = "empty"',
    'kind = "wrong_tool"',
    'kind = "no_tool"',
    'kind = "truncated", after = 3',
    'kind = "overlong"',
    'kind = "error_event", after = 2',
    'kind = "content_filter"',
    'kind = "garbage_headers"',
]
# Each fault at each call on each wire: 210, of which a sample has every fault twice, in all six combinations.
CASES = [
    (wire, at, number) for number in range(len(FAULTS)) for wire in WIRES for at in ("planner", "writer")
]
TOGETHER = groupby(sorted(sampled(CASES, 71)), key=lambda case: case[:2])
# Some wires' clients pass over a first event that they cannot read; a text has no tools.
HARMLESS = {
    "planner": ('kind = "malformed", at = 0',),
    "writer": ('kind = "malformed", at = 0', 'kind = "wrong_tool"', 'kind = "no_tool"'),
}
QUESTION = "What is the difference between leadership and management, and how do I balance both roles?"
WORDS = "Management keeps the work on its track [0]. Leadership decides where the track goes [0]. Both are needed [0]."


def case(number: int) -> str:
    """A question that the script knows from the others."""
    return f"{QUESTION} (Case {number}.)"


def script(at: str) -> str:
    """A model that has a fault of its own in each case, at each call of the planner or of the writer, and else does
    well."""
    search = f"""
thinking = "I search."
action = "search_inside_books"
parameters = {{ askBookQuestions = ["{t.DIFFERENCE}", "{t.BALANCE}"], productIds = ["{t.BOOK}", "{t.TALK}"] }}
"""
    draft = """
thinking = "I write."
action = "create_answer_draft"
[reply.parameters]
is_role_play_request = false
is_controversial_sensitive_topic = false
is_greeting_or_simple_calculation = false
is_who_are_you = false
relevant_knowledge_indices = [0, 1]
"""
    replies = []
    for number, fault in enumerate(FAULTS):
        struck = f"fault = {{ {fault} }}"
        planner, writer = (struck, "") if at == "planner" else ("", struck)
        replies += [
            f'[[reply]]\nrole = "choice"\ntimes = 0\nwhen = "Case {number}[.].*Choose step 1 "\n{planner}\n{search}',
            f'[[reply]]\nrole = "choice"\ntimes = 0\nwhen = "Case {number}[.]"\n{planner}\n{draft}',
            f'[[reply]]\nrole = "text"\ntimes = 0\nwhen = "Case {number}[.]"\n{writer}\ntext = "{WORDS}"\n',
        ]
    return "\n".join(replies)


async def run_all(home: Path, wire: str, at: str, faults: list[int]) -> list[list[AnyEvent]]:
    """The events of a run for each fault, several at once."""
    async with await serve(Script.parse(script(at))) as server:
        settings = Settings(
            home=home,
            embedder="none",
            openai_base_url=f"{server.address}/v1",
            judge="words",
            anthropic_base_url=server.address,
            model_first_token_seconds=1.5,
            model_silent_seconds=1.5,
            model_tries=2,
        )
        at_once = asyncio.Semaphore(16)
        async with Wellread(settings=settings) as library:
            limits = RunLimits(seconds=120, output_tokens=2_000)
            options = AskOptions(model=f"{wire}/gpt-4.1", limits=limits)

            async def one(number: int) -> list[AnyEvent]:
                async with at_once:
                    return [event async for event in library.ask(case(number), options)]

            return await asyncio.gather(*map(one, faults))


@pytest.mark.soak
@pytest.mark.parametrize(
    ("wire", "at", "faults"), [(*key, [case[2] for case in cases]) for key, cases in TOGETHER]
)
def test_every_fault_ends_in_an_answer_and_one_last_event(mentor_home, tmp_path, wire, at, faults):
    home = Path(shutil.copytree(mentor_home, tmp_path / "home"))
    all_events = asyncio.run(run_all(home, wire, at, faults))
    for fault, events in zip([FAULTS[number] for number in faults], all_events, strict=True):
        ends = [event for event in events if isinstance(event, TERMINAL)]
        assert ends == events[-1:], fault
        assert isinstance(ends[0], RunCompleted), (fault, ends)
        [answer] = [event for event in events if isinstance(event, AnswerCompleted)]
        assert answer.citations, fault
        streamed = "".join(event.text for event in events if isinstance(event, AnswerDelta))
        assert streamed == answer.markdown, fault
        said = [event for event in events if isinstance(event, ModelFailed)]
        notes = [event.note for event in events if isinstance(event, StepAction) and event.note]
        broken_off = "broke off here" in answer.markdown or "ends here" in answer.markdown
        if not (said or notes or broken_off):
            assert fault in HARMLESS[at], fault
        elif at == "planner":
            actions = [event.action for event in events if isinstance(event, StepAction)]
            assert actions == ["search_inside_books", "create_answer_draft"], fault
            assert {e.chosen_by for e in events if isinstance(e, StepAction)} == {"rules"}, fault
        elif fault.startswith('kind = "overlong"'):
            assert events[-1].usage.output_tokens <= 2_000
        else:
            assert "extractive" in answer.written_by, (fault, answer.written_by)
            sentences = [line for line in answer.markdown.replace(". ", ".\n").splitlines() if len(line) > 30]
            assert len(sentences) == len(set(sentences)), fault
        usages = [event.usage for event in events if isinstance(event, StepCompleted)]
        assert all(a.model_calls <= b.model_calls for a, b in pairwise(usages))
