"""What a stack puts into the kernel while it is up, and whether all of it is gone afterwards."""

import json
import os
import subprocess
import time
from pathlib import Path

from .console import Failure

_PINS = "/sys/fs/bpf"
# The kernel frees programs and namespaces some time after their last user.
_SECONDS = 30


class Traces:
    """Taken while the stack is up."""

    def __init__(self, stack):
        self._stack = stack
        self._engine = stack.engine
        self._namespaces = {}  # file of /proc/PID/ns by what it leads to
        for service in stack.services():
            for kind in ("net", "mnt", "pid", "ipc"):
                self._namespaces[os.readlink(f"/proc/{stack.pid(service)}/ns/{kind}")] = kind
        self._objects = {kind: self._pinned(kind) for kind in ("prog", "map", "link")}
        if not all(self._objects.values()):
            raise Failure(f"expected pinned programs, maps and links while the stack is up, found {self._objects}")

    def _pinned(self, kind):
        """Ids of what the node plugin pinned, which is all that is pinned where the engine is."""
        listed = subprocess.run(
            self._engine.inside(["bpftool", "--bpffs", "--json", kind, "show"]), capture_output=True, text=True, check=True
        )
        return {one["id"] for one in json.loads(listed.stdout) if one.get("pinned")}

    def require_gone(self):
        for what, left in (
            ("containers", lambda: self._engine.docker("ps", "--all", "--quiet").split()),
            ("images", self._stack.images_left),
            ("volumes", lambda: self._engine.docker("volume", "ls", "--quiet").split()),
            ("networks", lambda: self._engine.docker("network", "ls", "--quiet", "--filter", "type=custom").split()),
            ("pins", self._pins_left),
            ("programs", lambda: self._still_there("prog")),
            ("maps", lambda: self._still_there("map")),
            ("links", lambda: self._still_there("link")),
            ("namespaces", self._namespaces_left),
            ("cgroups", self._engine.container_cgroups),
            ("processes", self._engine.container_processes),
        ):
            _wait_until_empty(what, left)

    def _pins_left(self):
        # The kernel itself puts progs.debug and maps.debug into every bpf file system.
        return [name for name in os.listdir(f"/proc/{self._engine.pid}/root{_PINS}") if not name.endswith(".debug")]

    def _still_there(self, kind):
        listed = subprocess.run(["bpftool", "--json", kind, "show"], capture_output=True, text=True, check=True)
        return sorted(self._objects[kind] & {one["id"] for one in json.loads(listed.stdout)})

    def _namespaces_left(self):
        left = set()
        for file in Path("/proc").glob("[0-9]*/ns/*"):
            try:
                left |= {os.readlink(file)} & self._namespaces.keys()
            except OSError:
                continue  # the process has ended meanwhile
        mounted = Path(f"/proc/{self._engine.pid}/mountinfo").read_text()
        return sorted(left | {name for name in self._namespaces if name in mounted})


def _wait_until_empty(what, left):
    deadline = time.monotonic() + _SECONDS
    while found := left():
        if time.monotonic() > deadline:
            raise Failure(f"after `docker-compose down` and {_SECONDS} s these {what} are left: {found}")
        time.sleep(0.2)
