"""Which knowledge an answer rests on, by rules."""

from collections import Counter
from collections.abc import Sequence

from wellread.agent.state.knowledge import Knowledge
from wellread.events import SearchCell, Snippet

_QUICK_KNOWLEDGE = 12  # snippets an answer rests on at most, but one of each title that answered
_DEEP_KNOWLEDGE = 16
_DESCRIBED = 48  # that a description of titles gives
_NEAR_BEST = 0.6  # a snippet is relevant from this share of the best that its title has for its question
_UNHELPFUL = 2  # score of a snippet up to which a model found no help in it


def relevant(knowledge: Knowledge, most: int = 0) -> tuple[int, ...]:
    """The numbers worth writing from: the best of every cell, the titles taking turns, so that each has its
    share; then what comes near the best of its title for its question. Every title that answered has one at least.
    `most` numbers are given at most, as many as the mode allows without it."""
    described = tuple(dict.fromkeys(n for event in knowledge.described for n in event.knowledge))[:_DESCRIBED]
    if knowledge.is_described:
        return described
    answered = [cell for cell in knowledge.cells if cell.knowledge and not cell.absent]
    if not answered and knowledge.absent:
        return ()
    silent = {cell.question for cell in knowledge.cells if cell.absent}
    own = _DEEP_KNOWLEDGE if knowledge.start.mode == "deep" else _QUICK_KNOWLEDGE
    limit = max(most or own, len({cell.product_id for cell in answered}))
    best = {(cell.question, cell.product_id): cell.best for cell in knowledge.cells}

    def near(snippet: Snippet) -> bool:
        if snippet.number in knowledge.carried:
            return False
        asked = knowledge.asked.get(snippet.number, ())
        if asked and silent.issuperset(asked):
            return False
        bests = [best[question, snippet.product_id] for question in asked]
        return not asked or any(snippet.score >= _NEAR_BEST * top for top in bests)

    ranked = sorted((s for s in knowledge.snippets if near(s)), key=lambda s: -s.score)
    chosen = dict.fromkeys([*_in_turns(answered), *(snippet.number for snippet in ranked)])
    scores = knowledge.scores
    helpful = [n for n in chosen if n not in scores or scores[n].score > _UNHELPFUL]
    return tuple(sorted({*described, *(helpful or list(chosen))[:limit]}))


def _in_turns(cells: Sequence[SearchCell]) -> list[int]:
    """The first number of each cell, a title after the other; each title begins with the question that has had
    the fewest turns, and of these with the one that it answers best."""
    left: dict[str, list[SearchCell]] = {}
    for cell in sorted(cells, key=lambda c: -c.best):
        left.setdefault(cell.product_id, []).append(cell)
    turns: Counter[str] = Counter()
    taken: list[int] = []
    while left:
        for product_id, own in list(left.items()):
            cell = min(own, key=lambda c: (turns[c.question], -c.best))
            turns[cell.question] += 1
            taken.append(cell.knowledge[0])
            own.remove(cell)
            if not own:
                del left[product_id]
    return taken
