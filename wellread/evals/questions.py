"""Judged questions: what is asked of a library, and what a right answer holds. A JSON object a line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from wellread.errors import BadRequestError
from wellread.evals.facts import Fact, has_words

_EXPECTED = (
    "A line is a JSON object with `question`, and perhaps `id`, `after` (the question before it), `kind`, `titles` "
    "(a list), `must` (a list of facts, each a text or a list of alternatives) and `unanswerable` (true or false)."
)
_Text = Annotated[str, Field(min_length=1)]


class JudgedQuestion(BaseModel):
    """A question with the titles that answer it and the facts that a right answer holds."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, str_strip_whitespace=True)

    id: str = ""
    question: _Text
    after: str = ""  # asked first, in the same conversation
    titles: list[_Text] = []
    must: list[str | list[str]] = []
    kind: str = ""
    unanswerable: bool = False
    language: str = ""  # for people
    note: str = ""  # for people

    @field_validator("must")
    @classmethod
    def _comparable(cls, must: list[str | list[str]]) -> list[str | list[str]]:
        for fact in must:
            wordings = [fact] if isinstance(fact, str) else fact
            if not wordings or not all(map(has_words, wordings)):
                raise ValueError(f"{json.dumps(fact, ensure_ascii=False)} has no words to look for")
        return must

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        if self.unanswerable and self.must:
            raise ValueError("what is unanswerable has no facts in `must`")
        return self

    @property
    def name(self) -> str:
        """Its id, else the question itself."""
        return self.id or " → ".join(filter(None, (self.after, self.question)))

    @property
    def facts(self) -> list[Fact]:
        return [Fact((fact,) if isinstance(fact, str) else tuple(fact)) for fact in self.must]


def read_questions(path: Path) -> list[JudgedQuestion]:
    """The questions of a file. Raises BadRequestError naming the line that is wrong, and for a file without any."""
    questions: dict[str, JudgedQuestion] = {}
    for number, line in lines_of(path):
        try:
            question = JudgedQuestion.model_validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            where = f"`{first['loc'][0]}`: " if first["loc"] else ""
            raise BadRequestError(
                f"Line {number} of {path} is no question: {where}{first['msg']}.", hint=_EXPECTED
            ) from error
        if question.name in questions:
            raise BadRequestError(
                f"Line {number} of {path} is a second {question.name!r}.",
                hint="Give each question an `id` of its own.",
            )
        questions[question.name] = question
    if not questions:
        raise BadRequestError(f"{path} has no questions.", hint=_EXPECTED)
    return list(questions.values())


def lines_of(path: Path, expected: str = _EXPECTED) -> Iterator[tuple[int, str]]:
    """The lines that are not blank, numbered from 1. Raises BadRequestError when the file cannot be read; its hint is
    what is `expected`."""
    try:
        with path.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, line
    except (OSError, UnicodeDecodeError) as error:
        raise BadRequestError(f"{path} cannot be read: {error}", hint=expected) from error
