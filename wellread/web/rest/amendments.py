"""`PATCH /api/v1/library/{product_id}`: a person corrects what is known about a product."""

import datetime
import re
from typing import Annotated, Any, Self

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from wellread.errors import ForbiddenError
from wellread.library.views import ProductView
from wellread.store.catalog.amendments import AMENDABLE
from wellread.web.http.dependencies import CallerPart, LibraryPart

router = APIRouter(prefix="/api/v1", tags=["library"])
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,4}")
_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?")
Line = Annotated[str, Field(max_length=500)]
Name = Annotated[str, Field(max_length=200)]


class Amendments(BaseModel):
    """What is to be known about a product in place of what its files say. What is left out stays as it is; `null`
    takes back what was said, so that the files are believed again."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"title": "Steady Hands", "topics": ["leadership"], "subtitle": None}},
    )

    title: Line | None = None
    subtitle: Line | None = None
    authors: list[Name] | None = Field(None, max_length=50)
    publisher: Name | None = None
    date: str | None = Field(None, max_length=10, description="`2026`, `2026-11` or `2026-11-01`.")
    language: str | None = Field(None, max_length=35, description="As in BCP 47: `en`, `pt-BR`.")
    description: str | None = Field(None, max_length=20_000)
    topics: list[Name] | None = Field(None, max_length=50)
    series: Line | None = None
    series_index: str | None = Field(None, max_length=20, description="Its place in the series.")
    collection: Name | None = Field(None, description="`null` or empty: of none.")

    @field_validator("*", mode="after")
    @classmethod
    def _tidy(cls, value: Any, known: ValidationInfo) -> Any:
        if isinstance(value, str) and known.field_name == "description":
            return "\n".join(" ".join(line.split()) for line in value.strip().split("\n"))
        if isinstance(value, str):
            return " ".join(value.split())
        if isinstance(value, list):
            return list(dict.fromkeys(text for text in (" ".join(item.split()) for item in value) if text))
        return value

    @field_validator("title")
    @classmethod
    def _titled(cls, value: str | None) -> str | None:
        if value == "":
            raise PydanticCustomError("title", "A title has at least one character.")
        return value

    @field_validator("date")
    @classmethod
    def _dated(cls, value: str | None) -> str | None:
        if value and not _is_date(value):
            raise PydanticCustomError("date", 'A date looks like "2026", "2026-11" or "2026-11-01".')
        return value

    @field_validator("language")
    @classmethod
    def _spoken(cls, value: str | None) -> str | None:
        if value and not _LANGUAGE.fullmatch(value):
            raise PydanticCustomError("language", 'A language is a code such as "en", "de" or "pt-BR".')
        return value

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise PydanticCustomError("nothing", "Nothing is to be changed.")
        return self

    def changes(self) -> dict[str, object]:
        """What is said of the product's metadata."""
        return {name: getattr(self, name) for name in AMENDABLE if name in self.model_fields_set}


@router.patch("/library/{product_id}", summary="Correct what is known about a product")
async def amend_product(
    product_id: str, amendments: Amendments, caller: CallerPart, library: LibraryPart
) -> ProductView:
    """Only an admin may. It stays when the files are added again, and goes with the product. The title is found by its
    new words at once; with another language its text is indexed anew, as soon as nothing is being added."""
    await library.product(product_id)
    if not caller.is_admin:
        raise ForbiddenError("Only an admin may edit titles.", hint="Ask an admin of this library.")
    collection = (amendments.collection or "") if "collection" in amendments.model_fields_set else None
    return ProductView.of(await library.amend(product_id, amendments.changes(), collection=collection))


def _is_date(text: str) -> bool:
    match = _DATE.fullmatch(text)
    if not match:
        return False
    try:
        datetime.date(int(match[1]), int(match[2] or 1), int(match[3] or 1))
    except ValueError:
        return False
    return True
