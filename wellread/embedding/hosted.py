"""Vectors from a provider over HTTP, as OpenAI gives them: https://platform.openai.com/docs/api-reference/embeddings."""

import contextlib
import json
import math
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from wellread.embedding.endpoint import EmbeddingEndpoint
from wellread.errors import UnavailableError
from wellread.index.fragmentation import encodable
from wellread.index.passages import Vectors
from wellread.text.characters import harmless

_FILE = "hosted-embedders.json"  # how many numbers a vector of each has
_CHARACTERS = 8_000  # of a text; the models read some 8,000 tokens, and refuse what is longer
_SECONDS = 60.0  # for a batch
_QUESTION_SECONDS = 5.0  # somebody waits
_REST = 30.0  # seconds after a failure in which questions are searched by keyword at once
_LONGEST_PAUSE = 30.0  # seconds between two tries
_LARGEST = 65_536  # numbers in a vector that is believed
_BUSY = (408, 409, 425, 429, 500, 502, 503, 504, 529)


class HostedEmbedder:
    """A model of a provider. Every call raises UnavailableError when no vectors come of it, after `tries` for passages
    and one for a question; several threads may call at once.

    How many numbers a vector has is asked once, and kept in the folder `cache`. `pause` and `clock` are of `time`.
    """

    calls_at_once = 4
    texts_a_call = 64

    def __init__(
        self,
        endpoint: EmbeddingEndpoint,
        cache: Path,
        *,
        tries: int = 3,
        pause: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = endpoint.name
        self._endpoint = endpoint
        self._file = cache / _FILE
        self._tries = tries
        self._pause = pause
        self._clock = clock
        self._rests_until = -math.inf
        self._opening = threading.Lock()
        self._client: httpx.Client | None = None
        self.dimensions = self._kept().get(self._key, 0)

    def check(self) -> None:
        """Asks the provider only when it never answered before: without a network, what is there stays of use."""
        if self._endpoint.needs_key and not self._endpoint.key:
            raise UnavailableError(
                f"There is no key for the embedder {self.name}, so only keyword search works.",
                hint="Set OPENAI_API_KEY in the environment, or give the key to `wellread setup`.",
            )
        if not self.dimensions:
            self.dimensions = len(self._ask(["dimensions"], _QUESTION_SECONDS)[0])
            self._keep()

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        made = [
            self._tried(texts[start : start + self.texts_a_call])
            for start in range(0, len(texts), self.texts_a_call)
        ]
        return np.concatenate(made) if made else np.zeros((0, self.dimensions), np.float32)

    def embed_questions(self, texts: Sequence[str]) -> Vectors:
        if self._clock() < self._rests_until:
            raise UnavailableError(f"{self.name} did not answer a moment ago.")
        try:
            return self._checked(self._ask(texts, _QUESTION_SECONDS))
        except UnavailableError:
            self._rests_until = self._clock() + _REST
            raise

    def fragmentation(self, text: str) -> float:  # noqa: ARG002 - see Embedder
        """0: these models were taught many languages."""
        return 0.0

    def _tried(self, texts: Sequence[str]) -> Vectors:
        for attempt in range(1, self._tries + 1):
            try:
                return self._checked(self._ask(texts, _SECONDS))
            except _BusyError as error:
                if attempt == self._tries:
                    raise
                self._pause(min(error.after or 2.0**attempt / 2, _LONGEST_PAUSE))
        raise AssertionError("no try")

    def _checked(self, rows: list[list[float]]) -> Vectors:
        """As vectors of unit length."""
        if {len(row) for row in rows} - {self.dimensions}:
            raise self._wrong(f"vectors of {len(rows[0])} numbers in place of {self.dimensions}")
        with np.errstate(over="ignore"):  # what is too large is infinite then, and refused
            vectors = np.array(rows).astype(np.float32)
            lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not np.isfinite(lengths).all() or not lengths.all():
            raise self._wrong("a vector that has no direction")
        unit: Vectors = vectors / lengths
        return unit

    def _ask(self, texts: Sequence[str], seconds: float) -> list[list[float]]:
        endpoint = self._endpoint
        # Nothing to read is refused by some.
        inputs = [encodable(text)[:_CHARACTERS].strip() or "-" for text in texts]
        try:
            response = self._opened().post(
                f"{endpoint.url}/embeddings",
                json={"model": endpoint.model, "input": inputs, "encoding_format": "float"},
                timeout=seconds,
            )
        except httpx.TransportError as error:
            raise _BusyError(f"No answer from {endpoint.shown}: {type(error).__name__}.") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._wrong(f"no answer ({type(error).__name__})") from error
        if response.status_code in _BUSY:
            raise _BusyError(self._said(response), _after(response))
        if response.status_code in (401, 403):
            raise UnavailableError(
                f"{endpoint.shown} refused the key for {self.name}.",
                hint="`wellread setup` takes another one.",
            )
        if not response.is_success:
            raise UnavailableError(
                self._said(response), hint="Look at the setting embedder, and at the model's name."
            )
        try:
            return _vectors(response.json(), len(texts))
        except (ValueError, TypeError, KeyError, LookupError, AttributeError, OverflowError) as error:
            raise self._wrong(str(error) if type(error) is ValueError else "something else") from error

    def _opened(self) -> httpx.Client:
        with self._opening:
            if self._client is None:
                headers = {"Authorization": f"Bearer {self._endpoint.key}"} if self._endpoint.key else {}
                self._client = httpx.Client(headers=headers)
            return self._client

    def _wrong(self, what: str) -> UnavailableError:
        return UnavailableError(
            f"{self.name} at {self._endpoint.shown} gave {what}.",
            hint="Look at the setting embedder: is this a model that makes vectors?",
        )

    def _said(self, response: httpx.Response) -> str:
        """What a provider answered, without the key, which some repeat."""
        text = harmless(" ".join(response.text.split()))
        if self._endpoint.key:
            text = text.replace(self._endpoint.key, "…")
        return f"{self._endpoint.shown} answered {response.status_code} for {self.name}: {text[:200]}"

    @property
    def _key(self) -> str:
        return f"{self.name} at {self._endpoint.shown}"

    def _kept(self) -> dict[str, int]:
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))
            return {
                name: number
                for name, number in found.items()
                if type(number) is int and 0 < number <= _LARGEST
            }
        except (OSError, ValueError, AttributeError, RecursionError):
            return {}

    def _keep(self) -> None:
        """Where nothing can be written, it is asked again another time."""
        partial = self._file.with_name(f".{uuid.uuid4().hex}.partial")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            partial.write_text(json.dumps(self._kept() | {self._key: self.dimensions}), encoding="utf-8")
            partial.replace(self._file)
        except OSError:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)


class _BusyError(UnavailableError):
    """It may answer another time; `after` so many seconds, when it said so."""

    def __init__(self, message: str, after: float = 0.0) -> None:
        super().__init__(
            f"{message} The passages wait; keyword search has them.", hint="`wellread embed` tries again."
        )
        self.after = after


def _after(response: httpx.Response) -> float:
    try:
        seconds = float(response.headers.get("retry-after", ""))
    except ValueError:
        return 0.0
    return seconds if 0 < seconds < math.inf else 0.0


def _vectors(answer: Any, texts: int) -> list[list[float]]:
    """The rows of an answer in the order of the texts. Raises ValueError, TypeError, KeyError."""
    rows = sorted(answer["data"], key=lambda row: row["index"])
    if [row["index"] for row in rows] != list(range(texts)):
        raise ValueError(f"{len(rows)} vectors for {texts} texts")
    found = [[float(number) for number in row["embedding"]] for row in rows]
    if not found[0] or len(found[0]) > _LARGEST:
        raise ValueError("a vector without numbers")
    return found
