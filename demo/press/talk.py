"""A talk as written: chapters of scenes, each a slide with what is said while it is shown."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from press.source import Metadata, SourceError, metadata_from, split_front_matter

BLOCK = re.compile(r"^## (?P<chapter>.+)$|^```slide\n(?P<slide>(?s:.*?))^```$", re.MULTILINE)
TURN = re.compile(r"\*\*(Host|Speaker):\*\*\s+(.+)", re.DOTALL)
EMPHASIS = re.compile(r"(\*\*|\*|`)(.+?)\1")
# A sentence ends at its mark with any closing quotation mark, before the capital that begins the next.
SENTENCE_END = re.compile(r"(?<=[.?!])\s+(?=[\"'“‘]?[A-Z])|(?<=[.?!][\"'”’])\s+(?=[\"'“‘]?[A-Z])")
# Two lines of a caption; a longer sentence is shown, and spoken, in pieces that end at a mark.
CUE_LENGTH = 84
CLAUSE_END = re.compile(r"(?<=[,;:])\s+|(?<=—)")


@dataclass(frozen=True)
class Slide:
    """What is on the screen. `title` is empty where there is only the chapter's own title to show."""

    title: str
    bullets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Turn:
    """What one voice says in one go."""

    voice: str
    text: str


@dataclass
class Scene:
    """A slide, and the turns during which it is shown."""

    slide: Slide
    turns: list[Turn] = field(default_factory=list)


@dataclass
class TalkChapter:
    """Scenes under a title; a chapter whose speech begins before its first slide shows its title."""

    title: str
    scenes: list[Scene] = field(default_factory=list)


@dataclass(frozen=True)
class Talk:
    """A whole talk, in order."""

    metadata: Metadata
    chapters: tuple[TalkChapter, ...]


def read_talk(path: Path) -> Talk:
    """Read a talk. Raises SourceError for speech before the first chapter or without a voice."""
    fields, text = split_front_matter(path.read_text("utf-8"))
    chapters: list[TalkChapter] = []
    end = 0
    for block in BLOCK.finditer(text):
        _speak(chapters, text[end : block.start()])
        end = block.end()
        if block["chapter"]:
            chapters.append(TalkChapter(block["chapter"].strip()))
        else:
            _current(chapters).scenes.append(Scene(_slide(block["slide"])))
    _speak(chapters, text[end:])
    return Talk(metadata_from(fields), tuple(chapters))


def cue_texts(turn: Turn) -> Iterator[str]:
    """Part what is said into sentences, and long sentences into clauses, each the text of one caption."""
    for sentence in SENTENCE_END.split(turn.text):
        yield from _halves(sentence)


def _speak(chapters: list[TalkChapter], text: str) -> None:
    for paragraph in filter(None, (each.strip() for each in re.split(r"\n\s*\n", text))):
        chapter = _current(chapters)
        if not chapter.scenes:
            chapter.scenes.append(Scene(Slide("")))
        turns = chapter.scenes[-1].turns
        match = TURN.fullmatch(paragraph)
        if not match and not turns:
            raise SourceError(f"{chapter.title}: nobody says {paragraph[:60]!r}")
        voice, words = (match[1], match[2]) if match else (turns[-1].voice, paragraph)
        turns.append(Turn(voice, " ".join(EMPHASIS.sub(r"\2", words).split())))


def _current(chapters: list[TalkChapter]) -> TalkChapter:
    if not chapters:
        raise SourceError("the talk begins without a chapter (`## …`)")
    return chapters[-1]


def _slide(text: str) -> Slide:
    title, *rest = (line.strip() for line in text.strip().splitlines())
    return Slide(title, tuple(line.removeprefix("- ") for line in rest if line))


def _halves(text: str) -> Iterator[str]:
    """Part a text longer than a caption at the clause's end nearest to its middle, as often as needed."""
    ends = [match for match in CLAUSE_END.finditer(text) if 20 < match.start() < len(text) - 20]
    if len(text) <= CUE_LENGTH or not ends:
        yield text
        return
    end = min(ends, key=lambda match: abs(match.start() - len(text) / 2))
    yield from _halves(text[: end.start()])
    yield from _halves(text[end.end() :])
