"""A bad file ends only itself: limits of time and memory, crashes, files that vanish or change."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from support.libraries import add, book

from wellread.blocking import BlockingWellread
from wellread.errors import LimitError
from wellread.formats.document import Source
from wellread.formats.reader_process import ReadingProcess
from wellread.import_events import FileReading, FileRefused, ProductAdded
from wellread.settings import Settings

TEA = "Tea\n\nGreen tea is steeped at eighty degrees."


def test_a_file_that_takes_too_long_is_given_up_and_the_next_is_read(tmp_path):
    slow = tmp_path / "slow.md"
    slow.write_text("[" * 400_000 + "\n")
    quick = book(tmp_path, "tea.md", "On Tea", TEA)
    with ReadingProcess(seconds=8, memory_mb=4096) as process:
        process.read(Source(quick))
        with pytest.raises(LimitError, match="longer than 8 seconds") as caught:
            process.read(Source(slow))
        assert "WELLREAD_READ_SECONDS" in caught.value.hint
        assert process.read(Source(quick))[1].metadata.title == "On Tea"


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux only")
def test_a_file_that_needs_too_much_memory_is_given_up(tmp_path):
    large = tmp_path / "large.txt"
    large.write_text("a line of a very large book about nothing at all\n" * 3_000_000)
    quick = book(tmp_path, "tea.md", "On Tea", TEA)
    with ReadingProcess(seconds=60, memory_mb=600) as process:
        with pytest.raises(LimitError, match="600 MiB") as caught:
            process.read(Source(large))
        assert "WELLREAD_READ_MEMORY_MB" in caught.value.hint
        assert process.read(Source(quick))[1].metadata.title == "On Tea"


@pytest.mark.skipif(sys.platform != "linux", reason="finds the worker through /proc")
def test_a_reader_that_dies_is_replaced(tmp_path):
    quick = book(tmp_path, "tea.md", "On Tea", TEA)
    with ReadingProcess(seconds=60, memory_mb=4096) as process:
        process.read(Source(quick))
        children = Path(f"/proc/{os.getpid()}/task/{threading.get_native_id()}/children").read_text().split()
        workers = [
            pid
            for pid in children
            if b"wellread.formats.reader_process" in Path(f"/proc/{pid}/cmdline").read_bytes()
        ]
        assert workers
        for pid in workers:
            os.kill(int(pid), signal.SIGKILL)
        assert process.read(Source(quick))[1].metadata.title == "On Tea"


def test_a_file_that_vanishes_is_named_and_the_rest_is_added(library, tmp_path):
    folder = tmp_path / "books"
    book(folder, "a.md", "First", TEA)
    gone = book(folder, "b.md", "Second", TEA + " Again.")
    book(folder, "c.md", "Third", TEA + " And again.")
    results = []
    for event in library.add([folder]):
        if isinstance(event, FileReading) and event.number == 1:
            gone.unlink()
        if isinstance(event, ProductAdded | FileRefused):
            results.append(event)
    assert [type(result) for result in results] == [ProductAdded, FileRefused, ProductAdded]
    assert "b.md cannot be opened" in results[1].message


@pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="needs the right to mount a small disk"
)
def test_a_full_disk_says_so_and_loses_nothing(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this system does not let us mount a small disk")
    try:
        settings = Settings(home=disk / "home", embedder="none")
        large = tmp_path / "large.md"
        large.write_text(
            "---\ntitle: Large\n---\n\n" + f"# Chapter\n\n{'Many words of a large book. ' * 300}\n\n" * 360
        )
        with BlockingWellread(settings=settings) as library:
            [first] = add(library, book(tmp_path, "tea.md", "On Tea", TEA))
            [second] = add(library, large)
            assert isinstance(second, FileRefused)
            assert "space" in second.hint.lower()
        with BlockingWellread(settings=settings) as library:
            assert [product.title for product in library.products()] == ["On Tea"]
            [cell] = library.search(["green tea steeped degrees"], product_ids=[first.product_id])
            assert cell.found
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_script_without_a_main_guard_can_add(home, tmp_path):
    path = book(tmp_path, "tea.md", "On Tea", TEA)
    script = tmp_path / "script.py"
    script.write_text(
        "from wellread.blocking import BlockingWellread\n"
        f"with BlockingWellread({str(home)!r}) as library:\n"
        f"    print([type(event).__name__ for event in library.add([{str(path)!r}], vectors=False)])\n"
    )
    result = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert result.stdout == "['FileReading', 'ProductAdded']\n"


def test_text_cannot_command_the_terminal(library, tmp_path):
    page = tmp_path / "evil.html"
    page.write_text(
        "<html><head><title>Evil &#27;[31mRed</title></head><body><h1>Tea &#27;[2J</h1>"
        "<p>Green tea is steeped at eighty &#27;[31mdegrees \u202eand that for two minutes.</p></body></html>"
    )
    [added] = add(library, page)
    [cell] = library.search(["green tea steeped degrees"], product_ids=[added.product_id])
    shown = added.title + "".join(f.section + f.text for f in cell.found)
    assert "eighty" in shown
    assert not {"\x1b", "\u202e"} & set(shown)
