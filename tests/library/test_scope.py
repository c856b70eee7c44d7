"""Titles with their sections in lines of sources."""

import pytest

from wellread.agent.telling.sources import sources
from wellread.events import Citation
from wellread.library.bibliography import Entry
from wellread.library.scope import describe
from wellread.web.openai.footnotes import footnotes


@pytest.mark.parametrize(
    ("section", "line"),
    [
        ("The Tea Manual › 1. Kettles", "The Tea Manual, 1. Kettles"),
        ("the  tea manual › 1. Kettles › The Tea Manual", "The Tea Manual, 1. Kettles › The Tea Manual"),
        ("The Tea Manual", "The Tea Manual"),
        (
            "The Tea Manual, Second Part › 1. Kettles",
            "The Tea Manual, The Tea Manual, Second Part › 1. Kettles",
        ),
        ("1. Kettles", "The Tea Manual, 1. Kettles"),
        ("", "The Tea Manual"),
    ],
)
def test_a_source_says_its_title_once(section: str, line: str) -> None:
    assert describe("The Tea Manual", section) == line
    citation = Citation(
        number=1,
        product_id="tea",
        title="The Tea Manual",
        section=section,
        place="¶ 4",
        anchor="tea/0a1b2c3d-4/0-9",
        quote="Warm it.",
        link="/read/tea/0a1b2c3d-4/0-9",
    )
    assert f"{line}, ¶ 4: “Warm it.”" in footnotes([citation], "http://localhost").replace("\\", "")
    below = line.removeprefix("The Tea Manual").removeprefix(", ")
    shown = sources([Entry("The Tea Manual", (citation,))]).replace("\\", "")
    assert f"[1] {below}{', ' if below else ''}¶ 4: “Warm it.”" in shown
