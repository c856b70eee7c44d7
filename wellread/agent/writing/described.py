"""Answers from metadata and contents: which titles there are, what one is about as a whole."""

from collections.abc import Iterator

from wellread.agent.quoting.body import QuotedBody
from wellread.agent.quoting.brief import Brief
from wellread.agent.quoting.excerpt import excerpt_around
from wellread.agent.quoting.excerpt_choice import told_by_words
from wellread.agent.quoting.excerpt_markdown import markdown
from wellread.agent.state.question_form import QuestionForm
from wellread.content import Anchor
from wellread.events import Snippet
from wellread.grounding.inline import inert

_WORDS = 70  # of each part of a title


def described(brief: Brief, body: QuotedBody) -> Iterator[str]:
    """The facts of each title, its contents where they are asked for, and of each of its parts a passage."""
    titles: dict[str, list[Snippet]] = {}
    for snippet in brief.snippets:
        if snippet.number not in brief.described:
            continue
        titles.setdefault(snippet.product_id, []).append(snippet)
    overview = brief.form is QuestionForm.OVERVIEW
    for own in titles.values():
        told = [snippet for snippet in own if _is_told(snippet)]
        if overview and len(titles) > 1:
            yield f"## {inert(own[0].title)}\n\n"
        for snippet in told:
            body.quoted.append(snippet)
            yield from _lines(snippet, as_item=not overview and len(told) == 1 and len(titles) > 1)
        for snippet in own:
            if snippet not in told:
                body.quoted.append(snippet)
                yield f"**{inert(snippet.section.rpartition('›')[2].strip() or snippet.title)}**\n\n"
                best = (snippet.telling or told_by_words(snippet.section, snippet))[:1]
                for sentence in best:
                    yield from markdown(excerpt_around(snippet, (sentence.start, sentence.end), _WORDS))
    if titles:
        yield "\n"


def _is_told(snippet: Snippet) -> bool:
    """Whether a snippet is Wellread's own words about a title, and not the title's."""
    anchor = Anchor.parse(snippet.anchor)
    return anchor is None or anchor.end - anchor.start != len(snippet.text)


def _lines(snippet: Snippet, *, as_item: bool) -> Iterator[str]:
    """Wellread's own words, a line each with its number."""
    for line in filter(None, snippet.text.split("\n")):
        if line.endswith(":"):
            yield f"{inert(line)}\n\n"
        elif line.startswith("- "):
            yield f"- {inert(line[2:])} [{snippet.number}]\n"
        else:
            yield f"{'- ' if as_item else ''}{inert(line)} [{snippet.number}]\n"
    yield "" if as_item else "\n"
