"""Runs with a scripted model: what everything but the model costs, and how many runs go at once.

1. A quick run over 10,000 passages with a model of no latency, beside its own search of 2 questions x 2 titles, and
   the time to its first event; and a run without a model.
2. 100 runs at once, in two processes for two cores, against a scripted server that gives each 20 tokens a second,
   beside a lone run; over the wire of Anthropic and that of OpenAI, whose SDK takes more than twice as long a token.
"""

import asyncio
import random
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from wellread.engine import Wellread
from wellread.settings import Settings
from wellread.wire.runs import AskOptions

TESTS = Path(__file__).parents[1] / "tests"
TITLES = 20
PASSAGES_A_TITLE = 500
RUNS = 15
AT_ONCE = 100
QUESTION = "How is the queue of a release drained, and who decides on the risk of a deploy?"
ASKED = ("How is the queue of a release drained?", "Who decides on the risk of a deploy?")
_WORDS = (
    "the team of a and release design to review in code that plan is decision for with engineer not test on as "
    "estimate delegation meeting incident feedback service deploy queue latency budget owner risk scope branch"
).split()


def write_titles(folder: Path) -> list[Path]:
    """Markdown books of random words, about 500 passages each."""
    dice = random.Random(1)
    folder.mkdir()
    paths = []
    for number in range(TITLES):
        chapters = [
            f"## Part {part}\n\n" + " ".join(dice.choices(_WORDS, k=150)) + "."
            for part in range(PASSAGES_A_TITLE)
        ]
        path = folder / f"book-{number}.md"
        path.write_text(
            f"---\ntitle: Book {number}\nauthor: Nobody\n---\n\n# One\n\n" + "\n\n".join(chapters)
        )
        paths.append(path)
    return paths


def script(ids: list[str], tokens_per_second: int) -> str:
    """A planner that searches and drafts, and a writer of a hundred words, for any number of runs."""
    questions = ", ".join(f'"{question}"' for question in ASKED)
    products = ", ".join(f'"{product_id}"' for product_id in ids)
    answer = " ".join(
        f"Step {n} drains queue {n} before the release is built, and its owner decides on risk {n} [{n % 2}]."
        for n in range(18)
    )
    return f"""
tokens_per_second = {tokens_per_second}
[[reply]]
role = "choice"
times = 0
when = "Choose step 1 "
thinking = "Two things are asked, and I search both of them in both titles."
action = "search_inside_books"
parameters = {{ askBookQuestions = [{questions}], productIds = [{products}] }}
[[reply]]
role = "choice"
times = 0
thinking = "I have what I need in knowledge 0 and 1."
action = "create_answer_draft"
[reply.parameters]
is_role_play_request = false
is_controversial_sensitive_topic = false
is_greeting_or_simple_calculation = false
is_who_are_you = false
relevant_knowledge_indices = [0, 1]
[[reply]]
role = "text"
times = 0
text = "{answer}"
"""


async def run(library: Wellread, model: str, ids: list[str]) -> tuple[float, float]:
    """Seconds to the first event and to the last of a run."""
    began = time.perf_counter()
    first = 0.0
    async for _ in library.ask(QUESTION, AskOptions(product_ids=ids, model=model)):
        first = first or time.perf_counter() - began
    return first, time.perf_counter() - began


@contextmanager
def served(file: Path):
    """The address of a scripted server in a process of its own."""
    command = [sys.executable, "-m", "support.script_server", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=TESTS) as process:
        try:
            lines = [process.stdout.readline() for _ in range(2)]
            yield lines[1].strip().partition("=")[2]
        finally:
            process.terminate()


async def overhead(home: Path, ids: list[str], folder: Path) -> None:
    file = folder / "fast.toml"
    file.write_text(script(ids, 0), encoding="utf-8")
    model = f"scripted/{file}"
    async with Wellread(settings=Settings(home=home)) as library:
        await run(library, model, ids)  # opens the index, the embedder and the model
        searches, firsts, runs, plain = [], [], [], []
        for _ in range(RUNS):
            began = time.perf_counter()
            await library.search(ASKED, product_ids=ids)
            searches.append(time.perf_counter() - began)
            began = time.process_time()
            await library.search((*ASKED, QUESTION), product_ids=ids)
            searched = time.process_time() - began
            began = time.process_time()
            await run(library, "extractive", ids)
            plain.append((time.process_time() - began) / searched)
            first, whole = await run(library, model, ids)
            firsts.append(first)
            runs.append(whole)
    ratio = median(runs) / median(searches)
    print(f"a quick run of two steps: {1000 * median(runs):.0f} ms")
    print(f"its search of {len(ASKED)} questions x {len(ids)} titles: {1000 * median(searches):.0f} ms")
    print(f"ratio: {ratio:.2f} (at most 3)")
    print(f"a run without a model, processor time beside its search's: {median(plain):.2f} (at most 2)")
    print(f"first event: {1000 * median(firsts):.1f} ms (at most 20)")


async def some(home: Path, address: str, model: str, ids: list[str], runs: int) -> list[float]:
    """The seconds of so many runs at once, in this process."""
    settings = Settings(home=home, openai_base_url=address, anthropic_base_url=address.removesuffix("/v1"))
    async with Wellread(settings=settings) as library:
        await run(library, model, ids)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        return [whole for _, whole in await asyncio.gather(*(run(library, model, ids) for _ in range(runs)))]


def in_processes(home: Path, address: str, model: str, ids: list[str], shares: list[int]) -> list[float]:
    """The seconds of runs at once, so many in each of several processes that begin together."""
    command = [sys.executable, __file__, "--some", str(home), address, model, ",".join(ids)]
    pipe = subprocess.PIPE
    processes = [subprocess.Popen([*command, str(n)], stdin=pipe, stdout=pipe, text=True) for n in shares]
    for process in processes:
        process.stdout.readline()
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    return [float(line) for process in processes for line in process.communicate()[0].split()]


def at_once(home: Path, ids: list[str], folder: Path) -> None:
    file = folder / "slow.toml"
    file.write_text(script(ids, 20), encoding="utf-8")
    with served(file) as address:
        for model in ("anthropic/claude-sonnet-5-5", "openai/gpt-4.1"):
            [lone] = in_processes(home, address, model, ids, [1])
            slowest = max(in_processes(home, address, model, ids, [AT_ONCE // 2] * 2))
            print(f"{model}: a lone run {lone:.1f} s, the slowest of {AT_ONCE} at once {slowest:.1f} s")
            print(f"ratio: {slowest / lone:.2f} (at most 1.3)")


async def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        home = folder / "home"
        async with Wellread(settings=Settings(home=home)) as library:
            async for _ in library.add(write_titles(folder / "books"), vectors=False):
                pass
            ids = [product.product_id for product in await library.products()][:2]
        await overhead(home, ids, folder)
        await asyncio.to_thread(at_once, home, ids, folder)


if __name__ == "__main__":
    if "--some" in sys.argv:
        place, address, model, products, runs = sys.argv[2:]
        for seconds in asyncio.run(some(Path(place), address, model, products.split(","), int(runs))):
            print(seconds)
    else:
        asyncio.run(main())
