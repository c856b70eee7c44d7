""" "The talk about …": a title found by its kind and its topic, and none found where several or none would be."""

import pytest
from support.libraries import add, cookbook
from support.stores import catalog_of

from wellread.library.scope import named, scope_of

KETTLES = (
    "Nobody thinks of the kettle. A kettle boils, a kettle pours, and kettles sing when they are done. " * 4
)
OTHERS = "We measured the pots in the morning and in the evening, and wrote all of it down in the book. " * 8


@pytest.fixture
def shelf(library, tmp_path):
    """Three talks and two books; what one talk is about is said only in it."""
    for name, text in (
        ("1-kettles", KETTLES),
        ("2-measuring-pots", OTHERS),
        ("3-tea-leaves", OTHERS + "A kettle."),
    ):
        path = tmp_path / f"{name}.vtt"
        path.write_text(f"WEBVTT\n\n00:00.000 --> 02:00.000\n{text}\n", encoding="utf-8")
        add(library, path)
    (tmp_path / "9-morning.vtt").write_text(
        f"WEBVTT\n\n00:00.000 --> 02:00.000\n{'The samovar hums. ' * 30}\n", encoding="utf-8"
    )
    add(library, tmp_path / "9-morning.vtt")
    add(library, cookbook(tmp_path, "a.md", "Slow Food", authors=["Ann Lee"], topics=["stews"]))
    add(library, cookbook(tmp_path, "b.md", "Fast Food", authors=["Bo Dyke"], topics=["salads"]))
    return catalog_of(library.library)


@pytest.mark.parametrize(
    ("question", "title", "mention"),
    [
        ("What does the talk about kettles say of steam?", "Kettles", "kettles"),
        ("Summarize the talk on tea leaevs", "Tea leaves", "tea leaevs"),
        (
            "the recording about measuring: what was measured?",
            "Measuring pots",
            "the recording about measuring",
        ),
        ("In the talk about samovars, what hums?", "Morning", "the talk about samovars"),
        ("Was ist in the talk über Kettles gesagt?", "Kettles", "Kettles"),
        ("Who wrote the book about stews for beginners?", "Slow Food", "the book about stews"),
    ],
)
def test_a_title_is_found_by_kind_and_topic(shelf, question, title, mention):
    naming = named(shelf, question)
    assert [product.title for product in naming.products] == [title]
    [said] = naming.mentions
    assert question[said.start : said.end] == mention
    assert [entry.title for entry in scope_of(shelf, question, small_library=0).entries] == [title]


@pytest.mark.parametrize(
    "question",
    [
        "What does the talk about uv say?",
        "What does the book about food say?",  # both are
        "What does the book about kettles say?",  # a talk is
        "Should I give a talk about kettles?",
        "What does the talk about say?",
        "the talk about",
        "Let us talk about kettles.",
        "the talk about " + "the " * 500,
    ],
)
def test_none_is_named_where_none_or_several_would_be(shelf, question):
    assert named(shelf, question).products == ()


def test_much_text_is_not_read_for_a_topic(shelf, monkeypatch):
    monkeypatch.setattr("wellread.store.catalog.topic_counts.MOST_WORDS", 10)
    assert named(shelf, "What hums in the talk about samovars?").products == ()
    assert [p.title for p in named(shelf, "What is in the talk about kettles?").products] == ["Kettles"]
