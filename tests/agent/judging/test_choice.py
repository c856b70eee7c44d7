"""The judge that a name means, in a run: a classifier on this machine judges what a model wrote."""

import asyncio

import pytest
from support.served_script import serving
from support.tiny_classifier import classifier

from wellread.agent.judging.choice import judge_opener
from wellread.agent.state.budget import Meter
from wellread.blocking import BlockingWellread
from wellread.errors import BudgetSpentError
from wellread.events import AnswerChecked, RunCompleted
from wellread.grounding.judgement import JudgedClaim
from wellread.models.resolve import Models
from wellread.run_values import Budget
from wellread.settings import Settings
from wellread.wire.runs import AskOptions

SCRIPT = """
[[reply]]
role = "choice"
thinking = "I search."
action = "search_inside_books"
parameters = { askBookQuestions = ["What is the difference between leadership and management?"], productIds = ["9781098148232"] }
[[reply]]
role = "choice"
thinking = "I write."
action = "create_answer_draft"
[reply.parameters]
is_role_play_request = false
is_controversial_sensitive_topic = false
is_greeting_or_simple_calculation = false
is_who_are_you = false
relevant_knowledge_indices = [0]
[[reply]]
role = "text"
text = "It is a difference of the questions [0]. Management is a plan for teams in fear [0]."
"""  # noqa: E501


def ask(home, judge):
    with serving(SCRIPT) as served:
        settings = Settings(
            home=home,
            embedder="none",
            openai_base_url=f"{served.address}/v1",
            model="openai/gpt-4.1",
            judge=judge,
        )
        with BlockingWellread(settings=settings) as library:
            return list(
                library.ask("What is the difference between them?", AskOptions(product_ids=["9781098148232"]))
            )


def test_a_classifier_judges_a_run(mentor_home):
    classifier(mentor_home / "models" / "tiny")
    events = ask(mentor_home, "onnx:tiny")
    assert isinstance(events[-1], RunCompleted)
    [checked] = [event for event in events if isinstance(event, AnswerChecked)]
    verdicts = [(one.verdict, one.judge) for one in checked.statements]
    assert verdicts == [("supported", "onnx:tiny"), ("unsupported", "onnx:tiny")]
    assert checked.statements[0].score > 0.9


def test_a_run_goes_on_without_a_classifier_that_cannot_be_loaded(mentor_home):
    classifier(mentor_home / "models" / "tiny", named={"0": "LABEL_0", "1": "LABEL_1", "2": "LABEL_2"})
    events = ask(mentor_home, "onnx:tiny")
    assert isinstance(events[-1], RunCompleted)
    [checked] = [event for event in events if isinstance(event, AnswerChecked)]
    assert {one.judge for one in checked.statements} == {"words"}


def test_a_judge_ends_with_the_time(tmp_path):
    folder = classifier(tmp_path / "tiny")
    opener = judge_opener(f"onnx:{folder}", Models(Settings(home=tmp_path)))
    claims = [JudgedClaim("Teams gain trust", ("Teams gain trust.",))]
    assert asyncio.run(opener(Meter(Budget(steps=1))).judge(claims))[0].entailed > 0.9
    with pytest.raises(BudgetSpentError):
        asyncio.run(opener(Meter(Budget(steps=1, seconds=0.5), seconds=1.0)).judge(claims))


def test_words_need_no_judge(tmp_path):
    assert judge_opener("words", Models(Settings(home=tmp_path))) is None
