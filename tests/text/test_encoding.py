"""Texts in the encodings before UTF-8 come back as they were written, and a guess is said."""

import re

import pytest
from support.paragraphs import ENCODINGS, PARAGRAPHS

from wellread.formats.document import Source
from wellread.formats.plain.reader import TextReader
from wellread.formats.transcript.reader import TranscriptReader
from wellread.text.encoding import decode

CASES = [(language, encoding) for language, encodings in ENCODINGS.items() for encoding in encodings]


def sentences(text):
    return [found.strip() for found in re.findall(r"[^.?。]+[.?。]", text)]


def captions(texts):
    return "".join(
        f"{number}\n00:{number:02}:01,000 --> 00:{number:02}:02,900\n{text}\n\n"
        for number, text in enumerate(texts)
    )


@pytest.mark.parametrize(("language", "encoding"), CASES)
@pytest.mark.parametrize("sentences_taken", [2, None], ids=["short", "long"])
def test_texts_and_captions_come_back(tmp_path, language, encoding, sentences_taken):
    said = sentences(PARAGRAPHS[language])[:sentences_taken]
    text = " ".join(said)
    (tmp_path / "talk.txt").write_bytes(text.encode(encoding))
    (tmp_path / "talk.srt").write_bytes(captions(said).encode(encoding))
    read = TextReader().read(Source(tmp_path / "talk.txt"))
    heard = TranscriptReader().read(Source(tmp_path / "talk.srt"))
    assert " ".join(block.text for block in read.blocks) == text
    assert "".join("".join(block.text for block in heard.blocks).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "encoding", "name"),
    [
        ("Příliš žluťoučký kůň úpěl ďábelské ódy.", "cp1250", "Windows-1250"),
        ("Ο καπετάνιος ζει στο παλιό λιμάνι.", "cp1253", "Windows-1253"),
        ("Άνεμος και νύχτα στο λιμάνι.", "iso8859_7", "ISO 8859-7"),
        ("Вы не знаете, кто я.", "koi8_r", "KOI8-U"),
        ("어제 저녁 늙은 선장이 돌아왔다.", "euc_kr", "Windows-949 (Korean)"),
        ("昨日の夕方、船長が帰ってきた。", "cp932", "Shift JIS (Japanese)"),
    ],
)
def test_a_guess_is_said(text, encoding, name):
    came, warning = decode(text.encode(encoding), "talk.srt")
    assert came == text
    assert warning == f"talk.srt is not UTF-8 and does not say its encoding: it was read as {name}."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "iso2022_jp"])
def test_what_needs_no_guess_is_not_warned_of(encoding):
    assert decode("昨日の夕方、船長が帰ってきた。".encode(encoding), "talk.srt") == (
        "昨日の夕方、船長が帰ってきた。",
        "",
    )


@pytest.mark.parametrize("language", ["Czech", "Greek", "Korean", "Japanese", "Russian"])
def test_a_few_damaged_bytes_do_not_change_the_guess(language):
    encoded = PARAGRAPHS[language].encode(ENCODINGS[language][0])
    text, _ = decode(encoded[:60] + b"\xff" + encoded[60:], "talk.txt")
    assert text[:20] == PARAGRAPHS[language][:20]
    assert text[-100:] == PARAGRAPHS[language][-100:]
