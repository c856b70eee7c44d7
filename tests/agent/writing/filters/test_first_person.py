"""An author's voice tells no experience that no passage tells: in every language, wherever it stands in the text."""

import tomllib
from pathlib import Path

import pytest

from wellread.agent.writing import persona
from wellread.agent.writing.filters.first_person import FirstPerson
from wellread.events import ScopeEntry, Snippet
from wellread.text.languages import languages, pattern_of, word_list_of
from wellread.text.terms import language_of

SENTENCES = tomllib.loads(Path(__file__).with_name("experiences.toml").read_text(encoding="utf-8"))
PASSAGE = (
    "I remember telling my own team that I did not know. I was a manager for ten years. Trust grows slowly, and it "
    "goes at once."
)


def snippet(text=PASSAGE):
    return Snippet(
        number=0,
        product_id="a",
        title="A",
        section="s",
        anchor=f"a/00000000-1/0-{len(text)}",
        place="",
        text=text,
        score=0.8,
    )


def spoken(text, size=10_000):
    voice = FirstPerson((snippet(),))
    shown = "".join(voice.feed(text[at : at + size]) for at in range(0, len(text), size))
    return shown + voice.close(), voice.dropped


def every(kind):
    return [
        pytest.param(one, id=f"{code}-{i}")
        for code in SENTENCES
        for i, one in enumerate(SENTENCES[code][kind])
    ]


def test_every_language_has_its_sentences():
    assert SENTENCES.keys() == languages().keys()
    for own in SENTENCES.values():
        assert len(own["experience"]) >= 2 <= len(own["advice"])


@pytest.mark.parametrize("sentence", every("experience"))
def test_an_experience_is_left_out_cited_or_not(sentence):
    assert spoken(sentence) == ("", 1)
    assert spoken(f"{sentence} [0][1]") == ("", 1)


@pytest.mark.parametrize("sentence", every("advice"))
def test_advice_stays(sentence):
    assert spoken(f"{sentence} [0]\n") == (f"{sentence} [0]\n", 0)


@pytest.mark.parametrize("code", sorted(SENTENCES.keys() - {"th", "lo"}))  # no mark ends a sentence there
def test_advice_stays_beside_an_experience(code):
    advice, experience = SENTENCES[code]["advice"], SENTENCES[code]["experience"]
    shown, dropped = spoken(" ".join([advice[0], experience[0], advice[1]]) + "\n")
    assert (shown, dropped) == (f"{advice[0]} {advice[1]}\n", 1)


ANSWER = """I am glad that you ask. I remember my first job well [0]. Begin with *one* thing [0].

## What I learned at Google

Give trust, e.g. to Ms. Lee. [0] I have seen it fail. [1] **Then wait.**

### A story

I was young then.

### Advice

- I told my team so [0].
- **Listen.** I did this at Netflix every day.
  1. Write it down.
> Trust grows slowly.

| What | I would |
|---|---|
| Hiring | take time [0] |
| Firing | I fired someone in my first week [0] |

```text
I was here. I saw it.
```

In my experience, trust needs time [0]. I have learned over the years that delegation needs trust [0].

As the book says, “I remember telling my own team that I did not know” [0]. He said: "I was never sure. I saw it."

## Last

I saw the end. """
SHOWN = """I am glad that you ask. Begin with *one* thing [0].

Give trust, e.g. to Ms. Lee. [0] **Then wait.**

### Advice

- **Listen.**
  1. Write it down.
> Trust grows slowly.

| What | I would |
|---|---|
| Hiring | take time [0] |

```text
I was here. I saw it.
```

Trust needs time [0]. Delegation needs trust [0].

As the book says, “I remember telling my own team that I did not know” [0].

"""


@pytest.mark.parametrize("size", [1, 7, 50, 10_000])
def test_an_answer_is_the_same_in_whatever_pieces_it_comes(size):
    assert spoken(ANSWER, size) == (SHOWN, 9)


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_a_text_without_experience_stays_as_it_is(size):
    text = (
        "# A\n\n## B\n\n* x\n    * y. z\n>\n> “Q. R.” [1]\n\n a | b\n---|---\n 1 | 2\n\n~~~\nx\n~~~\n"
        '5" wide. It `a.\n\n---\n- \n\n## End'
    )
    assert spoken(text, size) == (text, 0)


def test_it_comes_sentence_by_sentence():
    voice = FirstPerson(())
    assert voice.feed("Trust grows. It") == ""
    assert voice.feed(" takes time. ") == "Trust grows."
    assert voice.feed("I saw it. ") == " It takes time."
    assert voice.feed("Now go.\n") == " Now go.\n"


@pytest.mark.parametrize(
    ("sentence", "stays"),
    [
        ("I remember telling my own team that I did not know. [0]", True),
        ("> I was a manager for ten years.", True),
        ("“I was a manager for ten years. Trust grows slowly, and it goes at once.” [0]", True),
        ("I was a manager for twenty years. [0]", False),
        ("“I was a manager for ten years”, and at Google we had no plan. [0]", False),
        ("“I was a manager at Google.” [0]", False),
    ],
)
def test_an_experience_stays_where_a_passage_tells_it_in_the_same_words(sentence, stays):
    assert spoken(sentence) == ((sentence, 0) if stays else ("", 1))


@pytest.mark.parametrize(
    ("sentence", "rest"),
    [
        ("In my 20 years as a manager, I have learned that people need time.", "People need time."),
        ("J’ai appris que la délégation exige de la confiance.", "La délégation exige de la confiance."),
        ("He aprendido que delegar exige confianza.", "Delegar exige confianza."),
        ("По моему опыту, делегирование требует доверия.", "Делегирование требует доверия."),
        ("根据我的经验，授权需要信任。", "授权需要信任。"),
        ("私の経験では、権限委譲には信頼が必要です。", "権限委譲には信頼が必要です。"),
        ("Ich habe gelernt: Delegation braucht Vertrauen.", "Delegation braucht Vertrauen."),
        (
            "Ich habe gelernt, dass Delegation Vertrauen braucht.",
            "",
        ),  # its words would stand in another order
        ("I have learned that my first team was right.", ""),
    ],
)
def test_a_claim_stays_without_the_frame_that_tells_an_experience(sentence, rest):
    assert spoken(sentence)[0] == rest


def test_a_very_long_sentence_is_held_and_judged():
    text = "and so on, " * 5_000
    assert spoken(f"I saw {text}the end.") == ("", 1)
    assert spoken(f"See {text}the end.")[1] == 0


SCOPE = ScopeEntry(product_id="a", title="A *B*", kind="book", authors=("Ann Lee",), found="named")
OTHER = ScopeEntry(product_id="b", title="C", kind="book", authors=(), found="named")


@pytest.mark.parametrize("scope", [(SCOPE,), (SCOPE, OTHER)], ids=["author", "works"])
@pytest.mark.parametrize("code", sorted(languages()))
def test_the_simulated_voice_is_said_in_the_language_of_the_question_and_known_again(code, scope):
    question = " ".join(SENTENCES[code]["advice"])
    assert language_of(question) == code
    line = persona.simulated(scope, question)
    assert line.startswith("_") and line.endswith("_\n\n") and line.count("\n") == 2
    assert ("Ann Lee" in line) == (len(scope) == 1)
    assert "A \\*B\\*" in line and "⟦" not in line
    assert persona.without_opening(f"{line}Words.").strip() == "Words."


def test_every_language_has_what_wording_needs():
    for code, own in languages().items():
        negation = pattern_of(code, "wording", "negation")
        assert negation and negation.search(own["voice"]["simulated"]), code
        for kind in ("numbers", "units"):
            pairs = [entry.split("=") for entry in own.get(kind, "").split()]
            words = {word for word, _ in pairs}
            assert len(pairs) == len(words), (code, kind)
            assert {word.casefold() for word in words} <= words, (code, kind)
        if "stemmer" in own:  # those that divide words
            symbols = {entry.split("=")[1] for entry in word_list_of(code, "units")}
            assert {"s", "min", "day", "year", "km", "kg"} <= symbols
            assert {"3", "20", "100", "1000"} <= {e.split("=")[1] for e in word_list_of(code, "numbers")}
