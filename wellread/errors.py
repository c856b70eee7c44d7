"""What can go wrong, as one family of errors that say what happened and what to do about it."""

import logging

_log = logging.getLogger(__name__)


class WellreadError(Exception):
    """The root of the family. The edge (command line, server) shows `message` and `hint` and maps `status`.

    `status` follows HTTP's numbers, because the server sends it and the command line derives its exit
    status from it. `retryable` says whether the same call may succeed later without a change.
    """

    status = 500
    retryable = False

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross from the reader's worker process; keyword arguments must survive pickling.
        return (_rebuild, (type(self), self.message, self.hint))


def _rebuild(cls: type[WellreadError], message: str, hint: str) -> WellreadError:
    return cls(message, hint=hint)


class BadRequestError(WellreadError):
    """The caller asked for something that cannot be done as asked."""

    status = 400


class UnauthorizedError(WellreadError):
    """The server does not know who is calling."""

    status = 401


class ForbiddenError(WellreadError):
    """The caller is known, or does not matter, and may not do this."""

    status = 403


class NotFoundError(WellreadError):
    """No such product, section, anchor, conversation or file (or none the caller may see)."""

    status = 404


class ConflictError(WellreadError):
    """What is asked does not go with what is there: a key used for something else, a run that goes on elsewhere."""

    status = 409


class SlowRequestError(WellreadError):
    """A request whose body does not arrive in time."""

    status = 408
    retryable = True


class UnreadableError(WellreadError):
    """A file that no reader can turn into a document: damaged, encrypted, empty, hostile or not a book."""

    status = 422


class LimitError(WellreadError):
    """A limit of time, memory or size was passed."""

    status = 413


class TooManyError(WellreadError):
    """A caller who asks too often. After `retry_after` seconds the same call may succeed."""

    status = 429
    retryable = True

    def __init__(self, message: str, *, hint: str = "", retry_after: int = 1) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after

    def __reduce__(self) -> tuple[object, ...]:
        return (*super().__reduce__(), {"retry_after": self.retry_after})


class UnavailableError(WellreadError):
    """Something the work needs is missing or does not answer now: a model, an index, an extra."""

    status = 503
    retryable = True


class ModelError(WellreadError):
    """A language model that gave nothing to go on with. The run goes on without it."""

    status = 502


class ModelUnavailableError(ModelError):
    """The model's provider cannot be reached, does not answer in time, or asks to come back later."""

    status = 503
    retryable = True


class ModelRejectedError(ModelError):
    """The provider refuses the request: the key, the model's name, or what was asked."""


class PromptTooLongError(ModelRejectedError):
    """What the model would have to read does not fit its context."""

    status = 413


class UnusableReplyError(ModelError):
    """A reply that cannot be used: malformed, empty, or none of the forms that were allowed."""


class BudgetSpentError(ModelError):
    """The budget ended inside the call."""

    status = 413


class StorageError(WellreadError):
    """The disk or the database refused: full, read-only, locked or damaged."""

    status = 507
    retryable = True


def public_error(error: WellreadError) -> WellreadError:
    """The error as callers may read it. What the store says names folders and hosts of the server: it is logged."""
    if not isinstance(error, StorageError):
        return error
    _log.warning("store_refused", extra={"error": f"{error.message} {error.hint}".strip()})
    return StorageError(
        "The library's store cannot be used now.",
        hint="Try again in a moment; what was acknowledged is kept.",
    )


def public_text(error: WellreadError) -> str:
    """What an error says to callers, where there is room for one text."""
    told = public_error(error)
    return f"{told.message} {told.hint}".strip()
