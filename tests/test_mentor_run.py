"""The run that the product is made for, line for line, with a model that replies over HTTP."""

import json
import os
import re
import subprocess
import sys

import transcript as t
from serving import serving

FIRST_STEP = (
    'Step {} for "Pretend that you are Addy Osmani, based on what you read in his book, Leading Effective Engineering '
    'Teams and his Tech Leadership Tuesday video, and act as a mentor for my tech leadership [...]"'
)
TRACE = f"""Thoughts:

DeepSearch OFF, Model: openai/gpt-4.1

{FIRST_STEP.format(1)}
Thinking: {t.FIRST_THOUGHT}
Action Chosen: Book Content Snippet Search Agent (search_inside_books) Parameters:
{{
  "askBookQuestions": [
    "{t.DIFFERENCE}",
    "{t.BALANCE}"
  ],
  "productIds": [
    "9781098148232",
    "0642572015699"
  ]
}}
💬 Asking Questions to Books
Book Questions: {t.DIFFERENCE}, {t.BALANCE} Product IDs: 9781098148232, 0642572015699
🔍 Searching book content...
Found snippet for 'What is the difference between leadership [...]' in {t.BOOK_TITLE}
Found snippet for 'How to balance leadership and management [...]' in {t.BOOK_TITLE}
Found snippet for 'How to balance leadership and management [...]' in {t.TALK_TITLE}
Found snippet for 'How to balance leadership and management [...]' in {t.TALK_TITLE}
Nothing for 'What is the difference between leadership [...]' in {t.TALK_TITLE} (best match 0.00)
✅ Ask books complete. Found 4 snippets.
{FIRST_STEP.format(2)}
Thinking: I have what I need in knowledge 0, 1 and 3.
Action Chosen: Answer Generation Agent (create_answer_draft) Parameters:
{{
  "is_role_play_request": true,
  "is_controversial_sensitive_topic": false,
  "is_greeting_or_simple_calculation": false,
  "is_who_are_you": false,
  "relevant_knowledge_indices": [
    0,
    1,
    3
  ]
}}
📝 Ready to provide a comprehensive answer
"""


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
