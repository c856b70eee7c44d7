"""The embedder's speed, as a share of what fastembed gives when called bare on the same passages.

    python benchmarks/bench_embedding.py [--passages 256]

Bare means: passages sorted by length beforehand, in batches of 8, the size that was found fastest
(`--sweep` tries others), the same model, word piece limit and threads. The two take turns, and the
fastest of each counts.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from fastembed.text.pooled_normalized_embedding import PooledNormalizedEmbedding

from wellread.index.embedding import MiniLmEmbedder

_ROUNDS = 4


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--passages", type=int, default=256)
    arguments.add_argument("--sweep", action="store_true")
    chosen = arguments.parse_args()
    random = np.random.default_rng(3)
    words = (
        "leadership means that people know why the work matters and what is expected of them " * 20
    ).split()
    texts = [
        " ".join(random.choice(words, size).tolist()) for size in random.integers(80, 220, chosen.passages)
    ]
    with tempfile.TemporaryDirectory() as scratch:
        ours = MiniLmEmbedder(Path(scratch))
        ours.embed_passages(texts[:8])
        [folder] = Path(scratch).iterdir()
        bare = PooledNormalizedEmbedding(
            "sentence-transformers/all-MiniLM-L6-v2",
            specific_model_path=str(folder),
            cache_dir=scratch,
            threads=os.cpu_count(),
        )
        assert bare.tokenizer
        bare.tokenizer.enable_truncation(max_length=256)
        ordered = sorted(texts, key=len)
        list(bare.embed(ordered[:8]))
        sizes = (4, 8, 16, 32) if chosen.sweep else (8,)
        calls: dict[str, Callable[[], object]] = {"wellread": lambda: ours.embed_passages(texts)}
        for size in sizes:
            calls[str(size)] = lambda size=size: list(bare.embed(ordered, batch_size=size))
        seconds: dict[str, list[float]] = {name: [] for name in calls}
        for turn in range(_ROUNDS):
            for name in list(calls)[:: 1 if turn % 2 else -1]:
                began = time.perf_counter()
                calls[name]()
                seconds[name].append(time.perf_counter() - began)
    # The fastest of each: what others do on the machine only ever adds.
    fastest = {name: min(taken) for name, taken in seconds.items()}
    best = min((size for size in seconds if size != "wellread"), key=fastest.__getitem__)
    print(
        json.dumps(
            {
                "passages": len(texts),
                "wellread_per_second": round(len(texts) / fastest["wellread"], 1),
                "bare_per_second": {
                    size: round(len(texts) / fastest[size], 1) for size in fastest if size != "wellread"
                },
                "ratio": round(fastest[best] / fastest["wellread"], 3),
            }
        )
    )


if __name__ == "__main__":
    main()
