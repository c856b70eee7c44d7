"""Pages and runs while so many callers ask at once: `bench_callers.py HOME [--callers 1 10 100] [--apart]`.

Starts `wellread serve` over a copy of the library in HOME (`--apart`: web and worker as processes of their own) and
answers without a model, so that every run computes from its beginning to its end. For each number of callers it prints
how long the runs took, how many ended in a second, the processor time of the server a run, and how long pages took
meanwhile, beside the same pages alone: the ratio of the two p95 is the figure to look at (at most 3 at 100 callers).
`--adding` imports a folder beside the last number of callers.
"""

import argparse
import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import httpx2

QUESTIONS = (
    "How does a package manager resolve the dependencies of a package?",
    "What is a linear transformation of a vector space?",
    "Why did the captain hunt the white whale?",
    "How do you deploy a web application with containers?",
    "Who decides what goes into the index of a book?",
    "How are security updates installed on a server?",
)
PAGES = ("/", "/library", "/conversations")
_TICK = os.sysconf("SC_CLK_TCK")


class Servers:
    """The processes of one server, as /proc knows them, with those that they started."""

    def __init__(self, processes: list[subprocess.Popen[str]]) -> None:
        self.processes = processes
        self.address = processes[0].stdout.readline().split()[3]

    def processor_seconds(self) -> float:
        """User and system time of all of them so far, that of children which have ended included."""
        total = 0
        for process in self.processes:
            fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
            total += sum(map(int, fields[11:15]))
        return total / _TICK


@contextmanager
def serving(home: Path, *, apart: bool) -> Iterator[Servers]:
    environment = {
        **os.environ,
        "WELLREAD_HOME": str(home),
        "WELLREAD_MODEL": "extractive",
        "WELLREAD_SERVER_RUNS_PER_CALLER": "1000",
    }
    command = [sys.executable, "-m", "wellread", "serve"]
    commands = [[*command, "--port", "0"]]
    if apart:
        commands = [[*command, "--role", "web", "--port", "0"], [*command, "--role", "worker"]]
    processes = [
        subprocess.Popen(c, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for c in commands
    ]
    try:
        servers = Servers(processes)
        with httpx2.Client(timeout=60) as http:
            while http.get(f"{servers.address}/ready").status_code != 200:
                time.sleep(0.1)
        yield servers
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            process.wait(60)


async def run(http: httpx2.AsyncClient, number: int) -> tuple[float, bool]:
    """The seconds of a run from the request to its last event, and whether it was completed."""
    began = time.perf_counter()
    begun = await http.post("/api/v1/runs", json={"question": QUESTIONS[number % len(QUESTIONS)]})
    events = await http.get(begun.headers["location"] + "/events")
    return time.perf_counter() - began, "run.completed" in events.text


async def page_times(http: httpx2.AsyncClient, number: int) -> list[float]:
    times = []
    for visit in range(number):
        began = time.perf_counter()
        response = await http.get(PAGES[visit % len(PAGES)], headers={"accept": "text/html"})
        response.raise_for_status()
        times.append(time.perf_counter() - began)
        await asyncio.sleep(0.1)
    return times


def p95(times: list[float]) -> float:
    return sorted(times)[min(len(times) - 1, int(0.95 * len(times)))]


async def measure(servers: Servers, callers: list[int], adding: Path | None) -> None:
    limits = httpx2.Limits(max_connections=None)
    async with httpx2.AsyncClient(base_url=servers.address, timeout=900, limits=limits) as http:
        for number in range(len(QUESTIONS)):  # what only a first run or page needs
            await run(http, number)
        await page_times(http, len(PAGES))
        alone = p95(await page_times(http, 60))
        print(f"pages alone: p95 {1000 * alone:.0f} ms")
        for number in callers:
            beside = adding if number == callers[-1] else None
            if beside:
                begun = await http.post("/api/v1/library/folder", json={"path": str(beside)})
                begun.raise_for_status()
            began, spent = time.perf_counter(), servers.processor_seconds()
            runs = asyncio.gather(*(run(http, n) for n in range(number)))
            pages: list[float] = []
            while not runs.done():
                pages += await page_times(http, len(PAGES))
            took = [seconds for seconds, _ in await runs]
            wall, spent = time.perf_counter() - began, servers.processor_seconds() - spent
            lost = sum(not completed for _, completed in await runs)
            print(
                f"{number} callers{' and an import' if beside else ''}: runs p50 {median(took):.2f} s,"
                f" p95 {p95(took):.2f} s, {number / wall:.2f} a second, {1000 * spent / number:.0f} ms of processor"
                f" each, {lost} not completed; {len(pages)} pages p50 {1000 * median(pages):.0f} ms,"
                f" p95 {1000 * p95(pages):.0f} ms: {p95(pages) / alone:.1f} x alone",
                flush=True,
            )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("home", type=Path)
    arguments.add_argument("--callers", type=int, nargs="+", default=[1, 10, 100])
    arguments.add_argument("--apart", action="store_true")
    arguments.add_argument("--adding", type=Path)
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        shutil.copytree(chosen.home, home)
        print("load of the machine:", *(f"{load:.1f}" for load in os.getloadavg()))
        with serving(home, apart=chosen.apart) as servers:
            asyncio.run(measure(servers, chosen.callers, chosen.adding))


if __name__ == "__main__":
    main()
