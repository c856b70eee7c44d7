"""What is found by which words."""

import pytest

from wellread.text.terms import (
    MAX_QUESTION_PIECES,
    MAX_QUESTION_WORDS,
    evident_language,
    language_of,
    passage_terms,
    question_terms,
)


def found(question: str, text: str, language: str = "en", heading: str = "") -> bool:
    """Whether every word of the question is among the passage's terms, in one of its forms."""
    held = set(passage_terms(text, heading, language))
    forms = question_terms(question, [language])
    return bool(forms) and all(not held.isdisjoint(form) for form in forms)


@pytest.mark.parametrize(
    ("question", "text", "language"),
    [
        ("How are teams balanced?", "Balancing a team takes time.", "en"),
        ("c++", "In C++ and C# this differs.", "en"),
        ("C#", "In C++ and C# this differs.", "en"),
        ("node.js", "Start Node.js first.", "en"),
        ("node", "Start Node.js first.", "en"),
        ("asyncio.run", "Call asyncio.run() once.", "en"),
        ("asyncio", "Call asyncio.run() once.", "en"),
        ("snake_case", "the snake_case style", "en"),
        ("snake", "the snake_case style", "en"),
        ("__init__", "def __init__(self)", "en"),
        ("resume", "a good résumé", "en"),
        ("ﬁle", "one file", "en"),
        ("ＡＢＣ", "abc", "en"),
        ("O'Reilly's books", "a book by O’Reilly", "en"),
        ("python 3.12", "since Python 3.12.", "en"),
        ("Häuser", "ein großes Haus", "de"),
        ("GROSSES", "ein großes Haus", "de"),
        ("l'homme", "des hommes", "fr"),
        ("黑豹队的防守", "黑豹队的防守只丢了308分", "zh"),
        ("防守", "黑豹队的防守只丢了308分", "zh"),
        ("使い方", "パイソンの使い方", "ja"),
        ("한국", "한국어는 어렵다", "ko"),
        ("हिन्दी", "हिन्दी में लिखना", "hi"),
        ("Москве", "Москва большая", "ru"),
        ("สวัสดี", "สวัสดีครับ", "th"),
        ("ปี 2560", "เมื่อปี๒๕๖๐มีน้ำท่วม", "th"),
        ("น้ำ", "แม่น้ำสูงขึ้น", "th"),
        ("ភាសាខ្មែរ", "រៀន\u200bភាសា\u200bខ្មែរ", "km"),
        ("မြန်မာစာ", "မြန်မာစာသည်", "my"),
        ("ພາສາລາວ", "ຮຽນພາສາລາວ", "lo"),
        ("२५", "25 किताबें", "hi"),
    ],
)
def test_a_word_finds_its_other_forms(question: str, text: str, language: str):
    assert found(question, text, language)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("java", "javascript"),
        ("management", "leadership"),
        ("分防", "黑豹队的防守"),
        ("นา", "น้ำ"),
        ("กา", "กำ"),
    ],
)
def test_and_no_others(question: str, text: str):
    assert not found(question, text)


def test_a_passage_is_found_by_its_heading():
    assert found("delegation", "Hand over the work.", heading="Part I › Delegation")


def test_common_words_are_left_out_of_a_question_unless_there_are_no_others():
    assert question_terms("What is the difference for a team?") == [("differ",), ("team",)]
    assert question_terms("to be or not to be")
    assert question_terms("???") == []
    assert question_terms("") == []


def test_a_question_has_a_form_for_every_language_of_the_scope():
    [forms] = question_terms("Organisationen", ["en", "de-AT"])
    assert set(forms) >= {passage_terms("Organisation", "", "de")[0]}
    assert len(question_terms("leadership", ["en", "en-GB", ""])[0]) == 1


def test_a_pasted_page_is_cut_to_its_first_words():
    words = [f"w{number}" for number in range(5_000)]
    terms = question_terms(" ".join(words))
    assert [form[0] for form in terms] == words[:MAX_QUESTION_WORDS]
    assert len(question_terms("x" * 100_000)[0][0]) < 100
    assert question_terms("broken \ud800 surrogate")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Wie viele Punkte gab die Verteidigung ab?", "de"),
        ("How do I manage a team?", "en"),
        ("Qu'est-ce que la gestion d'une équipe ?", "fr"),
        ("¿Cuál es la diferencia entre los dos?", "es"),
        ("黑豹队丢了多少分？", "zh"),
        ("パイソンの使い方は何ですか", "ja"),
        ("Как работает память?", "ru"),
        ("ทีมที่ดีต้องการอะไร", "th"),
        ("ທີມທີ່ດີຕ້ອງການຫຍັງ", "lo"),
        ("តើក្រុមល្អត្រូវការអ្វី?", "km"),
        ("အသင်းကောင်းဖို့ ဘာလိုသလဲ", "my"),
        ("leadership", "en"),
        ("", "en"),
    ],
)
def test_the_language_of_a_text_is_told(text: str, language: str):
    assert language_of(text) == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Was ist der Unterschied zwischen Führung und Management?", "de"),
        ("How many people should one lead?", "en"),
        ("¿Cómo se dirige un equipo?", "es"),
        ("黑豹队丢了多少分？", "zh"),
        ("パイソンの使い方は何ですか", "ja"),
        ("สวัสดี", "th"),
        ("Как работает память?", "ru"),
        ("Які книги про це?", ""),  # Ukrainian, of which nothing is known here
        ("leadership", ""),
        ("Wer schrieb Moby Dick?", ""),
        ("was in Oslo", ""),
        ("", ""),
    ],
)
def test_a_language_is_named_only_when_it_is_evident(text: str, language: str):
    assert evident_language(text) == language


def test_a_long_question_without_spaces_is_searched_beyond_its_first_letters():
    asked = "ช่วยบอกหน่อยได้ไหมว่าผึ้งเก็บน้ำหวานจากดอกไม้ในตอนไหนและนำไปทำอะไรต่อ"
    assert ("ดอ",) in question_terms(asked)
    assert len(question_terms(asked * 50)) <= MAX_QUESTION_PIECES
    page = "".join(chr(0x4E00 + number) for number in range(5_000))
    assert len(question_terms(page)) == MAX_QUESTION_PIECES
    words = [f"w{number}" for number in range(MAX_QUESTION_WORDS)]
    assert [form[0] for form in question_terms(page + " " + " ".join(words))][-1] == words[-1]


def test_words_chained_by_hyphens_are_found_as_one():
    passage = passage_terms("Hold no standing one-on-ones with a well-known colleague.", "", "en")
    [*_, chained] = [form for [form] in question_terms("one-on-one", ["en"]) if form not in ("one",)]
    assert chained in passage
    assert "one" in passage
    assert {"well", "known"} <= set(passage)
