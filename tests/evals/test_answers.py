"""Judged questions: how they are read, what they come to over the demo library, and what two runs differ by."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from support.command import command
from support.paths import ROOT

from wellread.errors import BadRequestError
from wellread.evals.answer_report import KindFigures, by_kind, changes, in_both, is_run, read_run
from wellread.evals.answers import AnswerFigures, FactFigures, answered, measured, score_of
from wellread.evals.questions import JudgedQuestion, read_questions
from wellread.events import AnswerCompleted, AnswerStarted, Flags, Statement, Usage
from wellread.wire.runs import AskOptions

DEMO_SET = ROOT / "benchmarks" / "answers" / "demo.jsonl"


def question(**fields: object) -> JudgedQuestion:
    return JudgedQuestion.model_validate({"question": "What is a quiet week?", **fields})


def run_of(library, questions: Sequence[JudgedQuestion]) -> list[AnswerFigures]:
    async def drained() -> list[AnswerFigures]:
        return [figures async for figures in measured(library.library, questions, AskOptions())]

    return library.run(drained())


# The set over the demo library


@pytest.fixture(scope="module")
def demo_run(demo) -> list[AnswerFigures]:
    return run_of(demo, read_questions(DEMO_SET))


def test_the_demo_library_answers_as_well_as_it_did(demo_run):
    """Floors, to be raised with what is reached."""
    total = KindFigures.of(demo_run)
    shown = "\n".join(f"{figures.score} {figures.id}" for figures in demo_run)
    assert total.failed == 0, shown
    assert total.score >= 2.5, shown
    assert total.title_found.part == total.title_found.of, shown
    assert total.evidence.part >= 21, shown
    assert total.answer.part >= 20, shown
    assert total.bearing.part >= 0.45 * total.bearing.of, shown
    assert total.silent.part == total.silent.of == 2, shown
    assert total.denied.part == 0, shown


def test_a_figure_holds_all_that_it_was_made_from(demo_run):
    figures = {one.id: one for one in demo_run}
    steps = figures["handover"]
    assert steps.scope == ("Light Touch", "Steady Hands", "Two Hats")
    assert "Steady Hands" in steps.titles
    assert steps.searched == ("What belongs in a handover conversation when I delegate work?",)
    assert "[1]" in steps.markdown or "[0]" in steps.markdown
    assert steps.evidence_words > 50
    assert steps.seconds > 0
    assert (steps.written_by, steps.tokens) == ("extractive", 0)
    assert all(fact.found for fact in steps.facts if fact.evidence)
    silent = figures["tokyo"]
    assert (silent.answered, silent.points, silent.evidence_words, silent.score) == (False, 0, 0, 3)


def test_a_follow_up_is_asked_in_the_conversation_of_the_question_before(demo):
    after = question(after="What does Light Touch say about walks?", question="How long are they?")
    alone, following = run_of(demo, [question(question="How long are they?"), after])
    assert "Light Touch" in following.scope
    assert following.scope != alone.scope
    assert following.id == "What does Light Touch say about walks? → How long are they?"


def test_conversations_of_judged_questions_are_not_kept(demo):
    kept = demo.library.conversations.count("")
    run_of(demo, [question(after="What is delegation?")])
    assert demo.library.conversations.count("") == kept


def test_a_question_that_cannot_be_asked_is_a_failure_and_the_next_goes_on(demo):
    failed, fine = run_of(demo, [question(question="why not " * 10_000, must=["free"]), question()])
    assert failed.failure
    assert (failed.score, failed.answered, failed.facts[0].answer) == (0, False, False)
    assert not fine.failure


def test_titles_are_found_with_and_without_their_subtitles(demo):
    expected = (
        ["Light Touch"],
        ["light touch: running software teams"],
        ["Light"],
        ["Light Touch", "Moby-Dick"],
    )
    asked = [question(id=str(number), titles=titles) for number, titles in enumerate(expected)]
    assert [figures.title_found for figures in run_of(demo, asked)] == [True, True, False, False]


def test_points_bear_when_they_stand_beside_a_fact(demo):
    """The sentence that holds the fact is two sentences before any that could be quoted; the other fact is nowhere
    near."""
    near, far = run_of(
        demo,
        [
            question(id="near", must=["Keep one week in every quarter free of planned work"]),
            question(id="far", must=["The incident commander decides"]),
        ],
    )
    assert near.bearing >= 1
    assert far.bearing == 0
    assert near.points == far.points > near.bearing


# What an answer is


@pytest.mark.parametrize(
    ("knowledge", "cites", "flags", "markdown", "expected"),
    [
        ((0,), True, Flags(), "It is so. [0]", True),
        ((0,), False, Flags(), "It may be so.", False),
        ((), True, Flags(), "Nearest: a passage. [0]", False),
        ((), False, Flags(is_greeting_or_simple_calculation=True), "Hello!", True),
        ((), False, Flags(is_who_are_you=True), " ", False),
    ],
)
def test_only_what_rests_on_chosen_knowledge_is_an_answer(knowledge, cites, flags, markdown, expected):
    statement = Statement(
        start=0,
        end=len(markdown),
        text=markdown,
        verdict="quoted" if cites else "general",
        voice="wellread",
        citations=(0,) if cites else (),
    )
    started = AnswerStarted(flags=flags, knowledge=knowledge, voice="wellread")
    completed = AnswerCompleted(markdown=markdown, citations=(), statements=(statement,), usage=Usage())
    assert answered([started, completed]) is expected
    assert not answered([started])


# A score


@pytest.mark.parametrize(
    ("asked", "held", "bearing", "answers", "title_found", "score"),
    [
        ({"must": ["a", "b"]}, [True, True], 0.6, True, True, 3),
        ({"must": ["a", "b"]}, [True, True], 0.5, True, True, 2),
        ({"must": ["a", "b"]}, [True, False], 0.5, True, True, 2),
        ({"must": ["a", "b"]}, [True, False], 0.4, True, True, 1),
        ({"must": ["a", "b", "c"]}, [True, False, False], 1.0, True, True, 1),
        ({"must": ["a", "b"]}, [False, False], 1.0, True, True, 0),
        ({"must": ["a"]}, [False], 1.0, False, None, 0),
        ({"unanswerable": True}, [], 0.0, True, None, 0),
        ({"unanswerable": True}, [], 1.0, False, None, 3),
        ({}, [], 0.0, True, True, 3),
        ({}, [], 0.0, True, None, 3),
        ({}, [], 0.0, True, False, 0),
        ({}, [], 1.0, False, None, 0),
    ],
)
def test_a_score_is_what_it_is_said_to_be(asked, held, bearing, answers, title_found, score):
    facts = [FactFigures(fact="f", found=True, evidence=True, answer=answer) for answer in held]
    found = score_of(question(**asked), facts, bearing, answers=answers, title_found=title_found)
    assert found == score


# Files


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{not json}", "Line 2"),
        ('["a list"]', "Line 2"),
        ('{"id": "q"}', "`question`"),
        ('{"question": " "}', "`question`"),
        ('{"question": "q", "musts": []}', "`musts`"),
        ('{"question": "q", "titles": "Light Touch"}', "`titles`"),
        ('{"question": "q", "must": [[]]}', "no words"),
        ('{"question": "q", "must": ["… –"]}', "no words"),
        ('{"question": "q", "must": [7]}', "`must`"),
        ('{"question": "q", "unanswerable": "yes"}', "`unanswerable`"),
        ('{"question": "q", "unanswerable": true, "must": ["a"]}', "unanswerable"),
        ('{"question": "first"}', "a second"),
    ],
)
def test_what_is_wrong_with_a_line_is_told(tmp_path: Path, line: str, told: str):
    file = tmp_path / "questions.jsonl"
    file.write_text(f'{{"question": "first"}}\n{line}\n\n', encoding="utf-8")
    with pytest.raises(BadRequestError) as caught:
        read_questions(file)
    assert told in caught.value.message
    assert "Line 2" in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("content", [None, b"", b"\n\n", b"\xff\xfe\x00"])
def test_a_file_without_questions_is_told(tmp_path: Path, content: bytes | None):
    file = tmp_path / "questions.jsonl"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BadRequestError) as caught:
        read_questions(file)
    assert str(file) in caught.value.message


def test_every_set_of_the_project_can_be_read():
    for file in sorted(DEMO_SET.parent.glob("*.jsonl")):
        assert len(read_questions(file)) > 10


# Reports


def figures(name: str, kind: str = "", **fields: object) -> AnswerFigures:
    known = AnswerFigures(
        id=name,
        kind=kind,
        question=name,
        after="",
        unanswerable=False,
        score=2,
        answered=True,
        title_found=None,
        facts=(),
        points=0,
        bearing=0,
        titles=(),
        scope=(),
        searched=(name,),
        evidence_words=100,
        seconds=1.0,
        tokens=0,
        written_by="extractive",
        markdown="",
        failure="",
    )
    return known.model_copy(update=fields)


def fact(name: str, *, answer: bool) -> FactFigures:
    return FactFigures(fact=name, found=True, evidence=answer, answer=answer)


def test_kinds_are_summed_up_each_for_itself():
    every = [
        figures(
            "a", "why", title_found=True, facts=(fact("x", answer=True), fact("y", answer=False)), points=4
        ),
        figures("b", "why", title_found=False, facts=(fact("z", answer=True),), points=2, bearing=2, score=3),
        figures("c", "no", unanswerable=True, answered=False, score=3),
        figures("d", "no", unanswerable=True, points=3, score=0),
        figures("e", "hello", points=5, answered=False, failure="broken"),
    ]
    kinds = by_kind(every)
    assert list(kinds) == ["why", "no", "hello"]
    why, no, hello = kinds.values()
    assert (why.score, str(why.title_found), str(why.found), str(why.evidence)) == (2.5, "1/2", "3/3", "2/3")
    assert (str(why.answer), str(why.bearing), str(why.silent), str(why.denied)) == ("2/3", "2/6", "–", "0/2")
    assert (str(no.silent), str(no.denied), str(no.bearing)) == ("1/2", "–", "0/3")
    assert (str(hello.bearing), str(hello.denied), hello.failed) == ("–", "1/1", 1)
    assert str(KindFigures.of(every).bearing) == "2/9"


def test_two_runs_are_compared_by_the_questions_that_both_have():
    before = [
        figures("same"),
        figures("worse", facts=(fact("x", answer=True), fact("y", answer=False)), score=3),
        figures("searched", searched=("one half",)),
        figures("gone"),
    ]
    after = [
        figures("new"),
        figures("searched", searched=("one half", "the other")),
        figures("worse", facts=(fact("x", answer=False), fact("y", answer=True)), score=1),
        figures("same", seconds=9.0, markdown="otherwise"),
    ]
    one, other = in_both(before, after)
    assert (
        [figures.id for figures in one] == [figures.id for figures in other] == ["searched", "worse", "same"]
    )
    worse, searched = changes(one, other)
    assert (worse.lost, worse.gained, worse.searched_otherwise) == (["x"], ["y"], False)
    assert searched.searched_otherwise
    with pytest.raises(BadRequestError):
        in_both(before, [figures("new")])


# The command


@pytest.fixture(scope="module")
def small_set(tmp_path_factory) -> Path:
    rows = [
        {"id": "q1", "kind": "what", "question": "What is a quiet week?", "must": ["four rules"]},
        {"id": "q2", "kind": "none", "question": "What does a train to Tokyo cost?", "unanswerable": True},
    ]
    file = tmp_path_factory.mktemp("set") / "questions.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def test_the_command_asks_saves_compares_and_shows_again(demo_home, small_set, tmp_path):
    home = {"WELLREAD_HOME": str(demo_home)}
    asked = command("eval", "answers", small_set, "--model", "extractive", "--json", **home)
    assert asked.returncode == 0, asked.stderr
    first, second, summary = map(json.loads, asked.stdout.splitlines())
    assert (first["id"], second["id"], summary["type"]) == ("q1", "q2", "summary")
    assert summary["total"]["questions"] == 2
    assert summary["kinds"]["none"]["silent"] == {"part": 1, "of": 1}
    assert (summary["model"], summary["mode"]) == ("extractive", "quick")

    first["searched"], first["score"], first["facts"][0]["answer"] = ["a quiet"], 0, False
    run = tmp_path / "run.json"
    run.write_text("\n".join(map(json.dumps, (first, second, summary))), encoding="utf-8")
    assert is_run(run) and not is_run(small_set)
    assert len(read_run(run)) == 2

    compared = command("eval", "answers", small_set, "--against", run, "--only", "what", **home)
    assert compared.returncode == 0, compared.stderr
    assert "Of 1 questions in both runs, 1 came out differently." in compared.stdout
    assert "searched before: a quiet" in compared.stdout
    assert "+ four rules" in compared.stdout

    shown = command("eval", "answers", run, "--answers", "--limit", "1", **home)
    assert "- four rules: in the evidence" in shown.stdout
    assert "No language model wrote this" in shown.stdout
    assert "Tokyo" not in shown.stdout

    told = command("eval", "answers", run, "--against", run, "--json", **home)
    comparison = json.loads(told.stdout.splitlines()[-1])
    assert (comparison["type"], comparison["changed"]) == ("comparison", [])


def test_what_the_command_cannot_do_is_told(demo_home, small_set, tmp_path):
    home = {"WELLREAD_HOME": str(demo_home)}
    kind = command("eval", "answers", small_set, "--only", "how", **home)
    assert (kind.returncode, "what, none" in kind.stderr) == (2, True)
    run = command("eval", "answers", small_set, "--against", small_set, **home)
    assert (run.returncode, "is no run" in run.stderr) == (2, True)
    damaged = tmp_path / "run.json"
    damaged.write_text('{"type": "question"}\n', encoding="utf-8")
    assert "Line 1" in command("eval", "answers", damaged, **home).stderr
    assert command("eval", "answers", small_set, "--model", "nobody/none", **home).returncode != 0
