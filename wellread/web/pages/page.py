"""A page for whoever asks for it: in the reader's language and appearance, with what the caller may see."""

import gzip
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse

from wellread.serving.request import OWNER, Caller
from wellread.web.http.callers import CurrentCaller
from wellread.web.http.state import server_of
from wellread.web.pages.templating import render
from wellread.web.pages.translations import language_for, translations

THEME_COOKIE = "wellread_theme"
LANGUAGE_COOKIE = "wellread_language"
Theme = Literal["", "light", "dark"]  # "": as the reader's system has it
_THEMES: tuple[Theme, ...] = ("light", "dark")
_PACKED_FROM = 2000  # bytes


@dataclass(frozen=True, slots=True)
class Page:
    """What every template may use beside what it is given: see `templates/base.html`."""

    request: Request
    caller: Caller | None  # None where nobody needs to log in: a shared conversation, the login itself
    language: str
    theme: Theme

    @property
    def quotes_only(self) -> bool:
        """Whether there is no language model."""
        return server_of(self.request).library.models.quotes_only

    def say(self, message: str) -> str:
        """A message of the program's in the reader's language, as `_` in templates."""
        return translations(self.language).ugettext(message)

    def html(self, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        """A whole page, or a part of one. Nobody else may keep it."""
        body = self.part(template, **values).encode("utf-8", "replace")
        headers = {
            "Cache-Control": "private, no-cache",
            "Vary": "Cookie, Accept, Accept-Encoding, Accept-Language",
        }
        if len(body) > _PACKED_FROM and "gzip" in self.request.headers.get("accept-encoding", ""):
            body = gzip.compress(body, 5)
            headers["Content-Encoding"] = "gzip"
        return HTMLResponse(body, status, headers=headers)

    def part(self, template: str, **values: Any) -> str:
        """The text of a template, for what is sent as part of something."""
        return render(
            template,
            self.language,
            page=self,
            path=self.request.url.path,
            caller=self.caller,
            is_open=server_of(self.request).access.is_open,
            theme=self.theme,
            **values,
        )


def page_of(request: Request, caller: Caller | None) -> Page:
    """How a page is shown to whoever sent a request."""
    theme = request.cookies.get(THEME_COOKIE, "")
    return Page(
        request,
        caller,
        language_for(request.cookies.get(LANGUAGE_COOKIE, ""), request.headers.get("accept-language", "")),
        theme if theme in _THEMES else "",
    )


def _page(request: Request, caller: CurrentCaller) -> Page:
    return page_of(request, caller)


def _open_page(request: Request) -> Page:
    return page_of(request, OWNER if server_of(request).access.is_open else None)


PagePart = Annotated[Page, Depends(_page)]
OpenPagePart = Annotated[Page, Depends(_open_page)]


def wants_page(request: Request) -> bool:
    """Whether a browser asks for something to show: programs, and curl, do not name HTML."""
    return "text/html" in request.headers.get("accept", "")
