"""What a writer is asked to write: the knowledge, the question, and the form and length that fit it."""

from collections.abc import Sequence

from wellread.agent.planning.inactive import inactive, quoted
from wellread.agent.planning.state_prompt import block, conversation
from wellread.agent.quoting.brief import Brief
from wellread.agent.state.intent import plays_author
from wellread.agent.state.question_form import QuestionForm, compared, form_of, is_broad
from wellread.agent.writing import persona
from wellread.events import OutlineSection, Snippet

_WORDS = {
    QuestionForm.AMOUNT: 60,
    QuestionForm.TIME: 60,
    QuestionForm.DEFINITION: 120,
    QuestionForm.PERSON: 80,
    QuestionForm.YES_NO: 120,
    QuestionForm.CATALOGUE: 120,
    QuestionForm.OVERVIEW: 320,
    QuestionForm.REASON: 180,
    QuestionForm.STEPS: 260,
    QuestionForm.COMPARISON: 260,
}
_OTHER_WORDS = 160
_FURTHER_WORDS = 120  # for each further thing that is asked
_ROLE_WORDS = 420
_SECTION_WORDS = 170
_MOST_WORDS = 600
_SLOW_SHARE = 0.6  # of these, for a model that writes on this machine
_SEEN_WORDS = 80  # of what stands already


def length_for(brief: Brief, *, slow: bool, section: bool = False) -> int:
    """Words that an answer, or a section of it, should have."""
    questions = brief.parts or (brief.question,)
    words = _SECTION_WORDS
    if not section:
        words = max(_WORDS.get(form_of(question), _OTHER_WORDS) for question in questions)
        words += _FURTHER_WORDS * (len(questions) - 1)
        if is_broad(brief.question):
            words = max(words, _OTHER_WORDS)
        if plays_author(brief.flags, brief.scope):
            words = max(words, _ROLE_WORDS)
    return round(min(words, _MOST_WORDS) * (_SLOW_SHARE if slow else 1))


def assignment(
    brief: Brief,
    snippets: Sequence[Snippet],
    *,
    length: int,
    words: int | None = None,
    section: OutlineSection | None = None,
    seen: str = "",
) -> str:
    """The user's part of the prompt. `words` of each snippet are given (None: all); `section` is the part of the
    outline that is to be written, `seen` what stands before it."""
    parts = [_knowledge(snippets, words)]
    if brief.before:
        parts.append(conversation(brief.before))
    parts.append(f"<question>\n{inactive(brief.question)}\n</question>")
    if len(brief.parts) > 1:
        parts.append("It asks: " + " ".join(map(quoted, brief.parts)))
    if seen:
        parts.append(f"This stands already, and is not said again:\n{quoted(_end_of(seen))}")
    parts += _manner(brief, whole=section is None and not seen)
    if section is not None:
        parts.append(
            f"Write only the section {quoted(section.heading)} of the answer, without its heading, without an "
            "introduction or a summary."
        )
    elif seen:
        parts.append("Go on from where it ends, with what is missing.")
    numbers = ", ".join(f"[{snippet.number}]" for snippet in snippets)
    parts.append(f"Write some {length} words. Cite behind each statement, with {numbers} only.")
    return "\n\n".join(parts)


def _knowledge(snippets: Sequence[Snippet], words: int | None) -> str:
    return "\n".join(block(snippet, words) for snippet in snippets)


def _manner(brief: Brief, *, whole: bool) -> list[str]:
    """Voice and form, as instructions."""
    lines: list[str] = []
    if brief.gap:
        lines.append(
            f"The knowledge is in {brief.gap.spoken}, and the reader reads {brief.gap.question}: write in that."
        )
    if brief.flags.is_controversial_sensitive_topic:
        lines.append(
            "The topic is controversial. Stay neutral: tell which title or person holds which view, give no opinion of "
            "your own and speak for nobody."
        )
    plays = plays_author(brief.flags, brief.scope)
    if plays:
        lines.append(
            f"Speak to the reader as {quoted(persona.author_of(brief.scope))} would, as a mentor, in the first person "
            "for advice. Tell of no experience, memory or feeling of the author's own unless the knowledge tells it."
        )
    if not whole:
        return lines
    form: list[str] = []
    for question in brief.parts or (brief.question,):
        pair = compared(question)
        if pair is not None:
            first, second = quoted(pair.first), quoted(pair.second)
            form.append(
                f"Compare {first} and {second}: say first what each is, then give a Markdown table with a "
                f"column for {first} and one for {second} and three to five rows that say the same kind of "
                "thing of both."
            )
        elif form_of(question) is QuestionForm.STEPS:
            form.append("Give the advice as a numbered list, each item a few bold words and what to do.")
        elif form_of(question) in (QuestionForm.AMOUNT, QuestionForm.TIME):
            form.append("Give the fact in the first sentence.")
    if plays or len(brief.parts) > 1:
        form.append("Put a heading (##) over each part.")
    if plays:
        form.append(
            'After the advice put "## Practical tips" with three or four bullets, and end with an offer to go on that '
            "names what the reader could ask next."
        )
    return [*lines, *dict.fromkeys(form)]


def _end_of(text: str) -> str:
    return " ".join(text.split()[-_SEEN_WORDS:])
