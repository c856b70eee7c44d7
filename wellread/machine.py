"""What of this machine the process may use: memory and processor cores, also within a container."""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

_CPU_SHARE = Path("/sys/fs/cgroup/cpu.max")
_V2 = (Path("/sys/fs/cgroup"), "memory.max", "memory.current", "inactive_file")
_V1_ROOT = Path("/sys/fs/cgroup/memory")
_V1 = (_V1_ROOT, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")


def available_bytes() -> int | None:
    """The memory that can be had without swapping: of the machine, and under the limits of the control groups. None
    where the system does not tell; only Linux does."""
    try:
        machine = Path("/proc/meminfo").read_text(encoding="ascii")
    except FileNotFoundError:  # not Linux
        return None
    found = re.search(r"^MemAvailable: +(\d+) kB", machine, re.MULTILINE)
    return min([*([int(found[1]) << 10] if found else []), *_rooms()], default=None)


def _rooms() -> Iterator[int]:
    """What each control group of this process, version 1 or 2, leaves below its limit."""
    for line in Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines():
        number, controllers, name = line.split(":", 2)
        if number != "0" and "memory" not in controllers.split(","):
            continue
        root, limit, usage, idle = _V2 if number == "0" else _V1
        folder = root / name.lstrip("/")
        for group in [folder, *folder.parents]:
            if not group.is_relative_to(root):
                break
            try:
                allowed = (group / limit).read_text(encoding="ascii").strip()
                used = int((group / usage).read_text(encoding="ascii"))
                file_cache = re.search(rf"^{idle} (\d+)", (group / "memory.stat").read_text(), re.MULTILINE)
            except FileNotFoundError:  # the root group, or a name of outside the container
                continue
            if allowed != "max":
                yield max(int(allowed) - used + (int(file_cache[1]) if file_cache else 0), 0)


def usable_cores() -> int:
    """The threads that pay: the processor cores this process may use; 0 if unknown.

    A second thread on a core gains nothing, and threads beyond a container's share wait for each other.
    """
    if sys.platform != "linux":
        return 0
    cores = {_siblings(number) for number in os.sched_getaffinity(0)}
    try:
        quota, period = _CPU_SHARE.read_text(encoding="ascii").split()
    except FileNotFoundError:
        return len(cores)
    return len(cores) if quota == "max" else max(1, min(len(cores), int(quota) // int(period)))


def _siblings(processor: int) -> str:
    """The processors that share a core with this one."""
    try:
        return Path(f"/sys/devices/system/cpu/cpu{processor}/topology/thread_siblings_list").read_text()
    except FileNotFoundError:  # not shown to every container
        return str(processor)
