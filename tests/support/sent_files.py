"""Files sent to a server and imported, as a client of tus does it."""

import base64

TUS = {"Tus-Resumable": "1.0.0"}
BYTES = {**TUS, "Content-Type": "application/offset+octet-stream"}


def named(name):
    return {"Upload-Metadata": f"filename {base64.b64encode(name.encode()).decode()}".strip()}


SOUP = "Soup\n\n" + "A soup is better on the second day, when it has rested. " * 12


def begin(http, name, size, **headers):
    """The place of a new upload."""
    begun = http.post(
        "/api/v1/uploads", headers={**TUS, "Upload-Length": str(size), **named(name), **headers}
    )
    assert begun.status_code == 201, begun.text
    return begun.headers["location"]


def send(http, place, offset, piece):
    return http.patch(place, content=piece, headers={**BYTES, "Upload-Offset": str(offset)})


def upload(http, name, content):
    """The id of an upload that is here in full."""
    place = begin(http, name, len(content))
    assert send(http, place, 0, content).status_code == 204
    return place.rpartition("/")[2]


def import_(http, *uploads, **more):
    begun = http.post("/api/v1/imports", json={"uploads": uploads, **more})
    assert begun.status_code == 201, begun.text
    return begun.headers["location"]
