"""What the terminal prints of an answer that was judged."""

from support import mentor as t
from support.judged_runs import copied, opened, verdicts, written

from wellread.cli.ask import AnswerPage
from wellread.wire.runs import AskOptions

TRUE = "Management is what keeps the work on its track [0]."
FALSE = "Management decides where the track goes [0]."
INVENTED = "Some 300 leads need a year of training [0]."


def printed(home, script, capsys, **settings):
    page = AnswerPage(trace=False)
    with opened(home, script, **settings) as (library, _):
        for event in library.ask(t.DIFFERENCE, AskOptions(product_ids=[t.BOOK])):
            page.show(event)
    return " ".join(capsys.readouterr().out.split())


def test_each_doubtful_statement_is_printed_with_who_judged(mentor_home, tmp_path, capsys):
    script = written(f"{TRUE} {FALSE} {INVENTED}") + verdicts("supported", "contradicted", "not told")
    text = printed(copied(mentor_home, tmp_path), script, capsys)
    assert "1 supported, 1 contradicted, 1 not supported (judged by openai/gpt-4.1)." in text
    assert "Contradicted: “Management decides where the track goes.” The passage: “" in text
    assert (
        "Not supported: “Some 300 leads need a year of training.” “300” does not stand in the passages."
        in text
    )
    assert "Supported: “" not in text


def test_words_alone_say_that_they_compared_words(mentor_home, tmp_path, capsys):
    text = printed(copied(mentor_home, tmp_path), written(f"{TRUE} {INVENTED}"), capsys, judge="words")
    assert "1 in conflict with the passages, 1 not checked (words compared, no model asked)." in text
    assert "In conflict with the passages: “Some 300 leads" in text
