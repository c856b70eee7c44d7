"""Transcripts: WebVTT, SubRip and JSON, as an editor would set them."""

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from support.paths import SHARED

from wellread.content import Block, BlockKind, ProductKind, TimeOrigin
from wellread.errors import UnreadableError
from wellread.formats.document import Document, Source
from wellread.formats.transcript.captions import parse_webvtt
from wellread.formats.transcript.reader import TranscriptReader
from wellread.formats.transcript.speaker_turns import stretches

DATA = SHARED / "data"


def read(tmp_path: Path, text: str | bytes, name: str = "talk.vtt", **companions: Path) -> Document:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return TranscriptReader().read(Source(path, companions))


def spoken(document: Document) -> list[tuple[int, int, str, str]]:
    found = []
    for block in document.blocks:
        assert block.kind is BlockKind.CUE and isinstance(block.origin, TimeOrigin)
        found.append((block.origin.start_ms, block.origin.end_ms, block.origin.speaker, block.text))
    return found


def said(document: Document) -> list[str]:
    return [block.text for block in document.blocks]


def vtt(*cues: tuple[str, str, str]) -> str:
    return "WEBVTT\n\n" + "\n\n".join(f"{start} --> {end}\n{text}" for start, end, text in cues) + "\n"


def clock(seconds: float) -> str:
    return f"{int(seconds) // 3600:02}:{int(seconds) // 60 % 60:02}:{seconds % 60:06.3f}"


def test_webvtt_with_all_that_its_specification_has(tmp_path: Path) -> None:
    text = """\ufeffWEBVTT - A fine talk
Kind: captions
Language: en-GB

NOTE
a comment
over two lines

STYLE
::cue { color: red }

REGION
id:fred

intro
00:01.000 --> 00:02.000 align:start position:0%
<v.loud Mary Smith>Hello <c.red>my</c> <i>friends</i>, 1 &lt; 2 &amp; so on,

2
01:00:02.000 --> 01:00:04.000
<v Mary Smith>and <00:00:03.000>welcome.</v>

01:00:05.000 --> 01:00:06.000
<v Roger>Thanks&nbsp;a lot.
"""
    document = read(tmp_path, text)
    assert document.metadata.title == "A fine talk"
    assert document.metadata.language == "en-GB"
    assert document.metadata.contributors == ("Mary Smith", "Roger")
    assert document.warnings == ()
    assert spoken(document) == [
        (1000, 2000, "Mary Smith", "Hello my friends, 1 < 2 & so on,"),
        (3_602_000, 3_604_000, "Mary Smith", "and welcome."),
        (3_605_000, 3_606_000, "Roger", "Thanks a lot."),
    ]


def test_two_voices_in_one_cue_share_its_time(tmp_path: Path) -> None:
    document = read(tmp_path, vtt(("00:00.000", "00:04.000", "<v A>Ready, you?</v> <v B>Ready, yes.</v>")))
    assert spoken(document) == [(0, 2000, "A", "Ready, you?"), (2000, 4000, "B", "Ready, yes.")]


def test_subrip_with_its_habits(tmp_path: Path) -> None:
    text = (
        "1\r\n00:00:01,000 --> 00:00:02,500\r\n{\\an8}<font color='red'>Hello there,</font>\r\n\r\n"
        "00:00:02.500 --> 00:00:04,000 X1:1 Y1:2\r\n<b>friend.</b>\r\n\r\n"
        "3\r\n00:00:04,000 --> 00:00:05,000\r\n\r\nText after a blank line.\r\n"
    )
    document = read(tmp_path, text, "talk.srt")
    assert spoken(document) == [(1000, 5000, "", "Hello there, friend. Text after a blank line.")]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_encodings_of_subrip(tmp_path: Path, encoding: str) -> None:
    text = "1\n00:00:01,000 --> 00:00:02,500\nDas können wir später klären.\n"
    assert said(read(tmp_path, text.encode(encoding), "talk.srt")) == ["Das können wir später klären."]


@pytest.mark.parametrize(
    "content",
    [
        {
            "text": " Hello. Hi.",
            "language": "en",
            "segments": [
                {"start": 0, "end": 1.5, "text": " Hello."},
                {"start": 1.5, "end": 2, "text": " Hi."},
            ],
        },
        [{"text": "Hello.", "start": 0.0, "duration": 1.5}, {"text": "Hi.", "start": 1.5, "duration": 0.5}],
        [
            {"start": "0", "end": "1.5", "text": "Hello."},
            {"start": "00:01.500", "end": "00:02", "text": "Hi."},
        ],
        {
            "version": "1.0.0",
            "segments": [
                {"startTime": 0, "endTime": 1.5, "body": "Hello"},
                {"startTime": 1.5, "endTime": 1.5, "body": "."},
                {"startTime": 1.5, "endTime": 2, "body": "Hi."},
            ],
        },
    ],
)
def test_json_of_every_form(tmp_path: Path, content: object) -> None:
    text = json.dumps(content)
    assert TranscriptReader().accepts(Path("talk.json"), text.encode()[:4096])
    assert spoken(read(tmp_path, text, "talk.json")) == [(0, 2000, "", "Hello. Hi.")]


def test_speakers_of_json(tmp_path: Path) -> None:
    segments = [
        {"speaker": "Ann", "startTime": 0, "endTime": 1, "body": "One,"},
        {"speaker": "Ann", "startTime": 1, "endTime": 2, "body": "two."},
        {"speaker": "Bob", "startTime": 2, "endTime": 3, "body": "Three."},
    ]
    document = read(tmp_path, json.dumps({"segments": segments}), "talk.json")
    assert spoken(document) == [(0, 2000, "Ann", "One, two."), (2000, 3000, "Bob", "Three.")]


@pytest.mark.parametrize(
    "content",
    ["{}", "[]", "nonsense", "[" * 9000, '{"segments": 3}', '[{"start": NaN, "text": "x"}]', '{"a": [1]}'],
)
def test_json_that_is_no_transcript(tmp_path: Path, content: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        read(tmp_path, content, "talk.json")
    assert "talk.json" in caught.value.message and caught.value.hint


def test_other_json_is_not_taken() -> None:
    assert not TranscriptReader().accepts(Path("package.json"), b'{"name": "x", "version": "1"}')


def test_speakers_named_in_the_text(tmp_path: Path) -> None:
    lines = [
        "ANNA LEE: Welcome.",
        "Good to be here.",
        ">> BOB: Hello.",
        "ANNA LEE: So: how are you?",
        ">> BOB: Fine.",
    ]
    document = read(tmp_path, vtt(*[(clock(n), clock(n + 1), line) for n, line in enumerate(lines)]))
    assert [(speaker, text) for _, _, speaker, text in spoken(document)] == [
        ("Anna Lee", "Welcome. Good to be here."),
        ("BOB", "Hello."),
        ("Anna Lee", "So: how are you?"),
        ("BOB", "Fine."),
    ]


def test_a_colon_alone_makes_no_speaker(tmp_path: Path) -> None:
    document = read(
        tmp_path, vtt(("00:00.000", "00:01.000", "Remember: test."), ("00:01.000", "00:02.000", "Always."))
    )
    assert spoken(document) == [(0, 2000, "", "Remember: test. Always.")]


def test_dashes_mark_turns(tmp_path: Path) -> None:
    document = read(
        tmp_path,
        vtt(
            ("00:00.000", "00:02.000", "- Are you ready?\n- I am."),
            ("00:02.000", "00:03.000", "- Then go,"),
            ("00:03.000", "00:04.000", "now."),
        ),
    )
    assert said(document) == ["Are you ready?", "I am.", "Then go, now."]


def test_sounds_are_no_speech(tmp_path: Path) -> None:
    document = read(
        tmp_path,
        vtt(
            ("00:00.000", "00:01.000", "[Music]"),
            ("00:01.000", "00:02.000", "(laughing)"),
            ("00:02.000", "00:03.000", "Hi."),
        ),
    )
    assert spoken(document) == [(2000, 3000, "", "Hi.")]


def test_rolling_captions_double_no_word(tmp_path: Path) -> None:
    lines = ["so today we look", "at how captions roll", "up the screen one", "line at a time"]
    cues = []
    for n, line in enumerate(lines):
        before = lines[n - 1] if n else " "
        cues.append(
            (
                clock(2 * n),
                clock(2 * n + 1.99),
                f"{before}\n{line.split()[0]}<00:00:01.000><c> {' '.join(line.split()[1:])}</c>",
            )
        )
        cues.append((clock(2 * n + 1.99), clock(2 * n + 2), f"{line}\n "))
    document = read(tmp_path, vtt(*cues))
    assert said(document) == [" ".join(lines)]


def test_growing_captions_double_no_word(tmp_path: Path) -> None:
    words = ["this", "caption", "is", "typed", "while", "somebody", "is", "speaking", "it"]
    document = read(
        tmp_path, vtt(*[(clock(n), clock(n + 1), " ".join(words[: n + 1])) for n in range(len(words))])
    )
    assert said(document) == [" ".join(words)]


def test_what_is_said_twice_stays(tmp_path: Path) -> None:
    lines = ["Yeah.", "Yeah.", "It is fast.", "It is fast, really.", "And small.", "And cheap.", "And old."]
    document = read(tmp_path, vtt(*[(clock(n), clock(n + 1), line) for n, line in enumerate(lines)]))
    assert said(document) == [" ".join(lines)]


def times(document: Document) -> list[tuple[str, float]]:
    """Each part of the text that has a time of its own, and that time in seconds."""
    found = []
    for block in document.blocks:
        assert isinstance(block.origin, TimeOrigin)
        starts = [cue.offset for cue in block.origin.cues]
        for cue, end in zip(block.origin.cues, [*starts[1:], len(block.text)], strict=True):
            found.append((block.text[cue.offset : end].strip(), cue.start_ms / 1000))
    return found


def test_a_turn_keeps_the_times_of_its_captions(tmp_path: Path) -> None:
    document = read(
        tmp_path,
        vtt(
            ("01:26.000", "01:30.000", "- First of all, we"),
            ("01:31.000", "01:34.000", "tried it. Then it broke."),
            ("01:33.500", "01:41.600", "Nobody had seen that."),
            ("01:41.600", "01:43.600", "So we wrote it down."),
        ),
    )
    [block] = document.blocks
    assert times(document) == [
        ("First of all, we", 86.0),
        ("tried it. Then it broke.", 91.0),
        ("Nobody had seen that.", 93.5),
        ("So we wrote it down.", 101.6),
    ]
    for sentence, second in (("Then it", 92.1), ("Nobody", 93.5), ("wrote", 101.9), ("down", 103.1)):
        start = block.text.index(sentence)
        stretch = block.origin.within(start, start + len(sentence), len(block.text))
        assert stretch.start_ms / 1000 == pytest.approx(second, abs=0.3), sentence
        assert stretch.start_ms < stretch.end_ms <= 103_600


def test_a_long_turn_that_is_cut_keeps_them_too(tmp_path: Path) -> None:
    document = read(
        tmp_path, vtt(*[(clock(4 * n), clock(4 * n + 4), f"end {n}. Begin {n} and on") for n in range(60)])
    )
    assert len(document.blocks) > 4
    said_at = dict(times(document))
    assert said_at["end 0. Begin 0 and on"] == 0
    for block in document.blocks[1:-1]:
        assert isinstance(block.origin, TimeOrigin)
        number = int(block.text.split()[1])
        assert 4 * number < block.origin.start_ms / 1000 < 4 * number + 4
        assert block.origin.cues[1].start_ms == 4000 * (number + 1)
        assert block.origin.cues[0] == (0, block.origin.start_ms, 4000 * (number + 1))


def test_words_with_times_of_their_own_are_said_then(tmp_path: Path) -> None:
    text = vtt(
        ("00:00.000", "00:04.000", "- We waited<00:00:03.000><c> so</c> <00:00:03.500>long."),
        ("00:04.000", "00:08.000", "ANN: Twice,<00:07.000> ANN: we <00:99.000>did &amp;<00:01.000> more."),
    )
    assert times(read(tmp_path, text)) == [
        ("We waited", 0.0),
        ("so", 3.0),
        ("long.", 3.5),
        ("ANN: Twice,", 4.0),
        ("ANN: we did & more.", 7.0),
    ]
    words = [
        {"word": " Hello,", "start": 0.2, "end": 0.6},
        {"word": " dear", "start": 2.5, "end": 2.9},
        {"word": " 3"},
        {"word": " friends.", "start": 3.5, "end": 4},
    ]
    segment = {"start": 0.2, "end": 4, "text": " Hello, dear 3 friends.", "words": words}
    document = read(tmp_path, json.dumps({"segments": [segment]}), "talk.json")
    assert times(document) == [("Hello,", 0.2), ("dear 3", 2.5), ("friends.", 3.5)]
    other = json.dumps({"segments": [{**segment, "text": "Quite other words."}]})
    assert times(read(tmp_path, other, "talk.json")) == [("Quite other words.", 0.2)]


def test_words_of_rolling_captions_keep_their_times(tmp_path: Path) -> None:
    cues = []
    for n, line in enumerate(("so today we look", "at how captions roll", "up the screen one")):
        first, *rest = line.split()
        timed = "".join(f"<{clock(4 * n + k)}><c> {word}</c>" for k, word in enumerate(rest, 1))
        before = ("so today we look", "at how captions roll")[n - 1] if n else " "
        cues.append((clock(4 * n), clock(4 * n + 3.99), f"{before}\n{first}{timed}"))
        cues.append((clock(4 * n + 3.99), clock(4 * n + 4), f"{line}\n "))
    words = "so today we look at how captions roll up the screen one".split()
    assert times(read(tmp_path, vtt(*cues))) == [(word, float(n)) for n, word in enumerate(words)]


def test_long_turns_are_cut_at_sentence_ends(tmp_path: Path) -> None:
    cues = [(clock(n), clock(n + 1), f"Cue {n} ends a sentence. And the next one") for n in range(60)]
    document = read(tmp_path, vtt(*cues))
    assert len(document.blocks) > 5
    assert all(len(text.split()) <= 60 for text in said(document))
    assert all(text.endswith(".") for text in said(document)[:-1])
    assert " ".join(said(document)) == " ".join(text for _, _, text in cues)


def test_speech_without_full_stops_is_cut_too(tmp_path: Path) -> None:
    document = read(tmp_path, vtt(*[(clock(n), clock(n + 1), "and so on and on") for n in range(60)]))
    assert all(len(text.split()) <= 60 for text in said(document))


def test_times_never_go_back(tmp_path: Path) -> None:
    text = vtt(
        ("00:05.000", "00:06.000", "One."),
        ("00:06.000", "00:05.000", "Two."),
        ("00:01.000", "00:08.000", "- Three."),
        ("00:08.000", "00:09.000", "- Four."),
        ("00:0x.000", "00:09.000", "Five."),
    )
    document = read(tmp_path, text)
    times = [(start, end) for start, end, _, _ in spoken(document)]
    assert all(start <= end for start, end in times)
    assert all(one[0] <= two[0] for one, two in pairwise(times))
    assert " ".join(said(document)) == "One. Two. Three. Four."
    assert document.warnings == (
        "1 caption could not be read and was left out.",
        "2 captions had an impossible time, which were put right.",
    )


def test_chapters_beside_the_transcript(tmp_path: Path) -> None:
    chapters = tmp_path / "talk.chapters.vtt"
    chapters.write_text(
        vtt(
            ("00:00.000", "00:20.000", "Begin"),
            ("00:20.000", "00:40.000", "Middle"),
            ("00:20.000", "00:30.000", "First half"),
        )
    )
    text = vtt(*[(clock(n), clock(n + 1), f"This is number {n} of them") for n in range(40)])
    document = read(tmp_path, text, chapters=chapters)
    assert [(e.title, e.depth, document.blocks[e.block].text[:17]) for e in document.contents] == [
        ("Begin", 0, "This is number 0 "),
        ("Middle", 0, "This is number 20"),
        ("First half", 1, "This is number 20"),
    ]


def test_chapters_inside_json(tmp_path: Path) -> None:
    content = {
        "segments": [{"start": n, "end": n + 1, "text": f"Number {n}."} for n in range(20)],
        "chapters": [{"startTime": 0, "title": "A"}, {"startTime": 10, "title": "B"}],
    }
    document = read(tmp_path, json.dumps(content), "talk.json")
    assert [(e.title, document.blocks[e.block].text[:10]) for e in document.contents] == [
        ("A", "Number 0. "),
        ("B", "Number 10."),
    ]


def test_a_chapters_file_that_cannot_be_read_is_left_out_with_a_warning(tmp_path: Path) -> None:
    chapters = tmp_path / "talk.chapters.vtt"
    chapters.write_text("")
    document = read(tmp_path, vtt(("00:00.000", "00:01.000", "Hello.")), chapters=chapters)
    assert "talk.chapters.vtt" in document.warnings[0] and len(document.blocks) == 1


def test_without_chapters_there_is_one_about_every_five_minutes(tmp_path: Path) -> None:
    cues = []
    for n in range(240):
        mark = "- " if n % 7 == 0 else ""
        cues.append(
            (clock(5 * n), clock(5 * n + 5), f"{mark}This is sentence {n}, and it goes on for a while.")
        )
    document = read(tmp_path, vtt(*cues))
    assert len(document.contents) == 4
    assert document.contents[0].title == "00:00:00 – This is sentence 0, and it goes on…"
    starts = [spoken(document)[entry.block][0] for entry in document.contents]
    assert all(abs(start - 300_000 * n) < 60_000 for n, start in enumerate(starts))
    assert all(start % 35_000 == 0 for start in starts), "each begins where somebody begins to speak"


def test_times_without_ends_are_estimated(tmp_path: Path) -> None:
    content = [{"start": 1, "text": "Hello."}, {"start": 2, "text": "- And welcome to this."}]
    document = read(tmp_path, json.dumps(content), "talk.json")
    (hello, welcome) = spoken(document)
    assert hello[:2] == (1000, 1390) and welcome[0] == 2000 and 2500 < welcome[1] < 5000
    assert document.warnings == ()


def test_a_short_recording_is_one_section(tmp_path: Path) -> None:
    assert len(read(tmp_path, vtt(("00:00.000", "00:01.000", "Hello."))).contents) == 1


@pytest.mark.parametrize(
    ("name", "title", "number", "language"),
    [
        (
            "006_Requests_PyCon_and_Pythons_future_with_Kenneth_Rietz",
            "Requests PyCon and Pythons future with Kenneth Rietz",
            "6",
            "",
        ),
        ("407-pytest-tips", "Pytest tips", "407", ""),
        ("talk.en", "Talk", "", "en"),
        ("What is new in 3.14 [dQw4w9WgXcQ].de", "What is new in 3.14", "", "de"),
        ("Lecture 03 - Sorting", "Sorting", "3", ""),
        ("2001", "2001", "", ""),
        ("interview_transcript", "Interview", "", ""),
    ],
)
def test_titles_from_file_names(tmp_path: Path, name: str, title: str, number: str, language: str) -> None:
    metadata = read(tmp_path, vtt(("00:00.000", "00:01.000", "Hello.")), f"{name}.vtt").metadata
    assert (metadata.title, metadata.series_index, metadata.language) == (title, number, language)


def test_the_kind_follows_the_medium(tmp_path: Path) -> None:
    text = vtt(("00:00.000", "00:01.000", "Hello."))
    assert read(tmp_path, text).metadata.kind is ProductKind.RECORDING
    assert read(tmp_path, text, media=Path("talk.mp3")).metadata.kind is ProductKind.RECORDING
    assert read(tmp_path, text, media=Path("talk.MP4")).metadata.kind is ProductKind.VIDEO


@pytest.mark.parametrize(
    "text",
    [
        "",
        "WEBVTT\n",
        "WEBVTT\nKind: chapters\n\n00:00.000 --> 00:10.000\nIntro\n",
        "WEBVTT\nKind: metadata\n\n00:00.000 --> 00:10.000\nx\n",
        vtt(
            ("00:00.000", "05:00.000", "Introduction"),
            ("05:00.000", "10:00.000", "Demo"),
            ("10:00.000", "15:00.000", "End"),
        ),
        vtt(
            ("00:00.000", "00:05.000", "thumbs.jpg#xywh=0,0,160,90"),
            ("00:05.000", "00:10.000", "thumbs.jpg#xywh=160,0,160,90"),
        ),
        vtt(("00:00.000", "00:05.000", '{"lat": 1, "lng": 2}')),
        "a letter to a friend",
        "RIFF\x00\x00\x00\x00WAVE\x00\x00",
    ],
)
def test_what_holds_no_speech_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        read(tmp_path, text)
    assert "talk.vtt" in caught.value.message and caught.value.hint


def _shared(folder: str) -> list[Path]:
    path = DATA / folder
    if not path.is_dir():
        pytest.skip(f"{path} is not there")
    return sorted(path.iterdir())


def test_every_odd_caption_file_gives_a_document_or_a_clear_refusal() -> None:
    read_, refused = 0, 0
    for path in _shared("odd/subtitles"):
        try:
            document = TranscriptReader().read(Source(path))
        except UnreadableError as error:
            assert path.name in error.message and error.hint
            refused += 1
            continue
        read_ += 1
        times = [(start, end) for start, end, _, _ in spoken(document)]
        assert times and all(start <= end for start, end in times), path.name
        assert all(one[0] <= two[0] for one, two in pairwise(times)), path.name
    assert read_ > 120 and refused > 20


def test_sentences_of_whole_talks_open_when_they_are_said() -> None:
    """Of captions whose words stand once in their talk, the error of the opened second, at least 200 of them; and of
    every second one when it is joined to the one before, so that nothing but the length of the words tells its time."""
    errors: list[int] = []
    joined_errors: list[int] = []
    for path in _shared("talks"):
        cues = parse_webvtt(path.read_text(encoding="utf-8")).cues
        joined = [
            replace(one, end_ms=two.end_ms, text=f"{one.text} {two.text}")
            for one, two in zip(cues[::2], cues[1::2], strict=False)
            if not two.turns
        ]
        for found, chosen in ((errors, cues), (joined_errors, joined)):
            blocks = [
                Block(BlockKind.CUE, s.text, TimeOrigin(s.start_ms, s.end_ms, "", s.cues))
                for s in stretches(list(chosen))
            ]
            for cue in cues[41::83]:
                holding = [block for block in blocks if cue.text in block.text]
                if len(holding) == 1 and len(cue.text) > 20:
                    [block] = holding
                    start = block.text.index(cue.text)
                    origin = block.origin
                    assert isinstance(origin, TimeOrigin)
                    said_ms = origin.within(start, len(block.text), len(block.text)).start_ms
                    found.append(abs(said_ms - cue.start_ms))
    assert len(errors) >= 200 and max(errors) <= 1000
    joined_errors.sort()
    assert joined_errors[int(len(joined_errors) * 0.9)] <= 1000


def test_whole_talks_lose_no_word() -> None:
    for path in _shared("talks")[::5]:
        document = TranscriptReader().read(Source(path))
        lines = path.read_text(encoding="utf-8").split("\n")
        words = " ".join(line for line in lines[1:] if "-->" not in line and not line.startswith(("(", "[")))
        plain = "".join(filter(str.isalnum, words.replace("&gt;", "")))
        assert "".join(filter(str.isalnum, " ".join(said(document)))) == plain, path.name
        assert len(document.contents) > 5
