""" "The talk about Kubernetes": titles that a question means by their kind and what they are about."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from wellread.content import Product, ProductKind
from wellread.library.naming.kinds import KindMention
from wellread.library.naming.words import same_word
from wellread.library.naming.works import one_edition_each
from wellread.store.catalog.title_index import fold_title, title_terms
from wellread.text.languages import word_list

_MOST_WORDS = 5  # of a topic
_WORD = re.compile(r"[^\W_]+(?:['’.+#-]+[^\W_]+)*[+#]*")
_CLAUSE = re.compile(r"[?!,;:()\n]|\.(?:\s|$)")
_FEWEST_TIMES = 5  # that a text says what it is about
_OF_WORDS = 0.0025  # of its words; a talk may mention a thing a dozen times and be about another
_CLEARLY = 3  # times as often as the next title


@dataclass(frozen=True, slots=True)
class TopicMention:
    """ "the talk about Kubernetes": a stretch of the question, and what may be its topic, the longest reading first."""

    start: int
    end: int
    kinds: frozenset[ProductKind]
    topics: tuple[str, ...]
    ends: tuple[int, ...]  # where the stretch ends with each


def topic_mentions(question: str, kinds: Iterable[KindMention]) -> list[TopicMention]:
    """Those of the mentioned kinds that a topic follows."""
    found = []
    for kind in kinds:
        clause = _CLAUSE.split(question[kind.end :], maxsplit=1)[0]
        words = list(_WORD.finditer(clause))
        if not words or words[0][0].casefold() not in word_list("about"):
            continue
        topic: list[re.Match[str]] = []
        for word in words[1 : _MOST_WORDS + 1]:
            if word[0].casefold() in word_list("speech"):
                break
            topic.append(word)
        lengths = [n for n in range(len(topic), 0, -1) if _may_end(topic, n)]
        if lengths:
            found.append(
                TopicMention(
                    kind.start,
                    kind.end + topic[lengths[0] - 1].end(),
                    kind.kinds,
                    tuple(clause[topic[0].start() : topic[n - 1].end()] for n in lengths),
                    tuple(kind.end + topic[n - 1].end() for n in lengths),
                )
            )
    return found


def title_about(
    mention: TopicMention,
    question: str,
    candidates: Sequence[Product],
    times_said: Callable[[frozenset[ProductKind], str], dict[str, int]],
    product: Callable[[str], Product],
) -> tuple[Product, int] | None:
    """The one title of the kind that is about the topic, and where the mention ends; None when none or several are.

    First by what is known of the titles (`candidates`), then by what they say: `times_said` gives how often each title
    of the kinds has a topic in its text.
    """
    of_kind = [one for one in candidates if one.kind in mention.kinds]
    for topic, end in zip(mention.topics, mention.ends, strict=True):
        fitting = one_edition_each([one for one in of_kind if _is_about(one, topic)], question)
        if len(fitting) == 1:
            return fitting[0], end
        if fitting:
            return None
    for topic, end in zip(mention.topics, mention.ends, strict=True):
        times = sorted(times_said(mention.kinds, topic).items(), key=lambda item: (-item[1], item[0]))
        if not times or times[0][1] < _FEWEST_TIMES:
            continue
        most = product(times[0][0])
        second = times[1][1] if len(times) > 1 else 0
        is_clear = times[0][1] >= max(_CLEARLY * second, _OF_WORDS * most.words)
        return (most, end) if is_clear else None
    return None


def _may_end(topic: Sequence[re.Match[str]], length: int) -> bool:
    """Whether the topic may be its first words: what follows is no part of their phrase."""
    last = topic[length - 1][0]
    if not _content(last):
        return False
    if length == len(topic):
        return True
    following = topic[length][0]
    is_name = last[0].isupper() and following[0].islower()
    return is_name or following.casefold() in word_list("stop_words")


def _is_about(product: Product, topic: str) -> bool:
    """Whether everything that the topic says stands in what is known of a title."""
    known = product.metadata
    told = (
        known.title,
        known.subtitle,
        known.description,
        *known.authors,
        *known.contributors,
        *known.topics,
    )
    words = {word for text in told for word in title_terms(text)}
    wanted = [word for word in title_terms(topic) if _content(word)]
    return bool(wanted) and all(any(same_word(word, other) for other in words) for word in wanted)


def _content(word: str) -> bool:
    return fold_title(word) not in word_list("title_small") | word_list("articles") | word_list("determiners")
