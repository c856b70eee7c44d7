"""A response that is sent in full only to whoever does not have it yet."""

from fastapi import Response


def tagged(content: bytes, media_type: str, tag: str, if_none_match: str, **headers: str) -> Response:
    """304 for one of those tags (`If-None-Match`). It is asked about again each time."""
    named = {"ETag": f'"{tag}"', "Cache-Control": "private, no-cache", **headers}
    if f'"{tag}"' in (part.strip().removeprefix("W/") for part in if_none_match.split(",")):
        return Response(status_code=304, headers=named)
    return Response(content, media_type=media_type, headers=named)
