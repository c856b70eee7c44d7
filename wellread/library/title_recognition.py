"""Which titles the words of a question name: by title, part of a title, author, or "the talk".

A title is matched word by word, misspellings allowed, against the few candidates of the title index. A short
title is also ordinary language ("Policy"), so it counts as named only with a sign that a title is meant: its
capitals, quotation marks, or a word such as "book" beside it.
"""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz.distance import OSA

from wellread.content import Product, ProductKind
from wellread.store.catalog.title_index import fold_title
from wellread.text.languages import word_list

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_MOST_WORDS = 600
_SMALL_WEIGHT = 0.25
# Which of several editions of one work is searched when the question does not tell: the best structured.
_FORMATS = ("epub", "html", "markdown", "text", "transcript", "pdf")


@dataclass(frozen=True, slots=True)
class _Token:
    word: str  # folded
    start: int
    end: int
    capital: bool
    quoted: bool


@dataclass(frozen=True, slots=True)
class Mention:
    """A stretch of the question (code points) that names `products`: one, or all by an author."""

    start: int
    end: int
    products: tuple[Product, ...]


@dataclass(frozen=True, slots=True)
class Naming:
    """The titles that a question names, and, when a name fits several works, the works it may mean."""

    mentions: tuple[Mention, ...] = ()
    ambiguous: tuple[Product, ...] = ()

    @property
    def products(self) -> tuple[Product, ...]:
        every = (product for mention in self.mentions for product in mention.products)
        return tuple(dict.fromkeys(every))


@dataclass(frozen=True, slots=True)
class _Match:
    product: Product
    first: int  # tokens of the question, both inclusive
    last: int
    weight: float  # of the words matched: 1 each, small words 0.25
    coverage: float  # of the main title, 0 to 1
    leading: bool  # whether the run begins where the title does


def named_titles(question: str, candidates: Sequence[Product]) -> Naming:
    """The products among `candidates` that the question names."""
    tokens = _tokens(question)
    topics = _words_of_several(candidates)
    matches = [
        match
        for product in candidates
        for match in _matches(tokens, product)
        if _is_name(match, tokens, topics)
    ]
    matches.sort(key=lambda m: (-m.weight, -m.coverage, m.product.product_id))
    mentions: list[Mention] = []
    ambiguous: list[Product] = []
    taken: list[tuple[int, int]] = []
    while matches:
        best = matches[0]
        same = [m for m in matches if m.weight == best.weight and _overlaps((m.first, m.last), best)]
        if not any(first <= best.last and best.first <= last for first, last in taken):
            equal = [m.product for m in same if m.coverage >= best.coverage - 0.05]
            works = one_edition_each(equal, question)
            if len(works) > 1:
                ambiguous += works
            mentions.append(Mention(tokens[best.first].start, tokens[best.last].end, tuple(works)))
            taken.append((best.first, best.last))
        matches = [m for m in matches if not _overlaps((m.first, m.last), best)]
    mentions += _by_author(question, tokens, candidates, mentions)
    return Naming(tuple(sorted(mentions, key=lambda m: m.start)), tuple(dict.fromkeys(ambiguous)))


def kinds_meant(question: str) -> frozenset[ProductKind]:
    """The kinds of product that the question speaks of ("his book", "the video"); empty when it does not."""
    kinds: set[ProductKind] = set()
    for token in _tokens(question):
        if token.word in word_list("video"):
            kinds.add(ProductKind.VIDEO)
        else:
            kinds |= _kinds_of(token.word)
    return frozenset(kinds)


def _kinds_of(word: str) -> frozenset[ProductKind]:
    """The kinds of product that a word means; none for most words."""
    if word in word_list("book"):
        return frozenset({ProductKind.BOOK})
    spoken = word in word_list("spoken")
    return frozenset({ProductKind.VIDEO, ProductKind.RECORDING} if spoken else ())


@dataclass(frozen=True, slots=True)
class KindMention:
    """ "the talk": a stretch of the question that means a product by its kind alone."""

    start: int
    end: int
    kinds: frozenset[ProductKind]


def kind_mentions(question: str, naming: Naming) -> list[KindMention]:
    """The kinds said with an article that no named title explains."""
    tokens = _tokens(question)
    found = []
    for before, token in pairwise(tokens):
        kinds = _kinds_of(token.word)
        if not kinds or before.word not in word_list("determiners"):
            continue
        explained = any(
            mention.start - 40 < token.end
            and token.start < mention.end + 25
            and any(product.kind in kinds for product in mention.products)
            for mention in naming.mentions
        )
        if not explained:
            found.append(KindMention(before.start, token.end, kinds))
    return found


def _tokens(question: str) -> list[_Token]:
    quoted = [
        m.span() for m in re.finditer(r"[\"“«„'‘](?=\w)[^\"”»“\n]{1,150}?(?<=\w)[\"”»“'’](?!\w)", question)
    ]
    tokens = []
    for match in _WORD.finditer(question):
        text = match[0]
        folded = fold_title(text).removesuffix("'s")
        inside = any(start < match.start() and match.end() < end for start, end in quoted)
        tokens.append(_Token(folded, *match.span(), text[0].isupper() or text[0].isdigit(), inside))
        if len(tokens) == _MOST_WORDS:
            break
    return tokens


def _words(text: str) -> list[str]:
    return [word.removesuffix("'s") for word in _WORD.findall(fold_title(text))]


def _weight(word: str) -> float:
    return _SMALL_WEIGHT if word in word_list("title_small") else 1.0


def same_word(one: str, other: str) -> bool:
    """Equal, but for one slip of the keyboard in a word of four letters and two in one of eight."""
    if one == other:
        return True
    shorter = min(len(one), len(other))
    slips = 2 if shorter >= 8 else 1 if shorter >= 4 else 0
    return slips > 0 and OSA.distance(one, other, score_cutoff=slips) <= slips


def _slipped(one: str, other: str) -> bool:
    """One slip in a name so long that it is not another word."""
    return min(len(one), len(other)) >= 7 and OSA.distance(one, other, score_cutoff=1) <= 1


def _matches(tokens: list[_Token], product: Product) -> list[_Match]:
    """Every run of words that the question shares with the title or its parts."""
    main, _, rest = product.title.partition(":")
    subtitle = product.metadata.subtitle
    whole = product.title if rest else f"{main} {subtitle}"
    total = sum(map(_weight, _words(main))) or 1.0
    found = _runs(tokens, _words(main), product, total)
    unnumbered = [word for word in _words(main) if not word.isdigit()]
    if 2 <= len(unnumbered) < len(_words(main)):  # of which version it is, a question seldom says
        found += _runs(tokens, unnumbered, product, sum(map(_weight, unnumbered)))
    if rest or subtitle:
        found += _runs(tokens, _words(whole), product, total)
    for half in (rest, subtitle):
        words = _words(half)
        if len(words) >= 4:  # a shorter second half names nothing by itself
            found += _runs(tokens, words, product, sum(map(_weight, words)))
    return found


def _runs(tokens: list[_Token], words: Sequence[str], product: Product, total: float) -> list[_Match]:
    """Runs of words that question and title share in order; on each side one word may be passed over."""
    found = []
    for i, token in enumerate(tokens):
        for j, word in enumerate(words):
            if word in word_list("title_small") or not same_word(token.word, word):
                continue
            weight, at, in_title, last = 1.0, i, j, i
            while True:
                step = next(
                    (
                        (di, dj)
                        for di, dj in ((1, 1), (1, 2), (2, 1), (2, 2))
                        if at + di < len(tokens)
                        and in_title + dj < len(words)
                        and same_word(tokens[at + di].word, words[in_title + dj])
                    ),
                    None,
                )
                if step is None:
                    break
                at, in_title = at + step[0], in_title + step[1]
                weight += _weight(words[in_title])
                if words[in_title] not in word_list("title_small"):
                    last = at
            small = sum(_weight(word) for word in words[:j] if word in word_list("title_small"))
            coverage = min(1.0, (weight + small) / total)
            leading = all(w in word_list("title_small") for w in words[:j])
            first = i
            while (
                leading
                and first > 0
                and first > i - j
                and tokens[first - 1].word == words[j - (i - first) - 1]
            ):
                first -= 1  # "A First Course": the article is part of the name
            found.append(_Match(product, first, last, weight, coverage, leading))
    return found


def _words_of_several(products: Sequence[Product]) -> frozenset[str]:
    """The words that titles of several works have: what they are about, and the name of none."""
    titles = {fold_title(product.title) for product in products}
    counts = Counter(word for title in titles for word in {*_words(title)})
    return frozenset(word for word, works in counts.items() if works > 1)


def _is_name(match: _Match, tokens: list[_Token], topics: Collection[str]) -> bool:
    """Whether a run of shared words is the name of a title, and not the same words used for themselves. "In Emma" names
    one; "in Python" does not while "Python" is one of the `topics` of several."""
    run = tokens[match.first : match.last + 1]
    content = [token for token in run if token.word not in word_list("title_small")]
    around = tokens[max(0, match.first - 3) : match.first] + tokens[match.last + 1 : match.last + 4]
    quoted = all(token.quoted for token in content)
    capital = all(token.capital for token in content)
    ends = word_list("book") | word_list("title_ends")
    kind = any(_kinds_of(token.word) for token in around) or run[-1].word in ends
    placed = match.leading and _after_preposition(match, tokens)
    if len(content) >= 3:
        signed = quoted or capital or kind
        unlikely = len(content) > 3 or placed or match.first == 0  # three words may mean themselves
        return match.coverage >= (0.4 if signed else 0.85) and (signed or unlikely)
    if len(content) == 2:
        spoken = any(token.word in word_list("speech") for token in around)
        if match.coverage >= 0.85:
            return quoted or capital or kind or _topic_follows(match, tokens)
        said = any(token.word in word_list("speech") for token in tokens[match.last + 1 : match.last + 2])
        if spoken and match.last - match.first == 1 and (capital or said):
            return True  # a guest, as in "what does Ada Lovelace say about …"
        return (quoted or kind or placed) and match.coverage >= 0.5
    first_of_sentence = match.first == 0
    in_it = capital and not first_of_sentence and _after_preposition(match, tokens)
    ends_so = run[-1].word in ends
    of_kind = ends_so or _kind_beside(match, tokens)
    sign = quoted or of_kind or (in_it and run[0].word not in topics and len(run[0].word) > 1)
    return match.coverage >= 0.85 and sign


def _kind_beside(match: _Match, tokens: list[_Token]) -> bool:
    """Whether the product's own kind is meant beside the name: "the talk about X", "book X", "the X podcast". To talk
    about X is something else."""
    for at in range(max(0, match.first - 3), min(len(tokens), match.last + 4)):
        if match.first <= at <= match.last or match.product.kind not in _kinds_of(tokens[at].word):
            continue
        said = any(before.word in word_list("determiners") for before in tokens[max(0, at - 2) : at])
        if said or at == match.last + 1:
            return True
    return False


def _topic_follows(match: _Match, tokens: list[_Token]) -> bool:
    """ "steady hands on feedback": the question begins with the title."""
    following = tokens[match.last + 1 : match.last + 2]
    return match.first == 0 and any(token.word in {"on", "about"} for token in following)


def _after_preposition(match: _Match, tokens: list[_Token]) -> bool:
    before = [token.word for token in tokens[max(0, match.first - 3) : match.first]]
    return bool({"in", "from", "of", "by", "per", "reading", "read", "according"} & set(before[-2:])) or (
        "according" in before and "to" in before
    )


def _overlaps(span: tuple[int, int], match: _Match) -> bool:
    return span[0] <= match.last and match.first <= span[1]


@dataclass(frozen=True, slots=True)
class Work:
    """What a product says of the work that it is an edition of."""

    title: str
    authors: tuple[str, ...]
    kind: str


def same_work(one: Work, other: Work) -> bool:
    """Whether two are editions of one work: of the same kind, by the same authors, and called the same, one of
    them perhaps with a subtitle. With different subtitles they are two works: the volumes of a series."""
    if one.kind != other.kind or [*map(fold_title, one.authors)] != [*map(fold_title, other.authors)]:
        return False
    short, long = sorted((fold_title(one.title).strip(), fold_title(other.title).strip()), key=len)
    return short == long or long.startswith(f"{short}:")


def one_edition_each(products: Sequence[Product], question: str) -> list[Product]:
    """Of several editions of the same work one, in the order given: in the format that the question names, else
    the best structured."""
    asked = {token.word for token in _tokens(question)}
    best: dict[Work, Product] = {}  # by the work as its first edition calls it
    for product in products:
        work = Work(product.title, product.metadata.authors, product.kind.value)
        work = next((known for known in best if same_work(known, work)), work)
        other = best.get(work)
        if other is None or _preference(product, asked) < _preference(other, asked):
            best[work] = product  # keeps the place of the first
    return list(best.values())


def _preference(product: Product, asked: set[str]) -> tuple[bool, int, str]:
    return product.format not in asked, _rank(product.format), product.product_id


def _rank(format_name: str) -> int:
    return _FORMATS.index(format_name) if format_name in _FORMATS else len(_FORMATS)


def _by_author(
    question: str, tokens: list[_Token], candidates: Sequence[Product], mentions: Sequence[Mention]
) -> list[Mention]:
    """Mentions of authors none of whose titles is named otherwise: all their works, of the kinds meant."""
    explained = {
        fold_title(author) for m in mentions for product in m.products for author in product.metadata.authors
    }
    by_author: dict[str, list[Product]] = {}
    for product in candidates:
        for author in product.metadata.authors:
            by_author.setdefault(fold_title(author), []).append(product)
    kinds = kinds_meant(question)
    found = []
    for author, products in by_author.items():
        words = [word for word in _words(author) if len(word) > 1]
        span = _author_span(tokens, words)
        if span is None or author in explained:
            continue
        if any(m.start < tokens[span[1]].end and tokens[span[0]].start < m.end for m in mentions):
            continue
        meant = [product for product in products if not kinds or product.kind in kinds] or products
        works = one_edition_each(meant, question)
        found.append(Mention(tokens[span[0]].start, tokens[span[1]].end, tuple(works)))
    return found


def _author_span(tokens: list[_Token], words: Sequence[str]) -> tuple[int, int] | None:
    """Where the full name stands, or the last name with a sign that the author is meant."""
    if not words:
        return None
    for i in range(len(tokens) - len(words) + 1):
        if all(same_word(tokens[i + k].word, word) for k, word in enumerate(words)):
            return i, i + len(words) - 1
    for i, token in enumerate(tokens):
        if len(words) < 2 or len(words[-1]) <= 3 or not token.capital:
            continue
        if any(next_.capital for next_ in tokens[i + 1 : i + 2]):
            continue  # the given name of somebody else
        around = tokens[max(0, i - 2) : i] + tokens[i + 1 : i + 3]
        spoken = any(near.word in word_list("speech") or _kinds_of(near.word) for near in around)
        played = i > 0 and tokens[i - 1].word in word_list("personates")
        if (token.word == words[-1] and (spoken or played)) or (spoken and _slipped(token.word, words[-1])):
            return i, i
    return None
