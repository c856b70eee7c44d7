"""Loading what a first question would wait for."""

import logging

from wellread.engine import Wellread
from wellread.errors import WellreadError

_log = logging.getLogger(__name__)


async def warm(library: Wellread) -> str:
    """The index, the embedder, and what finds the models. Gives what cannot be loaded, "" when all was: each question
    will say so, too."""
    try:
        await library.search(["ready"], limit=1)
        await library.roles()
    except WellreadError as error:
        _log.warning("not_ready", extra={"error": error.message})
        return f"{error.message} {error.hint}".strip()
    return ""
