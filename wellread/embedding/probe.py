"""Measuring, for about a second, how this machine makes vectors fastest."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from wellread.embedding.plan import EmbeddingPlan, Machine, fastest, rate
from wellread.embedding.process import EmbeddingProcess, ProcessorEmbedder

_TEXTS = 8  # of middle length: at 14 a second they take half a second
_SECONDS = 0.6  # that they may take; of a large model there are fewer texts
_BATCH = 8


def probe(
    embedder: ProcessorEmbedder, texts: Sequence[str], machine: Machine
) -> Mapping[EmbeddingPlan, float]:
    """Passages a second of each plan that may be the best, by processor time over some of the `texts`. Blocks. Raises
    as `EmbeddingProcess.embed`."""
    middle = sorted(texts, key=len)[max(0, (len(texts) - _TEXTS) // 2) :][:_TEXTS]
    one = EmbeddingPlan()
    rates = _measured(embedder, [one, EmbeddingPlan(batch=_BATCH)], middle, machine)
    batch = fastest(rates).batch
    most = machine.most_workers(embedder.memory_mb)
    others = [EmbeddingPlan(number, batch=batch) for number in sorted({most // 2, most}) if number > 1]
    if machine.cores > 1:
        others.append(EmbeddingPlan(threads=machine.cores, batch=batch))
    for plan in others:
        rates |= _measured(embedder, [plan], middle, machine)
    return rates


def _measured(
    embedder: ProcessorEmbedder, plans: Sequence[EmbeddingPlan], texts: Sequence[str], machine: Machine
) -> dict[EmbeddingPlan, float]:
    """Of plans with the same processes, each of which embeds the texts at the same time as the others do."""
    recipe = embedder.recipe(threads=plans[0].threads)
    processes = [EmbeddingProcess(recipe) for _ in range(plans[0].workers)]
    try:
        with ThreadPoolExecutor(len(processes)) as threads:
            begun = list(threads.map(lambda process: process.measured(texts[:1]), processes))
            texts = texts[: max(2, int(_SECONDS / max(begun[0].seconds, 1e-6)))]
            found = {}
            for plan in plans:
                for process in processes:
                    process.batch = plan.batch
                made = list(threads.map(lambda process: process.measured(texts), processes))
                seconds = sum(one.seconds for one in made)
                found[plan] = rate(plan, len(texts) * len(made), seconds, machine.cores)
            return found
    finally:
        for process in processes:
            process.close()
