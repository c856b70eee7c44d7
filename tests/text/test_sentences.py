"""Sentences of technical prose; `|` marks where one ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.work import given_up, lines_run

from wellread.text.sentences import sentences

CASES = """
One. | Two! | Three? | Four.
Use a queue, e.g. Redis, for this. | Then measure.
That is, i.e. the second one, is slower. | Stop.
Dr. Smith met Prof. Miller and Mrs. Jones. | They talked.
It is Python vs. Ruby here. | Python wins.
See Fig. 3 and Eq. 4 for details. | The curve is flat.
As shown in Sect. IV of the report, it holds. | See Sec. B.2 too.
Bring pens, paper, etc. | The rest is there.
Bring pens, paper, etc. and go. | Now.
The U.S. Government agreed. | It did so in the U.S. | The law passed.
Python 3.11 is faster than 3.10. | It shipped in 2022. | Upgrade.
Edit config.toml or settings.py first. | Then restart.
Node.js is fine. | ASP.NET is too. | Use .NET 8.
What?! | No way... | Really?
Wait... what is that? | Nothing.
There was one thing . . . or two. | Gone.
Rep. Smith and Lt. Col. Jones sued in Brown v. Board. | They won.
He said "stop." | She stopped.
"Why now?" he asked. | "Because."
(This is an aside.) | And this is not.
It works (see chapter 3). | Try it.
J. R. R. Tolkien wrote it. | C. S. Lewis read it.
It was written by D. Knuth in 1974. | Everybody quotes it.
Write it in C. | The compiler is fast.
We choose plan B. | It is cheaper.
So do I. | And you?
The answer is no. | That was easy.
See No. 5 and nos. 7 and 8. | Skip the rest.
Read pp. 12–14 and p. 99. | Then vol. 2.
Vaswani et al. (2017) proposed it. | Others followed.
As Brown et al. show, size matters. | It does.
Acme Inc. sells it. | Acme Inc. | The end.
Oracle Corp. and Sun Co. merged. | It was 2010.
It starts at 9 a.m. and ends at 5 p.m. | Be there.
It is due on Jan. 5. | Or on Feb. 7, 2020.
Visit example.com. | It is free.
Mail me at a.b@example.org. | I answer.
Call os.path.join(a, b). | It returns a string.
Run pip install x. | numpy.array is then there.
Install the package. | pip does that.
Use `foo.bar.` | Then go.
**Bold claim.** | Then the proof.
This is known.[12] | That is not.
This is known.¹ | That is not.
The ratio is 0.5. | 12 of 20 failed.
1. Install the server.
2.3. Configure the client. | Restart it.
- Yes. | - No.
A. The first appendix
IV. The fourth part
Chapter 2. Building a Better Book
Figure 3. The curve is flat. | The axis is not.
It rose by five per cent. within a year. | See vol. xix. | Then stop.
Is it fast? | yes it is.
Yahoo! is a company. | So is Google.
What is a "closure"? | A function with its scope.
It has three parts: a head, a body, and a tail. | That's all.
Version 2.0.1-beta.3 fixes it. | Update now.
It costs $1.50. | That is cheap.
Set x = 1. | Set y = 2.
St. Louis is in Missouri. | Mt. Everest is not.
He has a Ph.D. in physics. | She has an M.Sc. | They met at MIT.
The file is at /etc/passwd. | Do not edit it.
It is approx. 5 cm long. | Measure it.
It ended in 1999. | In 2000, it began again.
Martin Luther King Jr. spoke. | We listened.
Das ist z. B. ein Satz. | Das ist noch einer.
Das gilt z.B. für Bücher, d.h. für Texte. | Für Videos auch.
Am 3. Oktober 1990 war es so weit. | Danach kam der 4. November.
Im 19. Jahrhundert gab es das nicht. | Heute schon.
Vgl. Abb. 3 auf S. 12. | Siehe auch Kap. 4.
Herr Dr. Müller kommt um 9.30 Uhr. | Er bleibt bis 11 Uhr.
Es waren Äpfel, Birnen usw. | Alles war frisch.
Das kostet ca. 5 Euro bzw. 6 Franken. | Mehr nicht.
„Warum?“, fragte er. | „Darum.“
Das war 2019. | Die Zahlen stiegen.
今天天气很好。|我们去公园吧！|你来吗？
他说：“你好。”|然后走了。
这是第3.5版。|请更新。
「行きます。」と言った。|そして、帰った。
これはペンです。|それは何ですか？|わかりません。
यह एक वाक्य है। | यह दूसरा है।
هل هذا كتاب؟ | نعم.
Это предложение. | И это тоже.
C'est fini. | « Vraiment ? » | Oui.
¿Qué es esto? | ¡Nada! | Vale.
No.
...
A heading without a full stop
The end
""".strip().splitlines()


@pytest.mark.parametrize("case", CASES)
def test_technical_prose(case: str) -> None:
    expected = [part.strip() for part in case.split("|")]
    text = case.replace(" | ", " ").replace("|", "")
    assert [text[start:end] for start, end in sentences(text)] == expected


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


def test_lines_end_sentences_in_lists_code_and_after_headings() -> None:
    assert split("The Title\n\nThe text goes on.\n\nAnd on") == ["The Title", "The text goes on.", "And on"]
    assert split("First:\n- one thing\n- another thing.\n1. a number") == [
        "First:",
        "- one thing",
        "- another thing.",
        "1. a number",
    ]
    code = "def read(path: str, encoding: str = 'utf-8') -> str:\n    return open(path).read()\nprint(1)"
    assert split(code) == [line.strip() for line in code.split("\n")]


def test_wrapped_prose_is_joined() -> None:
    text = "This line was wrapped by an editor at some column, and\nso it goes on here. Next one."
    assert split(text) == [
        "This line was wrapped by an editor at some column, and\nso it goes on here.",
        "Next one.",
    ]


def test_nothing_gives_nothing() -> None:
    assert sentences("") == sentences(" \n\t ") == []


PIECES = st.sampled_from(
    [
        "a",
        "B",
        ".",
        "?",
        "!",
        "…",
        " ",
        "\n",
        "。",
        "」",
        '"',
        ")",
        "(",
        "e.g.",
        "3.11",
        "J.",
        "-",
        "[1]",
        "*",
    ]
)


@given(st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=40).map("".join)))
def test_ranges_are_ordered_trimmed_and_cover_the_text(text: str) -> None:
    last = 0
    for start, end in sentences(text):
        assert last <= start < end <= len(text)
        assert text[start:end] == text[start:end].strip()
        assert not text[last:start].strip()
        last = end
    assert not text[last:].strip()


@pytest.mark.parametrize(
    "unit", ["A word. ", ".", "a" * 50, "?! ", '."', "[1]", "x\n", "。", "1. ", " ", "J. "]
)
def test_work_grows_with_the_length_and_no_faster(unit: str) -> None:
    def text(length: int) -> str:
        return "Go. " + unit * (length // len(unit)) + " end"

    assert lines_run(sentences, text(8_000)) < 2.2 * lines_run(sentences, text(4_000))
    with given_up():  # patterns that go back do so unseen
        sentences(text(400_000))
