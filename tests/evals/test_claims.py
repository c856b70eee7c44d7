"""Judges measured on labelled claims: what is read, what a judge is given, and the figures."""

import asyncio
import json

import pytest
from support.command import command
from support.served_script import serving
from support.tiny_classifier import classifier

from wellread.errors import BadRequestError
from wellread.evals.claims import (
    LabelledClaim,
    WordsJudge,
    closest,
    figures_of,
    judged_claim,
    measure_judge,
    read_claims,
    some_claims,
)
from wellread.grounding.entailment import EntailmentClassifier
from wellread.grounding.judgement import Judgement

SENTENCES = ["Managers plan work.", "Teams do not lose trust.", "Leaders gain confidence in nine weeks."]
LINES = [
    {"id": "a", "claim": "Leaders gain confidence", "label": "supported", "sentences": SENTENCES, "evidence": [2]},
    {"id": "b", "claim": "Teams lose trust", "label": "contradicted", "sentences": SENTENCES, "evidence": [[1]]},
    {"id": "b", "claim": "People fear meetings", "label": "not_enough_information", "sentences": SENTENCES},
    {"claim": "Managers plan work", "label": "supported", "sentences": SENTENCES},
]  # fmt: skip


def written(path, lines=LINES):
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def claim(label, text="Teams gain trust", sentences=()):
    return LabelledClaim(claim=text, label=label, sentences=list(sentences))


def test_figures_are_those_worked_out_by_hand():
    labels = [
        "supported",
        "supported",
        "partially_supported",
        "contradicted",
        "not_supported",
        "not_supported",
    ]
    judgements = [
        Judgement(0.9, 0.05),  # right
        Judgement(0.4, 0.3),  # called partly
        Judgement(0.6, 0.1),  # called supported
        Judgement(0.2, 0.7),  # right
        None,  # right: not told
        Judgement(0.1, 0.2),  # right
    ]
    figures = figures_of("one", [claim(label) for label in labels], judgements, 0.5)
    assert figures.claims == 6
    assert figures.unjudged == 1
    assert figures.supported == pytest.approx((4 + 3) / 8)  # .9 above four; .4 above .2, 0 and .1
    assert figures.at_least_partly == 1  # .9, .4, .6 above .2, 0, .1
    assert figures.contradicted == 1  # .5 above -.85 and .1 less .4
    assert figures.told == pytest.approx(1)
    assert figures.accuracy == pytest.approx(4 / 6)
    # supported: 1 of 2 and 2; partly: 0; contradicted: 1; silent: 2 of 2 and 2
    assert figures.macro_f1 == pytest.approx((1 / 2 + 0 + 1 + 1) / 4)
    # five judged, each alone in its bin: .9 was, .4 was, .6 was not, .2 not, .1 not
    assert figures.calibration_error == pytest.approx((0.1 + 0.6 + 0.6 + 0.2 + 0.1) / 5)
    assert figures.claims_per_second == 2


def test_what_a_set_does_not_have_is_not_measured():
    figures = figures_of("one", [claim("supported"), claim("supported")], [Judgement(0.4, 0.1)] * 2, 1.0)
    assert figures.supported is figures.at_least_partly is figures.contradicted is figures.told is None
    assert figures.accuracy == 0  # and without claims that are supported in part, none is called so
    assert figures_of("one", [claim("supported")], [None], 1.0).calibration_error is None


def test_a_classifier_is_measured(tmp_path):
    judge = EntailmentClassifier(classifier(tmp_path / "tiny"), "onnx:tiny")
    done = []
    figures = asyncio.run(
        measure_judge(judge, read_claims(written(tmp_path / "c.jsonl")), report=done.append)
    )
    assert (figures.judge, figures.claims, figures.unjudged, done) == ("onnx:tiny", 4, 0, [4])
    assert figures.supported == figures.contradicted == figures.told == 1
    assert figures.accuracy == figures.macro_f1 == 1
    assert figures.calibration_error == pytest.approx(0.02, abs=0.02)


def test_words_have_a_score_and_know_of_no_contradiction(tmp_path):
    claims = read_claims(written(tmp_path / "c.jsonl"))
    figures = asyncio.run(measure_judge(WordsJudge(), claims))
    assert figures.judge == "words"
    assert figures.supported > 0.5
    [number] = asyncio.run(
        WordsJudge().judge(
            [judged_claim(claim("supported", "Leaders gain confidence in 7 weeks", SENTENCES), closest)]
        )
    )
    assert (number.entailed, number.contradicted) == (0, 0)


def test_a_judge_is_given_the_closest_sentences_in_their_order():
    many = [*(f"Nothing of this kind stands in line {number}." for number in range(500)), *SENTENCES]
    asked = judged_claim(claim("supported", "Leaders and teams gain trust and confidence", many), closest)
    assert asked.sentences[-2:] == tuple(SENTENCES[1:])
    assert len(asked.sentences) <= 4
    assert judged_claim(claim("supported"), closest).sentences == ()
    first = judged_claim(claim("supported", sentences=many), lambda _claim, _sentences: [501, 0])
    assert first.sentences == (many[0], many[501])


def test_some_claims_are_spread_over_the_file():
    claims = [claim("supported", f"Claim {n}") for n in range(10)] + [claim("contradicted", "Another")]
    assert [one.claim for one in some_claims(claims, ["supported"], 3)] == ["Claim 0", "Claim 3", "Claim 6"]
    assert len(some_claims(claims, [], 99)) == 11
    assert [one.claim for one in some_claims(claims, ["contradicted"], None)] == ["Another"]
    with pytest.raises(BadRequestError, match="No claim has the label 'not_supported'") as caught:
        some_claims(claims, ["not_supported"], None)
    assert "supported, contradicted" in caught.value.hint


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "Line 3 .* is no labelled claim: .*JSON"),
        ("[]", "Line 3 .* is no labelled claim: "),
        ('{"claim": "x", "label": "supported"}', "Line 3 .*`sentences`: Field required"),
        ('{"claim": "x", "label": "yes", "sentences": []}', "Line 3 .*`label`: Input should be 'supported'"),
        ('{"claim": " ", "label": "supported", "sentences": []}', "Line 3 .*`claim`: "),
        ('{"claim": "x", "label": "supported", "sentences": "y"}', "Line 3 .*`sentences`: "),
        ('{"claim": "x", "label": "supported", "sentences": ["y", 1]}', r"Line 3 .*`sentences\.1`: "),
        ('{"claim": "x", "label": "supported", "sentences": [], "verdict": 1}', "Line 3 .*`verdict`: Extra"),
    ],
)
def test_what_is_wrong_with_a_line_is_told(tmp_path, line, told):
    path = tmp_path / "c.jsonl"
    path.write_text(json.dumps(LINES[0]) + "\n\n" + line + "\n", encoding="utf-8")
    with pytest.raises(BadRequestError, match=told) as caught:
        read_claims(path)
    assert "`sentences`" in caught.value.hint


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"", "has no claims"), (b"\xff\xfe\xff", "cannot be read"), (None, "cannot be read")],
)
def test_a_file_without_claims_is_told(tmp_path, content, told):
    path = tmp_path / "c.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadRequestError, match=told) as caught:
        read_claims(path)
    assert "`claim`" in caught.value.hint


def test_the_claims_beside_the_project_can_be_read(shared_data):
    for path in sorted((shared_data / "claims").glob("*.jsonl")):
        assert len(read_claims(path)) > 100


def run(home, *arguments, **environment):
    own = {"WELLREAD_HOME": str(home), "WELLREAD_MODEL": "extractive", **environment}
    return command("eval", "claims", *map(str, arguments), **own)


def test_the_command_gives_each_judge_a_row(tmp_path):
    home = tmp_path / "home"
    folder = classifier(home / "models" / "tiny", labels=("neutral", "contradiction", "entailment"))
    file = written(tmp_path / "c.jsonl")
    shown = run(home, file, "--judge", "all")
    assert shown.returncode == 0, shown.stderr
    header, *rows = (line.split() for line in shown.stdout.splitlines()[:3])
    by_judge = {row[0]: dict(zip(header, row, strict=True)) for row in rows}
    assert set(by_judge) == {"words", "onnx:tiny"}
    assert [by_judge["onnx:tiny"][name] for name in ("claims", "supported", "contradicted", "F1")] == [
        "4",
        "1.000",
        "1.000",
        "1.000",
    ]
    assert "gives no probabilities" in shown.stdout
    as_json = run(home, file, "--judge", f"onnx:{folder}", "--json", "--only", "supported", "--limit", "1")
    [row] = map(json.loads, as_json.stdout.splitlines())
    assert (row["judge"], row["claims"], row["accuracy"], row["supported"]) == ("onnx:tiny", 1, 1.0, None)
    assert run(home, file, "--json").stdout.startswith('{"judge": "words"')  # who judges answers here


def test_a_model_judges_claims(tmp_path):
    def reply(*verdicts):
        rows = ", ".join(
            f'{{ statement = {number}, verdict = "{verdict}", sentence = 1 }}'
            for number, verdict in enumerate(verdicts, 1)
        )
        return f'[[reply]]\nrole = "choice"\naction = "verdicts"\nparameters = {{ verdicts = [{rows}] }}\n'

    script = reply("supported") + reply("contradicted", "not told", "nonsense")
    with serving(script) as served:
        arguments = ("--judge", "openai/gpt-4.1", "--json")
        told = run(tmp_path / "home", written(tmp_path / "c.jsonl"), *arguments, **served.environment)
    assert told.returncode == 0, told.stderr
    row = json.loads(told.stdout)
    assert (row["judge"], row["claims"], row["unjudged"]) == ("openai/gpt-4.1", 4, 1)
    assert (row["contradicted"], row["accuracy"]) == (1.0, 0.75)


def test_what_the_command_cannot_do_is_told(tmp_path):
    home, file = tmp_path / "home", written(tmp_path / "c.jsonl")
    classifier(home / "models" / "unnamed", named={"0": "LABEL_0", "1": "LABEL_1", "2": "LABEL_2"})
    alone = run(home, file, "--judge", "onnx:unnamed")
    assert (alone.returncode, alone.stdout) == (2, "")
    assert "Error: config.json in" in alone.stderr
    assert "LABEL_0" in alone.stderr
    several = run(home, file, "--judge", "all", "--json")  # the others are measured
    assert several.returncode == 1
    assert "onnx:unnamed: config.json in" in several.stderr
    assert [json.loads(line)["judge"] for line in several.stdout.splitlines()] == ["words"]
    missing = run(home, file, "--judge", "onnx:nowhere")
    assert (missing.returncode, "no folder" in missing.stderr) == (3, True)
    label = run(home, file, "--only", "yes")
    assert (label.returncode, "No claim has the label 'yes'" in label.stderr) == (2, True)
