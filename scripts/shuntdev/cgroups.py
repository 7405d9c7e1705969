"""A cgroup of our own in the cgroup2 hierarchy, removed with everything that runs in it."""

import os
import time
from pathlib import Path

from .console import Failure, say
from .processes import left_by_killed


def root():
    """Where the cgroup2 hierarchy is mounted; on a hybrid host that is not /sys/fs/cgroup."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        left, _, right = line.partition(" - ")
        if right.startswith("cgroup2 "):
            return Path(left.split()[4])
    raise Failure(
        "no cgroup2 hierarchy is mounted on this machine",
        "Mount one: mkdir -p /sys/fs/cgroup/unified && mount -t cgroup2 none /sys/fs/cgroup/unified",
    )


def mounts():
    """Where every cgroup hierarchy is mounted, those of version 1 included."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        left, _, right = line.partition(" - ")
        if right.startswith("cgroup"):
            yield Path(left.split()[4])


def own(prefix):
    """The path of a cgroup that is this process's as long as it lives: remove_leftovers() tells by the number."""
    return f"/{prefix}-{os.getpid()}"


def remove_leftovers(prefix):
    """Removes what processes that were killed have left of their own() in any hierarchy."""
    for point in mounts():
        for folder in left_by_killed(point, prefix):
            say(f"removing {folder}, left behind by a run that was killed")
            Cgroup(folder, f"/{folder.name}").remove()


class Cgroup:
    """A cgroup and its children. `path` is what a policy's `cgroups` matches, `folder` is where it is in the file system."""

    def __init__(self, folder, path):
        self.folder = folder
        self.path = path

    @staticmethod
    def at(path):
        return Cgroup(root() / path.strip("/"), path)

    @staticmethod
    def create(path):
        group = Cgroup.at(path)
        if group.folder.exists():
            say(f"removing {group.folder}, left behind by an earlier run")
            group.remove()
        group.folder.mkdir(parents=True)
        return group

    def child(self, name):
        child = Cgroup(self.folder / name, f"{self.path}/{name}")
        child.folder.mkdir()
        return child

    def inside(self, argv):
        """The command that runs argv in this cgroup from its first instruction on."""
        return ["/bin/sh", "-c", 'echo $$ >"$0/cgroup.procs" && exec "$@"', str(self.folder), *map(str, argv)]

    def cpu_us(self):
        """Microseconds of CPU that everything in this cgroup has used so far."""
        for line in (self.folder / "cpu.stat").read_text().splitlines():
            name, value = line.split()
            if name == "usage_usec":
                return int(value)
        raise Failure(f"{self.folder}/cpu.stat has no usage_usec")

    def pids(self):
        return [int(pid) for f in self.folder.rglob("cgroup.procs") for pid in f.read_text().split()]

    def remove(self):
        """Kills what still runs inside and removes the folders, deepest first."""
        if not self.folder.exists():
            return
        deadline = time.monotonic() + 10
        while self.pids() and time.monotonic() < deadline:
            for pid in self.pids():
                try:
                    os.kill(pid, 9)
                except ProcessLookupError:
                    pass
            time.sleep(0.05)
        for folder in sorted((p for p in self.folder.rglob("*") if p.is_dir()), reverse=True):
            folder.rmdir()
        self.folder.rmdir()
