"""A classifier of natural-language inference as a judge: what it makes of claims, and of folders that are none."""

import asyncio
import json
import os
from pathlib import Path

import pytest
from support.tiny_classifier import INT32, classifier

from wellread.errors import BadRequestError, LimitError, ModelRejectedError, NotFoundError
from wellread.grounding.entailment import EntailmentClassifier, open_classifier
from wellread.grounding.judgement import JudgedClaim

SURE, NO = pytest.approx(0.98, abs=0.02), pytest.approx(0.0, abs=0.03)
TRUST = JudgedClaim("Teams gain trust", ("Managers plan work.", "Leaders and teams gain trust in meetings."))
DENIED = JudgedClaim("Teams gain trust", ("Managers plan work.", "Teams do not gain trust."))
SILENT = JudgedClaim("Teams gain trust", ("Managers plan work.", "Leaders gain trust."))


def judged(folder, *claims):
    return asyncio.run(open_classifier(folder, f"onnx:{folder}").judge(claims))


def test_a_claim_is_entailed_contradicted_or_neither(tmp_path):
    entailed, denied, silent = judged(classifier(tmp_path / "tiny"), TRUST, DENIED, SILENT)
    assert (entailed.entailed, entailed.contradicted, entailed.sentence) == (SURE, NO, 1)
    assert (denied.entailed, denied.contradicted, denied.sentence) == (NO, SURE, 1)
    assert (silent.entailed, silent.contradicted) == (NO, NO)


@pytest.mark.parametrize(
    ("labels", "named"),
    [
        (("contradiction", "entailment", "neutral"), None),
        (("neutral", "contradiction", "entailment"), {"0": "Neutral", "1": "CONTRADICTION", "2": "Entailment"}),
        (("supports", "refutes", "not enough info"), {"2": "NOT ENOUGH INFO", "1": "REFUTES", "0": "SUPPORTS"}),
    ],
)  # fmt: skip
def test_labels_are_known_by_name_in_any_order(tmp_path, labels, named):
    entailed, denied, _ = judged(
        classifier(tmp_path / "tiny", labels=labels, named=named), TRUST, DENIED, SILENT
    )
    assert (entailed.entailed, denied.contradicted) == (SURE, SURE)


def test_with_two_labels_nothing_is_contradicted(tmp_path):
    folder = classifier(tmp_path / "tiny", labels=("not_entailment", "entailment"))
    entailed, denied, _ = judged(folder, TRUST, DENIED, SILENT)
    assert (entailed.entailed, denied.entailed) == (SURE, NO)
    assert entailed.contradicted == denied.contradicted == 0


@pytest.mark.parametrize(
    "how",
    [
        {"inputs": ("input_ids", "attention_mask")},
        {"integers": INT32},
        {"file": "onnx/model.onnx"},
        {"file": "onnx/model_quantized.onnx"},
        {"file": "onnx/model_int8.onnx"},
    ],
)
def test_models_differ_in_inputs_and_in_where_they_lie(tmp_path, how):
    entailed, denied, silent = judged(classifier(tmp_path / "tiny", **how), TRUST, DENIED, SILENT)
    assert (entailed.entailed, denied.contradicted, silent.entailed) == (SURE, SURE, NO)


def test_sentences_that_entail_only_together_do(tmp_path):
    together = JudgedClaim(
        "Teams and leaders gain trust", ("Teams gain trust.", "Leaders lose fear and gain trust.")
    )
    apart = JudgedClaim("Teams and leaders gain trust", ("Teams gain trust.",))
    both, one = judged(classifier(tmp_path / "tiny"), together, apart)
    assert (both.entailed, one.entailed) == (SURE, NO)


def test_one_sentence_entails_and_another_contradicts(tmp_path):
    claim = JudgedClaim("Teams gain trust", ("Teams do not gain trust.", "Teams gain trust."))
    [judgement] = judged(classifier(tmp_path / "tiny"), claim)
    assert (judgement.entailed, judgement.sentence) == (SURE, 1)
    assert judgement.entailed + judgement.contradicted <= 1


def test_many_claims_of_all_lengths_keep_their_order(tmp_path):
    claims = [
        JudgedClaim(
            "Teams gain trust", ("leaders plan work " * (7 * number % 40), "teams gain trust " * (number + 1))
        )
        if number % 3
        else DENIED
        for number in range(40)
    ]
    found = judged(classifier(tmp_path / "tiny"), *claims)
    assert [one.contradicted > 0.5 for one in found] == [number % 3 == 0 for number in range(40)]
    assert [one.entailed > 0.5 for one in found] == [number % 3 != 0 for number in range(40)]


def test_what_cannot_be_judged_has_no_judgement(tmp_path):
    found = judged(
        classifier(tmp_path / "tiny", positions=66),  # 64 word pieces
        TRUST,
        JudgedClaim(" ", ("Teams gain trust.",)),
        JudgedClaim("Teams gain trust", ()),
        JudgedClaim("Teams gain trust", ("", " ")),
        JudgedClaim("teams gain trust " * 20, ("Teams gain trust.",)),  # what is cut off would not be judged
        JudgedClaim("Teams \ud800 gain\x00 trust", ("Teams gain \ud83d trust.",)),
    )
    assert found[0].entailed == SURE
    assert found[1:5] == [None] * 4
    assert found[5] is not None
    assert judged(classifier(tmp_path / "tiny")) == []


def test_a_long_sentence_is_read_as_far_as_there_is_room(tmp_path):
    early = "Teams gain trust. " + "leaders plan work " * 2800  # 50,000 characters
    late = "leaders plan work " * 2800 + "teams gain trust"
    found = judged(
        classifier(tmp_path / "tiny"),
        *(JudgedClaim("Teams gain trust", (sentence,)) for sentence in (early, late)),
    )
    assert [one.entailed for one in found] == [SURE, NO]


def test_a_model_that_gives_no_numbers_gives_no_judgement(tmp_path):
    assert judged(classifier(tmp_path / "tiny", nonsense=True), TRUST, SILENT) == [None, None]


def test_a_judge_is_opened_once_and_shows_no_path(tmp_path):
    folder = classifier(tmp_path / "tiny")
    judge = open_classifier(folder, f"onnx:{folder}")
    assert judge.name == "onnx:tiny"
    assert open_classifier(folder, f"onnx:{folder}") is judge
    assert judge.load() is judge.load()


def test_a_model_that_was_replaced_is_loaded_anew(tmp_path):
    judge = EntailmentClassifier(classifier(tmp_path / "tiny"), "onnx:tiny")
    assert asyncio.run(judge.judge([TRUST]))[0].entailed == SURE
    classifier(tmp_path / "tiny", labels=("contradiction", "neutral", "entailment"))
    assert asyncio.run(judge.judge([TRUST]))[0].entailed == SURE
    broken(tmp_path / "tiny", "no tokenizer")
    with pytest.raises(ModelRejectedError, match=r"tokenizer\.json is missing"):
        asyncio.run(judge.judge([TRUST]))


def broken(folder: Path, what: str) -> Path:
    """A folder with a classifier, and one thing wrong with it."""
    config = {"id2label": {"0": "entailment", "1": "neutral", "2": "contradiction"}}
    match what:
        case "no folder":
            return folder / "nowhere"
        case "unnamed":
            return classifier(folder, named={"0": "LABEL_0", "1": "LABEL_1", "2": "LABEL_2"})
        case "other labels":
            return classifier(folder, named={"0": "positive", "1": "neutral", "2": "negative"})
        case "one label":
            return classifier(folder, labels=("entailment",))
        case "more labels than outputs":
            return classifier(folder, labels=("entailment", "neutral"), named=config["id2label"])
        case "other inputs":
            return classifier(folder, inputs=("input_ids", "attention_mask", "pixel_values"))
    classifier(folder)
    match what:
        case "no labels":
            (folder / "config.json").write_text("{}")
        case "no config":
            (folder / "config.json").unlink()
        case "config cut short":
            (folder / "config.json").write_text('{"id2label": {"0"')
        case "config is a list":
            (folder / "config.json").write_text("[]")
        case "no tokenizer":
            (folder / "tokenizer.json").unlink()
        case "another tokenizer":
            (folder / "tokenizer.json").write_text(json.dumps({"version": "1.0"}))
        case "no model":
            (folder / "model.onnx").unlink()
        case "several models":
            (folder / "model.onnx").rename(folder / "one.onnx")
            (folder / "two.onnx").touch()
        case "a page":
            (folder / "model.onnx").write_text("<html>not found</html>")
        case "an empty file":
            (folder / "model.onnx").write_bytes(b"")
        case "cut short":
            (folder / "model.onnx").write_bytes((folder / "model.onnx").read_bytes()[:3000])
    return folder


@pytest.mark.parametrize(
    ("what", "error", "reason"),
    [
        ("no folder", NotFoundError, r"config\.json is missing"),
        ("no config", NotFoundError, r"config\.json is missing"),
        ("config cut short", BadRequestError, "cannot be read"),
        ("config is a list", BadRequestError, "no JSON object"),
        ("no labels", BadRequestError, "names no labels"),
        ("unnamed", BadRequestError, "does not say what the labels mean: LABEL_0, LABEL_1, LABEL_2"),
        ("other labels", BadRequestError, "no label for entailment: positive, neutral, negative"),
        ("one label", BadRequestError, "names 1 label; a judge needs two"),
        ("more labels than outputs", BadRequestError, r"shape \[1, 2\] for 1 pairs.*names 3 labels"),
        ("other inputs", BadRequestError, "takes input_ids, attention_mask, pixel_values"),
        ("no tokenizer", NotFoundError, r"tokenizer\.json is missing"),
        ("another tokenizer", BadRequestError, "no tokenizer"),
        ("no model", NotFoundError, "no ONNX model"),
        ("several models", BadRequestError, r"several models: one\.onnx, two\.onnx"),
        ("a page", BadRequestError, "no ONNX model"),
        ("an empty file", BadRequestError, "no ONNX model"),
        ("cut short", BadRequestError, "no ONNX model"),
    ],
)
def test_a_folder_without_a_judge_is_refused_saying_why(tmp_path, what, error, reason):
    judge = EntailmentClassifier(broken(tmp_path / "tiny", what), "onnx:tiny")
    with pytest.raises(error, match=reason) as caught:
        judge.load()
    assert caught.value.hint
    with pytest.raises(ModelRejectedError, match=reason):  # a run goes on without its judge
        asyncio.run(judge.judge([TRUST]))
    assert asyncio.run(judge.judge([])) == []


def test_labels_that_are_unnamed_can_be_named(tmp_path):
    judge = EntailmentClassifier(broken(tmp_path / "tiny", "unnamed"), "onnx:tiny")
    with pytest.raises(BadRequestError) as caught:
        judge.load()
    assert '"id2label": {"0": "entailment", "1": "neutral", "2": "contradiction"}' in caught.value.hint
    classifier(tmp_path / "tiny")
    assert asyncio.run(judge.judge([TRUST]))[0].entailed == SURE


def test_a_model_larger_than_the_memory_is_not_loaded(tmp_path):
    if not Path("/proc/meminfo").exists():
        pytest.skip("only Linux tells how much memory is free")
    folder = classifier(tmp_path / "tiny")
    (folder / "model.onnx_data").touch()
    os.truncate(folder / "model.onnx_data", 2**42)  # takes no room
    with pytest.raises(LimitError, match=r"needs about \d+\.\d GB of memory") as caught:
        open_classifier(folder, "onnx:tiny").load()
    assert "smaller" in caught.value.hint
