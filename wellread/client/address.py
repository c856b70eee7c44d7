"""Which server, as whom, and how long for."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from wellread.errors import BadRequestError

_SILENCE = 45.0  # seconds: three heartbeats of a stream


@dataclass(frozen=True, slots=True)
class Address:
    url: str
    token: str | None
    timeout: float  # seconds for one request
    patience: float  # seconds for which a server that is away is tried again

    def __post_init__(self) -> None:
        """Raises BadRequestError for what no request could be sent with."""
        try:
            parts = urlsplit(self.url)
            valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            valid = False
        if not valid:
            raise BadRequestError(
                f"{self.url!r} is no address of a server.",
                hint="Give it whole, as in http://127.0.0.1:8017.",
            )
        if self.token is not None and not (self.token.isascii() and self.token.isprintable()):
            raise BadRequestError(
                "The token has characters that a header cannot carry.", hint="Copy it anew."
            )

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    @property
    def stream_timeout(self) -> float:
        """A stream that is silent for longer is cut."""
        return max(self.timeout, _SILENCE)
