"""Build the demo library, `wellread/demo/`, from the sources beside this file.

    python demo/build.py            build every file
    python demo/build.py --check    list the files that do not match the sources; exit status 1 if any

Building needs `demo/requirements.txt`, espeak-ng, ffmpeg and fonts (see `demo/README.md`). Checking needs
only the Markdown parser and lxml: EPUBs are made anew and compared by content; the PDF and the film are
compared by the digests of sources and files that `built.json` remembers.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path
from zipfile import BadZipFile

from press.book import Book, render_book
from press.epub import epub_members, pack, unpack
from press.source import SourceError, digest, read_book

SOURCES = Path(__file__).parent
BUILT = SOURCES.parent / "wellread" / "demo"
RECORD = BUILT / "built.json"

BOOKS = ("steady-hands", "light-touch")
PDF_BOOK = "light-touch"
TALK = "two-hats"
# The files that are compared by digest, with the folder of sources that each is made of.
RECORDED = {
    f"{PDF_BOOK}.pdf": PDF_BOOK,
    f"{TALK}.mp4": TALK,
    f"{TALK}.vtt": TALK,
    f"{TALK}.chapters.vtt": TALK,
    f"{TALK}.toml": TALK,
}


def build() -> None:
    """Make every file, and the record of what the PDF and the film were made of."""
    BUILT.mkdir(parents=True, exist_ok=True)
    for slug in BOOKS:
        book = render_book(read_book(SOURCES / slug))
        _write(f"{slug}.epub", pack(epub_members(book), book.metadata.date), _measure(book))
        if slug == PDF_BOOK:
            _build_pdf(book)
    _build_talk()
    RECORD.write_text(json.dumps(_record(), indent=2) + "\n", "utf-8")


def stale_files() -> list[str]:
    """Name the built files that are missing or do not match their sources."""
    stale = [f"{slug}.epub" for slug in BOOKS if not _is_epub_fresh(slug)]
    remembered = json.loads(RECORD.read_text("utf-8")) if RECORD.is_file() else {}
    made_of = {folder: digest(SOURCES / folder) for folder in set(RECORDED.values())}
    for name, folder in RECORDED.items():
        expected = {"source": made_of[folder], "file": _file_digest(name)}
        if not (BUILT / name).is_file() or remembered.get(name) != expected:
            stale.append(name)
    return stale


def _build_pdf(book: Book) -> None:
    from press.pdf import build_pdf  # noqa: PLC0415 - checking must work without WeasyPrint

    _write(f"{PDF_BOOK}.pdf", build_pdf(book))


def _build_talk() -> None:
    from press.film import sidecar, write_film  # noqa: PLC0415 - checking must work without Pillow
    from press.recording import record, webvtt, webvtt_chapters  # noqa: PLC0415
    from press.talk import read_talk  # noqa: PLC0415

    talk = read_talk(SOURCES / TALK / "talk.md")
    recording = record(talk)
    _write(f"{TALK}.vtt", webvtt(recording).encode(), f"{len(recording.cues)} captions")
    _write(f"{TALK}.chapters.vtt", webvtt_chapters(recording).encode(), f"{len(recording.marks)} chapters")
    _write(f"{TALK}.toml", sidecar(talk.metadata).encode())
    write_film(talk, recording, BUILT / f"{TALK}.mp4")
    print(f"{TALK}.mp4: {(BUILT / f'{TALK}.mp4').stat().st_size:,} bytes")


def _write(name: str, content: bytes, measure: str = "") -> None:
    (BUILT / name).write_bytes(content)
    print(f"{name}: {len(content):,} bytes{', ' if measure else ''}{measure}")


def _measure(book: Book) -> str:
    return f"{sum(chapter.words for chapter in book.chapters):,} words in {len(book.chapters)} chapters"


def _record() -> dict[str, dict[str, str]]:
    return {
        name: {"source": digest(SOURCES / folder), "file": _file_digest(name)}
        for name, folder in RECORDED.items()
    }


def _file_digest(name: str) -> str:
    path = BUILT / name
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _is_epub_fresh(slug: str) -> bool:
    """Compare contents and not archives, since not every zlib packs alike."""
    try:
        members = unpack(BUILT / f"{slug}.epub")
    except (FileNotFoundError, BadZipFile):
        return False
    fresh = epub_members(render_book(read_book(SOURCES / slug)))
    return list(members.items()) == list(fresh.items())


def main() -> int:
    """Build or check; give the exit status."""
    parser = argparse.ArgumentParser(description="Build the demo library from its sources.")
    parser.add_argument("--check", action="store_true", help="list the built files that are stale")
    try:
        if not parser.parse_args().check:
            build()
            return 0
        stale = stale_files()
    except SourceError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1
    for name in stale:
        print(f"{name} does not match its sources; run python demo/build.py")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
