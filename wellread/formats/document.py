"""What a reader is, and what it gives: a Document, after which no more input is needed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, NamedTuple, Protocol

from wellread.content import Block, Metadata, SectionRole


@dataclass(frozen=True, slots=True)
class Source:
    """The files one product is read from.

    `path` is the file (or folder) that holds the text; `companions` are files beside it by role: "sidecar"
    (metadata, TOML), "media" (the video or audio of a transcript), "chapters" (a WebVTT chapters track).
    """

    path: Path
    companions: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ContentsEntry:
    """A line of the table of contents. `block` is the index in `Document.blocks` at which its section begins.

    `depth` counts from 0. Entries come in reading order; several may begin at the same block (a part and its
    first chapter), the outer one first.
    """

    title: str
    depth: int
    block: int
    role: SectionRole = SectionRole.BODY


class InnerLink(NamedTuple):
    """A link in the text of a block, from `start` to `end` of it, to the block with the number `block`."""

    start: int
    end: int
    block: int


@dataclass(frozen=True, slots=True)
class Document:
    """A product's metadata, its blocks in reading order, and its table of contents.

    `warnings` tells the user what could not be read and was left out, one sentence each. `links` are those within the
    document, by the number of the block in which they stand, in the order of the text.
    """

    metadata: Metadata
    blocks: tuple[Block, ...]
    contents: tuple[ContentsEntry, ...]
    warnings: tuple[str, ...] = ()
    links: Mapping[int, tuple[InnerLink, ...]] = field(default_factory=dict)


class Reader(Protocol):
    """Turns files of one format into a Document. Found through the entry point group `wellread.readers`.

    A reader takes no arguments, keeps no state, needs no network and logs nothing. It runs in a worker process
    with limits on time and memory. It raises UnreadableError, with a hint, for a file that it cannot read.
    """

    name: ClassVar[str]
    version: ClassVar[int]  # raised whenever the same file would give other blocks
    suffixes: ClassVar[frozenset[str]]  # lower case, with the dot

    def accepts(self, path: Path, head: bytes) -> bool:
        """Whether this reader reads `path` (a folder has an empty `head`); `head` is its first 4,096 bytes."""
        ...

    def read(self, source: Source) -> Document: ...
