"""What went wrong at a provider, as errors of Wellread that say what to do and never hold a key."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx2
from pydantic_ai.exceptions import (
    AgentRunError,
    ContentFilterError,
    ModelAPIError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelContextWindowExceededError,
    ModelHTTPError,
    ModelNotFoundError,
    ModelQuotaExceededError,
    ModelRateLimitError,
    ModelRequestTimeout,
    ModelServerError,
    UserError,
)
from pydantic_ai.exceptions import ModelUnavailableError as ProviderUnavailableError

from wellread.errors import (
    ModelError,
    ModelRejectedError,
    ModelUnavailableError,
    PromptTooLongError,
    UnusableReplyError,
)
from wellread.text.characters import harmless

_LOOKS_LIKE_A_KEY = re.compile(
    r"\b(?:sk|pk|rk|gsk|xai|key|Bearer)[-_ ][\w*.-]{6,}|\bAIza[\w-]{10,}", re.IGNORECASE
)
_DETAIL = 160  # code points of a provider's own words


@dataclass(frozen=True, slots=True)
class Secrets:
    """Keys that no text may hold. Its repr does not hold them either."""

    values: tuple[str, ...] = field(default=(), repr=False)

    def scrub(self, text: str) -> str:
        for value in self.values:
            if len(value) >= 4:
                text = text.replace(value, "…")
        return _LOOKS_LIKE_A_KEY.sub("…", text)


class _WaitError(ModelUnavailableError):
    """The provider said when to come back."""

    seconds: float | None = None


def wait_of(error: ModelUnavailableError) -> float | None:
    """Seconds that the provider asked to wait before another try, if it said."""
    return error.seconds if isinstance(error, _WaitError) else None


def provider_errors() -> tuple[type[Exception], ...]:
    """What a call through Pydantic AI may raise: its own errors, the transport's, and what its adapters trip over
    when a reply is none that a provider should give."""
    tripped = (ValueError, AssertionError, LookupError, TypeError, AttributeError)
    return (AgentRunError, UserError, httpx2.HTTPError, httpx2.StreamError, OSError, *tripped)


def failure_of(error: Exception, name: str, secrets: Secrets) -> ModelError:
    """The error of ours for one of a provider."""
    detail = _detail(error, secrets)
    match error:
        case ModelContextWindowExceededError():
            return PromptTooLongError(f"The prompt is longer than {name} can read.{detail}")
        case ModelAuthenticationError():
            return ModelRejectedError(
                f"{name} refuses the key.{detail}", hint="Check the provider's API key and what it may use."
            )
        case ModelNotFoundError():
            return ModelRejectedError(
                f"The provider has no model {name}, or the address is wrong.{detail}",
                hint="`wellread models` lists what can be used.",
            )
        case ModelQuotaExceededError():
            return ModelRejectedError(
                f"The account's quota for {name} is used up.{detail}",
                hint="Look at the provider's billing page.",
            )
        case ModelRateLimitError() | ProviderUnavailableError() | ModelServerError():
            why = "has too many requests" if isinstance(error, ModelRateLimitError) else "fails at the moment"
            return _waiting(f"{name} {why}{_status(error)}.{detail}", error)
        case (
            ModelConnectionError()
            | ModelRequestTimeout()
            | httpx2.HTTPError()
            | httpx2.StreamError()
            | OSError()
        ):
            return _waiting(f"{name} cannot be reached, or the connection broke.{detail}", error)
        case ContentFilterError():
            return ModelRejectedError(f"{name} refused to answer (content filter).")
        case ModelHTTPError(status_code=status) if status in (408, 409, 425) or status >= 500:
            return _waiting(f"{name} fails at the moment (HTTP {status}).{detail}", error)
        case ModelHTTPError() | UserError():
            return ModelRejectedError(f"{name} rejected the request{_status(error)}.{detail}")
        case ModelAPIError():
            return _waiting(f"{name} failed.{detail}", error)
        case _:
            return UnusableReplyError(f"The reply of {name} could not be read.{detail}")


def _waiting(message: str, error: Exception) -> ModelUnavailableError:
    failure = _WaitError(message, hint="Try again in a while.")
    failure.seconds = error.retry_after if isinstance(error, ModelAPIError) else None
    return failure


def _status(error: Exception) -> str:
    return f" (HTTP {error.status_code})" if isinstance(error, ModelHTTPError) else ""


def _detail(error: Exception, secrets: Secrets) -> str:
    """What the provider itself said, in one short line without keys."""
    body = error.body if isinstance(error, ModelAPIError) else None
    said = next(_messages(body), "")
    line = " ".join(harmless(secrets.scrub(said)).split())
    if len(line) > _DETAIL:
        line = line[:_DETAIL] + "…"
    return f" It says: {line}" if line else ""


def _messages(body: object) -> Iterator[str]:
    if isinstance(body, dict):
        for key in ("message", "detail"):
            if isinstance(body.get(key), str):
                yield body[key]
        if "error" in body:
            yield from _messages(body["error"])
    elif isinstance(body, str) and not body.lstrip().startswith("<"):
        yield body
