"""Which actions are allowed in a state, and whether a choice keeps to what exists. Pure.

DeepSearch OFF: one round of searching is the rule, a second one only while cells are open. DeepSearch ON: until a
review finds nothing missing, or a round adds nothing that was not known.
"""

from collections.abc import Sequence

from wellread.agent.state import actions
from wellread.agent.state.intent import flags_of
from wellread.agent.state.knowledge import Knowledge, fold
from wellread.agent.state.question_form import QuestionForm
from wellread.agent.state.questions import (
    separate,
    telling_words,
    without_ids,
    without_mentions,
    without_titles,
)
from wellread.events import (
    AnyEvent,
    Flags,
    LibraryDescribed,
    ProductsFound,
    SearchCell,
    SectionRead,
    StepAction,
)
from wellread.text.languages import languages_with
from wellread.text.terms import language_of

MOST_FINDS = 2


def allowed(knowledge: Knowledge) -> frozenset[actions.ActionName]:
    """The actions of the next step. Never empty; on the budget's last step, or out of time, only the draft."""
    start = knowledge.start
    deep = start.mode == "deep"
    names: set[actions.ActionName] = {"create_answer_draft"}
    if must_write(knowledge):
        return frozenset(names)
    if deep and unread_sections(knowledge):
        names.add("read_section")
    if _settled(knowledge):
        return frozenset(names)
    done = [action.action for action in knowledge.actions]
    fell_short = any(not cell.knowledge for cell in knowledge.cells)
    # What may be a name shuts nothing out: others are looked for before it is searched.
    is_narrow = knowledge.is_open and knowledge.outside and "find_products" not in done
    lacking = not knowledge.scope or is_narrow or (deep and knowledge.outside and fell_short)
    if lacking and done.count("find_products") < MOST_FINDS:
        names.add("find_products")
    if describes(knowledge) and "describe_library" not in done:
        names.add("describe_library")
    if knowledge.scope and not is_narrow and (deep or not knowledge.cells or fell_short):
        names.add("search_inside_books")
    if knowledge.options and not done:
        names.add("ask_clarifying_question")
    if deep and knowledge.cells and done[-1] != "review_evidence":
        names.add("review_evidence")
    return frozenset(names)


def unread_sections(knowledge: Knowledge) -> tuple[tuple[str, str], ...]:
    """The (product id, section id) pairs that were met in knowledge and not read, the strongest first."""
    strongest = sorted(knowledge.snippets, key=lambda snippet: -snippet.score)
    met = dict.fromkeys((snippet.product_id, snippet.anchor.split("/")[1]) for snippet in strongest)
    return tuple(section for section in met if section not in knowledge.sections_read)


def objection(choice: actions.Choice, knowledge: Knowledge) -> str:
    """Why a choice may not be carried out, or ""."""
    action = choice.action
    if action.name not in allowed(knowledge):
        return f"{action.name} is not allowed now"
    scope = {entry.product_id for entry in knowledge.scope}
    numbers = {snippet.number for snippet in knowledge.snippets}
    match action:
        case actions.SearchInsideBooks():
            foreign = set(action.productIds) - scope
            if foreign:
                return f"not in scope: {', '.join(sorted(foreign))}"
            if not new_cells(action, knowledge):
                return "all of these questions were asked of these titles before"
        case actions.ReadSection():
            if (action.productId, action.sectionId) not in unread_sections(knowledge):
                return f"section {action.sectionId} was not met, or was read before"
        case actions.CreateAnswerDraft():
            if wrong := _unasked(action.flags, knowledge):
                return wrong
            unknown = set(action.relevant_knowledge_indices) - numbers
            if unknown:
                return f"no such knowledge: {', '.join(map(str, sorted(unknown)))}"
            if not (
                searched(knowledge)
                or knowledge.carried
                or action.flags.needs_no_search
                or must_write(knowledge)
            ):
                return "nothing was searched yet"
        case (
            actions.DescribeLibrary()
            | actions.FindProducts()
            | actions.ReviewEvidence()
            | actions.AskClarifyingQuestion()
        ):
            pass
    return ""


def _unasked(flags: Flags, knowledge: Knowledge) -> str:
    """What a draft's flags say of the question that it does not say itself, or "". Once passages were read they may be
    what a planner has it from; then the rules must see it too, where they know the words of the question's language."""
    if not knowledge.snippets:
        return ""
    asked = flags_of(knowledge.start.question, knowledge.start.mentions)
    if flags.needs_no_search and not asked.needs_no_search:
        return "the question is answered from the knowledge"
    known = language_of(knowledge.start.question) in languages_with("intent", "role_play")
    if flags.is_role_play_request and not asked.is_role_play_request and known:
        return "the question asks for no role-play"
    return ""


def describes(knowledge: Knowledge) -> bool:
    """Whether metadata and contents can answer: the question is about the library, a title as a whole, or what titles
    have in common."""
    if knowledge.form is QuestionForm.COMPARISON:
        named = len(knowledge.scope) > 1 and not knowledge.is_open
        return named and not telling_words(without_mentions(knowledge.question, knowledge.mentions))
    if knowledge.form is QuestionForm.OVERVIEW:
        return bool(knowledge.scope) and knowledge.scope[0].found in ("named", "picked")
    return knowledge.form is QuestionForm.CATALOGUE


def must_write(knowledge: Knowledge) -> bool:
    """Whether the next step is the draft, whatever is still open: the budget ends with it, or allows no other."""
    return knowledge.steps_completed + 1 >= knowledge.start.budget.steps or bool(knowledge.spent)


def searched(knowledge: Knowledge) -> bool:
    looked = ("find_products", "describe_library")
    return bool(knowledge.cells) or any(action.action in looked for action in knowledge.actions)


def _settled(knowledge: Knowledge) -> bool:
    """Whether searching on gains nothing: the last review misses nothing, or what was looked up between the last
    two brought nothing that was not known."""
    reviews = [number for number, event in enumerate(knowledge.history) if _is_review(event)]
    if not reviews:
        return False
    last = knowledge.history[reviews[-1]]
    if isinstance(last, StepAction) and not last.parameters["missing"]:
        return True
    if len(reviews) < 2:
        return False
    before, between = knowledge.history[: reviews[-2]], knowledge.history[reviews[-2] :]
    return not _brought(between) - _brought(before)


def _brought(events: Sequence[AnyEvent]) -> set[int | str]:
    """The knowledge numbers and product ids that events of a search brought."""
    brought: set[int | str] = set()
    for event in events:
        if isinstance(event, SearchCell | SectionRead | LibraryDescribed):
            brought |= set(event.knowledge)
        elif isinstance(event, ProductsFound):
            brought |= {product.product_id for product in event.products}
    return brought


def _is_review(event: AnyEvent) -> bool:
    return isinstance(event, StepAction) and event.action == actions.ReviewEvidence.name


def new_cells(action: actions.SearchInsideBooks, knowledge: Knowledge) -> list[tuple[str, str]]:
    """The (question, product id) pairs of a search that were not asked before, each once, without names of titles."""
    seen = set(knowledge.searched)
    # What may be the name of a title may as well be what is asked about.
    titles = [entry.title for entry in knowledge.scope if entry.found != "doubtful"]
    ids = [entry.product_id for entry in knowledge.scope]
    pairs = []
    asked = [one for given in action.askBookQuestions for one in separate(without_ids(given, ids))]
    for question in (without_titles(one, titles) for one in asked):
        for product_id in action.productIds:
            key = (fold(question), product_id)
            if key not in seen:
                seen.add(key)
                pairs.append((question, product_id))
    return pairs
