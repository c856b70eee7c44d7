"""The reader of transcripts: WebVTT, SubRip and JSON beside a video or recording, or alone."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from wellread.content import Block, BlockKind, Metadata, ProductKind, TimeOrigin
from wellread.errors import UnreadableError
from wellread.formats import file_title
from wellread.formats.document import Document, Source
from wellread.formats.transcript import speaker_turns
from wellread.formats.transcript.captions import Captions, is_webvtt, parse_srt, parse_webvtt
from wellread.formats.transcript.chapters import chapters_of_track, contents, is_chapters_track
from wellread.formats.transcript.introduction import INTRODUCTION_WORDS, introduction
from wellread.formats.transcript.json_segments import looks_like_transcript, parse_json
from wellread.text.encoding import decode

VIDEO_SUFFIXES = frozenset({".mp4", ".m4v", ".mkv", ".webm", ".mov", ".avi"})

_METADATA_CUE = re.compile(
    r"\{.*\}|\[\s*[\[{\"].*\]|\S+#xywh=\S+|\S+\.(?:jpe?g|png|webp|gif)\S*|[\w+/=]{80,}", re.S
)

_NOBODY = re.compile(
    r"(?:speaker|person|guest|host|narrator|interviewer|voice|man|woman|all|both)[\s_-]*\w{0,3}", re.I
)


class TranscriptReader:
    """Speech with times. A block is a speaker's turn or a part of it of up to 60 words, at sentence ends."""

    name: ClassVar[str] = "transcript"
    version: ClassVar[int] = 2
    suffixes: ClassVar[frozenset[str]] = frozenset({".vtt", ".srt", ".json"})

    def accepts(self, path: Path, head: bytes) -> bool:
        suffix = path.suffix.lower()
        if suffix == ".json":
            return looks_like_transcript(head)
        return suffix in self.suffixes and not path.is_dir()

    def read(self, source: Source) -> Document:
        captions, guess = _parsed(source.path)
        _refuse_other_tracks(captions, source.path)
        warnings = [guess]
        chapters = captions.chapters
        if "chapters" in source.companions:
            try:
                track, guess = _parsed(source.companions["chapters"])
                warnings.append(guess)
                chapters = track.chapters or chapters_of_track(track)
            except UnreadableError as error:
                warnings.append(f"The chapters file was left out: {error.message}")
        cues, wrong = speaker_turns.in_time(captions.cues)
        cues = speaker_turns.named(speaker_turns.unrolled(cues))
        spoken = speaker_turns.stretches(cues, sorted(chapter.start_ms for chapter in chapters))
        if captions.skipped:
            warnings.append(_counted(captions.skipped, "caption", "could not be read and was left out"))
        if wrong:
            warnings.append(_counted(wrong, "caption", "had an impossible time, which was put right"))
        blocks = tuple(
            Block(
                BlockKind.CUE,
                stretch.text,
                TimeOrigin(stretch.start_ms, stretch.end_ms, stretch.speaker, stretch.cues),
            )
            for stretch in spoken
        )
        return Document(
            _metadata(source, captions, spoken),
            blocks,
            contents(spoken, chapters),
            tuple(filter(None, warnings)),
        )


def _parsed(path: Path) -> tuple[Captions, str]:
    """What the file holds, and the warning if its encoding was guessed."""
    text, guess = decode(path.read_bytes(), path.name)
    if not text.strip():
        raise UnreadableError(
            f"{path.name} is empty.", hint="Export the captions again, and add the new file."
        )
    try:
        if path.suffix.lower() == ".json":
            return parse_json(text), guess
        webvtt = path.suffix.lower() == ".vtt" or is_webvtt(text)
        return parse_webvtt(text) if webvtt else parse_srt(text), guess
    except UnreadableError as error:
        raise UnreadableError(f"{path.name} cannot be read. {error.message}", hint=error.hint) from error


def _refuse_other_tracks(captions: Captions, path: Path) -> None:
    if not captions.cues:
        reason = "its captions have no times that can be read" if captions.skipped else "it holds no captions"
        raise UnreadableError(
            f"{path.name} gives no text: {reason}.", hint="Export the captions again as WebVTT or SubRip."
        )
    if captions.cues and is_chapters_track(captions):
        raise UnreadableError(
            f"{path.name} holds the titles of chapters and no speech.",
            hint="Name it like the transcript with .chapters.vtt at the end, and add the transcript.",
        )
    pictures = sum(bool(_METADATA_CUE.fullmatch(cue.text.strip())) for cue in captions.cues)
    if captions.kind == "metadata" or pictures * 10 >= len(captions.cues) * 9:
        raise UnreadableError(
            f"{path.name} holds metadata for a player and no speech.", hint="Add the captions track instead."
        )


def _metadata(source: Source, captions: Captions, spoken: Sequence[speaker_turns.Stretch]) -> Metadata:
    name = file_title.readable(source.path.stem, numbered=True)
    media = source.companions.get("media")
    is_video = media is not None and media.suffix.lower() in VIDEO_SUFFIXES
    told = introduction(" ".join(stretch.text for stretch in spoken[:INTRODUCTION_WORDS]))
    speakers = dict.fromkeys(stretch.speaker for stretch in spoken if stretch.speaker)
    others = dict.fromkeys((*(one for one in speakers if not _NOBODY.fullmatch(one)), told.host))
    return Metadata(
        captions.title or name.title,
        ProductKind.VIDEO if is_video else ProductKind.RECORDING,
        authors=told.guests,
        contributors=tuple(other for other in others if other and other not in told.guests),
        date=told.date,
        language=captions.language or name.language,
        series=told.show,
        series_index=name.number or told.episode,
    )


def _counted(count: int, noun: str, what: str) -> str:
    if count == 1:
        return f"1 {noun} {what}."
    return f"{count} {noun}s {what.replace('was', 'were')}."
