"""The library and the script of the run that docs/asking.md shows: a book and a talk by the same author, and a model
that replies as a large one did."""

import textwrap
from pathlib import Path

BOOK = "9781098148232"
TALK = "0642572015699"
BOOK_TITLE = "Leading Effective Engineering Teams"
TALK_TITLE = (
    "Tech Leadership Tuesday with Lena Reinhard: Leading Effective Engineering Teams in the Age of Generative AI with "
    "Addy Osmani"
)
QUESTION = (
    "Pretend that you are Addy Osmani, based on what you read in his book, Leading Effective Engineering Teams and his "
    "Tech Leadership Tuesday video, and act as a mentor for my tech leadership questions. I'm a new engineering leader "
    "and I'm struggling to understand the difference between leadership and management. How can I effectively balance "
    "both roles in my team?"
)
DIFFERENCE = "What is the difference between leadership and management?"
BALANCE = "How to balance leadership and management roles in an engineering team?"

FIRST_THOUGHT = (
    "The user asks for the difference between leadership and management and how to balance them. I will search inside "
    "these two products."
)

ANSWER = """Congratulations on the role. Management keeps the work on its track; leadership decides where it goes [0].

## Leadership and management: the difference

| Leadership | Management |
|---|---|
| Sets the direction and says why [0] | Plans the work and the budget [0] |
| Wins people for a change [0] | Keeps order and solves problems [0] |

## Balancing both in your team

### 1. Shift from "me" to "we"

Your own output is no longer the measure: balance the two roles by the hours of the week [1].

### 2. Give every week time for both

Plan the management work first, and keep two mornings for leadership [1]. Ask the team where the balance is off [3].

## Practical tips

- Hold one-on-ones for the person, not for the status of the work [3].
- Write down what you decide and why [7].

Would you like to go on with delegation, or with the first ninety days?
"""

SCRIPT = f"""
[[reply]]
role = "choice"
thinking = "{FIRST_THOUGHT}"
action = "search_inside_books"
parameters = {{ askBookQuestions = ["{DIFFERENCE}", "{BALANCE}"], productIds = ["{BOOK}", "{TALK}"] }}

[[reply]]
role = "choice"
thinking = "I have what I need in knowledge 0, 1 and 3."
action = "create_answer_draft"

[reply.parameters]
is_role_play_request = true
is_controversial_sensitive_topic = false
is_greeting_or_simple_calculation = false
is_who_are_you = false
relevant_knowledge_indices = [0, 1, 3]

[[reply]]
text = '''
{ANSWER}'''
"""

_DEFINING = (
    "The difference between leadership and management is a difference of questions. Management is planning, "
    "budgeting, organizing, staffing, controlling and solving problems: it keeps the work on its track. Leadership is "
    "setting a direction, telling people why, winning them for it and moving them through a change: it decides where "
    "the track goes. Management gives order and consistency; leadership gives movement. A company needs both, and "
    "neither makes the other unnecessary, so whoever is new to it has to learn which of the two an hour is for."
)
_BALANCING = (
    "To balance your roles in an engineering team, give each of the roles hours of the week and keep them. Plan the "
    "calendar work first, since people wait for it: the one-on-ones, the plan, the budget. Then keep two mornings for "
    "the direction of the team, and for the talk that nobody else will begin. Whoever is busy every morning has no "
    "roles to balance any more, and the engineering team has nobody who looks further than the sprint. The measure is "
    "no longer your own output; it is what the engineering team gets done with both roles in balance."
)
_TALK_FIRST = (
    "How do you balance the roles in your engineering team? I look at my calendar on Friday. If every hour of the "
    "week went to one of the roles, then the balance in the engineering team is off, and I move one thing."
)
_TALK_SECOND = (
    "Ask the engineering team where the balance of your roles is off. They know which of the roles you neglect before "
    "you do. I hold one-on-ones for the person and not for the status of the work, and there I ask the "
    "engineering team."
)
_TALK_BETWEEN = (
    "We have shipped a browser with a group of forty. The tests ran all night, and the release went out on a Tuesday. "
    "Compilers got faster that year, and so did the phones, which helped more than anything that we had written."
)


def write_library(folder: Path) -> list[Path]:
    """The files of the book and of the talk, in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    book = folder / "leading.md"
    book.write_text(
        f"---\ntitle: {BOOK_TITLE}\nauthor: Addy Osmani\nlang: en\nisbn: {BOOK}\n---\n\n"
        f"# Two kinds of work\n\n{_DEFINING}\n\n# The week\n\n{_BALANCING}\n",
        encoding="utf-8",
    )
    captions = folder / "talk.vtt"
    captions.write_text("WEBVTT\n\n" + "\n".join(_cues()), encoding="utf-8")
    captions.with_suffix(".toml").write_text(
        f'title = "{TALK_TITLE}"\nauthors = ["Addy Osmani"]\nproduct_id = "{TALK}"\nkind = "video"\nlanguage = "en"\n',
        encoding="utf-8",
    )
    chapters = folder / "talk.chapters.vtt"
    starts = (0, 60, 120, 180)
    names = ("Calendars", "Shipping", "Asking the team")
    chapters.write_text(
        "WEBVTT\n\n"
        + "\n".join(
            f"{_time(a)} --> {_time(b)}\n{name}\n"
            for name, a, b in zip(names, starts, starts[1:], strict=False)
        ),
        encoding="utf-8",
    )
    return [book, captions]


def _cues() -> list[str]:
    cues = []
    for minute, text in enumerate((_TALK_FIRST, _TALK_BETWEEN, _TALK_SECOND)):
        lines = textwrap.wrap(text, 60)
        for number, line in enumerate(lines):
            start = 60 * minute + number * 4
            cues.append(f"{_time(start)} --> {_time(start + 4)}\n{line}\n")
    return cues


def _time(seconds: int) -> str:
    return f"00:{seconds // 60:02}:{seconds % 60:02}.000"
