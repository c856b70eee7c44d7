"""Supported claims, and each with one thing changed: a number, a name, a negation or a direction.

    python benchmarks/mutate_claims.py FILE... > mutations.jsonl
    wellread eval claims mutations.jsonl

The files have claims as `wellread eval claims` takes them. Every claim that is supported is given out as it is, and
once more, mutated and labelled `contradicted`. A judge is good when it no longer supports nine of ten of the latter and
still supports nine of ten of the former.
"""

import json
import random
import re
import sys
from pathlib import Path

from wellread.evals.claims import LabelledClaim, read_claims
from wellread.grounding.conflicts import names_in, negates
from wellread.grounding.quantities import claimed
from wellread.text.languages import word_list_of

NAMES = ("Bergen", "Marlowe", "Antwerp", "Kestrel", "Osaka", "Whitby")
_AUXILIARY = re.compile(
    r"\b(is|are|was|were|can|could|should|will|would|must|may|has|have|had|does|do|did)\b(?! not)"
)
_DIGITS = re.compile(r"\d+")


def number(text: str, chance: random.Random) -> str:
    """Another number in place of the first one in digits."""
    quantities = [quantity.written for quantity in claimed(text) if _DIGITS.search(quantity.written)]
    if not quantities:
        return ""
    written = quantities[0]
    changed = _DIGITS.sub(lambda match: str(int(match[0]) + chance.randint(2, 9)), written, count=1)
    return text.replace(written, changed, 1)


def name(text: str, chance: random.Random) -> str:
    """Another name in place of one."""
    names = names_in(text)
    return text.replace(chance.choice(names), chance.choice(NAMES), 1) if names else ""


def negation(text: str, chance: random.Random) -> str:  # noqa: ARG001 - each mutation is called alike
    """The same with "not"."""
    return "" if negates(text) else _AUXILIARY.sub(r"\1 not", text, count=1).replace(text, "")


def direction(text: str, chance: random.Random) -> str:  # noqa: ARG001
    """The opposite word in place of one."""
    for pair in sorted(word_list_of("en", "opposites")):
        for one, other in (pair.split("/"), reversed(pair.split("/"))):
            changed = re.sub(rf"\b{one}\b", other, text, count=1)
            if changed != text:
                return changed
    return ""


MUTATIONS = (number, direction, name, negation)


def mutated(claim: LabelledClaim, turn: int, chance: random.Random) -> tuple[str, str]:
    """The first mutation that fits, beginning with another one each time: its name and the text."""
    for mutation in MUTATIONS[turn % 4 :] + MUTATIONS[: turn % 4]:
        if changed := mutation(claim.claim, chance):
            return mutation.__name__, changed
    return "", ""


def main() -> None:
    chance = random.Random(1)
    claims = [
        claim for path in sys.argv[1:] for claim in read_claims(Path(path)) if claim.label == "supported"
    ]
    chance.shuffle(claims)
    for turn, claim in enumerate(claims):
        kind, text = mutated(claim, turn, chance)
        if kind:
            for name_, said, label in (("as it is", claim.claim, "supported"), (kind, text, "contradicted")):
                row = {
                    "id": f"{claim.id} {name_}",
                    "claim": said,
                    "label": label,
                    "sentences": claim.sentences,
                }
                print(json.dumps(row, ensure_ascii=False))


if __name__ == "__main__":
    main()
