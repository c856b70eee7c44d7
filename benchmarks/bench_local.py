"""A model on this machine: how much of the prompt of a run's second step llama.cpp reads anew.

    python benchmarks/bench_local.py [MODEL.gguf]

Without a file the first one that `wellread models` finds is taken; without any there is nothing to measure. Prints the
tokens of the prompt of the second step, those that came from the cache, and the share that was read.
"""

import asyncio
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

from wellread.cli.demo import QUESTION
from wellread.engine import Wellread
from wellread.events import StepCompleted, Usage
from wellread.settings import Settings
from wellread.wire.runs import AskOptions, RunLimits


async def main() -> None:
    chosen = Settings.load()
    async with Wellread(settings=chosen) as own:
        usable = own.models.providers["local"].usable(chosen, {}) if len(sys.argv) < 2 else ()
    name = sys.argv[1] if len(sys.argv) > 1 else (usable[0] if usable else "")
    if not name:
        print("no local model is here: nothing to measure")
        return
    model = f"local/{Path(name).absolute() if Path(name).exists() else name}"
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder), embedder="none")
        async with Wellread(settings=settings) as library:
            async for _ in library.add([Path(str(files("wellread") / "demo"))]):
                pass
            limits = RunLimits(steps=3, seconds=900)
            usages = [
                event.usage
                async for event in library.ask(
                    QUESTION, AskOptions(model=model, writer_model="extractive", limits=limits)
                )
                if isinstance(event, StepCompleted)
            ]
    before, after = [*usages, Usage(), Usage()][:2]
    prompt = after.input_tokens - before.input_tokens
    cached = after.cached_tokens - before.cached_tokens
    print(f"the prompt of step 2: {prompt} tokens, {cached} of them from the cache")
    print(f"read anew: {100 * (prompt - cached) / prompt:.0f} % (at most 40)")


if __name__ == "__main__":
    asyncio.run(main())
