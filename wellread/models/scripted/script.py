"""A script: what a model will reply, in order, and what it was asked."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import to_json

from wellread.errors import BadRequestError
from wellread.models.scripted.reply import Reply

_HINT = "The format of scripts is on the page docs/scripted-model.md."

Wanted = Literal["tool", "json", "text"]
Schemas = Mapping[str, Mapping[str, Any]]  # by the name of what they describe


@dataclass(frozen=True, slots=True)
class ScriptedRequest:
    """What a model was asked: `prompt` is all that it reads, the system's text first.

    `forms` names the shapes that a structured reply may have, `schemas` are their JSON schemas: the tools that
    are offered, or else the objects that the response format allows.
    """

    prompt: str
    wanted: Wanted = "text"
    forms: tuple[str, ...] = ()
    schemas: tuple[Mapping[str, Any], ...] = ()
    max_tokens: int | None = None
    reply: int | None = None  # the place in `Script.replies` of what it got; None when there was none left

    @classmethod
    def asking(cls, prompt: str, tools: Schemas, formats: Schemas, max_tokens: int | None) -> Self:
        """A request with the tools and the response format that it has, by name. Tools come before a format."""
        if tools:
            return cls(prompt, "tool", tuple(tools), tuple(tools.values()), max_tokens)
        if formats:
            branches = [branch for name, schema in formats.items() for branch in _branches(name, schema)]
            forms, schemas = zip(*branches, strict=True)
            return cls(prompt, "json", forms, schemas, max_tokens)
        return cls(prompt, max_tokens=max_tokens)


@dataclass(frozen=True, slots=True)
class _Head:
    """The file as it is read: the keys of a script."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True)

    tokens_per_second: float = 0
    first_token_seconds: float = 0
    context_tokens: int = 32_768
    small: bool = False
    reply: list[Reply] = field(default_factory=list)


_FILE = TypeAdapter(_Head)


@dataclass(slots=True)
class Script:
    """Replies in order. A request takes the first that is not used up and fits; all requests are kept.

    For use by any number of requests at once in one event loop.
    """

    replies: tuple[Reply, ...]
    tokens_per_second: float = 0  # 0: no delay
    first_token_seconds: float = 0
    context_tokens: int = 32_768  # a prompt of more is refused
    small: bool = False  # as `scripted/FILE` it is taken for a small model
    requests: list[ScriptedRequest] = field(default_factory=list)
    _taken: dict[int, int] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> Self:
        """The script of a file; BadRequestError when it is missing, no text, or no script."""
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise BadRequestError(f"The script {path} cannot be read: {error}.", hint=_HINT) from error
        return cls.parse(text, name=path.name)

    @classmethod
    def parse(cls, text: str, name: str = "The script") -> Self:
        """The script of a text; BadRequestError, naming the key, when it is no script."""
        try:
            # by way of JSON, because the parameters are sent as JSON: a date becomes a string here already
            head = _FILE.validate_json(to_json(tomllib.loads(text)))
        except tomllib.TOMLDecodeError as error:
            raise BadRequestError(f"{name} is no TOML: {error}.", hint=_HINT) from error
        except ValidationError as error:
            raise BadRequestError(f"{name}: {_first(error)}.", hint=_HINT) from error
        if min(head.tokens_per_second, head.first_token_seconds, head.context_tokens) < 0:
            raise BadRequestError(f"{name}: a number at its head is below 0.", hint=_HINT)
        for number, reply in enumerate(head.reply, 1):
            if wrong := reply.wrong():
                raise BadRequestError(f"{name}: reply {number} is unclear: {wrong}.", hint=_HINT)
        return cls(
            tuple(head.reply),
            head.tokens_per_second,
            head.first_token_seconds,
            head.context_tokens,
            head.small,
        )

    def take(self, request: ScriptedRequest) -> Reply | None:
        """The reply for a request, used up once more; None when none is left. The request is kept."""
        for index, reply in enumerate(self.replies):
            if self._fits(index, reply, request):
                self._taken[index] = self._taken.get(index, 0) + 1
                self.requests.append(replace(request, reply=index))
                return reply
        self.requests.append(request)
        return None

    def _fits(self, index: int, reply: Reply, request: ScriptedRequest) -> bool:
        return (
            (reply.times == 0 or self._taken.get(index, 0) < reply.times)
            and (reply.role is None or (reply.role == "text") == (request.wanted == "text"))
            and (reply.when is None or reply.when.search(request.prompt) is not None)
        )


def _first(error: ValidationError) -> str:
    """The first thing that is wrong with a file: where, and what."""
    [first, *_] = error.errors(include_url=False)
    where = ".".join(str(part + 1) if isinstance(part, int) else part for part in first["loc"])
    kind = first["type"]
    return f"{where} is no known key" if kind == "unexpected_keyword_argument" else f"{where}: {first['msg']}"


def _branches(name: str, schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The objects that a schema allows, each by the values that its `action` may have, where it has one."""
    for branch in schema.get("anyOf") or schema.get("oneOf") or [schema]:
        action = branch.get("properties", {}).get("action", {})
        values = [action["const"]] if "const" in action else action.get("enum") or [name]
        for value in values:
            yield value, branch
