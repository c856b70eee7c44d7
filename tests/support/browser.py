"""A browser for tests: Debian's chromium, driven by Playwright, and watched for what no page of ours may do.

    def test_the_page_asks(served, visit):            # the server first, so that it outlives the pages
        page = visit(f"{served}/", width=390)
        page.get_by_role("textbox").fill("What is delegation?")
        expect(page.get_by_role("button", name="Ask")).to_be_enabled()
        assert_accessible(page)

`visit`, a fixture of conftest.py, opens each address in a context of its own: no cookies, nothing cached. A test fails
when one of its pages asks another origin for anything, breaks the Content-Security-Policy, opens a dialog, or says an
error on the console (a script's, or a response of 4xx) that is not `allowed`.

Playwright keeps an event loop running in the thread that it is started in, which would be in the way of `asyncio.run`
in the tests beside. So it has a thread of its own, and what tests hold are `Remote`s of its objects: use them as what
they stand for, with this module's `expect`. Functions that are handed to them (`page.on`) run in the browser's thread.
"""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

CHROMIUM = os.environ.get("WELLREAD_TEST_CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
MILLISECONDS = 60_000  # that a page may take for what is waited for: the machine may have much else to do
_LOCAL = ("data:", "blob:", "about:")
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_TELL_VIOLATIONS = """addEventListener("securitypolicyviolation", (event) =>
  console.error(`Content-Security-Policy: ${event.violatedDirective} forbids ${event.blockedURI} ${event.sample}`))"""
_IS_DARK = "matchMedia('(prefers-color-scheme: dark)').matches"
_COLOURS = ["color-contrast", "link-in-text-block"]
_CHECK = """async ([kind, values]) => {
  const rules = kind === "tag" ? { "target-size": { enabled: true } } : {};
  // What stands half under the question box, wherever the page is scrolled to, is scrolled out of there by a reader.
  for (const box of document.querySelectorAll(".follow-up")) box.style.position = "static";
  const found = await axe.run(document, { runOnly: { type: kind, values }, rules, resultTypes: ["violations"] });
  for (const box of document.querySelectorAll(".follow-up")) box.style.position = "";
  return found.violations.flatMap((rule) => rule.nodes.map((node) =>
    `${rule.id} (${rule.help}): ${node.target.join(" ")}  ${node.html.slice(0, 160)}  ` +
    [...node.any, ...node.all, ...node.none].map((check) => check.message).join("; ")));
}"""
_WIDTH = """() => {
  const style = (one) => getComputedStyle(one);
  const around = (one) => (style(one).position === "absolute" ? one.offsetParent : one.parentElement);
  const scrolls = (one) => one && one !== document.body && (style(one).overflowX !== "visible" || scrolls(around(one)));
  const sticksOut = (one) => {
    const box = one.getBoundingClientRect();
    return box.width > 0 && (box.left + Math.max(box.width, one.scrollWidth) > innerWidth + 0.5 || box.left < -0.5);
  };
  const parts = [...document.querySelectorAll("body *")].filter(
    (one) => sticksOut(one) && one.checkVisibility() && style(one).overflowX === "visible" && !scrolls(around(one)));
  const inmost = parts.filter((one) => !parts.some((other) => other !== one && one.contains(other)));
  return [document.scrollingElement.scrollWidth, innerWidth,
          inmost.slice(0, 10).map((one) => one.cloneNode().outerHTML.slice(0, 200))];
}"""
_thread = ThreadPoolExecutor(1, thread_name_prefix="browser")


class Remote:
    """An object of Playwright's; what is done with it is done in the browser's thread."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return _remote(_there(getattr, self._real, name))

    def __enter__(self) -> Any:
        return _remote(_there(self._real.__enter__))

    def __exit__(self, *error: object) -> Any:
        return _there(self._real.__exit__, *error)

    def __repr__(self) -> str:
        return f"Remote({self._real!r})"


def _there(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    return _thread.submit(function, *arguments, **named).result()


def _remote(value: Any) -> Any:
    if isinstance(value, list):
        return [_remote(one) for one in value]
    if type(value).__module__.startswith("playwright."):
        return Remote(value)
    if callable(value):
        return lambda *arguments, **named: _remote(
            _there(value, *map(_local, arguments), **{name: _local(given) for name, given in named.items()})
        )
    return value


def _local(value: Any) -> Any:
    if isinstance(value, list):
        return [_local(one) for one in value]
    return value._real if isinstance(value, Remote) else value


def expect(actual: Remote, message: str | None = None) -> Any:
    """Playwright's assertions, which wait until they hold."""
    there = import_module("playwright.sync_api").expect
    there.set_options(timeout=MILLISECONDS)
    return _remote(_there(there, _local(actual), message))


@contextmanager
def launched() -> Iterator[Remote]:
    """The browser. Skips the test where there is none, unless WELLREAD_TEST_CHROMIUM says that there is."""
    if find_spec("playwright") is None:
        pytest.skip("Playwright for Python is not installed")
    if "WELLREAD_TEST_CHROMIUM" not in os.environ and not Path(CHROMIUM).exists():
        pytest.skip(f"there is no {CHROMIUM}; WELLREAD_TEST_CHROMIUM may name another")
    playwright = _remote(import_module("playwright.sync_api").sync_playwright)().start()
    try:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()
    finally:
        playwright.stop()


class Visits:
    """The pages that a test opens, and what they did that they may not."""

    def __init__(self, browser: Remote) -> None:
        self._browser = browser
        self._contexts: list[Remote] = []
        self._troubles: list[str] = []

    def __call__(
        self,
        address: str,
        *,
        width: int = 1280,
        height: int = 900,
        scheme: str = "light",
        allowed: Sequence[str] = (),
        **options: Any,
    ) -> Remote:
        """A page at `address`, in a context of its own with these `options` (`locale`, `reduced_motion`,
        `java_script_enabled`, …). `allowed`: patterns of what may be said on the console."""
        context = self._browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            **{"locale": "en-GB", **options},
        )
        context.set_default_timeout(MILLISECONDS)
        context.add_init_script(_TELL_VIOLATIONS)
        self._watch(context, urlsplit(address), allowed)
        self._contexts.append(context)
        page = context.new_page()
        page.goto(address)
        return page

    def _watch(self, context: Remote, own: Any, allowed: Sequence[str]) -> None:
        def requested(request: Any) -> None:
            place = urlsplit(request.url)
            if not request.url.startswith(_LOCAL) and (place.scheme, place.netloc) != (
                own.scheme,
                own.netloc,
            ):
                self._troubles.append(f"a request to another origin: {request.url}")

        def said(message: Any) -> None:
            text = f"{message.text} ({message.location['url']})"
            if message.type == "error" and not any(re.search(pattern, text) for pattern in allowed):
                self._troubles.append(f"on the console: {text}")

        def failed(error: Any) -> None:
            self._troubles.append(f"a script failed: {error.error}")

        def asked(dialog: Any) -> None:
            self._troubles.append(f"a dialog: {dialog.message}")
            dialog.dismiss()

        for event, told in (
            ("request", requested),
            ("console", said),
            ("weberror", failed),
            ("dialog", asked),
        ):
            context.on(event, told)

    def check(self) -> None:
        """Close the pages, and fail for what they did."""
        for context in self._contexts:
            context.close()
        assert not self._troubles, "\n".join(self._troubles)


def assert_accessible(page: Remote) -> None:
    """What axe-core finds of WCAG 2.2, A and AA, is nothing, and in the colours of the other scheme neither."""
    page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    _assert_none(page, "tag", _RULES)
    other, own = ("light", "dark") if page.evaluate(_IS_DARK) else ("dark", "light")
    page.emulate_media(color_scheme=other)
    _assert_none(page, "rule", _COLOURS)
    page.emulate_media(color_scheme=own)


def _assert_none(page: Remote, kind: str, values: Sequence[str]) -> None:
    # Of what still fades in or out, colours would be measured half way.
    page.evaluate(
        "Promise.all(document.getAnimations().map((one) => one.finished.catch(() => 0))).then(() => 0)"
    )
    found = page.evaluate(_CHECK, [kind, list(values)])
    assert not found, f"{page.url}{', dark' * page.evaluate(_IS_DARK)}\n" + "\n".join(found)


def assert_fits(page: Remote) -> None:
    """Nothing has to be scrolled sideways to be read, but what scrolls by itself (a wide table)."""
    wide, screen, parts = page.evaluate(_WIDTH)
    assert wide <= screen, f"{page.url} is {wide} px wide on a screen of {screen} px:\n" + "\n".join(parts)
