"""Models that Wellread offers to download: which, what for, and from where.

What is said of size here is only to choose by. Size, licence and checksums are asked of the hub before each download,
and what it says then is what the reader agrees to (`inspect`).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from wellread.errors import NotFoundError
from wellread.models import gguf
from wellread.models.pull import (
    SHA256_DIGITS,
    RemoteFile,
    Report,
    Repository,
    chosen,
    pull_folder,
    repository,
)
from wellread.models.pull_classifier import classifier_of

OfferKind = Literal["writer", "embedder", "judge"]

# Of a sentence-transformers repository what an ONNX model needs to be run.
_ONNX = (
    "onnx/model.onnx",
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
)
_POOLING = "1_Pooling/config.json"
_BESIDE_THE_WEIGHTS = 1_500_000_000  # bytes of memory: context, buffers, cached prompts


@dataclass(frozen=True, slots=True)
class Offer:
    """A model to be had. `files` are those that are needed of an embedder's repository; of a writer it is the GGUF file
    of some four bits, of a judge what `pull_classifier` takes. `billions` of parameters, of a writer."""

    name: str
    kind: OfferKind
    repo: str
    purpose: str
    size: int  # bytes, about
    files: tuple[str, ...] = ()
    billions: float = 0.0

    @property
    def memory(self) -> int:
        """Bytes that it takes when it is at work, about."""
        return self.size + (_BESIDE_THE_WEIGHTS if self.kind == "writer" else 0)

    def folder(self, home: Path) -> Path:
        """Where it lands."""
        name = {"writer": self.repo, "embedder": self.name, "judge": self.repo.partition("/")[2]}[self.kind]
        return home / "models" / name


OFFERS = (
    Offer(
        "writer-1.5b",
        "writer",
        "Qwen/Qwen2.5-1.5B-Instruct-GGUF",
        "Writes answers on any machine: simple sentences, one to three minutes an answer on two cores.",
        1_120_000_000,
        billions=1.5,
    ),
    Offer(
        "writer-7b",
        "writer",
        "Qwen/Qwen2.5-7B-Instruct-GGUF",
        "Writes better, in more languages; for eight cores or more, or a graphics card.",
        4_700_000_000,
        billions=7.6,
    ),
    Offer(
        "writer-14b",
        "writer",
        "Qwen/Qwen2.5-14B-Instruct-GGUF",
        "Writes best of these; for sixteen cores or more, or a graphics card.",
        9_000_000_000,
        billions=14.8,
    ),
    Offer(
        "embedder-multilingual",
        "embedder",
        "intfloat/multilingual-e5-small",
        "Finds a passage in one language by a question in another.",
        490_000_000,
        files=(*_ONNX, _POOLING),
    ),
    Offer(
        "embedder-english",
        "embedder",
        "BAAI/bge-base-en-v1.5",
        "Finds better in English than the embedder that comes with Wellread; vectors take several times as long.",
        436_000_000,
        files=(*_ONNX, _POOLING),
    ),
    Offer(
        "judge",
        "judge",
        "cross-encoder/nli-deberta-v3-xsmall",
        "Judges whether a passage bears a statement, without a language model and without a network.",
        290_000_000,
    ),
)


@dataclass(frozen=True, slots=True)
class OfferedDownload:
    """An offer as the hub has it at one revision: what a reader is asked to agree to."""

    offer: Offer
    licence: str  # "" when the hub states none
    files: Mapping[str, RemoteFile]  # by the names that they get

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files.values())

    @property
    def revision(self) -> str:
        return next(iter(self.files.values())).revision


def offer_named(name: str) -> Offer:
    """Raises NotFoundError."""
    for offer in OFFERS:
        if offer.name == name:
            return offer
    raise NotFoundError(
        f"Nothing is offered as {name!r}.", hint=f"Offered are {', '.join(offer.name for offer in OFFERS)}."
    )


async def inspect(offer: Offer, environment: Mapping[str, str] = os.environ) -> OfferedDownload:
    """What the hub says of it now. Raises NotFoundError when it lacks a file, and as `pull.repository` does."""
    found = await repository(offer.repo, environment)
    return OfferedDownload(offer, found.license, _wanted(offer, found))


async def download(
    wanted: OfferedDownload, home: Path, report: Report, environment: Mapping[str, str] = os.environ
) -> Path:
    """Bring it into the library's folder; gives the GGUF file, or the folder. What is here already is kept, what was
    begun is gone on with. Raises as `pull.pull` does."""
    folder = wanted.offer.folder(home)
    await pull_folder(wanted.files, folder, report, environment)
    return folder / next(iter(wanted.files)) if wanted.offer.kind == "writer" else folder


def is_here(offer: Offer, home: Path) -> bool:
    """Whether all of it has arrived, as far as names tell."""
    folder = offer.folder(home)
    if offer.kind == "writer":
        return any(gguf.is_model(path.name) for path in folder.glob("*.gguf"))
    return all((folder / name).is_file() for name in offer.files or ("model.onnx", "config.json"))


def best_writer(cores: int, memory: int | None) -> Offer:
    """The largest writer that fits into so many bytes of memory and has at most a billion parameters a core: with more
    an answer takes longer than a reader waits. The smallest when none does; memory that is not known is enough."""
    writers = [offer for offer in OFFERS if offer.kind == "writer"]
    fitting = [
        offer for offer in writers if offer.billions <= cores and (memory is None or offer.memory <= memory)
    ]
    return max(fitting or writers[:1], key=lambda offer: offer.billions)


def setting_of(offer: Offer, path: Path) -> tuple[str, str]:
    """The setting, and its value, by which what was downloaded to `path` is used."""
    match offer.kind:
        case "writer":
            return "model", f"local/{path.stem}"
        case "embedder":
            return "embedder", str(path)
        case "judge":
            return "judge", f"onnx:{path.name}"


def checksum_words(file: RemoteFile) -> str:
    """A checksum and its kind."""
    return f"{'SHA-256' if len(file.checksum) == SHA256_DIGITS else 'git SHA-1'} {file.checksum}"


def _wanted(offer: Offer, found: Repository) -> Mapping[str, RemoteFile]:
    match offer.kind:
        case "writer":
            return {file.name: file for file in chosen(found.files)}
        case "judge":
            return classifier_of(found).files
        case "embedder":
            known = {file.name: file for file in found.files}
            if missing := [name for name in offer.files if name not in known]:
                raise NotFoundError(
                    f"{offer.repo} no longer has {', '.join(missing)}.",
                    hint="The repository has changed. Name another model by its folder; docs/models.md says how.",
                )
            return {name: known[name] for name in offer.files}
