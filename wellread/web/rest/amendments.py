"""`PATCH /api/v1/library/{product_id}`: a person corrects what is known about a product."""

from fastapi import APIRouter

from wellread.web.http.callers import check_admin
from wellread.web.http.dependencies import CallerPart, LibraryPart
from wellread.wire.library import Amendments, ProductView

router = APIRouter(prefix="/api/v1", tags=["library"])


@router.patch("/library/{product_id}", summary="Correct what is known about a product")
async def amend_product(
    product_id: str, amendments: Amendments, caller: CallerPart, library: LibraryPart
) -> ProductView:
    """Only an admin may. It stays when the files are added again, and goes with the product. The title is found by its
    new words at once; with another language its text is indexed anew, as soon as nothing is being added."""
    await library.product(product_id)
    check_admin(caller, "edit titles")
    collection = (amendments.collection or "") if "collection" in amendments.model_fields_set else None
    return ProductView.of_product(
        await library.amend(product_id, amendments.changes(), collection=collection)
    )
