"""Lists of a large catalogue, and readers of long titles, in processor time.

`bench_titles.py HOME`, over a copy of the library in HOME, or `bench_titles.py --titles 60000` over made-up titles: the
library's page, typed letters, what they can be narrowed by, lists narrowed by a facet (at most 60 ms each at 60,000
titles, words of one letter left aside), and `wellread ls` to its first lines and to its end. Then a talk of so many
`--chapters` and the contents of a book of so many `--sections`: the time and size of their pages. The time of a page is
that of the server's code, without a network.
"""

import argparse
import asyncio
import hashlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
from os import environ, wait4
from pathlib import Path
from statistics import median

import httpx2
import sqlalchemy as sa

from wellread.content import Metadata, Section, SectionRole
from wellread.engine import Wellread
from wellread.settings import Settings
from wellread.store.backup.opening import open_database
from wellread.store.catalog.catalog import Catalog, Edition
from wellread.store.catalog.source_files import StoredFile
from wellread.web.app import create_app
from wellread.web.http.access import access_for

WORDS = "python data the design of network security learning java script guide practical systems cloud team web".split()
TYPED = ("p", "py", "pyt", "python", "the", "data", "java script", "pythn", "the data of the", "zzz")
_TIMES = 5


def make_titles(home: Path, number: int) -> None:
    """So many titles of made-up words, each of one sentence, saved as files that were read would be."""
    chosen = random.Random(1)
    database = open_database(home / "wellread.db")
    catalog = Catalog(database)
    for n in range(number):
        words = [chosen.choice(WORDS), *(f"{chosen.choice(WORDS)}{chosen.randrange(2000)}" for _ in range(3))]
        mark = hashlib.sha256(str(n).encode()).hexdigest()
        metadata = Metadata(
            title=" ".join(words).capitalize(),
            authors=(f"Author {chosen.randrange(1200)}",),
            topics=(f"topic {chosen.randrange(300)}", f"topic {chosen.randrange(20)}"),
        )
        section = Section(
            f"{mark[:8]}-0", 0, metadata.title, (metadata.title,), SectionRole.BODY, "A sentence.", ()
        )
        text = StoredFile(mark, f"{n}.md", 1)
        catalog.save(
            Edition(
                product_id=f"made-{n}",
                edition_id=mark[:8],
                fingerprint=mark,
                path=f"/made/{n}.md",
                reader="markdown 1",
                metadata=metadata,
                files={"text": text},
                sections=[section],
                collection=f"shelf {n % 12}",
            )
        )
    with database.begin() as connection:  # there are no passages to be indexed
        connection.execute(sa.text("UPDATE products SET indexed = edition_id, suggested = edition_id"))
    database.close()


def write_long(folder: Path, chapters: int, sections: int) -> list[Path]:
    """A talk and a book."""
    folder.mkdir()
    cues, marks = ["WEBVTT"], ["WEBVTT"]
    for chapter in range(chapters):
        for cue in range(40):
            at = (chapter * 40 + cue) * 4
            said = (
                f"Sentence {cue} of chapter {chapter} says how a queue is drained before a release is built."
            )
            cues.append(f"{_clock(at)} --> {_clock(at + 4)}\n<v {'Ann' if cue % 3 else 'Bo'}>{said}")
        marks.append(f"{_clock(chapter * 160)} --> {_clock(chapter * 160 + 160)}\nChapter {chapter}")
    (folder / "talk.vtt").write_text("\n\n".join(cues), encoding="utf-8")
    (folder / "talk.chapters.vtt").write_text("\n\n".join(marks), encoding="utf-8")
    lines = ["# A long book"]
    for section in range(sections):
        lines += [f"## Part {section // 40}", "Of a part."] if section % 40 == 0 else []
        lines += [f"### Chapter {section}", f"Text of chapter {section}, which goes on for a while."]
    (folder / "book.md").write_text("\n\n".join(lines), encoding="utf-8")
    return [folder / "talk.vtt", folder / "book.md"]


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.000"


async def page(http: httpx2.AsyncClient, name: str, path: str) -> None:
    times = []
    for _ in range(_TIMES + 1):
        began = time.process_time()
        response = await http.get(path)
        response.raise_for_status()
        times.append(time.process_time() - began)
    print(f"{name:44} {1000 * median(times[1:]):6.0f} ms {len(response.content) / 1024:8.1f} KiB", flush=True)


def listing(home: Path, *, lines: int | None) -> float:
    """The processor seconds of `wellread ls`, ended after so many lines."""
    command = [sys.executable, "-m", "wellread", "ls"]
    with subprocess.Popen(
        command,
        env={**environ, "WELLREAD_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        for number, _ in enumerate(process.stdout, 1):
            if number == lines:
                process.kill()
                break
        _, _, used = wait4(process.pid, 0)
        process.returncode = 0
    return used.ru_utime + used.ru_stime


async def measure(home: Path, files: list[Path]) -> None:
    settings = Settings(home=home, embedder="none", model="extractive")
    async with Wellread(settings=settings) as library:
        async for _ in library.add(files, vectors=False):
            pass
        total = await asyncio.to_thread(library.titles.count)
        print(f"{total:,} titles; each time is the median of {_TIMES}")
        long = {
            p.format: p for p in await library.products(limit=total) if p.title in ("Talk", "A long book")
        }
        app = create_app(library, access_for("127.0.0.1", "", library.accounts))
        transport = httpx2.ASGITransport(app)
        headers = {"accept": "text/html"}
        async with httpx2.AsyncClient(
            transport=transport, base_url="http://127.0.0.1:1", headers=headers
        ) as http:
            await page(http, "library page", "/library")
            for typed in TYPED:
                await page(http, f"typed: {typed}", f"/library?query={typed}&part=shelf")
            for typed in TYPED:
                await page(http, f"what narrows: {typed}", f"/library?query={typed}&part=facets")
            await page(http, "narrowed by a collection", "/library?collection=shelf+3")
            for product in long.values():
                sections = await library.contents(product.product_id)
                middle = sections[len(sections) // 2].section_id
                place = f"/library/{product.product_id}"
                await page(http, f"{product.title}: its page", place)
                await page(http, f"{product.title}: a section in the reader", f"{place}/sections/{middle}")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("home", type=Path, nargs="?")
    arguments.add_argument("--titles", type=int, default=2000)
    arguments.add_argument("--chapters", type=int, default=144)
    arguments.add_argument("--sections", type=int, default=2000)
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        home = folder / "home"
        if chosen.home:
            shutil.copytree(chosen.home, home)
        else:
            home.mkdir()
            make_titles(home, chosen.titles)
        asyncio.run(measure(home, write_long(folder / "long", chosen.chapters, chosen.sections)))
        print(f"`wellread ls`: {listing(home, lines=3):.1f} s of processor to its third line")
        print(f"`wellread ls`: {listing(home, lines=None):.1f} s to its end")


if __name__ == "__main__":
    main()
