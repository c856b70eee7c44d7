"""Imports: how what is being added stands."""

from typing import Literal

from pydantic import Field

from wellread.import_events import Outcome
from wellread.wire.view import View, example

ImportState = Literal["waiting", "working", "completed", "failed"]


EXAMPLE_ID = "5f0c3d1e8f6b4a7d9c2b1a0e4d3c2b1a"


class ImportedProduct(View):
    path: str = Field(description="Name of its file.")
    product_id: str
    title: str
    outcome: Outcome


class RefusedFile(View):
    path: str
    status: int
    message: str
    hint: str


class ReadingFile(View):
    """The `number`-th of `total` sources is being read."""

    path: str
    number: int
    total: int


class VectorCount(View):
    """How many passages of the import's own products have vectors."""

    done: int
    total: int


class ImportFailure(View):
    """Why an import ended early; where it is `retryable`, the same uploads may be imported again."""

    status: int
    message: str
    hint: str
    retryable: bool


class ImportView(View):
    """An import as it stands: a fold over its events."""

    model_config = example(
        import_id=EXAMPLE_ID,
        state="completed",
        collection="team",
        folder="",
        files=["steady-hands.epub"],
        created_at="2026-11-02T09:30:00.000000+00:00",
        ended_at="2026-11-02T09:30:02.000000+00:00",
        last_event=5,
        last_event_at="2026-11-02T09:30:02.000000+00:00",
        products=[
            {
                "path": "steady-hands.epub",
                "product_id": "steady-hands",
                "title": "Steady Hands",
                "outcome": "added",
            }
        ],
        refused=[],
        failure=None,
        note="",
        product_count=1,
        refused_count=0,
        reading=None,
        vectors={"done": 40, "total": 40},
    )

    import_id: str
    state: ImportState
    collection: str
    folder: str = Field(description="Empty for uploads, `demo`, or a folder of the server's machine.")
    files: tuple[str, ...]
    created_at: str
    ended_at: str = Field(description="Empty while it goes on.")
    last_event: int
    last_event_at: str
    products: list[ImportedProduct]
    refused: list[RefusedFile]
    failure: ImportFailure | None
    note: str = Field(description="Why there are no vectors, if there are none.")
    product_count: int = Field(description="How many there are, where `products` are the latest only.")
    refused_count: int = Field(description="How many there are, where `refused` are the latest only.")
    reading: ReadingFile | None = Field(description="What is being read now.")
    vectors: VectorCount | None = Field(description="Once some are made.")
