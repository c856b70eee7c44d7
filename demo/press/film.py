"""A recorded talk as an MP4 that browsers play and seek in: still slides, speech, chapters, metadata."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from press.recording import Recording, Shot, milliseconds
from press.slides import HEIGHT, WIDTH, draw_slide, draw_title_card
from press.source import Metadata
from press.speech import RATE
from press.talk import Talk

FRAMES_PER_SECOND = 2
SOUND_BITS = "28k"
# A key frame comes with each slide; and every two minutes, for a slide that stays longer.
LONGEST_GROUP = 120 * FRAMES_PER_SECOND


def write_film(talk: Talk, recording: Recording, path: Path) -> None:
    """Draw the slides and encode the film to `path`, the same bytes for the same talk and tools."""
    with TemporaryDirectory() as folder:
        sound = Path(folder) / "sound.raw"
        sound.write_bytes(recording.samples.tobytes())
        described = Path(folder) / "metadata.txt"
        described.write_text(_described(talk.metadata, recording), "utf-8")
        command = [*_inputs(sound, described), *_outputs(recording.shots), str(path)]
        with subprocess.Popen(command, stdin=subprocess.PIPE) as encoder:
            assert encoder.stdin
            for frame in _frames(talk, recording.shots):
                encoder.stdin.write(frame)
        if encoder.returncode:
            raise subprocess.CalledProcessError(encoder.returncode, command)


def sidecar(metadata: Metadata) -> str:
    """Give the TOML file beside the film, from which a library learns what the film itself cannot say."""
    fields = {
        "title": metadata.title,
        "subtitle": metadata.subtitle,
        "authors": metadata.authors,
        "product_id": metadata.slug,
        "kind": "video",
        "publisher": metadata.publisher,
        "date": metadata.date.isoformat(),
        "language": metadata.language,
        "description": metadata.description,
        "topics": metadata.topics,
        "identifiers": [metadata.identifier],
        "rights": metadata.rights,
    }
    # JSON's strings and lists of strings are TOML's too.
    return "".join(f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in fields.items())


def _inputs(sound: Path, described: Path) -> list[str]:
    pictures = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}"]
    return [
        *("ffmpeg", "-hide_banner", "-loglevel", "error", "-y"),
        *(*pictures, "-r", str(FRAMES_PER_SECOND), "-i", "pipe:0"),
        *("-f", "s16le", "-ar", str(RATE), "-ac", "1", "-i", str(sound)),
        *("-f", "ffmetadata", "-i", str(described)),
    ]


def _outputs(shots: list[Shot]) -> list[str]:
    starts = [sum(shot.frames for shot in shots[:number]) / FRAMES_PER_SECOND for number in range(len(shots))]
    picture = ["-c:v", "libx264", "-preset", "slow", "-tune", "stillimage", "-crf", "26"]
    groups = ["-g", str(LONGEST_GROUP), "-force_key_frames", ",".join(map(str, starts))]
    # Browsers want 4:2:0; the colours are converted to, and marked as, those of high definition.
    colour = ["-vf", "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p"]
    for name in ("-colorspace", "-color_primaries", "-color_trc"):
        colour += [name, "bt709"]
    exact = ["-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact"]
    return [
        *("-map", "0:v", "-map", "1:a", "-map_metadata", "2", "-map_chapters", "2"),
        *(*picture, *groups, *colour),
        *("-c:a", "aac", "-b:a", SOUND_BITS, "-metadata:s:a:0", "language=eng"),
        *(*exact, "-movflags", "+faststart"),
    ]


def _frames(talk: Talk, shots: list[Shot]) -> Iterator[bytes]:
    for shot in shots:
        if shot.chapter:
            chapter = talk.chapters[shot.chapter - 1].title
            image = draw_slide(talk.metadata.title, chapter, shot.slide, shot.chapter, len(talk.chapters))
        else:
            image = draw_title_card(talk.metadata)
        frame = image.tobytes()
        for _ in range(shot.frames):
            yield frame


def _described(metadata: Metadata, recording: Recording) -> str:
    """Give the film's own metadata and chapters in the format of ffmpeg."""
    fields = {
        "title": f"{metadata.title}: {metadata.subtitle}" if metadata.subtitle else metadata.title,
        "artist": ", ".join(metadata.authors),
        "date": metadata.date.isoformat(),
        "description": metadata.description,
        "copyright": metadata.rights,
    }
    lines = [";FFMETADATA1", *(f"{name}={_escaped(value)}" for name, value in fields.items())]
    for mark in recording.marks:
        times = f"START={milliseconds(mark.start)}\nEND={milliseconds(mark.end)}"
        lines.append(f"[CHAPTER]\nTIMEBASE=1/1000\n{times}\ntitle={_escaped(mark.title)}")
    return "\n".join(lines) + "\n"


def _escaped(value: str) -> str:
    return "".join(f"\\{char}" if char in "=;#\\\n" else char for char in value)
