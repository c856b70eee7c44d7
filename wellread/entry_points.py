"""What the settings name and packages bring."""

from importlib.metadata import entry_points
from typing import Any

from wellread.errors import BadRequestError


def named(group: str, name: str) -> Any:
    """The class that an entry point names. Raises BadRequestError when there is none of that name."""
    points = {point.name: point for point in entry_points(group=group)}
    if name not in points:
        raise BadRequestError(
            f"There is no {name!r} in {group}.", hint=f"Installed are {', '.join(sorted(points)) or 'none'}."
        )
    return points[name].load()
