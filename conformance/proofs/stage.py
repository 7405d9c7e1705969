"""Where a proof takes place: a cgroup, two network namespaces, a node plugin and compiled programs, all its own and all removed at the end."""

import os
import subprocess
from contextlib import contextmanager

from shuntdev.cgroups import Cgroup
from shuntdev.console import ROOT, Failure, uninterrupted
from shuntdev.processes import Server
from shuntdev.standalone import StandaloneNode
from suite.places import Namespaces

_SOURCES = ROOT / "conformance"
_OUT = ROOT / "target" / "proofs"


def compiled(name):
    """The program of a folder of C files."""
    program = _OUT / "bin" / name
    sources = sorted((_SOURCES / name).glob("*.[ch]"))
    if not program.exists() or program.stat().st_mtime < max(f.stat().st_mtime for f in sources):
        program.parent.mkdir(parents=True, exist_ok=True)
        flags = "-std=gnu17 -O2 -g -Wall -Wextra -Werror -Wno-missing-field-initializers -pthread".split()
        argv = ["gcc", *flags, "-o", program, *(f for f in sources if f.suffix == ".c")]
        result = subprocess.run([str(a) for a in argv], capture_output=True, text=True)
        if result.returncode:
            raise Failure(f"{name} does not compile:\n{result.stderr}")
    return program


class Stage:
    def __init__(self, name, group, namespaces):
        self.folder = _OUT / name
        self.group = group
        self.namespaces = namespaces
        self.node = StandaloneNode(group, self.folder, f"/sys/fs/bpf/{group.folder.name}")
        self.watched = group.child("watched")
        self._servers = []

    def run(self, name, argv):
        """A program in the cgroup that policies match; both its output and its log are `server.log`."""
        server = Server(name, argv, self.folder / f"{name}.log", self.watched)
        self._servers.append(server)
        return server

    def close(self):
        for server in self._servers:
            server.process.kill()
            server.process.wait()
        self.node.uninstall()


@contextmanager
def stage(name):
    if os.geteuid():
        raise Failure("needs root: it loads BPF programs and makes network namespaces")
    group = Cgroup.create(f"/shunt-{name}-{os.getpid()}")
    try:
        with Namespaces(group.child("network").inside([])) as namespaces:
            it = Stage(name, group, namespaces)
            try:
                yield it
            finally:
                with uninterrupted():
                    it.close()
    finally:
        with uninterrupted():
            group.remove()
