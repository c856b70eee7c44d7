"""The page in Debian's chromium: what a first visit costs, and whether a long answer is shown without a stumble.

1. Requests and bytes over the wire of a first visit to the home page, from its start until it can be asked, and how far
   things move meanwhile; beside a page with nothing on it. Nothing is cached, and each visit is new.
2. The longest frame while an answer of 3,000 words streams, beside the frames of the same page at rest.

How long a citation takes to open in a book of 1,500 pages is in bench_reader.py.
"""

import json
import os
import re
import sys
import tempfile
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from statistics import median
from typing import Any

import httpx2
from bench_server import serving
from playwright.sync_api import Browser, Page, sync_playwright

from wellread.blocking import BlockingWellread
from wellread.settings import Settings

CHROMIUM = os.environ.get("WELLREAD_TEST_CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]
BREAK = "\n\n"  # between the paragraphs of an answer
VISITS = 7
SECTIONS, SECTION_WORDS, WORDS_PER_SECOND = 5, 620, 150
QUESTIONS = (
    "What is delegation?",
    "How are one-on-ones held?",
    "How are estimates made?",
    "How do teams handle incidents?",
)
# From the first moment of a page: how far things move, and what keeps the browser from drawing.
_WATCH = """
window.seen = { moved: 0, long: 0, frame: 0, frames: 0 };
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) seen.moved += entry.value;
}).observe({ type: "layout-shift", buffered: true });
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) seen.long = Math.max(seen.long, entry.duration);
}).observe({ type: "longtask", buffered: true });
"""
_FRAMES = """() => {
  let last = performance.now();
  Object.assign(seen, { long: 0, frame: 0, frames: 0 });
  const next = (now) => {
    seen.frame = Math.max(seen.frame, now - last);
    seen.frames += 1;
    last = now;
    requestAnimationFrame(next);
  };
  requestAnimationFrame((now) => { last = now; requestAnimationFrame(next); });
}"""
# The box takes what is written, and what makes it the page's own element is there.
_CAN_BE_ASKED = """() => {
  const box = document.querySelector("[data-ask] textarea");
  return box && document.querySelector("wr-ask:defined") ? performance.now() : 0;
}"""


@dataclass(frozen=True, slots=True)
class Visit:
    requests: int
    kilobytes: float  # over the wire, headers included
    painted: float  # ms from the start of the navigation
    ready: float
    moved: float  # cumulative layout shift


def visited(browser: Browser, address: str, condition: str) -> Visit:
    """A first visit; it is over when the condition gives its moment."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.add_init_script(_WATCH)
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    sizes: list[float] = []
    wire.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(address, wait_until="commit")
    ready = page.wait_for_function(condition, polling=5).json_value()
    page.wait_for_load_state("networkidle")
    painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0")
    moved = page.evaluate("seen.moved")
    context.close()
    return Visit(len(sizes), sum(sizes) / 1000, painted, ready, moved)


def first_visits(browser: Browser, address: str) -> None:
    visited(browser, f"{address}/", _CAN_BE_ASKED)  # the server has its files in memory then
    ours, blank = [], []
    for _ in range(VISITS):  # in turn, so that a slow moment of the machine meets both
        ours.append(visited(browser, f"{address}/", _CAN_BE_ASKED))
        blank.append(visited(browser, f"{address}/health", "() => performance.now()"))
    one = ours[-1]
    print(
        f"home page, first visit: {one.requests} requests, {one.kilobytes:.0f} KB over the wire (at most 100)"
    )
    print(f"a blank page: {blank[-1].requests} request, {blank[-1].kilobytes:.1f} KB")
    ready, bare = median(visit.ready for visit in ours), median(visit.ready for visit in blank)
    print(f"first paint after {median(visit.painted for visit in ours):.0f} ms")
    print(f"can be asked after {ready:.0f} ms (at most 500); a blank page is there after {bare:.0f} ms")
    print(f"ratio: {ready / bare:.1f}")
    print(f"layout shift: {max(visit.moved for visit in ours):.3f} (0)")


def script(ids: list[str]) -> str:
    """A model that plans, reviews and outlines, and writes a section of so many words under each heading."""
    sections = [{"heading": f"Part {n} of the answer", "knowledge": [n, n + 1]} for n in range(SECTIONS)]
    sentence = (
        "Point {0}.{1} says that the *owner* of risk {1} decides before release, and writes down `why` [{2}]."
    )
    texts = []
    for n in range(SECTIONS):
        sentences = [sentence.format(n, at, n + at % 2) for at in range(SECTION_WORDS // 18)]
        paragraphs = [" ".join(sentences[at : at + 4]) for at in range(0, len(sentences), 4)]
        table = f"| point {n} | risk |\n|---|---|\n" + "\n".join(
            f"| row {n}.{at} | {at} [{n}] |" for at in range(5)
        )
        paragraphs[2:2] = [table, f"```python\ndef part_{n}():\n    return {n}\n```"]
        texts.append(
            f"[[reply]]\nrole = 'text'\nwhen = 'section \"Part {n} of the answer\"'\n"
            f"text = {json.dumps(BREAK.join(['', *paragraphs]))}\n"
        )
    return f"""
tokens_per_second = {WORDS_PER_SECOND}
[[reply]]
when = "You outline the answers"
json = {json.dumps(json.dumps({"sections": sections}))}
[[reply]]
times = 0
when = "You weigh evidence"
json = '{{"summary": "It says how.", "score": 8}}'
[[reply]]
role = "choice"
thinking = "I ask both titles."
action = "search_inside_books"
parameters = {{ askBookQuestions = {json.dumps(QUESTIONS)}, productIds = {json.dumps(ids)} }}
[[reply]]
role = "choice"
thinking = "Is anything missing?"
action = "review_evidence"
parameters = {{ missing = [] }}
[[reply]]
role = "choice"
thinking = "I have what I need."
action = "create_answer_draft"
[reply.parameters]
is_role_play_request = false
is_controversial_sensitive_topic = false
is_greeting_or_simple_calculation = false
is_who_are_you = false
relevant_knowledge_indices = [0, 1, 2, 3, 4, 5]
{"".join(texts)}"""


def frames(page: Page, seconds: float) -> dict[str, Any]:
    page.evaluate(_FRAMES)
    page.wait_for_timeout(1000 * seconds)
    return page.evaluate("seen")


def long_answer(browser: Browser, address: str, ids: list[str]) -> None:
    asked = {"question": " ".join(QUESTIONS), "product_ids": ids, "mode": "deep"}
    begun = httpx2.post(f"{address}/api/v1/runs", json=asked).json()
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.add_init_script(_WATCH)
    page.goto(f"{address}/conversations/{begun['conversation_id']}")
    run = page.locator(f"[data-run='{begun['run_id']}']")
    page.wait_for_selector(f"[data-run='{begun['run_id']}'][data-state='writing']", timeout=60_000)
    page.evaluate(_FRAMES)
    page.wait_for_selector(f"[data-run='{begun['run_id']}']:not([data-live])", timeout=120_000)
    streamed = page.evaluate("({...seen})")
    words = len(re.findall(r"\S+", run.locator(".answer").inner_text()))
    rest = frames(page, 3)
    page.close()
    print(
        f"an answer of {words:,} words streamed at {WORDS_PER_SECOND} a second: {streamed['frames']:,} frames"
    )
    print(f"longest frame {streamed['frame']:.0f} ms, longest task {streamed['long']:.0f} ms (at most 50)")
    print(f"the same page at rest: longest frame {rest['frame']:.0f} ms")
    print(f"ratio: {streamed['frame'] / rest['frame']:.1f}")


def main() -> int:
    if not Path(CHROMIUM).exists():
        print(f"there is no {CHROMIUM}; WELLREAD_TEST_CHROMIUM may name another")
        return 0
    with tempfile.TemporaryDirectory() as name:
        home, file = Path(name) / "home", Path(name) / "script.toml"
        with BlockingWellread(settings=Settings(home=home, embedder="none")) as library:
            list(library.add([Path(str(files("wellread") / "demo"))]))
            ids = [product.product_id for product in library.products()]
        file.write_text(script(ids), encoding="utf-8")
        limits = {"WELLREAD_DEEP_OUTPUT_TOKENS": "100000", "WELLREAD_MODEL": f"scripted/{file}"}
        with (
            serving(home, WELLREAD_EMBEDDER="none", **limits) as (address, _),
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            first_visits(browser, address)
            long_answer(browser, address, ids)
            browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
