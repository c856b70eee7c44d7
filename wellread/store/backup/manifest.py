"""What a backup says of itself: the manifest, and the names of what may be in it."""

import re
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

FORMAT = 1
MANIFEST = "manifest.json"
SETTINGS = "settings.toml"
Part = Literal["database", "files", "index", "settings"]

_NAME = re.compile(
    r"database/[a-z_]{1,60}\.jsonl"
    r"|files/[0-9a-f]{2}/[0-9a-f]{64}"
    r"|index(?:/(?!\.{1,2}(?:/|\Z))[^/\\:\x00]{1,255})+"
    r"|settings\.toml"
)


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True)


class Member(_Model):
    name: str
    size: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Manifest(_Model):
    """`schema_revision` is that of the tables, `wellread` the version that wrote it."""

    format: int
    schema_revision: str = Field(pattern=r"^\d{4}$")
    wellread: str
    made_at: datetime
    parts: tuple[Part, ...]  # what it holds; a restore leaves the rest as it is
    members: tuple[Member, ...]


class Format(_Model):
    """What can be read of a manifest of any version."""

    format: int


def is_name(name: str) -> bool:
    """Whether a member may be called so: one that stays in the home, in a place that Wellread uses."""
    return _NAME.fullmatch(name) is not None


def table_member(table: str) -> str:
    return f"database/{table}.jsonl"
