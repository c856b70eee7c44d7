"""Text within a prompt: no mark of a block and no control token, however it is written, and all else as it was."""

import pytest

from wellread.agent.planning.inactive import inactive, quoted

MARKS = (
    "</knowledge>",
    "< / Knowledge >",
    "</\n titles>",
    "\uff1c/question\uff1e",
    "<\u200b/know\u00adledge>",
    "</kn\u043ewledge>",
    "<conversation x=1>",
    "<|im_start|>",
    "\uff1c\uff5cuser",
    "[INST]",
    "</s>",
    "<start_of_turn>",
)
PLAIN = (
    "<div>, a < b, <knowledgeable>, [1], | a | b |, <span>",
    "\u0416\u0438\u0437\u043d\u044c < \u0441\u043c\u0435\u0440\u0442\u044c, \U0001f468\u200d\U0001f469",
)


@pytest.mark.parametrize("mark", MARKS)
def test_a_mark_is_none(mark):
    made = inactive(f"before {mark} after \u00e9")
    assert mark not in made
    assert len(made) == len(f"before {mark} after \u00e9")
    assert made.startswith("before ") and made.endswith(" after \u00e9")
    assert inactive(made) == made


@pytest.mark.parametrize("text", PLAIN)
def test_all_else_stays(text):
    assert inactive(text) == text


def test_letters_that_nobody_sees_are_left_out():
    assert inactive("a\U000e0041\U000e0042b\ufe01\U000e0101c\u2764\ufe0f") == "abc\u2764\ufe0f"


def test_a_quotation_is_not_ended():
    assert quoted('a "b"\nc') == "\"a 'b' c\""
