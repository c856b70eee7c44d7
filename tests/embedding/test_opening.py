"""What an embedder computes with, and what is done of a run's titles while vectors wait."""

import asyncio
from pathlib import Path

import pytest
from support.libraries import book
from support.tiny_embedder import TinyEmbedder

from wellread.embedding.choice import on_device
from wellread.engine import Wellread
from wellread.errors import BadRequestError
from wellread.import_events import ProductAdded
from wellread.index.embedding import MiniLmEmbedder
from wellread.preferred_titles import preferred
from wellread.settings import Settings
from wellread.wire.runs import AskOptions

TEA = "Water\n\nGreen tea is made with water of eighty degrees."


def test_a_device_that_is_not_there_is_said_and_the_processor_goes_on(tmp_path: Path):
    embedder = MiniLmEmbedder(tmp_path)
    assert on_device(embedder, "cpu") == (embedder, "")
    same, note = on_device(embedder, "cuda", ["CPUExecutionProvider"])
    assert same is embedder
    assert "by the processor" in note
    with pytest.raises(BadRequestError, match="'gpu'") as caught:
        on_device(embedder, "gpu")
    assert "cuda" in caught.value.hint


class Elsewhere:
    """An embedder that computes nothing here."""

    name, dimensions = "elsewhere", 4


def test_a_device_is_nothing_to_an_embedder_elsewhere():
    embedder = Elsewhere()
    same, note = on_device(embedder, "cuda")
    assert same is embedder
    assert "not used" in note


def test_what_computes_on_a_device_reads_many_texts_together(tmp_path: Path):
    class Accelerated(TinyEmbedder):
        def recipe(self, *, threads, providers=()):
            made = Accelerated(self.folder, threads)
            made.providers = providers
            return lambda: made

    embedder = Accelerated(tmp_path)
    made, note = on_device(embedder, "cuda", ["CUDAExecutionProvider", "CPUExecutionProvider"])
    assert not note
    assert made.providers == ("CUDAExecutionProvider", "CPUExecutionProvider")
    assert made.batch > 8


def test_the_titles_of_a_run_are_first_while_vectors_wait(tmp_path: Path):
    home = tmp_path / "home"
    tea, mate = (
        book(tmp_path, f"{name}.md", f"On {name}", TEA.replace("Green", name)) for name in ("Tea", "Mate")
    )

    async def story() -> None:
        async with Wellread(settings=Settings(home)) as library:
            ids = [
                event.product_id
                async for event in library.add([tea, mate], vectors=False)
                if isinstance(event, ProductAdded)
            ]
            for product_id in ids:
                options = AskOptions(product_ids=[product_id])
                async for _ in library.ask("What water is made of?", options):
                    pass
            assert preferred(home / "index") == ids[::-1]
            async for _ in library.embed():
                pass
            async for _ in library.ask("What water is made of?", AskOptions(product_ids=ids[:1])):
                pass
            assert preferred(home / "index") == ids[::-1]  # nothing waits: nothing is noted

    asyncio.run(story())
