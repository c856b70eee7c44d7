"""Facts are found whatever case, marks, numbers and endings they are written with, and nowhere else."""

import pytest

from wellread.evals.facts import Fact, has_words
from wellread.text.folded import FoldedText, distance


def holds(text: str, *wordings: str) -> bool:
    return Fact(wordings).held_by([FoldedText.of(text)])


@pytest.mark.parametrize(
    ("wording", "text"),
    [
        ("three or four", "A team is 3 or 4 engineers, and one lead serves two such teams."),
        ("3 or 4", "A team is three or four engineers."),
        ("80%", "It held eighty percent of the time."),
        ("eighty percent", "It held 80 % of the time."),
        ("twenty-one pairs", "A team of seven has 21 pairs."),
        ("2000", "It prints 2,000 lines."),
        ("two thousand and five", "That was in 2005."),
        ("5 million", "It took 5,000,000 rows."),
        ("2.5 million", "It took 2,500,000 rows."),
        ("105", "It has one hundred and five pages."),
        ("forty-five minute", "Forty-five minutes leaves a quarter of an hour."),
        ("hyrum's law", "This is what we call “Hyrum’s Law”: with enough users …"),
        ("resume", "Send the résumé to the lead."),
        ("quiet weeks", "A **quiet\nweek** comes four times a year."),
        ("bad news … pay", "Bad news about a person's work. Decisions about pay."),
        ("pay … bad news", "Bad news about a person's work. Decisions about pay."),
        ("pay ... apology", "Decisions about pay. And the apology, when the team has let somebody down."),
        ("fünf Prozent", "Das sind 5 % der Kühe, und dieses Jahr ist es nicht anders als im letzten."),
        ("研究中心", "他在AI研究中心工作。"),
    ],
)
def test_a_fact_is_found_however_it_is_written(wording: str, text: str):
    assert holds(text, "something else altogether", wording)


@pytest.mark.parametrize(
    ("wording", "text"),
    [
        ("three or four", "Three engineers, or perhaps four."),
        ("pay", "He was the payer of the last resort for the paypal account."),
        ("5", "It took 15 rows, 5,000 lines and 25 years."),
        ("101", "At one hundred, one of them came."),
        ("2000 2", "It took 2,000 two thousand times."),
        ("25", "There were twenty, five of them asleep."),
        (
            "bad news … pay",
            "Bad news travels on foot through every one of the long corridors of this old house before pay.",
        ),
        ("quiet week", "quiet"),
        ("quiet week", ""),
    ],
)
def test_a_fact_is_not_found_where_it_is_not(wording: str, text: str):
    assert not holds(text, wording)


def test_a_fact_has_its_place_in_the_text():
    text = "One team. “Keep one week in every quarter free,” she says, and nobody does."
    folded = FoldedText.of(text)
    [(first, after)] = Fact(("every … free",)).spans(folded)
    assert text[folded.starts[first] : folded.ends[after - 1]] == "every quarter free"
    quoted = folded.within(text.index("she"), text.index(","))
    assert distance((first, after), folded.within(text.index("she"), text.index("she says") + 8)) == 0
    assert quoted[0] <= quoted[1]
    assert distance((0, 2), folded.within(text.index("nobody"), len(text))) == 10
    assert distance((4, 9), (6, 7)) == 0


def test_what_has_no_words_is_no_fact():
    assert has_words("three … four")
    assert not has_words("… four")
    assert not has_words(" – ")
