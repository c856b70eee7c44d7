"""Downloads of offered models by a server: one at a time, in the background, with its progress for whoever asks."""

import asyncio
import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from wellread.errors import ConflictError, WellreadError
from wellread.models.offers import Offer, OfferedDownload, download, inspect, setting_of

DownloadStatus = Literal["running", "done", "failed", "stopped"]


@dataclass(slots=True)
class DownloadState:
    """`done` of `total` bytes are here. `message` and `hint` say what went wrong; `setting` and `value`, once it is
    done, how it is used."""

    offer: str
    total: int
    done: int = 0
    status: DownloadStatus = "running"
    message: str = ""
    hint: str = ""
    setting: str = ""
    value: str = ""


class Downloads:
    """What is being downloaded into a library's folder, or was last."""

    def __init__(self, home: Path, environment: Mapping[str, str] = os.environ) -> None:
        self._home = home
        self._environment = environment
        self._task: asyncio.Task[None] | None = None
        self.last: DownloadState | None = None

    async def begin(self, offer: Offer, revision: str) -> DownloadState:
        """Begin what a reader has agreed to, at the revision that was shown. Raises ConflictError when the hub has
        another one by now, or something is being downloaded; and as `inspect` does."""
        wanted = await inspect(offer, self._environment)
        if wanted.revision != revision:
            raise ConflictError(f"{offer.repo} has changed since you looked.", hint="Look again, and decide.")
        if self._task is not None and not self._task.done():
            raise ConflictError("Something is being downloaded already.", hint="Wait for it, or stop it.")
        state = self.last = DownloadState(offer.name, wanted.size)
        self._task = asyncio.create_task(self._bring(wanted, state))
        return state

    async def stop(self) -> None:
        """Stop what is under way; what has arrived is kept for the next time."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _bring(self, wanted: OfferedDownload, state: DownloadState) -> None:
        def report(done: int, _: int) -> None:
            state.done = done

        try:
            path = await download(wanted, self._home, report, self._environment)
        except WellreadError as error:
            state.status, state.message, state.hint = "failed", error.message, error.hint
        else:
            state.setting, state.value = setting_of(wanted.offer, path)
            state.done, state.status = state.total, "done"
        finally:
            if state.status == "running":
                state.status = "stopped"
