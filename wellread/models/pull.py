"""Getting files from the Hugging Face hub, or from one that speaks as it does (HF_ENDPOINT): a model in GGUF, or those
of a folder.

The hub's own `hf_hub_download` begins again after a kill: docs/decisions/018-replaced-libraries.md.
"""

import asyncio
import errno
import fcntl
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from json import JSONDecodeError
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import httpx  # which huggingface_hub uses, and whose errors it lets through
from huggingface_hub import HfApi, get_async_session, get_token, hf_hub_url
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
)
from huggingface_hub.hf_api import RepoSibling

from wellread.errors import BadRequestError, NotFoundError, StorageError, UnavailableError, WellreadError
from wellread.models import gguf

SHA256_DIGITS = 64
Report = Callable[[int, int], None]  # bytes that are here, and bytes of all

_NAME = re.compile(r"(?P<repo>\w[\w.-]*/\w[\w.-]*)(?:/(?P<file>.+\.gguf)|:(?P<quantisation>[\w.-]+))?")
# What a small model loses by quantisation is least at the size of four bits with this; then the next best.
_PREFERRED = "Q4_K_M Q4_K_S IQ4_NL IQ4_XS Q4_1 Q4_0 Q5_K_M Q5_K_S Q5_0 Q3_K_L Q3_K_M Q6_K Q8_0".split()
_READ_AGAIN = 64 << 20  # bytes up to which a file that is here is held against its checksum anew
_SECONDS = 30.0  # without a byte
_PAUSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of a repository at one revision. `checksum` is what the hub tells: its SHA-256, or of a small file that
    lies in git itself the SHA-1 of git, which is that of the content with its length before it."""

    repo: str
    revision: str
    name: str
    size: int
    checksum: str

    def has_content_of(self, path: Path) -> bool:
        """Whether a file has this checksum. Blocks."""
        with path.open("rb") as content:
            if len(self.checksum) == SHA256_DIGITS:
                return hashlib.file_digest(content, "sha256").hexdigest() == self.checksum
            head = f"blob {self.size}\0".encode()
            return hashlib.sha1(head + content.read(), usedforsecurity=False).hexdigest() == self.checksum


@dataclass(frozen=True, slots=True)
class Repository:
    """What a hub has under a name. `license` is as its page says, "" where it says nothing."""

    name: str
    license: str
    files: tuple[RemoteFile, ...]


async def pull(name: str, home: Path, report: Report, environment: Mapping[str, str] = os.environ) -> Path:
    """Bring OWNER/REPO, OWNER/REPO:QUANTISATION or OWNER/REPO/FILE.gguf into `home`/models; returns the file.

    What an earlier call left unfinished is gone on with, what is complete stays. Raises BadRequestError for a name
    of another form, NotFoundError, UnavailableError (no connection; or a checksum is wrong, and the file was
    removed) and StorageError (no space).
    """
    asked = _NAME.fullmatch(name)
    if not asked:
        raise BadRequestError(
            f"{name!r} names no model of the hub.", hint="Give OWNER/REPO or OWNER/REPO/FILE.gguf."
        )
    found = await repository(asked["repo"], environment)
    wanted = chosen(found.files, file=asked["file"] or "", quantisation=asked["quantisation"] or "")
    folder = home / "models" / asked["repo"]
    await pull_folder({file.name: file for file in wanted}, folder, report, environment)
    return folder / wanted[0].name


async def repository(name: str, environment: Mapping[str, str] = os.environ) -> Repository:
    """What a hub has as OWNER/REPO. Raises as `pull` does."""
    return await asyncio.to_thread(_listed, name, environment.get("HF_ENDPOINT") or None)


async def pull_folder(
    files: Mapping[str, RemoteFile],
    folder: Path,
    report: Report,
    environment: Mapping[str, str] = os.environ,
) -> None:
    """Bring files into a folder, each under the name that stands before it; it is made when missing. What an earlier
    call left unfinished is resumed, what is complete stays. Raises as `pull` does."""
    endpoint = environment.get("HF_ENDPOINT") or None
    total = sum(file.size for file in files.values())
    before = 0
    for name, file in files.items():

        def progress(done: int, before: int = before) -> None:
            report(before + done, total)

        await _fetch(file, folder / name, endpoint, progress)
        before += file.size


def chosen(known: Sequence[RemoteFile], *, file: str = "", quantisation: str = "") -> list[RemoteFile]:
    """The parts of one model: that `file`, that quantisation, else the one that suits most machines."""
    models: dict[str, list[RemoteFile]] = {}
    for part in sorted(known, key=lambda part: part.name):
        if gguf.is_model(part.name):
            models.setdefault(gguf.whole_name(part.name), []).append(part)
    if not models:
        raise NotFoundError(
            "This repository has no GGUF model.",
            hint="Look for one whose name ends with -GGUF; --judge gets a classifier in ONNX.",
        )
    if file:
        names = [name for name in models if name == gguf.whole_name(file)]
    elif quantisation:
        names = _of_quantisation(models, quantisation)
    else:
        preferred = [name for wanted in _PREFERRED for name in _of_quantisation(models, wanted)]
        names = preferred or sorted(models, key=lambda name: sum(part.size for part in models[name]))
    if not names:
        raise NotFoundError(
            f"This repository has no {file or quantisation}.", hint=f"It has {', '.join(models)}."
        )
    return models[names[0]]


def _of_quantisation(names: Iterable[str], quantisation: str) -> list[str]:
    pattern = re.compile(rf"(^|[^a-z0-9]){re.escape(quantisation)}([-./]|$)", re.IGNORECASE)
    return [name for name in names if pattern.search(name.removesuffix(".gguf"))]


def _listed(repo: str, endpoint: str | None) -> Repository:
    """Blocks."""
    try:
        found = HfApi(endpoint=endpoint).model_info(repo, files_metadata=True, timeout=_SECONDS)
    except HFValidationError as error:
        raise BadRequestError(f"{repo!r} names no repository: {error}", hint="Give OWNER/REPO.") from error
    except (httpx.HTTPError, OfflineModeIsEnabled) as error:
        raise _refusal(repo, error) from error
    except JSONDecodeError as error:
        raise UnavailableError(
            f"{endpoint or 'The hub'} does not answer as a hub does.",
            hint="Check the network for a sign-in page, and HF_ENDPOINT.",
        ) from error
    files = [_remote_file(repo, found.sha or "main", file) for file in found.siblings or []]
    return Repository(
        repo, str(found.card_data.get("license") or "") if found.card_data else "", tuple(filter(None, files))
    )


def _remote_file(repo: str, revision: str, file: RepoSibling) -> RemoteFile | None:
    """None for a file without a checksum, or one that would leave the folder that it is joined to."""
    if not _stays_inside(file.rfilename):
        return None
    if file.lfs:
        return RemoteFile(repo, revision, file.rfilename, file.lfs.size, file.lfs.sha256)
    if file.size is None or not file.blob_id:
        return None
    return RemoteFile(repo, revision, file.rfilename, file.size, file.blob_id)


def _stays_inside(name: str) -> bool:
    """Whether a path that a hub gave stays below the folder that it is joined to."""
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts


async def _fetch(file: RemoteFile, path: Path, endpoint: str | None, progress: Callable[[int], None]) -> None:
    """Bring one file to `path`, by way of a file beside it that an interrupted call leaves to the next."""
    if await asyncio.to_thread(_is_here, file, path):
        progress(file.size)
        return
    partial = path.with_name(f"{path.name}.{file.checksum[:12]}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("ab") as target:
            fcntl.flock(target, fcntl.LOCK_EX | fcntl.LOCK_NB)
            room = shutil.disk_usage(path.parent).free + target.tell()
            if room < file.size:
                raise StorageError(
                    f"{file.name} needs {file.size / 1e9:.1f} GB, and {room / 1e9:.1f} GB are free.",
                    hint=f"Make room on the disk of {path.parent}, or take a smaller quantisation.",
                )
            await _receive(file, target, endpoint, progress)
            os.fsync(target.fileno())
            if not await asyncio.to_thread(file.has_content_of, partial):
                partial.unlink()
                raise UnavailableError(
                    f"What arrived of {file.name} does not have the checksum that the hub tells, and was removed.",
                    hint="Run the same command again.",
                )
            partial.replace(path)
    except BlockingIOError as error:
        raise UnavailableError(f"{file.name} is being pulled already.", hint="Wait for that.") from error
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise StorageError(
            f"{path} cannot be written: {error.strerror or error}.",
            hint="Make room and run the same command again." if full else "Check the folder's permissions.",
        ) from error


def _is_here(file: RemoteFile, path: Path) -> bool:
    """Whether a file is complete; what is large is taken for it by its size. Blocks."""
    if not path.is_file() or path.stat().st_size != file.size:
        return False
    return file.size > _READ_AGAIN or file.has_content_of(path)


async def _receive(
    file: RemoteFile, target: BinaryIO, endpoint: str | None, progress: Callable[[int], None]
) -> None:
    """Add to `target` what it lacks. A connection that breaks is made anew as long as each brings something."""
    if target.tell() > file.size:
        target.truncate(0)
    async with get_async_session() as client:
        while (before := target.seek(0, os.SEEK_END)) < file.size:
            try:
                await _stream(client, file, target, endpoint, progress)
            except (httpx.TransportError, OfflineModeIsEnabled) as error:
                if target.tell() <= before:
                    raise _refusal(file.repo, error) from error
                await asyncio.sleep(_PAUSE_SECONDS)
            except httpx.HTTPStatusError as error:
                raise _refusal(file.repo, error) from error


async def _stream(
    client: httpx.AsyncClient,
    file: RemoteFile,
    target: BinaryIO,
    endpoint: str | None,
    progress: Callable[[int], None],
) -> None:
    url = hf_hub_url(file.repo, file.name, revision=file.revision, endpoint=endpoint)
    headers = {"Accept-Encoding": "identity", "Range": f"bytes={target.tell()}-"}
    if token := get_token():  # the client drops it when it is sent on to another host
        headers["Authorization"] = f"Bearer {token}"
    async with client.stream("GET", url, headers=headers, timeout=_SECONDS) as response:
        response.raise_for_status()
        if response.status_code != HTTPStatus.PARTIAL_CONTENT:  # the whole file again
            target.seek(0)
            target.truncate()
        async for chunk in response.aiter_raw():
            target.write(chunk)
            target.flush()
            progress(target.tell())
        if target.tell() < file.size:
            raise httpx.RemoteProtocolError("the connection ended before the file")


def _refusal(repo: str, error: Exception) -> WellreadError:
    """What went wrong on the way to a hub, in this program's words."""
    if isinstance(error, GatedRepoError):
        return BadRequestError(
            f"{repo} asks for consent to its terms.",
            hint="Agree on the repository's page, and set HF_TOKEN to a token of your account.",
        )
    if not isinstance(error, HfHubHTTPError | httpx.HTTPStatusError):
        return UnavailableError(
            f"The hub cannot be reached: {error or type(error).__name__}.",
            hint="Check the network (HF_ENDPOINT, HF_HUB_OFFLINE); what has arrived is kept for the next try.",
        )
    status = error.response.status_code
    if isinstance(error, RepositoryNotFoundError) or status == HTTPStatus.NOT_FOUND:
        return NotFoundError(
            f"The hub has no repository {repo}, or not for everybody.",
            hint="Check the spelling; for a private one set HF_TOKEN.",
        )
    return UnavailableError(
        f"The hub refused {repo} with status {status}.", hint="Try again later; what has arrived is kept."
    )
