"""A classifier of natural-language inference in ONNX: a premise and a hypothesis in, probabilities out."""

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Encoding, Tokenizer

from wellread.errors import BadRequestError, LimitError, NotFoundError
from wellread.machine import available_bytes, usable_cores
from wellread.text.characters import harmless

Probabilities = npt.NDArray[np.float64]

MODEL_FILES = (
    "model.onnx",
    "onnx/model.onnx",
    "model_optimized.onnx",
    "onnx/model_optimized.onnx",
    "model_quantized.onnx",
    "onnx/model_quantized.onnx",
)
_ENTAILMENT = frozenset("entailment entail entails entailed supports support supported".split())
_CONTRADICTION = frozenset("contradiction contradict contradicts contradicted refutes refute refuted".split())
_UNNAMED = re.compile(r"label_\d+")
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_INTEGERS = {"tensor(int64)": np.int64, "tensor(int32)": np.int32}
_TOKENS = 512  # of premise and hypothesis together: what models of this kind were trained to read
_FEWEST_POSITIONS = 64  # fewer are no limit, but a model without positions of its own
_UNUSED_POSITIONS = 2  # RoBERTa and its kin count positions from 2
_BATCH = 8  # pairs of like length
_COPIES = (
    2  # of the weights while they are loaded: as they stand in the file, and as the processor wants them
)
_WORKING_BYTES = 128 << 20  # of one batch
_SILENT = 4  # what it would print is in the errors that it raises
_HINT = (
    "A folder with an entailment model has model.onnx, tokenizer.json and config.json, as the hub has them."
)


class PairClassifier:
    """The model of a folder: any sequence classifier whose labels are named in its config.json. Loading takes seconds.

    Raises NotFoundError for a file that is missing, BadRequestError for one that is damaged, for labels without names
    or without one for entailment, and for a model that takes or gives something else; LimitError when less memory is
    free than it needs.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        config = _json(folder / "config.json")
        self._labels = _labels(config, folder)
        self._tokens = _token_limit(config)
        self._padding = _whole_number(config, "pad_token_id") or 0
        file = _model_file(folder)
        self._tokenizer = _tokenizer(folder / "tokenizer.json")
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(self._tokens, strategy="only_first")
        _check_memory(file)
        self._session = _session(file)
        self._types = self._input_types()
        self.probabilities([("A trial.", "A trial.")])

    def fits(self, hypothesis: str) -> bool:
        """Whether a hypothesis leaves at least half of what the model reads to the premise. A longer one cannot be
        judged: the part that is cut off would not be."""
        length = len(self._tokenizer.encode(harmless(hypothesis), add_special_tokens=False))
        return length <= self._tokens // 2

    def probabilities(
        self, pairs: Sequence[tuple[str, str]], stopped: Callable[[], bool] = lambda: False
    ) -> Probabilities:
        """For each (premise, hypothesis) the probabilities that it entails and that it contradicts, as a row. A premise
        is read as far as there is room. Rows are NaN where the model gave no number, and from the moment on when
        `stopped` says so. Each hypothesis must fit."""
        found = np.full((len(pairs), 2), np.nan)
        encoded = [
            self._tokenizer.encode(harmless(premise), harmless(hypothesis)) for premise, hypothesis in pairs
        ]
        order = sorted(range(len(pairs)), key=lambda index: len(encoded[index].ids))
        for start in range(0, len(order), _BATCH):
            if stopped():
                break
            chosen = order[start : start + _BATCH]
            found[chosen] = self._batch([encoded[index] for index in chosen])
        return found

    def _batch(self, encoded: Sequence[Encoding]) -> Probabilities:
        longest = max(len(one.ids) for one in encoded)

        def padded(rows: Sequence[Sequence[int]], filler: int) -> list[list[int]]:
            return [[*row, *[filler] * (longest - len(row))] for row in rows]

        inputs = {
            "input_ids": padded([one.ids for one in encoded], self._padding),
            "attention_mask": padded([one.attention_mask for one in encoded], 0),
            "token_type_ids": padded([one.type_ids for one in encoded], 0),
        }
        fed: dict[str, npt.NDArray[np.integer[Any]]] = {
            name: np.array(inputs[name], dtype=kind) for name, kind in self._types.items()
        }
        try:
            logits = np.asarray(self._session.run(None, fed)[0], dtype=np.float64)
        except Exception as error:  # onnxruntime's have no common root
            raise self._unfit(f"fails on a pair of sentences: {error}") from error
        if logits.shape != (len(encoded), len(self._labels)):
            raise self._unfit(
                f"gives an output of the shape {list(logits.shape)} for {len(encoded)} pairs, and config.json "
                f"names {len(self._labels)} labels"
            )
        with np.errstate(invalid="ignore"):  # of a model that gives no numbers
            weights = np.exp(logits - logits.max(axis=1, keepdims=True))
            shares = weights / weights.sum(axis=1, keepdims=True)
        return np.stack(
            [
                shares[:, [label in names for label in self._labels]].sum(axis=1)
                for names in (_ENTAILMENT, _CONTRADICTION)
            ],
            axis=1,
        )

    def _input_types(self) -> dict[str, type]:
        """What is to be given to the model, by name."""
        wanted = {one.name: one.type for one in self._session.get_inputs()}
        if "input_ids" not in wanted or not set(wanted) <= set(_INPUTS):
            raise self._unfit(f"takes {', '.join(wanted) or 'nothing'}, and not {', '.join(_INPUTS)}")
        if wrong := set(wanted.values()) - set(_INTEGERS):
            raise self._unfit(f"takes {', '.join(sorted(wrong))}, and not integers")
        return {name: _INTEGERS[kind] for name, kind in wanted.items()}

    def _unfit(self, how: str) -> BadRequestError:
        return BadRequestError(
            f"The model in {self._folder} is no classifier of sentence pairs: it {how}.",
            hint="Take one that was exported for text classification (natural-language inference).",
        )


def _labels(config: dict[str, Any], folder: Path) -> list[str]:
    """The names of the model's outputs in their order, in small letters."""
    named = config.get("id2label")
    where = f"config.json in {folder}"
    if not isinstance(named, dict) or not all(str(key).isdecimal() for key in named):
        raise BadRequestError(f"{where} names no labels.", hint=_label_hint(2))
    by_index = {
        int(key): re.sub(r"[^a-z0-9]+", "_", str(name).lower()).strip("_") for key, name in named.items()
    }
    labels = [by_index.get(index, "") for index in range(len(by_index))]
    if len(labels) < 2:
        raise BadRequestError(
            f"{where} names {len(labels)} label{'s' * (len(labels) != 1)}; a judge needs two at least.",
            hint="Take a classifier of natural-language inference: entailment, neutral, contradiction.",
        )
    if all(not label or _UNNAMED.fullmatch(label) for label in labels):
        raise BadRequestError(
            f"{where} does not say what the labels mean: {', '.join(map(str, named.values()))}.",
            hint=_label_hint(len(labels)),
        )
    if _ENTAILMENT.isdisjoint(labels):
        raise BadRequestError(
            f"{where} names no label for entailment: {', '.join(map(str, named.values()))}.",
            hint=f"If it is a classifier of natural-language inference: {_label_hint(len(labels))}",
        )
    return labels


def _label_hint(count: int) -> str:
    names = ["entailment", "not_entailment"] if count == 2 else ["entailment", "neutral", "contradiction"]
    example = json.dumps({str(index): name for index, name in enumerate(names)})
    return f'Name them in `id2label`, in the order that the model\'s page tells: "id2label": {example}.'


def _token_limit(config: dict[str, Any]) -> int:
    positions = _whole_number(config, "max_position_embeddings") or 0
    return min(_TOKENS, positions - _UNUSED_POSITIONS) if positions >= _FEWEST_POSITIONS else _TOKENS


def _whole_number(config: dict[str, Any], key: str) -> int | None:
    value = config.get(key)
    return value if isinstance(value, int) else None


def _model_file(folder: Path) -> Path:
    """The usual name, else the only ONNX file there is."""
    usual = [folder / name for name in MODEL_FILES if (folder / name).is_file()]
    others = sorted(folder.glob("*.onnx")) or sorted(folder.glob("onnx/*.onnx"))
    if usual:
        return usual[0]
    if len(others) == 1:
        return others[0]
    if others:
        raise BadRequestError(
            f"{folder} has several models: {', '.join(path.name for path in others)}.",
            hint="Call the one that is meant model.onnx.",
        )
    raise NotFoundError(f"{folder} has no ONNX model.", hint=_HINT)


def _check_memory(file: Path) -> None:
    """Counts the weights that may stand in files beside the model, too: MODEL.onnx_data, MODEL.onnx.data."""
    beside = [path for path in file.parent.iterdir() if ".onnx" in path.name and path.suffix != ".onnx"]
    weights = sum(path.stat().st_size for path in (file, *beside))
    needed, free = weights * _COPIES + _WORKING_BYTES, available_bytes()
    if free is not None and free < needed:
        raise LimitError(
            f"{file} needs about {needed / 1e9:.1f} GB of memory, and {free / 1e9:.1f} GB are free.",
            hint="Take a smaller or quantised model, or close other programs.",
        )


def _session(file: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = usable_cores()  # 0: its own choice
    # Threads that wait sleep: beside other programs, spinning took a third of the speed of two cores.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.enable_cpu_mem_arena = False  # it keeps what the longest batch took
    options.log_severity_level = _SILENT
    try:
        return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's have no common root
        raise BadRequestError(f"{file} is no ONNX model, or a damaged one: {error}", hint=_HINT) from error


def _tokenizer(file: Path) -> Tokenizer:
    if not file.is_file():
        raise NotFoundError(f"{file} is missing.", hint=_HINT)
    try:
        return Tokenizer.from_file(str(file))
    except Exception as error:  # it raises no other
        raise BadRequestError(f"{file} is no tokenizer: {error}", hint=_HINT) from error


def _json(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NotFoundError(f"{file} is missing.", hint=_HINT) from error
    except (OSError, ValueError) as error:
        raise BadRequestError(f"{file} cannot be read: {error}", hint=_HINT) from error
    if not isinstance(found, dict):
        raise BadRequestError(f"{file} is no JSON object.", hint=_HINT)
    return found
