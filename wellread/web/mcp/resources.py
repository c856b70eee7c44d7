"""Products, sections and places as resources: `wellread://…`."""

import asyncio
import json
import re
from collections.abc import Sequence

import mcp_types as types
from mcp.shared.exceptions import MCPError

from wellread.content import Product
from wellread.engine import Wellread
from wellread.errors import WellreadError, public_error
from wellread.wire.library import ProductView, SectionEntry

_PAGE = 100  # products of a list
_SECTION_PAGE = 200_000  # code points: what a section's text may have, and clients take at once
_AROUND = 2  # blocks shown before and after a place
_JSON, _TEXT = "application/json", "text/plain"
_URI = re.compile(
    r"wellread://(?:(?P<list>products)"
    r"|products/(?P<product>[^/?#]{1,80})(?:/sections/(?P<section>[^/?#]{1,40}))?"
    r"|anchors/(?P<anchor>[^?#]{1,200}))"
    r"(?:\?page=(?P<page>[1-9]\d{0,6}))?"
)

TEMPLATES = [
    types.ResourceTemplate(
        name="products",
        title="Titles of the library",
        uri_template="wellread://products{?page}",
        description=f"The titles in alphabetical order, {_PAGE} on a page.",
        mime_type=_JSON,
    ),
    types.ResourceTemplate(
        name="product",
        title="A title",
        uri_template="wellread://products/{product_id}",
        description="Metadata and table of contents.",
        mime_type=_JSON,
    ),
    types.ResourceTemplate(
        name="section",
        title="A section",
        uri_template="wellread://products/{product_id}/sections/{section_id}{?page}",
        description="The section's text; a very long one has pages.",
        mime_type=_TEXT,
    ),
    types.ResourceTemplate(
        name="anchor",
        title="A cited place",
        uri_template="wellread://anchors/{+anchor}",
        description="What an anchor opens: the quote, where it stands in its source, and the blocks around it.",
        mime_type=_JSON,
    ),
]


async def listed(library: Wellread, cursor: str | None) -> types.ListResourcesResult:
    """A page of the titles; the cursor is the number of those before it."""
    if cursor is not None and not re.fullmatch(r"[1-9]\d{0,8}", cursor):
        raise MCPError(types.INVALID_PARAMS, f"{cursor[:40]!r} is no cursor of this list.")
    offset = int(cursor or 0)
    products = await library.products(offset=offset, limit=_PAGE + 1)
    resources = [_resource(product) for product in products[:_PAGE]]
    if not offset:
        resources.insert(
            0,
            types.Resource(
                uri="wellread://products",
                name="products",
                title="Titles of the library",
                description=TEMPLATES[0].description,
                mime_type=_JSON,
            ),
        )
    following = str(offset + _PAGE) if len(products) > _PAGE else None
    return types.ListResourcesResult(resources=resources, next_cursor=following)


async def read(library: Wellread, uri: str) -> types.ReadResourceResult:
    """Raises MCPError for what is not there."""
    match = _URI.fullmatch(uri)
    try:
        if match is None:
            raise MCPError(
                types.INVALID_PARAMS,
                f"There is no resource {uri[:200]!r}.",
                {"uri": uri[:200], "hint": "The resource templates say how a URI looks."},
            )
        return await _read(library, uri, match)
    except WellreadError as error:
        code = types.INVALID_PARAMS if 400 <= error.status < 500 else types.INTERNAL_ERROR
        told = public_error(error)
        raise MCPError(code, told.message, {"uri": uri[:200], "hint": told.hint}) from error


async def _read(library: Wellread, uri: str, match: re.Match[str]) -> types.ReadResourceResult:
    page = int(match["page"] or 1)
    if match["anchor"]:
        place = (await library.read(match["anchor"])).view(_AROUND)
        return _json(uri, place.model_dump(mode="json"))
    if match["list"]:
        return _json(uri, await _products(library, page))
    if match["section"]:
        section = await asyncio.to_thread(library.titles.section, match["product"], match["section"])
        pages = max(1, -(-len(section.text) // _SECTION_PAGE))
        text = section.text[(page - 1) * _SECTION_PAGE : page * _SECTION_PAGE]
        meta = {"page": page, "pages": pages, "section": " › ".join(section.path)}
        told = types.TextResourceContents(uri=uri, mime_type=_TEXT, text=text, _meta=meta)
        return types.ReadResourceResult(contents=[told])
    product = await library.product(match["product"])
    contents = await library.contents(product.product_id)
    entries = [SectionEntry.of(section).model_dump(mode="json") for section in contents]
    return _json(uri, {**_product(product), "contents": entries})


async def _products(library: Wellread, page: int) -> dict[str, object]:
    offset = (page - 1) * _PAGE
    products: Sequence[Product] = await library.products(offset=offset, limit=_PAGE)
    count = await asyncio.to_thread(library.titles.count)
    return {
        "page": page,
        "pages": max(1, -(-count // _PAGE)),
        "products": [_product(product) for product in products],
    }


def _resource(product: Product) -> types.Resource:
    authors = ", ".join(product.metadata.authors)
    about = (product.kind.value, f"by {authors}" if authors else "", product.metadata.date)
    return types.Resource(
        uri=f"wellread://products/{product.product_id}",
        name=product.product_id,
        title=product.title,
        description=", ".join(filter(None, about)),
        mime_type=_JSON,
    )


def _product(product: Product) -> dict[str, object]:
    return ProductView.of_product(product).model_dump(mode="json")


def _json(uri: str, value: dict[str, object]) -> types.ReadResourceResult:
    text = json.dumps(value, ensure_ascii=False)
    return types.ReadResourceResult(
        contents=[types.TextResourceContents(uri=uri, mime_type=_JSON, text=text)]
    )
