"""The tutorial's way as an arm: loaded and attached with bpftool, to one cgroup of ours."""

import os
import platform
import shutil
import subprocess
from pathlib import Path

from shuntdev.console import ROOT, Failure

_SOURCE = ROOT / "bench" / "tutorial" / "tutorial.bpf.c"
_OBJECT = ROOT / "target" / "bench" / "tutorial.bpf.o"


def build():
    include = f"/usr/include/{platform.machine()}-linux-gnu"
    _run(os.environ.get("CLANG", "clang"), "-g", "-O2", "-target", "bpf", "-mcpu=v3", f"-I{include}", "-c", _SOURCE, "-o", _OBJECT)


class Tutorial:
    def __init__(self, cgroup, pins):
        self._cgroup = cgroup
        self._pins = Path(pins)

    def attach(self):
        programs, maps = self._pins / "programs", self._pins / "maps"
        self._pins.mkdir()
        _bpftool("prog", "loadall", _OBJECT, programs, "pinmaps", maps)
        _bpftool("prog", "attach", "pinned", programs / "tutorial_redirect", "msg_verdict", "pinned", maps / "tutorial_socks")
        _bpftool("cgroup", "attach", self._cgroup.folder, "sock_ops", "pinned", programs / "tutorial_watch", "multi")

    def remove(self):
        """The attachment goes with its cgroup."""
        shutil.rmtree(self._pins, ignore_errors=True)


def _bpftool(*arguments):
    _run("bpftool", *arguments)


def _run(*argv):
    result = subprocess.run([str(a) for a in argv], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if result.returncode:
        raise Failure(f"{' '.join(map(str, argv))}: {(result.stderr or result.stdout).strip()}")
