"""What the check of an answer by its words costs: 40 statements against 12 passages, beside rendering its Markdown.

python benchmarks/bench_verdicts.py
"""

import time
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from markdown_it import MarkdownIt

from wellread.blocking import BlockingWellread
from wellread.events import Snippet
from wellread.grounding import conflicts, quantities, wording
from wellread.grounding.verdicts import Comparison
from wellread.settings import Settings
from wellread.text.sentences import sentences

STATEMENTS = 40
PASSAGES = 12
WORDS = 250
ROUNDS = 20


def passages() -> list[Snippet]:
    """Of the demo book, each of some 250 words."""
    with (
        TemporaryDirectory() as home,
        BlockingWellread(settings=Settings(home=Path(home), embedder="none")) as library,
    ):
        list(library.add([Path(str(files("wellread") / "demo" / "steady-hands.epub"))]))
        [product] = library.products()
        text = " ".join(
            section.text for section in library.library._catalog.sections(product.product_id) if section.text
        )
    words = text.split()
    return [
        Snippet(
            number=number,
            product_id=product.product_id,
            title="Steady Hands",
            section="",
            anchor=f"{product.product_id}/s/0-{WORDS}",
            place="",
            text=" ".join(words[number * WORDS : (number + 1) * WORDS]),
            score=1.0,
        )
        for number in range(PASSAGES)
    ]


def answer(snippets: list[Snippet]) -> str:
    """Every second statement a quotation, every second one in other words."""
    lines: list[str] = []
    for index in range(STATEMENTS):
        snippet = snippets[index % PASSAGES]
        spans = sentences(snippet.text)
        text = snippet.text[slice(*spans[index // PASSAGES % len(spans)])]
        if index % 2:
            text = " ".join(text.rstrip(".").split()[::-1]) + "."
        lines.append(f"- {text} [{snippet.number}]")
    return "\n".join(lines) + "\n"


def seconds(work) -> float:
    """Processor time of one call, the best of several."""
    best = float("inf")
    for _ in range(ROUNDS):
        begun = time.process_time()
        work()
        best = min(best, time.process_time() - begun)
    return best


def cold(markdown: str, snippets: list[Snippet]) -> None:
    """As in a run: nothing of these passages was looked at before."""
    for cached in (wording.sentence_terms, quantities.held, conflicts._words, conflicts._initials):
        cached.cache_clear()
    Comparison.of(markdown, snippets).by_words()


def main() -> None:
    snippets = passages()
    markdown = answer(snippets)
    parse = seconds(lambda: MarkdownIt("commonmark").enable("table").render(markdown))
    first = seconds(lambda: cold(markdown, snippets))
    again = seconds(lambda: Comparison.of(markdown, snippets).by_words())
    print(f"{STATEMENTS} statements, {PASSAGES} passages of {WORDS} words, processor time, best of {ROUNDS}:")
    print(f"  Markdown rendered          {parse * 1000:6.1f} ms")
    print(f"  verdicts by words          {first * 1000:6.1f} ms   {first / parse:5.1f} × the rendering")
    print(f"  the same passages again    {again * 1000:6.1f} ms   {again / parse:5.1f} ×")


if __name__ == "__main__":
    main()
