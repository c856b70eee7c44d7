"""What a recording says of itself in its first sentences: show, host, guests, episode and day."""

import json
from pathlib import Path

import pytest
from support.paths import SHARED

from wellread.errors import UnreadableError
from wellread.formats.document import Source
from wellread.formats.sidecar import apply
from wellread.formats.transcript.introduction import Introduction, introduction
from wellread.formats.transcript.reader import TranscriptReader


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Hello and welcome to Kettle Talk, the show about tea. This is your host, Ada Poole. My guest today is "
            "Bo van Dyke, who makes pots. This is Kettle Talk, episode 355, recorded on site in York, May 3rd, 2024.",
            Introduction("Kettle Talk", "355", "2024-05-03", ("Bo van Dyke",), "Ada Poole"),
        ),
        (
            "Why is tea hot? On this episode you'll meet J. R. Marsh and dive into kettles with Cy Young. He's back. "
            "Welcome to Kettle Talk Live. Recorded on the 9 of June 2021.",
            Introduction("Kettle Talk Live", "", "2021-06-09", ("J. R. Marsh", "Cy Young")),
        ),
        (
            "- Dee, welcome back to Kettle Talk. - Thanks. - People can hear your episode 336 on that. "
            "- My name is Dee Lund. I pour.",
            Introduction("Kettle Talk", "", "", ("Dee Lund",)),
        ),
        (
            "Willkommen zum Tee Gespräch, dem Podcast. Zu Gast ist heute Eva Lang. Aufgenommen am 3. März 2024.",
            Introduction("Tee Gespräch", "", "2024-03-03", ("Eva Lang",)),
        ),
        (
            "Welcome to New York. My name is Bond Smith. You will meet Doctor No at the harbour.",
            Introduction(),
        ),
        ("On this episode of the podcast we talk with Acme Systems about it, and with you.", Introduction()),
        ("On this show. Recorded the other day, on the 31st of June 2020, so to speak.", Introduction()),
        ("And so we measured the pots. " * 200 + "Welcome to Kettle Talk, the podcast.", Introduction()),
        ("", Introduction()),
    ],
)
def test_what_is_said_and_nothing_else(text: str, expected: Introduction) -> None:
    assert introduction(text) == expected


def test_a_transcript_gets_what_it_says_and_a_sidecar_wins(tmp_path: Path) -> None:
    said = "Welcome to Kettle Talk, the podcast. I'm your host, Ada Poole. We talk with Bo Dyke. Recorded May 3, 2024."
    path = tmp_path / "012-pots.json"
    path.write_text(json.dumps([{"start": 0, "end": 20, "text": said, "speaker": "Ada Poole"}]))
    found = TranscriptReader().read(Source(path)).metadata
    assert (found.title, found.series, found.series_index, found.date) == (
        "Pots", "Kettle Talk", "12", "2024-05-03",
    )  # fmt: skip
    assert (found.authors, found.contributors) == (("Bo Dyke",), ("Ada Poole",))
    sidecar = tmp_path / "012-pots.toml"
    sidecar.write_text('authors = ["Bo van Dyke"]\nseries = "Kettles"\n')
    better = apply(found, sidecar)
    assert (better.authors, better.series, better.date) == (("Bo van Dyke",), "Kettles", "2024-05-03")


def _introductions(folder: str) -> dict[str, Introduction]:
    path = SHARED / "data" / folder
    if not path.is_dir():
        pytest.skip(f"{path} is not there")
    found = {}
    for file in sorted(path.iterdir()):
        try:
            blocks = TranscriptReader().read(Source(file)).blocks
        except UnreadableError:
            continue
        found[file.name] = introduction(" ".join(block.text for block in blocks))
    return found


def test_most_of_the_shared_talks_say_who_and_when() -> None:
    found = _introductions("talks")
    assert sum(bool(one.show) for one in found.values()) >= 20
    assert {one.show for one in found.values()} <= {"", "Talk Python To Me"}
    assert sum(bool(one.date) for one in found.values()) >= 13
    assert sum(len(one.guests) == 1 for one in found.values()) >= 13
    assert all(len(one.guests) <= 1 for one in found.values())
    numbers = {name.split("_")[0].split("-")[0].lstrip("0"): one.episode for name, one in found.items()}
    assert all(said in ("", number) for number, said in numbers.items())


def test_captions_of_other_things_say_nothing() -> None:
    assert set(_introductions("odd/subtitles").values()) == {Introduction()}
