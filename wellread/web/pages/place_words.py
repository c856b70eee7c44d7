"""What `place_label` says about a place, in the reader's language. Events and answers keep it in English."""

from collections.abc import Callable


def place_words(place: str, say: Callable[[str], str]) -> str:
    """ "p. 12" and "line 3" as `say` translates them; a time is the same in every language."""
    kind, _, rest = place.partition(" ")
    if kind == "p." and rest:
        return say("p. {page}").replace("{page}", rest)
    if kind == "line" and rest:
        return say("line {line}").replace("{line}", rest)
    return place
