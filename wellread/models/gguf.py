"""GGUF files on this machine: which there are, whether one can be used, and the memory it needs.

The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. Nothing here loads a model.
"""

import re
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from wellread.errors import BadRequestError, LimitError, NotFoundError
from wellread.machine import available_bytes

HINT_PULL = "Get one with `wellread models pull OWNER/REPO`, or name a .gguf file by its path."
CACHED_PROMPTS_MIB = 512  # of prompts that were read, which the server may keep beside its context

_PART = re.compile(r"-(\d{5})-of-(\d{5})\.gguf$", re.IGNORECASE)
_NO_MODEL = re.compile(r"mmproj|projector|(^|[./])imatrix", re.IGNORECASE)  # what goes with one
_BUFFERS = 512 << 20  # of one evaluation, and Python
_BYTES_PER_VALUE = 2  # of keys and values: 16-bit floats
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_VERSIONS = (2, 3)
_LENGTH_MAX = 1 << 20  # of a string or a list; a damaged file may claim any


def find(home: Path, environment: Mapping[str, str]) -> list[Path]:
    """The models in `home`/models and in the Hugging Face cache; of a split model, its first part."""
    return list(_named(home, environment).values())


def locate(name: str, home: Path, environment: Mapping[str, str]) -> Path:
    """The file of a path, or of a name: a file's name, or a part of OWNER/REPO/FILE that only one has.

    Raises NotFoundError, and BadRequestError when the name fits several.
    """
    path = Path(name).expanduser()
    if path.is_file():
        return path.absolute()
    if name.startswith(("/", "~", ".")):
        if path.exists():
            raise BadRequestError(f"{path} is no file.", hint=HINT_PULL)
        raise NotFoundError(f"There is no file {path}.", hint=HINT_PULL)
    known = _named(home, environment)
    wanted = name.lower()
    exact = [n for n in known if wanted in (n, n.removesuffix(".gguf"), Path(n).name, Path(n).stem)]
    fitting = exact or [n for n in known if wanted in n]
    if not fitting:
        there = f" There are: {', '.join(known)}." if known else " There is none yet."
        raise NotFoundError(f"No local model is named {name!r}.{there}", hint=HINT_PULL)
    if len(fitting) > 1:
        raise BadRequestError(
            f"{name!r} fits several local models: {', '.join(fitting)}.", hint="Give more of the name."
        )
    return known[fitting[0]]


def check(path: Path) -> None:
    """Raises BadRequestError for what is no GGUF file, for one that is cut short, or lacks a part."""
    _metadata(path)
    for part in _parts(path):
        if not part.is_file():
            raise BadRequestError(
                f"{path.name} is one part of a model, and {part.name} is missing.",
                hint="Put all parts into one folder.",
            )


def needed_bytes(path: Path, context_tokens: int) -> int:
    """An estimate of the memory that the model takes with that context: weights, keys and values, buffers."""
    metadata = _metadata(path)
    prefix = metadata.get("general.architecture")

    def size(key: str, default: int) -> int:
        """A number, or the largest of a list that has one for each layer."""
        value = metadata.get(f"{prefix}.{key}", default)
        return max(
            (n for n in (value if isinstance(value, list) else [value]) if isinstance(n, int)), default=0
        )

    heads = size("attention.head_count", 1) or 1
    width = size("embedding_length", 0) // heads
    key_and_value = size("attention.key_length", width) + size("attention.value_length", width)
    values = size("block_count", 0) * size("attention.head_count_kv", heads) * key_and_value * context_tokens
    weights = sum(part.stat().st_size for part in _parts(path))
    return weights + values * _BYTES_PER_VALUE + _BUFFERS + (CACHED_PROMPTS_MIB << 20)


def check_memory(path: Path, context_tokens: int) -> None:
    """Raises LimitError when less memory is free than the model needs. Only Linux tells; elsewhere it passes."""
    needed = needed_bytes(path, context_tokens)
    available = available_bytes()
    if available is not None and available < needed:
        raise LimitError(
            f"{path.name} needs about {needed / 1e9:.1f} GB of memory with a context of {context_tokens} tokens, "
            f"and {available / 1e9:.1f} GB are free.",
            hint="Set a smaller context, take a smaller quantisation of the model, or close other programs.",
        )


def is_model(name: str) -> bool:
    """Whether a file of that name is a model or a part of one, and not what goes with a model."""
    return name.lower().endswith(".gguf") and not _NO_MODEL.search(name)


def whole_name(name: str) -> str:
    """The name that all parts of a split model share."""
    return _PART.sub(".gguf", name)


def _named(home: Path, environment: Mapping[str, str]) -> dict[str, Path]:
    """Each model by its name in small letters, OWNER/REPO/FILE where that is known; those of `home` first."""
    found: dict[str, Path] = {}
    seen: set[Path] = set()
    for name, path in [*_at_home(home / "models"), *_in_hub(_hub_cache(environment))]:
        part = _PART.search(path.name)
        if not is_model(path.name) or (part and int(part[1]) != 1):
            continue
        if path.is_file() and name.lower() not in found and path.resolve() not in seen:
            found[name.lower()] = path
            seen.add(path.resolve())
    return found


def _at_home(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*.gguf")):
        yield path.relative_to(folder).as_posix(), path


def _in_hub(cache: Path) -> Iterator[tuple[str, Path]]:
    """The files of models--OWNER--REPO/snapshots/REVISION, the newest revision first."""
    for repository in sorted(cache.glob("models--*")):
        owner_and_name = repository.name.removeprefix("models--").replace("--", "/")
        revisions = [path for path in repository.glob("snapshots/*") if path.is_dir()]
        for revision in sorted(revisions, key=lambda path: path.stat().st_mtime, reverse=True):
            for path in sorted(revision.rglob("*.gguf")):
                yield f"{owner_and_name}/{path.relative_to(revision).as_posix()}", path


def _hub_cache(environment: Mapping[str, str]) -> Path:
    """Where huggingface_hub keeps files, by its own variables."""
    if given := environment.get("HF_HUB_CACHE"):
        return Path(given).expanduser()
    if given := environment.get("HF_HOME"):
        return Path(given).expanduser() / "hub"
    return Path(environment.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "huggingface" / "hub"


def _parts(path: Path) -> list[Path]:
    part = _PART.search(path.name)
    if not part:
        return [path]
    stem, count = path.name[: part.start()], int(part[2])
    return [path.with_name(f"{stem}-{number:05}-of-{count:05}.gguf") for number in range(1, count + 1)]


def _metadata(path: Path) -> dict[str, object]:
    """The keys before the tokenizer's, which are long and come last. Raises BadRequestError."""
    try:
        with path.open("rb") as file:
            if file.read(4) != b"GGUF":
                raise BadRequestError(f"{path.name} is no GGUF file.", hint=HINT_PULL)
            version = _number(file, "I")
            if version not in _VERSIONS:
                raise BadRequestError(
                    f"{path.name} has version {version} of the GGUF format, which cannot be read.",
                    hint=HINT_PULL,
                )
            return dict(_pairs(file))
    except (EOFError, UnicodeDecodeError, KeyError) as error:
        raise BadRequestError(
            f"{path.name} is damaged or cut short.", hint="Get it anew with `wellread models pull`."
        ) from error
    except OSError as error:
        raise BadRequestError(f"{path} cannot be read: {error.strerror}.", hint=HINT_PULL) from error


def _pairs(file: BinaryIO) -> Iterator[tuple[str, object]]:
    _tensors, pairs = _number(file, "Q"), _number(file, "Q")
    for _ in range(pairs):
        key = _text(file)
        if key.startswith("tokenizer."):
            return
        yield key, _value(file, _number(file, "I"))


def _value(file: BinaryIO, kind: int) -> object:
    if kind == _STRING:
        return _text(file)
    if kind == _ARRAY:
        element, count = _number(file, "I"), _number(file, "Q")
        if element == _ARRAY or count > _LENGTH_MAX:
            raise EOFError
        return [_value(file, element) for _ in range(count)]
    return _number(file, _SCALARS[kind])


def _text(file: BinaryIO) -> str:
    length = _number(file, "Q")
    if length > _LENGTH_MAX:
        raise EOFError
    return _bytes(file, length).decode("utf-8")


def _number(file: BinaryIO, form: str) -> Any:
    return struct.unpack(f"<{form}", _bytes(file, struct.calcsize(f"<{form}")))[0]


def _bytes(file: BinaryIO, count: int) -> bytes:
    found = file.read(count)
    if len(found) < count:
        raise EOFError
    return found
