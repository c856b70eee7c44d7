"""The page's own files: style sheets, scripts, pictures. Their address has a digest of them all, so they are kept for
good by a browser and fetched anew after an upgrade; scripts import each other by relative addresses."""

import gzip
import hashlib
from functools import cache
from importlib.resources import files
from mimetypes import guess_type
from pathlib import Path

from fastapi import APIRouter, Request, Response

from wellread.errors import NotFoundError

FOLDER = Path(str(files("wellread.web") / "static"))
router = APIRouter(include_in_schema=False)
_KEPT = "public, max-age=31536000, immutable"
_SMALL = 1000  # bytes below which packing gains nothing
_PACKED = (".css", ".js", ".svg")


@cache
def version() -> str:
    """A digest of all files."""
    digest = hashlib.sha256()
    for path in sorted(FOLDER.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(FOLDER).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def address(path: str) -> str:
    """Where a browser finds a file of the folder."""
    return f"/static/{version()}/{path}"


def text_of(path: str) -> str:
    """A file of the folder, for a page that is to need no other."""
    return (FOLDER / path).read_text(encoding="utf-8")


@router.get("/static/{digest}/{path:path}")
def get_static(digest: str, path: str, request: Request) -> Response:
    """A file of the page's. Those of another version are not kept by the browser."""
    found = _file(path)
    if found is None:
        raise NotFoundError(f"There is no {path!r} here.", hint="Load the page again.")
    plain, packed, media_type = found
    headers = {"Cache-Control": _KEPT if digest == version() else "no-cache", "Vary": "Accept-Encoding"}
    if packed and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(packed, media_type=media_type, headers={**headers, "Content-Encoding": "gzip"})
    return Response(plain, media_type=media_type, headers=headers)


@cache
def _files() -> dict[str, Path]:
    return {path.relative_to(FOLDER).as_posix(): path for path in FOLDER.rglob("*") if path.is_file()}


def _file(path: str) -> tuple[bytes, bytes, str] | None:
    """Its bytes, the same packed (b"" where that gains nothing), and its type."""
    return _read(path) if path in _files() else None


@cache
def _read(path: str) -> tuple[bytes, bytes, str]:
    plain = _files()[path].read_bytes()
    worth = path.endswith(_PACKED) and len(plain) > _SMALL
    media_type = (
        "text/javascript" if path.endswith(".js") else guess_type(path)[0] or "application/octet-stream"
    )
    return plain, gzip.compress(plain, mtime=0) if worth else b"", media_type
