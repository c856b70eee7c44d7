"""The outline of a long answer, made from the evidence before anything is written."""

from typing import Any

from wellread.agent.planning.inactive import on_one_line
from wellread.agent.prompts import prompt
from wellread.agent.quoting.brief import Brief
from wellread.agent.state.budget import Meter
from wellread.agent.writing.writing_prompt import assignment
from wellread.errors import PromptTooLongError, UnusableReplyError
from wellread.events import OutlineSection
from wellread.grounding.inline import defused, inert
from wellread.models.language_model import Form, LanguageModel, Prompt, object_schema

_WORDS = 60  # of each piece of knowledge that are shown
_MOST_SECTIONS = 5
_HEADING = 80  # code points
_REPLY_TOKENS = 500


async def outline(model: LanguageModel, brief: Brief, meter: Meter) -> tuple[OutlineSection, ...]:
    """Sections with the knowledge they rest on, each number known; () when the model gives nothing of use, and the
    answer is better written in one go. Raises what a call raises."""
    user = assignment(brief, brief.snippets, length=0, words=_WORDS).rpartition("\n\n")[0]
    try:
        filled = await model.fill(
            Prompt(prompt("outline"), user),
            [Form("outline", "The sections of the answer.", _schema(brief))],
            meter.writing().replying(_REPLY_TOKENS),
            meter.tally,
        )
    except (PromptTooLongError, UnusableReplyError):
        return ()
    known = {snippet.number for snippet in brief.snippets}
    sections: list[OutlineSection] = []
    rows = filled.values.get("sections")
    for row in rows if isinstance(rows, list) else []:
        heading = (
            on_one_line(defused(str(row.get("heading", ""))))[:_HEADING] if isinstance(row, dict) else ""
        )
        numbers = row.get("knowledge") if isinstance(row, dict) else None
        chosen = tuple(dict.fromkeys(n for n in numbers if n in known)) if isinstance(numbers, list) else ()
        if heading.strip("# ") and chosen and heading not in {section.heading for section in sections}:
            sections.append(OutlineSection(heading=heading.strip("# "), knowledge=chosen))
    return tuple(sections[:_MOST_SECTIONS]) if len(sections) > 1 else ()


def heading_of(section: OutlineSection) -> str:
    return f"## {inert(section.heading)}\n\n"


def _schema(brief: Brief) -> dict[str, Any]:
    numbers = {"type": "integer", "enum": [snippet.number for snippet in brief.snippets]}
    section = object_schema(
        heading={"type": "string", "minLength": 3, "maxLength": _HEADING},
        knowledge={"type": "array", "items": numbers, "minItems": 1, "maxItems": 6},
    )
    return object_schema(
        sections={"type": "array", "items": section, "minItems": 2, "maxItems": _MOST_SECTIONS}
    )
