"""Responses that a browser saves as a file."""

import re
import unicodedata
from urllib.parse import quote

from starlette.responses import Response

from wellread.library.bibliography import line

_LONGEST = 80  # characters of a file's name without its ending
_FORBIDDEN = re.compile(r'[\\/:*?"<>|%.]+')  # by one file system or another, or meaning something there


def download(content: str, media_type: str, title: str, ending: str) -> Response:
    """`content` as a file named after `title` (RFC 6266)."""
    name = _FORBIDDEN.sub(" ", line(title))[:_LONGEST]
    name = " ".join(name.split()) or "wellread"
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().strip() or "wellread"
    disposition = f"attachment; filename=\"{plain}.{ending}\"; filename*=UTF-8''{quote(name)}.{ending}"
    return Response(content, media_type=media_type, headers={"content-disposition": disposition})
