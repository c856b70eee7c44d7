"""Whether a model answers in the language of the question, told from the beginning of its answer."""

from wellread.errors import UnusableReplyError
from wellread.text.languages import name_of
from wellread.text.terms import language_of

_TELLS = 60  # letters from which the same language is believed
_DECIDES = 160  # letters from which another one is


_OTHER = "The model answers in another language than the question's."


class OtherLanguageError(UnusableReplyError):
    """The model answers in a language that the question is not in; nothing of it was shown."""


def language_name(question: str) -> str:
    """The language of a question by its English name; "the language of the question" where there is none."""
    return name_of(language_of(question)) or "the language of the question"


class Opening:
    """Feed it the pieces of an answer: it holds the beginning back until its language is the question's. Raises
    OtherLanguageError when it is another one."""

    def __init__(self, question: str) -> None:
        self._wanted = language_of(question)
        self._held: str | None = ""

    def feed(self, piece: str) -> str:
        if self._held is None:
            return piece
        self._held += piece
        letters = sum(map(str.isalpha, self._held))
        if letters < _TELLS:
            return ""
        if language_of(self._held) == self._wanted:
            held, self._held = self._held, None
            return held
        if letters >= _DECIDES:
            raise OtherLanguageError(_OTHER)
        return ""

    def close(self) -> str:
        """What was held back at the end of a short answer."""
        held, self._held = self._held or "", None
        if sum(map(str.isalpha, held)) >= _TELLS:
            raise OtherLanguageError(_OTHER)
        return held
