"""Where each title stands on what is asked."""

import json

import pytest
from support.judged_runs import JUDGING, article, opened, verdicts, written
from support.libraries import add

from wellread.agent.judging.stance import claim_of, stance_of
from wellread.blocking import BlockingWellread
from wellread.events import RunCompleted, answer_of
from wellread.grounding.judgement import Judgement
from wellread.settings import Settings
from wellread.wire.runs import AskOptions

QUESTION = "Should bakers proof dough overnight?"
CLAIM = "Bakers should proof dough overnight."
FOR = "Bakers who want flavour should proof their dough overnight."
AGAINST = "No dough gains anything when bakers proof it overnight."
BESIDE = "Dough that bakers proof is covered with a damp cloth."
FILLER = "The mill stands beside the river, and on market day the farmers meet there to talk of rain. " * 4
HEAD = "**Where each title stands**"


def titles(folder, *said):
    names = ["Bread at Home", "The Baker's Year", "Crust", "River Walks"]
    return [
        article(folder, f"{n}.md", names[n], ("Of the day", text, FILLER), date=f"201{n}")
        for n, text in enumerate(said)
    ]


def asked(folder, paths, script, question=QUESTION, mode="deep"):
    with BlockingWellread(settings=Settings(home=folder / "home", embedder="none")) as library:
        ids = [added.product_id for added in add(library, *paths)]
    with opened(folder / "home", script) as (library, served):
        events = list(library.ask(question, AskOptions(product_ids=ids, mode=mode)))
    assert isinstance(events[-1], RunCompleted), events[-1]
    return answer_of(events), served


def judge(**by_title):
    """Replies of the judge: to the pairs of sentences that nothing is in them, to the claim by title."""
    pairs = verdicts(*["not told"] * 16, when=f"{JUDGING}(?!.*: {CLAIM})", times=1)
    return pairs + verdicts(*by_title.values(), when=f"{JUDGING}.*: {CLAIM}")


def rows(markdown):
    table = markdown.partition(HEAD)[2].split("\n\n")[1].strip().split("\n")[2:]
    return [[cell.strip() for cell in row.strip("| ").split(" | ")] for row in table]


def test_each_title_supports_opposes_or_is_silent_with_its_sentence(tmp_path):
    paths = titles(tmp_path, FOR, AGAINST, BESIDE, FILLER)
    script = written(f"{FOR} [0]\n") + judge(home="supported", year="contradicted", crust="not told")
    answer, served = asked(tmp_path, paths, script)
    assert f"{HEAD} on “{CLAIM}”, as openai/gpt-4.1 judges:" in answer.markdown
    table = {row[0]: row[1:] for row in rows(answer.markdown)}
    assert table["*Bread at Home* (2010)"][0] == "supports"
    assert table["*Bread at Home* (2010)"][1].startswith(f"{FOR} [")
    assert table["*The Baker's Year* (2011)"][0] == "opposes"
    assert table["*The Baker's Year* (2011)"][1].startswith(f"{AGAINST} [")
    assert table["*Crust* (2012)"][0] == "silent"
    assert table["*River Walks* (2013)"] == ["silent", "nothing found"]
    told = {s.text.partition(" |")[0]: s.verdict for s in answer.statements if s.text.count("|") == 2}
    assert told == {
        "Bread at Home (2010)": "quoted",
        "The Baker's Year (2011)": "quoted",
        "Crust (2012)": "quoted",
        "River Walks (2013)": "general",
    }
    still_open = answer.markdown.find("**Still open**")
    assert still_open < 0 or answer.markdown.index(HEAD) < still_open
    assert not any(HEAD in request.prompt for request in served.requests)


def test_the_table_stays_when_the_draft_is_revised(tmp_path):
    paths = titles(tmp_path, FOR, AGAINST, BESIDE)
    draft = f"{FOR} [0] Dough that rests for nine days wins every prize [0]. {AGAINST} [1]\n"
    script = (
        written(draft)
        + judge(home="supported", year="contradicted", crust="not told")
        + verdicts("not told", when=f"{JUDGING}.*nine days")
    )
    answer, _ = asked(tmp_path, paths, script)
    assert "nine days" not in answer.markdown
    assert [row[1] for row in rows(answer.markdown)] == ["supports", "opposes", "silent"]
    assert "contradicted" not in {statement.verdict for statement in answer.statements}


def test_a_claim_that_no_rule_makes_is_made_by_the_model(tmp_path):
    paths = titles(tmp_path, FOR, AGAINST, BESIDE)
    claim = f"[[reply]]\nwhen = 'give `claim`'\njson = '{json.dumps({'claim': CLAIM})}'\n"
    script = written(f"{FOR} [0]\n") + claim + judge(home="supported", year="contradicted", crust="not told")
    question = "Should a baker proof dough overnight?"
    assert claim_of(question) == ""
    answer, _ = asked(tmp_path, paths, script, question)
    assert [row[1] for row in rows(answer.markdown)] == ["supports", "opposes", "silent"]


@pytest.mark.parametrize(
    ("said", "question", "mode"),
    [
        ((FOR, AGAINST), QUESTION, "deep"),
        ((FOR, AGAINST, BESIDE), QUESTION, "quick"),
        ((FOR, AGAINST, BESIDE), "How do bakers proof dough overnight?", "deep"),
    ],
    ids=["two titles", "quick", "asks how"],
)
def test_there_is_no_table_where_none_is_asked_for(tmp_path, said, question, mode):
    script = written(f"{FOR} [0]\n") + judge(home="supported", year="contradicted", crust="not told")
    answer, _ = asked(tmp_path, titles(tmp_path, *said), script, question, mode)
    assert FOR in answer.markdown
    assert HEAD not in answer.markdown


def test_an_answer_whose_judge_fails_has_no_table(tmp_path):
    answer, _ = asked(tmp_path, titles(tmp_path, FOR, AGAINST, BESIDE), written(f"{FOR} [0]\n"))
    assert FOR in answer.markdown
    assert HEAD not in answer.markdown


def test_where_every_title_is_silent_there_is_no_table(tmp_path):
    script = written(f"{FOR} [0]\n") + judge(home="not told", year="not told", crust="not told")
    answer, _ = asked(tmp_path, titles(tmp_path, FOR, AGAINST, BESIDE), script)
    assert HEAD not in answer.markdown


@pytest.mark.parametrize(
    ("question", "claim"),
    [
        ("Should managers write code?", "Managers should write code."),
        ("Should sales teams use scripts?", "Sales teams should use scripts."),
        ("Do the authors agree that a lead should write code?", "A lead should write code."),
        ("Is it true that pair programming pays?", "Pair programming pays."),
        ("Are code reviews worth the time?", "Code reviews are worth the time."),
        ("Do managers write code?", "Managers write code."),
        ("Should managers of large teams write code?", ""),  # where the subject ends, no rule can tell
        ("Should a team lead write code?", ""),
        ("How should managers write code?", ""),
        ("Sollten Manager Code schreiben?", "Manager sollten Code schreiben."),
        ("Sollte ein guter Manager Code schreiben?", "Ein guter Manager sollte Code schreiben."),
        ("Sollten Manager der Firma Code schreiben?", ""),
        ("Muss man jeden Tag gießen?", "Man muss jeden Tag gießen."),
        ("Braucht Hefe Zucker?", "Hefe braucht Zucker."),
        ("Stimmt es, dass Hefe Zucker braucht?", "Es ist so, dass Hefe Zucker braucht."),
        ("", ""),
        ("Should " + "very " * 100 + "managers write code?", ""),
    ],
)
def test_a_question_becomes_a_claim_where_the_rules_leave_no_doubt(question, claim):
    assert claim_of(question) == claim


@pytest.mark.parametrize(
    ("judgement", "stance"),
    [
        (Judgement(0.5, 0.1), "supports"),
        (Judgement(0.49, 0.1), "silent"),
        (Judgement(0.1, 0.5), "opposes"),
        (Judgement(0.5, 0.5), "supports"),
        (None, "silent"),
    ],
)
def test_the_stance_follows_the_greater_probability(judgement, stance):
    assert stance_of(judgement) == stance
