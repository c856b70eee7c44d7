"""Text of titles, readers and models within a prompt, in which nothing can be taken for the prompt itself.

A prompt has marks of two kinds: those of its own blocks, and the control tokens of chat templates. A model may read a
mark also where a letter of it is a look-alike, where format characters stand within it, or where it is broken over
lines; so a text is looked at as it is when all of that is folded (NFKC of Unicode, without format characters).
"""

import re
import unicodedata

_NAMES = "knowledge|question|titles|conversation|statements"
_OURS = re.compile(rf"<(?=\s*/?\s*(?:{_NAMES})\b)", re.IGNORECASE)
_CHAT = re.compile(r"<(?=\|)|(?<=\|)>|\[(?=/?INST\])|<(?=/?s>)|<(?=(?:start|end)_of_turn>)", re.IGNORECASE)
_OPENS = re.compile(
    "[<\uff1c\ufe64|\uff5c\ufe31\\[\uff3b]"
)  # what may begin a mark, as it is or once it is folded
# Tag characters and rows of variation selectors: a model reads letters in them, and a reader nothing.
_SMUGGLED = re.compile("[\U000e0000-\U000e007f]+|[\ufe00-\ufe0f\U000e0100-\U000e01ef]{2,}")
# Letters of other alphabets that look like those in the names of blocks.
_LETTERS = str.maketrans("аԁеоѕіјӏԛспктԝѵոսοκνιτωυɡ", "adeosijlqcnktwvnuokvitwug")
_LIKE = {"<": "‹", ">": "›", "[": "⟦"}  # looks like it, and is none


def inactive(text: str) -> str:
    """A text in which no mark of a block and no control token is left, else as it is."""
    if not text.isascii():
        text = _SMUGGLED.sub("", text)
    if not _OPENS.search(text):
        return text
    folded, places = _folded(text)
    marks = {match.start() for pattern in (_OURS, _CHAT) for match in pattern.finditer(folded)}
    if not marks:
        return text
    characters = list(text)
    for at in marks:
        characters[places[at]] = _LIKE[folded[at]]
    return "".join(characters)


def on_one_line(text: str) -> str:
    return " ".join(inactive(text).split()).replace('"', "'")


def quoted(text: str) -> str:
    """A text on one line in quotation marks, which it cannot end."""
    return f'"{on_one_line(text)}"'


def _folded(text: str) -> tuple[str, list[int]]:
    """The text as it may be read, and for each of its characters the place in `text`."""
    if text.isascii():
        return text, list(range(len(text)))
    characters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        if unicodedata.category(character) in ("Cf", "Mn"):
            continue
        for one in unicodedata.normalize("NFKC", character).lower().translate(_LETTERS):
            characters.append(one)
            places.append(place)
    return "".join(characters), places
