"""What the adapters of Pydantic AI raise when a provider refuses or its wire fails, for a model without a wire."""

import json

from pydantic_ai.exceptions import (
    ModelAPIError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelContextWindowExceededError,
    ModelHTTPError,
    ModelNotFoundError,
    ModelOverloadedError,
    ModelQuotaExceededError,
    ModelRateLimitError,
    ModelRequestRejectedError,
    ModelServerError,
    ModelUnavailableError,
    UnexpectedModelBehavior,
)

from wellread.models.scripted.reply import Fault
from wellread.models.scripted.turn import Refusal

_Category = type[
    ModelRateLimitError
    | ModelQuotaExceededError
    | ModelUnavailableError
    | ModelServerError
    | ModelRequestRejectedError
]
_CATEGORIES: dict[int, _Category] = {
    400: ModelRequestRejectedError,
    401: ModelAuthenticationError,
    402: ModelQuotaExceededError,
    403: ModelAuthenticationError,
    404: ModelNotFoundError,
    422: ModelRequestRejectedError,
    429: ModelRateLimitError,
    503: ModelUnavailableError,
    529: ModelOverloadedError,
}


def refused(model: str, refusal: Refusal) -> ModelHTTPError:
    """The error for a request that the script refuses."""
    return ModelHTTPError.for_category(
        ModelContextWindowExceededError if refusal.too_long else _category(refusal.status),
        status_code=refusal.status,
        model_name=model,
        body={"message": refusal.message},
        headers={"x-should-retry": "false"} if refusal.final else None,
    )


def answered(model: str, fault: Fault, *, in_stream: bool = False) -> ModelHTTPError:
    """The error for an answer, or an event of a stream, that is an error."""
    return ModelHTTPError.for_category(
        _category(fault.status),
        status_code=fault.status,
        model_name=model,
        body=_parsed(fault.body) if fault.body else {"message": f"the script answers with {fault.status}"},
        retry_after=fault.retry_after,
        in_stream=in_stream,
    )


def strike(model: str, fault: Fault, *, streamed: bool) -> None:
    """Raises what a fault raises before anything was received; faults that come later or give odd content pass."""
    match fault.kind:
        case "status":
            raise answered(model, fault)
        case "reset" | "close" | "garbage_headers":
            raise ModelConnectionError(model, "Connection error.", phase="read")
        case "not_json" if streamed:
            raise UnexpectedModelBehavior("Streamed response ended without content or tool calls")
        case "not_json" | "malformed":
            raise ModelAPIError(model, "Failed to decode response as JSON")
        case "error_event" if not streamed:
            raise answered(model, fault)
        case "reset_stream" | "cut" if not streamed:
            raise ModelConnectionError(model, "Connection error.", phase="read")


def strike_in_stream(model: str, fault: Fault) -> None:
    """Raises what a fault raises once the stream is broken off."""
    if fault.kind == "error_event":
        raise answered(model, fault, in_stream=True)
    if fault.kind == "reset_stream":
        raise ModelConnectionError(model, "Connection error.", phase="read")


def _category(status: int) -> _Category | None:
    return _CATEGORIES.get(status) or (ModelServerError if status >= 500 else None)


def _parsed(body: str) -> object:
    try:
        return json.loads(body)
    except json.JSONDecodeError:
        return body
