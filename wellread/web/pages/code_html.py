"""A listing's characters with the classes by which Pygments tells its parts."""

import re
from collections.abc import Iterator
from functools import lru_cache

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import STANDARD_TYPES, _TokenType

_LONGEST = 4_000  # code points of a listing whose parts are told
_BLANK = re.compile(r"\s{60}")  # on which many lexers need time that grows with the square of it
# Lexers that take less than 0.1 s for any such text that was tried; many others can be made to take minutes.
_LANGUAGES = frozenset(
    "python pycon bash console json yaml toml ini html xml css javascript typescript sql c cpp java go rust ruby php r "
    "docker".split()
)
_NAMES = {
    "py": "python",
    "python3": "python",
    "sh": "bash",
    "shell": "bash",
    "zsh": "bash",
    "js": "javascript",
    "ts": "typescript",
    "c++": "cpp",
    "h": "c",
    "yml": "yaml",
    "golang": "go",
    "rb": "ruby",
    "rs": "rust",
    "dockerfile": "docker",
    "postgresql": "sql",
    "plsql": "sql",
    "plpgsql": "sql",
    "xhtml": "html",
    "svg": "xml",
    "cfg": "ini",
}


def parts(text: str, language: str) -> Iterator[tuple[int, str, str]]:
    """Start, class ("" for plain text) and characters of each part, which together are `text`. Only a short
    listing that is stated to be in one of a few languages has more than one."""
    lexer = _lexer(language.strip().lower()) if language and _is_easy(text) else None
    if lexer is None:
        yield 0, "", text
        return
    end = 0
    for start, kind, value in lexer.get_tokens_unprocessed(text):
        if start < end or not value:  # a lexer that comes back to what it has passed
            continue
        if start > end:
            yield end, "", text[end:start]
        yield start, _class(kind), value
        end = start + len(value)
    if end < len(text):
        yield end, "", text[end:]


def _is_easy(text: str) -> bool:
    return len(text) <= _LONGEST and not _BLANK.search(text)


def _class(kind: _TokenType) -> str:
    while kind not in STANDARD_TYPES and kind.parent is not None:
        kind = kind.parent
    return str(STANDARD_TYPES.get(kind, ""))


@lru_cache(maxsize=64)
def _lexer(language: str) -> Lexer | None:
    name = _NAMES.get(language, language)
    return get_lexer_by_name(name) if name in _LANGUAGES else None
