"""Fits the weights of `wellread/agent/judging/calibration.py`: asks a local model about labelled claims, and regresses
their labels on what it says and on what words tell.

    python benchmarks/fit_judge.py MODEL.gguf SCIFACT_TRAIN.jsonl WICE_TRAIN.jsonl [--limit 80]

Claims as `wellread eval claims` takes them. A claim takes some five seconds on two cores.
"""

import argparse
import asyncio
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from wellread.agent.judging.calibration import signals
from wellread.agent.judging.model_judge import WORDS, question_on
from wellread.agent.prompts import prompt
from wellread.evals.claims import closest, judged_claim, read_claims, some_claims
from wellread.models.language_model import Prompt
from wellread.models.llama import LlamaServer

RIDGE = 5.0


async def asked(model: Path, file: Path, limit: int) -> tuple[np.ndarray, list[str]]:
    """The signals of each claim, shape (claims, 4), and its label."""
    server = await LlamaServer.start(model, context_tokens=4096, threads=0)
    rows, labels = [], []
    try:
        for claim in some_claims(read_claims(file), (), limit):
            question = judged_claim(claim, closest)
            shares, _ = await server.choose(Prompt(prompt("judge-one"), question_on(question)), WORDS)
            if shares is not None:
                rows.append(signals(shares, question))
                labels.append(claim.label)
    finally:
        await server.close()
    return np.array(rows), labels


def fitted(rows: np.ndarray, wanted: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The bias and the weights of a logistic regression with a ridge, over signals of unit spread."""
    spread = rows.std(axis=0) + 1e-6
    scaled = np.c_[np.ones(len(rows)), rows / spread]

    def loss(values: np.ndarray) -> float:
        z = scaled @ values
        fit = np.sum(weights * np.logaddexp(0, -z * (2 * wanted - 1))) / weights.sum()
        return float(fit + RIDGE * np.sum(values[1:] ** 2) / len(rows))

    values = minimize(loss, np.zeros(rows.shape[1] + 1)).x
    return np.r_[values[0], values[1:] / spread]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=Path)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--limit", type=int, default=80)
    given = parser.parse_args()
    sets = [asyncio.run(asked(given.model, file, given.limit)) for file in given.files]
    rows = np.concatenate([one for one, _ in sets])
    weights = np.concatenate([np.full(len(one), 1 / len(one)) for one, _ in sets])  # each set counts alike
    supported = np.array([label == "supported" for _, labels in sets for label in labels], float)
    print(
        "ENTAILED      bias, entailment, contradiction, coverage, conflict:",
        fitted(rows, supported, weights).round(2),
    )
    for own, labels in sets:
        against = np.array([label == "contradicted" for label in labels], float)
        if against.any():
            print("CONTRADICTED  the same:", fitted(own, against, np.ones(len(own))).round(2))


if __name__ == "__main__":
    main()
