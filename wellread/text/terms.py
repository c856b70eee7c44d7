"""What BM25 counts: the terms of a text and of a question, the same for every language of one index.

The search engine splits the terms at spaces and does nothing else, so text and question always agree. A
term is a stem (Snowball, where the language has one) without accents. Writing that does not separate words (Chinese,
Japanese, Thai, …) and Korean, whose particles stick to the word, give single letters and pairs of neighbours, where
a letter is what text.clusters says.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import cache, lru_cache
from itertools import pairwise

from py_rust_stemmers import SnowballStemmer

from wellread.text.clusters import UNSEEN, UNSPACED, clusters
from wellread.text.languages import languages, word_list_of

MAX_WORD = 64  # characters; what is longer is no word, and is cut the same way everywhere
MAX_QUESTION_WORDS = 48  # distinct; a pasted page is asked about by its first words
MAX_QUESTION_PIECES = 192  # distinct letters and pairs of writing that does not separate words: as many words

_SAME = {"nb": "no", "nn": "no"}

# Marks that `\w` does not know: accents that NFC could not compose, Hebrew and Arabic points, Indic vowel
# signs.
_MARKS = "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u0900-\u0963\u0966-\u0dff"
_LETTER = rf"[^\W_{UNSPACED}]|[{_MARKS}]"
_WORD = re.compile(
    rf"(?P<unspaced>[{UNSPACED}][{UNSPACED}{UNSEEN}]*)"
    rf"|(?:{_LETTER})+(?:[._](?:{_LETTER}|_)+)*(?:\+\+|\#(?!\w))?"
    rf"|_+(?:{_LETTER})(?:{_LETTER}|[._](?=\w))*"
)
_CHAIN = re.compile(r"(?<![\w-])[^\W\d_]+(?:-[^\W\d_]+){2,}(?![\w-])")
_PARTS = re.compile(r"[._+#]+")
_ACCENTS = re.compile("[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670]")
_PIECE = re.compile(f"[{UNSPACED}]")
_GUESSED_FROM = 2_000  # characters
_EVIDENT = 2  # of a language's commonest words


def passage_terms(text: str, heading: str, language: str) -> list[str]:
    """The terms by which a passage is found: its heading's (once), then its text's, without the commonest
    words of the language: they would only make short passages seem long."""
    language = primary(language) or language_of(text)
    stop = word_list_of(language, "stop_words")
    return [term(word, language) for part in (heading, text) for word in _words(part) if word not in stop]


def question_terms(question: str, languages: Iterable[str] = ()) -> list[tuple[str, ...]]:
    """For each word that a question searches for, in its order and once, its forms: what it becomes in each
    of the `languages` of the titles asked. Words too common to find anything by are left out, unless there
    are no
    others."""
    own = language_of(question)
    spoken = list(dict.fromkeys([own, *filter(None, map(primary, languages))]))
    words = list(dict.fromkeys(_words(question)))
    telling = [word for word in words if word not in word_list_of(own, "stop_words")] or words
    telling = [word for word in telling if word not in word_list_of(own, "request_words")] or telling
    forms = [tuple(dict.fromkeys(term(word, language) for language in spoken)) for word in telling]
    return _first(dict.fromkeys(form for form in forms if form))


def _first(forms: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """As much of a question as is searched for."""
    kept, words, pieces = [], 0, 0
    for form in forms:
        piece = _PIECE.match(form[0]) is not None
        words, pieces = words + (not piece), pieces + piece
        if pieces <= MAX_QUESTION_PIECES if piece else words <= MAX_QUESTION_WORDS:
            kept.append(form)
    return kept


def content_words(question: str, languages: Iterable[str] = ()) -> dict[str, tuple[str, ...]]:
    """The words of a question that `question_terms` would search for, as typed, each with its forms; those of a word
    with a dot are also those of its parts. Writing without spaces has no words that could be named."""
    own = language_of(question)
    spoken = list(dict.fromkeys([own, *filter(None, map(primary, languages))]))
    stop = word_list_of(own, "stop_words") | word_list_of(own, "request_words")
    typed = [match[0].strip("_") for match in _WORD.finditer(question) if match["unspaced"] is None]
    forms = {
        word: [term(part, language) for part in _words(word) if part not in stop for language in spoken]
        for word in typed
        if word.casefold() not in stop
    }
    return {word: tuple(dict.fromkeys(filter(None, some))) for word, some in forms.items() if any(some)}


def language_of(text: str) -> str:
    """The likeliest language of a text: by its script, then by its commonest words; English when nothing
    tells."""
    return _language_of(text[:_GUESSED_FROM])


@lru_cache(maxsize=512)  # the statements of an answer and their passages are asked for several times
def _language_of(beginning: str) -> str:
    if script := _by_script(beginning):
        return script
    shares = dict.fromkeys(languages(), 0)
    spoken = _languages_of()
    for word in _words(beginning):
        for language in spoken.get(word, ()):
            shares[language] += 1
    best = max(shares, key=shares.__getitem__)
    return best if shares[best] > shares["en"] else "en"


def evident_language(text: str) -> str:
    """The language of a text where that is beyond doubt, else "": a script that one language writes, or two of its
    commonest words, and more than of any other language."""
    beginning = text[:_GUESSED_FROM]
    spoken = _languages_of()
    shares = Counter(code for word in dict.fromkeys(_words(beginning)) for code in spoken.get(word, ()))
    if script := _by_script(beginning):  # Cyrillic is not only Russian
        return script if shares[script] or not word_list_of(script, "stop_words") else ""
    (best, most), (_, next_best) = [*shares.most_common(2), ("", 0), ("", 0)][:2]
    return best if most >= _EVIDENT and most > next_best else ""


def _by_script(text: str) -> str:
    """The language whose letters a fourth of the text's are, "" for none."""
    if text.isascii():
        return ""
    letters = sum(map(str.isalpha, text))
    for script, language in _scripts():
        if len(script.findall(text)) * 4 > letters:
            return language
    return ""


@cache
def _scripts() -> list[tuple[re.Pattern[str], str]]:
    # In alphabetical order of their codes: Japanese, of which kana are a part, before Chinese.
    return [
        (re.compile(f"[{known['letters']}]"), code)
        for code, known in languages().items()
        if "letters" in known
    ]


@cache
def _languages_of() -> dict[str, list[str]]:
    """The languages in which a word is one of the commonest."""
    found: dict[str, list[str]] = {}
    for language in languages():
        for word in word_list_of(language, "stop_words"):
            found.setdefault(word, []).append(language)
    return found


def primary(language: str) -> str:
    """The primary subtag of a BCP 47 tag, as the stemmers know it."""
    subtag = language.replace("_", "-").partition("-")[0].lower()
    return _SAME.get(subtag, subtag)


def _words(text: str) -> list[str]:
    """Words in their order, casefolded; one with a dot, an underscore or signs comes whole and in its
    parts, and three or more with hyphens between come as one too: "one-on-one" is no matter of "one"."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    words = (
        [chain[0].replace("-", "")[:MAX_WORD] for chain in _CHAIN.finditer(folded)] if "-" in folded else []
    )
    for match in _WORD.finditer(folded):
        if match["unspaced"]:
            letters = clusters(match[0])
            words += letters
            words += [first + second for first, second in pairwise(letters)]
            continue
        word = _in_ascii_digits(match[0].strip("_")[:MAX_WORD])
        words.append(word)
        if word.isalnum():
            continue
        parts = [part for part in _PARTS.split(word) if part]
        if parts != [word]:
            words += parts
    return words


def _in_ascii_digits(word: str) -> str:
    """A number in the digits of any writing (๒๕, ٢٥, २५) as others write it (25)."""
    if word.isascii() or not word.isdecimal():
        return word
    return "".join(str(unicodedata.decimal(digit)) for digit in word)


@lru_cache(maxsize=100_000)
def term(word: str, language: str) -> str:
    """What a casefolded word becomes in a language: its stem, where the language has a stemmer, without accents."""
    # English has no accents of its own ("résumé"); elsewhere the stemmer needs them.
    word = _folded(word) if language == "en" else word
    if word.isalpha() and (stemmer := _stemmer(language)):
        word = stemmer.stem_word(word) or word
    return _folded(word)


def _folded(word: str) -> str:
    return unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", word)))


@lru_cache
def _stemmer(language: str) -> SnowballStemmer | None:
    name = languages().get(language, {}).get("stemmer")
    return SnowballStemmer(name) if name else None
