"""A talk of so many chapters that the reader shows it in parts."""

from pathlib import Path

CHAPTERS, CUES, SECONDS = 40, 20, 5


def write_long_talk(folder: Path) -> Path:
    """Its transcript, beside which its chapters are. Each cue tells its chapter and its number: "Cue 7-3 says"."""
    cues, chapters = ["WEBVTT"], ["WEBVTT"]
    for chapter in range(CHAPTERS):
        begins = chapter * CUES * SECONDS
        for number in range(CUES):
            at = begins + number * SECONDS
            said = (
                f"Cue {chapter}-{number} says that a queue is drained before a release is built by anybody."
            )
            cues.append(f"{_clock(at)} --> {_clock(at + SECONDS)}\n<v Ann>{said}")
        chapters.append(
            f"{_clock(begins)} --> {_clock(begins + CUES * SECONDS)}\nChapter {chapter} of the talk"
        )
    paths = [folder / "long-talk.vtt", folder / "long-talk.chapters.vtt"]
    for path, blocks in zip(paths, (cues, chapters), strict=True):
        path.write_text("\n\n".join(blocks) + "\n", encoding="utf-8")
    return paths[0]


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.000"
