"""Citations as entries of a bibliography: CSL-JSON and BibTeX, with names split only where that is certain."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from wellread.agent.telling.sources import sources
from wellread.content import Metadata, Product, ProductKind
from wellread.events import AnswerCompleted, Citation
from wellread.library.bibliography import csl_json, entries
from wellread.library.bibtex import bibtex, escaped
from wellread.library.person_names import PersonName, person_name

HOSTILE = (
    r"\input{/etc/passwd} 100% of $x_1^2$ & #1 ~ {",
    "}} @book{evil, title={x}}",
    "[click](https://example.org) <script>alert(1)</script> ![x](y) `code` *a* _b_ [0]: https://example.org",
    "| a | b |\n# Heading\n- item\x00\x1b[31m\u202e",
    "1. www.example.org and a@b.example &amp; https://example.org",
    "\\",
    "日本語の本 \\ — Über Größe",
)
# What schema 1.0 of citationstyles.org allows in an item, as far as it is used here: names and their JSON types.
CSL_FIELDS = {
    "id": str,
    "type": str,
    "title": str,
    "title-short": str,
    "author": list,
    "issued": dict,
    "publisher": str,
    "collection-title": str,
    "collection-number": str,
    "ISBN": str,
    "DOI": str,
    "language": str,
    "medium": str,
    "locator": str,
    "custom": dict,
}
CSL_NAME_FIELDS = {"family", "given", "non-dropping-particle", "suffix", "literal"}
CSL_TYPES = {"book", "motion_picture", "speech", "document"}


def product(product_id="9780306406157", title="Leading Teams", **metadata):
    return Product(product_id, Metadata(title=title, **metadata), "00000000")


def citation(number=0, product_id="9780306406157", title="Leading Teams", place="p. 12", **fields):
    start = fields.pop("start", 0)
    values = {
        "section": "Part I › Delegation",
        "anchor": f"{product_id}/00000000-1/{start}-{start + 10}",
        "quote": "Give it away.",
        "link": "",
        **fields,
    }
    return Citation(number=number, product_id=product_id, title=title, place=place, **values)


def one(made, *citations):
    cited = citations or (citation(product_id=made.product_id, title=made.title),)
    [entry] = entries(cited, {made.product_id: made})
    return entry


def check_csl(items):
    assert json.loads(json.dumps(items)) == items
    assert len({item["id"] for item in items}) == len(items)
    for item in items:
        assert {"id", "type"} <= item.keys() <= CSL_FIELDS.keys()
        assert item["type"] in CSL_TYPES
        for name, value in item.items():
            assert isinstance(value, CSL_FIELDS[name])
            assert value
        for name in item.get("author", []):
            assert name.keys() <= CSL_NAME_FIELDS
            assert all(isinstance(part, str) and part for part in name.values())
            assert ("literal" in name) != ("family" in name)
        if "issued" in item:
            [parts] = item["issued"]["date-parts"]
            assert item["issued"].keys() == {"date-parts"}
            assert 1 <= len(parts) <= 3
            assert all(isinstance(part, int) for part in parts)


def parsed(text):
    """The entries of a BibTeX file as BibTeX reads it: braces count, also behind a backslash. Fails where it fails."""
    found, position = [], 0
    while match := re.compile(r"\s*@(\w+)\{([^\s,{}]+),").match(text, position):
        position = match.end()
        fields = {}
        while field := re.compile(r"\s*(\w+) = ").match(text, position):
            position = field.end()
            if text[position] == "{":
                end, depth = position, 0
                while True:
                    depth += {"{": 1, "}": -1}.get(text[end], 0)
                    end += 1
                    if depth == 0:
                        break
                fields[field[1]] = text[position + 1 : end - 1]
            else:
                end = text.index(",", position)
                fields[field[1]] = text[position:end]
            position = end
            assert text[position] == ","
            position += 1
        assert text[position : position + 2] == "\n}"
        position += 2
        found.append((match[1], match[2], fields))
    assert not text[position:].strip()
    return found


COMMANDS = {
    "textbraceleft": "{",
    "textbraceright": "}",
    "textbackslash": "\\",
    "textasciitilde": "~",
    "textasciicircum": "^",
    "textless": "<",
    "textgreater": ">",
    "textbar": "|",
}


def printed(latex):
    """What TeX prints of text in which nothing but escapes is special."""
    plain = re.sub(r"\\(?:(text[a-z]+)\{\}|([&%$#_]))", "", latex)
    assert not set(plain) & set("\\{}&%$#_~^")
    return re.sub(r"\\(?:(text[a-z]+)\{\}|([&%$#_]))", lambda m: COMMANDS[m[1]] if m[1] else m[2], latex)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Addy Osmani", PersonName("Osmani", "Addy")),
        ("Osmani, Addy", PersonName("Osmani", "Addy")),
        ("J. R. R. Tolkien", PersonName("Tolkien", "J. R. R.")),
        ("Ludwig van Beethoven", PersonName("Beethoven", "Ludwig", "van")),
        ("van der Berg, Anna", PersonName("Berg", "Anna", "van der")),
        ("Ursula K. Le Guin", PersonName("Le Guin", "Ursula K.")),
        ("José Ortega y Gasset", PersonName("Ortega y Gasset", "José")),
        ("García Márquez, Gabriel", PersonName("García Márquez", "Gabriel")),
        ("Martin Luther King, Jr.", PersonName("King", "Martin Luther", "", "Jr.")),
        ("Martin Luther King Jr.", PersonName("King", "Martin Luther", "", "Jr.")),
        ("King, Martin Luther, Jr.", PersonName("King", "Martin Luther", "", "Jr.")),
        ("Antoine de Saint-Exupéry", PersonName("Saint-Exupéry", "Antoine", "de")),
        ("Лев Толстой", PersonName("Толстой", "Лев")),
        ("Zoe\u0308 Muster", PersonName("Muster", "Zo\u00eb")),
    ],
)
def test_a_name_is_split_where_that_is_certain(text, name):
    assert person_name(text) == name


@pytest.mark.parametrize(
    "text",
    [
        "The Wellread Project",
        "O'Reilly Media, Inc.",
        "Plato",
        "夏目 漱石",
        "村上春樹",
        "김 소월",
        "University of Oslo",
        "Jane Roe and John Doe",
        "Jane Roe, John Doe",
        "Jane Roe, PhD",
        "Group 4",
        "Ernst & Young",
        "Jane (ed.) Roe",
        "Roe, Jane, John",
        ",",
        "Jr.",
        "",
    ],
)
def test_other_names_stay_whole(text):
    assert person_name(text) == PersonName(literal=text)


@given(st.text())
def test_a_name_loses_nothing_but_commas(text):
    name = person_name(text)
    parts = f"{name.given} {name.particle} {name.family} {name.suffix} {name.literal}"
    assert bool(name.literal) != bool(name.family and name.given) or not text.split()
    if not name.literal:
        assert (
            sorted(parts.split())
            == sorted(PersonName(literal=" ".join(text.replace(",", " ").split())).literal.split())
            or not text.isascii()
        )


def test_a_book_has_all_that_is_known_of_it():
    made = product(
        title="Leading Teams",
        subtitle="A Guide",
        authors=("Addy Osmani", "The Wellread Project"),
        publisher="A & B",
        date="2024-03-05",
        language="en-GB",
        series="Short Books",
        series_index="3",
        identifiers=("urn:uuid:1", "doi:10.1000/xyz_1", "urn:isbn:9780306406157"),
    )
    entry = one(made, citation(0), citation(1, place="p. 14"), citation(1, place="p. 14", start=90))
    assert csl_json([entry]) == [
        {
            "id": "osmani2024leading",
            "type": "book",
            "title": "Leading Teams: A Guide",
            "title-short": "Leading Teams",
            "author": [{"family": "Osmani", "given": "Addy"}, {"literal": "The Wellread Project"}],
            "issued": {"date-parts": [[2024, 3, 5]]},
            "publisher": "A & B",
            "collection-title": "Short Books",
            "collection-number": "3",
            "ISBN": "9780306406157",
            "DOI": "10.1000/xyz_1",
            "language": "en-GB",
            "locator": "12, 14",
            "custom": {"cited": [place.model_dump() for place in entry.citations]},
        }
    ]
    check_csl(csl_json([entry]))
    assert bibtex([entry]) == (
        "@book{osmani2024leading,\n"
        "  author = {Osmani, Addy and {The Wellread Project}},\n"
        "  title = {{Leading Teams: A Guide}},\n"
        "  publisher = {A \\& B},\n"
        "  year = {2024},\n"
        "  series = {Short Books},\n"
        "  number = {3},\n"
        "  isbn = {9780306406157},\n"
        "  doi = {10.1000/xyz_1},\n"
        "  language = {en-GB},\n"
        "  annote = {Cited: p. 12; p. 14},\n"
        "  month = mar,\n"
        "}\n"
    )


@pytest.mark.parametrize(
    ("kind", "csl_type", "medium"),
    [(ProductKind.VIDEO, "motion_picture", "Video"), (ProductKind.RECORDING, "speech", "Audio recording")],
)
def test_what_is_no_book_says_what_it_is(kind, csl_type, medium):
    made = product("a-talk", "A Talk", kind=kind)
    entry = one(made, citation(product_id="a-talk", place="00:03:12"))
    [item] = csl_json([entry])
    assert (item["type"], item["medium"], item["locator"]) == (csl_type, medium, "00:03:12")
    [(entry_type, key, fields)] = parsed(bibtex([entry]))
    assert (entry_type, key, fields["howpublished"]) == ("misc", "talk", medium)


@pytest.mark.parametrize(
    ("date", "parts"),
    [
        ("2024", [2024]),
        ("2024-03", [2024, 3]),
        ("2024-03-05T10:00:00Z", [2024, 3, 5]),
        ("2024-13", None),
        ("2024-00-01", None),
        ("soon", None),
        ("20240305", None),
    ],
)
def test_dates_are_as_long_as_they_are_known(date, parts):
    [item] = csl_json([one(product(date=date))])
    assert item.get("issued") == ({"date-parts": [parts]} if parts else None)


def test_each_title_is_one_entry_in_the_order_of_its_first_citation():
    books = {name: product(name, name.upper()) for name in ("b", "a")}
    cited = [citation(0, "b", "B"), citation(1, "a", "A"), citation(2, "b", "B", place="p. 3")]
    found = entries(cited, books)
    assert [entry.title for entry in found] == ["B", "A"]
    assert found[0].places == ("p. 12", "p. 3")
    assert [c.number for c in found[0].citations] == [0, 2]


def test_of_a_title_that_was_removed_its_citation_tells():
    [entry] = entries([citation(title="A *lost* book")], {})
    [item] = csl_json([entry])
    assert item["type"] == "document"
    assert item["title"] == "A *lost* book"
    assert item["ISBN"] == "9780306406157"
    assert item["id"] == "lost"
    assert parsed(bibtex([entry]))[0][0] == "misc"


def test_a_subtitle_is_told_once():
    assert one(product(title="Teams: A Guide", subtitle="A guide")).title == "Teams: A Guide"
    assert one(product(title="Why Teams?", subtitle="A guide")).title == "Why Teams? A guide"


@pytest.mark.parametrize(
    ("metadata", "key"),
    [
        ({"title": "The Way", "authors": ("Jürgen Groß",), "date": "1999"}, "gross1999way"),
        ({"title": "Don't", "authors": ("Ludwig van Beethoven",)}, "beethovendont"),
        ({"title": "The", "authors": ("The Wellread Project",), "date": "2026"}, "wellread2026the"),
        ({"title": "日本", "authors": ("夏目漱石",), "date": "1905"}, "ab9"),
        ({"title": "日本", "authors": ("Ann Roe",)}, "roe"),
        ({"title": "Ubung \u0141\u00f3d\u017a"}, "ubung"),
    ],
)
def test_keys_are_ascii(metadata, key):
    assert one(product("AB-9", **metadata)).key == key


def test_keys_are_unique_and_do_not_follow_the_order_of_citations():
    books = {name: product(name, "Teams", authors=("Ann Roe",), date="2020") for name in "cab"}
    forth = entries([citation(0, name) for name in "abc"], books)
    back = entries([citation(0, name) for name in "cba"], books)
    keys = {entry.citations[0].product_id: entry.key for entry in forth}
    assert keys == {"a": "roe2020teams", "b": "roe2020teams-2", "c": "roe2020teams-3"}
    assert {entry.citations[0].product_id: entry.key for entry in back} == keys


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_titles_and_names_are_text_everywhere(text):
    made = product(
        "x",
        text,
        subtitle=text,
        authors=(text, "Ann Roe"),
        publisher=text,
        series=text,
        identifiers=(text, f"doi:{text}"),
    )
    entry = one(made, citation(7, "x", text, section=text, place=text, quote=text, anchor=text))
    check_csl(csl_json([entry]))
    [(_, key, fields)] = parsed(bibtex([entry]))
    assert re.fullmatch(r"[a-z0-9-]+", key)
    assert printed(fields["title"][1:-1]) == entry.title
    assert printed(fields["publisher"]) == entry.publisher
    assert fields["author"].endswith(" and Roe, Ann")
    check_markdown(sources([entry]), entry)


@given(st.lists(st.text(), min_size=4, max_size=4))
def test_any_text_is_text_everywhere(texts):
    title, author, place, quote = texts
    made = product("x", title, authors=(author,))
    entry = one(made, citation(7, "x", title, section=quote, place=place, quote=quote))
    check_csl([{**item, "title": "t"} for item in csl_json([entry])])
    [(_, _, fields)] = parsed(bibtex([entry]))
    assert printed(fields["title"][1:-1]) == entry.title
    check_markdown(sources([entry]), entry)


@given(st.text())
def test_an_escaped_text_prints_as_itself(text):
    assert printed(escaped(text)) == text


def check_markdown(markdown, entry):
    tokens = MarkdownIt("commonmark", {"html": True, "linkify": False}).enable("table").parse(markdown)
    kinds = {token.type for token in tokens} | {c.type for token in tokens for c in token.children or ()}
    assert kinds <= {
        *(
            "ordered_list_open",
            "list_item_open",
            "paragraph_open",
            "inline",
            "paragraph_close",
            "bullet_list_open",
        ),
        *("bullet_list_close", "list_item_close", "ordered_list_close", "text", "text_special"),
        *("em_open", "em_close", "code_inline"),
    }
    shown = ["".join(c.content for c in t.children or ()) for t in tokens if t.type == "inline"]
    assert len(shown) == 2
    assert entry.title in shown[0]
    assert shown[1].startswith(f"[{entry.citations[0].number}] ")


def test_sources_are_numbered_with_their_places_below():
    made = product(authors=("Ann Roe", "Bo Li", "Cy Day", "Di Ash"), date="2020-01", publisher="Press")
    entry = one(made, citation(3), citation(3), citation(4, place="", section="Leading Teams", start=50))
    assert sources([entry]) == (
        "1. Ann Roe and 3 others: *Leading Teams*, Press, 2020, ISBN 9780306406157\n"
        "   - [3] Part I › Delegation, p. 12: “Give it away.” `9780306406157/00000000-1/0-10`\n"
        "   - [4] “Give it away.” `9780306406157/00000000-1/50-60`\n"
    )
    assert sources([]) == bibtex([]) == ""
    assert csl_json([]) == []


def test_the_citations_of_an_answer_from_the_demo_library(demo):
    [answer] = [e for e in demo.ask("How do I hold one-on-ones?") if isinstance(e, AnswerCompleted)]
    products = {made.product_id: made for made in demo.products()}
    found = entries(answer.citations, products)
    assert {c.product_id for c in answer.citations} == {e.citations[0].product_id for e in found}
    check_csl(csl_json(found))
    made = parsed(bibtex(found))
    assert [key for _, key, _ in made] == [entry.key for entry in found]
    assert all(fields["author"] == "{The Wellread Project}" for _, _, fields in made)
    assert sum(len(entry.citations) for entry in found) == len(answer.citations)
