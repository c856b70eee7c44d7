"""A page for tests, without a request behind it."""

from starlette.datastructures import Headers

from wellread.serving.request import OWNER
from wellread.web.pages.page import Page


class Request:
    """As much of a request as a page reads."""

    headers = Headers({})
    cookies: dict = {}  # noqa: RUF012

    class url:  # noqa: N801
        path = "/"

    class app:  # noqa: N801
        class state:  # noqa: N801
            class server:  # noqa: N801
                class access:  # noqa: N801
                    is_open = True


PAGE = Page(Request, OWNER, "en", "")
