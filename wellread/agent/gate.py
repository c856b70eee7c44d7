"""Which actions are allowed in a state, and whether a choice keeps to what exists. Pure."""

from wellread.agent.actions import (
    ActionName,
    AskClarifyingQuestion,
    Choice,
    CreateAnswerDraft,
    FindProducts,
    ReadSection,
    ReviewEvidence,
    SearchInsideBooks,
)
from wellread.agent.knowledge import Knowledge, fold

MOST_FINDS = 2


def allowed(knowledge: Knowledge) -> frozenset[ActionName]:
    """The actions of the next step. Never empty; on the budget's last step, or out of time, only the draft."""
    start = knowledge.start
    deep = start.mode == "deep"
    names: set[ActionName] = {"create_answer_draft"}
    if _must_write(knowledge):
        return frozenset(names)
    done = [action.action for action in knowledge.actions]
    fell_short = any(not cell.knowledge for cell in knowledge.cells)
    lacking = not knowledge.scope or (deep and start.outside and fell_short)
    if lacking and done.count("find_products") < MOST_FINDS:
        names.add("find_products")
    if knowledge.scope:
        names.add("search_inside_books")
    if start.options and not done:
        names.add("ask_clarifying_question")
    if deep and knowledge.snippets:
        names.add("read_section")
    if deep and knowledge.cells and done[-1] != "review_evidence":
        names.add("review_evidence")
    return frozenset(names)


def objection(choice: Choice, knowledge: Knowledge) -> str:
    """Why a choice may not be carried out, or ""."""
    action = choice.action
    if action.name not in allowed(knowledge):
        return f"{action.name} is not allowed now"
    scope = {entry.product_id for entry in knowledge.scope}
    numbers = {snippet.number for snippet in knowledge.snippets}
    match action:
        case SearchInsideBooks():
            foreign = set(action.productIds) - scope
            if foreign:
                return f"not in scope: {', '.join(sorted(foreign))}"
            if not new_cells(action, knowledge):
                return "all of these questions were asked of these titles before"
        case ReadSection():
            known = {(snippet.product_id, snippet.anchor.split("/")[1]) for snippet in knowledge.snippets}
            if (action.productId, action.sectionId) not in known - knowledge.sections_read:
                return f"section {action.sectionId} was not met, or was read before"
        case CreateAnswerDraft():
            unknown = set(action.relevant_knowledge_indices) - numbers
            if unknown:
                return f"no such knowledge: {', '.join(map(str, sorted(unknown)))}"
            searched = knowledge.cells or any(a.action == "find_products" for a in knowledge.actions)
            if not (searched or action.flags.needs_no_search or _must_write(knowledge)):
                return "nothing was searched yet"
        case FindProducts() | ReviewEvidence() | AskClarifyingQuestion():
            pass
    return ""


def _must_write(knowledge: Knowledge) -> bool:
    return knowledge.steps_completed + 1 >= knowledge.start.budget.steps or knowledge.out_of_time


def new_cells(action: SearchInsideBooks, knowledge: Knowledge) -> list[tuple[str, str]]:
    """The (question, product id) pairs of a search that were not asked before, each once."""
    seen = set(knowledge.searched)
    pairs = []
    for question in action.askBookQuestions:
        for product_id in action.productIds:
            key = (fold(question), product_id)
            if key not in seen:
                seen.add(key)
                pairs.append((question, product_id))
    return pairs
