"""The server under load, on this machine's cores.

1. A run over HTTP beside the same run in process.
2. 200 live streams of 20 tokens a second each beside 50 listeners that take nothing: how long after it was stored an
   event arrives, the server's memory, and what became of the frozen.
3. Storing an event through the journal beside a bare INSERT and commit.
4. The memory of an idle server over the demo library.
"""

import asyncio
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from statistics import median, quantiles

import httpx2
from bench_runs import QUESTION, script, write_titles

from wellread.engine import Wellread
from wellread.events import AnswerDelta, RunStarted
from wellread.settings import Settings
from wellread.store.backup.opening import open_database
from wellread.store.runs.journal import Journal
from wellread.store.runs.runs import RunStore
from wellread.wire.runs import AskOptions

STREAMS, FROZEN, SECONDS = 200, 50, 60
RUNS = 15
_AT = re.compile(rb'^data: \{"seq":\d+,"at":"([^"]+)","type":"answer\.delta"', re.MULTILINE)


@contextmanager
def serving(home: Path, **environment: str):
    """The address and the process id of a server."""
    command = [sys.executable, "-m", "wellread", "serve", "--port", "0"]
    environment = {**os.environ, "WELLREAD_HOME": str(home), **environment}
    pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
    with subprocess.Popen(command, env=environment, stdout=pipe, stderr=nothing, text=True) as process:
        try:
            address = process.stdout.readline().split()[3]
            with httpx2.Client() as http:
                while http.get(f"{address}/ready").status_code != 200:
                    time.sleep(0.05)
            yield address, process.pid
        finally:
            process.send_signal(signal.SIGTERM)


def resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


async def over_http(home: Path, ids: list[str], model: str) -> None:
    async with Wellread(settings=Settings(home=home)) as library:
        inside = []
        for _ in range(RUNS):
            began = time.perf_counter()
            async for _ in library.ask(QUESTION, AskOptions(product_ids=ids, model=model)):
                pass
            inside.append(time.perf_counter() - began)
    asked = {"question": QUESTION, "product_ids": ids, "model": model}
    with serving(home) as (address, _):
        async with httpx2.AsyncClient(base_url=address) as http:
            outside = []
            for _ in range(RUNS):
                began = time.perf_counter()
                begun = await http.post("/api/v1/runs", json=asked)
                await http.get(begun.headers["location"] + "/events")
                outside.append(time.perf_counter() - began)
    print(f"a run in process: {1000 * median(inside[1:]):.0f} ms")
    print(f"a run over HTTP: {1000 * median(outside[1:]):.0f} ms")
    print(f"ratio: {median(outside[1:]) / median(inside[1:]):.2f} (at most 1.5)")


async def listen(host: str, port: int, path: str, delays: list[float], begun: float) -> None:
    """Read a stream to its end; after `begun` (monotonic), note how long each piece of an answer was under way."""
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
    while piece := await reader.read(65536):
        now = time.time()
        if time.monotonic() > begun:
            stored = [datetime.fromisoformat(at.decode()).timestamp() for at in _AT.findall(piece)]
            delays += [now - at for at in stored]
        if b"\r\n0\r\n\r\n" in piece or piece.startswith(b"0\r\n\r\n"):
            break
    writer.close()


async def streams(address: str, pid: int, ids: list[str], model: str) -> None:
    host, port = address.removeprefix("http://").split(":")
    asked = {"question": QUESTION, "product_ids": ids, "model": model}
    async with httpx2.AsyncClient(base_url=address, timeout=60) as http:
        paths = []
        for _ in range(STREAMS):
            begun = await http.post("/api/v1/runs", json=asked)
            paths.append(begun.headers["location"] + "/events")
        delays: list[float] = []
        steady = time.monotonic() + SECONDS / 2  # by then all have begun to write
        listening = [asyncio.create_task(listen(host, int(port), p, delays, steady)) for p in paths]
        frozen = []
        for path in paths[:FROZEN]:
            listener = socket.socket()
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            listener.connect((host, int(port)))
            listener.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
            frozen.append(listener)
        memory = []
        while not all(task.done() for task in listening):
            await asyncio.sleep(2)
            memory.append(resident_mb(pid))
        await asyncio.gather(*listening)
        dropped = sum(map(gone, frozen))
    later = memory[len(memory) // 4 :]
    print(f"{STREAMS} streams beside {FROZEN} frozen listeners: {len(delays):,} events after the first half")
    print(
        f"delay of an event: median {1000 * median(delays):.0f} ms, p95 {1000 * quantiles(delays, n=20)[18]:.0f} ms"
    )
    print("(p95 at most 250 ms)")
    print(f"resident memory: {later[0]:.0f} MB after a quarter, {later[-1]:.0f} MB at the end")
    print(f"frozen listeners that were dropped: {dropped} of {FROZEN}")


def gone(listener: socket.socket) -> bool:
    """Whether the server has cut a connection, whatever is still in it."""
    listener.settimeout(1)
    try:
        while listener.recv(1 << 20):
            pass
    except TimeoutError:
        return False
    except ConnectionError:
        return True
    return True


async def journal(folder: Path) -> None:
    database = open_database(folder / "journal.db")
    runs = RunStore(database)
    start = RunStarted.model_construct(question="?", conversation_id="", run_id="")
    run_id = runs.begin(start).run_id
    keeping = Journal(runs, is_server=False)
    event = AnswerDelta(text="a few words of an answer, as they come ")

    stored = []
    for number in range(1, 2001):
        began = time.perf_counter()
        await keeping.append(run_id, [event], number)
        stored.append(time.perf_counter() - began)
    keeping.close()
    database.close()
    bare = sqlite3.connect(folder / "bare.db", isolation_level=None)
    bare.execute("PRAGMA journal_mode=WAL")
    bare.execute("PRAGMA synchronous=NORMAL")
    bare.execute("CREATE TABLE events (run_id TEXT, seq INTEGER, body TEXT, PRIMARY KEY (run_id, seq))")
    body = event.model_dump_json()
    alone = []
    for number in range(2000):
        began = time.perf_counter()
        bare.execute("BEGIN IMMEDIATE")
        bare.execute("INSERT INTO events VALUES (?, ?, ?)", (run_id, number, body))
        bare.execute("COMMIT")
        alone.append(time.perf_counter() - began)
    p95, bare95 = (quantiles(times, n=20)[18] for times in (stored, alone))
    print(
        f"storing an event: p95 {1000 * p95:.2f} ms (at most 1 ms); a bare INSERT: p95 {1000 * bare95:.2f} ms"
    )
    print(f"ratio: {p95 / bare95:.1f}")


async def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        await journal(folder)
        demo = folder / "demo"
        async with Wellread(settings=Settings(home=demo)) as library:
            async for _ in library.add([Path(str(files("wellread") / "demo"))]):
                pass
        with serving(demo, WELLREAD_MODEL="extractive") as (_, pid):
            await asyncio.sleep(2)
            print(f"an idle server over the demo library: {resident_mb(pid):.0f} MB (at most 350)")
        home = folder / "home"
        async with Wellread(settings=Settings(home=home)) as library:
            async for _ in library.add(write_titles(folder / "books"), vectors=False):
                pass
            ids = [product.product_id for product in await library.products()][:2]
        fast, slow = folder / "fast.toml", folder / "slow.toml"
        fast.write_text(script(ids, 0), encoding="utf-8")
        await over_http(home, ids, f"scripted/{fast}")
        slow.write_text(long_answer(script(ids, 20)), encoding="utf-8")
        limits = {"WELLREAD_SERVER_RUNS": str(STREAMS), "WELLREAD_SERVER_RUNS_PER_CALLER": str(STREAMS)}
        with serving(home, WELLREAD_QUICK_OUTPUT_TOKENS="100000", **limits) as (address, pid):
            await streams(address, pid, ids, f"scripted/{slow}")


def long_answer(text: str) -> str:
    """The script with an answer that takes `SECONDS`."""
    sentence = "Step {0} drains queue {0} before the release is built, and its owner decides on risk {0} [0]."
    sentences = [sentence.format(number) for number in range(SECONDS * 20 // len(sentence.split()))]
    head, _, _ = text.rpartition("text = ")
    return head + f'text = "{" ".join(sentences)}"\n'


if __name__ == "__main__":
    asyncio.run(main())
