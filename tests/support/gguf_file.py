"""Files that begin as models in the GGUF format do."""

import struct
from pathlib import Path

KEYS = {
    "general.architecture": "llama",
    "llama.block_count": 10,
    "llama.embedding_length": 64,
    "llama.attention.head_count": 8,
    "llama.attention.head_count_kv": [2, 4, 2],
    "general.tags": ["small", "fake"],
    "general.quality": 0.5,
    "tokenizer.ggml.tokens": ["never read"],
}


def model(path: Path, keys: dict[str, object] = KEYS, *, version: int = 3, size: int = 2000) -> Path:
    """A file that begins as a model does."""

    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    def typed(value: object) -> tuple[int, bytes]:
        if isinstance(value, str):
            return 8, text(value)
        if isinstance(value, float):
            return 6, struct.pack("<f", value)
        if isinstance(value, int):
            return 4, struct.pack("<I", value)
        kinds = [typed(element) for element in value]
        return 9, struct.pack("<IQ", kinds[0][0], len(kinds)) + b"".join(body for _, body in kinds)

    head = b"GGUF" + struct.pack("<IQQ", version, 1, len(keys))
    for key, value in keys.items():
        kind, body = typed(value)
        head += text(key) + struct.pack("<I", kind) + body
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(head.ljust(size, b"\0"))
    return path
