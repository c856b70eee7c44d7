"""Getting a classifier of natural-language inference from a hub: which of a repository's files, and where to."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from wellread.errors import BadRequestError, NotFoundError
from wellread.models.pull import RemoteFile, Report, Repository, pull_folder, repository

_NAME = re.compile(r"(?P<repo>\w[\w.-]*/\w[\w.-]*)(?:/(?P<file>.+\.onnx))?")
_IN_ORDER = ("onnx/model.onnx", "model.onnx", "onnx/model_quantized.onnx", "model_quantized.onnx")
_BESIDE = ("tokenizer.json", "config.json")


@dataclass(frozen=True, slots=True)
class RemoteClassifier:
    """A classifier as a hub has it: its files by the names that they get, and the licence as its page says it ("" where
    it says none). `others` are models of the repository that were not taken."""

    name: str  # of its folder, and behind `onnx:`
    license: str
    files: Mapping[str, RemoteFile]
    others: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files.values())

    def folder(self, home: Path) -> Path:
        return home / "models" / self.name


async def find_classifier(name: str, environment: Mapping[str, str] = os.environ) -> RemoteClassifier:
    """What `OWNER/REPO` or `OWNER/REPO/FILE.onnx` is, without getting it. Raises BadRequestError for a name of another
    form and for a repository with several models of which none is the usual one, NotFoundError where a file is missing,
    and as `models.pull.pull` does."""
    asked = _NAME.fullmatch(name)
    if not asked:
        raise BadRequestError(
            f"{name!r} names no classifier of the hub.", hint="Give OWNER/REPO or OWNER/REPO/FILE.onnx."
        )
    return classifier_of(await repository(asked["repo"], environment), asked["file"] or "")


async def pull_classifier(
    remote: RemoteClassifier, home: Path, report: Report, environment: Mapping[str, str] = os.environ
) -> Path:
    """Bring it into its folder below `home`/models, and give that. Raises as `models.pull.pull` does."""
    folder = remote.folder(home)
    await pull_folder(remote.files, folder, report, environment)
    return folder


def classifier_of(found: Repository, file: str = "") -> RemoteClassifier:
    """The classifier of a repository: that `file`, else the model with the usual name, else the only one."""
    by_name = {one.name: one for one in found.files}
    models = sorted(name for name in by_name if name.endswith(".onnx"))
    if missing := [name for name in _BESIDE if name not in by_name]:
        raise NotFoundError(
            f"{found.name} has no {missing[0]}, which a classifier needs.",
            hint="Look for a repository for text classification with ONNX files.",
        )
    usual = [name for name in ([file] if file else _IN_ORDER) if name in models]
    if not usual and (file or not models):
        raise NotFoundError(
            f"{found.name} has no {file or 'model in ONNX'}.",
            hint=f"It has {', '.join(models)}."
            if models
            else "Look for one that has, or export it by yourself.",
        )
    if not usual and len(models) > 1:
        raise BadRequestError(
            f"{found.name} has several models.",
            hint=f"Name one: {', '.join(f'{found.name}/{m}' for m in models)}.",
        )
    model = (usual or models)[0]
    weights = {  # beside a large model, which names these files itself
        PurePosixPath(name).name: one
        for name, one in by_name.items()
        if name.startswith((f"{model}_data", f"{model}.data"))
    }
    return RemoteClassifier(
        name=re.sub(r"[^\w-]", "-", found.name.partition("/")[2]),
        license=found.license,
        files={**{name: by_name[name] for name in _BESIDE}, **weights, "model.onnx": by_name[model]},
        others=tuple(name for name in models if name != model),
    )
