"""Characters that no database holds in text: PostgreSQL not NUL, and neither of them lone surrogates."""

import json
import re
from typing import Any

import sqlalchemy as sa

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(value: Any) -> Any:
    """`value` with U+FFFD for each such character of its texts, so that offsets stay."""
    match value:
        case str():
            return _UNSTORABLE.sub("\ufffd", value)
        case dict():
            return {name: storable(item) for name, item in value.items()}
        case list():
            return [storable(item) for item in value]
        case tuple():
            return tuple(storable(item) for item in value)
        case _:
            return value


def storable_json(value: object) -> str:
    return json.dumps(storable(value))


def keep_storable(engine: sa.Engine) -> None:
    """Let every parameter of every statement pass through `storable`; JSON columns need `storable_json`."""
    sa.event.listen(engine, "before_cursor_execute", _before_execute, retval=True)


def _before_execute(
    _connection: sa.Connection, _cursor: object, statement: str, parameters: Any, *_: object
) -> tuple[str, Any]:
    return statement, storable(parameters)
