"""A folder with a classifier of natural-language inference that decides by words: a few kilobytes of ONNX, made here.

It entails what has no word that the premise lacks, contradicts where the premise alone says "not", and says neither
else. So premise and hypothesis, the labels, the padding and the segments all have to arrive as they should.

The file is written in the wire format of protobuf, by the field numbers of
https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing

LABELS = ("entailment", "neutral", "contradiction")
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
WORDS = """
    not teams leaders managers trust fear gain lose plan work weeks days nine three ninety in of the a and or is are
    good bad confidence people meetings help
""".split()
FLOAT, INT32, INT64 = 1, 6, 7
_VARINT, _BYTES = 0, 2


def classifier(
    folder: Path,
    *,
    labels: Sequence[str] = LABELS,
    named: dict[str, str] | None = None,
    file: str = "model.onnx",
    inputs: Sequence[str] = ("input_ids", "attention_mask", "token_type_ids"),
    integers: int = INT64,
    nonsense: bool = False,
    positions: int = 512,
) -> Path:
    """Writes the model; `labels` in the order of its outputs, `named` in their place in config.json. With `nonsense` it
    gives no numbers."""
    vocabulary = {word: number for number, word in enumerate((*SPECIAL, *WORDS))}
    (folder / file).parent.mkdir(parents=True, exist_ok=True)
    (folder / file).write_bytes(_model(vocabulary, labels, inputs, integers, nonsense))
    named = {str(n): label for n, label in enumerate(labels)} if named is None else named
    (folder / "config.json").write_text(
        json.dumps({"id2label": named, "max_position_embeddings": positions, "pad_token_id": 0})
    )
    _tokenizer(vocabulary).save(str(folder / "tokenizer.json"))
    return folder


def _tokenizer(vocabulary: dict[str, int]) -> Tokenizer:
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = Lowercase()
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(name, vocabulary[name]) for name in ("[CLS]", "[SEP]")],
    )
    return tokenizer


def _model(
    vocabulary: dict[str, int], labels: Sequence[str], inputs: Sequence[str], integers: int, nonsense: bool
) -> bytes:
    size = len(vocabulary)
    one_hot = np.eye(size)
    one_hot[[vocabulary[name] for name in ("[PAD]", "[CLS]", "[SEP]")]] = 0
    separator = np.zeros(size)
    separator[vocabulary["[SEP]"]] = 1
    said = [label.lower() for label in labels]
    missing, denied, bias = (
        np.zeros((size, len(labels))),
        np.zeros((size, len(labels))),
        np.zeros(len(labels)),
    )
    for column, label in enumerate(said):
        if label in ("entailment", "supports"):
            missing[:, column], denied[vocabulary["not"], column], bias[column] = -8, -8, 4
        elif label in ("contradiction", "refutes"):
            missing[:, column], denied[vocabulary["not"], column], bias[column] = -8, 8, -4
    if nonsense:
        bias[:] = np.nan
    constants = [
        _tensor("one_hot", one_hot),
        _tensor("separator", separator),
        _tensor("missing", missing),
        _tensor("denied", denied),
        _tensor("bias", bias),
        _tensor("one", np.array(1.0)),
        _tensor("last", np.array([2], dtype=np.int64)),
        _tensor("second", np.array(1, dtype=np.int64)),
    ]
    nodes = [
        _node("Cast", ["attention_mask"], "mask", to=FLOAT),
        *(
            [_node("Cast", ["token_type_ids"], "segment", to=FLOAT)]
            if "token_type_ids" in inputs
            else [  # what follows the first separator is the second segment
                _node("Gather", ["separator", "input_ids"], "ends"),
                _node("CumSum", ["ends", "second"], "ended", exclusive=1),
                _node("Min", ["ended", "one"], "segment"),
            ]
        ),
        _node("Mul", ["mask", "segment"], "of_hypothesis"),
        _node("Sub", ["mask", "of_hypothesis"], "of_premise"),
        _node("Gather", ["one_hot", "input_ids"], "words"),
        *_words_of("premise"),
        *_words_of("hypothesis"),
        _node("Sub", ["hypothesis", "premise"], "added"),
        _node("Relu", ["added"], "only_hypothesis"),
        _node("Sub", ["premise", "hypothesis"], "left"),
        _node("Relu", ["left"], "only_premise"),
        _node("MatMul", ["only_hypothesis", "missing"], "by_missing"),
        _node("MatMul", ["only_premise", "denied"], "by_denied"),
        _node("Add", ["by_missing", "by_denied"], "unbiased"),
        _node("Add", ["unbiased", "bias"], "logits"),
    ]
    graph = _fields(
        *((1, node) for node in nodes),
        (2, b"words"),
        *((5, constant) for constant in constants),
        *((11, _value(name, integers, ("batch", "sequence"))) for name in inputs),
        (12, _value("logits", FLOAT, ("batch", len(labels)))),
    )
    return _fields(
        (1, 8), (7, graph), (8, _fields((2, 13)))
    )  # version of the format; operators of version 13


def _words_of(part: str) -> list[bytes]:
    """Nodes that give, for each word of the vocabulary, whether a part of the pair has it."""
    return [
        _node("Unsqueeze", [f"of_{part}", "last"], f"{part}_column"),
        _node("Mul", ["words", f"{part}_column"], f"{part}_words"),
        _node("ReduceMax", [f"{part}_words"], part, axes=[1], keepdims=0),
    ]


def _node(operator: str, inputs: Sequence[str], output: str, **attributes: int | list[int]) -> bytes:
    return _fields(
        *((1, name.encode()) for name in inputs),
        (2, output.encode()),
        (4, operator.encode()),
        *((5, _attribute(name, value)) for name, value in attributes.items()),
    )


def _attribute(name: str, value: int | list[int]) -> bytes:
    if isinstance(value, int):
        return _fields((1, name.encode()), (3, value), (20, 2))
    return _fields((1, name.encode()), *((8, number) for number in value), (20, 7))


def _tensor(name: str, values: np.ndarray) -> bytes:
    kind = INT64 if values.dtype == np.int64 else FLOAT
    raw = values.tobytes() if kind == INT64 else values.astype(np.float32).tobytes()
    return _fields(*((1, length) for length in values.shape), (2, kind), (8, name.encode()), (9, raw))


def _value(name: str, kind: int, shape: Iterable[str | int]) -> bytes:
    lengths = [_fields((1, one) if isinstance(one, int) else (2, one.encode())) for one in shape]
    tensor = _fields((1, kind), (2, _fields(*((1, length) for length in lengths))))
    return _fields((1, name.encode()), (2, _fields((1, tensor))))


def _fields(*fields: tuple[int, int | bytes]) -> bytes:
    """A message of protobuf: numbers as varints, texts and messages with their length before them."""
    message = b""
    for number, value in fields:
        if isinstance(value, int):
            message += _varint(number << 3 | _VARINT) + _varint(value)
        else:
            message += _varint(number << 3 | _BYTES) + _varint(len(value)) + value
    return message


def _varint(value: int) -> bytes:
    encoded = b""
    while value > 127:
        encoded += bytes([value & 127 | 128])
        value >>= 7
    return encoded + bytes([value])
