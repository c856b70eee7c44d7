"""What chooses the next step, and the planner of rules: it needs no model, and is what a run falls back to."""

from dataclasses import dataclass
from typing import Protocol

from wellread.agent.planning.chosen_knowledge import relevant
from wellread.agent.planning.gate import new_cells, unread_sections
from wellread.agent.state.actions import (
    ActionName,
    AskClarifyingQuestion,
    Choice,
    CreateAnswerDraft,
    DescribeLibrary,
    FindProducts,
    ReadSection,
    ReviewEvidence,
    SearchInsideBooks,
)
from wellread.agent.state.budget import Meter
from wellread.agent.state.intent import flags_of
from wellread.agent.state.knowledge import Knowledge
from wellread.agent.state.question_form import QuestionForm, compared
from wellread.agent.state.questions import asked_questions, telling_words, topic_of, without_mentions
from wellread.events import ScopeEntry
from wellread.library.naming.kinds import kinds_meant
from wellread.text.words import listed

_SECTIONS_READ = 2
_WHY_DESCRIBE = {
    QuestionForm.CATALOGUE: "The question is about the library itself, so I look into its catalogue.",
    QuestionForm.OVERVIEW: "The question is about a title as a whole, so I look at its description and its parts.",
    QuestionForm.COMPARISON: "The titles are to be compared, so I look for what they both speak of.",
}
DESCRIBED = frozenset(_WHY_DESCRIBE)
_SPENT = {
    "reader": "You want the answer now",
    "time": "The time is up",
    "tokens": "The tokens for searching are used up",
    "money": "The money for searching is used up",
}


@dataclass(frozen=True, slots=True)
class Planned:
    """A choice, and who made it: a model's name, or "rules"."""

    choice: Choice
    by: str


class Planner(Protocol):
    """Chooses one of the allowed actions from the state, spending from the meter. Raises ModelError."""

    name: str

    async def choose(self, knowledge: Knowledge, allowed: frozenset[ActionName], meter: Meter) -> Planned: ...


class RulePlanner:
    """Scope, split the question, search, draft; deep: review, reword, read around, then draft."""

    name = "rules"

    async def choose(self, knowledge: Knowledge, allowed: frozenset[ActionName], meter: Meter) -> Planned:  # noqa: ARG002
        return Planned(self.choice(knowledge, allowed), self.name)

    def choice(self, knowledge: Knowledge, allowed: frozenset[ActionName]) -> Choice:
        start = knowledge.start
        flags = flags_of(start.question, start.mentions)
        if flags.needs_no_search:
            thinking = "This needs no search in the library, so I answer it directly."
            return Choice(thinking=thinking, action=CreateAnswerDraft(**flags.model_dump()))
        if "ask_clarifying_question" in allowed and len(knowledge.options) > 1:
            return _clarify(knowledge.options)
        if "describe_library" in allowed and knowledge.form in DESCRIBED:
            return Choice(
                thinking=_WHY_DESCRIBE[knowledge.form], action=DescribeLibrary(question=knowledge.question)
            )
        if knowledge.is_described:
            return _draft(knowledge)
        if "find_products" in allowed and knowledge.is_open:
            return _find(knowledge)
        questions = rows(knowledge)
        if "search_inside_books" in allowed:
            search = SearchInsideBooks(
                askBookQuestions=questions, productIds=tuple(entry.product_id for entry in knowledge.scope)
            )
            if new_cells(search, knowledge):
                return Choice(thinking=_why_search(knowledge, questions), action=search)
        if start.mode == "deep":
            deeper = _deeper(knowledge, allowed, questions)
            if deeper:
                return deeper
        return _draft(knowledge)


def rows(knowledge: Knowledge) -> tuple[str, ...]:
    """The questions to search: those of the reader, with the two sides of a comparison, or the topics that the titles
    share where they are to be compared and nothing is said of what in."""
    asked = asked_questions(knowledge.question, knowledge.mentions)
    topics = tuple(topic for described in knowledge.described for topic in described.topics)
    sides = _sides(knowledge, asked.whole) if len(asked.parts) == 1 else ()
    return topics or tuple(dict.fromkeys((*asked.rows, *sides)))


def _sides(knowledge: Knowledge, question: str) -> tuple[str, ...]:
    """Of a comparison each of the two things by itself, or what the titles are compared in."""
    if knowledge.form is not QuestionForm.COMPARISON:
        return ()
    pair = compared(question)
    topic = topic_of(without_mentions(knowledge.question, knowledge.mentions))
    return (pair.first, pair.second) if pair else tuple(filter(None, (topic,)))


def _clarify(options: tuple[ScopeEntry, ...]) -> Choice:
    named = [f"{entry.title} ({', '.join(entry.authors) or entry.kind})" for entry in options]
    return Choice(
        thinking="The name in the question fits more than one title, and they would give different answers.",
        action=AskClarifyingQuestion(question="Which of these do you mean?", options=tuple(named)),
    )


def _find(knowledge: Knowledge) -> Choice:
    questions = asked_questions(knowledge.question, knowledge.mentions)
    kinds = tuple(sorted(kinds_meant(knowledge.question)))
    thinking = "The question names no title of the library, so I look for titles that may answer it."
    if knowledge.scope:
        titles = listed([entry.title for entry in knowledge.scope])
        thinking = (
            f"The question may mean {titles}, or none of them, so I look for others that may answer it, too."
        )
    return Choice(
        thinking=thinking,
        action=FindProducts(query=questions.whole, kinds=kinds),
    )


def _why_search(knowledge: Knowledge, questions: tuple[str, ...]) -> str:
    scope = knowledge.scope
    titles = listed([entry.title for entry in scope])
    how = {
        "named": f"The question names {titles}, so I search inside {_these(scope)} and nothing else.",
        "picked": f"You picked {titles}, so I search inside {_these(scope)} and nothing else.",
        "doubtful": f"The question may mean one of these, so I search it beside the titles that fit best: {titles}.",
        "discovered": f"I search inside the titles that fit best: {titles}.",
        "whole library": f"The question names no title; the library is small, so I search all of it: {titles}.",
    }[scope[0].found]
    asks = (
        "one thing" if len(questions) == 1 else f"{len(questions)} things, each a short question of its own"
    )
    return f"{how} It asks {asks}."


def _deeper(
    knowledge: Knowledge, allowed: frozenset[ActionName], questions: tuple[str, ...]
) -> Choice | None:
    """The next step of DeepSearch after the first round, or None when nothing more is to be gained."""
    open_questions = tuple(q for q in questions if not _answered(knowledge, q))
    if "review_evidence" in allowed and knowledge.actions[-1].action == "search_inside_books":
        thinking = "Each question has been answered by at least one title."
        if open_questions:
            thinking = f"Nothing cleared the floor for {listed([f'“{q}”' for q in open_questions])}."
        return Choice(thinking=thinking, action=ReviewEvidence(missing=open_questions))
    reworded = tuple(words for q in open_questions if (words := _key_words(q)))
    if reworded and "search_inside_books" in allowed:
        search = SearchInsideBooks(
            askBookQuestions=reworded, productIds=tuple(entry.product_id for entry in knowledge.scope)
        )
        if new_cells(search, knowledge):
            thinking = "I ask again in fewer words, where the wording may have stood in the way."
            return Choice(thinking=thinking, action=search)
    if open_questions and "find_products" in allowed:
        return Choice(
            thinking="The titles in scope fell short, so I look for others.",
            action=FindProducts(query=" ".join(open_questions)),
        )
    if "read_section" in allowed and len(knowledge.sections_read) < _SECTIONS_READ:
        for product_id, section_id in unread_sections(knowledge):
            snippet = next(s for s in knowledge.snippets if f"{product_id}/{section_id}/" in s.anchor)
            return Choice(
                thinking=f"“{snippet.section}” is a strong source, so I read what stands around the snippet.",
                action=ReadSection(productId=product_id, sectionId=section_id),
            )
    return None


def _draft(knowledge: Knowledge) -> Choice:
    start = knowledge.start
    chosen = relevant(knowledge)
    if chosen:
        numbers = listed([str(n) for n in chosen])
        thinking = f"I have what I need in knowledge {numbers}."
    elif knowledge.absent:
        thinking = f"No passage speaks of {listed(list(knowledge.absent))}, and I will say so."
    elif knowledge.cells:
        thinking = "Nothing in these titles answers the question well enough, and I will say so."
    else:
        thinking = "No title of the library fits the question, and I will say so."
    if knowledge.spent:
        why = _SPENT[knowledge.spent]
        thinking = f"{why}, so I write with what there is. {thinking}" if chosen else f"{why}."
    flags = flags_of(start.question, start.mentions)
    return Choice(
        thinking=thinking,
        action=CreateAnswerDraft(**flags.model_dump(), relevant_knowledge_indices=chosen),
    )


def _answered(knowledge: Knowledge, question: str) -> bool:
    wordings = {question, _key_words(question)}
    return any(cell.question in wordings and cell.knowledge for cell in knowledge.cells)


def _key_words(question: str) -> str:
    return " ".join(telling_words(question))


def _these(scope: tuple[ScopeEntry, ...]) -> str:
    return "it" if len(scope) == 1 else ("these two" if len(scope) == 2 else "these")
