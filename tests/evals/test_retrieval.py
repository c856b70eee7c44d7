"""Figures about retrieval, from the path that the product searches by."""

import asyncio
import json
from pathlib import Path

import pytest
from support.paths import SHARED

from wellread.errors import BadRequestError
from wellread.evals.retrieval import evaluate
from wellread.index.embedding import MiniLmEmbedder

DATA = SHARED / "data" / "ir"

DOCUMENTS = {
    "bees": ("Swarming", "The hive raises a queen when the colony prepares to leave in spring."),
    "bread": ("Starter", "A sourdough starter ferments the flour before baking."),
    "sails": ("Trim", "The skipper eases the mainsail when the wind freshens."),
    "roses": ("Pruning", "Cut back late in winter, above an outward facing bud."),
}
QUERIES = {
    "q1": "when do bees swarm?",
    "q2": "trimming a mainsail",
    "q3": "pruning in winter",
    "q4": "unjudged",
}
GRADES = "query-id\tcorpus-id\tscore\nq1\tbees\t1\nq2\tsails\t2\nq2\tbread\t0\nq3\troses\t1\n"


def write(folder: Path, **files: str) -> Path:
    corpus = [{"_id": name, "title": title, "text": text} for name, (title, text) in DOCUMENTS.items()]
    queries = [{"_id": name, "text": text} for name, text in QUERIES.items()]
    contents = {
        "corpus.jsonl": "".join(json.dumps(row) + "\n" for row in corpus),
        "queries.jsonl": "".join(json.dumps(row) + "\n" for row in queries),
        "qrels.tsv": GRADES,
        **{name.replace("_", ".", 1): text for name, text in files.items()},
    }
    folder.mkdir(exist_ok=True)
    for name, text in contents.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_a_small_set_is_measured_in_every_way(tmp_path: Path):
    pytest.importorskip("ir_measures")
    found = asyncio.run(evaluate(write(tmp_path / "set"), MiniLmEmbedder(tmp_path / "cache")))
    assert set(found) == {"keyword", "vector", "fused", "second look"}
    assert all(set(figures) == {"nDCG@10", "R@100", "RR"} for figures in found.values())
    assert found["fused"] == found["second look"] == {"nDCG@10": 1.0, "R@100": 1.0, "RR": 1.0}
    assert asyncio.run(evaluate(tmp_path / "set", None)) == {
        "keyword": found["keyword"],
        "second look": {"nDCG@10": 1.0, "R@100": 1.0, "RR": 1.0},
    }


def test_the_figures_are_what_they_are_called(tmp_path: Path):
    pytest.importorskip("ir_measures")
    worse = GRADES.replace("q1\tbees", "q1\tbread").replace("q3\troses", "q3\tsails")
    found = asyncio.run(evaluate(write(tmp_path / "set", qrels_tsv=worse), None))
    # q1 and q3 do not find what is now called relevant; q2 finds its own first.
    assert found["keyword"] == {"nDCG@10": 0.3333, "R@100": 0.3333, "RR": 0.3333}


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"corpus_jsonl": "{not json}\n"}, "Line 1"),
        ({"corpus_jsonl": '["a list"]\n'}, "Line 1"),
        ({"corpus_jsonl": '{"_id": 7, "text": "x"}\n'}, "not a string"),
        ({"queries_jsonl": '{"_id": "q1"}\n'}, "queries.jsonl"),
        ({"qrels_tsv": "q1\tbees\n"}, "judges nothing"),
        ({"qrels_tsv": "query-id\tcorpus-id\tscore\nq1\tbees\tmany\n"}, "Line 2"),
        ({"qrels_tsv": "q1\tnowhere\t1\n"}, "nowhere"),
        ({"qrels_tsv": "q9\tbees\t1\n"}, "q9"),
        ({"qrels_tsv": "q1\tbees\t0\n"}, "judges nothing"),
        ({"meta_json": "{"}, "meta.json"),
    ],
)
def test_what_is_wrong_with_a_set_is_told(tmp_path: Path, files: dict[str, str], told: str):
    pytest.importorskip("ir_measures")
    with pytest.raises(BadRequestError) as caught:
        asyncio.run(evaluate(write(tmp_path / "set", **files), None))
    assert told in caught.value.message


def test_a_folder_that_is_no_set(tmp_path: Path):
    pytest.importorskip("ir_measures")
    with pytest.raises(BadRequestError) as caught:
        asyncio.run(evaluate(tmp_path, None))
    assert "corpus.jsonl" in caught.value.message


def test_chinese_is_found_by_keyword(tmp_path: Path):
    pytest.importorskip("ir_measures")
    if not (DATA / "xquad_zh").is_dir():
        pytest.skip("the shared data is not here")
    queries = (DATA / "xquad_zh" / "queries.jsonl").read_text(encoding="utf-8").splitlines()[:120]
    names = {json.loads(line)["_id"] for line in queries}
    grades = (DATA / "xquad_zh" / "qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]
    write(
        tmp_path,
        corpus_jsonl=(DATA / "xquad_zh" / "corpus.jsonl").read_text(encoding="utf-8"),
        queries_jsonl="\n".join(queries),
        qrels_tsv="\n".join(line for line in grades if line.partition("\t")[0] in names),
    )
    assert asyncio.run(evaluate(tmp_path, None))["keyword"]["nDCG@10"] >= 0.9
