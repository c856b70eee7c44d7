"""The run that the product is made for, line for line, with a model that replies over HTTP."""

import json
import os
import re
import subprocess
import sys

from support import mentor as t
from support.mentor_trace import TRACE
from support.served_script import serving


def wellread(home, *arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "wellread", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "WELLREAD_HOME": str(home), "WELLREAD_EMBEDDER": "none", **environment},
    )


def test_the_trace_is_printed_line_for_line_and_then_the_answer(mentor_home):
    with serving(t.SCRIPT) as served:
        run = wellread(mentor_home, "ask", t.QUESTION, "--model", "openai/gpt-4.1", **served.environment)
    assert run.returncode == 0, run.stderr
    printed = run.stdout.splitlines()
    expected = TRACE.splitlines()
    assert printed[: len(expected)] == expected
    answer, _, sources = "\n".join(printed[len(expected) :]).partition("\nSources\n")
    shown = t.ANSWER.replace(" [7]", "")  # there is no knowledge 7
    assert shown.strip() in answer
    assert answer.strip().startswith("_A simulated voice of Addy Osmani")
    assert f"nothing in *{t.TALK_TITLE}*" in answer
    anchors = re.findall(r"^    (\S+/\S+/\S+)  .*“(.*?)”$", sources, re.MULTILINE)
    assert len(anchors) >= 5
    for anchor, quote in anchors:
        opened = wellread(mentor_home, "read", anchor, "--json")
        assert opened.returncode == 0, opened.stderr
        place = json.loads(opened.stdout)
        assert " ".join(place["quote"].split()).startswith(quote.removesuffix(" …"))


def test_the_model_is_offered_only_what_is_allowed_and_exists(mentor_home):
    with serving(t.SCRIPT) as served:
        wellread(mentor_home, "ask", t.QUESTION, "--model", "openai/gpt-4.1", **served.environment)
    first, second, writing = served.script.requests
    assert set(first.forms) == {"search_inside_books", "create_answer_draft"}
    search = first.schemas[first.forms.index("search_inside_books")]
    assert search["properties"]["productIds"]["items"]["enum"] == [t.BOOK, t.TALK]
    assert next(iter(search["properties"])) == "thinking"
    draft = second.schemas[second.forms.index("create_answer_draft")]
    assert draft["properties"]["relevant_knowledge_indices"]["items"]["enum"] == [0, 1, 2, 3]
    assert writing.wanted == "text"
    assert '<knowledge number="3"' in writing.prompt
    assert '<knowledge number="2"' not in writing.prompt  # it was not chosen
