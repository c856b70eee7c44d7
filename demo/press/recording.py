"""A talk as recorded: its sound, the times of its captions, and what is on the screen when."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

from press.speech import RATE, VOICES, silence, speak
from press.talk import Scene, Slide, Talk, cue_texts

FRAME = RATE // 2  # samples to a frame of the film, which has two a second
TITLE_CARD, BEFORE_SCENE, AFTER_CLAUSE, AFTER_SENTENCE, AFTER_TURN, THE_END = 3.0, 0.6, 0.15, 0.35, 0.7, 2.0


@dataclass(frozen=True)
class Cue:
    """A caption. `start` and `end` count samples from the film's start."""

    start: int
    end: int
    voice: str
    text: str


@dataclass(frozen=True)
class Shot:
    """A slide on the screen for so many frames; without a chapter (counted from 1), the title card."""

    slide: Slide
    chapter: int
    frames: int


@dataclass(frozen=True)
class Mark:
    """A chapter's title and its first and last sample."""

    title: str
    start: int
    end: int


@dataclass
class Recording:
    """A talk's sound, always a whole number of frames long, with all that happens in it."""

    samples: "array[int]" = field(default_factory=lambda: array("h"))
    cues: list[Cue] = field(default_factory=list)
    shots: list[Shot] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)


def record(talk: Talk) -> Recording:
    """Speak the whole talk. A caption's times are those of the very sound it stands for."""
    recording = Recording()
    recording.samples += silence(TITLE_CARD)
    _end_shot(recording, Slide(talk.metadata.title), 0)
    for number, chapter in enumerate(talk.chapters, 1):
        # The title card belongs to the first chapter: no moment of the film is outside of all.
        start = len(recording.samples) if recording.marks else 0
        for scene in chapter.scenes:
            recording.samples += silence(BEFORE_SCENE)
            _speak_scene(recording, scene)
            if chapter is talk.chapters[-1] and scene is chapter.scenes[-1]:
                recording.samples += silence(THE_END)
            _end_shot(recording, scene.slide, number)
        recording.marks.append(Mark(chapter.title, start, len(recording.samples)))
    return recording


def webvtt(recording: Recording) -> str:
    """Give the captions as WebVTT, each with the voice that speaks it."""
    cues = ((cue.start, cue.end, f"<v {cue.voice}>{_escaped(cue.text)}") for cue in recording.cues)
    return "".join(("WEBVTT\n", *_numbered(cues)))


def webvtt_chapters(recording: Recording) -> str:
    """Give the chapters as WebVTT, as a track of the kind `chapters` has them."""
    marks = ((mark.start, mark.end, _escaped(mark.title)) for mark in recording.marks)
    return "".join(("WEBVTT\n", *_numbered(marks)))


def milliseconds(samples: int) -> int:
    """Give the time of a sample."""
    return round(samples * 1000 / RATE)


def _speak_scene(recording: Recording, scene: Scene) -> None:
    for turn in scene.turns:
        pause = 0.0
        for text in cue_texts(turn):
            recording.samples += silence(pause)
            start = len(recording.samples)
            recording.samples += speak(text, VOICES[turn.voice])
            recording.cues.append(Cue(start, len(recording.samples), turn.voice, text))
            pause = AFTER_CLAUSE if text[-1] in ",;:—" else AFTER_SENTENCE
        recording.samples += silence(AFTER_TURN)


def _end_shot(recording: Recording, slide: Slide, chapter: int) -> None:
    """Fill the sound up to a whole frame, so that the next slide comes exactly with its sound."""
    recording.samples += array("h", bytes(2 * (-len(recording.samples) % FRAME)))
    frames = len(recording.samples) // FRAME - sum(shot.frames for shot in recording.shots)
    recording.shots.append(Shot(slide, chapter, frames))


def _numbered(cues: Iterator[tuple[int, int, str]]) -> Iterator[str]:
    for number, (start, end, text) in enumerate(cues, 1):
        yield f"\n{number}\n{_clock(start)} --> {_clock(end)}\n{text}\n"


def _clock(samples: int) -> str:
    seconds, thousandths = divmod(milliseconds(samples), 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{thousandths:03}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
