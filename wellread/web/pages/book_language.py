"""The language of a title's text as HTML has it: `lang` and `dir`."""

import re

_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_RIGHT_TO_LEFT = frozenset("ar arc ckb dv fa he iw ji ks ku-arab nqo ps sd syr ug ur yi".split())


def language_tag(language: str) -> str:
    """The BCP 47 tag, or "" for what is none."""
    tag = language.strip().replace("_", "-")
    return tag if _TAG.fullmatch(tag) else ""


def text_direction(language: str) -> str:
    """ "rtl", "ltr", or "auto" where the language is not known."""
    tag = language_tag(language).lower()
    if not tag:
        return "auto"
    return "rtl" if tag in _RIGHT_TO_LEFT or tag.partition("-")[0] in _RIGHT_TO_LEFT else "ltr"
